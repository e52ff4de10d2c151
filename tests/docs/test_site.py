"""The site has every page of the docs, and what links lead to."""

from collections.abc import Iterator

import pytest
import yaml

from tools.site import DOCS, OF_ROOT, ROOT, linked_files, rewritten, spread

NAV = spread(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"])


def places(nav: list[object]) -> Iterator[str]:
    for entry in nav:
        inner = next(iter(entry.values())) if isinstance(entry, dict) else entry
        if isinstance(inner, list):
            yield from places(inner)
        else:
            yield str(inner)


def test_every_page_stands_once_in_the_nav() -> None:
    pages = [*OF_ROOT.values(), *(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))]
    assert sorted(places(NAV)) == sorted(pages)


def test_a_folder_in_the_nav_stands_for_its_pages_and_one_without_any_is_left_out() -> None:
    every = [{"All": "./"}, {"None": [{"Nothing": "pictures/"}]}]
    pages = sorted(page.name for page in DOCS.glob("*.md"))
    assert spread(every) == [{"All": pages}]


@pytest.mark.parametrize(
    ("place", "link", "leads"),
    [
        ("index.md", "docs/load.md", "load.md"),
        ("index.md", "CONTRIBUTING.md", "contributing.md"),
        ("index.md", "docs/pictures/desk.png", "pictures/desk.png"),
        ("load.md", "reports.md#junit", "reports.md#junit"),
        ("load.md", "../schemas/report.json", "files/schemas/report.json"),
        ("guides/pbx.md", "../target.md", "../target.md"),
        ("guides/pbx.md", "../../examples/a/b.py", "../files/examples/a/b.py"),
        ("guides/pbx.md", "../../README.md", "../index.md"),
        ("load.md", "https://locust.io", "https://locust.io"),
        ("load.md", "#open-arrivals", "#open-arrivals"),
    ],
)
def test_a_link_leads_to_the_place_of_its_file(place: str, link: str, leads: str) -> None:
    assert rewritten(f"See [this]({link}).", place) == f"See [this]({leads})."


def test_what_is_in_a_fence_is_no_link() -> None:
    fenced = "```text\n[x](../schemas/report.json)\n```\n"
    assert rewritten(fenced, "load.md") == fenced


def test_files_that_pages_link_to_are_taken_in() -> None:
    assert "schemas/report.json" in linked_files()
    assert all((ROOT / name).is_file() for name in linked_files())
