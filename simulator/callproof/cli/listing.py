"""``callproof check --list``: what would be played, what would be left out, and how long it would take."""

from collections.abc import Sequence

from callproof.cli.common import echo
from callproof.conformance.estimating import estimate, side_by_side
from callproof.conformance.scenario import Scenario
from callproof.conformance.selection import LeftOut
from callproof.contract.printing import printable

NOTHING = "nothing of it is asked of this side, or it breaks this side on purpose"


def show(
    scenarios: Sequence[Scenario],
    left_out: Sequence[LeftOut],
    *,
    real: bool,
    instances: int = 1,
    patience: float = 0.0,
) -> None:
    """A line for each scenario, then a summary. Time is waited for where it is ``real``, on so many
    ``instances`` of the side at once; ``patience`` is how many seconds there are for what the side does by
    itself."""
    every = [estimate(scenario) for scenario in scenarios]
    for scenario, needed in zip(scenarios, every, strict=True):
        echo(printable(f"play {scenario.id}: {scenario.title}{f' ({needed})' if real else ''}"))
    for found in left_out:
        why = f"{found.why} is absent" if found.why else NOTHING
        echo(printable(f"leave out {found.scenario}: {why}"))
    echo(f"{len(scenarios)} to be played, {len(left_out)} left out")
    if real:
        whole = side_by_side(every, instances)
        echo(
            f"In real time {whole}: from a side that does everything at once to one that does all of it as"
            " late as it may. With a test clock (the stimulus 'pass time') it takes seconds."
        )
    elif patience:
        echo(
            "Scenarios wait on callproof's own clock, which is moved. Only for what your side does not do"
            f" at once up to {patience:g} s pass each time (patience), so a run with failures takes longer."
        )
    else:
        echo("No time is waited for: on a clock that is moved all of it takes seconds.")
