"""The quick check never says yes where the JSON Schema library says no."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine.definition.quick import surely_valid

SCHEMAS: tuple[dict[str, object], ...] = (
    {"type": "string"},
    {"type": "string", "minLength": 2, "maxLength": 5},
    {"type": "string", "format": "date"},
    {"type": "string", "format": "unit", "maxLength": 8},
    {"type": "string", "enum": ["A", "B", "类"]},
    {"type": "integer"},
    {"type": "integer", "minimum": 1, "maximum": 30},
    {"type": "boolean"},
    {"type": "string", "pattern": "^a"},
    {"type": "array", "items": {"type": "string"}},
    {"type": ["string", "null"]},
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 40),
    st.sampled_from(
        ["A", "B", "类", "a", "2026-02-28", "2026-02-29", "2026-2-8", "20260228", "2026-W05-1", "改善食堂"]
    ),
    st.text(max_size=8),
    st.floats(allow_nan=False),
    st.lists(st.text(max_size=2), max_size=2),
)


@given(schema=st.sampled_from(SCHEMAS), value=VALUES)
def test_a_quick_yes_is_a_yes_of_the_library(schema: dict[str, object], value: object) -> None:
    library = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    if surely_valid(schema)(value):  # type: ignore[arg-type]  # any JSON value
        assert library.is_valid(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "minLength": 2, "maxLength": 5}, "改善食堂"),
        ({"type": "string", "format": "date"}, "2026-02-28"),
        ({"type": "string", "enum": ["A", "B"]}, "B"),
        ({"type": "integer", "minimum": 1, "maximum": 30}, 30),
        ({"type": "boolean"}, False),
    ],
)
def test_ordinary_answers_need_no_second_look(schema: dict[str, object], value: object) -> None:
    assert surely_valid(schema)(value)  # type: ignore[arg-type]  # any JSON value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "pattern": "^a"}, "a"),
        ({"type": "integer", "minimum": 0.5}, 1),
        ({"type": "integer", "enum": [1]}, 1),
        ({"type": "string", "minLength": 1.0}, "a"),
        ({"type": "string", "format": "email"}, "a"),
        ({"type": "array"}, []),
    ],
)
def test_a_schema_beyond_the_ordinary_is_left_to_the_library(schema: dict[str, object], value: object) -> None:
    assert not surely_valid(schema)(value)  # type: ignore[arg-type]  # any JSON value
