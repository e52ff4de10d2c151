"""What is so before the first step of a run that is made up."""

import random

from callproof.contract.jsontypes import Json, JsonObject
from callproof.explore.board import EXTENSIONS, LINES, NUMBERED, SHOPS, USERS, Bench

CUSTOMERS = 3
PERIODS = (0, 0, 0, 60, 600)
REAL_PERIODS = (0, 0, 2)
ZONES = ("Asia/Tokyo", "America/St_Johns", "Europe/Moscow")


def given(dice: random.Random, bench: Bench) -> JsonObject:
    """Customers with and without a manager, how often the history goes, and how a PBX of ours routes."""
    found: JsonObject = {}
    if "customers" not in bench.absent and dice.random() < 0.7:
        found["customers"] = [_customer(dice, place) for place in range(dice.randint(1, CUSTOMERS))]
    if "upload every" not in bench.absent and (
        every := dice.choice(PERIODS if bench.moved else REAL_PERIODS)
    ):
        found["upload-every"] = every
    if "set plan" not in bench.absent and dice.random() < 0.5:
        found["plan"] = _plan(dice)
    if not {"set zone", "set account"} & bench.absent and dice.random() < 0.2:
        found["zone"] = dice.choice(ZONES)
    return found


def _customer(dice: random.Random, place: int) -> JsonObject:
    known: JsonObject = {
        "externalId": f"k-{place}-$run",
        "firstName": "Known",
        "phones": [{"number": NUMBERED[place]}],
    }
    return known | ({"managerId": dice.choice(USERS)} if dice.random() < 0.8 else {})


def _plan(dice: random.Random) -> JsonObject:
    """Two groups with turns, queues and machines that speak, in one of many ways."""
    lines = zip(LINES, SHOPS, ("sales", "support"), strict=True)
    ends: list[Json] = ["hang-up", "voicemail"]
    groups: JsonObject = {
        "sales": _group(dice, [*ends, {"group": "support"}], list(EXTENSIONS)),
        "support": _group(dice, ends, list(dice.choice((EXTENSIONS, EXTENSIONS[:1], EXTENSIONS[1:])))),
    }
    return {
        "lines": [
            {"phone": line, "shop": shop, "group": group, **_hours(dice, ends)}
            for line, shop, group in lines
        ],
        "hours": {"office": [{"from": "10:00", "to": "13:00"}, {"from": "14:00", "to": "18:00"}]},
        "groups": groups,
        "extensions": {
            extension: {"user": user, **({"devices": ["desk", "mobile"]} if dice.random() < 0.3 else {})}
            for extension, user in zip(EXTENSIONS, USERS, strict=True)
        },
        "manager": {"no-answer": dice.choice(("line-group", "hang-up", "voicemail"))},
        "recordings": {"ready-after": dice.choice((0, 0, 30))},
        "requests-per-second": dice.choice((1, 2, 40, 40)),
        "voicemail-seconds": dice.choice((10, 120)),
        "longest-call": dice.choice((120, 7200)),
    }


def _hours(dice: random.Random, ends: list[Json]) -> JsonObject:
    if dice.random() < 0.7:
        return {}
    return {"hours": "office", "closed": dice.choice((*ends, {"group": "support"}))}


def _group(dice: random.Random, ends: list[Json], extensions: list[Json]) -> JsonObject:
    return {
        "extensions": extensions,
        "strategy": dice.choice(("ring-all", "linear", "round-robin")),
        "ring-seconds": dice.choice((5, 20)),
        "queue-seconds": dice.choice((0, 30, 120)),
        "no-answer": dice.choice(ends),
    }
