"""Each page of the cookbook has what a reader comes for, and the index leads to it."""

import re
from pathlib import Path

import pytest

from tests.docs.snippets import ROOT, blocks

FOLDER = ROOT / "docs" / "cookbook"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page.stem != "index")


def test_the_index_has_each_page_once_under_its_title_in_a_sentence() -> None:
    index = (FOLDER / "index.md").read_text("utf-8")
    listed = re.findall(r"(?m)^- \[(.+?)\]\((.+?)\): [^.]+\.$", index)
    assert sorted(name for _, name in listed) == [page.name for page in PAGES]
    assert len(listed) == index.count("](")
    for title, name in listed:
        assert (FOLDER / name).read_text("utf-8").startswith(f"# {title}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_one_sees_why_how_to_try_it_and_the_cure(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"(?m)^\*\*(.+?)\.\*\*", text) == ["What you see", "Why", "Try it", "The cure"]
    assert re.search(r"\]\(\.\./evidence\.md#\w", text.partition("**Why.**")[2].partition("**Try it.**")[0])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_comes_out(page: Path) -> None:
    found = blocks(page)
    below = [block for block, other in zip(found[1:], found, strict=False) if block.is_right_below(other)]
    printed = [printed for block in found if block.language == "console" for _, printed in block.commands]
    assert below or any(printed)
