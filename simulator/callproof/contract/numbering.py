"""What phonenumbers makes of a number that is written plainly: by its own tables, in a tenth of its time.

It says what ``phonenumbers.parse`` says, with the questions whether the number is possible and whether it
is valid. Whatever else a field may hold is for the library itself.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

_PLAIN = re.compile(
    r"\+?(?:[0-9]+|\([0-9]+\)[ -]?[0-9]+)(?:[ -][0-9]+|[ -]?\([0-9]+\)[ -]?[0-9]+)*"
).fullmatch
_NO_SIGNS = {ord(sign): None for sign in " ()-"}
_LONGEST_TEXT = 40
# Of what follows a calling code so many digits at least and at most are a number.
_SHORTEST, _LONGEST = 2, 17
# From so many digits on a number may be one of abroad whose + is missing.
_WITH_CODE = 11
_NEVER = "(?!)"
_KINDS = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)

_Matches = Callable[[str], object]


def plainly(text: str, country: str) -> str:
    """Digits with the calling code, ``""`` for what is not written plainly or not clearly a number.

    ``8 (029) 123-45-67`` of ``BY`` -> ``375291234567``. ``country`` is a region of phonenumbers.
    """
    if len(text) > _LONGEST_TEXT or not _PLAIN(text):
        return ""
    plus = text[0] == "+"
    number = text[1:] if plus else text
    if not number.isdigit():
        number = number.translate(_NO_SIGNS)
    # What stands behind a blank may be another number, or a note.
    whole = len(number) == len(text) - plus or " " not in text
    if plus:
        return _abroad(number, whole=whole)
    home = _home(country)
    if abroad := home.leaving(number):
        return _abroad(abroad, whole=False)
    code, national = home.read(number)
    plan = _plan(code)
    if plan.holds(national):
        return f"{code}{national}"
    if national != number and plan.main.is_possible(national):
        return f"{code}{national}" if whole else ""
    # Many dial abroad with 00, and many write a calling code without its sign.
    longer = number.startswith("00") or len(number) >= _WITH_CODE
    return _abroad(number.removeprefix("00"), whole=False) if longer else ""


def _abroad(number: str, *, whole: bool) -> str:
    """Digits that begin with a calling code; only a ``whole`` may be of no kind that its plan has."""
    for code in (number[:1], number[:2], number[:3]):
        if code in _CODES:
            break
    else:
        return ""
    plan = _plan(code)
    national = plan.main.without_trunk(number[len(code) :])
    fits = plan.main.is_possible(national) if whole else plan.holds(national)
    return f"{code}{national}" if fits else ""


class _Region:
    """One country's part of a plan."""

    def __init__(self, code: str, name: str) -> None:
        found = PhoneMetadata.metadata_for_region_or_calling_code(int(code), name)
        assert found is not None
        assert found.general_desc is not None
        self.code = code
        self.beginning = re.compile(found.leading_digits).match if found.leading_digits else None
        self._abroad = re.compile(found.international_prefix or _NEVER)
        self._trunk = re.compile(found.national_prefix_for_parsing or _NEVER)
        self._rule = found.national_prefix_transform_rule or ""
        self._general = found.general_desc
        self._fits = re.compile(found.general_desc.national_number_pattern or _NEVER).fullmatch
        self._lengths = frozenset(found.general_desc.possible_length)
        self._longest = max(self._lengths)
        self._local = frozenset(found.general_desc.possible_length_local_only)
        self._kinds = [kind for name in _KINDS if (kind := getattr(found, name))]
        self._of_length = cache(self._matching)

    def is_possible(self, national: str) -> bool:
        length = len(national)
        return length in self._lengths and _SHORTEST <= length <= _LONGEST

    def is_valid(self, national: str) -> bool:
        return self._of_length(len(national))(national) is not None

    def read(self, number: str) -> tuple[str, str]:
        """The calling code and what follows it, of a number that was dialled here."""
        if number.startswith(self.code):
            rest = self._stripped(number[len(self.code) :])
            if (self._fits(rest) and not self._fits(number)) or len(number) > self._longest:
                return self.code, _plan(self.code).main.without_trunk(rest)
        return self.code, self.without_trunk(number)

    def leaving(self, number: str) -> str:
        """What is dialled here after the prefix for numbers of abroad, ``""`` for any other number."""
        prefix = self._abroad.match(number)
        rest = number[prefix.end() :] if prefix else ""
        return "" if rest.startswith("0") else rest

    def without_trunk(self, national: str) -> str:
        """Without the digit that is dialled before numbers of one's own country, where it is one."""
        if (stripped := self._stripped(national)) is national:
            return national
        length = len(stripped)
        possible = length in self._lengths or length > self._longest
        return stripped if possible and length not in self._local else national

    def _stripped(self, national: str) -> str:
        trunk = self._trunk.match(national)
        if not trunk:
            return national
        if self._rule and trunk.group(trunk.re.groups) is not None:
            stripped = self._trunk.sub(self._rule, national, count=1)
        else:
            stripped = national[trunk.end() :]
        return national if self._fits(national) and not self._fits(stripped) else stripped

    def _matching(self, length: int) -> _Matches:
        """What matches all kinds of numbers that have so many digits."""
        if not _may_have(self._general, length):
            return re.compile(_NEVER).match
        patterns = [kind.national_number_pattern for kind in self._kinds if _may_have(kind, length)]
        kinds = "|".join(f"(?:{pattern})" for pattern in patterns if pattern)
        return re.compile(
            f"(?=(?:{self._general.national_number_pattern})$)(?:{kinds or _NEVER})"
        ).fullmatch


def _may_have(kind: PhoneNumberDesc, length: int) -> bool:
    return not kind.possible_length or length in kind.possible_length


class _Plan:
    """All that have one calling code."""

    def __init__(self, code: str) -> None:
        self._regions = [_Region(code, name) for name in _CODES[code]]
        self.main = self._regions[0]

    def holds(self, national: str) -> bool:
        """Whether it is a number of a kind that the plan has."""
        if len(self._regions) == 1:
            return self.main.is_valid(national)
        for region in self._regions:
            if region.beginning is None:
                if region.is_valid(national):
                    return True
            elif region.beginning(national):
                return region.is_valid(national)
        return False


_CODES: dict[str, Sequence[str]] = {str(code): names for code, names in COUNTRY_CODE_TO_REGION_CODE.items()}
_plan = cache(_Plan)


@cache
def _home(country: str) -> _Region:
    found = PhoneMetadata.metadata_for_region(country)
    assert found is not None
    return _Region(str(found.country_code), country)
