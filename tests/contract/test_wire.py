"""From bytes to parameters in every form that real clients send (evidence#encoding, evidence#wire)."""

import gzip
import zlib
from contextlib import suppress
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Request

from callproof.contract.decoding import (
    Decoded,
    decode,
    explain,
    structure,
)
from callproof.contract.errors import (
    ApiError,
    ArrayExpected,
    InvalidInput,
    ParameterMissing,
    ScalarExpected,
)
from callproof.contract.findings import Kind
from callproof.contract.jsontypes import Json
from callproof.limits import USUAL

FORM = "application/x-www-form-urlencoded"
EVENT = {"phone": "+7-555-555-55-55", "type": "in", "codes": ["100"]}
TEXT = orjson.dumps(EVENT).decode()


def multipart(fields: dict[str, str]) -> tuple[str, bytes]:
    prepared = Request("POST", "http://x", files={n: (None, v) for n, v in fields.items()}).prepare()
    assert isinstance(prepared.body, bytes)
    return prepared.headers["Content-Type"], prepared.body


DOCUMENTED = [
    (FORM, urlencode({"event": TEXT}).encode()),
    (f"{FORM};charset=UTF-8", ("event=" + quote(TEXT).lower().replace("%2b", "%2B")).encode()),
    (FORM, ("event=" + quote(TEXT, safe="")).encode()),
    (FORM.upper(), urlencode({"event": TEXT}).encode()),
    multipart({"event": TEXT, "apiKey": "K"}),
]
FORGIVEN = [
    ("application/json", orjson.dumps({"site": "shop1", "event": TEXT})),
    ("application/json", orjson.dumps({"event": EVENT})),
    (FORM, b"event[phone]=%2B7-555-555-55-55&event[type]=in&event[codes][]=100"),
    (FORM, b"event%5Bphone%5D=%2B7-555-555-55-55&event%5Btype%5D=in&event%5Bcodes%5D%5B0%5D=100"),
    ("", urlencode({"event": TEXT}).encode()),
    ("text/plain", urlencode({"event": TEXT}).encode()),
]


# The boundary is another one each time; the names of the tests must not be.
@pytest.mark.parametrize(("content_type", "body"), DOCUMENTED, ids=range(len(DOCUMENTED)))
def test_a_documented_form_leaves_no_finding(content_type: str, body: bytes) -> None:
    decoded = decode("", content_type, body)
    assert structure(decoded, "event") == (EVENT, [])
    assert decoded.findings == []


@pytest.mark.parametrize(("content_type", "body"), FORGIVEN)
def test_any_other_form_gives_the_same_structure_and_a_finding(content_type: str, body: bytes) -> None:
    decoded = decode("", content_type, body)
    value, findings = structure(decoded, "event")
    assert value == EVENT
    found = [*decoded.findings, *findings]
    assert found
    assert all(f.kind is Kind.FORGIVEN and f.requirement == "PBX-API-02" and f.remedy for f in found)


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("application/json", orjson.dumps({"event": TEXT}), ParameterMissing),
        (FORM, b"event[phone]=1", ScalarExpected),
        ("text/plain", b"event={}", ParameterMissing),
    ],
)
def test_strict_decoding_refuses_them(content_type: str, body: bytes, error: type[ApiError]) -> None:
    decoded = decode("", content_type, body, strict=True)
    with pytest.raises(error):
        structure(decoded, "event", strict=True)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(urlencode({"event": TEXT}).encode(), mtime=0)),
        ("", gzip.compress(urlencode({"event": TEXT}).encode(), mtime=0)),
        ("Deflate", zlib.compress(urlencode({"event": TEXT}).encode())),
        ("br", b"\x0b\x02\x80event\x03"),
    ],
)
def test_a_compressed_body_is_not_read_and_the_only_finding_says_so(coding: str, body: bytes) -> None:
    request = decode("", FORM, body, coding=coding)
    assert request.fields == {}
    assert [finding.kind for finding in request.findings] == [Kind.VIOLATION]
    assert (coding.lower() or "gzip") in request.findings[0].message


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_stands_in_the_body_of_a_get_is_not_read(method: str) -> None:
    request = decode("details=1", FORM, b"phone=1", method=method)
    assert (request.query, request.fields) == ({"details": "1"}, {})
    assert [finding.kind for finding in request.findings] == [Kind.MISPLACED]
    assert decode("details=1", "", b"", method=method).findings == []


@pytest.mark.parametrize(
    "text", ["[" * 101 + "]" * 101, '{"a":' * 300 + "1" + "}" * 300, "[" * 5000 + "]" * 5000]
)
def test_text_that_is_nested_too_deeply_is_no_structure(text: str) -> None:
    with pytest.raises(ArrayExpected) as refused:
        structure(decode("", FORM, urlencode({"event": text}).encode()), "event")
    assert "event is not JSON" in explain(refused.value)
    found = decode("", "application/json", text.encode()).findings
    assert any(finding.kind is Kind.VIOLATION for finding in found)


def test_many_lists_beside_each_other_are_not_deep() -> None:
    text = orjson.dumps([[[]]] * 1000).decode()
    assert structure(decode("", FORM, urlencode({"calls": text}).encode()), "calls")[0] == [[[]]] * 1000


def test_identity_is_no_compression() -> None:
    assert decode("", FORM, urlencode({"event": TEXT}).encode(), coding="identity").findings == []


def test_the_structure_may_stand_in_the_query_too() -> None:
    assert structure(decode(urlencode({"event": TEXT}), "", b""), "event") == (EVENT, [])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{broken", "Expected array, but got NULL: null"),
        ("null", "Expected array, but got NULL: null"),
        ("7", "Expected array, but got integer: 7"),
        ("1.5", "Expected array, but got double: 1.5"),
        ("true", "Expected array, but got boolean: true"),
        ('"text"', 'Expected array, but got string: "text"'),
    ],
)
def test_text_that_is_no_structure_is_refused_in_the_crms_words(value: str, message: str) -> None:
    with pytest.raises(ArrayExpected) as caught:
        structure(decode("", FORM, urlencode({"event": value}).encode()), "event")
    assert caught.value.text == message


def test_the_reason_of_a_syntax_error_is_kept_for_the_finding() -> None:
    with pytest.raises(ArrayExpected) as caught:
        structure(decode("", FORM, b"event={%22a%22:}"), "event")
    assert explain(caught.value).startswith("event is not JSON: ")


@pytest.mark.parametrize("body", [b"", b"other=1", b"event="])
def test_an_absent_or_empty_parameter_is_missing(body: bytes) -> None:
    with pytest.raises(ParameterMissing, match="Parameter 'event' is missing"):
        structure(decode("", FORM, body), "event")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filter[numbers][]=1&filter[numbers][]=2", {"filter": {"numbers": ["1", "2"]}}),
        ("filter[status]=free", {"filter": {"status": "free"}}),
        ("a[5]=x&a[]=y", {"a": {"5": "x", "6": "y"}}),
        ("a[]=x&a[b]=y", {"a": {"0": "x", "b": "y"}}),
        ("a=1&a=2", {"a": "2"}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("apiKey=K&", {"apiKey": "K"}),
        ("filter=None", {"filter": "None"}),
        ("a%5Bb%5D=%D0%B9", {"a": {"b": "й"}}),
        ("[x]=1&y]=2&z[=3", {"[x]": "1", "y]": "2", "z[": "3"}),
        ("empty=&flag", {"empty": "", "flag": ""}),
    ],
)
def test_names_with_brackets_are_read_as_php_does(query: str, expected: Json) -> None:
    assert decode(query, "", b"").query == expected


@pytest.mark.parametrize("body", [b"a=%FF", b"a=\xff"])
def test_text_that_is_not_utf8_leaves_a_finding(body: bytes) -> None:
    assert [finding.kind for finding in decode("", FORM, body).findings] == [Kind.FORGIVEN]


PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
PARTS = PART * (USUAL.form_fields + 1) + b"--b--"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"&".join(b"a=1" for _ in range(USUAL.form_fields + 1))),
        (FORM, b"a" + b"[b]" * 20 + b"=1"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", PARTS),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense"),
    ],
)
def test_what_is_too_much_or_broken_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode("", content_type, body)


def test_a_scalar_comes_from_the_body_before_the_query_and_is_never_a_structure() -> None:
    decoded = Decoded({"a": "query", "b": "1"}, {"a": 7, "c": {"d": "1"}, "e": True})
    assert [decoded.scalar(name) for name in "abcde"] == ["7", "1", None, None, None]


@given(
    st.text(max_size=200),
    st.sampled_from([FORM, "application/json", "multipart/form-data; boundary=b", "", "text/html"]),
    st.binary(max_size=300),
    st.booleans(),
)
def test_no_request_makes_the_decoder_fail(query: str, mime: str, body: bytes, strict: bool) -> None:
    with suppress(ApiError):
        structure(decode(query, mime, body, strict=strict), "event", strict=strict)


names = st.text("abcXYZ_", min_size=1, max_size=5)
trees: st.SearchStrategy[Json] = st.recursive(
    st.text(max_size=10),
    lambda inner: (
        st.dictionaries(names, inner, min_size=1, max_size=3) | st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def flat(value: Json, name: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in flat(inner, f"{name}[{key}]")]
    if isinstance(value, list):
        return [pair for i, inner in enumerate(value) for pair in flat(inner, f"{name}[{i}]")]
    return [(name, str(value))]


@given(trees.filter(lambda tree: str(tree).count("{") + str(tree).count("[") < 7))
def test_brackets_bring_back_what_was_written_with_them(tree: Json) -> None:
    assert decode(urlencode(flat(tree, "root")), "", b"").query == {"root": tree}


@pytest.mark.parametrize("index", ["9" * 5000, "1e5", "\u0663", "\u00b2"])
def test_an_index_that_is_no_number_of_ours_is_a_key(index: str) -> None:
    sent = urlencode([(f"a[{index}]", "1"), ("a[]", "2")]).encode()
    branch = decode("", FORM, sent).fields["a"]
    assert isinstance(branch, dict)
    assert list(branch.values()) == ["1", "2"]


def test_the_next_index_follows_the_highest_at_every_level() -> None:
    sent = urlencode([("a[7][x]", "1"), ("a[][x]", "2"), ("b[]", "3"), ("b[]", "4")]).encode()
    assert decode("", FORM, sent).fields == {"a": {"7": {"x": "1"}, "8": {"x": "2"}}, "b": ["3", "4"]}
