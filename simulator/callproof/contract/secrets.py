"""Where secrets stand, and what stands for them wherever something is shown.

Ours, because only this contract says where that is: a header, a query, a form, JSON inside a form, each of
them encoded again and again. Secrets are API keys, the clientId (it authorises call-backs), tokens of the
control API, cookies, passwords, and what stands before the host of an address.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from urllib.parse import parse_qsl, quote_plus, unquote_plus, urlsplit

from callproof.contract.escaped import plain
from callproof.contract.jsontypes import Json
from callproof.contract.known import SHORTEST, KnownValues

MASK = "***"
HEADERS = frozenset(
    {
        *("x-api-key", "x-callproof-token", "authorization", "proxy-authorization"),
        *("cookie", "set-cookie"),
    }
)
# Members and parameters, among them those of ``register``.
NAMES = ("apiKey", "clientId", "token", "password")
# A secret that was only seen must look like no word, unless it is as long as nothing else is.
LONG = 16
# Texts of up to so many characters, and so many of them, are looked through once: most of a journal repeat.
_SHORT, _KEPT = 1200, 2000
# Of a long one so many characters are shown, of another one not even that.
_TAIL, _TAG = 4, 2

_NAME = r"(?:api[_-]?key|client[_-]?id|token|password)"
_HEADER = "|".join(map(re.escape, sorted(HEADERS)))


def _encoded(sign: str) -> str:
    """A sign as it is, or percent-encoded as often as you like."""
    return rf"(?:{re.escape(sign)}|%(?:25)*{ord(sign):02x})"


_QUOTE, _BLANK = _encoded('"'), r"(?:\s|\+|%(?:25)*(?:20|2b))*"
_PARAMETER = re.compile(rf"(?i)({_NAME}{_encoded(']')}?{_encoded('=')})((?:(?!%(?:25)*26)[^&\s\"'<>])*)")
_MEMBER = re.compile(
    rf"""(?ixs)( \\{{0,8}}["'] (?:(?:[^"'\\]{{0,60}}\[)?{_NAME}\]?|{_HEADER}) \\{{0,8}}["'] \s*:\s* )
    (?: "((?:[^"\\]|\\.)*)" | '((?:[^'\\]|\\.)*)'
    | \\{{1,8}}["'] ((?:(?!\\{{1,8}}["']).)*) \\{{1,8}}["'] | ([^\s,}}\]"'\\]+) )"""
)
_IN_ADDRESS = re.compile(
    rf"(?is)({_QUOTE}{_NAME}{_QUOTE}{_BLANK}{_encoded(':')}{_BLANK}%(?:25)*22)((?:(?!%(?:25)*22|&).)*)"
)
# A head that no value follows is taken as well, so that nothing is looked through twice.
_PART = re.compile(
    rf"""(?ixs)( \bname="?(?:[^"\r\n]{{0,200}}\[)?{_NAME}\]?"?[^\r\n]* (?:\r?\n[^\r\n]+)* )
    (?: (\r?\n\r?\n) (.*?) (?=\r?\n--|\Z) )?"""
)
_LINE = re.compile(rf"""(?i)(\b(?:{_HEADER})\s*:\s*)([^\r\n"']+)""")
_SENTENCE = re.compile(rf"""(?i)(\b{_NAME}\s(?:is\s)?["'])([^"'\r\n]+)""")
_USER = re.compile(r"""(?i)(\b[a-z][a-z0-9+.-]{0,20}://)([^/\s"'<>?#]*)(@)""")
_DATABASE_USER = re.compile(r"(?i)(\b(?:postgres|mysql|mariadb)[a-z0-9+]{0,20}://)([^\s@]*)(@?)")
_NAMED = re.compile(rf"(?i)(?:^|[\[_.-]){_NAME}\]?$")
# A text without any of these has none of the places above. The last two are signs that look like letters to
# a pattern that ignores case.
_SIGNS = ("key", "client", "token", "passw", "authoriz", "cookie", "://", "\u0131", "\u0307")
# What ``mask`` makes, and what stands for passwords in the addresses of databases.
MASKED = rf"{re.escape(MASK)}(?:\w{{{_TAIL}}}|[0-9a-f]{{{_TAG}}})(?!\w)"
_MASKED = re.compile(rf"{MASKED}|{re.escape(MASK)}")


def mask(secret: str) -> str:
    """What stands for it: the end of a long one, or of a short one two signs that come of all of it, so
    that two secrets stay two. What is a mask stays as it is."""
    if not secret or _MASKED.fullmatch(secret):
        return secret
    if len(secret) >= LONG and secret[-_TAIL:].isalnum():
        return f"{MASK}{secret[-_TAIL:]}"
    return f"{MASK}{sha256(secret.encode(errors='surrogatepass')).hexdigest()[:_TAG]}"


def is_secret(name: str) -> bool:
    """Whether a parameter or member of this name is one, as ``register[token]``."""
    return _NAMED.search(name) is not None


def is_secret_header(name: str) -> bool:
    return name.lower().replace("_", "-") in HEADERS


def secret_in_header(name: str, value: str) -> list[str]:
    """What is secret in the value of such a header: not the scheme, and of cookies not the names."""
    lower = name.lower().replace("_", "-")
    if lower == "set-cookie":
        return [value.partition(";")[0].partition("=")[2].strip()]
    if lower == "cookie":
        return [pair.partition("=")[2].strip() or pair.strip() for pair in value.split(";")]
    _, blank, rest = value.strip().partition(" ")
    return [rest.strip() if blank and lower.endswith("authorization") else value.strip()]


def secrets_in(text: str) -> Iterable[str]:
    """What stands in an address, a form, JSON or any text as a secret, decoded."""
    return _of_short(text) if len(text) <= _SHORT else _secrets_in(text)


@lru_cache(_KEPT)
def _of_short(text: str) -> tuple[str, ...]:
    return tuple(_secrets_in(text))


def _secrets_in(text: str, depth: int = 3) -> Iterator[str]:
    text = plain(text)
    if _may_name(text):
        yield from _named_in(text)
    for name, value in _pairs(text) if "=" in text else ():
        if is_secret(name):
            yield value
        elif depth and ("%" in value or "=" in value or '"' in value) and value != text:
            yield from _secrets_in(value, depth - 1)


def _may_name(text: str) -> bool:
    folded = text.casefold()
    return any(sign in folded for sign in _SIGNS)


def _named_in(text: str) -> Iterator[str]:
    for found in _MEMBER.finditer(text):
        value = next(filter(None, found.groups()[1:]), "")
        yield _unescaped(value)
    yield from (found[3] for found in _PART.finditer(text) if found[3])
    yield from (found[2] for found in _SENTENCE.finditer(text))
    for found in (*_PARAMETER.finditer(text), *_IN_ADDRESS.finditer(text)):
        yield unquote_plus(found[2])


class Masks:
    """``known`` are secrets by their values, which are taken out of any text, as is what ``learn`` is told.
    With ``shown`` nothing is."""

    def __init__(self, known: Iterable[str] = (), *, shown: bool = False) -> None:
        self.shown = shown
        self._known = KnownValues()
        # What texts and forms became, as long as no further secret is known. Whoever looks one through
        # holds this very dictionary, so that what is learned meanwhile finds no answer of before.
        self._became: dict[str, str] = {}
        self._formed: dict[str, str] = {}
        self._keep(secret for secret in known if len(secret) >= SHORTEST)

    def learn(self, seen: Iterable[str]) -> None:
        """Secrets that somebody sent; one that may be a word is masked only where its name says so."""
        self._keep(secret for secret in seen if _is_no_word(secret))

    def text(self, text: str) -> str:
        """Any text."""
        if self.shown or not text:
            return text
        return _once(self._became, text, self._looked_through)

    def _looked_through(self, text: str) -> str:
        masked = self._masked(text)
        if (spelt := plain(masked)) == masked:
            return masked
        # An escape stays as it was written where no secret was hidden by it.
        again = self._masked(spelt)
        return masked if again == spelt else again

    def _masked(self, text: str) -> str:
        return self._known.taken_out(_without_named(text) if _may_name(text) else text)

    def form(self, text: str) -> str:
        """An address or a form: what stands inside of a value is encoded once more."""
        return text if self.shown else _once(self._formed, text, self._form)

    def _form(self, text: str, depth: int = 3) -> str:
        head, question, query = text.partition("?") if "?" in text.partition("&")[0] else ("", "", text)
        pairs = [self._pair(pair, depth) for pair in query.split("&")]
        return self.text(f"{head}{question}{'&'.join(pairs)}")

    def parts(self, text: str) -> str:
        """A body of several parts."""
        if self.shown:
            return text
        return self.text(_PART.sub(_masked_part, text))

    def header(self, name: str, value: str) -> str:
        if self.shown:
            return value
        return _masked_value(f"{name}:", value) if is_secret_header(name) else self.text(value)

    def value(self, value: Json) -> Json:
        """The same structure; a member whose name says so is a secret, whatever it holds."""
        if isinstance(value, dict) and not self.shown:
            return {
                self.text(name): _masked_leaf(inner) if is_secret(name) else self.value(inner)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        return self.text(value) if isinstance(value, str) else value

    def _pair(self, pair: str, depth: int) -> str:
        name, equals, value = pair.partition("=")
        plain = unquote_plus(value)
        if is_secret(unquote_plus(name)):
            return f"{name}{equals}{mask(plain)}"
        redacted = self._form(plain, depth - 1) if depth and "=" in plain else self.text(plain)
        return pair if redacted == plain else f"{name}{equals}{quote_plus(redacted, safe='*')}"

    def _keep(self, secrets: Iterable[str]) -> None:
        for secret in secrets:
            if secret not in self._known and not _MASKED.fullmatch(secret):
                self._known.add(secret, mask(secret))
                self._became, self._formed = {}, {}


def _once(became: dict[str, str], text: str, look_through: Callable[[str], str]) -> str:
    if (known := became.get(text)) is not None:
        return known
    found = look_through(text)
    if len(text) <= _SHORT and len(became) < _KEPT:
        became[text] = found
    return found


def _without_named(text: str) -> str:
    for pattern in (_PARAMETER, _IN_ADDRESS):
        text = pattern.sub(lambda found: f"{found[1]}{mask(unquote_plus(found[2]))}", text)
    text = _MEMBER.sub(_masked_member, text)
    for pattern in (_LINE, _SENTENCE):
        text = pattern.sub(lambda found: f"{found[1]}{_masked_value(found[1], found[2])}", text)
    for pattern in (_DATABASE_USER, _USER):
        text = pattern.sub(_masked_user, text)
    return text


def _is_no_word(text: str) -> bool:
    mixed = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    return len(text) >= LONG or (len(text) >= SHORTEST and mixed)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        query = urlsplit(text).query
    except ValueError:
        query = ""
    return [*parse_qsl(query, errors="replace"), *parse_qsl(text, errors="replace")]


def _unescaped(text: str) -> str:
    try:
        found = json.loads(f'"{text}"')
    except ValueError:
        return text
    return found if isinstance(found, str) else text


def _masked_member(found: re.Match[str]) -> str:
    for place, quotes in ((2, '"'), (3, "'")):
        if found[place] is not None:
            return f"{found[1]}{quotes}{mask(_unescaped(found[place]))}{quotes}"
    if found[4] is not None:
        # The quotes are escaped as often as those of the name.
        quotes = re.split(r"[^\\\"']", found[0][len(found[1]) :])[0]
        return f"{found[1]}{quotes}{mask(found[4])}{quotes}"
    if found[5] in ("true", "false", "null"):
        return found[0]
    return f'{found[1]}"{mask(found[5])}"'


def _masked_part(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{mask(found[3])}" if found[2] else found[0]


def _masked_value(before: str, value: str) -> str:
    """What stands after the name of a header, or after a name in a sentence of ours."""
    name = before.partition(":")[0].strip()
    if not is_secret_header(name):
        return mask(value)
    # Each pair by itself: a header may have as many cookies as it is long.
    pieces = value.split(";") if name.lower() == "cookie" else [value]
    return ";".join(_without_secret(name, piece) for piece in pieces)


def _without_secret(name: str, value: str) -> str:
    for secret in filter(None, secret_in_header(name, value)):
        value = value.replace(secret, mask(secret))
    return value


def _masked_user(found: re.Match[str]) -> str:
    if not found[3]:
        return found[0]
    name, colon, password = found[2].partition(":")
    return f"{found[1]}{f'{name}:{mask(password)}' if colon else mask(name)}@"


def _masked_leaf(value: Json) -> Json:
    if isinstance(value, str):
        return mask(value)
    if value is None or isinstance(value, bool):
        return value
    return mask(str(value)) if isinstance(value, int | float) else MASK
