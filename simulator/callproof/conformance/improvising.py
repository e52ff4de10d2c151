"""Scenarios whose steps are made up while they are played."""

from collections.abc import Iterator
from typing import Protocol

from callproof.conformance.filling import Names
from callproof.conformance.scenario import Step


class Improviser(Protocol):
    """Whoever makes them up."""

    def steps(self, names: Names) -> Iterator[Step]:
        """The next step is asked for when the one before is done; ``names`` are those given until then."""

    def refused(self, step: Step, why: str) -> None:
        """Nobody did this step, and the scenario goes on without it."""
