"""Pairs of a urlencoded form or query, exactly as ``urllib.parse.parse_qsl`` reads them, at C speed.

``%`` escapes are quoted-printable with another sign, and the standard library decodes that in C. Its two
readings of a form differ only where an escape is broken; such a text is left to urllib.
"""

from binascii import a2b_qp
from urllib.parse import parse_qsl


class _Broken(Exception):
    """An escape without two hexadecimal digits."""


def pairs(text: str, most: int) -> list[tuple[str, str]]:
    """Names and values in their order, what is no UTF-8 replaced.

    Raises ValueError for more than ``most``.
    """
    if text.count("&") >= most:
        raise ValueError("More fields than may be")
    if "\n" not in text and "\r" not in text:
        try:
            return _read(text.split("&"))
        except _Broken:
            pass
    return parse_qsl(text, keep_blank_values=True, max_num_fields=most)


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
        raise _Broken
    return read.decode("utf-8", "replace")
