"""How long a scenario takes in real time, read from what it waits for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callproof.conformance.playing import AFTERMATH
from callproof.conformance.scenario import Expect, Repeat, Scenario, Step, Together, Wait, seconds


@dataclass(frozen=True)
class Estimate:
    """In seconds: with a side that does everything at once, and with one that lets everything be waited
    for as long as it may take."""

    least: float = 0.0
    most: float = 0.0

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.least + other.least, self.most + other.most)

    def __str__(self) -> str:
        least, most = spoken(self.least), spoken(self.most)
        return least if least == most else f"{least} to {most}"


def estimate(scenario: Scenario) -> Estimate:
    """For ends whose time cannot be moved; on a clock that can be, it takes next to nothing."""
    return _of(scenario.steps) + Estimate(AFTERMATH, AFTERMATH)


def side_by_side(every: Sequence[Estimate], instances: int) -> Estimate:
    """Of several that are shared out among so many instances: no less than the longest one."""
    least, most = [found.least for found in every], [found.most for found in every]
    return Estimate(max([sum(least) / instances, *least]), max([sum(most) / instances, *most]))


def spoken(seconds: float) -> str:
    """As a person says it."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _of(steps: Iterable[Step]) -> Estimate:
    return sum((_of_step(step) for step in steps), Estimate())


def _of_step(step: Step) -> Estimate:
    match step:
        case Wait():
            length = seconds(step.length, manual=False)
            return Estimate(length, length)
        case Expect():
            # What must not come is not waited for.
            return Estimate(0, step.within if step.least else 0)
        case Repeat():
            once = _of(step.steps)
            return Estimate(step.count * once.least, step.count * once.most)
        case Together():
            return _of(step.steps)
        case _:
            return Estimate()
