"""A session, or one call of it, as a scenario file to keep."""

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from callproof.bench.retelling import CallKept
from callproof.bench.session import kept_calls, written
from callproof.bench.workplace import Workplace, said
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, Unreachable
from callproof.errors import CallproofError, Misuse
from callproof.files.yamlfile import FileError


def add_saving(workplace: Workplace) -> None:
    """``/bench/session.yaml``, of everything or of one ``call`` by its id. Where there is nothing to save,
    a browser is shown why on the page; anybody else is told in text, with 404."""

    def session() -> "AnyResponse":
        wanted = request.args.get("call", "")
        try:
            text = _text(workplace, wanted)
        except (CallproofError, ActionRefused, Unreachable, FileError) as error:
            if "text/html" in request.headers.get("Accept", ""):
                return said("/bench", str(error))
            return Response(f"{error}\n", 404, mimetype="text/plain")
        answer = Response(text, mimetype="application/yaml")
        answer.headers["Content-Disposition"] = 'attachment; filename="session.yaml"'
        return answer

    workplace.site.page("/bench/session.yaml", session)


def _text(workplace: Workplace, wanted: str) -> str:
    """Raises Misuse where there is nothing to tell, and FileError for what no scenario can say."""
    of_side = {workplace.own.side: workplace.seen()}
    of_side[workplace.own.side.other] = workplace.seen_beside()
    crm, heard = of_side[Side.CRM], of_side[Side.PBX]
    lines = workplace.lines(both=True)
    calls = [call for call in _kept(workplace) if not wanted or call.id == wanted]
    if wanted:
        # Of one call nothing else is told; one that the virtual PBX does not keep is what was sent of it.
        of_call = [] if calls else [line for line in lines if line.ladder and line.ladder.call == wanted]
        sent = [id(exhibit.exchange) for line in of_call for exhibit in line.exhibits]
        crm = [seen for seen in crm if (seen.is_of("make-call") if calls else id(seen) in sent)]
        heard = []
    key, title = workplace.site.about().key, "A call by hand" if wanted else "A session by hand"
    found = written(lines, crm, heard, calls, key=key, title=title)
    if not found.steps:
        raise Misuse(" ".join(["Nothing was done yet that a scenario could say.", *found.notes]))
    found.scenario("session", "session.yaml")
    return found.text()


def _kept(workplace: Workplace) -> list[CallKept]:
    """None of a PBX that is not known here or is somebody else's: what it sent is in the CRM's journal."""
    if workplace.own.side is Side.PBX:
        return kept_calls(workplace.own)
    try:
        return kept_calls(workplace.other) if workplace.other else []
    except (ActionRefused, Unreachable):
        return []
