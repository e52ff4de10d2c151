"""The page that says of each member who compares it, or why nobody does."""

from itertools import groupby

from callproof.conformance.members import HEARD, Fate, Member, fates

Known = list[tuple[Member, Fate]]


def page() -> str:
    every = fates()
    lines = [
        "# Who compares what",
        "",
        "For each member of each message: what compares its value with what happened, and which",
        "[rows](contract.md) a wrong one reddens. That it is there, or has some form, is no comparison:",
        "the schemas judge that of every message. A member that nothing compares has a reason, from",
        "`schemas/unjudged.yaml`; a test refuses one that has neither, and a reason for what is compared.",
        "",
        "`crm hears` is the other half of a request: with which of its members the CRM is asked, and in",
        "which scenarios. What it makes of them is compared in what it answers and keeps.",
    ]
    unjudged: dict[str, list[str]] = {}
    for message, found in groupby(every.items(), key=lambda pair: pair[0].message):
        known = list(found)
        if any(fate.rows for _, fate in known):
            lines += ["", f"## {message}", *_compared(known), *_reasons(known)]
        else:
            for reason in dict.fromkeys(fate.reason for _, fate in known):
                unjudged.setdefault(reason, []).append(message)
    lines += ["", "## What is judged by its form alone", ""]
    lines += [f"- {', '.join(messages)}: {reason}" for reason, messages in unjudged.items()]
    return "\n".join(lines) + "\n"


def _compared(known: Known) -> list[str]:
    hears = known[0][0].message.startswith("crm hears")
    lines = ["", "| member | asked with in |" if hears else "| member | compared by | rows |"]
    lines.append("|---|---|" if hears else "|---|---|---|")
    for member, fate in known:
        by = dict.fromkeys(name for names in fate.rows.values() for name in names)
        cells = [f"`{member.path}`", ", ".join(f"`{name}`" for name in by)]
        cells += [] if hears else [", ".join(row for row in fate.rows if row != HEARD)]
        if fate.rows:
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def _reasons(known: Known) -> list[str]:
    """A line for each reason, with the members that have it."""
    open_: dict[str, list[str]] = {}
    for member, fate in known:
        if not fate.rows:
            open_.setdefault(fate.reason, []).append(f"`{member.path}`")
    lines = [f"- {', '.join(names)}: {reason}" for reason, names in open_.items()]
    return ["", *lines] if lines else []
