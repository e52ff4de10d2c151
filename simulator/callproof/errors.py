"""Everything that callproof gives up with, under one root; the text of each is a sentence for a person.

A command ends with the exit code of what was raised: 1 for what is refused or not conformant, 2 for
options, files and names that a person has to change, 3 for an end that cannot be reached, which is no
verdict on anybody, 4 where callproof itself fails. (0 is for what is conformant or done, and no error.) A
class stands where it is raised; this is the whole tree::

    CallproofError       1  root of all
      BrokenScenario     1  a step of a scenario cannot be done
      NotConformant      1  a scenario that is a test found the side under test wanting
      Refusal            1  somebody said no
        ActionRefused    1  an end answered that it cannot do what was asked
          StimulusFailed 1  the side under test did not do what it was made to
            Misconfigured 2  a file says wrongly how it is made to, whatever the side does
        CallRefused      1  the virtual PBX places no such call
        ControlError     1  the control API cannot do it; it answers with a status of its own
        HostRefused      1  an end does not call this host, which nobody allowed
        IllegalAction    1  a party of a call cannot do this now
        Refused          1  the CRM cannot act for its user: no telephony, no extension, no recording
      InternalError      4  callproof itself failed, which is no verdict on anybody
      Misuse             2  options that do not fit together
        EndlessPattern   2  the search for a pattern takes too long
        FileError        2  a file of the user's is wrong; the text begins with file:line
        Misshapen        2  a value has not the shape that it is to be read as; the text says where
        NotTurned        2  the rate of a load cannot be changed as asked
        NotWritten       2  a report, or what is printed, cannot be written
        PortTaken        2  the address cannot be listened on
        StorageError     2  the database cannot be opened
        ThresholdError   2  the text is no threshold
        UnknownName      2  no scenario, fault or method has this name
      OutOfReach         3  nobody is there to be judged
        Alone            3  a transaction has to stand alone; the store plays it again by itself
        Busy             3  a transaction has to come later; the same
        Failed           3  the process of an end ended before it listened, or by itself
        Halted           3  a scenario is not played on, because the run ends
        StorageTrouble   3  the database keeps nothing just now; an end answers with 5xx until it does
        Unreachable      3  an end does not answer
          NobodyThere    3  nobody answers at an address as an end of callproof does
          SideEnded      1  the side under test ended by itself while it was judged
          Unanswered     3  the side under test does not answer a stimulus or a view at all

Apart from it stand the refusals of the contract, ``ApiError`` and below: they are what the CRM says over
the wire, with an HTTP status in place of an exit code. They become an answer before anybody could catch
them, and whoever catches callproof's errors around a handler must not swallow one. Classes that begin with
an underscore are caught by the module that raises them.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar

# What a shell says of a program that Ctrl-C ended.
INTERRUPTED = 130


class CallproofError(Exception):
    """``exit_code`` is what a command ends with that this one stops."""

    exit_code: ClassVar[int] = 1


class Refusal(CallproofError):
    """Somebody said no; nothing is out of order."""


class Misuse(CallproofError):
    """What was asked for cannot be done as it was asked; the text says what to change."""

    exit_code = 2


class OutOfReach(CallproofError):
    """Nobody is there to be judged, so this is a verdict on nobody."""

    exit_code = 3


class InternalError(CallproofError):
    """callproof itself failed, by no fault of anybody who uses it or is judged by it."""

    exit_code = 4

    @classmethod
    def of(cls, error: BaseException) -> "InternalError":
        """What nobody expected, as a sentence that says where it happened."""
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        said = f"{type(error).__name__}: {error}".removesuffix(": ").rstrip(".")
        return cls(f"callproof itself failed, which is no verdict on anybody: {said}{place}.")


class NotWritten(Misuse):
    """A report, or what is printed, cannot be written; the text is a sentence with the reason."""

    @classmethod
    def printing(cls, error: OSError) -> "NotWritten":
        return cls(f"What is printed cannot be written: {error.strerror or error}.")


def did_you_mean(name: str, known: Mapping[str, str] | Iterable[str]) -> str:
    """The end of a sentence that has the names which look like this one, "" when none does. Of a mapping
    it has what the names stand for."""
    # Only here: no error needs it that is not about a name.
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), known, n=2, cutoff=0.7)
    if isinstance(known, Mapping):
        near = [known[found] for found in near]
    return f"; did you mean {' or '.join(near)}?" if near else ""


class UnknownName(Misuse, LookupError):
    """Nothing has this name; the text says what it was looked for as."""
