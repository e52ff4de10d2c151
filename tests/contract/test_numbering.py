"""Plain numbers are read by the tables of phonenumbers as phonenumbers reads them, in all countries."""

from collections.abc import Iterator
from random import Random

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import (
    PhoneMetadata,
    PhoneNumberType,
    example_number_for_type,
    national_significant_number,
)

from callproof.contract.numbering import plainly
from callproof.contract.phones import parsed

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)
_KINDS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE)
_DIGITS = "0123456789"


def _examples(country: str) -> list[str]:
    numbers = [example_number_for_type(country, kind) for kind in _KINDS]
    return [national_significant_number(number) for number in numbers if number]


def _notations(national: str, country: str) -> Iterator[str]:
    plan = PhoneMetadata.metadata_for_region(country)
    assert plan is not None
    yield f"+{plan.country_code}{national}"
    yield f"{plan.country_code}{national}"
    yield f"{plan.national_prefix or ''}{national}"
    yield f"00{plan.country_code}{national}"
    yield f"810{plan.country_code}{national}"
    yield national


def _signed(digits: str, random: Random) -> str:
    """With a sign between two of them, or some of them in brackets."""
    if len(digits) < 7:
        return digits
    at = random.randrange(2, len(digits) - 3)
    sign = random.choice(["", "", " ", "-", "(", ") "])
    if sign in ("", " ", "-"):
        return f"{digits[:at]}{sign}{digits[at:]}"
    begin = random.randrange(1 if digits[0] == "+" else 0, at)
    return f"{digits[:begin]}({digits[begin:at]}){sign[1:]}{digits[at:]}"


@st.composite
def _numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A number of some country, or nearly one, and where it is read."""
    random = draw(st.randoms(use_true_random=False))
    country = random.choice(COUNTRIES)
    national = random.choice(
        [*_examples(country), "".join(random.choices(_DIGITS, k=random.randint(3, 14)))]
    )
    kept = random.randrange(len(national))
    national = national[:kept] + "".join(random.choices(_DIGITS, k=len(national) - kept))
    number = random.choice(list(_notations(national, country)))
    return _signed(number, random), random.choice([country, country, "RU", "BY", "KZ", "US"])


@given(_numbers())
@example(("88108005553", "RU"))
@example(("+7 812 810-00-00", "RU"))
@example(("+73000000000", "DE"))
@example(("8104248472", "BY"))
@example(("0063905123-4561", "PH"))
def test_the_tables_say_what_phonenumbers_says_or_nothing(given: tuple[str, str]) -> None:
    number, country = given
    assert plainly(number, country) in ("", parsed(number, country))


@pytest.mark.parametrize("country", COUNTRIES)
def test_valid_numbers_of_each_country_are_read_by_the_tables(country: str) -> None:
    for national in _examples(country):
        for number in list(_notations(national, country))[:3]:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, country)):
                assert plainly(number, country) == parsed(number, country)


@pytest.mark.parametrize(
    "text", ["", "+", "anna", "1" * 41, "+7 912 000-00-01;", "8 (912) 000 00 01 (12)", "7.9E+10", "٣٤٥"]
)
def test_what_is_not_plain_is_left_to_the_library(text: str) -> None:
    assert plainly(text, "RU") == ""
