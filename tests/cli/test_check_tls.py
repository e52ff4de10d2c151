"""Verdicts over TLS: on running ends, and on a side that insists on https."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from callproof.cli import main
from tests.served import own_name, serving_ends

SERVICE = Path(__file__).resolve().parent.parent.parent / "examples" / "pbx-service"
SCENARIO = "6-event/missed"


def check(*arguments: str, scenario: str = SCENARIO) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["check", scenario, *arguments])
    return done.exit_code, done.output


def test_running_ends_are_judged_over_tls(tmp_path: Path) -> None:
    with serving_ends(tmp_path, "--tls", "--clock", "manual") as ends:
        where = ["--crm-url", ends.crm, "--pbx-url", ends.pbx, "--api-key", ends.told["apiKey"]]
        code, said = check(*where, "--ca", ends.told["ca"])
        assert code == 0, said
        code, said = check(*where)
        assert code == 3
        assert "name its CA with --ca FILE" in " ".join(said.split())


@pytest.mark.parametrize("tls", [{}, {"folder": "tls", "names": ["crm.test.internal"]}])
def test_a_side_that_insists_on_https_is_judged_opposite_an_end_with_tls(
    tmp_path: Path, tls: dict[str, object]
) -> None:
    file = yaml.safe_load((SERVICE / "callproof.yaml").read_text("utf-8"))
    script = (
        "import os, runpy, sys; assert os.environ['CALLPROOF_CRM_URL'].startswith('https://'); "
        "os.environ['REQUESTS_CA_BUNDLE'] = os.environ['CALLPROOF_CA']; sys.argv = sys.argv[1:]; "
        "sys.path.insert(0, os.path.dirname(sys.argv[0])); runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    file["start"]["command"] = ["$python", "-c", script, str(SERVICE / "service.py"), "$port"]
    config = tmp_path / "callproof.yaml"
    config.write_text(yaml.safe_dump({**file, "tls": tls}))
    code, said = check("--config", str(config))
    assert code == 0, said
    assert (tmp_path / "tls" / "ca.pem").exists() is bool(tls)


def test_the_host_of_a_crm_under_test_may_be_called(tmp_path: Path) -> None:
    name = own_name()
    with serving_ends(tmp_path, "--tls", "--only", "crm", "--host", name, "--expose") as ends:
        where = ["--crm-url", ends.crm, "--api-key", ends.told["apiKey"], "--ca", ends.told["ca"]]
        code, said = check("--target", "crm", *where, scenario="1-api/access")
    assert name in ends.crm
    assert "is not this machine" not in said
    assert code == 0, said
