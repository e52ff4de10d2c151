"""Files that a command reads as a whole, no larger than one may be: one without end is refused too."""

from typing import IO

from callproof.files.yamlfile import TOO_LARGE, FileError
from callproof.limits import USUAL


def read_whole(file: IO[bytes], name: str) -> bytes:
    """What is left of it. Raises FileError where that is more than a file may have."""
    content = file.read(USUAL.file_bytes + 1)
    if len(content) > USUAL.file_bytes:
        raise FileError(name, 1, TOO_LARGE)
    return content
