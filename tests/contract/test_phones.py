"""The short way for plain numbers."""

from hypothesis import example, given
from hypothesis import strategies as st

from callproof.contract.phones import dialable, parsed


@given(
    st.from_regex(r"(\+7|8|7) ?\(?[0-9]{3}\)?[ -]?[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}", fullmatch=True),
    st.sampled_from(["RU", "KZ", "DE", "US", "BY"]),
)
@example("+78005553535", "RU")
@example("88108005553", "RU")
@example("+7 812 810-00-00", "RU")
@example("+73000000000", "DE")
def test_the_short_way_says_what_the_numbering_plans_say(number: str, country: str) -> None:
    assert dialable(number, country) == parsed(number, country)
