"""Ends that listen with TLS, as processes, and those who ask them."""

import socket
import ssl
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import trustme
from click.testing import CliRunner

from callproof.cli import main
from tests.served import serving_ends

KINDS = {
    "one worker": [],
    "two workers": ["--workers", "2", "--db", "sqlite:///FOLDER/state.db"],
    "a manual clock": ["--clock", "manual"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_talks_over_tls(tmp_path: Path, kind: str) -> None:
    options = [option.replace("FOLDER", str(tmp_path)) for option in KINDS[kind]]
    with serving_ends(tmp_path, "--tls", "--register", *options) as ends:
        assert ends.crm.startswith("https://127.0.0.1:")
        assert "The PBX is registered." in ends.said
        assert ends.click()["succeeded"]
        call = ends.call_in()
        assert call["recordUrl"].startswith(ends.pbx)
        assert ends.played(call) == "played"
        assert all(url.startswith("https://") for url in ends.asked())
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(ends.crm, timeout=30)
        named = f"{ends.crm.replace('127.0.0.1', 'localhost')}/openapi.json"
        assert requests.get(named, verify=ends.told["ca"], timeout=30).ok


@pytest.mark.parametrize("clock", ["real", "manual"])
def test_who_says_nothing_or_speaks_plainly_holds_nobody_up(tmp_path: Path, clock: str) -> None:
    with serving_ends(tmp_path, "--tls", "--only", "crm", "--clock", clock) as ends:
        where = urlsplit(ends.crm)
        with socket.create_connection((where.hostname or "", where.port or 0)):
            with pytest.raises(requests.ConnectionError):
                requests.get(ends.crm.replace("https", "http"), timeout=30)
            with ends.http() as http:
                assert http.get(f"{ends.crm}/api/credentials", timeout=30).ok


def test_an_old_client_gets_tls_1_2(tmp_path: Path) -> None:
    with serving_ends(tmp_path, "--tls", "--only", "crm") as ends:
        where = urlsplit(ends.crm)
        context = ssl.create_default_context(cafile=ends.told["ca"])
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection((where.hostname or "", where.port or 0)) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            assert secured.version() == "TLSv1.2"


def test_trust_that_was_set_up_once_stays(tmp_path: Path) -> None:
    kept = tmp_path / "tls"
    options = ["--only", "crm", "--tls-folder", str(kept), "--tls-name", "crm.test.internal"]
    found = []
    for _ in range(2):
        with serving_ends(tmp_path, *options) as ends:
            found.append((kept / "ca.pem").read_bytes())
            assert ends.told["ca"] == str(kept / "ca.pem")
            context = ssl.create_default_context(cadata=found[0].decode())
            where = urlsplit(ends.crm)
            with socket.create_connection((where.hostname or "", where.port or 0)) as plain:
                context.wrap_socket(plain, server_hostname="crm.test.internal").close()
    assert found[0] == found[1]
    assert stat.S_IMODE((kept / "ca-key.pem").stat().st_mode) == 0o600
    assert sorted(file.name for file in kept.iterdir()) == ["ca-key.pem", "ca.pem"]


def test_the_banner_says_how_clients_are_told_and_curl_believes_it(tmp_path: Path) -> None:
    with serving_ends(tmp_path, "--tls", "--only", "crm") as ends:
        ca = ends.told["ca"]
        for words in (
            f"--cacert {ca}",
            f"REQUESTS_CA_BUNDLE={ca}",
            f"-d curl.cainfo={ca}",
            f"NODE_EXTRA_CA_CERTS={ca}",
            f"SSL_CERT_FILE={ca}",
            f"-file {ca}",
        ):
            assert words in ends.said
        asked = ["curl", "-s", "--noproxy", "*", "--cacert", ca, f"{ends.crm}/api/credentials?apiKey=none"]
        assert b"Wrong" in subprocess.run(asked, capture_output=True, timeout=30).stdout
    assert not Path(ca).exists()


def test_the_users_own_certificate_is_shown_and_the_pair_still_talks(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    leaf = ca.issue_cert("crm.test.internal")
    for blob in leaf.cert_chain_pems:
        blob.write_to_path(tmp_path / "cert.pem", append=True)
    leaf.private_key_pem.write_to_path(tmp_path / "key.pem")
    options = ["--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")]
    with serving_ends(tmp_path, "--register", *options) as ends:
        assert "The PBX is registered." in ends.said
        assert f"by the certificate in {tmp_path / 'cert.pem'}" in ends.said
        assert "NOT CHECKED" not in ends.said
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        where = urlsplit(ends.crm)
        with socket.create_connection((where.hostname or "", where.port or 0)) as plain:
            context.wrap_socket(plain, server_hostname="crm.test.internal").close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--tls-cert", "CA"], "--tls-cert and --tls-key belong together."),
        (["--tls-cert", "CA", "--tls-key", "CA"], "cannot be used"),
        (["--tls-cert", "CA", "--tls-key", "CA", "--tls-name", "a"], "is the certificate;"),
        (["--tls-name", "no host"], "'no host' is no host that a certificate can be for."),
        (["--tls-folder", "BROKEN"], "is no CA of callproof's"),
    ],
)
def test_what_cannot_be_a_certificate_is_a_mistake_of_the_user(
    tmp_path: Path, options: list[str], words: str
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ca-key.pem").write_text("nothing")
    files = {"CA": str(tmp_path / "ca.pem"), "BROKEN": str(tmp_path / "broken")}
    done = CliRunner().invoke(main, ["serve", *(files.get(word, word) for word in options)])
    assert done.exit_code == 2
    assert words in done.output
