from callproof.clocks.manual import ManualClock
from callproof.conformance.evidence import Seen
from callproof.conformance.findings import RootCause
from callproof.conformance.scenario import Scenario
from callproof.conformance.target import Target
from callproof.conformance.verdict import Check, Outcome, Verdict
from callproof.contract.findings import Finding
from callproof.contract.operations import Side
from callproof.contract.payloads import Payload
from callproof.contract.schemas import Violation
from callproof.control.client import ActionRefused, Unreachable
from callproof.errors import CallproofError, Misuse, OutOfReach, Refusal, UnknownName
from callproof.face.apps import crm_app, pbx_app
from callproof.face.crm import RunningCrm
from callproof.face.ends import Pair, start_crm, start_pair, start_pbx
from callproof.face.messages import judge, read_journal
from callproof.face.payloads import validate
from callproof.face.pbx import RunningPbx
from callproof.face.playing import Callproof
from callproof.face.verdicts import explain, find_scenarios, findings, load_target, play, problems
from callproof.files.yamlfile import FileError

__version__: str

__all__ = [
    "ActionRefused",
    "Callproof",
    "CallproofError",
    "Check",
    "FileError",
    "Finding",
    "ManualClock",
    "Misuse",
    "OutOfReach",
    "Outcome",
    "Pair",
    "Payload",
    "Refusal",
    "RootCause",
    "RunningCrm",
    "RunningPbx",
    "Scenario",
    "Seen",
    "Side",
    "Target",
    "UnknownName",
    "Unreachable",
    "Verdict",
    "Violation",
    "__version__",
    "crm_app",
    "explain",
    "find_scenarios",
    "findings",
    "judge",
    "load_target",
    "pbx_app",
    "play",
    "problems",
    "read_journal",
    "start_crm",
    "start_pair",
    "start_pbx",
    "validate",
]
