"""Whether the other end answers, over TLS as well."""

from pathlib import Path

import pytest

from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.exchange.trust import Trust
from callproof.running.pair import built_in
from callproof.web.reach import reached
from callproof.web.site import Surroundings
from tests.https import https
from tests.support import KEY


def _word(other: str, trust: Trust) -> str:
    settings = CrmSettings(api_key=KEY, base_url="http://localhost", trust=trust)
    app = create_app(Crm(settings, ManualClock()), around=Surroundings(other=other))
    return app.test_client().get("/other").get_data(as_text=True)


def test_an_end_with_a_certificate_answers_whoever_believes_its_ca(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It answers, however busy the machine is.
    monkeypatch.setattr("callproof.web.reach.SECONDS", 30.0)
    with https(tmp_path, "localhost", "127.0.0.1") as server:
        other = server.at("127.0.0.1")
        assert "answers" in _word(other, Trust((server.ca,)))
        assert "does not answer" in _word(other, Trust())


def test_to_ask_whether_an_end_answers_sets_nothing_off() -> None:
    with built_in() as pair:
        assert reached(pair.pbx_url)
        assert reached(pair.crm_url)
        assert pair.crm.journal.last_id == pair.pbx.journal.last_id == 0
