"""The file by which other programs see that all ends answer, and where."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from callproof.errors import Misuse
from callproof.files import private


@contextmanager
def announced(file: str, told: Mapping[str, str]) -> Iterator[None]:
    """The file is there, whole, until the block ends. Raises Misuse when it cannot be written."""
    final = Path(file)
    with _writing(file):
        _drafted(final, json.dumps({**told, "pid": os.getpid()}) + "\n").replace(final)
    try:
        yield
    finally:
        final.unlink(missing_ok=True)


def demand(file: str) -> None:
    """Before anything is served: one of an earlier run must not be taken for this one's, and this one's can
    be written. Raises Misuse."""
    with _writing(file):
        forget(file)
        _drafted(Path(file), "").unlink()


def forget(file: str) -> None:
    """Raises OSError when it is there and cannot be removed."""
    Path(file).unlink(missing_ok=True)


@contextmanager
def _writing(file: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Misuse(
            f"--ready-file {file} cannot be written: {error.strerror}. Name a file in a folder of yours."
        ) from None


def _drafted(final: Path, text: str) -> Path:
    """Beside it, as who reads it finds it whole; it holds the key."""
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = final.with_name(f".{final.name}-{os.getpid()}")
    draft.unlink(missing_ok=True)
    private.write(draft, text.encode())
    return draft
