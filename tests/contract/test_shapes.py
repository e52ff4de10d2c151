"""Values from outside by types, and the words for those of another shape."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct, ValidationError, convert

from callproof.contract.shapes import Misshapen, place, schema_of, shaped


class Part(Struct, forbid_unknown_fields=True):
    colour: Literal["red", "green"] = "red"


class Whole(Struct, rename="camel", forbid_unknown_fields=True):
    how_many: Annotated[int, Meta(ge=1)] | None
    parts: dict[str, list[Part]] = {}


def test_data_becomes_a_value_of_the_type() -> None:
    sent = {"howMany": 2, "parts": {"a": [{"colour": "green"}]}}
    assert shaped(sent, Whole) == Whole(2, {"a": [Part("green")]})
    assert shaped({"howMany": "2"}, Whole, text=True) == Whole(2)


@pytest.mark.parametrize(
    ("sent", "path", "message"),
    [
        ({}, (), "'howMany' is a required property"),
        ([], (), "[] is not of type 'object'"),
        ({"howMany": 1, "x": 1}, (), "Additional properties are not allowed ('x' was unexpected)"),
        ({"howMany": 0}, ("howMany",), "0 is less than the minimum of 1"),
        ({"howMany": "1"}, ("howMany",), "'1' is not of type 'integer'"),
        (
            {"howMany": 1, "parts": {"a": [{}, {"colour": "blue"}]}},
            ("parts", "a", 1, "colour"),
            "'blue' is not one of ['green', 'red']",
        ),
        # JSON Schema takes it for a whole number, so the reader itself has to say it.
        ({"howMany": 1.0}, ("howMany",), "Expected int | null, got float"),
    ],
)
def test_another_shape_is_named_by_place_and_reason(sent: Any, path: tuple[Any, ...], message: str) -> None:
    with pytest.raises(Misshapen) as caught:
        shaped(sent, Whole)
    assert (caught.value.path, str(caught.value)) == (path, message)


def test_a_text_that_is_no_number_is_named() -> None:
    with pytest.raises(Misshapen) as caught:
        shaped({"howMany": "many"}, Whole, text=True)
    assert caught.value.path == ("howMany",)


def test_a_place_ends_at_the_key_of_a_mapping() -> None:
    with pytest.raises(ValidationError) as caught:
        convert([{"howMany": 1, "parts": {"a": [5]}}], list[Whole])
    assert place(caught.value) == ((0, "parts"), "Expected object, got int")


def test_the_schema_of_a_type_has_its_bounds_and_names() -> None:
    described = schema_of(Whole)["$defs"]["Whole"]
    assert described["additionalProperties"] is False
    assert list(described["properties"]) == ["howMany", "parts"]
