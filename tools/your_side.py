"""The page that says what a side has to be able to do to be judged, with an example of each request."""

import json
from collections.abc import Iterator, Mapping

from callproof.conformance.hooks import Hook, View, asked_of, body_of, is_optional, says
from callproof.conformance.stimuli import filled, text
from callproof.conformance.target import PASS_TIME
from callproof.contract.operations import Side

_NAMES = {Side.PBX: "A PBX's integration", Side.CRM: "A CRM"}
_BEGINNING = """\
# What your side must be able to do

callproof plays the other side and judges yours by the requests that both exchange. What requests alone
cannot cause, such as a customer's call, it asks of a few hooks of yours, and what no request shows it
reads from a view. `callproof init` writes all of the below into a [callproof.yaml](target.md), where the
routes are yours to choose:

```sh
callproof init --target pbx
callproof check --probe --config callproof.yaml
callproof check --config callproof.yaml
```

`--probe` tries each hook and view, in seconds, and says what is wrong with it; nothing is judged by it. It
exits with 0 when all works, 2 when something has to be changed, 3 when your side does not answer. What your
side does not have is named under `absent`: what needs it is left out, and the report says so.
"""
_HEAD = "| stimulus | what has happened when it is answered | for example | answer |\n|---|---|---|---|"


def page() -> str:
    lines = [_BEGINNING]
    for side in (Side.PBX, Side.CRM):
        asked = asked_of(side)
        first = {name for name in asked.stimuli if name == PASS_TIME or not is_optional(name)}
        lines += [f"## {_NAMES[side]}", "", *(f"- {rule}" for rule in asked.rules), ""]
        lines += _stimuli({name: hook for name, hook in asked.stimuli.items() if name in first})
        lines += ["", "Without these, what needs them is left out by itself:", ""]
        lines += _stimuli({name: hook for name, hook in asked.stimuli.items() if name not in first})
        for name, view in asked.views.items():
            lines += ["", *_view(side, name, view)]
        lines.append("")
    return "\n".join(lines)


def _stimuli(known: Mapping[str, Hook]) -> Iterator[str]:
    yield _HEAD
    for name, hook in known.items():
        body = filled(body_of(name, hook), hook.args)
        asked = f"POST {text(hook.url, hook.args)}{f' {json.dumps(body)}' if body else ''}"
        answered = f"`{json.dumps(hook.answers)}`" if hook.answers else "2xx"
        yield f"| `{name}` | {hook.does} | `{asked}` | {answered} |"


def _view(side: Side, name: str, view: View) -> Iterator[str]:
    yield f"The view `{name}` shows {view.shows}. Under `absent` it is called `{side} keeps {name}`."
    yield ""
    yield f"`GET {view.url}` is answered `{json.dumps([view.sample])}`"
    yield ""
    for member in view.members:
        yield f"- `{member.name}`: {says(member)}"
