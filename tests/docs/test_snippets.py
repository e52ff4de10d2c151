"""The reader of pages finds what does not come out as a page says."""

from pathlib import Path

import pytest

from tests.docs.snippets import Reader, blocks, looks_like


def follow(folder: Path, text: str, *left_out: str) -> int:
    page = folder / "page.md"
    page.write_text(text, "utf-8")
    place = folder / "place"
    place.mkdir()
    with Reader(place, left_out=frozenset(left_out)) as reader:
        return reader.follow(page)


def fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```\n"


@pytest.mark.parametrize(
    "text",
    [
        fenced("console", "$ echo one\none\n$ echo two\ntwo"),
        fenced("console", "$ cd ..\n$ export WORD=kept\n$ false\n$ echo $? $WORD\n1 kept"),
        fenced("console", "$ printf '%s\\n' a b c\na\n...\n$ echo 12:30\n..."),
        fenced("console", "$ echo wrong >&2; exit 3\nwrong"),
        fenced("console", "$ echo a \\\n    b\na b"),
        fenced("sh", "# twice\ntrue\ntrue"),
        fenced("yaml", "# a.yaml\nkey: 1") + fenced("console", "$ tail -1 a.yaml\nkey: 1"),
        fenced("json", "# a.json\n{}") + fenced("console", "$ cat a.json\n{}"),
        fenced("python", "x = 1") + fenced("python", "print(x)") + "\n" + fenced("text", "1"),
        "<!-- unseen: touch there -->\n" + fenced("console", "$ ls there\nthere"),
        "- a list\n\n  ```console\n  $ echo in\n  in\n  ```\n",
        fenced("text", "shown"),
    ],
)
def test_what_comes_out_is_taken(tmp_path: Path, text: str) -> None:
    follow(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        fenced("console", "$ echo one\ntwo"),
        fenced("console", "$ echo one"),
        fenced("console", "$ true\nsomething"),
        fenced("console", "echo one\none"),
        fenced("sh", "false"),
        fenced("yaml", "key: 1"),
        fenced("yaml", "# a.yaml\nkey: 1"),
        fenced("", "what is this"),
        fenced("python", "print(1)") + "\n" + fenced("text", "2"),
        fenced("python", "assert False"),
        "<!-- unseen: false -->\n",
    ],
)
def test_what_comes_out_otherwise_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(AssertionError):
        follow(tmp_path, text)


def test_what_is_left_out_is_not_done(tmp_path: Path) -> None:
    assert follow(tmp_path, fenced("sh", "false\ntrue"), "false") == 1
    assert blocks(tmp_path / "page.md")[0].where.endswith("page.md:1")


def test_ports_of_the_pages_are_free_ones_of_this_machine(tmp_path: Path) -> None:
    shown = fenced("console", "$ echo http://127.0.0.1:8080\nhttp://127.0.0.1:8080")
    assert follow(tmp_path, shown + fenced("sh", "test 8080 -ne $((8079 + 1))")) == 2


def test_a_line_of_dots_stands_for_lines_and_dots_in_a_line_for_text() -> None:
    assert looks_like(["a ... c", "...", "z"], "a b c\nx\ny\nz\n")
    assert not looks_like(["a ... c"], "a b c\nd\n")
    assert not looks_like([], "anything\n")
