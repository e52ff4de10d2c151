"""Telephone numbers that nobody has, in the notations of an account's country."""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import chain, islice

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, national_significant_number

from callproof.contract.phones import digits

# How many different numbers one scenario can speak of; they differ in the last digit alone.
NUMBERS = 6
LAST = range(1, NUMBERS + 1)
# In so many last digits a number and one elsewhere are alike; so many beginnings are tried for valid ones.
ALIKE, TRIES = 7, 200
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


@lru_cache(maxsize=1024)
def notations(country: str, word: str) -> dict[str, str]:
    """``number1`` to ``number6`` with spaces, ``plain1`` without, ``digits1`` without the plus as well,
    ``spaced1`` with one space alone, ``national1`` as it is written in the country, ``dialled1`` as it is
    dialled there, and ``elsewhere1``, which has the same seven last digits. ``short`` lacks the last digit.

    They are valid in the numbering plan of ``country``, as far as it has mobile numbers.
    """
    stem = _stem(country, word)
    code = phonenumbers.country_code_for_region(country)
    number = _number(code, f"{stem}1")
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    first = {
        "number": phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
        "plain": f"+{code}{stem}1",
        "digits": f"{code}{stem}1",
        "spaced": f"+{code} {stem}1",
        "national": national,
        "dialled": digits(national),
        "elsewhere": _elsewhere(country, f"{stem}1", word),
    }
    # How a number is written does not depend on its last digit, which comes last in every notation.
    found = {f"{name}{last}": f"{text[:-1]}{last}" for name, text in first.items() for last in LAST}
    return {"short": f"+{code} {stem}", **found}


def _stem(country: str, word: str) -> str:
    """The national digits but for the last one, which may be any."""
    code = phonenumbers.country_code_for_region(country)
    example = _example(country, PhoneNumberType.MOBILE)
    for kept in range(1, len(example)):
        for drawn in islice(_drawn(f"{country}/{word}"), TRIES):
            stem = example[:kept] + drawn[: len(example) - 1 - kept]
            # No plan minds the last digit, which the test of every country holds.
            if phonenumbers.number_type(_number(code, f"{stem}1")) in _MOBILE:
                return stem
    return example[:-1]


def _elsewhere(country: str, national: str, word: str) -> str:
    """Another valid number with the same last digits, or where the plan has none, another number at all."""
    code = phonenumbers.country_code_for_region(country)
    head, tail = national[:-ALIKE], national[-ALIKE:]
    fixed = _example(country, PhoneNumberType.FIXED_LINE)[:-ALIKE]
    for other in chain([fixed], (drawn[: len(head)] for drawn in islice(_drawn(word), TRIES))):
        number = _number(code, other + tail)
        if other != head and len(other) == len(head) and phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return f"+{code} {9 - int(national[0])!s}{national[1:]}"


def _example(country: str, kind: int) -> str:
    """Empty for what is no country."""
    found = phonenumbers.example_number_for_type(country, kind) or phonenumbers.example_number(country)
    return national_significant_number(found) if found else ""


def _number(code: int, national: str) -> PhoneNumber:
    return phonenumbers.parse(f"+{code}{national}")


def _drawn(word: str) -> Iterator[str]:
    """Digits without end, the same ones for the same word."""
    turn = 0
    while True:
        yield str(int(sha256(f"{word}/{turn}".encode()).hexdigest(), 16))[:20]
        turn += 1
