"""The mix, when calls arrive, and what the numbers of a draw are like."""

import random
import statistics
from itertools import islice, pairwise, takewhile
from pathlib import Path

import pytest

from callproof.clocks.manual import EPOCH
from callproof.contract.jsontypes import JsonObject
from callproof.contract.schemas import load
from callproof.files.yamlfile import FileError
from callproof.traffic.arrivals import Arrival, Source, arrivals
from callproof.traffic.mix import LogNormal, Mix, load_mix

SOURCE = Source(("+7 912 000-00-01", "+7 912 000-00-02"), ("+7-499-999-99-99", "+7-499-888-88-88"))
MIDNIGHT = EPOCH - EPOCH % 86_400


def drawn(mix: Mix, count: int, seed: int = 1, rate: float = 10.0) -> list[Arrival]:
    return list(islice(arrivals(mix, rate, seed, MIDNIGHT, SOURCE, "UTC"), count))


def mix_of(folder: Path, text: str) -> Mix:
    file = folder / "mix.yaml"
    file.write_text(text, "utf-8")
    return load_mix(str(file))


def test_everything_that_a_mix_can_say_is_read(tmp_path: Path) -> None:
    mix = mix_of(
        tmp_path,
        """
        incoming: 0.5
        known: 0.25
        click-to-call: 1
        incoming-outcomes: {answered: 3, cancelled: 1}
        outgoing-outcomes: {busy: 1}
        answer: {median: 4, sigma: 0}
        talk: {median: 30}
        hold: 0.2
        hold-seconds: 7
        transfer: 0
        hours: [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 1, 2, 2, 2, 2, 1, 0, 0, 0, 0, 0, 0]
        """,
    )
    assert (mix.incoming, mix.known, mix.click_to_call) == (0.5, 0.25, 1)
    assert (mix.incoming_outcomes, mix.outgoing_outcomes) == ({"answered": 3, "cancelled": 1}, {"busy": 1})
    assert (mix.answer, mix.talk) == (LogNormal(4, 0), LogNormal(30, Mix().talk.sigma))
    assert (mix.hold, mix.hold_seconds, mix.transfer) == (0.2, 7, 0)
    assert (mix.busyness(0), mix.busyness(8), mix.busyness(9)) == (0, 0.5, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("incoming: 2", "mix.yaml:1: "),
        ("known: 1\nmixed: 1", "mix.yaml:1: "),
        ("talk:\n  median: 0", "mix.yaml:2: "),
        ("incoming-outcomes: {answered: 0}", "mix.yaml:1: one of the outcomes must have a weight above 0"),
        (f"hours: {[0] * 24}", "mix.yaml:1: one of the hours must have a weight above 0"),
        ("hours: [1]", "mix.yaml:1: "),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FileError, match=words):
        mix_of(tmp_path, text)


def test_the_defaults_are_those_that_the_schema_tells() -> None:
    told = load("traffic-mix")["properties"]
    assert isinstance(told, dict)
    mix = Mix()
    for name, value in (
        ("incoming", mix.incoming),
        ("known", mix.known),
        ("click-to-call", mix.click_to_call),
        ("hold", mix.hold),
        ("hold-seconds", mix.hold_seconds),
        ("transfer", mix.transfer),
    ):
        assert f"default {value:g}." in str(told[name]), name
    for name, scatter in (("answer", mix.answer), ("talk", mix.talk)):
        assert f"median {scatter.median:g} and sigma {scatter.sigma:g}" in str(told[name]), name
    for name, weights in (
        ("incoming-outcomes", mix.incoming_outcomes),
        ("outgoing-outcomes", mix.outgoing_outcomes),
    ):
        outcomes = told[name]
        assert isinstance(outcomes, dict)
        described = outcomes["properties"]
        assert isinstance(described, dict)
        assert {key: f"Default {weight:g}." for key, weight in weights.items()} == {
            key: text["description"] for key, text in described.items() if isinstance(text, dict)
        }


def test_the_same_seed_makes_the_same_calls_and_another_one_others() -> None:
    assert drawn(Mix(), 50) == drawn(Mix(), 50)
    assert drawn(Mix(), 50) != drawn(Mix(), 50, seed=2)


def test_calls_arrive_as_a_poisson_process_of_the_rate() -> None:
    moments = [MIDNIGHT, *(call.at for call in drawn(Mix(), 4000))]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert statistics.mean(gaps) == pytest.approx(0.1, rel=0.05)
    # The gaps of a Poisson process scatter as widely as they are long.
    assert statistics.stdev(gaps) == pytest.approx(0.1, rel=0.1)


def test_hours_of_the_day_thin_the_traffic_in_the_zone_of_the_account() -> None:
    mix = Mix(hours=tuple(1.0 if hour in (9, 10) else 0.0 for hour in range(24)))
    calls = arrivals(mix, 0.1, 1, MIDNIGHT, SOURCE, "Europe/Moscow")
    day = list(takewhile(lambda call: call.at < MIDNIGHT + 86_400, calls))
    assert {int((call.at - MIDNIGHT) // 3600) for call in day} == {6, 7}
    assert len(day) == pytest.approx(720, rel=0.15)


def test_shares_and_outcomes_come_out_as_the_mix_says() -> None:
    calls = drawn(Mix(known=0.5, transfer=0.5), 4000)
    incoming = [call for call in calls if call.incoming]
    outgoing = [call for call in calls if not call.incoming]
    assert len(incoming) / len(calls) == pytest.approx(0.7, abs=0.03)
    assert share(incoming, lambda call: call.phone in SOURCE.customers) == pytest.approx(0.5, abs=0.04)
    assert all(call.phone in SOURCE.customers for call in outgoing)
    assert share(outgoing, lambda call: call.by_click) == pytest.approx(0.5, abs=0.05)
    assert share(incoming, lambda call: call.script["outcome"] == "answered") == pytest.approx(
        0.76, abs=0.03
    )
    assert {call.script["outcome"] for call in outgoing} == set(Mix().outgoing_outcomes)
    answered = [call for call in incoming if call.script["outcome"] == "answered"]
    assert share(answered, lambda call: call.passed_on) == pytest.approx(0.5, abs=0.05)
    assert not any(call.passed_on for call in outgoing)


def share(calls: list[Arrival], holds: object) -> float:
    assert callable(holds)
    return sum(1 for call in calls if holds(call)) / len(calls)


def test_half_of_the_talks_are_shorter_than_the_median_and_the_mean_is_higher() -> None:
    scatter, dice = LogNormal(75, 0.8), random.Random(1)
    talks = [scatter.draw(dice) for _ in range(4000)]
    assert statistics.median(talks) == pytest.approx(75, rel=0.05)
    assert statistics.mean(talks) == pytest.approx(scatter.mean, rel=0.06)


def test_scripts_are_what_the_control_api_takes() -> None:
    names: set[str] = set()
    for call in drawn(Mix(), 500):
        script: JsonObject = call.script
        names |= set(script)
    assert names == {"outcome", "after", "talk", "hungUpBy", "hold", "pickUp"}
