"""A load run as JUnit XML: a case for each threshold, and one for the validity of the run."""

from callproof.load.results import JudgedThreshold, Results
from callproof.reports.junit_xml import JunitCase, JunitFailure, JunitSuite, document

GROUP = "load"


def write(found: Results) -> bytes:
    """The document as UTF-8."""
    invalid = JunitFailure(found.invalid[0], "\n".join(found.invalid)) if found.invalid else None
    cases = [
        *map(_case, found.judged),
        JunitCase(GROUP, "the run is valid", invalid, output="\n".join(found.warnings)),
    ]
    return document("callproof load", [JunitSuite(f"load {found.job.model}", cases)])


def _case(judged: JudgedThreshold) -> JunitCase:
    broken = None if judged.kept else JunitFailure(f"{judged.threshold.metric}: {judged.told}")
    return JunitCase(GROUP, str(judged.threshold), broken, output=judged.told)
