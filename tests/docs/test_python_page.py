"""The page on Python: its snippets run, and it names what a program may rely on, no more and no less."""

import re
from pathlib import Path

import pytest

import callproof
from callproof.errors import CallproofError

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGE, PYTEST = ((DOCS / name).read_text("utf-8") for name in ("python.md", "pytest.md"))
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_every_public_name_is_on_the_page() -> None:
    assert [name for name in callproof.__all__ if f"`{name}" not in PAGE] == []


@pytest.mark.parametrize(
    "handle", [callproof.RunningCrm, callproof.RunningPbx, callproof.Callproof, callproof.Pair]
)
def test_whatever_a_handle_can_do_is_on_a_page(handle: type) -> None:
    public = [name for name in vars(handle) if not name.startswith("_")]
    assert [name for name in public if not re.search(rf"\b{name}\b", PAGE + PYTEST)] == []


def test_the_page_uses_no_other_name_of_the_package() -> None:
    assert set(re.findall(r"\bcallproof\.(?!yaml)([A-Za-z]\w*)\b", "".join(SNIPPETS))) <= set(
        callproof.__all__
    )


@pytest.mark.parametrize(("name", "code"), re.findall(r"(?m)^\| `(\w+)` \| (\d) \|", PAGE))
def test_the_exit_codes_on_the_page_are_those_of_the_classes(name: str, code: str) -> None:
    error = getattr(callproof, name)
    assert issubclass(error, CallproofError)
    assert error.exit_code == int(code)
