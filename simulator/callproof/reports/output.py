"""Reports as files, in folders that are made on the way."""

from pathlib import Path
from typing import BinaryIO

from callproof.errors import NotWritten


def write(file: str, content: bytes) -> None:
    """Raises NotWritten."""
    try:
        with opened(file) as out:
            out.write(content)
    except OSError as error:
        raise not_written(file, error) from None


def opened(file: str) -> BinaryIO:
    """For a report that grows. Raises NotWritten."""
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        return Path(file).open("wb")
    except OSError as error:
        raise not_written(file, error) from None


def not_written(file: str, error: OSError) -> NotWritten:
    """The sentence about a file that could not be opened, or not be written to its end."""
    return NotWritten(f"The report {file} cannot be written: {error.strerror or error}")
