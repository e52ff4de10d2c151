from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.claims import Claim, of_comparison, of_journal, of_sizes, of_workers
from benchmarks.figures import Found, Series, Spread
from benchmarks.machine import Machine, describe
from benchmarks.sections.workers import Workers
from benchmarks.wrk import Figure

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "performance.md"
MACHINE = Machine("A CPU", 2, "6.1", 2**34, {"Python": "3.11.7"})


@pytest.mark.parametrize(
    ("value", "text"), [(0.056, "0.06"), (21.66, "21.7"), (577.4, "577"), (23482.0, "23 482")]
)
def test_numbers_have_the_digits_that_count(value: float, text: str) -> None:
    assert report.number(value) == text


def test_a_spread_shows_its_median_in_bold() -> None:
    assert report.spread(Spread(1.0, 2.0, 30.0)) == "1.00 **2.00** 30.0"
    assert report.spread(Spread(2.0, 2.0, 2.0)) == "**2.00**"


def test_a_chapter_shows_figures_and_names_what_is_missing() -> None:
    found = Found({("ours", "event"): Series((Figure(10, 20, 3, 4),))}, {"theirs": "no\njava"})
    text = report.found_part("Title", "Text.", "server", found).markdown()
    assert "| ours | **10.0** | **20.0** | **3.00** | **4.00** |" in text
    assert text.endswith("Missing:\n\n- theirs: no java")


def test_the_page_says_of_each_promise_whether_it_holds() -> None:
    claims = [
        Claim("kept", 1.0, at_least=1.0),
        Claim("broken", 3.1, at_most=3.0),
        Claim("unknown", None, at_most=3.0),
    ]
    text = report.page("", MACHINE, claims, [])
    assert "| kept | at least 1 | 1.00 | holds |" in text
    assert "| broken | at most 3 | 3.10 | **does not hold** |" in text
    assert "| unknown | at most 3 |  | not measured |" in text
    assert "A CPU, 2 cores, 16 GiB, Linux 6.1." in text


def test_this_machine_can_be_described() -> None:
    found = describe()
    assert found.cores >= 1
    assert found.memory > 2**20
    assert found.versions["Python"].startswith("3.")


def test_the_published_page_speaks_of_every_promise() -> None:
    page = PAGE.read_text("utf-8")
    assert page.startswith(report.NOTICE)
    claims = [*of_comparison(Found()), *of_sizes(Found()), *of_journal(Found()), *of_workers(Workers())]
    assert [claim.text for claim in claims if f"| {claim.text} | {claim.limit} |" not in page] == []
