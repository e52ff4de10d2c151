"""``callproof load``: locust with the locustfile that callproof brings."""

import importlib.util
import shlex
import signal
import subprocess
import sys
from types import FrameType

import click

from callproof.cli.common import option
from callproof.contract.files import shipped
from callproof.errors import INTERRUPTED, Misuse


@click.command(context_settings={"ignore_unknown_options": True})
@option(
    "--locustfile",
    "-f",
    "others",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="A locustfile with users to be played beside the calls; their class has a fixed_count.",
)
@click.argument("options", nargs=-1, metavar="[LOCUST OPTIONS]...", type=click.UNPROCESSED)
def load(others: tuple[str, ...], options: tuple[str, ...]) -> None:
    """Load a CRM or a PBX with whole calls: locust, with callproof's locustfile and OPTIONS.

    Exits with 1 when a threshold is broken or the run is invalid, with 4 when callproof itself fails.
    Ctrl-C or SIGTERM stops the run, which is reported then; a second one ends it at once.

    \b
    --load FILE            What is run and what it has to keep; default load.yaml.
    --load-json FILE       Write the results as JSON.
    --load-junit FILE      Write a test case for each threshold.
    --load-html FILE       Write a page with the curves.
    --api-key KEY          The key of the CRM.
    --control-token TOKEN  The token of its control API.
    --host URL             The target, instead of that of the file.
    --headless             Without locust's own pages.

    Each of the first six has a variable such as CALLPROOF_LOAD_JSON. The others are locust's: see
    locust --help.
    """
    if importlib.util.find_spec("locust") is None:
        command = f"{shlex.quote(sys.executable)} -m pip install 'callproof[load]'"
        raise Misuse(f"Locust is not installed. Install it beside callproof: {command}")
    files = ",".join(map(str, (shipped("locustfile.py"), *others)))
    locust = subprocess.Popen([sys.executable, "-m", "locust", "-f", files, *options])
    heard = 0

    def hear(number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        heard += 1
        if heard > 1:
            locust.kill()
        elif number == signal.SIGTERM:
            # Locust reconciles and reports also when it is stopped; a terminal interrupts it by itself.
            locust.terminate()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
    code = locust.wait()
    sys.exit(INTERRUPTED if heard > 1 and code < 0 else code)
