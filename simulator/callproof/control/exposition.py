"""The text in which Prometheus reads figures, version 0.0.4."""

from collections.abc import Iterable, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Exposition:
    """Families of figures, one after the other, each with its help and its kind."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def counter(self, name: str, said: str, values: Iterable[tuple[Mapping[str, str], float]]) -> None:
        """Figures that only grow, by their labels; the name ends with ``_total``."""
        self._family(name, said, "counter", values)

    def gauge(self, name: str, said: str, values: Iterable[tuple[Mapping[str, str], float]]) -> None:
        self._family(name, said, "gauge", values)

    def histogram(
        self,
        name: str,
        said: str,
        values: Iterable[tuple[Mapping[str, str], Mapping[str, int], float]],
    ) -> None:
        """Of each label set how many fell between the bounds, by the upper one and in their order, and the
        sum of what was measured."""
        self._head(name, said, "histogram")
        for labels, buckets, total in values:
            so_far = 0
            for bound, number in buckets.items():
                so_far += number
                self._sample(f"{name}_bucket", {**labels, "le": bound}, so_far)
            self._sample(f"{name}_sum", labels, total)
            self._sample(f"{name}_count", labels, so_far)

    def text(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)

    def _family(
        self, name: str, said: str, kind: str, values: Iterable[tuple[Mapping[str, str], float]]
    ) -> None:
        self._head(name, said, kind)
        for labels, value in values:
            self._sample(name, labels, value)

    def _head(self, name: str, said: str, kind: str) -> None:
        self._lines += [f"# HELP {name} {said}", f"# TYPE {name} {kind}"]

    def _sample(self, name: str, labels: Mapping[str, str], value: float) -> None:
        told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        self._lines.append(f"{name}{{{told}}} {value!r}" if told else f"{name} {value!r}")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
