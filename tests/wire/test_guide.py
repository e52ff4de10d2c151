"""The guide's own example payloads are accepted, with the lines that its page lost put back."""

from pathlib import Path

from tests.support import Account

PRINTED = Path(__file__).with_name("guide.txt").read_text("utf-8")

# After the printed line comes what the page lost.
LOST_IN_MODULE = {
    '    "clientId": "2dbh26tahjj26sg"': ",",
    '            "inputEventSupported": true,': '"additionalCodes": [',
    '                {"userId":"2", "code":200}': '], "externalPhones": [',
    '                {"siteCode":"shop2", "externalPhone":"+7-499-888-88-88"}': "],",
    '            "changeUserStatusUrl": ""': "}}",
}


def printed(name: str) -> list[str]:
    return PRINTED.split(f"--- {name}\n")[1].split("\n---")[0].rstrip("\n").split("\n")


def restored(name: str, lost: dict[str, str]) -> str:
    lines = printed(name)
    assert set(lost) <= set(lines)
    return "{" + "\n".join(line + lost.get(line, "") for line in lines) + "}"


def test_the_module_of_the_guide_is_created_and_takes_effect(account: Account) -> None:
    answer = account.post(
        "integration-modules/my-telephony/edit", integrationModule=restored("module", LOST_IN_MODULE)
    )
    assert answer.status_code == 201
    assert answer.get_json()["success"] is True
    settings = account.get("integration-modules/my-telephony").get_json()["integrationModule"]
    assert settings["integrations"]["telephony"]["additionalCodes"] == [
        {"userId": "1", "code": "100"},
        {"userId": "2", "code": "200"},
    ]


def test_the_event_of_the_guide_is_taken_as_printed(account: Account) -> None:
    account.post(
        "integration-modules/my-telephony/edit", integrationModule=restored("module", LOST_IN_MODULE)
    )
    answer = account.post("telephony/call/event", event=restored("event", {}))
    assert (answer.status_code, answer.get_json()) == (200, {"success": True})
    assert [finding.pointer for finding in account.findings] == ["/codes"]


def test_the_event_with_its_lost_line_opens_a_card(account: Account) -> None:
    account.post(
        "integration-modules/my-telephony/edit", integrationModule=restored("module", LOST_IN_MODULE)
    )
    event = restored("event", {'    "type": "in",': '"codes": ["100"],'})
    assert account.post("telephony/call/event", event=event).get_json() == {"success": True}
    assert [card["userId"] for card in account.state("cards")] == [1]
    assert account.findings == ()
