"""The two containers of the page on containers, as processes of this machine."""

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from callproof.cli import main
from tests.served import Ready, free_ports, own_name, serving_ends

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "containers.md"


@dataclass(frozen=True)
class Composed:
    """The services of the page, with names and ports of this machine in the places of theirs."""

    services: dict[str, Any]
    places: dict[str, str]
    secrets: dict[str, str]

    @classmethod
    def of_page(cls, scheme: str) -> "Composed":
        found = re.search(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        assert found is not None
        name, ports = own_name(), free_ports()
        places = {
            "http://crm:8080": f"{scheme}://{name}:{ports[0]}",
            "http://pbx:8081": f"{scheme}://{name}:{ports[1]}",
            "http://127.0.0.1:8080": f"{scheme}://127.0.0.1:{ports[0]}",
        }
        read = yaml.safe_load(found[1])
        secrets = {name: f"{number}" * 32 for number, name in enumerate(read["x-secrets"])}
        assert all(value.startswith(f"${{{name}:?") for name, value in read["x-secrets"].items())
        assert [end["environment"] for end in read["services"].values()] == [read["x-secrets"]] * 2
        return cls(read["services"], places, secrets)

    def words(self, command: str) -> list[str]:
        return [self.places.get(word, word) for word in shlex.split(command)]

    def options(self, service: str) -> list[str]:
        serve, *options = self.words(self.services[service]["command"])
        assert serve == "serve"
        port = self.places[{"crm": "http://crm:8080", "pbx": "http://pbx:8081"}[service]].rpartition(":")[2]
        return [*options, f"--{service}-port", port]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_two_containers_make_a_call_end_to_end(
    tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed = Composed.of_page(scheme)
    token = composed.secrets["CALLPROOF_CONTROL_TOKEN"]
    for name, secret in composed.secrets.items():
        monkeypatch.setenv(name, secret)
    crm_url, pbx_url = composed.places["http://crm:8080"], composed.places["http://pbx:8081"]
    tls = ["--tls-folder", str(tmp_path / "tls")] if scheme == "https" else []
    believed = ["--ca", str(tmp_path / "tls" / "ca.pem")] if tls else []
    for service in ("crm", "pbx"):
        (tmp_path / service).mkdir()
    with serving_ends(tmp_path / "crm", *composed.options("crm"), *tls) as crm:
        health = composed.words(composed.services["crm"]["healthcheck"]["test"])[1:]
        assert CliRunner().invoke(main, [*health, *believed]).exit_code == 0
        with serving_ends(tmp_path / "pbx", *composed.options("pbx"), *tls) as pbx:
            assert "The PBX is registered." in pbx.said
            both = Ready({**pbx.told, **crm.told}, "", pbx.file, pbx.process, token)
            assert replace(both, token="").bench("crm", "state").keys() == {"error"}
            assert both.module()["makeCallUrl"].startswith(f"{pbx_url}/")
            clicked = both.click()
            assert clicked["succeeded"], clicked["outcome"]
            call = both.call_in()
            assert call["recordUrl"].startswith(f"{pbx_url}/")
            assert both.played(call) == "played"
            assert f"{crm_url}/api/v5/telephony/call/event" in both.asked()
