"""What of a ``callproof.yaml`` a probe tries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from callproof.conformance.scenario import Scenario
from callproof.conformance.selection import choose, methods
from callproof.conformance.target import UPLOAD_EVERY, Target
from callproof.contract.operations import BY_NAME

# Which stimulus begins what these go on with.
BEGUN_BY = {
    "answer": "customer calls",
    "refuse": "customer calls",
    "hang up": "customer calls",
    "drop": "customer calls",
    "hold": "customer calls",
    "take back": "customer calls",
    "transfer": "customer calls",
    "engaged": "dial",
    "flush": UPLOAD_EVERY,
}
# Who plays is asked for by this one anyway.
USER = "user"
# How much of what a side printed is shown.
PRINTED = 300


def tried_of(target: Target) -> Target:
    """What the file names under absent is not tried, whether it is still written down or not."""
    stimuli = {name: way for name, way in target.stimuli.items() if name not in target.absent}
    views = {
        name: way for name, way in target.views.items() if kept_name(target, name) not in target.absent
    }
    return replace(target, stimuli=stimuli, views=views)


def kept_name(target: Target, view: str) -> str:
    """What a view is called under absent."""
    return f"{target.side} keeps {view}"


def harmless(
    scenarios: Sequence[Scenario], target: Target, nobody: str
) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
    """Requests that change nothing, by the names of the methods that the scenarios of this CRM cannot do
    without: name, verb, path and form. ``nobody`` is the id of no customer."""
    asked = (name for played in choose(scenarios, target)[0] for name in methods(played))
    parts = {"id": target.account.users[0], "uid": nobody, "code": target.code}
    for operation in (BY_NAME[name] for name in dict.fromkeys(asked) if name != USER):
        form = {"status": "free"} if operation.name == "user-status" else {}
        yield operation.name, operation.method, operation.path.format(**parts), form


def last_of(printed: str) -> str:
    """The sentence about what a side printed, as much of it as fits a table: of a traceback the end."""
    head, colon, text = printed.partition(": ")
    return printed if len(text) <= PRINTED else f"{head}{colon}…{text[-PRINTED:]}"
