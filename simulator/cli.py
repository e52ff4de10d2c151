"""The command ``callproof``: every option can also be set as ``CALLPROOF_<OPTION>``.

Exit codes: 0 conformant or done, 1 not conformant or refused, 2 usage or configuration, 3 the bench or
the other end could not be reached.
"""

import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import orjson

from simulator import __version__
from simulator.bench.ends import ActionRefused, End, Ends, Unreachable
from simulator.bench.seed import DEFAULT_SEED
from simulator.bench.yamlfile import FileError
from simulator.conformance import loading, runner
from simulator.conformance.reports import terminal
from simulator.conformance.reports.json_report import write as write_json
from simulator.conformance.reports.junit import write as write_junit
from simulator.conformance.verdict import ScenarioResult, Verdict
from simulator.contract import coerce, schemas
from simulator.contract.findings import printable, sentence
from simulator.contract.jsontypes import Json, JsonObject
from simulator.contract.operations import BY_NAME, Side
from simulator.contract.requirements import all_requirements
from simulator.serving import PortTaken, ServeOptions, built_in, serve_until_stopped
from simulator.storage.database import StorageError

NOT_CONFORMANT, USAGE, UNREACHABLE = 1, 2, 3
CRM_URL, PBX_URL = "http://127.0.0.1:8080", "http://127.0.0.1:8081"

F = TypeVar("F", bound=Callable[..., object])


def option(name: str, *names: str, **attributes: Any) -> Callable[[F], F]:
    """A click option with its environment variable."""
    variable = f"CALLPROOF_{name.removeprefix('--').upper().replace('-', '_')}"
    return click.option(name, *names, envvar=variable, show_envvar=True, **attributes)


def known_zone(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    """A time zone of the IANA database, or a usage error."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.BadParameter(f"there is no time zone {name!r}; try Europe/Moscow") from None
    return name


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="callproof")
def main() -> None:
    """A local testbed for telephony integrations with the RetailCRM/Simla contract (API v5).

    For tests only: it plays the CRM and the virtual PBX, and says whether a side keeps the contract.
    """


@main.command()
@option("--only", type=click.Choice(["crm", "pbx"]), help="Start one end alone.")
@option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@option(
    "--crm-port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@option(
    "--pbx-port", default=8081, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@option(
    "--crm-url", default="", help="The CRM that the virtual PBX talks to; by default the one started here."
)
@option("--db", default="sqlite://", show_default=True, help="Where state is kept; the default is memory.")
@option(
    "--seed", default=DEFAULT_SEED, show_default=True, type=int, help="Makes customers, calls and the key."
)
@option("--api-key", default="", help="The CRM's API key; by default one made from the seed.")
@option("--strict", is_flag=True, help="Refuse what the real CRM is thought to refuse.")
@option(
    "--clock",
    type=click.Choice(["real", "manual"]),
    default="real",
    show_default=True,
    help="A manual clock moves only by POST /_bench/clock.",
)
@option("--country", default="RU", show_default=True, help="Whose numbering plan reads national numbers.")
@option(
    "--timezone",
    default="UTC",
    show_default=True,
    callback=known_zone,
    help="The account's time zone, in which dates are written.",
)
@option("--budget-general", type=click.IntRange(0), help="Requests a second of a key; the real one has 10.")
@option("--budget-telephony", type=click.IntRange(0), help="The same for telephony; the real one has 40.")
@option(
    "--budget-status",
    type=click.Choice(["503", "429"]),
    default="503",
    show_default=True,
    help="What a request beyond the budget is answered.",
)
@option("--register", is_flag=True, help="Register the virtual PBX with the CRM at the start.")
@option(
    "--upload-every",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Period of history uploads; 0 uploads after each call.",
)
@option(
    "--allow-host", multiple=True, metavar="HOST", help="A host beside this machine that may be called."
)
@option("--control-token", default="", help="Demand this token from users of the control API.")
@option("--verbose", is_flag=True, help="Log every exchange, not only what was found about it.")
def serve(**options: Any) -> None:
    """Start the CRM and the virtual PBX and serve until stopped."""
    options["allow_host"] = tuple(options["allow_host"])
    logging.basicConfig(
        format="%(levelname)s %(message)s",
        level=logging.INFO if options.pop("verbose") else logging.WARNING,
    )
    options["budget_status"] = int(options["budget_status"])
    try:
        serve_until_stopped(ServeOptions(**options), click.echo)
    except (PortTaken, StorageError) as error:
        _stop(str(error), USAGE)


@main.command()
@click.argument("wanted", nargs=-1, metavar="[PATH-OR-ID]...")
@option(
    "--seed", default=DEFAULT_SEED, show_default=True, type=int, help="The same seed gives the same report."
)
@option("--strict", is_flag=True, help="Raise the severity of every row by one.")
@option("--crm-url", default="", help="A running callproof CRM to judge, instead of a built-in pair.")
@option("--pbx-url", default="", help="A running callproof PBX that talks to it.")
@option("--api-key", default="", help="The API key of that CRM.")
@option("--control-token", default="", help="The token of its control API.")
@option(
    "--json",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the report as JSON.",
)
@option("--junit", type=click.Path(dir_okay=False, writable=True), metavar="FILE", help="Write JUnit XML.")
def check(
    wanted: tuple[str, ...],
    seed: int,
    strict: bool,
    crm_url: str,
    pbx_url: str,
    api_key: str,
    control_token: str,
    json: str | None,
    junit: str | None,
) -> None:
    """Play scenarios and judge both ends, requirement by requirement.

    Without arguments all scenarios are played, on built-in ends with a manual clock.
    """
    if bool(crm_url) != bool(pbx_url) or bool(crm_url) != bool(api_key):
        _stop("--crm-url, --pbx-url and --api-key belong together.", USAGE)
    try:
        scenarios = loading.find(wanted)
    except (FileError, LookupError) as error:
        _stop(str(error.args[0]), USAGE)
    out = terminal.console()
    verdict = Verdict([], seed, strict)

    def show(result: ScenarioResult) -> None:
        verdict.scenarios.append(result)
        terminal.scenario(out, result, verdict.outcome_of(result))

    try:
        with ExitStack() as stack:
            if not crm_url:
                pair = stack.enter_context(built_in(seed))
                crm_url, pbx_url, api_key = pair.crm_url, pair.pbx_url, pair.api_key
            ends = Ends(crm_url, pbx_url, api_key, control_token)
            stack.callback(ends.close)
            runner.run(scenarios, ends, show)
    except (Unreachable, PortTaken) as error:
        _stop(str(error), UNREACHABLE)
    terminal.table(out, verdict)
    _write(json, write_json, verdict)
    _write(junit, write_junit, verdict)
    terminal.summary(out, verdict)
    sys.exit(0 if verdict.conformant else NOT_CONFORMANT)


@main.command()
@option("--side", type=click.Choice(["crm", "pbx"]), help="Only the rows that bind this side.")
def requirements(side: str | None) -> None:
    """List what the contract demands, row by row."""
    for row in all_requirements().values():
        if side in (None, row.side.value):
            fate = f" (excluded: {row.excluded})" if row.excluded else ""
            click.echo(f"{row.id:<16} {row.level:<6} {row.evidence}  {row.text}{fate}")


@main.command()
@option("--from", "caller", required=True, metavar="PHONE", help="The customer's number.")
@option("--to", "line", required=True, metavar="LINE", help="The line that is dialled.")
@option("--answer-after", type=click.FloatRange(0), metavar="SECONDS", help="Let the manager pick up.")
@option(
    "--talk",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long an answered call lasts; the customer hangs up.",
)
@option("--pbx-url", default=PBX_URL, show_default=True, help="The running virtual PBX.")
@option("--control-token", default="", help="The token of its control API.")
def call(
    caller: str,
    line: str,
    answer_after: float | None,
    talk: float,
    pbx_url: str,
    control_token: str,
) -> None:
    """Let a customer call a line of a running virtual PBX."""
    asked: JsonObject = {"from": caller, "to": line}
    if answer_after is not None:
        asked["script"] = {"after": answer_after, "talk": talk}
    answer = _control(Side.PBX, pbx_url, control_token, lambda end: end.post("/calls", asked))
    click.echo(f"Call {answer['id']} from {answer['phone']} to {answer['line']} is {answer['state']}")


@main.command()
@option("--end", type=click.Choice(["crm", "pbx"]), default="crm", show_default=True, help="Whose journal.")
@option("--url", default="", help="The end's address; by default the one that serve uses.")
@option("--control-token", default="", help="The token of its control API.")
def journal(end: str, url: str, control_token: str) -> None:
    """Show what went over the wire at a running end, with what was found about it."""
    side = Side(end)
    address = url or (CRM_URL if side is Side.CRM else PBX_URL)
    answer = _control(side, address, control_token, lambda found: found.get("/journal"))
    for entry in cast(list[JsonObject], answer["entries"]):
        request = cast(JsonObject, entry["request"])
        reply = cast("JsonObject | None", entry["answer"])
        result = reply["status"] if reply else entry["error"]
        click.echo(
            f"{entry['id']:>5} {entry['direction']:<3} {request['method']} {request['url']} -> {result}"
        )
        for finding in cast(list[JsonObject], entry["findings"]):
            place = f"{finding['where']}{finding['pointer']}"
            text = sentence(str(finding["message"]), str(finding["remedy"]))
            line = f"{finding['kind']}: {place}: {text}"
            click.echo(f"      {printable(line)}")


_KINDS = {"event": "call-event", "calls": "calls-upload", "integration-module": "module-edit"}


@main.command()
@click.argument("kind", type=click.Choice(list(_KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
def validate(kind: str, file: str) -> None:
    """Judge one payload on its own; FILE holds the JSON, - is standard input."""
    operation = BY_NAME[_KINDS[kind]]
    try:
        with click.open_file(file, "rb") as stream:
            payload = cast(Json, orjson.loads(stream.read()))
    except orjson.JSONDecodeError as error:
        _stop(f"{file}: no JSON: {error}", NOT_CONFORMANT)
    value, findings = coerce.coerce(operation.entity_schema, payload, operation.entity)
    violations = schemas.validate(operation.entity_schema, value)
    for finding in findings:
        click.echo(str(finding))
    for v in violations:
        rule = f" [{v.requirement}]" if v.requirement else ""
        place = f"{operation.entity}{v.pointer}"
        click.echo(printable(f"violation: {place}: {sentence(v.message, v.remedy)}{rule}"))
    click.echo(f"{len(violations)} violations, {len(findings)} findings")
    sys.exit(NOT_CONFORMANT if violations else 0)


def _write(file: str | None, writer: Callable[[Verdict], bytes], verdict: Verdict) -> None:
    if file is None:
        return
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_bytes(writer(verdict))
    except OSError as error:
        _stop(f"The report {file} cannot be written: {error.strerror or error}", USAGE)


def _control(side: Side, url: str, token: str, ask: Callable[[End], JsonObject]) -> JsonObject:
    end = End(side, url, token)
    try:
        return ask(end)
    except ActionRefused as error:
        _stop(str(error), NOT_CONFORMANT)
    except Unreachable as error:
        _stop(str(error), UNREACHABLE)
    finally:
        end.close()


def _stop(message: str, code: int) -> NoReturn:
    click.echo(f"callproof: {message}", err=True)
    sys.exit(code)
