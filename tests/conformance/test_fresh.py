"""What a scenario may call its own, and whom an account does not have."""

from callproof.conformance.fresh import NUMBERS, names, word_of
from callproof.contract.guide import GUIDES, Account
from callproof.contract.phones import digits, same_phone


def test_every_run_and_every_scenario_has_a_word_of_its_own() -> None:
    words = {
        word_of(run, scenario) for run in ("a", "b") for scenario in ("6-event/busy", "6-event/missed")
    }
    assert len(words) == 4
    assert word_of("a", "6-event/busy") == word_of("a", "6-event/busy")


def test_the_numbers_of_a_scenario_differ_in_the_last_digit_alone() -> None:
    found, other = names(GUIDES, "one"), names(GUIDES, "two")
    numbers = [str(found[f"number{last}"]) for last in range(1, NUMBERS + 1)]
    assert len(set(numbers)) == NUMBERS
    assert len({number[:-1] for number in numbers}) == 1
    assert not set(numbers) & set(other.values())
    for last in range(1, NUMBERS + 1):
        for notation in (f"national{last}", f"tail{last}"):
            assert same_phone(str(found[f"number{last}"]), str(found[notation]))
    assert found["tail1"] == f"{found['stem']}1" == f"{found['serial']}1"
    assert digits(str(found["elsewhere1"])) == f"7495{str(found['tail1'])[3:]}"


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
