import json
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callproof.contract.percent import pairs

MOST = 50
# Whatever a form is made of, in a density at which its signs meet.
form_text = st.text(st.sampled_from("%+=&;abAB019FfdD \n\t\r\\'\"{}[]éП\x00\ufffd_."), max_size=40)


@given(form_text | st.text(max_size=40))
@example("a=%D0%9F%2")
@example("a=%3D%0A=\n%0D")
@example("%25=%2525&=&&a")
@example("a= \n b%20")
@example("_=_%5F")
def test_pairs_are_those_of_urllib(text: str) -> None:
    assert pairs(text, MOST) == parse_qsl(text, keep_blank_values=True, max_num_fields=MOST)


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=30)), max_size=8))
def test_what_was_encoded_comes_back(sent: list[tuple[str, str]]) -> None:
    assert pairs(urlencode(sent), MOST) == sent


def test_json_in_a_field_comes_back() -> None:
    calls = json.dumps([{"phone": "+7 912", "note": "100 % = 'Привет'"}], ensure_ascii=False)
    assert pairs(f"calls={quote(calls)}&apiKey=k", MOST) == [("calls", calls), ("apiKey", "k")]


def test_many_broken_escapes_are_read_as_urllib_reads_them() -> None:
    text = "a=" + "%zz%%4%41%D0%9F%" * 5_000
    assert pairs(text, MOST) == parse_qsl(text)


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="fields"):
        pairs("&".join(["a=%20"] * (MOST + 1)), MOST)
