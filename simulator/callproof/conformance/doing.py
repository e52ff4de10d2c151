"""What a step is, in words, for whoever watches it being taken."""

from callproof.conformance.events import Doing
from callproof.conformance.scenario import (
    Break,
    Do,
    Expect,
    Leap,
    Repeat,
    Send,
    Step,
    Together,
    Wait,
    seconds,
)


def doing(step: Step, *, real: bool) -> Doing:
    """Where time is ``real`` a wait says how long it is."""
    match step:
        case Do():
            return Doing(step.action)
        case Send():
            return Doing(f"{step.method} {step.path}")
        case Break():
            return Doing(f"the fault {step.fault}")
        case Expect():
            return Doing(f"looking whether {step}")
        case Wait():
            return Doing("letting time pass", seconds(step.length, manual=False) if real else 0.0)
        case Leap():
            return Doing("letting time leap")
        case Repeat():
            return Doing(f"the same {step.count} times")
        case Together():
            return Doing("several things at once")
