import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from benchmarks import schema
from benchmarks.peers.node import ROUTES
from callproof.contract import openapi


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(openapi.document("http://crm", "1.0")))
    return made


def test_a_cut_description_is_one_and_has_the_three_methods(document: dict[str, Any]) -> None:
    short = schema.cut(document)
    validate(short)
    assert sorted(short["paths"]) == sorted(path for _, path, _ in ROUTES)


def test_the_plain_description_is_one_and_shows_the_answers(document: dict[str, Any]) -> None:
    answers = {path: json.loads(answer) for _, path, answer in ROUTES}
    plain = schema.plain(document, answers)
    validate(plain)
    assert json.dumps(plain).count('"example"') == len(ROUTES)


def test_a_payload_schema_stands_alone(document: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document), "utf-8")
    alone = schema.payload(file, "payloads.call-event")
    checker = jsonschema.Draft202012Validator(alone)
    good = {"phone": "+79123456789", "type": "in", "codes": ["100"]}
    assert checker.is_valid(good)
    assert not checker.is_valid({**good, "type": "sideways"})
