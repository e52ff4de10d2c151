"""A file as the classes that it is meant for: what is wrong is named by line, path and what is expected."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from callproof.files.typed import typed
from callproof.files.yamlfile import Document, FileError


@dataclass(frozen=True)
class Wait:
    seconds: float
    why: str = ""


class Plan(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    steps: tuple[Wait, ...]
    by_name: dict[str, Wait] = {}


def read(folder: Path, content: str) -> Document:
    file = folder / "plan.yaml"
    file.write_text(content)
    return Document(file)


def test_structs_and_dataclasses_are_read_with_their_defaults(tmp_path: Path) -> None:
    document = read(tmp_path, "steps:\n  - seconds: 2\nby-name:\n  0100: {seconds: 1.5, why: late}\n")
    assert typed(document, Plan) == Plan((Wait(2.0),), {"0100": Wait(1.5, "late")})
    assert typed(document, Wait, {"seconds": 3}, ("steps", 0)) == Wait(3.0)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("steps:\n  - seconds: 1\n  - seconds: x\n", 3, "steps.1.seconds: expected `float`, got `str`"),
        ("steps:\n  - why: late\n", 2, "steps.0: object missing required field `seconds`"),
        ("steps: []\ncolour: red\n", 1, "the file: object contains unknown field `colour`"),
        ("steps: []\nby-name:\n  x: {seconds: y}\n", 2, "by-name: expected `float`, got `str`"),
        ("", 1, "the file: expected `object`, got `null`"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_path(
    tmp_path: Path, content: str, line: int, words: str
) -> None:
    document = read(tmp_path, content)
    with pytest.raises(FileError) as caught:
        typed(document, Plan)
    assert str(caught.value) == f"{document.name}:{line}: {words}"


def test_a_part_is_named_from_the_beginning_of_the_file(tmp_path: Path) -> None:
    document = read(tmp_path, "steps:\n  - seconds: 1\n  - seconds: x\n")
    with pytest.raises(FileError, match=r":3: steps\.1\.seconds: "):
        typed(document, Wait, {"seconds": "x"}, ("steps", 1))
