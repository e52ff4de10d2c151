"""The pages cannot rot: what is generated is up to date, what is shown is run, what exists is named."""

import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.conformance import loading
from callproof.conformance.actions import ACTIONS
from callproof.conformance.fates import fates
from callproof.conformance.matching import OPERATORS
from callproof.conformance.scenario import KEPT
from callproof.contract.requirements import all_requirements
from callproof.contract.schemas import load, schema_ids
from callproof.limits import SETTABLE
from callproof.load.loadfile import load_file
from callproof.load.tally import CARD, LATE
from callproof.load.thresholds import ARRIVAL_RATE, SHARES, parse
from callproof.pbx.plan import load_plan
from callproof.traffic.mix import load_mix
from tests.docs.snippets import BIN, PAGES, ROOT, consoles, looks_like
from tools import docs, proven_page
from tools.screenshots import LARGEST, PICTURES, afterwards, at_the_bench, of_a_report, while_it_rings


@pytest.mark.parametrize("name", sorted(docs.WRITERS))
def test_generated_pages_are_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == docs.WRITERS[name](), "run make docs"


def test_the_page_on_limits_says_how_low_each_can_be_set() -> None:
    page = docs.WRITERS["limits.md"]()
    for limit in SETTABLE.values():
        (row,) = re.findall(rf"^\| `{limit.name}` \| [^|]+ \| ([^|]+) \|", page, re.MULTILINE)
        assert float(row.replace(",", "")) == limit.least, limit.name


def test_every_row_has_a_fate() -> None:
    without = [
        row for row, checks in fates().items() if not checks and not all_requirements()[row].excluded
    ]
    assert without == []


def test_what_is_excluded_is_not_also_checked() -> None:
    both = [row for row, checks in fates().items() if checks and all_requirements()[row].excluded]
    assert both == []


def test_every_annotation_of_a_schema_names_a_row() -> None:
    text = "".join(str(load(schema_id)) for schema_id in schema_ids())
    named = set(re.findall(r"'x-requirement': '([^']+)'", text))
    assert named <= set(all_requirements())


def test_the_page_on_scenarios_names_every_action_operator_and_collection() -> None:
    page = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
    kept = {name for names in KEPT.values() for name in names}
    for name in (*ACTIONS, *OPERATORS, *kept):
        assert name in page, name
    arguments = {name for rule in ACTIONS.values() for name in rule.args}
    assert all(f"`{name}`" in page for name in arguments)


def test_the_example_scenario_is_one_and_holds(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
    file = tmp_path / "example.yaml"
    file.write_text(page.split("```yaml\n")[1].split("```")[0], "utf-8")
    assert loading.find([str(file)])
    result = subprocess.run([BIN / "callproof", "check", file], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "Conformant"), result.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_every_picture_is_shown_small_and_drawn_by_make_screenshots() -> None:
    shown = {
        (page.parent / name).resolve()
        for page in PAGES
        for name in re.findall(r"!\[[^]]+\]\(([^):]+)\)", page.read_text("utf-8"))
    }
    assert shown == set(PICTURES.iterdir())
    pictures = (
        *at_the_bench({"id": ""}),
        *while_it_rings(),
        *afterwards(),
        of_a_report(ROOT / "report.html"),
    )
    drawn = {picture.name for picture in pictures}
    assert drawn == {picture.stem for picture in shown}
    assert max(picture.stat().st_size for picture in shown) <= LARGEST


def test_make_demo_prints_what_the_readme_says_and_reports_alike_over_sockets(tmp_path: Path) -> None:
    files = ["--junit", "build/report.xml", "--json", "build/report.json"]
    result = subprocess.run(
        [BIN / "callproof", "check", "--seed", "7", *files],
        cwd=tmp_path, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    shown = dict(consoles(ROOT / "README.md"))["make demo"]
    assert looks_like(shown, result.stdout), result.stdout
    report = tmp_path / "build" / "report.json"
    told = docs.NOTICE + proven_page.page(report.read_bytes())
    assert (ROOT / "docs" / "proven.md").read_text("utf-8") == told, "run make docs"
    # Another process, which asks over sockets, comes to the same to the byte.
    options = ["check", "--seed", "7", "--over", "http", "--json", str(tmp_path / "two.json")]
    assert CliRunner().invoke(main, options).exit_code == 0
    assert report.read_bytes() == (tmp_path / "two.json").read_bytes()


def test_the_targets_that_the_pages_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for page in PAGES:
        for target in re.findall(r"(?m)(?:^|`|\$ )make ([a-z-]+)", page.read_text("utf-8")):
            assert re.search(rf"(?m)^{target}:", makefile), (page.name, target)


def test_the_examples_of_the_files_that_users_write_are_taken() -> None:
    assert len(load_plan(str(ROOT / "docs" / "numbering-plan.yaml")).groups) == 2
    assert load_mix(str(ROOT / "docs" / "traffic-mix.yaml")).transfer == 0.1


def test_the_page_on_load_names_every_counter_and_its_example_is_taken(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "load.md").read_text("utf-8")
    for name in (*SHARES, ARRIVAL_RATE, CARD, LATE):
        assert f"`{name}" in page, name
    for option in re.findall(r'"(--[a-z-]+)"', (ROOT / "locustfile.py").read_text("utf-8")):
        assert f"{option}" in page or option == "--control-token", option
    file = tmp_path / "load.yaml"
    file.write_text(page.split("```yaml\n")[1].split("```")[0], "utf-8")
    load = load_file(str(file))
    assert load.job.curve.peak == pytest.approx(20)
    for text in re.findall(r"(?m)^\| `([^`]+ (?:[<>=]+|within) [^`]+)` \|", page):
        assert str(parse(text)) == text
