"""The hash chain of one case. Hashes are made here with hashlib alone."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputRefused
from engine.ledger.chain import ChainRule, Link, check_chain, entry_hash, instant_text, parse_instant

CASE = "6f1d" * 8
Row = tuple[Any, Any, Any]


def body_of(**fields: object) -> bytes:
    """Canonical bytes of ASCII fields, written without the code under test."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def leaf(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def a_chain(length: int) -> list[Row]:
    rows: list[Row] = []
    prev = "0" * 64
    for seq in range(1, length + 1):
        body = body_of(case=CASE, seq=seq, prev=prev, type="submitted")
        rows.append((seq, body, leaf(body)))
        prev = leaf(body).hex()
    return rows


def rewritten(row: Row, **changes: object) -> Row:
    """The row with other fields in its body, its hash made to fit: what a writer of the database can do."""
    body = body_of(**{**json.loads(row[1]), **changes})
    return row[0], body, leaf(body)


def broken(rows: list[Row]) -> list[tuple[str, int]]:
    return [(str(finding.rule), finding.seq) for finding in check_chain(rows, case=CASE)]


def test_the_hash_of_nothing_is_the_leaf_hash_that_rfc_6962_publishes() -> None:
    assert entry_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_the_first_entry_is_linked_to_sixty_four_zeros() -> None:
    first = Link.first(CASE)

    assert (first.case, first.seq, first.prev) == (CASE, 1, "0" * 64)


def test_the_next_entry_is_linked_to_the_hash_of_the_one_before() -> None:
    second = Link.first(CASE).after(b'{"a":1}')

    assert (second.case, second.seq, second.prev) == (CASE, 2, hashlib.sha256(b'\x00{"a":1}').hexdigest())


def test_a_whole_chain_and_a_chain_without_entries_show_nothing() -> None:
    assert broken(a_chain(4)) == []
    assert broken([]) == []


def test_another_hash_in_the_column_is_found() -> None:
    rows = a_chain(3)
    rows[1] = (2, rows[1][1], leaf(b"other"))

    assert broken(rows) == [("E2", 2)]


def test_a_rewritten_body_is_found_by_its_hash_and_by_the_link_of_the_next() -> None:
    rows = a_chain(3)
    rows[1] = (2, rows[1][1].replace(b"submitted", b"withdrawn"), rows[1][2])

    assert broken(rows) == [("E2", 2), ("C2", 3)]


def test_a_rewritten_body_with_a_fitting_hash_is_found_by_the_link_of_the_next() -> None:
    rows = a_chain(3)
    rows[1] = rewritten(rows[1], type="withdrawn")

    assert broken(rows) == [("C2", 3)]


def test_a_missing_entry_is_found_once() -> None:
    rows = a_chain(5)
    del rows[2]

    assert broken(rows) == [("C1", 4), ("C2", 4)]


def test_a_missing_first_entry_is_found() -> None:
    assert broken(a_chain(2)[1:]) == [("C1", 2), ("C2", 2)]


def test_a_repeated_entry_is_found() -> None:
    rows = a_chain(2)
    rows.insert(1, rows[0])

    assert broken(rows) == [("C1", 1), ("C2", 1)]


@pytest.mark.parametrize("seq", [3, 0, "1"])
def test_a_body_with_another_seq_than_its_column_is_found(seq: object) -> None:
    assert broken([rewritten(a_chain(1)[0], seq=seq)]) == [("E3", 1)]


def test_true_is_not_the_number_one() -> None:
    assert broken([rewritten(a_chain(1)[0], seq=True)]) == [("E3", 1)]


def test_a_body_of_another_case_is_found() -> None:
    assert broken([rewritten(a_chain(1)[0], case="0" * 32)]) == [("E3", 1)]


@pytest.mark.parametrize("field", ["case", "seq"])
def test_a_body_without_case_or_seq_is_found(field: str) -> None:
    fields = json.loads(a_chain(1)[0][1])
    del fields[field]
    body = body_of(**fields)

    assert broken([(1, body, leaf(body))]) == [("E3", 1)]


@pytest.mark.parametrize("body", [b"", b"[]", b'"a"', b"\xff", b'{"seq": 1}', b"[" * 100_000, b'{"a":null}'])
def test_a_body_that_is_no_canonical_object_is_found(body: bytes) -> None:
    assert broken([(1, body, leaf(body))]) == [("E1", 1)]


@pytest.mark.parametrize("body", [None, "text", 7, bytearray(b"{}")])
def test_a_body_that_is_no_bytes_is_found_and_the_next_entry_is_still_looked_at(body: object) -> None:
    rows = a_chain(3)
    rows[1] = (2, body, rows[1][2])
    rows[2] = (3, rows[2][1], b"")

    assert broken(rows) == [("E1", 2), ("E2", 3)]


@pytest.mark.parametrize("seq", [None, "1", True, 1.0, 10**400])
def test_a_seq_column_that_is_no_usable_integer_is_found(seq: object) -> None:
    [(_, body, stored)] = a_chain(1)

    assert broken([(seq, body, stored)]) == [("C1", 1)]


def test_a_finding_says_what_it_is_in_both_languages() -> None:
    [finding] = check_chain([rewritten(a_chain(1)[0], case="x" * 1_000_000)], case=CASE)

    assert finding.rule is ChainRule.COLUMNS
    assert "事项" in finding.text.zh
    assert "case" in finding.text.en
    assert len(finding.text.zh) < 200


HOSTILE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=30)


@given(st.lists(st.tuples(HOSTILE, HOSTILE, HOSTILE), min_size=1, max_size=5))
def test_whatever_stands_in_the_columns_ends_in_findings(rows: list[Row]) -> None:
    assert broken(rows)


@given(st.data())
def test_any_one_changed_byte_of_a_body_is_found(data: st.DataObject) -> None:
    rows = a_chain(3)
    place = data.draw(st.integers(0, 2))
    seq, body, stored = rows[place]
    at = data.draw(st.integers(0, len(body) - 1))
    flipped = body[at] ^ data.draw(st.integers(1, 255))
    rows[place] = (seq, body[:at] + bytes([flipped]) + body[at + 1 :], stored)

    assert ("E2", place + 1) in broken(rows)


def test_an_instant_is_written_in_utc_at_a_fixed_width() -> None:
    beijing = timezone(timedelta(hours=8))

    assert instant_text(datetime(2026, 11, 21, 10, 40, 0, 123456, tzinfo=beijing)) == "2026-11-21T02:40:00.123456Z"
    assert instant_text(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000000Z"
    assert instant_text(datetime(999, 1, 2, tzinfo=UTC)) == "0999-01-02T00:00:00.000000Z"


def test_an_instant_without_a_zone_is_a_defect_of_ours() -> None:
    with pytest.raises(AssertionError):
        instant_text(datetime(2026, 1, 2))  # noqa: DTZ001 - the missing zone is the point


def test_an_instant_is_read_back_aware_and_in_utc() -> None:
    at = parse_instant("2026-11-21T02:40:00.123456Z")

    assert at == datetime(2026, 11, 21, 2, 40, 0, 123456, tzinfo=UTC)
    assert at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21",
        "2026-11-21T02:40:00Z",
        "2026-11-21T02:40:00.123456",
        "2026-11-21T02:40:00.123456+00:00",
        "2026-11-21 02:40:00.123456Z",
        "2026-11-21T24:00:00.000000Z",
        "2026-02-30T00:00:00.000000Z",
        "0000-01-01T00:00:00.000000Z",
        "２026-11-21T02:40:00.123456Z",
        "2026-11-21T02:40:00.123456Z\n",
    ],
)
def test_an_instant_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(InputRefused):
        parse_instant(text)
