"""What may come in at all: every hostile value of the handbook is refused by name, and honest ones pass unharmed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from api.hygiene import Unreadable, clean_query, clean_text, parse_form, parse_json
from engine.errors import InputRefused


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def test_chinese_text_numbers_and_line_ends_pass_as_they_are() -> None:
    assert parse_json('{"案由": "改善夜班\\n供餐\\t", "人数": [12, -3, true, null]}'.encode()) == {
        "案由": "改善夜班\n供餐\t",
        "人数": [12, -3, True, None],
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "a\\u0000b"}',
        b'{"text": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'["\\u001b[31m"]',
        b'["\\u0085"]',
        b"[9007199254740992]",
        b"[-9007199254740992]",
        b"[9223372036854775808]",
        b"1" + b"0" * 400,
        b"1" + b"0" * 5000,
        b"[NaN]",
        b'{"free": {"json": Infinity}}',
        b"[-Infinity]",
        b"[1e999]",
        b"[1.5]",
        b"[1e5]",
        nested(21),
        nested(900),
        nested(100_000),
        b'["' + b"x" * 100_001 + b'"]',
    ],
)
def test_a_value_that_no_field_may_hold_is_refused(body: bytes) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_json(body)
    assert refused.value.code == "input_refused"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'"\xc3\x28"',
        b"\xef\xbb\xbf{}",
        b'{"a": 1, "a": 2}',
        b'["raw\nline"]',
        b"{}x",
        b"{'a': 1}",
    ],
)
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_json(body)


def test_the_deepest_and_the_longest_that_is_allowed_passes() -> None:
    assert parse_json(nested(20)) == json.loads(nested(20))
    assert parse_json(b'"' + b"x" * 100_000 + b'"') == "x" * 100_000
    assert parse_json(b"[9007199254740991, -9007199254740991]") == [9007199254740991, -9007199254740991]


def test_texts_are_normalised_once_names_of_members_too() -> None:
    assert parse_json('{"cafe\u0301": "e\u0301"}'.encode()) == {"caf\u00e9": "\u00e9"}


def test_two_names_that_normalise_to_one_are_refused() -> None:
    with pytest.raises(Unreadable):
        parse_json('{"e\u0301": 1, "\u00e9": 2}'.encode())


def test_a_form_keeps_every_value_and_has_single_line_ends() -> None:
    assert parse_form(b"f.co=a&f.co=b&f.text=%E4%B8%80%0D%0A%E4%BA%8C&empty=") == {
        "f.co": ["a", "b"],
        "f.text": ["一\n二"],
        "empty": [""],
    }


@pytest.mark.parametrize("body", [b"a=%00", b"a=%ED%A0%80", b"a=%FF", b"a=\xff", b"a=" + b"x" * 100_001])
def test_a_form_with_bytes_that_are_no_text_is_refused(body: bytes) -> None:
    with pytest.raises(InputRefused):
        parse_form(body)


def test_a_form_of_too_many_fields_is_refused() -> None:
    assert len(parse_form(b"&".join(b"f%d=1" % number for number in range(200)))) == 200
    with pytest.raises(InputRefused):
        parse_form(b"&".join(b"f%d=1" % number for number in range(201)))


def test_a_query_is_normalised_like_a_body() -> None:
    assert clean_query(b"q=e%CC%81&after=") == [("q", "\u00e9"), ("after", "")]


@given(st.text())
def test_a_text_is_refused_exactly_for_its_characters(text: str) -> None:
    """Independent of the pattern in use: by category and by the three that are allowed."""
    import unicodedata

    hostile = any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t\r" for sign in text)
    if hostile:
        with pytest.raises(InputRefused):
            clean_text(text)
    else:
        assert clean_text(text) == unicodedata.normalize("NFC", text)


_PLAIN = st.text(alphabet=st.characters(categories=["L", "N", "P"]), max_size=20).map(clean_text)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_PLAIN, inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_honest_json_comes_through_unchanged(value: JsonValue) -> None:
    assert parse_json(json.dumps(value).encode()) == value
