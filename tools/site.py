"""Hooks of mkdocs: the Markdown of the house, which is read where it lies, as pages of one site.

A link leads from a file to a file of the repository. On the site the pages of the root stand beside those
of ``docs``, and a file that is no page, such as an example's source, is taken in below ``files``.
"""

import re
from collections.abc import Iterator
from functools import partial
from os.path import normpath
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# The pages of the root and where they are on the site.
OF_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}
ON_SITE = {place: file for file, place in OF_ROOT.items()}

FENCED = re.compile(r"^(?P<fence>```+).*?^(?P=fence)$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<=\]\()(?P<file>[^)#:\s]+)(?P<anchor>#[^)\s]*)?(?=\))")


def on_config(config: "MkDocsConfig") -> None:
    from pymdownx.slugs import slugify

    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")  # anchors as those of GitHub
    config.nav = spread(config.nav or [])


def on_files(files: "Files", config: "MkDocsConfig") -> None:
    from mkdocs.structure.files import File

    taken = {**ON_SITE, **{f"files/{name}": name for name in linked_files()}}
    for place, name in taken.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / name)))


def on_page_markdown(markdown: str, page: "Page", **_: object) -> str:
    return rewritten(markdown, page.file.src_uri)


def on_post_page(output: str, page: "Page", **_: object) -> str:
    """A page in another language says which, for those who read aloud and those who translate."""
    language = PurePosixPath(page.file.src_uri).suffixes[0].removeprefix(".")
    return output if language == "md" else output.replace('<html lang="en"', f'<html lang="{language}"', 1)


def spread(nav: list[object]) -> list[object]:
    """The nav with a folder's pages in the place of its name and ``/``; an empty section is left out."""
    done: list[object] = []
    for entry in nav:
        if isinstance(entry, dict):
            ((title, inner),) = entry.items()
            if isinstance(inner, list):
                inner = spread(inner)
            elif inner.endswith("/"):
                inner = [*pages_of(inner)]
            if inner:
                done.append({title: inner})
        else:
            done.append(entry)
    return done


def pages_of(folder: str) -> Iterator[str]:
    pages = {page.relative_to(DOCS).as_posix() for page in (DOCS / folder).glob("*.md")}
    index = f"{folder}index.md"
    return iter(sorted(pages, key=lambda page: (page != index, page)))


def linked_files() -> set[str]:
    """What pages link to that is no page, by its path from the root."""
    found = set()
    for page in (*(ROOT / name for name in OF_ROOT), *DOCS.rglob("*.md")):
        for match in LINK.finditer(FENCED.sub("", page.read_text("utf-8"))):
            target = aim(page.relative_to(ROOT).as_posix(), match["file"])
            if not target.startswith("docs/") and target not in OF_ROOT and (ROOT / target).is_file():
                found.add(target)
    return found


def aim(page: str, link: str) -> str:
    """The path from the root that a link of a page leads to, both paths from the root."""
    return normpath(PurePosixPath(page).parent / link)


def rewritten(markdown: str, place: str) -> str:
    """The text of the page at ``place`` of the site, with links that lead from there."""
    name = ON_SITE.get(place, f"docs/{place}")
    begin, parts = 0, []
    for block in FENCED.finditer(markdown):
        parts += [LINK.sub(partial(_led, name, place), markdown[begin : block.start()]), block[0]]
        begin = block.end()
    return "".join([*parts, LINK.sub(partial(_led, name, place), markdown[begin:])])


def _led(name: str, place: str, match: re.Match[str]) -> str:
    target = aim(name, match["file"])
    if target in OF_ROOT:
        there = OF_ROOT[target]
    elif target.startswith("docs/"):
        there = target.removeprefix("docs/")
    else:
        there = f"files/{target}"
    return "../" * place.count("/") + there + (match["anchor"] or "")
