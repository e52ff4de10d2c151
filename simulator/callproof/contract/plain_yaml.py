"""YAML of our own, which needs no lines; what people write is read by ``files.yamlfile``.

PyYAML is imported when there is something to read: an end that is served starts without.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml


def loader() -> "type[yaml.SafeLoader]":
    """Ten times as fast, where PyYAML has libyaml."""
    import yaml

    found: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return found


def read(path: Path) -> object:
    """The data of a file that is known to be sound."""
    import yaml

    return yaml.load(path.read_text("utf-8"), Loader=loader())
