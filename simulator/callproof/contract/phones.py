"""Telephone numbers in the notations that clients really send (evidence#wire-phones,
evidence#reading-phones)."""

import re
from decimal import Decimal
from functools import lru_cache

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumber, national_significant_number

from callproof.contract.numbering import plainly

# Numbers are compared by their last ten digits, so that +7 912..., 8 912... and 912... meet.
SIGNIFICANT_DIGITS = 10
# Of a field no more is looked at: what is longer holds notes, and the plans take their time.
LONGEST = 255

# A number in whatever else a field holds, of at least so many digits if there is one.
_RUN = re.compile(r"\+?\(?\+?\d(?:[\d().\- \u00a0\u2010-\u2013]*[\d)])?")
_WHOLE = 5
# Before the host of a SIP address, a name or a number.
_AT_HOST = re.compile(r"(?:sips?:)?([^\s<>\"':/@]+)(?::[^\s<>@]*)?@[\w.\[-]", re.IGNORECASE)
# A note in brackets behind, with one bracket cut off or both, and what a spreadsheet makes of a number.
_NOTE = re.compile(r"(.*?\d)[ \u00a0]*(?:\(\d+\)?|[ \u00a0]\d+\))")
_FLOAT = re.compile(r"\d{7,}\.0+|\d\.\d+[eE]\+?[01]\d?")
_NO_DIGITS = re.compile(r"[^0-9]+")
# Where one number may end and another one, or a note, begin.
_GAP = re.compile(r"[ \u00a0]+")


def country_problem(name: str) -> str:
    """Why a name is no country whose numbering plan is known, or ``""``."""
    known = name in phonenumbers.SUPPORTED_REGIONS
    return "" if known else f"there is no country {name!r}; two capital letters, as in RU, KZ or DE"


def digits(number: str) -> str:
    """Only the digits: ``8 (912) 123-45-67`` -> ``89121234567``."""
    return _NO_DIGITS.sub("", number)


def dialable(number: str, country: str = "RU") -> str:
    """Digits with the country code, as the CRM writes them into makeCallUrl (evidence#reading-dial).

    ``8 (912) 123-45-67`` -> ``79121234567``. A number that no plan of ``country`` knows keeps its
    own digits, because the PBX may still be able to dial it.
    """
    return _dialable(number[:LONGEST], country)


@lru_cache(maxsize=16_384)
def _dialable(number: str, country: str) -> str:
    return plainly(number, country) or parsed(number, country)


def parsed(number: str, country: str) -> str:
    """``dialable`` by phonenumbers, whatever the field holds."""
    found = _meant(number, country)
    if found is None:
        return digits(first_number(number))
    return f"{found.country_code}{national_significant_number(found)}"


def first_number(text: str) -> str:
    """The number that is meant where a field holds more: a second number, a note, an extension, an address
    (evidence#wire-phone-oddities). A text without any digit has none.
    """
    if address := _AT_HOST.search(text):
        text = address[1]
    if decimal := _FLOAT.search(text):
        return str(int(Decimal(decimal[0])))
    runs = [run[0] for run in _RUN.finditer(text)]
    run = next((run for run in runs if len(digits(run)) >= _WHOLE), runs[0] if runs else "")
    note = _NOTE.fullmatch(run)
    return note[1] if note and len(digits(note[1])) >= SIGNIFICANT_DIGITS else run.rstrip(" .-(")


def _meant(text: str, country: str) -> PhoneNumber | None:
    """What the plans make of a field. Where its digits are no number, those before a gap may be one: what
    stands behind is a second number or a note."""
    number = first_number(text)
    found = _planned(number, country)
    if found and phonenumbers.is_valid_number(found):
        return found
    for gap in _GAP.finditer(number):
        first = number[: gap.start()]
        if len(digits(first)) < SIGNIFICANT_DIGITS:
            continue
        alone = _planned(first, country)
        if alone and (found is None or phonenumbers.is_valid_number(alone)):
            return alone
    return found


def _planned(number: str, country: str) -> PhoneNumber | None:
    """What the plans make of it, None for a number that none of them knows, as one without area code."""
    found = _possible(number, country)
    if found:
        # Whoever dials a country code or a trunk prefix has said that the rest is whole.
        whole = digits(number) != national_significant_number(found)
        if whole or phonenumbers.is_valid_number(found):
            return found
    # Many dial abroad with 00, and many write a country code without its sign.
    plain = digits(number)
    abroad = _possible(f"+{plain.removeprefix('00')}", country)
    longer = plain.startswith("00") or len(plain) > SIGNIFICANT_DIGITS
    return abroad if abroad and longer and phonenumbers.is_valid_number(abroad) else None


def _possible(number: str, country: str) -> PhoneNumber | None:
    try:
        found = phonenumbers.parse(number, country, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(found)
    return found if reason == phonenumbers.ValidationResult.IS_POSSIBLE else None


@lru_cache(maxsize=65_536)
def _names_country(number: str, country: str) -> bool:
    """Whether a number says itself which country it is of."""
    if number.lstrip().startswith("+"):
        return True
    found = _meant(number, country)
    return found is not None and found.country_code_source != CountryCodeSource.FROM_DEFAULT_COUNTRY


def phone_key(number: str, country: str = "RU") -> str:
    """What two notations of one number have in common; ``""`` when there is no digit at all.

    A number without a country code is read in the numbering plan of ``country``. Numbers of two countries
    may have one key: ``same_phone`` tells them apart.
    """
    return _dialable(number[:LONGEST], country)[-SIGNIFICANT_DIGITS:]


def same_phone(one: str, other: str, country: str = "RU") -> bool:
    """Whether both name the same subscriber; text without digits never does. Where both name their country,
    all digits count (evidence#reading-two-countries)."""
    key = phone_key(one, country)
    if one == other:
        return bool(key)
    if not key or key != phone_key(other, country):
        return False
    if not (_names_country(one[:LONGEST], country) and _names_country(other[:LONGEST], country)):
        return True
    return dialable(one, country) == dialable(other, country)
