"""Where data files lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path, PurePath

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Path:
    """The folder ``schemas`` or ``scenarios``, or ``locustfile.py``, as installed or as checked out.

    Raises FileNotFoundError when the installation is incomplete.
    """
    for root in (_PACKAGE / "_data", _PACKAGE.parent.parent):
        if (root / name).exists():
            return root / name
    raise FileNotFoundError(f"{name!r} is missing from this installation of callproof")


def by_chapter(path: PurePath) -> list[tuple[int, str]]:
    """To sort files by: ``2-module`` before ``10-neighbours``, and what has no number by its name."""
    numbers = (part.partition("-")[0] for part in path.parts)
    return [
        (int(number) if number.isdecimal() else 0, part)
        for number, part in zip(numbers, path.parts, strict=True)
    ]
