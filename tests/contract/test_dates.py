"""The account's time zone is one of the IANA database, whoever names it."""

import pytest
from click.testing import CliRunner

import callproof
from callproof.cli import main
from callproof.contract.dates import zone_problem
from callproof.errors import Misuse

# A folder of the database, a path out of it, no name, and one that it does not have.
NONE = ["Europe", "../etc/passwd", "", "Europe/Nowhere", "\0"]


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_time_zone_is_told_so(name: str) -> None:
    assert zone_problem(name) == f"there is no time zone {name!r}; try Europe/Moscow"


def test_a_time_zone_has_no_problem() -> None:
    assert (zone_problem("Europe/Moscow"), zone_problem("UTC")) == ("", "")


def test_no_end_starts_in_a_zone_that_is_none() -> None:
    with pytest.raises(Misuse, match="no time zone 'Nowhere'"), callproof.start_crm(timezone="Nowhere"):
        pass


@pytest.mark.parametrize("command", ["traffic", "serve"])
def test_a_command_refuses_a_zone_that_is_none(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--timezone", "Europe"])
    assert result.exit_code == 2
    assert "there is no time zone 'Europe'" in result.output
