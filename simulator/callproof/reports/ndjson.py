"""The run as it goes on: a line of JSON for each check and each scenario, of the form in
``schemas/report-event.json``, written as soon as the scenario is over."""

from contextlib import suppress
from typing import BinaryIO

import orjson

from callproof.conformance.events import Event, RunEnded, RunStarted, ScenarioPlayed
from callproof.contract.jsontypes import JsonObject
from callproof.reports.output import as_json, not_written


class Ndjson:
    """Hears a run and writes lines. Without a last line ``ended`` the program was killed."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._strict = False
        self._failed: OSError | None = None

    def hear(self, event: Event) -> None:
        """Raises NotWritten at the end of a run, which nothing that is written about it may stop."""
        if self._failed is None:
            try:
                self._hear(event)
            except OSError as error:
                self._failed = error
                with suppress(OSError):
                    self._out.close()
        if self._failed is not None and isinstance(event, RunEnded):
            raise not_written(self._out.name, self._failed)

    def _hear(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._strict = event.strict
                self._write(_started(event))
            case ScenarioPlayed():
                for line in _played(event, strict=self._strict):
                    self._write(line)
            case RunEnded():
                self._write(_ended(event))
                self._out.close()
        if not self._out.closed:
            self._out.flush()

    def _write(self, line: JsonObject) -> None:
        self._out.write(as_json(line, orjson.OPT_APPEND_NEWLINE))


def _started(event: RunStarted) -> JsonObject:
    return {
        "event": "started",
        "callproof": event.version,
        "ruleset": event.ruleset,
        "seed": event.seed,
        "strict": event.strict,
        "target": event.target.value if event.target else None,
    }


def _played(event: ScenarioPlayed, *, strict: bool) -> list[JsonObject]:
    result = event.result
    lines: list[JsonObject] = [
        {
            "event": "check",
            "scenario": result.id,
            "requirement": check.requirement,
            "outcome": check.outcome(strict=strict).value,
            "where": check.where,
            "what": check.what,
            "problem": check.problem,
            "exchanges": list(check.exchanges),
        }
        for check in result.checks
    ]
    ending: JsonObject = {
        "event": "scenario",
        "id": result.id,
        "title": result.title,
        "file": result.file,
        "outcome": event.outcome.value,
        "broken": result.broken,
        "brokenBy": event.cause,
        "checks": len(result.checks),
    }
    return [*lines, ending]


def _ended(event: RunEnded) -> JsonObject:
    verdict = event.verdict
    return {
        "event": "ended",
        "conformant": verdict.conformant,
        "stopped": verdict.stopped,
        "tooFew": verdict.too_few,
        "scenarios": len(verdict.scenarios),
        "scenariosFailed": len(verdict.failed),
        "requirements": {outcome.value: count for outcome, count in verdict.counts.items()},
        "notLookedAt": len(verdict.untested),
    }
