"""What a scenario looks for, in words for whoever has never read one."""

from collections.abc import Mapping

from callproof.conformance.comparing import VALUES
from callproof.conformance.matching import OPERATORS
from callproof.conformance.scenario import ANYTHING, CDR, Verb
from callproof.contract.jsontypes import Json

# How much of one text is shown.
LONGEST = 160

_OPENED = {
    "$contains": "with ",
    "$not": "not ",
    "$matches": "like ",
    "$length": "length ",
    "$if-present": "if any ",
}
_KEPT = {
    "crm cards": "card at the CRM",
    "crm calls": "call in the CRM's history",
    "crm initiations": "started call at the CRM",
    "crm users": "user at the CRM",
    "pbx calls": "call at the PBX",
    "pbx outbox": "report in the PBX's outbox",
}


def words_of(pattern: Json, status: Json = None) -> str:
    """The pattern of a step without its operators: ``type hangup, status 200``."""
    parts = [] if status is None else [f"status {_value(status)}"]
    if pattern is not None:
        parts.insert(0, _value(pattern))
    return bounded(", ".join(part for part in parts if part))


def named(pattern: Json, status: Json = None) -> tuple[str, ...]:
    """The members by which a step knows what it means."""
    found: dict[str, None] = {} if status is None else {"status": None}
    choices = [pattern]
    while choices:
        one = choices.pop()
        for name, inner in one.items() if isinstance(one, Mapping) else ():
            if name == "$one-of" and isinstance(inner, list):
                choices += inner
            elif not name.startswith("$"):
                found[name] = None
    return tuple(found)


def parts_of(subject: str) -> tuple[str, str, str]:
    """Side, verb and name of what a scenario looks for, as in ``pbx sends call-event``."""
    side, _, rest = subject.partition(" ")
    verb, _, name = rest.partition(" ")
    return side, verb, name


def thing(subject: str) -> str:
    """What ``pbx sends call-event`` is: ``the PBX's call-event``. Any other text stays as it is."""
    side, verb, name = parts_of(subject)
    whose = f"the {side.upper()}'s"
    if verb == Verb.KEEPS:
        return f"the {_KEPT.get(f'{side} {name}', name)}"
    if verb == Verb.ANSWERS:
        return f"{whose} answer" if name == ANYTHING else f"{whose} answer to {name}"
    if verb == Verb.SENDS:
        return f"{whose} {'uploaded call' if name == CDR else 'request' if name == ANYTHING else name}"
    return subject


def none_of(subject: str) -> str:
    """That there was nothing of the kind: ``the PBX sends no call-event``."""
    side, verb, name = parts_of(subject)
    if verb == Verb.KEEPS:
        return f"there is no {_KEPT.get(f'{side} {name}', name)}"
    what = {CDR: "call of the history", ANYTHING: "request"}.get(name, name)
    return f"the {side.upper()} {'sends no ' if verb == Verb.SENDS else 'answers no '}{what}"


def bounded(text: str, longest: int = LONGEST) -> str:
    """On one line, and not longer."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    stop = "" if text.endswith((".", "!", "?", "…")) else "."
    return f"{text[:1].upper()}{text[1:]}{stop}"


def _value(value: Json) -> str:
    if isinstance(value, Mapping):
        name, inner = next(iter(value.items()), ("", None))
        if name in OPERATORS and len(value) == 1:
            return _operator(name, inner)
        return ", ".join(f"{name} {_value(inner)}".strip() for name, inner in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value)


def _operator(name: str, inner: Json) -> str:
    if name == "$any":
        return ""
    if name == "$absent":
        return "absent"
    if name in ("$one-of", "$set") and isinstance(inner, list):
        return (" or " if name == "$one-of" else " and ").join(map(_value, inner))
    if name in ("$date", "$audio", "$part"):
        return "as it was"
    return _value(inner) if name in VALUES else f"{_OPENED.get(name, '')}{_value(inner)}"
