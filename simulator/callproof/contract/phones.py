"""Telephone numbers in the notations that clients really send (evidence#wire-phones,
evidence#reading-phones)."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import national_significant_number

# Numbers are compared by their last ten digits, so that +7 912..., 8 912... and 912... meet.
SIGNIFICANT_DIGITS = 10

# What most numbers here look like. Reading the plans takes 40 times as long and says the same.
_NATIONAL = r" ?\(?([3489][0-9]{2})\)?[ -]?([0-9]{3})[ -]?([0-9]{2})[ -]?([0-9]{2})"
_BARE = re.compile(r"\+7[3489][0-9]{9}").fullmatch
_ANYWHERE = re.compile(rf"\+7{_NATIONAL}")
_AT_HOME = re.compile(rf"(?:\+7|8){_NATIONAL}")

# A number in whatever else a field holds, of at least so many digits if there is one.
_RUN = re.compile(r"\+?\(?\d(?:[\d().\- \u00a0\u2010-\u2013]*[\d)])?")
_WHOLE = 5
# A note in brackets behind, and what a spreadsheet makes of a number.
_NOTE = re.compile(r"(.*\d)[ \u00a0]*\(\d+\)")
_FLOAT = re.compile(r"(\d{7,})\.0+")


def country_problem(name: str) -> str:
    """Why a name is no country whose numbering plan is known, or ``""``."""
    known = name in phonenumbers.SUPPORTED_REGIONS
    return "" if known else f"there is no country {name!r}; two capital letters, as in RU, KZ or DE"


def digits(number: str) -> str:
    """Only the digits: ``8 (912) 123-45-67`` -> ``89121234567``."""
    return "".join(ch for ch in number if ch in "0123456789")


def dialable(number: str, country: str = "RU") -> str:
    """Digits with the country code, as the CRM writes them into makeCallUrl (evidence#reading-dial).

    ``8 (912) 123-45-67`` -> ``79121234567``. A number that no plan of ``country`` knows keeps its
    own digits, because the PBX may still be able to dial it.
    """
    ten = _ten_digits(number, country)
    return f"7{ten}" if ten else parsed(number, country)


def _ten_digits(number: str, country: str) -> str:
    if _BARE(number):
        return number[2:]
    plain = (_AT_HOME if country == "RU" else _ANYWHERE).fullmatch(number)
    return "".join(plain.groups()) if plain else ""


@lru_cache(maxsize=65_536)
def parsed(number: str, country: str) -> str:
    """``dialable`` by the numbering plans alone."""
    first = first_number(number)
    found = _planned(first, country)
    return digits(first) if found is None else f"{found.country_code}{national_significant_number(found)}"


def first_number(text: str) -> str:
    """The number that is meant where a field holds more: a second number, a note, an extension, an address
    (evidence#wire-phone-oddities). A text without any digit has none.
    """
    runs = [run[0] for run in _RUN.finditer(text)]
    run = next((run for run in runs if len(digits(run)) >= _WHOLE), runs[0] if runs else "")
    if decimal := _FLOAT.fullmatch(run):
        return decimal[1]
    note = _NOTE.fullmatch(run)
    return note[1] if note and len(digits(note[1])) >= SIGNIFICANT_DIGITS else run.rstrip(" .-(")


def _planned(number: str, country: str) -> phonenumbers.PhoneNumber | None:
    """What the plans make of it, None for a number that none of them knows, as one without area code."""
    try:
        found = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(found) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    # Whoever dials a country code or a trunk prefix has said that the rest is whole.
    whole = digits(number) != national_significant_number(found)
    return found if whole or phonenumbers.is_valid_number(found) else None


def phone_key(number: str, country: str = "RU") -> str:
    """What two notations of one number have in common; ``""`` when there is no digit at all.

    A number without a country code is read in the numbering plan of ``country``. Numbers of two countries
    may have one key: ``same_phone`` tells them apart.
    """
    return _ten_digits(number, country) or parsed(number, country)[-SIGNIFICANT_DIGITS:]


def same_phone(one: str, other: str, country: str = "RU") -> bool:
    """Whether both name the same subscriber; text without digits never does. Where both name their country,
    all digits count (evidence#reading-two-countries)."""
    key = phone_key(one, country)
    if not key or key != phone_key(other, country):
        return False
    if not (one.lstrip().startswith("+") and other.lstrip().startswith("+")):
        return True
    return dialable(one, country) == dialable(other, country)
