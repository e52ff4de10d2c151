"""What a worker fails by before it serves is told where the command is, with no traceback on a terminal."""

from collections.abc import Callable

import pytest

from callproof.errors import CallproofError, InternalError
from callproof.running.processes import Failed, Made, Workers, answering
from callproof.running.threads import Address
from callproof.storage.address import StorageError


def failing(error: Exception) -> Callable[[], Made]:
    def make() -> Made:
        raise error

    return make


def begun(error: Exception, workers: int) -> CallproofError:
    address = Address()
    address.close()
    with (
        pytest.raises(CallproofError) as caught,
        answering(Workers("CRM", address, workers, failing(error))),
    ):
        pytest.fail("It began.")
    return caught.value


@pytest.mark.parametrize("workers", [1, 2])
def test_what_nobody_expected_is_an_internal_error(capfd: pytest.CaptureFixture[str], workers: int) -> None:
    error = begun(ZeroDivisionError("of ours"), workers)
    assert isinstance(error, InternalError)
    assert error.exit_code == 4
    assert "ZeroDivisionError: of ours" in str(error)
    assert "test_workers_fail.py" in "".join(error.__notes__)
    assert "Traceback" not in capfd.readouterr().err


def test_what_has_a_sentence_is_told_by_it(capfd: pytest.CaptureFixture[str]) -> None:
    error = begun(StorageError("The database is not there."), 1)
    assert isinstance(error, Failed)
    assert str(error) == "The CRM cannot begin: The database is not there."
    assert "Traceback" not in capfd.readouterr().err
