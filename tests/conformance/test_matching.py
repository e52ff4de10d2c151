"""Patterns and the words for what does not match."""

import pytest

from callproof.conformance.matching import Leeway, differences
from callproof.contract.jsontypes import Json


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": {"$absent": True}}, {"b": 2}),
        ({"a": {"$any": True}}, {"a": None}),
        ([1, {"a": 2}], [1, {"a": 2, "b": 3}]),
        ({"$phone": "8 (912) 345-67-89"}, "+79123456789"),
        ({"$phone": "anonymous"}, "anonymous"),
        ({"$matches": "^https?://"}, "http://x"),
        ({"$length": 2}, [1, 2]),
        ({"$contains": {"a": 1}}, [{"a": 0}, {"a": 1, "b": 2}]),
        ({"$json": {"a": 1}}, '{"b": 2, "a": 1}'),
        ({"$not": 200}, 404),
        ({"a": {"$if-present": 1}}, {}),
        ({"a": {"$if-present": 1}}, {"a": 1}),
        ({"$one-of": [200, 201]}, 201),
        ({"$set": ["200", {"$any": True}]}, ["100", "200"]),
        ({"$date": 1714564800}, "2024-05-01 12:00:00"),
        ({"$date": {"at": 1714564800, "zone": "any"}}, "2024-05-01 17:30:00"),
        (
            {"$date": {"at": 1714564860, "zone": {"at": 1714564800, "date": "2024-05-01 09:00:00"}}},
            "2024-05-01 09:01:00",
        ),
        (1, 1.0),
        (None, None),
    ],
)
def test_these_match(expected: Json, actual: Json) -> None:
    assert differences(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual", "words"),
    [
        ({"a": 1}, {"a": 2}, "a is 2, expected 1"),
        ({"a": {"b": 1}}, {"a": {}}, "a.b is missing, expected 1"),
        ({"a": 1}, [], "it is [], expected an object"),
        ({"a": {"$absent": True}}, {"a": 1}, "a is 1, expected nothing"),
        ({"a": {"$any": True}}, {}, "a is missing"),
        ([1], [1, 2], "it has 2 elements, expected 1"),
        ([{"a": 1}], [{"a": 2}], "[0].a is 2, expected 1"),
        ({"$phone": "+7 912"}, "+7 913", "it is '+7 913', expected the number +7 912"),
        ({"$phone": "anonymous"}, "Anna", "it is 'Anna', expected the number anonymous"),
        ({"$matches": "^a"}, "b", "it is 'b', expected text like ^a"),
        ({"$length": 2}, [1], "it is a list of 1, expected 2 elements"),
        ({"$contains": 1}, [2], "it is a list of 1, expected to contain 1"),
        ({"$json": {"a": 1}}, '{"a": 2}', "a is 2, expected 1"),
        ({"x": {"$json": {}}}, {"x": "{"}, "x is '{', expected JSON text"),
        ({"$not": 200}, 200, "it is 200, which it must not be"),
        ({"a": {"$if-present": 1}}, {"a": 2}, "a is 2, expected 1"),
        ({"$one-of": [1, 2]}, 3, "it is 3, expected one of 1, 2"),
        ({"$as-text": 100}, "200", "it is '200', expected 100"),
        ({"$as-text": 100}, None, "it is None, expected 100"),
        ({"$set": ["a"]}, ["a", "b"], "it is ['a', 'b'], expected 'a' in any order"),
        ({"$set": ["a"]}, "a", "it is 'a', expected 'a' in any order"),
        (
            {"$date": 1714564800},
            "2024-05-01 13:00:00",
            "it is '2024-05-01 13:00:00', which is 3600 s later, expected 2024-05-01 12:00:00",
        ),
        (
            {"$date": 1714564800.6},
            "2024-05-01 13:00:00",
            "it is '2024-05-01 13:00:00', which is 3600 s later, expected 2024-05-01 12:00:00",
        ),
        (
            {"$date": {"at": 1714564800, "zone": "any"}},
            "2024-05-01 15:01:00",
            "it is '2024-05-01 15:01:00', which is 60 s later, expected 2024-05-01 15:00:00 in any zone",
        ),
        (
            {"$date": {"at": 60, "zone": {"at": 0, "date": "1970-01-01 03:00:00"}}},
            "1970-01-01 00:01:00",
            "it is '1970-01-01 00:01:00', which is 10800 s earlier, expected 1970-01-01 03:01:00 in it",
        ),
        ({"$date": 1714564800}, "yesterday", "it is 'yesterday', expected 2024-05-01 12:00:00"),
        (1, True, "it is True, expected 1"),
        (1, "1", "it is '1', expected 1"),
    ],
)
def test_these_do_not_and_say_why(expected: Json, actual: Json, words: str) -> None:
    assert differences(expected, actual) == [words]


def test_durations_and_dates_have_a_leeway_each() -> None:
    leeway = Leeway(times=3, dates=60)
    told: Json = {"duration": 48, "date": "2024-05-01 12:00:59"}
    assert differences({"duration": 45, "date": {"$date": 1714564800}}, told, slack=leeway) == []
    assert len(differences({"duration": 44, "date": {"$date": 1714564700}}, told, slack=leeway)) == 2


@pytest.mark.parametrize(
    "wanted",
    [1714564800, {"at": 1714564800, "zone": "any"}],
    ids=["its own", "any"],
)
def test_utc_is_no_zone_of_an_account_that_said_another(wanted: Json) -> None:
    moscow = Leeway(zone="Europe/Moscow")
    said = ["date is '2024-05-01 12:00:08', sent in UTC, the account is in Europe/Moscow"]
    told: Json = {"date": "2024-05-01 12:00:08"}
    assert differences({"date": {"$date": wanted}}, told, slack=moscow) == said
    either: Json = {"$one-of": [{"$date": wanted}, {"$date": 1714564808}]}
    assert differences({"date": either}, told, slack=moscow) == said
    assert differences({"date": {"$date": wanted}}, {"date": "2024-05-01 15:00:00"}, slack=moscow) == []
    # In winter London is in UTC.
    london = Leeway(zone="Europe/London")
    assert (
        differences({"$date": {"at": 1705320000, "zone": "any"}}, "2024-01-15 12:00:00", slack=london) == []
    )


def test_dates_are_in_the_accounts_zone_and_national_numbers_of_its_country() -> None:
    spain = Leeway(zone="Europe/Madrid", country="ES")
    # Half past two comes twice that night.
    for moment in (1824942600, 1824946200):
        assert differences({"$date": moment}, "2027-10-31 02:30:00", slack=spain) == []
    assert differences({"$date": 1824942600}, "2027-10-31 00:30:00", slack=spain) != []
    known = {"$json": {"date": {"$date": 1824942600}}}
    assert differences(known, '{"date": "2027-10-31 02:30:00"}', slack=spain) == []
    assert differences({"$phone": "+34 612 34 56 78"}, "612345678", slack=spain) == []


def test_what_really_passes_makes_a_duration_longer_and_not_shorter() -> None:
    leeway = Leeway(times=30, less=2)
    assert differences({"duration": 45}, {"duration": 70}, slack=leeway) == []
    assert differences({"duration": 45}, {"duration": 43}, slack=leeway) == []
    assert differences({"duration": 45}, {"duration": 42}, slack=leeway) != []
