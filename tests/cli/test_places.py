"""Where ends are, and what others are told of it: names, wildcards, public addresses, ready files."""

import os
import signal
import socket
from pathlib import Path

import orjson
import pytest
import requests
from click.testing import CliRunner

from callproof.cli import main, places
from callproof.cli import serve as command
from callproof.running.meeting import ServeOptions
from callproof.running.threads import Address
from tests.https import https
from tests.served import serving_ends
from tests.support import KEY, mode_of


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


HOSTS = ["0.0.0.0", "localhost", *(["::", "::1"] if has_ipv6() else [])]


@pytest.mark.parametrize("clock", ["real", "manual"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_pair_meets_wherever_it_listens(tmp_path: Path, host: str, clock: str) -> None:
    with serving_ends(tmp_path, "--host", host, "--expose", "--register", "--clock", clock) as ends:
        assert "The PBX is registered." in ends.said
        assert ends.module()["makeCallUrl"].startswith(ends.pbx)
        assert host not in ("0.0.0.0", "::") or host not in ends.crm.replace("::1", "")
        clicked = ends.click()
        assert clicked["succeeded"], clicked["outcome"]
        if host in ("0.0.0.0", "::"):
            port = ends.crm.rpartition(":")[2]
            assert requests.get(f"http://127.0.0.1:{port}/openapi.json", timeout=30).ok


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0", "192.0.2.1", "::ffff:192.0.2.1", "fe80::1"])
def test_beyond_loopback_it_is_said_by_name_who_may_come(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[ServeOptions] = []
    monkeypatch.setattr(command, "serve_until_stopped", lambda options, _say: started.append(options))

    def serve(*options: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["serve", "--host", host, *options])
        return done.exit_code, " ".join(done.output.split())

    code, said = serve()
    assert code == 0
    made = started.pop().control_token
    assert len(made) >= 32
    assert f"lets other machines in, so the control API and the pages want the token {made}." in said
    assert serve()[0] == 0
    assert started.pop().control_token != made
    assert serve("--control-token", "t") == serve("--expose") == (0, "")
    assert [(options.host, options.control_token) for options in started] == [(host, "t"), (host, "")]


def test_a_name_that_leads_beyond_loopback_is_beyond_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "look_up", {"lan.example": "192.0.2.1", "mine.example": "127.0.1.1"}.get)
    started: list[ServeOptions] = []
    monkeypatch.setattr(command, "serve_until_stopped", lambda options, _say: started.append(options))
    for host in ("lan.example", "mine.example"):
        assert CliRunner().invoke(main, ["serve", "--host", host]).exit_code == 0
    assert [bool(options.control_token) for options in started] == [True, False]


def test_where_other_machines_are_let_in_the_pair_meets_and_only_the_token_opens_the_control_api(
    tmp_path: Path,
) -> None:
    with serving_ends(tmp_path, "--host", "0.0.0.0", "--register") as ends:
        assert "The PBX is registered." in ends.said
        token = orjson.loads((tmp_path / "ready.json").read_bytes())["controlToken"]
        assert f"want the token {token}." in ends.said
        journal = f"{ends.crm}/_bench/journal"
        assert requests.get(journal, timeout=30).status_code == 403
        assert requests.get(journal, headers={"X-Callproof-Token": token}, timeout=30).ok


def test_a_pbx_that_names_a_wildcard_is_on_this_machine(tmp_path: Path) -> None:
    with serving_ends(tmp_path, "--host", "0.0.0.0", "--expose") as ends:
        url = ends.pbx.replace("127.0.0.1", "0.0.0.0") + "/nowhere"
        telephony = {"makeCallUrl": url, "additionalCodes": [{"userId": "1", "code": "100"}]}
        sent = {"clientId": "c", "active": True, "integrations": {"telephony": telephony}}
        form = {"integrationModule": orjson.dumps(sent).decode()}
        edit = f"{ends.crm}/api/v5/integration-modules/m/edit"
        assert ends.http().post(edit, data=form, timeout=30).ok
        clicked = ends.click()
        assert clicked["url"] == url
        assert clicked["outcome"].startswith("the PBX answered 404")


def test_public_addresses_are_told_and_the_pair_talks_over_what_is_near(tmp_path: Path) -> None:
    options = [
        "--crm-public-url",
        "https://crm.test.internal/",
        "--pbx-public-url",
        "https://pbx.test.internal",
    ]
    with serving_ends(tmp_path, "--register", *options) as ends:
        assert ends.told["crmPublicUrl"] == "https://crm.test.internal"
        assert "known as https://crm.test.internal" in ends.said
        assert ends.module()["makeCallUrl"].startswith("https://pbx.test.internal/")
        assert ends.click()["succeeded"]
        call = ends.call_in()
        assert call["recordUrl"].startswith("https://pbx.test.internal/")
        assert ends.played(call) == "played"


def test_the_ready_file_comes_last_and_goes_with_the_ends(tmp_path: Path) -> None:
    (tmp_path / "ready.json").write_text("of an earlier run")
    with serving_ends(tmp_path, "--only", "pbx", "--api-key", KEY) as ends:
        assert set(ends.told) == {"pbxUrl", "pbxPublicUrl", "apiKey", "clientId", "pid"}
        assert ends.told["pid"] == ends.process.pid
        assert mode_of(ends.file) == 0o600
        assert ends.bench("pbx", "clock")["kind"] == "real"
        assert sorted(file.name for file in tmp_path.iterdir()) == ["ready.json", "serve.log"]
        ends.process.send_signal(signal.SIGTERM)
        ends.process.wait(30)
        assert not ends.file.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--public-url", "http://a"], "of two ends, name each one's"),
        (["--crm-public-url", "crm:8080"], "is no address such as"),
        (["--pbx-public-url", "http://0.0.0.0:1"], "is nothing that others could reach"),
        (["--host", "nosuch.invalid"], "Cannot listen on nosuch.invalid:8080: "),
        (
            ["--ready-file", "/proc/none/ready.json", "--crm-port", "0", "--pbx-port", "0"],
            "cannot be written",
        ),
        (["--ready-file", "/proc", "--crm-port", "0", "--pbx-port", "0"], "cannot be written"),
        (["--ready-file", "/proc/self", "--crm-port", "0", "--pbx-port", "0"], "cannot be written"),
        (["--tls-folder", "/proc/none", "--crm-port", "0", "--pbx-port", "0"], "cannot be kept"),
    ],
)
def test_places_that_are_none_are_mistakes_of_the_user(options: list[str], words: str) -> None:
    done = CliRunner().invoke(main, ["serve", *options])
    assert done.exit_code == 2
    assert words in done.output


def wait(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["wait", *arguments])
    return done.exit_code, done.output


def test_waiting_ends_when_all_answer(tmp_path: Path) -> None:
    with https(tmp_path, "localhost") as server:
        assert wait(server.at("localhost"), "--ca", server.ca, "--timeout", "20") == (0, "")
        code, said = wait(server.at("localhost"), "--timeout", "20")
    assert code == 3
    assert "cannot be waited for: the certificate of localhost is not trusted" in said


def test_waiting_for_nobody_ends_with_3_and_a_sentence() -> None:
    nobody = Address()
    nobody.close()
    code, said = wait(nobody.url, "--timeout", "0.2")
    assert (code, said) == (3, f"callproof: {nobody.url} does not answer within 0.2 s (ConnectionError).\n")


def test_waiting_wants_addresses() -> None:
    assert wait()[0] == 2
    assert "is no address such as" in wait("127.0.0.1:8080")[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_ends_all(tmp_path: Path, number: signal.Signals) -> None:
    """As a terminal sends Ctrl-C and ``timeout`` its signal: the ends' own processes get it as well."""
    with serving_ends(tmp_path, new_group=True) as ends:
        os.killpg(ends.process.pid, number)
        ends.process.wait(60)
        assert not ends.file.exists()
