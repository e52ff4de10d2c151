"""What a scenario may call its own, and whom an account does not have."""

import phonenumbers
import pytest

from callproof.conformance import loading, runner
from callproof.conformance.fresh import names, word_of
from callproof.conformance.judge import UnderTest
from callproof.conformance.numbers import NUMBERS, notations
from callproof.conformance.verdict import Verdict
from callproof.contract.guide import Account
from callproof.contract.phones import digits, same_phone
from callproof.crm.account import DEFAULT_SEED
from callproof.running.pair import built_in


def test_every_run_and_every_scenario_has_a_word_of_its_own() -> None:
    words = {
        word_of(run, scenario) for run in ("a", "b") for scenario in ("6-event/busy", "6-event/missed")
    }
    assert len(words) == 4
    assert word_of("a", "6-event/busy") == word_of("a", "6-event/busy")


@pytest.mark.parametrize("country", ["RU", "KZ", "ES", "US", "DE", "NO", "GB"])
def test_the_numbers_are_the_countrys_and_differ_in_the_last_digit_alone(
    country: str,
) -> None:
    account = Account(country=country)
    found, other = names(account, "one"), names(account, "two")
    numbers = [str(found[f"number{last}"]) for last in range(1, NUMBERS + 1)]
    assert len(set(numbers)) == NUMBERS
    assert len({number[:-1] for number in numbers}) == 1
    assert not set(numbers) & set(other.values())
    for last, number in enumerate(numbers, 1):
        assert phonenumbers.is_valid_number_for_region(phonenumbers.parse(number), country)
        for notation in ("plain", "digits", "spaced", "national", "dialled"):
            assert same_phone(number, str(found[f"{notation}{last}"]), country), notation
        elsewhere = str(found[f"elsewhere{last}"])
        assert digits(elsewhere)[-7:] == digits(number)[-7:]
        assert not same_phone(number, elsewhere, country)
    assert f"{digits(str(found['short']))}1" == found["digits1"]


def test_every_country_has_numbers_of_its_own() -> None:
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        found = notations(country, "one")
        assert len({found[f"plain{last}"] for last in range(1, NUMBERS + 1)}) == NUMBERS
        assert found["elsewhere1"] not in found["number1"]
        for last in range(1, NUMBERS + 1):
            number = phonenumbers.parse(found[f"plain{last}"])
            assert phonenumbers.is_valid_number(number), country
            written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            assert found[f"national{last}"] == written


def test_nobody_is_nobody_in_every_account() -> None:
    account = Account(
        (17, 23), ("999", "0100"), ("north", "south"), ("+7-499-777-77-77", "+7-499-666-66-66")
    )
    found = names(account, "one")
    assert found["extension3"] not in account.extensions
    assert found["line3"] not in account.lines
    assert found["user3"] not in account.users
    assert (found["user1_text"], found["extension1_number"]) == ("17", 999)
    # The number 100 would be another extension.
    assert found["extension2_number"] == "0100"


@pytest.mark.parametrize("country", ["ES", "NO"])
def test_customers_of_another_country_are_found_in_its_notations(country: str) -> None:
    with built_in(country=country) as pair:
        judged = UnderTest(account=Account(country=country))
        results = runner.run(loading.find(["5-manager"]), pair.ends, judged=judged)
    assert Verdict(results, DEFAULT_SEED, strict=False).conformant
    code = phonenumbers.country_code_for_region(country)
    (lookups,) = (found for found in results if found.id == "5-manager/notations")
    asked = [str(seen.params) for seen in lookups.exchanges]
    assert any(f"+{code}" in params for params in asked)
    assert not any("+7 9" in params or "+79" in params for params in asked)
