"""Chains of what the engine does on its own: linked like a case's, verified by their own shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.case.identity import CaseId, PersonId, RootId
from engine.ledger.canonical import canonical
from engine.ledger.chain import entry_hash
from engine.ledger.streams import FACTS, Fact, Swept, fact_entry, is_stream, stream_for, stream_of, swept_fact
from engine.service.history_ports import CaseFile
from engine.service.rows import EntryRow
from engine.service.verify import verify_stream

ROOT = RootId("works")
AT = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)
STREAM = stream_of(AT, 0)
CASE = CaseId("019cac0f26805f9251c8f4201747b167")
READER = PersonId("019cac0f26805f9251c8f4201747b168")


def a_file(*bodies: bytes) -> CaseFile:
    entries = tuple(EntryRow(ROOT, STREAM, seq, body, entry_hash(body)) for seq, body in enumerate(bodies, start=1))
    return CaseFile(case=CaseId(STREAM), row=None, entries=entries, privates=(), spans=(), deadlines=())


def two_sweeps() -> list[bytes]:
    first = fact_entry(ROOT, STREAM, AT, swept_fact(Swept(calendar="c", open=3, looked=3, raised=1, failed=0)), None)
    after = (first.seq, first.hash)
    later = Swept(calendar="c", open=3, looked=3, raised=0, failed=0)
    return [first.body, fact_entry(ROOT, STREAM, AT + timedelta(minutes=1), swept_fact(later), after).body]


def changed(body: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(body)
    change(value)
    return canonical(value)


def test_a_stream_is_named_by_the_day_of_shanghai_and_the_process() -> None:
    assert STREAM == "system:2026-03-02:0"
    assert stream_of(AT + timedelta(minutes=1), 4) == "system:2026-03-03:4"
    assert is_stream(STREAM)
    assert not is_stream("019cac0f26805f9251c8f4201747b167")
    assert not is_stream(STREAM.encode()), "a damaged file may hold bytes where a text was"


def test_the_instant_stands_among_the_first_bytes_of_every_fact() -> None:
    """The tree is verified by them (``verify_tree``): a part that came before it would hide the instant."""
    assert [name for name in FACTS if name < "at"] == []


def test_what_the_engine_wrote_has_no_findings() -> None:
    assert verify_stream(a_file(*two_sweeps()), ROOT) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body["swept"].update(looked=-1), "swept"),
        (lambda body: body["swept"].update(more=1), "swept"),
        (lambda body: body.pop("swept"), "swept"),
        (lambda body: body.update(transition="close"), "transition"),
        (lambda body: body.update(ledger="elsewhere"), "elsewhere"),
        (lambda body: body.update(type="noted"), "系统条目"),
    ],
)
def test_an_entry_of_another_form_is_found(change: Callable[[dict[str, Any]], object], said: str) -> None:
    first, second = two_sweeps()
    found = verify_stream(a_file(first, changed(second, change)), ROOT)
    assert any(said in finding.text.zh for finding in found), found
    assert {finding.seq for finding in found} == {2}


def test_an_entry_changed_or_taken_away_breaks_the_chain() -> None:
    first, second = two_sweeps()
    altered = changed(first, lambda body: body["swept"].update(raised=9))
    assert verify_stream(a_file(altered, second), ROOT) != []
    assert verify_stream(a_file(second), ROOT) != []
    assert verify_stream(a_file(b"{", second), ROOT) != []


def test_a_fact_about_a_case_stands_beside_it_and_says_who_did_it() -> None:
    fact = Fact(type="read", details={"case": CASE}, by=READER, about=CASE)
    stream = stream_for(fact, AT, 3)
    entry = fact_entry(ROOT, stream, AT, fact, None)
    assert (stream, is_stream(stream)) == (f"access:{CASE}", True)
    body = json.loads(entry.body)
    assert (body["actor"], body["by"], body["read"]) == ("person", READER, {"case": CASE})
    assert verify_stream(a_file(entry.body)._replace(case=CaseId(stream)), ROOT) == []


@pytest.mark.parametrize(
    ("parts", "holds"),
    [
        ({"person": "p", "role": "r", "unit": "u", "from_on": "2026-01-05"}, True),
        ({"person": "p", "role": "r", "unit": "u"}, True),
        ({"person": "p", "role": "r", "unit": "u", "from_on": "5.1.2026"}, False),
        ({"person": "p", "role": "r"}, False),
        ({"person": "p", "role": "r", "unit": "u", "name": "x"}, False),
        ({"person": "p", "role": "r", "unit": ""}, False),
    ],
)
def test_a_fact_has_the_parts_that_are_declared_for_it(parts: dict[str, str], holds: bool) -> None:
    entry = fact_entry(ROOT, STREAM, AT, Fact(type="granted", details={**parts}, by=READER), None)
    assert (verify_stream(a_file(entry.body), ROOT) == []) is holds
