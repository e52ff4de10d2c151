"""What stands for a secret, and that nobody sees one wherever it stands."""

import json
import re
import string
from urllib.parse import quote, quote_plus, unquote_plus, urlencode

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from callproof.contract.known import forms
from callproof.contract.secrets import (
    MASK,
    MASKED,
    Masks,
    _may_name,
    _named_in,
    _without_named,
    is_secret,
    mask,
    secrets_in,
)

SIGNS = string.ascii_letters + string.digits
keys = st.text(SIGNS, min_size=16, max_size=40)
# Of any signs, so that each encoding has something to do; what a mask itself says is in none.
odd = st.text(st.characters(codec="utf-8", exclude_characters="\r\n*"), min_size=8, max_size=30).map(
    lambda text: f"Z9{text}q7"
)
NAMES = ("apiKey", "APIKEY", "apikey", "clientId", "client_id", "token", "register[token]", "password")


@given(st.text(max_size=40))
def test_a_mask_shows_the_end_of_a_long_secret_and_nothing_of_a_short_one(secret: str) -> None:
    shown = mask(secret)
    assert mask(shown) == shown
    assert shown.startswith(MASK) or not secret
    assert len(shown) <= len(MASK) + 4
    if 0 < len(secret) < 16:
        assert len(shown) == len(MASK) + 2 or secret == shown


def test_two_secrets_stay_two_and_one_stays_one() -> None:
    assert mask("0123456789abcdef") == "***cdef"
    assert mask("0123456789abcdeF") != mask("0123456789abcdef")
    assert mask("one") != mask("two")
    assert mask("one") == mask("one")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_that_it_is_one(name: str) -> None:
    assert is_secret(name)


def test_other_names_say_nothing() -> None:
    for name in ("phone", "apiKeys2", "clientIdent", "externalId", ""):
        assert not is_secret(name), name


def standing(name: str, value: str) -> dict[str, str]:
    """A member of this name in every notation that the contract or a mistake has for it."""
    structure = json.dumps({"x": [{name: value}]})
    form = urlencode({"a": "1", name: value, "b": "2"})
    return {
        "form": form,
        "address": f"http://crm/api?{form}#x",
        "JSON": structure,
        "JSON of signs": json.dumps({name: value}, ensure_ascii=False),
        "JSON in a form": urlencode({"event": structure}),
        "JSON in a form in a form": urlencode({"url": "/x?" + urlencode({"event": structure})}),
        "JSON in JSON": json.dumps({"text": structure}),
        "address in a form": urlencode({"recordUrl": f"http://h/r?{form}"}),
        "address in JSON": json.dumps({"recordUrl": f"http://h/r?{form}"}),
        "repeated": f"{form}&{urlencode({name: value[::-1]})}&{form}",
        "small hexadecimal": quote(value, safe="").lower().join((f"{name}=", "&c=3")),
    }


@given(st.sampled_from(NAMES), keys)
@example("apiKey", "0123456789abcdef")
def test_no_key_is_seen_in_any_notation(name: str, key: str) -> None:
    for where, text in standing(name, key).items():
        for shown in (Masks().form(text), Masks().text(text) if "[" not in name else ""):
            assert key not in shown, where
            assert key[::-1] not in shown or key == key[::-1], where


@given(st.sampled_from(("apiKey", "clientId")), odd)
def test_no_secret_of_any_signs_is_seen_where_its_name_stands(name: str, secret: str) -> None:
    for where, text in standing(name, secret).items():
        if where == "small hexadecimal":
            continue
        shown = Masks().form(text)
        for form in forms(secret):
            assert form not in shown, (where, shown)


@given(odd, st.text(max_size=20))
def test_what_is_known_is_seen_nowhere(secret: str, around: str) -> None:
    assume(secret not in around)
    masks = Masks([secret])
    for text in (secret, quote_plus(secret), quote(secret, safe=""), json.dumps(secret)):
        shown = masks.text(f"{around} {text} {around}")
        assert text.strip('"') not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:s3cr3t-pass@host/x", "http://me:***" + mask("s3cr3t-pass")[3:] + "@host/x"),
        ("http://0123456789abcdef@host/", "http://***cdef@host/"),
        ("postgresql://me:pa/ss@host/db", f"postgresql://me:{mask('pa/ss')}@host/db"),
        ("X-API-KEY: 0123456789abcdef", "X-API-KEY: ***cdef"),
        ("authorization: Bearer 0123456789abcdef", "authorization: Bearer ***cdef"),
        ("clientId is '0123456789abcdef', expected '1'", "clientId is '***cdef', expected '1'"),
        ("apiKey is missing, and a token too", "apiKey is missing, and a token too"),
        ("mail@example.com at http://host/a@b", "mail@example.com at http://host/a@b"),
        ('{"apiKey": true, "a": 1}', '{"apiKey": true, "a": 1}'),
        ("apiKey=&b=1", "apiKey=&b=1"),
    ],
)
def test_texts(text: str, shown: str) -> None:
    assert Masks().text(text) == shown


def test_headers_keep_what_is_not_secret() -> None:
    masks = Masks()
    cookies = masks.header("Cookie", "lang=ru; session=0123456789abcdef")
    assert cookies == f"lang={mask('ru')}; session=***cdef"
    assert masks.header("Set-Cookie", "s=0123456789abcdef; Path=/") == "s=***cdef; Path=/"
    assert masks.header("x_api_key", "0123456789abcdef") == "***cdef"
    assert masks.header("X-CALLPROOF-TOKEN", "0123456789abcdef") == "***cdef"
    assert (
        masks.header("Referer", "http://h/?apiKey=0123456789abcdef&b=1") == "http://h/?apiKey=***cdef&b=1"
    )


def test_what_was_learned_is_masked_where_no_name_says_so_but_no_word_is() -> None:
    masks = Masks()
    masks.learn(["callproof", "0123456789abcdef", "a1b2c3d4"])
    assert masks.text("callproof 0123456789abcdef a1b2c3d4") == f"callproof ***cdef {mask('a1b2c3d4')}"


def test_structures_are_masked_by_their_members() -> None:
    found = Masks().value({"clientId": "0123456789abcdef", "a": [{"token": 12345}], "b": "apiKey=one&x=1"})
    assert found == {
        "clientId": "***cdef",
        "a": [{"token": mask("12345")}],
        "b": f"apiKey={mask('one')}&x=1",
    }


def test_with_shown_all_is_as_it_was() -> None:
    masks = Masks(["0123456789abcdef"], shown=True)
    text = "apiKey=0123456789abcdef"
    assert masks.text(text) == masks.form(text) == masks.header("X-API-KEY", text) == text
    assert masks.value({"apiKey": "x"}) == {"apiKey": "x"}


SIGNS_OF_LONG_TEXTS = [
    *("a", "\\", '"', "apiKey=", "name=", "://", "%22", "a.", "+", "x://", "{", "a=&", '"apiKey":"'),
    *("postgres://", 'name="apiKey" ', 'name="apiKey"\n', "session=value; "),
]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("sign", SIGNS_OF_LONG_TEXTS)
def test_a_long_text_takes_time_by_its_length_alone(sign: str) -> None:
    """Where each part of it is looked through with all that follows, it takes an hour."""
    text = sign * (400_000 // len(sign))
    masks = Masks()
    for look in (masks.form, masks.parts, lambda text: masks.header("Cookie", text)):
        assert look(text)
    assert len(list(secrets_in(text))) <= len(text)


@pytest.mark.timeout(30)
def test_of_many_secrets_in_a_long_text_none_is_seen() -> None:
    secrets = [f"{number:06x}-secret-of-many" for number in range(20_000)]
    masks = Masks()
    masks.learn(secrets)
    shown = masks.text(" ".join(secrets))
    assert "secret" not in shown
    assert len(shown.split()) == len(secrets)


def test_of_two_known_secrets_of_one_beginning_the_longer_is_taken_out_whole() -> None:
    short, long = "0123456789abcdef", "0123456789abcdef-and-more"
    for more in ([], [f"{number:04}-another-one" for number in range(100)]):
        assert Masks([short, long, *more]).text(f"{short} {long}") == f"***cdef {mask(long)}"


def test_masks_are_found_again() -> None:
    import re

    for secret in ("x", "0123456789abcdef", "ключ-ключ-ключ-ключ"):
        assert re.fullmatch(MASKED, mask(secret))


def spellings(secret: str) -> dict[str, str]:
    """A text of JSON that is read as the secret, as others write it."""
    small, great = ("".join(form % ord(sign) for sign in secret) for form in ("\\u%04x", "\\u%04X"))
    slashed = json.dumps(secret).replace("/", "\\/")
    return {
        "PHP": slashed,
        "all escaped": f'"{small}"',
        "great hexadecimal": f'"{great}"',
        "one sign": f'"{great[:6]}{secret[1:]}"',
        "JSON in JSON": json.dumps(slashed).replace("/", "\\/"),
        "escapes in JSON": json.dumps(json.dumps({"x": secret}).replace("K", "\\u004b")),
    }


@pytest.mark.parametrize("where", spellings("K"))
@pytest.mark.parametrize("secret", ["K/ey/0123+456789=", "Kлюч-0123456789", "Key0123456789abcd"])
def test_an_escape_of_json_hides_no_secret_from_who_masks_it(secret: str, where: str) -> None:
    text = spellings(secret)[where]
    told = f'{{"said": {text}, "kept": "a\\/b"}}'
    assert secret in deep(told)
    for shown in (Masks([secret]).text(told), Masks([secret]).form(urlencode({"event": told}))):
        assert secret not in deep(unquote_plus(shown))
    named = Masks().text(told.replace('"said"', '"\\u0061piKey"'))
    assert secret not in deep(named)


def deep(text: str) -> str:
    """Without any escape, as the last one of several who decode it reads it."""
    for _ in range(4):
        text = text.replace("\\/", "/").replace("\\\\", "\\").replace('\\"', '"')
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return text


def test_an_escaped_name_teaches_its_secret_and_other_escapes_stay() -> None:
    assert list(secrets_in('{"api\\u004bey": "a\\/b-0123456789"}')) == ["a/b-0123456789"]
    text = '{"url": "http:\\/\\/h\\/x", "name": "\\u0417\\ud83d\\ude00"}'
    assert Masks(["0123456789abcdef"]).text(text) == text


def test_a_text_that_was_shown_before_hides_what_was_learned_since() -> None:
    masks = Masks()
    said = "the line is busy, x7k2m9q4w1"
    assert masks.text(said) == said
    masks.learn(["x7k2m9q4w1"])
    assert "x7k2m9q4w1" not in masks.text(said)


# Names, among them some in letters that a pattern takes for others, and what stands around secrets.
PIECES = ["apiKey", "client_id", "TOKEN", "Password", "cl\u0131ent\u0130d", "to\u212aen", "pa\u017fsword"]
PIECES += ["X-API-KEY: ", "Cookie: ", "=", "%3D", '"', "%22", ":", "%3a", " is ", "'", "]", "[", "a1", " "]
PIECES += ["https://", "postgres://", "@", "me:pw", "&", "\r\n\r\n", "--", ' name="', "\u0456"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_is_masked_has_a_sign_by_which_it_is_looked_at(text: str) -> None:
    assume(_without_named(text) != text or list(_named_in(text)))
    assert _may_name(text)
