"""Erasing private values: who may, what goes where, and that the chain and every row still verify afterwards."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import Any

import pytest

from engine.case.actors import SYSTEM, Actor, ActorKind, Grant
from engine.case.commands import EraseValues, ErasureBasis
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import BanjieError, CaseNotFound, FormInvalid, NotPermitted
from engine.ledger.canonical import canonical, parse_canonical
from engine.service.execute import Done
from tests.support.ledgers import CLERK, ROOT, Registry, a_full_life, small_rules
from tests.support.refusals import words_of

RULES = small_rules()
PHONE = "13900000000"


def clerk(name: str, *units: str) -> Actor:
    grants = frozenset(Grant("clerk", UnitId(unit)) for unit in units or ("works",))
    return Actor(kind=ActorKind.PERSON, person=PersonId(name), grants=grants)


CHIEF = clerk("chief")


@pytest.fixture
def registry() -> Registry:
    return Registry(RULES)


def erasing(case: CaseId, *paths: str, **parts: Any) -> EraseValues:
    given: dict[str, Any] = {
        "root": ROOT,
        "actor": CLERK,
        "key": f"erase {case} {paths}",
        "case": case,
        "paths": paths,
        "basis": ErasureBasis.CONSENT,
        "approver": CHIEF,
    }
    return EraseValues(**{**given, **parts})


def erase(registry: Registry, case: CaseId, *paths: str, **parts: Any) -> None:
    result = registry.do(erasing(case, *paths, **parts))
    assert isinstance(result, Done), result


def refused(registry: Registry, case: CaseId, *paths: str, **parts: Any) -> BanjieError:
    before = len(registry.tables.entries)
    result = registry.do(erasing(case, *paths, **parts))
    assert isinstance(result, BanjieError)
    assert len(registry.tables.entries) == before
    return result


def everything(registry: Registry) -> str:
    """Everything that is kept, as text."""
    tables = registry.tables
    return repr([tables.cases, [(entry.body) for entry in tables.entries], tables.privates, tables.spans])


def test_an_erased_value_is_gone_from_everything_that_is_kept_and_the_rest_verifies(registry: Registry) -> None:
    case = a_full_life(registry)
    assert PHONE in everything(registry)
    erase(registry, case, "fields/phone")

    assert PHONE not in everything(registry)
    assert "夜间照度不足" in str([row.ciphertext.decode("utf8", "replace") for row in registry.tables.privates])
    assert registry.verify().findings == ()


def test_a_field_of_a_case_that_has_ended_goes_from_row_spans_and_every_entry(registry: Registry) -> None:
    case = a_full_life(registry)
    erase(registry, case, "fields/reply", "fields/grounds", "note")

    kept = everything(registry)
    assert [text for text in ("列入计划", "已更换", "夜间照度不足", "电话沟通") if text in kept] == []
    assert registry.verify().findings == ()
    body: Any = parse_canonical([entry.body for entry in registry.tables.entries if entry.case == case][-1])
    assert body["type"] == "erased"
    assert body["erased"]["basis"] == "consent"
    # The two replies, the grounds and the note stand in four entries.
    assert len(body["erased"]["values"]) == 4


def test_who_erased_and_who_approved_stand_in_the_entry(registry: Registry) -> None:
    case = a_full_life(registry)
    erase(registry, case, "fields/phone")
    body: Any = parse_canonical([entry.body for entry in registry.tables.entries if entry.case == case][-1])
    assert (body["actor"], body["role"], body["unit"]) == ("P1", "clerk", "works")
    assert (body["erased"]["approver"], body["erased"]["approver_role"]) == ("P2", "clerk")


def test_who_a_person_was_can_be_erased(registry: Registry) -> None:
    case = a_full_life(registry)
    other = clerk("another", "works")
    erase(registry, case, "people/P1", actor=other)

    kept = [row.ciphertext for row in registry.tables.privates if row.case == case]
    assert [value for value in kept if b"clerk-1" in value] == []
    assert "clerk-1" not in registry.tables.cases[case].body
    assert "erased:P1" in registry.tables.cases[case].body
    assert registry.verify().findings == ()


def test_a_value_set_again_after_an_erasure_is_kept(registry: Registry) -> None:
    case = registry.open()
    erase(registry, case, "fields/phone")
    assert isinstance(refused(registry, case, "fields/phone", key="again"), FormInvalid)
    assert registry.verify().findings == ()


def test_the_same_request_twice_erases_once(registry: Registry) -> None:
    case = registry.open()
    erase(registry, case, "fields/phone")
    entries = len(registry.tables.entries)
    assert isinstance(registry.do(erasing(case, "fields/phone", key="other")), FormInvalid)
    assert len(registry.tables.entries) == entries


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("fields/subject", "公开内容写在记录中，不能删除"),
        ("fields/grounds", "事项办结前只能删除个人信息和保密内容"),
        ("people/P1", "不能删除自己的身份"),
        ("fields/nothing", "没有这项内容，或已删除"),
        ("", "没有这项内容，或已删除"),
        ("people/P9", "没有这项内容，或已删除"),
    ],
)
def test_what_has_to_stay_stays(registry: Registry, path: str, says: str) -> None:
    case = registry.open()
    refusal = refused(registry, case, path)
    assert isinstance(refusal, FormInvalid)
    assert [problem.path for problem in refusal.fields] == [path]
    assert refusal.fields[0].text.zh == says


def test_what_is_to_be_erased_has_to_be_said(registry: Registry) -> None:
    assert words_of(refused(registry, registry.open())) == ["填写有误：paths", "请指明要删除的内容"]


def test_nothing_is_erased_where_one_of_several_has_to_stay(registry: Registry) -> None:
    case = registry.open()
    refusal = refused(registry, case, "fields/phone", "fields/grounds")
    assert isinstance(refusal, FormInvalid)
    assert PHONE in everything(registry)


@pytest.mark.parametrize(
    "approver",
    [None, CLERK, clerk("outsider", "nowhere"), changed(CHIEF, person=None), changed(CHIEF, acting_for=CLERK.person)],
    ids=["nobody", "oneself", "without the role", "no person", "one's own deputy"],
)
def test_somebody_else_who_may_erase_has_to_approve(registry: Registry, approver: Actor | None) -> None:
    refusal = refused(registry, registry.open(), "fields/phone", approver=approver)
    assert isinstance(refusal, NotPermitted)
    if approver != clerk("outsider", "nowhere"):
        assert refusal.text.zh == "删除须经另一位有权人员批准"


def test_who_holds_no_erasing_role_does_not_erase(registry: Registry) -> None:
    case = registry.open()
    assert isinstance(refused(registry, case, "fields/phone", actor=clerk("x", "nowhere")), CaseNotFound | NotPermitted)
    proposer = Actor(kind=ActorKind.PERSON, person=PersonId("clerk-1"))
    assert isinstance(refused(registry, case, "fields/phone", actor=proposer), CaseNotFound | NotPermitted)


@pytest.mark.parametrize("basis", ["purpose", "consent", "unlawful", "law"])
def test_the_engine_erases_on_its_own_grounds_only(registry: Registry, basis: str) -> None:
    case = registry.open()
    refusal = refused(registry, case, "fields/phone", actor=SYSTEM, approver=None, basis=ErasureBasis(basis))
    assert isinstance(refusal, NotPermitted)
    assert refusal.text.zh == "此依据的删除须由人办理"


def test_the_engine_erases_what_a_back_up_brought_back_however_far_the_case_has_come(registry: Registry) -> None:
    case = registry.open()
    erase(registry, case, "fields/grounds", "fields/phone", actor=SYSTEM, approver=None, basis=ErasureBasis.RESTORED)
    assert registry.verify().findings == ()


def test_an_import_erases_nothing(registry: Registry) -> None:
    case = registry.open()
    imported = Actor(kind=ActorKind.IMPORT)
    assert isinstance(refused(registry, case, "fields/phone", actor=imported), NotPermitted)


def test_readers_and_word_for_the_keys_are_written_in_the_same_step(registry: Registry) -> None:
    """The fake tables keep no outbox: what a step writes is looked at where databases are (test_erasure_whole_way)."""
    case = registry.open()
    erase(registry, case, "fields/phone")
    assert registry.tables.cases[case].version == 2


# ------------------------------------------------------------------------------------------------- what verify finds
def erased_case(registry: Registry) -> CaseId:
    case = a_full_life(registry)
    erase(registry, case, "fields/phone", "fields/reply")
    assert registry.verify().findings == ()
    return case


def test_a_value_taken_away_without_an_erasure_is_found(registry: Registry) -> None:
    case = erased_case(registry)
    registry.tables.privates = [row for row in registry.tables.privates if row.path != "fields/grounds"]
    assert registry.found(case) == {"V1"}


def test_an_erased_value_that_is_kept_is_found(registry: Registry) -> None:
    case = a_full_life(registry)
    kept = [row for row in registry.tables.privates if row.path == "fields/phone"]
    erase(registry, case, "fields/phone")
    registry.tables.privates += kept
    assert registry.found(case) == {"V2"}


def test_a_value_from_before_an_erasure_that_stands_in_the_row_or_in_spans_is_found(registry: Registry) -> None:
    case = erased_case(registry)
    row = registry.tables.cases[case]
    registry.tables.cases[case] = row._replace(body=row.body.replace('"data":{', '"data":{"reply":"已更换。",'))
    assert registry.found(case) == {"P1"}


def test_a_forged_erasure_is_found_by_what_it_names(registry: Registry) -> None:
    """Whoever takes a value away and says so in the newest entry is still found: nothing of that path stood there."""
    case = erased_case(registry)
    place = max(n for n, entry in enumerate(registry.tables.entries) if entry.case == case)
    entry = registry.tables.entries[place]
    body: Any = parse_canonical(entry.body)
    body["erased"]["values"][0]["paths"] = ["fields/nothing"]
    registry.tables.entries[place] = entry._replace(body=canonical(body))
    assert {"V1", "V5"} <= registry.found(case)


@pytest.mark.parametrize(
    "change",
    [
        {"role": "proposer"},
        {"approver": None},
        {"approver": "P1"},
        {"approver_role": "proposer"},
        {"actor": "system"},
    ],
    ids=str,
)
def test_an_unlawful_erasure_is_found(registry: Registry, change: dict[str, str | None]) -> None:
    case = erased_case(registry)
    place = max(n for n, entry in enumerate(registry.tables.entries) if entry.case == case)
    entry = registry.tables.entries[place]
    body: Any = parse_canonical(entry.body)
    for name, value in change.items():
        part = body if name in ("role", "actor") else body["erased"]
        if value is None:
            del part[name]
        else:
            part[name] = value
    registry.tables.entries[place] = entry._replace(body=canonical(body))
    assert "C3" in registry.found(case)
