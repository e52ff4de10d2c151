"""Pages as single files without scripts, in one look: ``templates`` with one base and one stylesheet."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from callproof import __version__


def render(template: str, **shown: object) -> bytes:
    """The page as UTF-8. Whatever anybody sent stands in it escaped."""
    return _environment().get_template(template).render(version=__version__, **shown).encode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
