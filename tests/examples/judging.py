"""The example of a PBX, with small edits, judged as a newcomer would have it."""

import re
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import cast

import msgspec
from click.testing import CliRunner

from callproof.cli import main
from callproof.contract.jsontypes import JsonObject
from tools.docs import ROOT

# A file of the example, what is in it, and what stands there instead.
Edit = tuple[str, str, str]
YAML, SERVICE, EXCHANGE, CRM = "callproof.yaml", "service.py", "exchange.py", "crm.py"


@dataclass(frozen=True)
class Judged:
    code: int
    output: str
    report: JsonObject

    def rows(self, *but: str) -> dict[str, str]:
        """What became of each row that was looked at, without those of these outcomes."""
        found = cast(list[JsonObject], self.report["requirements"])
        return {str(row["id"]): str(row["outcome"]) for row in found if row["outcome"] not in but}

    @property
    def findings(self) -> list[JsonObject]:
        return cast(list[JsonObject], self.report["findings"])


def edited(folder: Path, *edits: Edit) -> Path:
    """The ``callproof.yaml`` of a copy of the example."""
    copytree(ROOT / "examples" / "pbx-service", folder / "side")
    config = folder / "side" / YAML
    config.write_text(re.sub(r"patience: .*", "patience: 0.3", config.read_text("utf-8")), "utf-8")
    for file, find, put in edits:
        changed = folder / "side" / file
        text = changed.read_text("utf-8")
        assert text.count(find) == 1, find
        changed.write_text(text.replace(find, put), "utf-8")
    return config


def judged(folder: Path, *edits: Edit, play: tuple[str, ...], more: tuple[str, ...] = ()) -> Judged:
    config, report = edited(folder, *edits), folder / "report.json"
    words = ["check", "--config", str(config), "--json", str(report), *more, *play]
    done = CliRunner().invoke(main, words)
    read = msgspec.json.decode(report.read_bytes(), type=dict[str, object]) if report.exists() else {}
    return Judged(done.exit_code, done.output, cast(JsonObject, read))
