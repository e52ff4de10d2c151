"""The map of the house names every room, and no room that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_room_is_in_the_map() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = page.partition("| folder below `simulator/callproof` |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    package = ROOT / "simulator" / "callproof"
    assert named == {path.parent.name for path in package.glob("*/__init__.py")}
