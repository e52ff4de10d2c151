"""The short way for plain numbers."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callproof.contract.phones import dialable, parsed, same_phone


@given(
    st.from_regex(r"(\+7|8|7) ?\(?[0-9]{3}\)?[ -]?[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}", fullmatch=True),
    st.sampled_from(["RU", "KZ", "DE", "US", "BY"]),
)
@example("+78005553535", "RU")
@example("88108005553", "RU")
@example("+7 812 810-00-00", "RU")
@example("+73000000000", "DE")
def test_the_short_way_says_what_the_numbering_plans_say(number: str, country: str) -> None:
    assert dialable(number, country) == parsed(number, country)


@pytest.mark.parametrize(
    "field",
    [
        "+7 912 000-00-01, +7 903 000-00-02",
        "8 (912) 000 00 01 / 8 903 000 00 02",
        "+7 912 000-00-01; mother",
        "+7 912 000-00-01 (Anna)",
        "8 912 000 00 01 (12)",
        "+7 912 000-00-01 ext. 12",
        "+7 912 000-00-01 until 18:00",
        "Anna: 8-912-000-00-01",
        "sip:79120000001@pbx.example",
        "79120000001.0",
    ],
)
def test_the_first_number_of_a_field_is_meant(field: str) -> None:
    assert dialable(field) == "79120000001"
    assert same_phone(field, "+7 (912) 000-00-01")


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("230-12-34", "2301234"),
        ("30-12-34", "301234"),
        ("112", "112"),
        ("0800123456", "0800123456"),
        ("anonymous", ""),
    ],
)
def test_a_number_that_no_plan_knows_keeps_its_own_digits(number: str, kept: str) -> None:
    assert dialable(number) == kept


def test_numbers_that_name_their_countries_are_equal_in_all_digits() -> None:
    assert not same_phone("+370 612 34567", "+7 706 123-45-67")
    assert same_phone("+7 706 123-45-67", "8 706 123 45 67")
    assert same_phone("+7-555-555-55-55", "5555555555")
