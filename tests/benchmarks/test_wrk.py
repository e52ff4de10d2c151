import pytest

from benchmarks.wrk import BadRun, parse

GOOD = (
    "Running 3s test @ http://127.0.0.1:1\n  1 threads and 16 connections\n"
    '{"answered": 9000, "sent": 9016, "microseconds": 3000000, "p50": 450, "p99": 5060, '
    '"refused": 0, "broken": 0, "late": 0}\n'
)


def test_the_line_of_the_script_becomes_a_load() -> None:
    load = parse(GOOD)
    assert (load.answered, load.sent, load.seconds) == (9000, 9016, 3.0)
    assert (load.rate, load.p50, load.p99) == (3000.0, 0.45, 5.06)


@pytest.mark.parametrize("kind", ["refused", "broken", "late"])
def test_a_run_with_a_bad_answer_is_no_figure(kind: str) -> None:
    with pytest.raises(BadRun, match=f"'{kind}': 1"):
        parse(GOOD.replace(f'"{kind}": 0', f'"{kind}": 1'))


def test_a_run_without_an_answer_is_no_figure() -> None:
    with pytest.raises(BadRun, match="no answer came"):
        parse(GOOD.replace('"answered": 9000', '"answered": 0'))


def test_a_run_that_ended_early_shows_what_wrk_said() -> None:
    with pytest.raises(BadRun, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:1 Connection refused\n")
