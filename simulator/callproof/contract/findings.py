"""What a reader should know about a request although, or because, it was answered."""

from enum import StrEnum

from callproof.contract.printing import printable
from callproof.contract.values import immutable


def sentence(message: str, remedy: str) -> str:
    """What was wrong and what to do, as text that ends with a full stop."""
    stop = "" if message.endswith((".", "!", "?")) else "."
    return f"{message}{stop} {remedy}".rstrip()


# Of a remark more bytes are worth nobody's time, and more signs of each of its texts.
_LONG, _SIGNS = 2_000, 500


class Kind(StrEnum):
    """How a finding came about, from the gravest to the mildest."""

    VIOLATION = "violation"  # the contract is broken; the request was refused
    FORGIVEN = "forgiven"  # the real CRM refuses this or may refuse it; accepted here unless strict
    MISPLACED = "misplaced"  # a key that the contract knows, at a level where it does nothing
    IGNORED = "ignored"  # a key that the contract does not know; it had no effect
    NOTICE = "notice"  # allowed, but seldom what the sender wanted


def bounded(findings: "list[Finding]", most: int) -> "list[Finding]":
    """At most so many, and how many more there are: a reader who mends these sees the rest. None is
    long because what was sent is."""
    findings = [one if one.size <= _LONG else one.cut() for one in findings]
    if len(findings) <= most:
        return findings
    said = f"there are {len(findings) - most} more remarks on this message"
    return [*findings[:most], Finding(Kind.NOTICE, findings[most].where, "", said, "Mend these first.")]


@immutable(frozen=True, slots=True)
class Finding:
    """One remark on one message.

    ``pointer`` is a JSON pointer into the named parameter (``event``, ``query``, ...), ``remedy`` is
    one sentence that says what to send instead, ``requirement`` the row that it rests on, or ``""``.
    """

    kind: Kind
    where: str
    pointer: str
    message: str
    remedy: str = ""
    requirement: str = ""

    @property
    def size(self) -> int:
        """About how many bytes it takes to keep."""
        return 200 + len(self.pointer) + len(self.message) + len(self.remedy)

    def cut(self) -> "Finding":
        """The same with the beginnings of its texts."""
        pointer, message, remedy = map(_beginning, (self.pointer, self.message, self.remedy))
        return Finding(self.kind, self.where, pointer, message, remedy, self.requirement)

    def __str__(self) -> str:
        place = self.where + self.pointer
        rule = f" [{self.requirement}]" if self.requirement else ""
        return printable(f"{self.kind}: {place}: {sentence(self.message, self.remedy)}{rule}")


def _beginning(text: str) -> str:
    return text if len(text) <= _SIGNS else f"{text[: _SIGNS - 1]}…"
