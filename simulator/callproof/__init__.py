"""callproof: a local testbed for telephony integrations with the RetailCRM/Simla contract (API v5).

For tests only.

What ``__all__`` names is what a program may rely on; docs/python.md shows every name. So are the attributes
and methods of what these functions return, as far as the pages in ``docs`` describe them. Everything else,
every module below this one included, is internal and may change with any version.

A name is imported when it is used for the first time: ``import callproof`` costs next to nothing.
"""

__version__ = "0.2.0"

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

# The same for type checkers is in ``__init__.pyi``.
_HOMES = {
    "callproof.clocks.manual": ("ManualClock",),
    "callproof.conformance.evidence": ("Seen",),
    "callproof.conformance.findings": ("RootCause",),
    "callproof.conformance.scenario": ("Scenario",),
    "callproof.conformance.target": ("Target",),
    "callproof.conformance.verdict": ("Check", "Outcome", "Verdict"),
    "callproof.contract.findings": ("Finding",),
    "callproof.contract.operations": ("Side",),
    "callproof.contract.payloads": ("Payload",),
    "callproof.contract.schemas": ("Violation",),
    "callproof.control.client": ("ActionRefused", "Unreachable"),
    "callproof.errors": ("CallproofError", "Misuse", "OutOfReach", "Refusal", "UnknownName"),
    "callproof.face.apps": ("crm_app", "pbx_app"),
    "callproof.face.crm": ("RunningCrm",),
    "callproof.face.ends": ("Pair", "start_crm", "start_pair", "start_pbx"),
    "callproof.face.messages": ("judge", "read_journal"),
    "callproof.face.payloads": ("validate",),
    "callproof.face.pbx": ("RunningPbx",),
    "callproof.face.playing": ("Callproof",),
    "callproof.face.verdicts": (
        "explain",
        "find_scenarios",
        "findings",
        "load_target",
        "play",
        "problems",
    ),
    "callproof.files.yamlfile": ("FileError",),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            from callproof.files.real import real_files

            with real_files():
                found = getattr(import_module(module), name)
            # The next look finds it without coming here.
            globals()[name] = found
            return found
    raise AttributeError(f"module 'callproof' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
