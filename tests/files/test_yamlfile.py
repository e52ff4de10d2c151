"""Files that are broken, by mistake or on purpose: one sentence with the line, in no time."""

from pathlib import Path

import pytest

from callproof.files.yamlfile import Document, FileError
from callproof.limits import USUAL

LAUGHTER = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join(['*' + before] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("title: T\ngiven: {now: 2024-13-45}\n", 2, "2024-13-45 is no date; put it in quotes"),
        ("title: T\nat: 2024-02-30 10:00:00\n", 2, "is no date"),
        ("title: T\nwait: " + "9" * 5000, 2, "more than 300 digits"),
        ("title: T\nsteps: &a\n  - *a\n", 2, "an alias holds itself"),
        ("&a\nsteps: *a\n", 1, "an alias holds itself"),
        ("title: T\nsteps: " + "[" * 3000 + "]" * 3000, 2, "nesting depth|deep in each other"),
        ("title: T\nsteps: " + "{a: " * 800 + "1" + "}" * 800, 2, "deep in each other"),
        (LAUGHTER, None, f"more than {USUAL.file_parts} parts"),
        ("title: T\nsteps: !!python/object:os.system {}\n", 2, "no YAML"),
    ],
    ids=["month", "day", "digits", "alias", "root", "lists", "maps", "laughter", "tag"],
)
def test_a_hostile_file_is_refused_with_its_line(text: str, line: int | None, words: str) -> None:
    with pytest.raises(FileError, match=words) as refused:
        Document(Path("file.yaml"), text=text)
    assert str(refused.value).startswith("file.yaml:" if line is None else f"file.yaml:{line}: ")


def test_aliases_that_are_no_joke_are_read() -> None:
    document = Document(Path("file.yaml"), text="a: &a {x: 1}\nb: [*a, *a]\n")
    assert document.data == {"a": {"x": 1}, "b": [{"x": 1}, {"x": 1}]}
