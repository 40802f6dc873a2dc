"""Verification finds whatever was changed in the tables behind the engine's back, and nothing in clean ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from engine.case.case import Case
from engine.case.identity import CaseId
from engine.case.offers import offered
from engine.ledger.canonical import canonical, parse_canonical
from engine.ledger.chain import entry_hash
from engine.service import verify as verification
from engine.service.case_rows import case_from, deadline_rows, row_of
from engine.service.execute import Done
from engine.service.rows import CaseRow, DeadlineRow, EntryRow
from engine.service.verify import verify
from tests.support.ledgers import CLERK, MATTER, ROOT, SEALER, Registry, a_full_life, small_rules

RULES = small_rules()


@pytest.fixture
def registry() -> Registry:
    """A registry with one case that saw everything; ``case`` of the tests below."""
    registry = Registry(RULES)
    a_full_life(registry)
    return registry


@pytest.fixture
def case(registry: Registry) -> CaseId:
    return next(CaseId(row.id) for row in registry.tables.cases.values() if row.workflow == "matter")


def entry_at(registry: Registry, case: CaseId, seq: int) -> int:
    """Return where the entry stands in the table."""
    return next(n for n, row in enumerate(registry.tables.entries) if (row.case, row.seq) == (case, seq))


def change_row(registry: Registry, case: CaseId, **columns: Any) -> None:
    registry.tables.cases[case] = registry.tables.cases[case]._replace(**columns)


def change_body(registry: Registry, case: CaseId, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the JSON body of the case row."""
    body = json.loads(registry.tables.cases[case].body)
    change(body)
    change_row(registry, case, body=json.dumps(body, ensure_ascii=False))


def forge(registry: Registry, case: CaseId, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change entries as somebody who can compute hashes: every later link and the head of the row are made to fit."""
    rows = sorted((row for row in registry.tables.entries if row.case == case), key=lambda row: row.seq)
    bodies: list[Any] = [parse_canonical(row.body) for row in rows]
    change(bodies)
    prev, forged = "0" * 64, []
    for body in bodies:
        body["prev"] = prev
        data = canonical(body)
        prev = entry_hash(data).hex()
        forged.append(EntryRow(ROOT, case, body["seq"], data, bytes.fromhex(prev)))
    registry.tables.entries = [row for row in registry.tables.entries if row.case != case] + forged
    change_row(registry, case, head=prev)


def rules_at(registry: Registry, case: CaseId) -> set[tuple[str, int]]:
    """Return rule and seq of every finding; all of them must be about the case."""
    findings = registry.verify().findings
    assert {finding.case for finding in findings} <= {case}
    return {(str(finding.rule), finding.seq) for finding in findings}


def test_clean_ledgers_have_no_findings_and_everything_was_looked_at(registry: Registry, case: CaseId) -> None:
    target, other, third = (registry.open() for _ in range(3))
    registry.fire(other, "join_other", into=target)
    registry.fire(third, "join_other", into=target)
    registry.fire(other, "part_again")
    plain = registry.open({"subject": "五步"}, workflow="five_states")
    for move in ("review", "assign", "handle", "evaluate"):
        registry.fire(plain, move)
    result = registry.verify()
    assert result.findings == ()
    assert (result.cases, result.entries) == (len(registry.tables.cases), len(registry.tables.entries))
    assert registry.state(case) == "closed"


def test_one_case_can_be_verified_alone(registry: Registry, case: CaseId) -> None:
    other = registry.open()
    change_row(registry, other, state="closed")
    assert registry.found(only=case) == set()
    assert registry.verify(only=case).cases == 1
    assert registry.found(only=other) == {"P1"}


def test_progress_is_told_how_many_cases_were_looked_at(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "CHUNK_CASES", 2)
    told: list[int] = []
    verify(registry.tables, RULES, ROOT, SEALER, progress=told.append)
    assert told == [2, 3]


def test_a_flipped_byte_is_found(registry: Registry, case: CaseId) -> None:
    place = entry_at(registry, case, 3)
    row = registry.tables.entries[place]
    at = row.body.index(b'"safety"') + 1
    registry.tables.entries[place] = row._replace(body=row.body[:at] + b"S" + row.body[at + 1 :])
    assert {("E2", 3), ("C2", 4)} <= rules_at(registry, case)


def test_a_flipped_bit_anywhere_in_an_entry_is_found(registry: Registry, case: CaseId) -> None:
    place = entry_at(registry, case, 2)
    row = registry.tables.entries[place]
    for at in range(0, len(row.body), 7):
        changed = bytes([row.body[at] ^ 1])
        registry.tables.entries[place] = row._replace(body=row.body[:at] + changed + row.body[at + 1 :])
        assert "E2" in registry.found(only=case), at


def test_a_changed_hash_is_found(registry: Registry, case: CaseId) -> None:
    place = entry_at(registry, case, 2)
    registry.tables.entries[place] = registry.tables.entries[place]._replace(hash=bytes(32))
    assert rules_at(registry, case) == {("E2", 2)}


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff\xfe", "text", None, 5])
def test_an_entry_that_is_no_entry_is_found(registry: Registry, case: CaseId, body: Any) -> None:
    place = entry_at(registry, case, 2)
    registry.tables.entries[place] = registry.tables.entries[place]._replace(body=body)
    assert ("E1", 2) in rules_at(registry, case)


@pytest.mark.parametrize("body", [b"[", b"[]", b"\xff", b'{"id":7}', "text"])
def test_private_values_of_an_entry_that_cannot_be_read_do_no_harm(registry: Registry, case: CaseId, body: Any) -> None:
    place = entry_at(registry, case, 1)
    registry.tables.entries[place] = registry.tables.entries[place]._replace(body=body)
    assert {"E1", "E2"} & registry.found()


def test_a_deleted_entry_is_found(registry: Registry, case: CaseId) -> None:
    del registry.tables.entries[entry_at(registry, case, 4)]
    assert {("C1", 5), ("C2", 5)} <= rules_at(registry, case)


def test_a_deleted_first_entry_is_found(registry: Registry, case: CaseId) -> None:
    del registry.tables.entries[entry_at(registry, case, 1)]
    assert {("C1", 2), ("C2", 2), ("C3", 2)} <= rules_at(registry, case)


def test_a_deleted_last_entry_is_found_by_the_row(registry: Registry, case: CaseId) -> None:
    last = registry.tables.cases[case].seq
    del registry.tables.entries[entry_at(registry, case, last)]
    assert {("P1", last - 1), ("P2", last)} <= rules_at(registry, case)
    said = {finding.text.en.split()[0] for finding in registry.verify().findings if str(finding.rule) == "P1"}
    assert {"seq", "head", "state"} <= said


def test_exchanged_entries_are_found(registry: Registry, case: CaseId) -> None:
    first, second = entry_at(registry, case, 4), entry_at(registry, case, 5)
    entries = registry.tables.entries
    entries[first], entries[second] = entries[second]._replace(seq=4), entries[first]._replace(seq=5)
    assert {("E3", 4), ("E3", 5), ("C2", 4)} <= rules_at(registry, case)


def test_an_entry_of_another_case_is_found(registry: Registry, case: CaseId) -> None:
    other = registry.open()
    place = entry_at(registry, other, 1)
    registry.tables.entries[entry_at(registry, case, 1)] = registry.tables.entries[place]._replace(case=case)
    assert ("E3", 1) in rules_at(registry, case)


def test_a_seq_that_is_no_number_is_found(registry: Registry, case: CaseId) -> None:
    tables = registry.tables
    last = tables.cases[case].seq
    place = entry_at(registry, case, last)
    broken: Any = float(last)
    tables.entries[place] = tables.entries[place]._replace(seq=broken)
    assert rules_at(registry, case) == {("C1", last)}


@pytest.mark.parametrize("name", [name for name in CaseRow._fields if name not in ("root", "id", "body")])
def test_a_change_of_any_column_of_the_row_is_named(registry: Registry, case: CaseId, name: str) -> None:
    value = getattr(registry.tables.cases[case], name)
    change_row(registry, case, **{name: value + 1 if isinstance(value, int) else f"{value}x"})
    found = registry.verify().findings
    assert [(str(one.rule), one.seq, one.text.en.split()[0]) for one in found] == [
        ("P1", registry.tables.cases[case].seq - (name == "seq"), name)
    ]


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("data.subject", lambda body: body["data"].update(subject="另一件事")),
        ("data.grounds", lambda body: body["data"].update(grounds="无此事。")),
        ("data.round", lambda body: body["data"].pop("round")),
        ("data.surplus", lambda body: body["data"].update(surplus=1)),
        ("sealed", lambda body: body.pop("sealed")),
        ("fired", lambda body: body["fired"].update(extend=9)),
        ("parties", lambda body: body["parties"].append(["proposer", "somebody"])),
        ("people", lambda body: body.update(people=["somebody"])),
        ("clocks", lambda body: body["clocks"][0].update(due_on="2030-01-01")),
        ("children", lambda body: body["children"].pop()),
        ("pins", lambda body: body["pins"].update(calendar="another")),
        ("milestones", lambda body: body["milestones"].update(submitted=1)),
        ("published", lambda body: body.update(published=True)),
        ("surplus", lambda body: body.update(surplus="x")),
    ],
)
def test_a_change_in_the_body_of_the_row_is_named(
    registry: Registry, case: CaseId, part: str, change: Callable[[dict[str, Any]], None]
) -> None:
    change_body(registry, case, change)
    found = registry.verify().findings
    assert [(str(one.rule), one.text.en.split()[0]) for one in found] == [("P1", part)]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "[" * 100_000, None, b"{}"])
def test_a_body_that_cannot_be_read_is_found(registry: Registry, case: CaseId, body: Any) -> None:
    change_row(registry, case, body=body)
    assert rules_at(registry, case) == {("P1", registry.tables.cases[case].seq)}


def test_a_case_without_a_row_is_found(registry: Registry, case: CaseId) -> None:
    del registry.tables.cases[case]
    assert {rule for rule, _seq in rules_at(registry, case)} == {"P1"}


def test_a_row_without_any_entry_is_found_with_all_that_hangs_on_it(registry: Registry, case: CaseId) -> None:
    tables = registry.tables
    tables.entries = [row for row in tables.entries if row.case != case]
    assert {rule for rule, _seq in rules_at(registry, case)} == {"C1", "P2", "P3", "V6"}


def test_what_is_left_of_a_case_that_was_taken_away_is_found(registry: Registry, case: CaseId) -> None:
    tables = registry.tables
    del tables.cases[case]
    tables.entries = [row for row in tables.entries if row.case != case]
    tables.privates = [row for row in tables.privates if row.case != case]
    tables.spans = [row for row in tables.spans if row.case != case]
    assert {rule for rule, _seq in rules_at(registry, case)} == {"C1", "P1", "P3"}


def test_a_case_of_which_nothing_is_kept_has_no_first_entry(registry: Registry) -> None:
    assert registry.found(only=CaseId("no-such-case")) == {"C1", "P1"}


def test_a_change_of_any_column_of_a_span_is_found(registry: Registry, case: CaseId) -> None:
    spans = registry.tables.spans
    place = next(n for n, span in enumerate(spans) if span.case == case and span.until_at is not None)
    whole = spans[place]
    for name in ("kind", "seq", "value", "from_at", "until_at", "until_seq"):
        value = getattr(whole, name)
        changed: dict[str, Any] = {name: value + 1 if isinstance(value, int) else f"{value}x"}
        spans[place] = whole._replace(**changed)
        assert {rule for rule, _seq in rules_at(registry, case)} == {"P2"}, name
    spans[place] = whole._replace(until_at=None, until_seq=None)
    assert {rule for rule, _seq in rules_at(registry, case)} == {"P2"}


def test_a_span_taken_away_or_added_is_found(registry: Registry, case: CaseId) -> None:
    spans = registry.tables.spans
    place = next(n for n, span in enumerate(spans) if span.case == case and span.kind == "milestone:handled")
    gone = spans.pop(place)
    assert rules_at(registry, case) == {("P2", gone.seq)}
    spans.append(gone)
    odd: Any = "1"
    spans += [gone._replace(kind="milestone:dreamt"), gone._replace(seq=odd)]
    assert rules_at(registry, case) == {("P2", gone.seq), ("P2", 0)}


@pytest.mark.parametrize("name", [name for name in DeadlineRow._fields if name not in ("root", "case")])
def test_a_change_of_any_column_of_a_deadline_is_found(registry: Registry, case: CaseId, name: str) -> None:
    key = (str(case), "reply")
    value = getattr(registry.tables.deadlines[key], name)
    changed: dict[str, Any] = {name: value + 1 if isinstance(value, int) else f"{value}x"}
    registry.tables.deadlines[key] = registry.tables.deadlines[key]._replace(**changed)
    assert {rule for rule, _seq in rules_at(registry, case)} == {"P3"}


def test_a_deadline_taken_away_is_found(registry: Registry, case: CaseId) -> None:
    del registry.tables.deadlines[(str(case), "reply")]
    assert rules_at(registry, case) == {("P3", registry.tables.cases[case].seq)}


def private_at(registry: Registry, case: CaseId, path: str) -> int:
    return next(n for n, row in enumerate(registry.tables.privates) if (row.case, row.path) == (case, path))


@pytest.mark.parametrize("path", ["fields/grounds", "fields/phone", "people/P1", "note", "fields/reply"])
def test_a_changed_private_value_is_found_and_nothing_else(registry: Registry, case: CaseId, path: str) -> None:
    privates = registry.tables.privates
    place = private_at(registry, case, path)
    row = privates[place]
    privates[place] = row._replace(ciphertext=row.ciphertext[:32] + canonical("另一个值"))
    assert rules_at(registry, case) == {("V4", row.seq)}


@pytest.mark.parametrize("change", [{"ciphertext": b"short"}, {"ciphertext": "text"}, {"key": "k-1"}])
def test_a_private_value_that_cannot_be_opened_is_found(
    registry: Registry, case: CaseId, change: dict[str, Any]
) -> None:
    place = private_at(registry, case, "fields/phone")
    registry.tables.privates[place] = registry.tables.privates[place]._replace(**change)
    assert rules_at(registry, case) == {("V4", 1)}


@pytest.mark.parametrize("path", ["fields/grounds", "fields/phone", "people/P1"])
def test_a_private_value_taken_away_without_an_erasure_is_found_and_nothing_else(
    registry: Registry, case: CaseId, path: str
) -> None:
    gone = registry.tables.privates.pop(private_at(registry, case, path))
    assert rules_at(registry, case) == {("V1", gone.seq)}


def test_a_subject_that_stood_in_a_private_value_is_not_compared_when_that_is_gone(
    registry: Registry, case: CaseId
) -> None:
    child = registry.children(case)[0]
    registry.tables.privates.pop(private_at(registry, child, "fields/subject"))
    assert rules_at(registry, child) == {("V1", 1)}


def test_the_rest_of_the_row_is_still_compared_when_a_private_value_is_gone(registry: Registry, case: CaseId) -> None:
    registry.tables.privates.pop(private_at(registry, case, "people/P1"))
    registry.tables.privates.pop(private_at(registry, case, "fields/grounds"))
    change_body(registry, case, lambda body: body["parties"].append(["proposer", "somebody"]))
    change_row(registry, case, subject="另一件事")
    said = {one.text.en.split()[0] for one in registry.verify().findings if str(one.rule) == "P1"}
    assert said == {"parties", "subject"}


def test_a_private_value_too_much_is_found(registry: Registry, case: CaseId) -> None:
    row = registry.tables.privates[private_at(registry, case, "fields/grounds")]
    odd: Any = "one"
    registry.tables.privates += [row._replace(seq=2), row._replace(seq=77), row._replace(seq=odd)]
    assert rules_at(registry, case) == {("V6", 2), ("V6", 77), ("V6", 0)}


def test_a_forged_move_that_the_table_does_not_know_is_found_though_every_hash_fits(
    registry: Registry, case: CaseId
) -> None:
    other = registry.open()

    def close_at_once(bodies: list[dict[str, Any]]) -> None:
        opening = bodies[0]
        bodies.append(
            {
                **{name: opening[name] for name in ("v", "ledger", "case", "actor", "at")},
                "id": "0" * 32,
                "seq": 2,
                "type": "fired",
                "transition": "answer",
                "role": "clerk",
                "unit": "works",
                "to": "replied",
            }
        )

    forge(registry, other, close_at_once)
    assert {("C3", 2), ("P1", 2), ("P2", 2)} <= rules_at(registry, other)
    assert not {rule for rule, _seq in rules_at(registry, other)} & {"E1", "E2", "E3", "C1", "C2"}


def test_a_forged_verdict_is_found_though_every_hash_fits(registry: Registry, case: CaseId) -> None:
    def forget_the_guard(bodies: list[dict[str, Any]]) -> None:
        del next(body for body in bodies if body.get("transition") == "extend")["guards"]

    forge(registry, case, forget_the_guard)
    seq = next(seq for rule, seq in rules_at(registry, case) if rule == "C3")
    assert rules_at(registry, case) == {("C3", seq)}


def test_findings_are_said_in_both_languages(registry: Registry, case: CaseId) -> None:
    change_row(registry, case, state="filed")
    (finding,) = registry.verify().findings
    assert finding.text.en == "state is 'filed', the ledger says 'closed'"
    assert finding.text.zh == "state 与账册不符：现为 'filed'，应为 'closed'"


def test_the_row_and_deadlines_of_a_case_are_those_the_engine_wrote(registry: Registry) -> None:
    for row in registry.tables.cases.values():
        case: Case = case_from(row)
        definition = RULES.pinned(case.pins.definition, case.pins.lists)
        assert row_of(case, definition) == row
        kept = [deadline for deadline in registry.tables.deadlines.values() if deadline.case == row.id]
        assert deadline_rows(case, case.clocks) == kept


Form = dict[str, JsonValue]
FORMS: dict[str, tuple[Form, ...]] = {
    "review": ({"outcome": "filed"}, {"outcome": "filed"}, {"outcome": "refused"}),
    "assign": ({"lead_unit_id": "safety"}, {"lead_unit_id": "works", "co_units": ["logistics", "safety"]}),
    "extend": ({"extension_days": 3}, {"extension_days": 30}),
    "answer": ({"reply_class": "A", "reply": "已办。"}, {"reply_class": "C", "reply": "留作参考。"}),
    "evaluate": ({"satisfied": True}, {"satisfied": False}),
}


@settings(max_examples=25)
@given(data=st.data())
def test_no_walk_along_offered_moves_leaves_a_finding(data: st.DataObject) -> None:
    registry = Registry(RULES)
    registry.open()
    registry.open({**MATTER, "kind": "pay"})
    made = 0
    for _ in range(data.draw(st.integers(1, 14))):
        cases = sorted(map(CaseId, registry.tables.cases))
        case = data.draw(st.sampled_from(cases))
        known = case_from(registry.tables.cases[case])
        workflow = RULES.newest(known.workflow)
        moves = offered(workflow, known, CLERK, registry.world.surroundings.tree)
        registry.later(hours=data.draw(st.sampled_from([0, 5, 500])))
        if not moves:
            registry.note(case, "已无可办", seen=True)
            continue
        move = data.draw(st.sampled_from(moves))
        into: tuple[Form, ...] = tuple({"into": other} for other in cases)
        form = data.draw(st.sampled_from(into if move == "join_other" else FORMS.get(move, ({},))))
        made += isinstance(registry.do(registry.firing(case, move, form)), Done)
    result = registry.verify()
    assert [(finding.rule, finding.seq, finding.text.en) for finding in result.findings] == []
    assert result.entries >= made
