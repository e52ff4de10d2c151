"""Texts that a tested side, a file's name or a scenario may have, and runs that are full of them."""

from hypothesis import strategies as st

from callproof.conformance.evidence import Seen
from callproof.conformance.verdict import Check, Looked, Near, ScenarioResult, Verdict
from callproof.contract.operations import BY_NAME, Side
from callproof.exchange.exchange import Answer, Body, Exchange, Request

# What acts on a terminal, ends a line, breaks out of a notation, or is no character at all.
BAD = (
    *("\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x00", "\x7f", "\x85", "\u2028", "\r", "\n", "\r\n"),
    *("\u202e", "\u2066", "\ud800", "\udcff", "\ufffe", "\uffff", "]]>", "-->", "<script>", "&amp;", "\"'"),
    *("::error::", "%0A", "\n::warning::", "|", "`", "```\n", "[red]", "[/]", "\\", "](x)", "* ", "\n# "),
    *("\nConformant\n", "apiKey=", "é", "ж", "😀"),
)
texts = st.lists(
    st.sampled_from(BAD) | st.text(st.characters(codec=None, categories=None), max_size=5), max_size=8
).map("".join)
# What arrives over the wire is bytes, so it has no halves of surrogate pairs.
wired = texts.map(lambda text: text.encode(errors="replace").decode())


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """A run with a scenario that failed and one that broke off, every text of which is bad."""
    row, other = "PBX-EVENT-01", "PBX-EVENT-06"
    near = Near("crm-1", (draw(texts),))
    looked = Looked(draw(texts), "2", 2, 1, 0.0, (near,))
    check = Check(
        row,
        draw(texts),
        f"{draw(texts)}:3",
        draw(texts) or "it differs",
        exchanges=("crm-1",),
        members=(draw(texts),),
        remedy=draw(texts),
        looked=looked,
        subject=draw(texts),
    )
    held = Check(other, draw(texts), f"{draw(texts)}:4")
    name = draw(texts)
    played = ScenarioResult(
        name, draw(texts), f"{name}.yaml", [check, held], rule=draw(texts), exchanges=[draw(exchanges())]
    )
    broke = ScenarioResult(draw(texts), draw(texts), draw(texts), broken=draw(texts) or "it broke")
    return Verdict(
        [played, broke],
        1,
        strict=False,
        target=Side.PBX,
        left_out=[(draw(texts), draw(texts))],
        created=[draw(texts)],
        stale=[draw(texts)],
        stopped=draw(texts),
    )


@st.composite
def exchanges(draw: st.DrawFn) -> Seen:
    """One that the CRM saw, as bytes of a network can be read."""
    form = (("Content-Type", "application/x-www-form-urlencoded"), (draw(wired), draw(wired)))
    answered = Answer(500, ((draw(wired), draw(wired)),), Body(draw(wired).encode()))
    sent = Request(draw(wired), f"http://crm/{draw(wired)}", form, Body(draw(wired).encode()))
    entry = Exchange(at=0.0, direction="in", request=sent, answer=answered, error=draw(wired), id=1)
    return Seen(entry, Side.CRM, BY_NAME["call-event"], params={draw(wired): draw(wired)})
