"""Where processes cannot be forked ``callproof serve`` answers by threads of one process, and says so."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.support import KEY

# The command line as on another system; what was imported before has seen this one.
ELSEWHERE = """\
import sys
import callproof.cli.serve
from callproof.cli import main
sys.platform = {system!r}
main()
"""
PORTS = ["--crm-port", "0", "--pbx-port", "0"]


def serve(system: str, *options: str) -> "subprocess.Popen[str]":
    code = ELSEWHERE.format(system=system)
    return subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--api-key", KEY, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def served(system: str, *options: str) -> Iterator[tuple[dict[str, str], str]]:
    """The addresses of the ends, and what was said until they served."""
    process = serve(system, *PORTS, *options)
    said = ""
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said += line
            if line.startswith("Serving"):
                break
        found = [line.partition("http://")[::2] for line in said.splitlines() if "http://" in line]
        yield {name.split()[0]: f"http://{rest.split()[0]}" for name, rest in found}, said
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.mark.parametrize(("system", "name"), [("darwin", "macOS"), ("win32", "Windows")])
def test_both_ends_are_served_by_one_process_and_a_sentence_says_so(
    system: str, name: str, tmp_path: Path
) -> None:
    ready = tmp_path / "ready.json"
    with served(system, "--register", "--ready-file", str(ready)) as (urls, said):
        assert f"On {name} threads of one process answer" in said
        assert "The PBX is registered." in said
        assert ready.is_file()
        told = [requests.get(f"{url}/_bench/clock", timeout=30).json() for url in urls.values()]
        # One clock is one process.
        assert len({clock["id"] for clock in told}) == 1
        assert {clock["kind"] for clock in told} == {"real"}
        answer = requests.get(f"{urls['CRM']}/api/credentials", headers={"X-API-KEY": KEY}, timeout=30)
        assert answer.json()["success"] is True


def test_what_is_kept_in_a_database_is_there_the_next_time(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'kept.db'}"
    for made in (201, 400):
        with served("darwin", "--only", "crm", "--db", database) as (urls, _):
            sent = {"customer": '{"externalId": "c-1", "firstName": "Kept"}', "site": "shop1"}
            answer = requests.post(
                f"{urls['CRM']}/api/v5/customers/create", sent, headers={"X-API-KEY": KEY}, timeout=30
            )
            assert answer.status_code == made, answer.text


def test_several_workers_are_refused_with_a_sentence() -> None:
    process = serve("darwin", "--workers", "2")
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert said == "callproof: --workers wants Linux; on macOS one process answers. Leave it out.\n"
