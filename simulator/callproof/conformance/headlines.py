"""One sentence that names a cause."""

from collections.abc import Sequence

from callproof.conformance.scenario import Verb
from callproof.conformance.symptoms import Symptom
from callproof.conformance.verdict import Looked
from callproof.conformance.wording import bounded, none_of, sentence, thing

LONGEST = 240
# As many methods with the same mistake are counted and not named.
MANY = 3


def headline(best: Symptom, subjects: Sequence[str]) -> str:
    """What is wrong, of the symptom that shows it best; ``subjects`` are what all of them are about."""
    return sentence(bounded(_of(best, subjects), LONGEST))


def of_configuration(text: str) -> str:
    return sentence(bounded(f"The configuration keeps scenarios from being played: {text}", LONGEST))


def _of(best: Symptom, subjects: Sequence[str]) -> str:
    looked = best.check.looked
    case = f" ({best.check.case})" if best.check.case else ""
    if best.check.breaks:
        return f"{thing(best.subject)}: {best.check.problem}"
    if looked is None or not (best.absent or best.counted):
        return f"{_subjects(best.subject, subjects)}{case}: {_difference(best)}"
    wanted = f" with {looked.wanted}" if looked.wanted else ""
    told = f"expected {looked.times}, found {looked.found}"
    if best.never:
        return f"{none_of(best.subject)} in the whole run: {told}{wanted}"
    return f"{thing(best.subject)}{wanted}{case} {_how(best, looked)}: {told}"


def _how(best: Symptom, looked: Looked) -> str:
    """In what the number is wrong."""
    if best.absent:
        return "comes too seldom" if looked.found else "is missing"
    return "is there and must not be" if looked.times == "0" else "comes too often"


def _subjects(own: str, subjects: Sequence[str]) -> str:
    """Of many methods with the same mistake, how many."""
    same = {subject for subject in subjects if subject.split()[:2] == own.split()[:2]}
    more = len(same) - 1
    if more < MANY or own.split()[1:2] == [Verb.KEEPS]:
        return thing(own)
    return f"{thing(own)} and {more} others"


def _difference(best: Symptom) -> str:
    if best.near:
        return "; ".join(best.near[0].differs)
    problem = best.check.problem
    if problem.startswith("/") and best.members:
        # A pointer and what a schema says of it.
        _, _, said = problem.partition(": ")
        member = best.members[0]
        last = member.rpartition(".")[2].removesuffix("[]")
        return f"{member}{said.removeprefix(last)}" if said.startswith(last) else f"{member}: {said}"
    return problem
