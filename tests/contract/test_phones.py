"""What the field of a telephone number means."""

import pytest

from callproof.contract.phones import dialable, same_phone


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
        "7.9120000001E+10",
        "8 912 000-00-01 8 903 000-00-02",
        "79120000001 79030000002",
        "1) +7 912 000-00-01 2) +7 903 000-00-02",
        "+7 912 000-00-01 (2nd floor)",
        "8 912 000-00-01 2345",
        "007 912 000-00-01",
        "Anna <sip:+79120000001:secret@10.0.0.1:5060;transport=udp>",
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
        ("sip:101@10.0.0.1", "101"),
        ("sip:anna@10.0.0.1", ""),
        ("7912 345", "7912345"),
    ],
)
def test_a_number_that_no_plan_knows_keeps_its_own_digits(number: str, kept: str) -> None:
    assert dialable(number) == kept


def test_numbers_that_name_their_countries_are_equal_in_all_digits() -> None:
    assert not same_phone("+370 612 34567", "+7 706 123-45-67")
    assert same_phone("+7 706 123-45-67", "8 706 123 45 67")
    assert same_phone("00 48 22 123-45-67", "+48221234567")


@pytest.mark.parametrize(
    "abroad",
    [
        "00370 612 34567",
        "8 10 370 612 34567",
        "37061234567",
        "(+370) 612 34567",
        "sip:+37061234567@pbx.example",
    ],
)
def test_a_country_is_named_in_other_ways_than_by_a_plus(abroad: str) -> None:
    assert same_phone(abroad, "+370 612 34567")
    assert not same_phone(abroad, "+7 706 123-45-67")


def test_of_a_field_without_end_only_the_beginning_is_looked_at() -> None:
    assert dialable(f"+7 912 000-00-01, {'9' * 1_000_000}") == "79120000001"
    assert same_phone("9" * 1_000_000, "9" * 255)


def test_a_number_without_its_country_is_read_at_home() -> None:
    assert same_phone("+7-555-555-55-55", "5555555555")
