"""The side under test that the options of a command name."""

import os
from dataclasses import replace
from pathlib import Path

import click

from callproof.cli.common import option, trust_given
from callproof.conformance import loading
from callproof.conformance.selection import foreign_needs, misnamed
from callproof.conformance.target import Target, load_target
from callproof.contract.operations import Side
from callproof.errors import Misuse


class TargetFile(click.Path):
    """A callproof.yaml that is there."""

    def convert(
        self,
        value: "str | os.PathLike[str]",
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if not Path(value).exists():
            self.fail(f"File {os.fspath(value)!r} does not exist; callproof init writes one.", param, ctx)
        return super().convert(value, param, ctx)


target_option = option(
    "--target", type=click.Choice(["pbx", "crm"]), help="The side that is yours; by default neither is."
)
strict_option = option("--strict", is_flag=True, help="Raise the severity of every row by one.")


absent_option = option(
    "--absent",
    multiple=True,
    metavar="WORD",
    help="What your side does not have, as under absent in the file: customers, 9-people, ...",
)


def target_of(
    side: Side | None, config: str | None, crm_url: str, api_key: str, more_absent: tuple[str, ...] = ()
) -> Target | None:
    """The side under test, None for callproof's own ends, from the options of those names.

    Raises FileError for a broken file, Misuse for options that do not fit together.
    """
    target = _told(side, config, crm_url, api_key)
    if not more_absent:
        return target
    if target is None:
        raise Misuse("--absent is about a side under test: --target or --config says which.")
    if wrong := misnamed(more_absent, loading.find()):
        raise Misuse(f"--absent: {wrong}")
    return replace(target, absent=tuple(dict.fromkeys((*target.absent, *more_absent))))


def _told(side: Side | None, config: str | None, crm_url: str, api_key: str) -> Target | None:

    if config:
        target = load_target(config)
        if side not in (None, target.side):
            raise Misuse(f"{config} is about a {target.side}, not a {side}.")
        if wrong := misnamed(target.absent, loading.find()):
            raise Misuse(f"{config}: absent: {wrong}")
        url, key = crm_url or target.url, api_key or target.api_key
        if target.side is Side.CRM:
            target = replace(target, url=url, api_key=key)
    elif side is Side.CRM:
        absent = {need for scenario in loading.find() for need in foreign_needs(scenario, Side.CRM)}
        target = Target(
            Side.CRM,
            Path.cwd(),
            url=crm_url,
            api_key=api_key,
            absent=tuple(sorted(absent)),
        )
    elif side:
        raise Misuse("--target pbx needs --config FILE, which says how your PBX is made to act.")
    else:
        return None
    if target.side is Side.CRM and not (target.url and target.api_key):
        raise Misuse("A CRM under test needs --crm-url and --api-key, or url and api-key in the file.")
    given = trust_given()
    trust = replace(target.trust, files=(*target.trust.files, *given.files))
    return replace(target, trust=trust)
