"""The one table of limits: what a peer, a file or a pattern can make callproof spend, and no more.

The defaults stand in ``USUAL``; ``callproof serve --limit`` gives an end others, which it has in its
settings. What the contract itself bounds, such as 50 calls an upload, is no limit of ours.
"""

from collections.abc import Iterable
from dataclasses import Field, dataclass, field, fields, replace
from math import isfinite

from callproof import kinds
from callproof.errors import Misuse

_MIB = 1024 * 1024
# Above it a number is no bound any more, and not everything that counts takes it.
_HIGHEST = 2**31 - 1
# In an account with more managers each of them needs so much more of the message that names all extensions:
# {"userId":"100000","code":"100000"} is 65 bytes in a form.
_MANAGERS, _BYTES, _VALUES = 1_000, 100, 4


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of the table: ``bounds`` is what is bounded, ``exceeded`` what happens beyond it. Nobody can
    set one that is ``fixed``, and none is ever below ``least``."""

    name: str
    default: float
    unit: str
    bounds: str
    exceeded: str
    least: float
    fixed: bool


def _int(
    default: int, unit: str, bounds: str, exceeded: str, *, least: int = 1, fixed: bool = False
) -> int:
    told = {"unit": unit, "bounds": bounds, "exceeded": exceeded, "least": least, "fixed": fixed}
    found: int = field(default=default, metadata=told)
    return found


def _seconds(
    default: float, bounds: str, exceeded: str, *, least: float = 0.1, fixed: bool = False
) -> float:
    told = {"unit": "seconds", "bounds": bounds, "exceeded": exceeded, "least": least, "fixed": fixed}
    found: float = field(default=default, metadata=told)
    return found


@dataclass(frozen=True)
class Bounds:
    """A value for each limit; the metadata of a field is the rest of its row."""

    crm_request_bytes: int = _int(
        _MIB, "bytes", "the body of a request to the CRM; more in a large account", "413"
    )
    pbx_request_bytes: int = _int(64 * 1024, "bytes", "the body of a request to the virtual PBX", "413")
    request_seconds: float = _seconds(
        30.0,
        "the time in which the body of a request arrives as a whole",
        "408; see below the table",
    )
    header_bytes: int = _int(
        256 * 1024,
        "bytes",
        "the first line and the headers of a request",
        "431; 414 or 431 on a manual clock, where each line has at most 64 KiB",
        least=8192,
    )
    header_seconds: float = _seconds(
        30.0, "the time in which the headers of a request arrive", "the connection ends"
    )
    form_fields: int = _int(
        2_000, "fields", "the fields or parts of a form, and of a query", "400 `More than 2000 fields`"
    )
    name_depth: int = _int(8, "levels", "the brackets in a field's name", "400 `A field name nests deeper`")
    json_depth: int = _int(
        100, "levels", "lists and objects in each other", "the contract's 400 for what is no JSON", least=10
    )
    json_values: int = _int(
        10_000,
        "values",
        "what stands in one JSON text, by its commas; more in a large account",
        "the contract's 400 for what is no JSON",
    )
    customer_phones: int = _int(
        1_000, "numbers", "the telephone numbers of one customer", "the contract's 400 for an entity"
    )
    call_events: int = _int(
        100,
        "events",
        "what was reported of a call and is looked at when it is reported again",
        "the oldest are left out",
        fixed=True,
    )
    integer_digits: int = _int(
        18, "digits", "an integer of a message", "the contract's 400 for what is no integer", fixed=True
    )
    findings: int = _int(
        100, "findings", "what is found out, kept and logged of one message", "the others are counted"
    )
    requests_at_once: int = _int(
        512,
        "requests",
        "what a worker answers at once, streams and waiting readers too",
        "the next one waits",
    )
    connections: int = _int(
        1024, "connections", "what a worker has open at once", "the next one waits to be taken", least=16
    )
    listeners: int = _int(16, "streams", "who follows the journal of a worker", "503 and a sentence")
    page_streams: int = _int(
        100, "streams", "open pages that a worker tells of changes", "the page asks again in 10 s"
    )
    wait_seconds: float = _seconds(
        30.0, "how long a reader of the journal may wait for its first entry", "it gets none"
    )
    journal_entries: int = _int(10_000, "exchanges", "the journal of an end", "the oldest go")
    journal_bytes: int = _int(
        64 * _MIB,
        "bytes",
        "the journal of an end, with headers, addresses and findings",
        "the oldest go",
        least=4096,
    )
    snapshots: int = _int(
        10, "snapshots", "what `POST /_bench/snapshots` keeps in memory", "the oldest goes"
    )
    crm_call_seconds: float = _seconds(
        10.0, "an answer of the PBX to the CRM, as a whole", "the call has failed: no answer in time"
    )
    pbx_call_seconds: float = _seconds(
        5.0, "an answer of the CRM to the virtual PBX, as a whole", "it counts as none, and is asked again"
    )
    # More than an hour of sound as a PBX records it.
    answer_bytes: int = _int(
        128 * _MIB, "bytes", "the body of an answer to an end, unpacked", "the call has failed: too large"
    )
    redirects: int = _int(
        5, "redirects", "what is followed to a recording", "the last redirect is the answer"
    )
    side_seconds: float = _seconds(
        30.0,
        "an answer of the side under test as a whole, or a program of it",
        "exit 3, and the side is named",
        fixed=True,
    )
    side_bytes: int = _int(
        16 * _MIB,
        "bytes",
        "an answer of the side under test, unpacked",
        "exit 3, and the side is named",
        fixed=True,
    )
    pattern_seconds: float = _seconds(
        0.2, "one search for a pattern of `$matches`", "exit 2: file, line, pattern", fixed=True
    )
    file_bytes: int = _int(
        16 * _MIB,
        "bytes",
        "what a command reads as a whole: a file in YAML, a report of check --json, a payload",
        "exit 2: file, line",
        fixed=True,
    )
    # No file that a person writes has as many parts, digits or levels.
    file_parts: int = _int(
        100_000,
        "parts",
        "what stands in such a file, with what aliases repeat",
        "exit 2: file, line",
        fixed=True,
    )
    file_depth: int = _int(
        100, "levels", "lists and maps in each other in such a file", "exit 2: file, line", fixed=True
    )
    file_digits: int = _int(300, "digits", "a number in such a file", "exit 2: file, line", fixed=True)


def _row(one: "Field[float]") -> Limit:
    assert isinstance(one.default, int | float)
    return Limit(one.name.replace("_", "-"), one.default, **one.metadata)


USUAL = Bounds()
TABLE = tuple(_row(one) for one in fields(Bounds))
SETTABLE = {limit.name: limit for limit in TABLE if not limit.fixed}


def of_account(bounds: Bounds, managers: int) -> Bounds:
    """The limits of a CRM with so many: a message may name an extension for each."""
    more = max(0, managers - _MANAGERS)
    return replace(
        bounds,
        crm_request_bytes=bounds.crm_request_bytes + _BYTES * more,
        json_values=bounds.json_values + _VALUES * more,
    )


def given(texts: Iterable[str]) -> Bounds:
    """The limits with other values, from texts such as ``crm-request-bytes=65536``. Raises Misuse."""
    values: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise Misuse(f"{text!r} is not NAME=VALUE, such as crm-request-bytes=65536.")
        values[name.replace("-", "_")] = _value(_named(name), value)
    return kinds.convert(values, Bounds)


def _named(name: str) -> Limit:
    if found := SETTABLE.get(name):
        return found
    if any(limit.name == name for limit in TABLE):
        raise Misuse(f"The limit {name} is the same for everybody; it cannot be set.")
    from difflib import get_close_matches

    near = get_close_matches(name, SETTABLE, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(SETTABLE)}."
    raise Misuse(f"There is no limit {name!r}; {hint}")


def _value(limit: Limit, text: str) -> float:
    whole = isinstance(limit.default, int)
    try:
        value: float = int(text) if whole else float(text)
    except ValueError:
        kind = "a whole number" if whole else "a number"
        raise Misuse(f"--limit {limit.name} wants {kind} of {limit.unit}, not {text[:40]!r}.") from None
    if not isfinite(value) or not limit.least <= value <= _HIGHEST:
        raise Misuse(
            f"--limit {limit.name} is from {limit.least} to {_HIGHEST} {limit.unit}, not {text[:40]}."
        )
    return value
