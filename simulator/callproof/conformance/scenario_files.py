"""Which files are scenarios, and by which id each of them is known."""

import glob
from collections.abc import Iterable, Sequence
from os.path import commonpath
from pathlib import Path
from typing import NamedTuple

from callproof.contract.files import by_chapter, shipped
from callproof.errors import UnknownName, did_you_mean


class ScenarioFile(NamedTuple):
    """``shown_as`` is how errors and reports name the file."""

    path: Path
    id: str
    shown_as: str


def scenario_files(wanted: Sequence[str] = ()) -> list[ScenarioFile]:
    """Those that arguments name: a file, a folder, an id or its beginning; without any the shipped ones.

    The word of a chapter counts, not its number: ``96-trouble`` is ``11-trouble``. Raises UnknownName.
    """
    root = shipped("scenarios")
    files: dict[Path, Path] = {}
    for name in wanted:
        for file in _named(name, root):
            files.setdefault(file.resolve(), file)
    if not wanted:
        files = {file: file for file in _sorted(root.rglob("*.yaml"))}
    ids = scenario_ids(list(files), root, _common(wanted))
    return [
        ScenarioFile(file, ids[resolved], _shown(file, ids[resolved], root))
        for resolved, file in files.items()
    ]


def _named(name: str, root: Path) -> list[Path]:
    path = Path(name)
    if path.is_file():
        return [path]
    if not path.is_dir():
        name = _numbered(name, root)
    folder = path if path.is_dir() else root / name
    if folder.is_dir():
        files = _sorted(folder.rglob("*.yaml"))
    else:
        # A number is that of a chapter: 1 is not the beginning of 10 and 11.
        beginning = f"{name}-" if name.isdecimal() else name
        ids = {file: file.relative_to(root).with_suffix("").as_posix() for file in root.rglob("*.yaml")}
        files = _sorted(file for file in ids if ids[file].startswith(beginning))
    if not files:
        raise UnknownName(f"No scenario, file or folder is named {name!r}{_near(name, root)}")
    return files


def _near(name: str, root: Path) -> str:
    """Which ids it may stand for, also where the chapter was left out."""
    ids = [_id(file, root) for file in _sorted(root.rglob("*.yaml"))]
    whole = did_you_mean(name, [*dict.fromkeys(found.partition("/")[0] for found in ids), *ids])
    words = {found.rpartition("/")[2]: found for found in ids}
    if whole or "/" in name:
        return whole
    return did_you_mean(name, words)


def scenario_ids(files: Sequence[Path], root: Path, common: Path) -> dict[Path, str]:
    """An id for each file, no two alike: below ``root`` its path there, elsewhere its path below
    ``common``, or below the nearest folder above that keeps them apart. Paths are resolved."""
    inside = {file: _id(file, root) for file in files if file.is_relative_to(root)}
    outside = [file for file in files if file not in inside]
    found = inside | {file: _id(file, common) for file in outside}
    while len(set(found.values())) < len(found) and common != common.parent:
        common = common.parent
        found = inside | {file: _id(file, common) for file in outside}
    if len(set(found.values())) < len(found):
        # Nothing but the ending tells them apart.
        return inside | {file: file.as_posix() for file in outside}
    return found


def _common(wanted: Sequence[str]) -> Path:
    """The folder that has everything of the user's own that was named."""
    named = [Path(name).resolve() for name in wanted if Path(name).exists()]
    return Path(commonpath([path if path.is_dir() else path.parent for path in named] or [Path.cwd()]))


def _id(file: Path, root: Path) -> str:
    return file.relative_to(root).with_suffix("").as_posix()


def _numbered(name: str, root: Path) -> str:
    """An id with the number that its chapter has now: what CI files name outlives a new numbering."""
    number, dash, rest = name.partition("-")
    if not (dash and number.isdecimal()):
        return name
    word, slash, scenario = rest.partition("/")
    chapter = next((folder.name for folder in root.glob(f"*-{glob.escape(word)}")), None)
    return f"{chapter}{slash}{scenario}" if chapter else name


def _sorted(files: Iterable[Path]) -> list[Path]:
    return sorted(files, key=lambda file: by_chapter(file.with_suffix("")))


def _shown(file: Path, scenario_id: str, root: Path) -> str:
    return f"scenarios/{scenario_id}.yaml" if file.resolve().is_relative_to(root) else str(file)
