"""An end is opened from its settings and closed in the order in which nothing is missed."""

import socket
from pathlib import Path

import pytest
import requests

from callproof.clocks.manual import ManualClock
from callproof.contract.guide import CALL_BACKS
from callproof.control.client import TIMEOUT
from callproof.crm.settings import CrmSettings
from callproof.pbx.settings import PbxSettings
from callproof.running.opening import Opening
from callproof.running.threads import Address
from callproof.storage.address import StorageError

CRM = CrmSettings(api_key="k")


class ToldClock(ManualClock):
    """Says what was so when it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.url = ""

    def close(self) -> None:
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{self.url}/_bench/clock", timeout=TIMEOUT)
        self.said.append("clock")


def test_an_end_answers_where_its_settings_say_until_the_block_ends() -> None:
    with Opening(ManualClock()) as opening:
        crm = opening.crm(CRM)
        pbx = opening.pbx(PbxSettings(crm_url=crm.settings.base_url, api_key="k"))
        for end in (crm, pbx):
            assert requests.get(f"{end.settings.base_url}/_bench/clock", timeout=TIMEOUT).ok
        assert pbx.settings.call_back("make-call") == pbx.settings.base_url + CALL_BACKS["make-call"]
    for end in (crm, pbx):
        with pytest.raises(requests.ConnectionError):
            requests.get(end.settings.base_url, timeout=TIMEOUT)


def test_first_nobody_is_answered_then_nothing_is_planned_then_the_store_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = ToldClock()
    with Opening(clock) as opening:
        crm = opening.crm(CRM)
        clock.url = crm.settings.base_url
        monkeypatch.setattr(crm.store, "close", lambda: clock.said.append("store"))
    assert clock.said == ["clock", "store"]


def test_the_control_api_demands_the_token() -> None:
    with Opening(ManualClock(), "secret") as opening:
        for settings in (CRM, PbxSettings()):
            assert opening.app(settings).test_client().get("/_bench/clock").status_code == 403


def test_an_end_that_cannot_be_opened_leaves_its_port_free(tmp_path: Path) -> None:
    address = Address()
    settings = CrmSettings(api_key="k", database=f"sqlite:///{tmp_path}/none/x.db")
    with pytest.raises(StorageError), Opening(ManualClock()) as opening:
        opening.crm(settings, address)
    socket.create_server((address.host, address.port)).close()
