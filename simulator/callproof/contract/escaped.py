"""Escapes of JSON that need not be there: a sign has several spellings, and whoever decodes sees one."""

import json
import re

# JSON inside JSON has more signs before the escape; a surrogate is half of a character.
_NEEDLESS = re.compile(r"(?<!\\)\\+(?:/|u([0-9a-fA-F]{4}))")
_SURROGATES = range(0xD800, 0xE000)


def plain(text: str) -> str:
    """The same text of JSON as ``json.dumps`` spells it without ``ensure_ascii``."""
    return _NEEDLESS.sub(_spelt, text) if "\\" in text else text


def _spelt(found: re.Match[str]) -> str:
    if found[1] is None:
        return "/"
    number = int(found[1], 16)
    return found[0] if number in _SURROGATES else json.dumps(chr(number), ensure_ascii=False)[1:-1]
