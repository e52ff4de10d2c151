"""What the containers of the recipes run, as processes of this machine."""

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from click.testing import CliRunner

from callproof.cli import main
from callproof.storage.address import IN_MEMORY
from tests.served import Ready, free_ports, own_name, serving_ends

FOLDER = Path(__file__).resolve().parent.parent.parent / "examples" / "recipes" / "docker"


@dataclass(frozen=True)
class Composed:
    """The services of the compose file, with names and ports of this machine in the places of theirs."""

    services: dict[str, Any]
    places: dict[str, str]

    @classmethod
    def of_file(cls, scheme: str) -> "Composed":
        read = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
        name, ports = own_name(), free_ports()
        places = {
            "http://crm:8080": f"{scheme}://{name}:{ports[0]}",
            "http://pbx:8081": f"{scheme}://{name}:{ports[1]}",
            "http://127.0.0.1:8080": f"{scheme}://127.0.0.1:{ports[0]}",
            "http://127.0.0.1:8081": f"{scheme}://127.0.0.1:{ports[1]}",
        }
        return cls(read["services"], places)

    def environment(self, database: str) -> dict[str, str]:
        """That of both ends, with secrets that somebody made up, and this database."""
        crm, pbx = (self.services[end]["environment"] for end in ("crm", "pbx"))
        assert crm == pbx
        named = self.services["db"]["environment"]
        where = f"postgresql://{named['POSTGRES_USER']}:{named['POSTGRES_PASSWORD']}@db/callproof"
        assert crm["CALLPROOF_DB"] == where
        secrets = [name for name in crm if name != "CALLPROOF_DB"]
        assert all(crm[name] == f"${{{name}:?make one up}}" for name in secrets)
        found = {name: f"{number}" * 32 for number, name in enumerate(secrets)}
        return {**found, "CALLPROOF_DB": database}

    def words(self, command: str) -> list[str]:
        def moved(word: str) -> str:
            address = re.match(r"http://[^/]+", word)
            return word.replace(address[0], self.places[address[0]]) if address else word

        return [moved(word) for word in shlex.split(command)]

    def options(self, service: str) -> list[str]:
        serve, *options = self.words(self.services[service]["command"])
        assert serve == "serve"
        port = self.places[{"crm": "http://crm:8080", "pbx": "http://pbx:8081"}[service]].rpartition(":")[2]
        return [*options, f"--{service}-port", port]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_two_containers_make_a_call_end_to_end(
    tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    composed = Composed.of_file(scheme)
    # With TLS it is about names and certificates, which need no PostgreSQL.
    kept = request.getfixturevalue("postgres_url") if scheme == "http" else IN_MEMORY
    environment = composed.environment(kept)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    crm_url, pbx_url = composed.places["http://crm:8080"], composed.places["http://pbx:8081"]
    tls = ["--tls-folder", str(tmp_path / "tls")] if scheme == "https" else []
    believed = ["--ca", str(tmp_path / "tls" / "ca.pem")] if tls else []

    def demand_health(service: str) -> None:
        _, *words = composed.words(composed.services[service]["healthcheck"]["test"])
        # The file asks again and again; once has to do here, however busy the machine is.
        done = CliRunner().invoke(main, [*words, *believed, "--timeout", "30"])
        assert (done.exit_code, done.output) == (0, "")

    for service in ("crm", "pbx"):
        (tmp_path / service).mkdir()
    with serving_ends(tmp_path / "crm", *composed.options("crm"), *tls) as crm:
        demand_health("crm")
        with serving_ends(tmp_path / "pbx", *composed.options("pbx"), *tls) as pbx:
            demand_health("pbx")
            assert "The PBX is registered." in pbx.said
            both = Ready(
                {**pbx.told, **crm.told}, "", pbx.file, pbx.process, environment["CALLPROOF_CONTROL_TOKEN"]
            )
            assert replace(both, token="").bench("crm", "state").keys() == {"error"}
            assert both.module()["makeCallUrl"].startswith(f"{pbx_url}/")
            clicked = both.click()
            assert clicked["succeeded"], clicked["outcome"]
            call = both.call_in()
            assert call["recordUrl"].startswith(f"{pbx_url}/")
            assert both.played(call) == "played"
            assert f"{crm_url}/api/v5/telephony/call/event" in both.asked()


def test_the_image_asks_for_a_token_and_looks_after_its_health(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = free_ports()
    places = {"8080": str(ports[0]), "8081": str(ports[1])}
    text = (FOLDER / "Dockerfile").read_text("utf-8")
    listed = {
        name: orjson.loads(written)
        for name, written in re.findall(r"(?m)^ *(ENTRYPOINT|CMD|HEALTHCHECK .*\\\n +CMD) (\[.*\])$", text)
    }
    health, entry, serve = (
        next(words for name, words in listed.items() if name.startswith(kind))
        for kind in ("HEALTHCHECK", "ENTRYPOINT", "CMD")
    )
    assert entry == ["callproof"]
    serve = [*serve, "--crm-port", places["8080"], "--pbx-port", places["8081"]]
    with serving_ends(tmp_path, *serve[1:]) as ends:
        assert "want the token" in ends.said
    monkeypatch.setenv("CALLPROOF_CONTROL_TOKEN", "t" * 32)
    with serving_ends(tmp_path, *serve[1:]) as ends:
        assert "want the token" not in ends.said
        asked = [re.sub(r"(?<=:)80\d\d", lambda port: places[port[0]], word) for word in health[1:]]
        assert CliRunner().invoke(main, asked).exit_code == 0
