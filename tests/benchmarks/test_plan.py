"""The plan of docs/scaling.md is worked out from the published figures."""

from pathlib import Path

import pytest

from benchmarks import plan

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGE = "\n".join(
    f"**{kind}**\n\n| server | requests/s | CPU | p50 |\n|---|---|---|---|\n"
    + "\n".join(f"| {row} | **1** | 1.0 **{cpu}** 9 000 | **1** |" for row in plan.ROWS)
    for kind, cpu in (("event", "100"), ("lookup", "80.0"), ("upload", "1 000"))
)


def test_a_call_costs_two_events_a_share_of_lookups_and_a_fiftieth_of_an_upload() -> None:
    assert [cost.micros for cost in plan.costs(PAGE)] == pytest.approx([280.0] * 3)
    assert next(plan.costs(PAGE)).cores == pytest.approx(280 / 3600)


def test_a_figure_that_was_not_measured_is_named() -> None:
    with pytest.raises(LookupError, match="no event of callproof"):
        list(plan.costs("**event**\n"))


def test_the_page_on_scaling_holds_the_plan_of_the_published_figures() -> None:
    document = (DOCS / "scaling.md").read_text("utf-8")
    assert plan.inserted(document, (DOCS / "performance.md").read_text("utf-8")) == document
