"""Curves over the time of a run as SVG, without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup

# In pixels: the picture, and the margins left of and below the curves.
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 1080, 250, 62, 30, 12, 12
LINES = 5


@dataclass(frozen=True)
class Series:
    """``values`` are (seconds, value); None leaves a gap. ``kind`` is a class of the page's style."""

    name: str
    kind: str
    values: Sequence[tuple[float, float | None]]
    filled: bool = False


def draw(title: str, unit: str, series: Sequence[Series], seconds: float) -> Markup:
    """The picture with its axes; the greatest value fits below the top line."""
    most = max((v for one in series for _, v in one.values if v is not None), default=0.0)
    step = nice(most / LINES)
    top = step * max(1, -int(-most // step)) if most else step
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            WIDTH, HEIGHT, title
        )
    ]
    for line in range(round(top / step) + 1):
        y = _y(line * step, top)
        parts.append(
            Markup(
                '<line x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}" class="grid"/>'
                '<text x="{}" y="{:.1f}" class="axis end">{}</text>'
            ).format(LEFT, y, WIDTH - RIGHT, y, LEFT - 8, y + 4, f"{line * step:g}")
        )
    parts.append(Markup('<text x="{}" y="{}" class="axis">{}</text>').format(LEFT + 4, TOP + 10, unit))
    parts += _times(seconds)
    parts += [_curve(one, seconds, top) for one in series]
    return Markup("").join([*parts, Markup("</svg>")])


def nice(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is not below it; 1 for nothing."""
    if least <= 0:
        return 1.0
    power = 10.0 ** floor(log10(least))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= least * (1 - 1e-9))


def _times(seconds: float) -> list[Markup]:
    step = nice(seconds / 8)
    return [
        Markup('<text x="{:.1f}" y="{}" class="axis mid">{}</text>').format(
            _x(mark * step, seconds), HEIGHT - 8, f"{mark * step:g} s"
        )
        for mark in range(int(seconds / step) + 1)
    ]


def _curve(one: Series, seconds: float, top: float) -> Markup:
    """One line for each stretch without a gap; a stretch of one point is a short line."""
    found = Markup("")
    for stretch in _stretches(one.values):
        points = [(_x(at, seconds), _y(value, top)) for at, value in stretch]
        if len(points) == 1:
            (x, y) = points[0]
            points = [(x - 2, y), (x + 2, y)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        if one.filled:
            floor_ = _y(0, top)
            area = f"{points[0][0]:.1f},{floor_:.1f} {path} {points[-1][0]:.1f},{floor_:.1f}"
            found += Markup('<polygon points="{}" class="{} area"/>').format(area, one.kind)
        found += Markup('<polyline points="{}" class="{}"/>').format(path, one.kind)
    return found


def _stretches(values: Sequence[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    found: list[list[tuple[float, float]]] = [[]]
    for at, value in values:
        if value is None:
            found.append([])
        else:
            found[-1].append((at, value))
    return [stretch for stretch in found if stretch]


def _x(at: float, seconds: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (at / seconds if seconds else 0.0)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top
