"""Scenarios from a program: play them and read the verdict."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from callproof.conformance import loading
from callproof.conformance.findings import findings
from callproof.conformance.scenario import Scenario
from callproof.conformance.target import Target
from callproof.conformance.verdict import Outcome, Verdict
from callproof.crm.account import DEFAULT_SEED
from callproof.face import words
from callproof.face.playing import Callproof, Setup, Stage, target_of, usable_target
from callproof.face.words import explain

__all__ = ["explain", "find_scenarios", "findings", "load_target", "play", "problems"]


def play(
    *wanted: str | Scenario,
    target: str | Path | Target = "",
    seed: int = DEFAULT_SEED,
    strict: bool = False,
) -> Verdict:
    """Play scenarios and judge a side; ``conformant`` of the verdict is the short answer.

    ``wanted`` are scenarios, ids of scenarios, their beginnings, files or folders; all shipped ones by
    default. ``target`` is a ``callproof.yaml``, or what ``load_target`` read of it, which says how to reach
    the side under test; without it both ends are callproof's own. ``strict`` raises the severity of every
    row by one.

    Raises UnknownName for a scenario that does not exist, FileError for a broken file, Unreachable when
    the side under test does not answer, and ActionRefused when it refuses to be prepared or cleaned up.
    """
    setup = Setup(target_of(target), seed, strict)
    with closing(Stage(setup)) as stage:
        return Callproof(stage).check(*wanted)


def load_target(file: str | Path) -> Target:
    """A side under test, as its ``callproof.yaml`` says: ``side``, ``url``, ``account``, ``stimuli``,
    ``views``, ``absent``. Raises FileError, which names the line, for anything wrong in the file."""
    return usable_target(str(file))


def find_scenarios(*wanted: str) -> Sequence[Scenario]:
    """The shipped scenarios, or those that the arguments name: ``id``, ``title``, ``rule``, ``file``.

    Raises UnknownName for an argument that names nothing and FileError for a broken file.
    """
    return loading.find(wanted)


def problems(verdict: Verdict) -> str:
    """What is wrong, scenario by scenario and row by row, warnings and notes too; "" when nothing is."""
    return words.problems(verdict, verdict.scenarios, Outcome.NOTED)
