"""Scenarios from a program: play them and read the verdict."""

from contextlib import closing
from pathlib import Path

from callproof.conformance.verdict import Outcome, Verdict
from callproof.crm.account import DEFAULT_SEED
from callproof.face import words
from callproof.face.playing import Callproof, Setup, Stage, usable_target


def play(*wanted: str, target: str | Path = "", seed: int = DEFAULT_SEED, strict: bool = False) -> Verdict:
    """Play scenarios and judge a side; ``conformant`` of the verdict is the short answer.

    ``wanted`` are ids of scenarios, their beginnings, files or folders; all shipped ones by default.
    ``target`` is a ``callproof.yaml``, which says how to reach the side under test; without it both ends
    are callproof's own. ``strict`` raises the severity of every row by one.

    Raises UnknownName for a scenario that does not exist, FileError for a broken file, Unreachable when
    the side under test does not answer, and ActionRefused when it refuses to be prepared or cleaned up.
    """
    setup = Setup(usable_target(str(target)) if target else None, seed, strict)
    with closing(Stage(setup)) as stage:
        return Callproof(stage).check(*wanted)


def problems(verdict: Verdict) -> str:
    """What is wrong, scenario by scenario and row by row, warnings and notes too; "" when nothing is."""
    return words.problems(verdict, verdict.scenarios, Outcome.NOTED)
