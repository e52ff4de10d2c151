"""What tests need and a machine may lack: there they are skipped, but in CI, which names it, they fail."""

import os
from typing import NoReturn

import pytest

# Programs that the tests may not do without, separated by spaces.
NEED = "CALLPROOF_TESTS_NEED"


def missing(name: str, sentence: str) -> NoReturn:
    """``name`` is that of CI; the sentence says what is missing and how it is had."""
    if name in os.environ.get(NEED, "").split():
        pytest.fail(f"{sentence} ({NEED} says that the tests need it.)", pytrace=False)
    pytest.skip(sentence)
