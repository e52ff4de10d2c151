"""The file by which other programs see that all ends answer, and where."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from callproof.errors import Misuse


@contextmanager
def announced(file: str, told: Mapping[str, str]) -> Iterator[None]:
    """The file is there, whole, until the block ends. Raises Misuse when it cannot be written."""
    final = Path(file)
    draft = final.with_name(f".{final.name}-{os.getpid()}")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({**told, "pid": os.getpid()}) + "\n", "utf-8")
        draft.replace(final)
    except OSError as error:
        raise Misuse(f"--ready-file {file} cannot be written: {error.strerror}.") from None
    try:
        yield
    finally:
        final.unlink(missing_ok=True)


def forget(file: str) -> None:
    """One of an earlier run must not be taken for this one's."""
    Path(file).unlink(missing_ok=True)
