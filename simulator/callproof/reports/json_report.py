"""The verdict as JSON, of the form in ``schemas/report.json``: no times, no ports, so that the same
seed on the manual clock gives the same bytes."""

import orjson

from callproof import __version__
from callproof.conformance.findings import RootCause, findings
from callproof.conformance.verdict import Check, RequirementResult, ScenarioResult, Verdict
from callproof.contract.jsontypes import JsonObject
from callproof.reports.finding_words import sent
from callproof.reports.output import as_json


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
        "findings": [_finding(finding) for finding in findings(verdict)],
        "requirements": [_requirement(result) for result in verdict.requirements],
        "notLookedAt": [row.id for row in verdict.untested],
        "leftOut": [{"scenario": scenario, "absent": absent} for scenario, absent in verdict.left_out],
        "created": list(verdict.created),
        "stale": list(verdict.stale),
        "scenarios": [_scenario(verdict, scenario) for scenario in verdict.scenarios],
    }
    return as_json(document, orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _finding(finding: RootCause) -> JsonObject:
    row = finding.row
    return {
        "headline": finding.headline,
        "outcome": finding.outcome.value,
        "requirement": row.id if row else "",
        "demanded": row.text if row else "",
        "remedy": finding.remedy,
        "rows": [{"id": touched.row.id, "outcome": touched.outcome.value} for touched in finding.rows],
        "problems": list(finding.problems),
        "because": finding.because,
        "missed": finding.missed,
        "near": list(finding.near),
        "where": finding.where,
        "scenarios": list(finding.scenarios),
        "exchange": finding.exchange.ref if finding.exchange else "",
        "curl": sent(finding),
        "broke": list(finding.broke),
        "undecided": list(finding.undecided),
    }


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
        "passed": result.held,
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
