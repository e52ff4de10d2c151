"""A session, or one call of it, as a scenario file to keep."""

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from callproof.bench.session import kept_calls, written
from callproof.bench.workplace import Workplace, said
from callproof.control.client import ActionRefused, Unreachable
from callproof.errors import CallproofError, Misuse
from callproof.files.yamlfile import FileError


def add_saving(workplace: Workplace) -> None:
    """``/bench/session.yaml``, of everything or of one ``call`` by its id."""

    def session() -> "AnyResponse":
        wanted = request.args.get("call", "")
        try:
            text = _text(workplace, wanted)
        except (CallproofError, ActionRefused, Unreachable, FileError) as error:
            return said("/bench", str(error))
        answer = Response(text, mimetype="application/yaml")
        answer.headers["Content-Disposition"] = 'attachment; filename="session.yaml"'
        return answer

    workplace.site.page("/bench/session.yaml", session)


def _text(workplace: Workplace, wanted: str) -> str:
    """Raises Misuse where there is nothing to tell, and FileError for what no scenario can say."""
    ends = [end for end in (workplace.own, workplace.other) if end]
    pbx = next((end for end in ends if end.side == "pbx"), None)
    if pbx is None:
        raise Misuse("What was done is kept by the virtual PBX, which is not known here.")
    of_side = {workplace.own.side: workplace.seen()}
    of_side[workplace.own.side.other] = workplace.seen_beside()
    calls = [call for call in kept_calls(pbx) if not wanted or call.id == wanted]
    # Of one call nothing else is told.
    crm, heard = of_side[pbx.side.other], [] if wanted else of_side[pbx.side]
    if wanted:
        crm = [seen for seen in crm if seen.is_of("make-call")]
    key, title = workplace.site.about().key, "A call by hand" if wanted else "A session by hand"
    found = written(workplace.lines(both=True), crm, heard, calls, key=key, title=title)
    if not found.steps:
        raise Misuse("Nothing was done yet that a scenario could say.")
    found.scenario("session", "session.yaml")
    return found.text()
