"""Calls over https to those who have a CA of their own, by a served CRM."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.clocks.machine import monotonic
from callproof.contract.jsontypes import Json, JsonObject
from tests.https import Https, https
from tests.served import Served, served


@pytest.fixture
def pbx(tmp_path: Path) -> Iterator[Https]:
    with https(tmp_path, "127.0.0.1") as server:
        yield server


def module(url: str) -> JsonObject:
    codes: list[Json] = [{"userId": "1", "code": "100"}]
    return {
        "clientId": "c",
        "active": True,
        "integrations": {"telephony": {"makeCallUrl": url, "additionalCodes": codes}},
    }


def click(crm: Served, url: str) -> Any:
    """What came of a click on a number when the PBX has this makeCallUrl."""
    assert crm.post("integration-modules/m/edit", "integrationModule", module(url))["success"]
    return crm.bench("click-to-call", {"userId": 1, "phone": "+79120000001"}).json()


def test_a_pbx_with_a_private_ca_is_called_once_it_is_named(tmp_path: Path, pbx: Https) -> None:
    with served(tmp_path, "sqlite://", options=["--ca", pbx.ca]) as [crm]:
        assert click(crm, pbx.at("127.0.0.1") + "/call")["succeeded"]
    assert pbx.asked[0].startswith("/call?")


def test_the_answer_and_the_journal_say_what_is_missing(tmp_path: Path, pbx: Https) -> None:
    with served(tmp_path, "sqlite://") as [crm]:
        said = click(crm, pbx.at("127.0.0.1") + "/call")
        assert not said["succeeded"]
        assert "not trusted" in said["outcome"]
        assert said["outcome"].endswith("name its CA with --ca FILE")
        assert crm.journal()[-1]["error"] == said["outcome"]


def test_a_public_address_is_reached_where_it_is_said_to_be_and_unchecked(
    tmp_path: Path, pbx: Https
) -> None:
    options = ["--rewrite", f"https://pbx.vendor.example={pbx.at('127.0.0.1')}/near"]
    options += ["--insecure-callbacks", f"127.0.0.1:{pbx.port}"]
    with served(tmp_path, "sqlite://", options=options) as [crm]:
        assert click(crm, "https://pbx.vendor.example/call")["succeeded"]
        assert crm.journal()[-1]["request"]["url"].startswith("https://pbx.vendor.example/call?")
        assert f"NOT CHECKED: certificates of 127.0.0.1:{pbx.port}" in crm.said
    assert pbx.asked[0].startswith("/near/call?")


@pytest.mark.parametrize("command", ["serve", "check", "journal", "traffic"])
def test_a_file_that_is_no_ca_is_a_mistake_of_the_user(tmp_path: Path, command: str) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    done = CliRunner().invoke(main, [command, "--ca", str(file)])
    assert done.exit_code == 2
    assert "holds no certificate in PEM" in done.output


@pytest.mark.parametrize("value", ["https://a", "a=http://b", "http://a=b"])
def test_a_rewrite_wants_two_addresses(value: str) -> None:
    done = CliRunner().invoke(main, ["serve", "--rewrite", value])
    assert done.exit_code == 2
    assert "is not PUBLIC=NEAR" in done.output


def test_a_command_says_that_it_does_not_trust_an_end(pbx: Https) -> None:
    done = CliRunner().invoke(main, ["journal", "--url", pbx.at("127.0.0.1")])
    assert done.exit_code == 3
    assert "name its CA with --ca FILE" in done.output


def test_a_certificate_that_is_not_believed_ends_the_waiting(pbx: Https) -> None:
    began = monotonic()
    done = CliRunner().invoke(main, ["wait", pbx.at("127.0.0.1"), "--timeout", "60"])
    assert done.exit_code == 3
    assert "cannot be waited for" in done.output
    assert "name its CA with --ca FILE" in done.output
    assert monotonic() - began < 30
