"""``callproof init --load`` writes a load.yaml that can be run as it is, and that shows every setting."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.contract import schemas
from callproof.contract.jsontypes import Json
from callproof.load.job import CRM, PBX_FLEET
from callproof.load.loadfile import USUAL, Load, load_file
from callproof.load.written import written
from tests.support import mode_of

SETTING = re.compile(r"^( *)# (?=[a-z-]+: |[a-z]+:$|  - )", re.MULTILINE)
# Another of the shapes stands beside it, and the plain words of the mix are a file of its own.
ALTERNATIVE = re.compile(r"^# (shape: \{spike|mix:).*\n", re.MULTILINE)
CONFIG = "target: crm\nurl: {}\napi-key: theirs\nviews:\n  calls: {{request: {{url: /calls}}}}\n"


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["init", "--load", *args])
    return result.exit_code, result.output


def loaded(folder: Path, text: str) -> Load:
    file = folder / "tried.yaml"
    file.write_text(text, "utf-8")
    return load_file(str(file))


@pytest.mark.parametrize(("side", "model"), [("crm", PBX_FLEET), ("pbx", CRM)])
def test_a_load_can_be_run_as_it_is_written(tmp_path: Path, side: str, model: str) -> None:
    file = tmp_path / "load.yaml"
    code, output = run("--target", side, "--service-url", "http://127.0.0.1:9/", str(file))
    assert (code, f"{file} is written" in output) == (0, True)
    load = load_file(str(file))
    assert (load.job.model, load.job.urls) == (model, ("http://127.0.0.1:9",))
    assert [str(threshold) for threshold in load.thresholds] == list(USUAL)


@pytest.mark.parametrize("model", [PBX_FLEET, CRM])
def test_whatever_stands_in_a_comment_can_be_uncommented(tmp_path: Path, model: str) -> None:
    (tmp_path / "callproof.yaml").write_text(CONFIG.format("http://127.0.0.1:9"), "utf-8")
    text = ALTERNATIVE.sub("", written(model).replace("  # ca: [ca.pem]\n", ""))
    load = loaded(tmp_path, SETTING.sub(r"\1", text))
    assert len(load.thresholds) == len(USUAL) + 2
    assert load.control is True
    assert load.job.source.customers == ("+7-900-000-00-01",)
    assert (load.target is not None) is (model == PBX_FLEET)


def keys(schema: Json) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, inner in (schema.get("properties") or {}).items():
            yield name
            if name not in ("shape", "limits", "samples"):
                yield from keys(inner)


def test_every_setting_is_shown_in_one_of_them() -> None:
    both = written(PBX_FLEET) + written(CRM)
    missing = [key for key in keys(schemas.load("load")) if not re.search(rf"\b{key}: ?", both)]
    assert missing == []


def test_what_a_callproof_yaml_beside_it_says_is_taken(tmp_path: Path) -> None:
    beside, file = tmp_path / "callproof.yaml", tmp_path / "load.yaml"
    beside.write_text(CONFIG.format("http://127.0.0.1:9"), "utf-8")
    assert run(str(file))[0] == 0
    load = load_file(str(file))
    assert (load.job.urls, load.job.api_key) == (("http://127.0.0.1:9",), "theirs")
    assert load.target is not None
    file.unlink()
    beside.write_text(CONFIG.format("http://127.0.0.1:$port"), "utf-8")
    assert run("--api-key", "ours", str(file))[0] == 0
    load = load_file(str(file))
    assert (load.job.urls, load.job.api_key) == (("http://127.0.0.1:8080",), "ours")
    assert mode_of(file) == 0o600
    file.unlink()
    beside.write_text("target: pbx\n", "utf-8")
    assert run(str(file))[0] == 0
    assert load_file(str(file)).job.model == CRM


def test_a_file_that_is_there_is_left_alone_and_nothing_is_started(tmp_path: Path) -> None:
    file = tmp_path / "load.yaml"
    file.write_text("mine", "utf-8")
    code, output = run(str(file))
    assert (code, "is there already" in output, file.read_text("utf-8")) == (2, True, "mine")
    code, output = run("--start", "node server.js", str(tmp_path / "other.yaml"))
    assert (code, "leave --start out" in output) == (2, True)


def test_a_side_whose_port_is_open_is_started_by_a_line_that_the_file_has(tmp_path: Path) -> None:
    beside, file = tmp_path / "callproof.yaml", tmp_path / "load.yaml"
    start = "start:\n  command: [v/bin/uvicorn, app:app, --port, $port]\n  env: {PORT: $port}\n"
    beside.write_text(CONFIG.format("http://127.0.0.1:$port") + start + "  ready: http://x/\n", "utf-8")
    assert run(str(file))[0] == 0
    assert "\n  #   PORT=8080 v/bin/uvicorn app:app --port 8080\n" in file.read_text("utf-8")
    assert load_file(str(file)).job.urls == ("http://127.0.0.1:8080",)


def test_a_file_that_says_where_a_side_listens_is_not_repeated(tmp_path: Path) -> None:
    beside, file = tmp_path / "callproof.yaml", tmp_path / "load.yaml"
    beside.write_text(CONFIG.format("http://127.0.0.1:9"), "utf-8")
    assert run(str(file))[0] == 0
    assert "\n  # url: " in file.read_text("utf-8")
