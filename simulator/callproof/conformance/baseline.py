"""Failures that are known and put up with for now: a new one is red, and so is an entry that is stale.

An entry names the scenario, the requirement and the step in words, because lines move. What is judged in
every message has the step ``every message``, a scenario that breaks off the requirement ``broken``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from msgspec import structs

from callproof import kinds
from callproof.conformance.verdict import Check, Outcome, ScenarioResult, Verdict
from callproof.contract.schemas import load
from callproof.files.yamlfile import Document

BROKEN, EVERY_MESSAGE = "broken", "every message"
_HEAD = "# Known failures: callproof check --baseline FILE is red for any other, and for stale entries.\n"


@dataclass(frozen=True)
class KnownFailure:
    """One entry; ``where`` is its file:line."""

    scenario: str
    requirement: str
    step: str = ""
    where: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.scenario, self.requirement, self.step

    def __str__(self) -> str:
        return " ".join(part for part in self.key if part)


class Baseline:
    """The entries of a file, held against results."""

    def __init__(self, entries: Iterable[KnownFailure] = ()) -> None:
        self._entries = {entry.key: entry for entry in entries}

    def marked(self, result: ScenarioResult) -> ScenarioResult:
        """The same result, with the known failures marked as such."""
        if not self._entries:
            return result
        broken = bool(result.broken) and (result.id, BROKEN, "") in self._entries
        checks = [
            # What answers for a scenario that breaks off is known with it.
            structs.replace(check, known=broken if check.breaks else self._knows(result, check))
            for check in result.checks
        ]
        return replace(result, checks=checks, known=broken)

    def _knows(self, result: ScenarioResult, check: Check) -> bool:
        return bool(check.problem) and _key(result, check) in self._entries

    def stale(self, results: Iterable[ScenarioResult]) -> list[str]:
        """Entries of scenarios that were played, and that nothing fails for any more."""
        played: set[str] = set()
        failing: set[tuple[str, str, str]] = set()
        for result in results:
            played.add(result.id)
            failing.update(_key(result, check) for check in result.checks if check.problem)
            if result.broken:
                failing.add((result.id, BROKEN, ""))
        return [
            f"{entry.where}: {entry} holds by now; remove the entry"
            for entry in self._entries.values()
            if entry.scenario in played and entry.key not in failing
        ]


def load_baseline(file: str) -> Baseline:
    """Raises FileError, which names the line, for anything wrong in the file."""
    document = Document(Path(file))
    document.demand(load("baseline"), document.data)
    entries = kinds.convert(document.data, dict[str, list[KnownFailure]])["known"]
    return Baseline(
        replace(entry, where=f"{file}:{document.line(('known', place))}")
        for place, entry in enumerate(entries)
    )


def written(verdict: Verdict) -> bytes:
    """A file with every failure of this run."""
    entries = [
        {"scenario": scenario, "requirement": requirement} | ({"step": step} if step else {})
        for scenario, requirement, step in dict.fromkeys(_failures(verdict))
    ]
    text = yaml.safe_dump({"known": entries}, sort_keys=False, allow_unicode=True, width=120)
    return (_HEAD + text).encode()


def _failures(verdict: Verdict) -> Iterator[tuple[str, str, str]]:
    for result in verdict.scenarios:
        if result.broken:
            yield result.id, BROKEN, ""
        for check in result.checks:
            if check.breaks:
                continue
            if check.problem and check.outcome(strict=verdict.strict) in (Outcome.FAILED, Outcome.KNOWN):
                yield _key(result, check)


def _key(result: ScenarioResult, check: Check) -> tuple[str, str, str]:
    step = EVERY_MESSAGE if check.where == result.file else check.what
    return result.id, check.requirement, step
