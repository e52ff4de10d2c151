"""Text of others as it is shown: nothing in it acts on a terminal, and nothing of it is lost."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callproof.contract.printing import printable, printable_lines

# Halves of surrogate pairs too, which a file's name or a YAML escape brings.
anything = st.text(st.characters(codec=None, categories=None))


@given(anything)
@example("\x1b[2J\x9b31m\x7f\x00\r\n\u2028\u202e\u2066\ud800\t\x85")
def test_what_is_printable_is_one_line_of_signs_in_utf8(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode() == shown
    assert printable(shown) == shown


@given(anything)
def test_in_lines_only_their_ends_and_tabs_are_left(text: str) -> None:
    shown = printable_lines(text)
    assert shown.replace("\n", "").replace("\t", "").isprintable()
    assert (shown.count("\n"), shown.count("\t")) == (text.count("\n"), text.count("\t"))


@given(anything)
def test_what_one_sees_anyway_stays_as_it_is(text: str) -> None:
    seen = "".join(char for char in text if char.isprintable())
    assert printable(seen) == printable_lines(seen) == seen


@pytest.mark.parametrize(
    ("char", "shown"),
    [
        ("\x1b", "\\x1b"),
        ("\x9b", "\\x9b"),
        ("\x7f", "\\x7f"),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\x00", "\\x00"),
        ("\u202e", "\\u202e"),
        ("\u2066", "\\u2066"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
    ],
)
def test_the_escapes_are_those_of_python(char: str, shown: str) -> None:
    assert printable(f"ж{char}!") == f"ж{shown}!"
