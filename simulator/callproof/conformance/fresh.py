"""What a scenario may call its own: a word, a number and telephone numbers that no other run and no other
scenario has, and whom an account does not have.

A side that keeps everything then meets nothing of what an earlier run left there.
"""

from collections.abc import Mapping
from hashlib import sha256

from callproof.conformance.numbers import notations
from callproof.contract.guide import GUIDES, Account

# What the guide's account does not have, and what stands in its place where somebody has just that.
_EXTENSIONS = ("999", "998", "997")
_LINES = ("+7-499-777-77-77", "+7-499-666-66-66", "+7-499-555-55-55")


def word_of(run: str, scenario: str) -> str:
    """The word of one scenario in one run: eight letters and digits."""
    return sha256(f"{run}/{scenario}".encode()).hexdigest()[:8]


def names(account: Account, word: str) -> dict[str, int | str]:
    """``run``, ``serial``, the numbers 1 to 6 in their notations, users and extensions in the other type,
    lines in digits, and what ``account`` lacks.
    """
    serial = 9 * 10**8 + int(sha256(word.encode()).hexdigest(), 16) % 10**8
    found: dict[str, int | str] = {"run": word, "serial": serial, "serial_text": str(serial)}
    found |= notations(account.country, word)
    for place in (0, 1):
        found[f"user{place + 1}_text"] = str(account.users[place])
        found[f"extension{place + 1}_number"] = _number(account.extensions[place])
        found[f"line{place + 1}_digits"] = "".join(filter(str.isdigit, account.lines[place]))
    return found | _nobodys(account, found)


def _number(extension: str) -> int | str:
    """An extension as clients write it that count theirs; one that is no number stays as it is."""
    return int(extension) if extension.isdecimal() and extension[0] != "0" else extension


def _nobodys(account: Account, found: Mapping[str, int | str]) -> dict[str, int | str]:
    return {
        "user3": found["serial"],
        "extension3": next(code for code in _EXTENSIONS if code not in account.extensions),
        "shop3": f"nowhere-{found['run']}",
        "line3": next(line for line in _LINES if line not in account.lines),
    }


NAMES = frozenset(names(GUIDES, ""))
# Those that are filled in within a text as well; ``n`` counts what is repeated.
INSIDE = NAMES | set(GUIDES.names()) | {"n"}
