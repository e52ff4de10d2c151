"""The verdict as JSON, of the form in ``schemas/report.json``: no times, no ports, so that the same
seed on the manual clock gives the same bytes."""

import orjson

from callproof import __version__
from callproof.conformance.verdict import Check, RequirementResult, ScenarioResult, Verdict
from callproof.contract.jsontypes import JsonObject


def write(verdict: Verdict) -> bytes:
    document: JsonObject = {
        "callproof": __version__,
        "ruleset": verdict.ruleset,
        "seed": verdict.seed,
        "strict": verdict.strict,
        "target": verdict.target.value if verdict.target else None,
        "conformant": verdict.conformant,
        "stopped": verdict.stopped,
        "tooFew": verdict.too_few,
        "undecided": [*verdict.undecided],
        "requirements": [_requirement(result) for result in verdict.requirements],
        "notLookedAt": [row.id for row in verdict.untested],
        "leftOut": [{"scenario": scenario, "absent": absent} for scenario, absent in verdict.left_out],
        "created": list(verdict.created),
        "stale": list(verdict.stale),
        "scenarios": [_scenario(verdict, scenario) for scenario in verdict.scenarios],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _requirement(result: RequirementResult) -> JsonObject:
    row = result.requirement
    return {
        "id": row.id,
        "side": row.side.value,
        "level": row.level.value,
        "evidence": row.evidence.value,
        "chapter": row.chapter,
        "source": row.source,
        "text": row.text,
        "outcome": result.outcome.value,
        "passed": result.passed,
        "problems": [{"scenario": scenario, **_problem(check)} for scenario, check in result.problems],
    }


def _scenario(verdict: Verdict, result: ScenarioResult) -> JsonObject:
    return {
        "id": result.id,
        "title": result.title,
        "rule": result.rule,
        "file": result.file,
        "outcome": verdict.outcome_of(result).value,
        "broken": result.broken,
        "brokenBy": verdict.cause(result) if result.broken else "",
        "checks": [
            {
                "requirement": check.requirement,
                "outcome": verdict.outcome(check).value,
                **_problem(check),
                "exchanges": list(check.exchanges),
            }
            for check in result.checks
        ],
    }


def _problem(check: Check) -> JsonObject:
    return {"where": check.where, "what": check.what, "problem": check.problem}
