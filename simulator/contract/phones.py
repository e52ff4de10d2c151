"""Telephone numbers in the notations that clients really send (contract.md, sections 9.14 and 10)."""

from functools import lru_cache

import phonenumbers

# Numbers are compared by their last ten digits, so that +7 912..., 8 912... and 912... meet.
SIGNIFICANT_DIGITS = 10


def digits(number: str) -> str:
    """Only the digits: ``8 (912) 123-45-67`` -> ``89121234567``."""
    return "".join(ch for ch in number if ch in "0123456789")


@lru_cache(maxsize=4096)
def dialable(number: str, country: str = "RU") -> str:
    """Digits with the country code, as the CRM writes them into makeCallUrl (section 9.26).

    ``8 (912) 123-45-67`` -> ``79121234567``. A number that no plan of ``country`` knows keeps its
    own digits, because the PBX may still be able to dial it.
    """
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return digits(number)
    if not phonenumbers.is_possible_number(parsed):
        return digits(number)
    return f"{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"


def phone_key(number: str, country: str = "RU") -> str:
    """What two notations of one number have in common; ``""`` when there is no digit at all.

    A number without a country code is read in the numbering plan of ``country``.
    """
    return dialable(number, country)[-SIGNIFICANT_DIGITS:]


def same_phone(one: str, other: str, country: str = "RU") -> bool:
    """Whether both name the same subscriber; text without digits never does."""
    key = phone_key(one, country)
    return bool(key) and key == phone_key(other, country)
