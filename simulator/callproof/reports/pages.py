"""Pages as single files in one look: ``templates`` with one base and one stylesheet.

A page needs no script to be whole; one that has one names its digest, and a browser runs no other.
"""

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from callproof import __version__
from callproof.reports.output import utf8

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Script:
    """A script of ours and the source by which a policy allows it."""

    text: Markup
    source: Markup


@cache
def script(name: str) -> Script:
    text = (TEMPLATES / name).read_text("utf-8")
    digest = b64encode(sha256(text.encode()).digest()).decode()
    return Script(Markup(text), Markup(f"'sha256-{digest}'"))


def render(template: str, **shown: object) -> bytes:
    """The page as UTF-8. Whatever anybody sent stands in it escaped."""
    return utf8(_environment().get_template(template).render(version=__version__, **shown))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
