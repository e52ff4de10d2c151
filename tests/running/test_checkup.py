"""``callproof doctor`` finds what stands in the way, and says what to do."""

import sqlite3
import sys
import webbrowser
from importlib import metadata
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.clocks.manual import ManualClock
from callproof.contract.operations import Side
from callproof.crm.settings import CrmSettings
from callproof.running import checkup
from callproof.running.checkup import Finding, State
from callproof.running.opening import Opening
from callproof.running.threads import Address

# As it is, before a test says what is there.
dependencies = checkup.dependencies
FREE = ("--crm-port", "0", "--pbx-port", "0")
PROXIES = [f"{kind}_proxy" for kind in ("http", "https", "all", "no")]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing stands in the way."""
    for name in (*PROXIES, *map(str.upper, PROXIES), "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(checkup, "dependencies", lambda: Finding("dependencies", State.OK, "all"))


def doctor(*options: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["doctor", *options])
    return result.exit_code, result.output


def test_a_machine_with_all_that_is_needed_is_told_the_next_command() -> None:
    code, output = doctor(*FREE)
    assert code == 0, output
    assert "PROBLEM" not in output
    assert output.splitlines()[-1] == "Nothing stands in the way. Next: callproof serve --open --register"


def test_a_port_that_is_taken_is_a_problem_with_a_way_out() -> None:
    address = Address()
    try:
        code, output = doctor("--crm-port", str(address.port), "--pbx-port", "0", "--json")
    finally:
        address.close()
    report = orjson.loads(output)
    (found,) = (one for one in report["findings"] if one["state"] == "problem")
    assert (code, report["passed"], found["about"]) == (2, False, "port of the CRM")
    assert found["said"].endswith("Address already in use; somebody else has it")
    assert found["remedy"].endswith("callproof serve --crm-port 0")


def test_an_end_that_runs_already_is_known() -> None:
    with Opening(ManualClock(), "token") as opening:
        crm = opening.crm(CrmSettings(api_key="k"))
        number = int(crm.settings.base_url.rpartition(":")[2])
        found = checkup.port(Side.CRM, "127.0.0.1", number)
    assert "an end of callproof answers there" in found.said


def test_proxies_that_would_catch_this_machine_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://user:secret@proxy.example:3128")
    found = checkup.proxies()
    assert (found.state, found.said) == (
        State.PROBLEM,
        "requests to this machine would go to proxy.example:3128",
    )
    assert "export NO_PROXY=127.0.0.1,localhost,::1" in found.remedy
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost,::1")
    assert checkup.proxies() == Finding("proxies", State.OK, "this machine is spared")
    monkeypatch.delenv("http_proxy")
    assert checkup.proxies() == Finding("proxies", State.OK, "none is named")


def test_a_ca_that_is_none_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing", "utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    *_, last = checkup.roots()
    assert (last.state, "holds no certificate in PEM" in last.said) == (State.PROBLEM, True)
    assert last.remedy.endswith("unset SSL_CERT_FILE")


def test_a_database_is_opened_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "kept.db"
    assert checkup.database(f"sqlite:///{file}").said.endswith("a new file will be made")
    assert not file.exists()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    before = file.read_bytes()
    assert checkup.database(f"sqlite:///{file}").state is State.OK
    assert file.read_bytes() == before
    file.write_bytes(b"something else, and long enough to be no header" * 9)
    found = checkup.database(f"sqlite:///{file}")
    assert (found.state, found.said.endswith("it is no SQLite file")) == (State.PROBLEM, True)
    found = checkup.database(f"sqlite:///{tmp_path}/none/kept.db")
    assert "is not there, or may not be written" in found.said
    found = checkup.database("postgresql://u:secret@127.0.0.1:1/none")
    assert (found.state, "secret" in found.said) == (State.PROBLEM, False)


def test_a_postgresql_tells_its_version(postgres_url: str) -> None:
    assert checkup.database(postgres_url).state is State.OK


def test_a_date_that_jumps_or_is_of_another_age_is_a_problem() -> None:
    passing = iter((0.0, 0.2))
    jumping = iter((1_800_000_000.0, 1_800_000_005.2))
    found = checkup.clock(lambda: next(jumping), lambda: next(passing), lambda _: None)
    assert (found.state, "has moved +5.00 s" in found.said) == (State.PROBLEM, True)
    found = checkup.clock(lambda: 86_400.0, lambda: 0.0, lambda _: None)
    assert (found.state, found.said) == (State.PROBLEM, "1970-01-02 00:00:00 UTC")
    assert checkup.clock(lambda: 1_800_000_000.0, lambda: 0.0, lambda _: None).state is State.OK


def test_what_is_missing_or_too_old_is_named() -> None:
    def version(package: str) -> str:
        known = {"click": "8.0.9", "flask": "3.10"}
        if package not in known:
            raise metadata.PackageNotFoundError(package)
        return known[package]

    required = ["click>=8.1", "flask>=3.9", "orjson>=3", "locust>=2; extra == 'load'"]
    found = dependencies(required, version)
    assert found.said == "click 8.0.9 is older than 8.1; orjson is not installed"
    assert dependencies(["flask>=3.9", "flask"], version).state is State.OK
    assert [one.state for one in checkup.extras(version)] == [State.NOTE, State.NOTE]


def test_an_old_python_and_a_missing_browser_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkup.python((3, 10, 1)).remedy.startswith("Install Python 3.11 or newer")

    def nobody() -> None:
        raise webbrowser.Error("none")

    monkeypatch.setattr(webbrowser, "get", nobody)
    assert checkup.browser().state is State.NOTE


def test_another_system_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    found = checkup.runs_on()
    assert (found.state, found.said.startswith("macOS ")) == (State.NOTE, True)
