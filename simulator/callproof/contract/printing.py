"""Text of others for a terminal, a log or a report: nothing in it acts on whoever shows it.

What has no sign of its own is written as an escape: control characters of both blocks, of which ESC and
0x9B begin sequences that a terminal obeys, DEL, marks that turn the direction of text round, separators of
lines, and halves of surrogate pairs, which no encoding carries. What is written so stays as it is when it
is written so again.
"""

import re

# All but what no text of several lines is without.
_OTHERS = re.compile(r"[^\n\t]+")


def printable(text: str) -> str:
    """On one line: an end of a line is an escape as well, so that nobody adds a line of his own."""
    if text.isprintable():
        return text
    return "".join(ch if ch.isprintable() else ch.encode("unicode_escape").decode() for ch in text)


def printable_lines(text: str) -> str:
    """Text of several lines, such as what we put together of parts that are printable; tabs stay."""
    return text if text.isprintable() else _OTHERS.sub(lambda found: printable(found[0]), text)
