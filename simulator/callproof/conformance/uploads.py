"""The calls of a PBX's uploads, each as it is told in the end: the link of a recording may come later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from callproof.conformance.evidence import Seen
from callproof.contract.jsontypes import Json, reached

UPLOAD = "calls-upload"
_LINK = "recordUrl"


@dataclass
class Row:
    """A call, in the upload that told it first."""

    value: Json
    seen: Seen


@dataclass
class Uploads:
    """``late`` are the ids of the requests that only brought links of calls that were told before."""

    rows: list[Row] = field(default_factory=list)
    late: set[int] = field(default_factory=set)


def uploads(journal: Iterable[Seen]) -> Uploads:
    """What a PBX uploaded, without the requests that the bench sent in its name."""
    found = Uploads()
    known: dict[str, Row] = {}
    for seen in journal:
        if not seen.is_of(UPLOAD) or seen.by_bench or not isinstance(seen.params, list):
            continue
        # What was not taken is told again as a whole.
        by_id = known if seen.taken else dict(known)
        before = len(found.rows)
        for value in seen.params:
            if not _is_link(value, by_id):
                found.rows.append(Row(value, seen))
                by_id[str(reached(value, "externalId"))] = found.rows[-1]
        if seen.params and len(found.rows) == before:
            found.late.add(seen.id)
    return found


def _is_link(value: Json, known: Mapping[str, Row]) -> bool:
    """Whether a call that was taken before is told again for its link alone, which it has from now on."""
    row = known.get(str(reached(value, "externalId")))
    if row is None or not is_link_alone(value, row.value):
        return False
    row.value = value
    return True


def is_link_alone(later: Json, first: Json) -> bool:
    """Whether a call that is told again has a link, or another one, and is otherwise as it was."""
    if not isinstance(later, Mapping) or not isinstance(first, Mapping):
        return False
    link = later.get(_LINK)
    return isinstance(link, str) and later != first and later == {**first, _LINK: link}
