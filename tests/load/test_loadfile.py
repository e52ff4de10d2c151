"""``load.yaml``: what it makes of a run, and that a mistake is shown at its line."""

from pathlib import Path

import pytest

from callproof.clocks.durations import seconds
from callproof.files.yamlfile import FileError
from callproof.load.job import Job
from callproof.load.loadfile import (
    USUAL,
    Load,
    load_file,
    per_second,
)
from callproof.load.messages import packed, unpacked

ROOT = Path(__file__).resolve().parent.parent.parent
LEAST = "model: pbx-fleet\ntarget: {url: http://127.0.0.1:1/}\nrate: 10\nduration: 60s\n"


def read(tmp_path: Path, text: str) -> Load:
    file = tmp_path / "load.yaml"
    file.write_text(text, "utf-8")
    return load_file(str(file))


def test_the_least_file_has_usual_thresholds(tmp_path: Path) -> None:
    load = read(tmp_path, LEAST)
    assert [str(threshold) for threshold in load.thresholds] == list(USUAL)
    assert load.job.urls == ("http://127.0.0.1:1",)
    assert load.job.curve.points == ((0.0, 10.0), (60.0, 10.0))


@pytest.mark.parametrize(
    ("shape", "rates"),
    [
        ("constant", [10, 10, 10]),
        ("{ramp: {from: 4/s}}", [4, 7, 9.9]),
        ("{spike: {to: 90, at: 20s, lasts: 15s}}", [10, 90, 10]),
        ("busy-hour", [5, 10, 5.025]),
        ("{busy-hour: {shoulder: 0}}", [0, 10, 0.05]),
        (
            "{day: {hours: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]}}",
            [2, 10, 4],
        ),
    ],
)
def test_a_shape_is_read(tmp_path: Path, shape: str, rates: list[float]) -> None:
    shaped = read(tmp_path, f"{LEAST}shape: {shape}\n").job.curve
    assert [shaped.rate(at) for at in (0, 30, 59.9)] == [pytest.approx(r, rel=0.02) for r in rates]


def test_a_day_takes_the_hours_of_the_mix(tmp_path: Path) -> None:
    (tmp_path / "mix.yaml").write_text(f"hours: [{', '.join(map(str, range(24)))}]\nincoming: 1\n")
    job = read(tmp_path, f"{LEAST}shape: day\nmix: mix.yaml\n").job
    assert (job.curve.rate(0), job.curve.rate(59.9), job.mix.incoming) == (0, 10, 1)


@pytest.mark.parametrize("kind", ["", "model: crm\n"])
def test_a_worker_is_told_all_of_it(tmp_path: Path, kind: str) -> None:
    text = LEAST.replace("model: pbx-fleet\n", kind) if kind else LEAST
    more = "speed: 20\nextensions: {'100': 1}\nlines: ['1', '2']\nsamples: {card: 0.5}\n"
    job = read(tmp_path, text + more).job
    assert unpacked(packed(job), Job) == job


def test_a_crm_makes_no_incoming_calls(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST.replace("pbx-fleet", "crm")).job.mix.incoming == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LEAST.replace("rate: 10", "rate: ten"), "load.yaml:3: rate: "),
        (LEAST.replace("duration: 60s", "duration: 0"), "load.yaml:4: no call begins in a duration of 0"),
        (
            LEAST + "shape: {spike: {to: 5, at: 50s, lasts: 20s}}\n",
            "load.yaml:5: the spike must lie within",
        ),
        (LEAST + "thresholds:\n  - lost == 0\n  - p99 < 3\n", "load.yaml:7: p99 is measured in us, ms, s"),
        (
            LEAST + "thresholds:\n  - lost == 0\n  - p99 of call-evnt < 3 ms\n",
            "load.yaml:7: nothing in a call of pbx-fleet is called 'call-evnt'; there are manager-lookup",
        ),
        (
            LEAST.replace("pbx-fleet", "crm") + "thresholds: [p99 of call-event < 3 ms]\n",
            "load.yaml:5: nothing in a call of crm is called 'call-event'; there are make-call",
        ),
        (LEAST + "mix: none.yaml\n", "none.yaml:1: the file cannot be read"),
        (LEAST + "speeed: 3\n", "'speeed' was unexpected"),
        (LEAST.replace("}", ", timezone: Mars}"), "load.yaml:2: there is no time zone 'Mars'"),
        (LEAST.replace("pbx-fleet", "crm").replace("}", ", control: false}"), "needs a make-call-url"),
        (
            f"{LEAST}shape: {{day: {{hours: [{', '.join('0' * 24)}]}}}}\n",
            "one of the hours must be above 0",
        ),
        (LEAST + "limits:\n  under-way: 3.0\n", "load.yaml:6: limits.under-way: expected `int`"),
        ("", "load.yaml:1: "),
    ],
)
def test_a_mistake_is_shown_at_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FileError) as raised:
        read(tmp_path, text)
    assert words in str(raised.value)


def test_times_and_rates_have_units() -> None:
    assert [seconds(text) for text in (90, "90s", "1.5m", "2h", "1d")] == [90, 90, 90, 7200, 86400]
    assert [per_second(text) for text in (20, "20/s", "1200/min", "72000/h")] == pytest.approx([20] * 4)


def test_the_example_of_the_docs_is_one() -> None:
    load = load_file(str(ROOT / "docs" / "load.yaml"))
    assert [load.job.curve.rate(at) for at in (0, 30)] == pytest.approx([2, 11])
    assert load.job.upload_every == 2
    assert len(load.thresholds) == 8
