"""The command ``callproof``: every option can also be set as ``CALLPROOF_<OPTION>``.

Exit codes: 0 conformant or done, 1 not conformant or refused, 2 usage or configuration, 3 the bench or
the other end could not be reached.
"""

import click

from callproof import __version__
from callproof.cli.check import check, faults, init, requirements
from callproof.cli.load import load
from callproof.cli.serve import serve
from callproof.cli.testers import call, journal, ladder, validate
from callproof.cli.traffic import traffic


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="callproof")
def main() -> None:
    """A local testbed for telephony integrations with the RetailCRM/Simla contract (API v5).

    For tests only: it plays the CRM and the virtual PBX, and says whether a side keeps the contract.
    """


for _command in (serve, check, init, requirements, faults, call, traffic, load, journal, ladder, validate):
    main.add_command(_command)
