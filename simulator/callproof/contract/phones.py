"""Telephone numbers in the notations that clients really send (evidence#wire-phones,
evidence#reading-phones)."""

import re
from functools import lru_cache

import phonenumbers

# Numbers are compared by their last ten digits, so that +7 912..., 8 912... and 912... meet.
SIGNIFICANT_DIGITS = 10

# What most numbers here look like. Reading the plans takes 40 times as long and says the same.
_NATIONAL = r" ?\(?([3489][0-9]{2})\)?[ -]?([0-9]{3})[ -]?([0-9]{2})[ -]?([0-9]{2})"
_BARE = re.compile(r"\+7[3489][0-9]{9}").fullmatch
_ANYWHERE = re.compile(rf"\+7{_NATIONAL}")
_AT_HOME = re.compile(rf"(?:\+7|8){_NATIONAL}")


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
    try:
        found = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return digits(number)
    if not phonenumbers.is_possible_number(found):
        return digits(number)
    return f"{found.country_code}{phonenumbers.national_significant_number(found)}"


def phone_key(number: str, country: str = "RU") -> str:
    """What two notations of one number have in common; ``""`` when there is no digit at all.

    A number without a country code is read in the numbering plan of ``country``.
    """
    return _ten_digits(number, country) or parsed(number, country)[-SIGNIFICANT_DIGITS:]


def same_phone(one: str, other: str, country: str = "RU") -> bool:
    """Whether both name the same subscriber; text without digits never does."""
    key = phone_key(one, country)
    return bool(key) and key == phone_key(other, country)
