"""A scenario that was made up, as the file that a person would have written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from callproof.conformance.loading import Reader
from callproof.conformance.scenario import Scenario
from callproof.contract.jsontypes import Json, JsonObject
from callproof.files.yamlfile import Document

EVER = 2**31


@dataclass(frozen=True)
class Written:
    """``given`` and ``steps`` as they stand in the file, below ``notes``, a comment each."""

    given: JsonObject = field(default_factory=dict)
    steps: Sequence[JsonObject] = ()
    title: str = "Made up by callproof explore"
    rule: str = ""
    notes: Sequence[str] = ()

    def text(self) -> str:
        lines = [f"# {note}" for note in self.notes]
        lines.append(f"title: {_flow(self.title)}")
        if self.rule:
            lines += ["rule: >", f"  {self.rule}"]
        if self.given:
            lines += ["given:", *(f"  {name}: {_flow(value)}" for name, value in self.given.items())]
        lines.append("steps:")
        for step in self.steps:
            lines += _step(step)
        return "\n".join(lines) + "\n"

    def scenario(self, scenario_id: str, file: str) -> Scenario:
        """What the runner reads in the file."""
        return Reader(Document(Path(file), file, self.text())).scenario(scenario_id)


def names_given(written: JsonObject) -> list[str]:
    """Those that a step gives, or the steps in it."""
    inner = written.get("together")
    steps = inner if isinstance(inner, list) else [written]
    return [str(step["as"]) for step in steps if isinstance(step, Mapping) and "as" in step]


def _step(step: Mapping[str, Json]) -> list[str]:
    members = [f"{name}: {_flow(value)}" for name, value in step.items()]
    return [f"{'    ' if place else '  - '}{member}" for place, member in enumerate(members)]


def _flow(value: Json) -> str:
    written = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=EVER
    )
    return str(written).removesuffix("\n").removesuffix("\n...")
