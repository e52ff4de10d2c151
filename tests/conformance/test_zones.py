"""Nobody says which zone an account has, so no scenario fails a date for its zone, unless it names one."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.docs import ROOT

SCENARIOS = sorted((ROOT / "scenarios").glob("*/*.yaml"))


def dates(value: Any) -> Iterator[Any]:
    """Every ``$date`` that something is held against."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from [inner] if name == "$date" else dates(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from dates(inner)


def demands(steps: list[Any]) -> Iterator[Any]:
    for step in steps:
        yield from demands(step.get("steps", []))
        if step.get("evidence") != "I":
            yield step


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_date_is_demanded_in_any_zone_where_nobody_named_one(file: Path) -> None:
    scenario = yaml.safe_load(file.read_text("utf-8"))
    found = [date for step in demands(scenario["steps"]) for date in dates(step)]
    named = "zone" in scenario.get("given", {})
    assert named or all(isinstance(date, Mapping) and "zone" in date for date in found)
