"""A ladder as an SVG picture: lanes from left to right, time from top to bottom."""

from markupsafe import Markup, escape

from callproof.conformance.exhibits import offset
from callproof.conformance.ladder import LIFELINE_NAMES, Arrow, Ladder, Lifeline
from callproof.contract.printing import printable

# In pixels: the column of the times, the distance of two lanes, the heights of the head and of a row.
MARGIN, GAP, HEAD, ROW = 90, 230, 34, 40
# Characters of a label that fit between two lanes.
ROOM = 36
# The look of a picture that is a file of its own.
_STYLE = """
svg { background: #fff; fill: #1d2530; font: 12px system-ui, sans-serif; }
.lane { text-anchor: middle; font-weight: 600; font-size: 14px; } .label { text-anchor: middle; }
.rail { stroke: #d7dde4; } .at { fill: #5d6a79; } .sent line { stroke: #1d2530; }
.failed, .missing { fill: #c0262d; } .failed line { stroke: #c0262d; } .implied { fill: #5d6a79; }
.implied line { stroke: #5d6a79; stroke-dasharray: 4 4; }
.missing line { stroke: #c0262d; stroke-dasharray: 9 6; }
"""


def draw(ladder: Ladder) -> Markup:
    """The picture; labels are escaped, and each arrow leads to the exchange that it is about."""
    height = HEAD + ROW * len(ladder.arrows) + 12
    width = _x(Lifeline.MANAGER) + 60
    parts = [
        Markup('<svg class="ladder" viewBox="0 0 {} {}" width="{}" role="img" aria-label="{}">').format(
            width, height, width, f"call {ladder.call or ladder.phone}"
        )
    ]
    for lane, name in LIFELINE_NAMES.items():
        x = _x(lane)
        parts.append(Markup('<text x="{}" y="18" class="lane">{}</text>').format(x, name))
        parts.append(
            Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="rail"/>').format(x, HEAD - 8, x, height)
        )
    for place, arrow in enumerate(ladder.arrows):
        parts.append(_arrow(arrow, HEAD + ROW * place + 26))
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def picture(ladder: Ladder) -> str:
    """The same as a file of its own."""
    head, rest = str(draw(ladder)).split(">", 1)
    head = head.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"{head}><style>{_STYLE}</style>{printable(rest)}\n"


def _arrow(arrow: Arrow, y: int) -> Markup:
    start, end = _x(arrow.source), _x(arrow.to)
    tip = 7 if end > start else -7
    kind = _kind(arrow)
    label = f"{arrow.label.strip()}{f' → {arrow.status}' if arrow.status else ''}"
    shown = label if len(label) <= ROOM else f"{label[: ROOM - 1]}…"
    return Markup(
        '<g class="{}"><title>{} {}</title><text x="4" y="{}" class="at">{}</text>'
        '<text x="{}" y="{}" class="label">{}</text><line x1="{}" y1="{}" x2="{}" y2="{}"/>'
        '<polygon points="{},{} {},{} {},{}"/></g>'
    ).format(
        kind, offset(arrow.at), label, y + 4, escape(offset(arrow.at)),
        (start + end) // 2, y - 6, shown, start, y, end - tip, y,
        end, y, end - tip, y - 4, end - tip, y + 4,
    )  # fmt: skip


def _kind(arrow: Arrow) -> str:
    if arrow.missing:
        return "missing"
    return "implied" if arrow.implied else "failed" if arrow.failed else "sent"


def _x(lane: Lifeline) -> int:
    return MARGIN + 30 + GAP * lane
