"""What a file says as the classes that it is meant for."""

import re
from typing import TypeVar

import msgspec

from callproof import kinds
from callproof.files.yamlfile import Document, Path_

T = TypeVar("T")

_WHERE = re.compile(r"(?s)(?P<what>.*?)(?: - at (?:`key` in )?`(?P<path>\$.*)`)?")
_PART = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_WHOLE = object()


def typed(document: Document, kind: type[T], part: object = _WHOLE, path: Path_ = ()) -> T:
    """The document, or the part of it that stands at a path, as a ``kind``: a struct or a dataclass.

    Raises FileError, which says file, line, path and what is expected there.
    """
    try:
        return kinds.convert(document.data if part is _WHOLE else part, kind)
    except msgspec.ValidationError as error:
        found = _WHERE.fullmatch(str(error))
        assert found is not None
        where = (*path, *_parts(found["path"] or ""))
        name = ".".join(str(part) for part in where) or "the file"
        what = found["what"]
        raise document.error(where, f"{name}: {what[:1].lower()}{what[1:]}") from None


def _parts(path: str) -> Path_:
    """``$.steps[0].wait`` as a path; of a mapping's values msgspec does not say which."""
    known = path.partition("[...]")[0]
    return tuple(int(index) if index else name for name, index in _PART.findall(known))
