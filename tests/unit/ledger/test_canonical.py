"""Canonical bytes: RFC 8785 in our stricter profile."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputRefused
from engine.ledger.canonical import canonical, parse_canonical

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def nested(levels: int) -> object:
    value: object = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_keys_stand_in_the_order_of_the_sample_that_rfc_8785_publishes() -> None:
    sample = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }

    assert canonical(sample).decode() == (
        '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",'
        '"\u20ac":"Euro Sign","\U0001f600":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
    )


def test_keys_of_inner_objects_are_ordered_too_when_only_they_lie_beyond_ascii() -> None:
    value = [{"a": {"\ufb33": 1, "\U0001f600": 2}}]

    assert canonical(value).decode() == '[{"a":{"\U0001f600":2,"\ufb33":1}}]'


def test_ascii_keys_are_ordered_and_nothing_is_spaced() -> None:
    assert canonical({"b": [1, True, False], "a": {}, "B": -7}) == b'{"B":-7,"a":{},"b":[1,true,false]}'


def test_control_characters_are_escaped_as_rfc_8785_says_and_nothing_else_is() -> None:
    text = '\b\t\n\f\r\x00\x1f\x0b"\\/\x7f\u2028办\U0001f600'

    assert canonical(text) == (
        b'"\\b\\t\\n\\f\\r\\u0000\\u001f\\u000b\\"\\\\/\x7f\xe2\x80\xa8\xe5\x8a\x9e\xf0\x9f\x98\x80"'
    )


def test_a_tuple_is_an_array() -> None:
    assert canonical((1, ("a",))) == b'[1,["a"]]'


def test_the_largest_and_smallest_integers_are_taken() -> None:
    assert canonical([2**53 - 1, -(2**53) + 1]) == b"[9007199254740991,-9007199254740991]"


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        None,
        2**53,
        -(2**53),
        10**400,
        b"a",
        {1: "a"},
        {None: "a"},
        {"a": {"b": 0.5}},
        [None],
        {1, 2},
    ],
)
def test_what_the_profile_does_not_hold_is_refused(value: object) -> None:
    with pytest.raises(InputRefused):
        canonical(value)


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, {"办\ud800": 1, "a": 2}])
def test_a_lone_surrogate_is_refused(value: object) -> None:
    with pytest.raises(InputRefused):
        canonical(value)


def test_twenty_levels_are_taken_and_twenty_one_are_refused() -> None:
    assert canonical(nested(20)) == b"[" * 20 + b"]" * 20
    with pytest.raises(InputRefused):
        canonical(nested(21))
    with pytest.raises(InputRefused):
        canonical({"a": nested(20)})


def test_the_refusal_names_what_was_found() -> None:
    with pytest.raises(InputRefused) as refusal:
        canonical({"a": None})

    assert "null" in refusal.value.text.zh
    assert "null" in refusal.value.text.en


@given(VALUES)
def test_canonical_bytes_are_read_back_as_the_same_value(value: object) -> None:
    assert parse_canonical(canonical(value)) == value


@given(st.dictionaries(TEXTS, st.integers(0, 9), min_size=2))
def test_the_order_of_insertion_leaves_no_trace(value: dict[str, int]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\\u540a"',
        b'"\\ud800"',
        '{"\ufb33":1,"\U0001f600":2}'.encode(),
        b"1.0",
        b"1e3",
        b"-0",
        b"NaN",
        b"Infinity",
        b"null",
        b"9007199254740992",
        b"1" * 5000,
        b"",
        b"{",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf1",
        '"a"'.encode("utf-16"),
        b"[" * 21 + b"]" * 21,
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_bytes_that_are_canonical_for_no_value_are_refused(body: bytes) -> None:
    with pytest.raises(InputRefused):
        parse_canonical(body)
