"""One tree of exceptions: written down as it is, with exit codes that the commands end with."""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

import callproof
from callproof import errors
from callproof.cli import CommandLine
from callproof.contract import errors as contract
from callproof.contract.errors import ApiError
from callproof.control.client import ActionRefused, Unreachable
from callproof.errors import CallproofError
from callproof.files.yamlfile import FileError
from callproof.running.threads import PortTaken


def written() -> dict[str, tuple[str, int]]:
    """Each class of the docstring with its parent and its exit code."""
    found: dict[str, tuple[str, int]] = {}
    above: dict[int, str] = {}
    for line in re.findall(r"(?m)^    ( *\w+ +\d  .+)$", errors.__doc__ or ""):
        depth = len(line) - len(line.lstrip())
        name, code, *_ = line.split()
        found[name] = above.get(depth - 2, ""), int(code)
        above[depth] = name
    return found


def below(root: type[Exception]) -> Iterator[type[Exception]]:
    for found in root.__subclasses__():
        yield found
        yield from below(found)


def ours() -> set[type[Exception]]:
    """Every exception of the package."""
    for module in pkgutil.walk_packages(callproof.__path__, "callproof."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    return {found for found in below(Exception) if found.__module__.startswith("callproof.")}


def test_the_docstring_is_the_tree() -> None:
    tree = [found for found in ours() if issubclass(found, CallproofError)]
    assert {found.__name__: (parent(found), found.exit_code) for found in tree} == written()


def test_the_refusals_of_the_contract_are_listed_as_they_are() -> None:
    listed = (contract.__doc__ or "").partition("::")[2].partition("``status``")[0]
    refusals = {found.__name__ for found in below(ApiError)} | {"ApiError"}
    assert set(re.findall(r"[A-Z][a-z]\w+", listed)) == refusals


def parent(found: type[CallproofError]) -> str:
    return "" if found is CallproofError else next(base.__name__ for base in found.__bases__)


def test_no_exception_stands_apart_but_the_contracts_and_those_of_one_module() -> None:
    apart = {
        found
        for found in ours()
        if not issubclass(found, CallproofError | ApiError) and not found.__name__.startswith("_")
    }
    assert apart == set()


def test_names_are_given_once() -> None:
    names = [found.__name__ for found in ours()]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ActionRefused("The call has ended."), 1),
        (FileError("mine.yaml", 3, "no such step"), 2),
        (PortTaken("Cannot listen."), 2),
        (Unreachable("The CRM does not answer"), 3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_command_ends_with_the_sentence_and_the_code(error: CallproofError, code: int) -> None:
    @click.group(cls=CommandLine)
    def group() -> None:
        """A group."""

    @group.command()
    def fail() -> None:
        raise error

    result = CliRunner().invoke(group, ["fail"])
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", f"callproof: {error}\n")
