"""What the pages show is done: every block of every page, as whoever reads it would."""

from pathlib import Path

import pytest

from tests.docs.snippets import PAGES, ROOT, Reader, blocks

DOCS = "tests/docs/test_docs.py::"
EXAMPLES = "tests/docs/test_worked_examples.py"
# Blocks and commands that are not done here, by how they begin: the test that does them, or why none does.
NOT_DONE: dict[str, dict[str, str]] = {
    "README.md": {
        "make ": "CI does them",
        "callproof serve --open": "it opens a browser; tests/cli/test_open.py",
        "def test_missed_call": "tests/plugin/test_wheel.py",
    },
    "CONTRIBUTING.md": {
        "make check": "it is what CI does",
        "--- ": EXAMPLES,
        "callproof ": EXAMPLES,
        "grep ": EXAMPLES,
        "echo ": EXAMPLES,
    },
    "docs/containers.md": {"docker compose": "it needs Docker; tests/recipes/test_containers.py"},
    "docs/examples.md": {"callproof check --config": "tests/examples/test_examples.py"},
    "docs/explore.md": {"callproof explore --config": "two minutes; the same without is done"},
    "docs/load-file.md": {"# 72,000 calls": "tests/load/test_loadfile.py"},
    "docs/load.md": {
        "model:": f"{DOCS}test_the_page_on_load_names_every_counter_and_its_example_is_taken",
        "callproof load": "a minute each; tests/load",
        "from locust": "it patches its process; tests/load/test_locust.py",
        "pip install opentelemetry": "it needs a network",
        "OTEL_EXPORTER": "it needs a collector; tests/load",
    },
    "docs/numbering-plan.md": {
        "lines:": DOCS + "test_the_examples_of_the_files_that_users_write_are_taken"
    },
    "docs/operating.md": {"scrape_configs:": "it is Prometheus' own file"},
    "docs/pytest.md": {"": "tests/docs/test_pytest_page.py"},
    "docs/recipes/index.md": {
        "pip wheel": "it needs a network; tests/plugin/test_wheel.py",
        "uvx": "it needs a network",
        "pipx": "it needs a network",
        "steps:": "tests/recipes/test_github.py",
        "callproof check --config examples/recipes": "tests/recipes/test_languages.py",
    },
    "docs/reports.md": {
        "callproof check --config": "it needs a side; tests/reports, tests/examples",
        "callproof check --list": "tests/cli/test_listing.py",
        "callproof diff": "tests/reports",
        "known:": "tests/conformance/test_baseline.py",
    },
    "docs/scaling.md": {
        "callproof serve --only crm --host": "it needs a PostgreSQL; tests/test_postgres.py"
    },
    "docs/scenarios.md": {"title:": DOCS + "test_the_example_scenario_is_one_and_holds"},
    "docs/start.md": {"make .venv/demo": "CI makes the environment that this runs in"},
    "docs/start.ru.md": {"make .venv/demo": "CI makes the environment that this runs in"},
    "docs/target.md": {"# How callproof reaches": "tests/conformance/test_target.py"},
    "docs/traffic-mix.md": {"": DOCS + "test_the_examples_of_the_files_that_users_write_are_taken"},
    "docs/your-side.md": {"callproof ": "it needs a side; tests/examples/test_probe.py"},
}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path) -> None:
    left_out = frozenset(NOT_DONE.get(str(page.relative_to(ROOT)), {}))
    with Reader(tmp_path, left_out=left_out) as reader:
        reader.follow(page)


@pytest.mark.parametrize("name", NOT_DONE)
def test_what_is_not_done_is_there_and_the_test_that_does_it_as_well(name: str) -> None:
    texts = [text for block in blocks(ROOT / name) for text in (block.text, *dict(block.commands))]
    for beginning, why in NOT_DONE[name].items():
        assert any(text.startswith(beginning) for text in texts), beginning
        for part in why.replace(";", ",").split(", "):
            file, _, test = part.partition("::")
            if file.startswith("tests/"):
                assert (ROOT / file).exists(), file
                assert not test or f"def {test}(" in (ROOT / file).read_text("utf-8"), test
