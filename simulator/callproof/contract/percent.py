"""Pairs of a urlencoded form or query, exactly as ``urllib.parse.parse_qsl`` reads them, at C speed.

``%`` escapes are quoted-printable with another sign, and the standard library decodes that in C. What the
two read differently, broken escapes and ends of lines, is escaped before.
"""

from binascii import a2b_qp
from collections.abc import Iterator
from string import hexdigits

_HEXADECIMAL = frozenset(first + second for first in hexdigits for second in hexdigits)

_PIECE = 16 * 1024


def pairs(text: str, most: int) -> list[tuple[str, str]]:
    """Names and values in their order, what is no UTF-8 replaced.

    Raises ValueError for more than ``most``.
    """
    if text.count("&") >= most:
        raise ValueError("More fields than may be")
    if "\n" in text or "\r" in text:
        text = text.replace("\n", "%0A").replace("\r", "%0D")
    return _read(text.split("&"))


def _read(fields: list[str]) -> list[tuple[str, str]]:
    found = []
    for field in fields:
        if field:
            name, _, value = field.partition("=")
            found.append((_unquote(name), _unquote(value)))
    return found


def _unquote(text: str) -> str:
    escapes = text.count("%")
    text = text.replace("+", " ")
    if not escapes:
        return text
    sent = text.encode("utf-8", "surrogatepass")
    read = a2b_qp(sent.replace(b"=", b"=3D").replace(b"%", b"="))
    if len(sent) - len(read) != 2 * escapes:
        return _unquote(_mended(text))
    return read.decode("utf-8", "replace")


def _mended(text: str) -> str:
    """With the sign escaped where it begins no escape. Nobody but an attacker sends many of these, so
    others have their turn between pieces."""
    return "".join(map(_mended_piece, _pieces(text)))


def _mended_piece(text: str) -> str:
    first, *rest = text.split("%")
    return first + "".join([f"%{part}" if part[:2] in _HEXADECIMAL else f"%25{part}" for part in rest])


def _pieces(text: str) -> Iterator[str]:
    """Each but the first begins with an escape."""
    begin = 0
    while begin < len(text):
        end = text.find("%", begin + _PIECE)
        yield text[begin : end if end >= 0 else None]
        begin = end if end >= 0 else len(text)
