"""Reports as files, in folders that are made on the way."""

from pathlib import Path
from typing import BinaryIO

import orjson

from callproof.contract.jsontypes import Json
from callproof.errors import NotWritten
from callproof.files import private


def utf8(text: str) -> bytes:
    """Halves of surrogate pairs, which a file's name or an escape in YAML may bring, are escapes in it."""
    return text.encode(errors="backslashreplace")


def as_json(document: Json, option: int = 0) -> bytes:
    """JSON in UTF-8, whatever texts are in it."""
    try:
        return orjson.dumps(document, option=option)
    except orjson.JSONEncodeError:
        return orjson.dumps(_sound(document), option=option)


def _sound(value: Json) -> Json:
    if isinstance(value, str):
        return utf8(value).decode()
    if isinstance(value, dict):
        return {utf8(name).decode(): _sound(inner) for name, inner in value.items()}
    return [_sound(inner) for inner in value] if isinstance(value, list | tuple) else value


def write(file: str, content: bytes) -> None:
    """Raises NotWritten."""
    try:
        with opened(file) as out:
            out.write(content)
    except OSError as error:
        raise not_written(file, error) from None


def write_private(file: str, content: bytes) -> None:
    """A new file that nobody else reads. Raises NotWritten."""
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        private.write(Path(file), content)
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
