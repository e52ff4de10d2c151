"""Whatever cites a source points to a fact of docs/evidence.md, and every pointer leads somewhere."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import fields

from callproof.contract.requirements import Evidence, all_requirements
from callproof.crm.settings import Readings

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "evidence.md"
FOLDERS = ("simulator", "schemas", "scenarios", "tests", "tools", "benchmarks", "examples", "docs")
SUFFIXES = {".py", ".json", ".yaml", ".md", ".html"}

POINTER = re.compile(r"\bevidence(?:\.md)?#(?!\{)([\w-]*)")
# How facts were cited before they had anchors: by a section's number, or by a chapter's name.
UNANCHORED = re.compile(
    r"""contract\.md,\s | `contract\.md` | \bsections?\s(?:\#\s)?\s*\d | \bcontract\s\d+(?:\.\d+)?\b
    | \bguide,\s(?:\#\s)?\s*["A-Z] | [a-z]\s\((?:both\s)?\d{1,2}\.\d{1,2}\)""",
    re.VERBOSE,
)
# What may stand in a column of evidence beside grades and keys of sources.
REMARKS = {"all clients", "others", "weak"}


@cache
def anchors() -> list[str]:
    return re.findall(r'<a id="([^"]*)"></a>', PAGE.read_text("utf-8"))


def files() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    yield ROOT / "locustfile.py"
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and not {"node_modules", "__pycache__"} & set(path.parts):
                yield path


def problems(text: str) -> list[str]:
    """Each pointer that leads nowhere and each citation without one, with its line."""
    found = [match for match in POINTER.finditer(text) if match[1] not in anchors()]
    found += UNANCHORED.finditer(text)
    return [f"line {text.count(chr(10), 0, match.start()) + 1}: {match[0]}" for match in found]


def test_every_pointer_leads_to_a_fact_and_nothing_is_cited_without_one() -> None:
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in files()
        if path != Path(__file__).resolve() and (found := problems(path.read_text("utf-8")))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "text",
    [
        "The budgets of a key (evidence#budgets-of-a-key).",
        "See docs/evidence.md#nowhere.",
        "A pointer that was never finished: evidence#",
        "How many requests (contract.md, section 1.7).",
        "Compiled in `contract.md`.",
        "An empty map (section 1.5)",
        "over a line (sections\n# 9.19 and 10)",
        '"source": "contract 3.1"',
        'Who is responsible (guide, "Getting of',
        'source: "guide, Registering"',
        "from a later one (9.9).",
    ],
)
def test_a_citation_that_cannot_be_followed_is_found(text: str) -> None:
    assert problems(text)


@pytest.mark.parametrize(
    "text",
    [
        "Two budgets (evidence#budgets), as the guide, which is dated, says.",
        "[What the contract demands](docs/contract.md), a section a module, sleep(1.5)",
        "[budgets](evidence.md#budgets), docs/evidence.md#key-places",
    ],
)
def test_a_pointer_and_other_words_are_let_be(text: str) -> None:
    assert problems(text) == []


def test_every_row_rests_on_facts() -> None:
    nowhere = {row.id: row.source for row in all_requirements().values() if {*row.anchors} - {*anchors()}}
    assert nowhere == {}


def test_an_anchor_stands_once_and_says_something() -> None:
    assert len(anchors()) == len(set(anchors()))
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", anchor) for anchor in anchors())


def test_links_within_the_page_lead_somewhere() -> None:
    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE.read_text("utf-8"))) <= set(anchors())


def test_what_changes_a_reading_exists() -> None:
    named = re.findall(r"\[`(\w+)`\]", PAGE.read_text("utf-8"))
    assert len(named) > 5
    assert set(named) <= {reading.encode_name for reading in fields(Readings)}


def test_every_grade_and_source_that_a_fact_cites_is_explained() -> None:
    text = PAGE.read_text("utf-8")
    keys = {key for cell in re.findall(r"(?m)^\| ([a-z0-9, ]+) \|", text) for key in cell.split(", ")}
    grades = {grade.value for grade in Evidence}
    assert all(f"\n| {grade} | " in text for grade in grades)
    for table in re.findall(r"(?m)^\| .* \| evidence \|\n\|[-|]+\|\n((?:\|.*\n)+)", text):
        for line in table.splitlines():
            for cited in re.split(r"[;,] ", line.removesuffix(" |").rpartition(" | ")[2]):
                if cited in REMARKS or cited in grades or cited in keys:
                    continue
                grade, _, key = cited.partition(" ")
                assert grade in grades, line
                assert key in keys | REMARKS, line
