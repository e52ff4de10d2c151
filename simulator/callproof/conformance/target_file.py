"""The ``callproof.yaml`` that ``callproof init`` writes: what a side has to be able to do, as comments
beside the settings that say how it is made to."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap

from callproof.conformance.hooks import Hook, View, asked_of, body_of, is_optional, says
from callproof.conformance.target import Start
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side

WIDTH = 110
URL = "http://127.0.0.1:$port"
KEY = "0123456789abcdef0123456789abcdef"
START = Start(("$python", "service.py", "$port"), f"{URL}/")
# A word that YAML takes for the same text without quotes.
_PLAIN = re.compile(r"(?!(true|false|yes|no|on|off|null)$)[$./A-Za-z][\w$./-]*", re.IGNORECASE)

_ACCOUNT = """\
# Who plays in the scenarios, in the places of the guide's two users and shops; these are the defaults.
# account:
#   users: [1, 2]
#   extensions: ["100", "200"]
#   shops: [shop1, shop2]
#   lines: [+7-499-999-99-99, +7-499-888-88-88]
#   timezone: UTC
#   country: RU
"""
_SET_UP = """\
# What is done before each scenario and after the run.
set-up:
  - request: {url: /test/reset}
# clean-up:
#   - command: [./forget-everything.sh]
"""
_ENDS = """\
# Public call-back addresses, and where they are on this machine.
# rewrite: {https://pbx.vendor.example: http://127.0.0.1:9000}
# Hosts beyond this machine that callproof may call.
# allow-hosts: [pbx.test.internal]
# A private CA of your side's https, beside the public ones.
# ca: [ca.pem]
# callproof's own end listens with TLS, for a side that insists on https; $ca is the file to believe.
# tls: {}
"""
_BEGINNING = """\
# How callproof reaches and pokes your {name}. Fill it in, then:
#   callproof check --probe --config callproof.yaml   tries every line below once
#   callproof check --config callproof.yaml           judges your side
# docs/your-side.md has the same with examples, docs/target.md explains every setting.
target: {side}
"""
_CLOCK_FIRST = """\
# Build the test clock first, the stimulus `pass time`, and let your queue of retries ask it: without it
# scenarios wait in real time, some for minutes. docs/guides/pbx.md says how.
"""
_STIMULI = """\
# What HTTP alone cannot cause. What stands commented out need not be there; what your side has of it,
# uncomment.
stimuli:
"""
_VIEWS = """\
# Looks into your side, each answering a list.
views:
"""
_ABSENT = """\
# What your side does not have: stimuli, views, scenarios. What needs it is left out; the report says so.
# absent: [{absent}]
"""
_PATIENCE = """\
# Real seconds that your side may take for what it does by itself.
patience: 2
"""
_LISTEN = """\
# The port on which callproof's {other} listens; by default a free one.
{mark}listen: {port}
"""
_PBX_KEY = """\
# The API key that your integration is to use; by default callproof's own.
{mark}api-key: {key}

# The code and the clientId with which your integration registers itself.
code: virtual-pbx
client-id: 2dbh26tahjj26sg
"""


def written(side: Side, url: str = URL, start: Start | None = START, key: str = "") -> str:
    """``start`` is None for a side that runs already, ``key`` is the API key where it is known."""
    name = "CRM" if side is Side.CRM else "PBX's integration"
    asked = asked_of(side)
    absent = "give key, set budgets, customers, crm keeps cards"
    if side is Side.PBX:
        absent = "drop, upload every, pbx keeps calls"
    blocks = [
        _BEGINNING.format(name=name, side=side) + (_CLOCK_FIRST if side is Side.PBX else ""),
        "".join(comment(rule, "# - ") for rule in asked.rules),
        _reached(side, url, key),
        _started(start),
        _ours(side, start, key),
        _ACCOUNT,
        _SET_UP,
        _STIMULI + "".join(_hooks(asked.stimuli)),
        _VIEWS + "".join(_views(asked.views)),
        _ABSENT.format(absent=absent),
        _PATIENCE,
        _ENDS,
    ]
    return "\n".join(blocks)


def comment(text: str, lead: str = "# ") -> str:
    """The text as lines of a comment; the lines after the first are indented as it is."""
    rest = lead.replace("-", " ")
    return "".join(f"{line}\n" for line in wrap(text, WIDTH, initial_indent=lead, subsequent_indent=rest))


def flow(value: Json) -> str:
    """As YAML on one line, of what needs no quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return str(value)


def _reached(side: Side, url: str, key: str) -> str:
    if side is Side.PBX:
        return f"# Where it listens.\nurl: {url}\n"
    what = (
        "# Where it listens, and a key with all rights to a test account: a run makes customers and calls."
    )
    return f"{what}\nurl: {url}\napi-key: {key or KEY}\n"


def _started(start: Start | None) -> str:
    shown, mark = start or START, "" if start else "# "
    what = "It is started before the run; drop this part if it runs already."
    lines = [
        "start:",
        f"  command: {_words(shown.command)}",
        f"  ready: {shown.ready}",
        f"  within: {shown.within:g}",
    ]
    if shown.env:
        lines.insert(2, f"  env: {flow(dict(shown.env))}")
    said = what if start else "It runs already; callproof can also start it."
    python = " $python is callproof's own interpreter." if "$python" in shown.command else ""
    begun = comment(f"{said} Its environment has CALLPROOF_PORT too.{python}")
    begun += "".join(f"{mark}{line}\n" for line in lines)
    if start and "$port" in " ".join((*start.command, *start.env.values())):
        if not shown.env:
            begun += "  # What else stands in its environment.\n  # env: {PORT: $port}\n"
        begun += (
            "  # A file for all that it prints; without one only the last of it is told, and not always.\n"
        )
        begun += "  # log: side.log\n"
        begun += "  # So many of it may run side by side; a run in real time is shorter then.\n"
        begun += "  # instances: 8\n"
    return begun


def _ours(side: Side, start: Start | None, key: str) -> str:
    """Whoever runs already has to know beforehand where our end listens, and by which key it is asked."""
    known = side is Side.PBX and start is None
    port = 8080 if side is Side.PBX else 8081
    said = _LISTEN.format(other=side.other.upper(), mark="" if known else "# ", port=port)
    if side is Side.PBX:
        said += _PBX_KEY.format(mark="" if known or key else "# ", key=key or KEY)
    return said


def _words(command: Iterable[str]) -> str:
    """A list of words in YAML; JSON's strings are YAML's."""
    return f"[{', '.join(word if _PLAIN.fullmatch(word) else json.dumps(word) for word in command)}]"


def _hooks(known: Mapping[str, Hook]) -> Iterator[str]:
    for name, hook in known.items():
        yield comment(hook.does + (f" Answers {json.dumps(hook.answers)}." if hook.answers else ""), "  # ")
        body = body_of(name, hook)
        request: JsonObject = {"url": hook.url, "json": body} if body else {"url": hook.url}
        yield f"  {'# ' if is_optional(name) else ''}{name}: {flow({'request': request})}\n"


def _views(known: Mapping[str, View]) -> Iterator[str]:
    for name, view in known.items():
        yield comment(f"{view.shows[0].upper()}{view.shows[1:]}:", "  # ")
        for member in view.members:
            yield comment(f"{member.name}: {says(member)}", "  #   ")
        yield f"  {name}: {flow({'request': {'url': view.url}})}\n"
