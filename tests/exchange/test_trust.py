"""Whose certificates are believed, and what is said of those that are not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from callproof.clocks.real import RealClock
from callproof.exchange import trust
from callproof.exchange.trust import Trust
from callproof.running.pair import BuiltIn
from tests.exchange.callers import caller_on
from tests.https import Https, https


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Https]:
    for name in trust.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with https(tmp_path, "localhost") as server:
        yield server


def outcome(url: str, believed: Trust) -> str:
    """What the journal of an end says of a call there: the status, or why there is none."""
    clock = RealClock()
    exchange = caller_on(clock, timeout=10, trust=believed).send("", "GET", url)
    clock.close()
    return str(exchange.answer.status) if exchange.answer else exchange.error


def test_a_private_ca_is_believed_beside_the_public_ones(private: Https) -> None:
    believed = Trust((private.ca,))
    assert outcome(private.at("localhost"), believed) == "200"
    assert len(believed.context().get_ca_certs()) > 50


def test_the_certificate_itself_may_be_what_is_named(private: Https) -> None:
    assert outcome(private.at("localhost"), Trust((private.own,))) == "200"


@pytest.mark.parametrize("name", trust.VARIABLES)
def test_the_ca_of_the_environment_is_believed(
    private: Https, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, private.ca)
    assert outcome(private.at("localhost"), Trust()) == "200"
    assert len(Trust().context().get_ca_certs()) > 50


def test_a_file_of_the_environment_that_is_none_is_passed_over(
    private: Https, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    assert outcome(private.at("localhost"), Trust((private.ca,))) == "200"


def test_an_unknown_ca_is_said_with_its_remedy(private: Https) -> None:
    said = outcome(private.at("localhost"), Trust())
    assert said.startswith("the certificate of localhost is not trusted (")
    assert said.endswith("; name its CA with --ca FILE")


def test_a_certificate_for_other_names_is_said(private: Https) -> None:
    said = outcome(private.at("127.0.0.1"), Trust((private.ca,)))
    assert said.startswith("the certificate of 127.0.0.1 is for other names (")


@pytest.mark.parametrize("named", ["127.0.0.1", "127.0.0.1:PORT"])
def test_a_host_that_is_named_is_not_checked_and_no_other(private: Https, named: str) -> None:
    believed = Trust(unchecked=(named.replace("PORT", str(private.port)),))
    assert outcome(private.at("127.0.0.1"), believed) == "200"
    assert "is not trusted" in outcome(private.at("localhost"), believed)
    assert "is not trusted" in outcome(private.at("localhost"), Trust(unchecked=("localhost:1",)))


def test_speaking_past_each_other_is_said(private: Https, pair: BuiltIn) -> None:
    plain = pair.crm_url.removeprefix("http://")
    assert (
        outcome(f"https://{plain}/", Trust())
        == "127.0.0.1 does not speak TLS there; is its address http://?"
    )


def test_no_proxy_of_the_environment_is_asked(private: Https, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert Trust((private.ca,)).session().get(private.at("localhost")).status_code == 200


def test_what_is_no_ca_is_said(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no certificate")
    assert trust.problem(str(tmp_path / "key.pem")).startswith("holds no certificate in PEM")
    assert trust.problem(str(tmp_path / "none.pem")) == "cannot be read: No such file or directory"


def test_other_errors_keep_their_kind() -> None:
    assert trust.why(requests.ConnectTimeout("timed out")) == "ConnectTimeout"
