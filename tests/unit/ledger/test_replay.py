"""Replaying a chain: an untouched one gives the case back; a forged entry is judged by the pinned definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.case.case import Pins
from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.errors import NotFound
from engine.ledger.canonical import canonical, parse_canonical
from engine.ledger.commitments import Opened
from engine.ledger.replay import Replayed, replay
from engine.service.case_rows import case_from
from engine.text import Text
from tests.support.ledgers import ROOT, SEALER, Registry, a_full_life, small_rules

RULES = small_rules()


def definition_of(pins: Pins) -> Definition:
    return RULES.pinned(pins.definition, pins.lists)


@dataclass(slots=True)
class Chain:
    """The entries of one case as plain objects that a test may change, and the values beside them."""

    bodies: list[dict[str, Any]]
    openings: dict[int, dict[str, Opened | None]]

    def replayed(self, lookup: Callable[[Pins], Definition] = definition_of) -> Replayed:
        entries = [(seq, canonical(body)) for seq, body in enumerate(self.bodies, start=1)]
        return replay(entries, self.openings, lookup, root=ROOT)

    def found(self) -> list[tuple[str, int]]:
        """Return rule and seq of every finding."""
        return [(str(finding.rule), finding.seq) for finding in self.replayed().findings]

    def said(self) -> str:
        """Return the texts of the findings."""
        return "; ".join(finding.text.en for finding in self.replayed().findings)

    def seq_of(self, transition: str) -> int:
        """Return the seq of the first entry that records this move."""
        return next(n for n, body in enumerate(self.bodies, start=1) if body.get("transition") == transition)

    def entry(self, transition: str) -> dict[str, Any]:
        return self.bodies[self.seq_of(transition) - 1]


def chain_of(registry: Registry, case: CaseId) -> Chain:
    (file,) = registry.tables.case_files(ROOT, [case])
    bodies: list[Any] = [parse_canonical(entry.body) for entry in file.entries]
    openings: dict[int, dict[str, Opened | None]] = {}
    for row in file.privates:
        opened = SEALER.open(bodies[row.seq - 1]["id"], row.path, row.key, row.ciphertext)
        openings.setdefault(row.seq, {})[row.path] = opened
    return Chain(bodies, openings)


@pytest.fixture
def registry() -> Registry:
    return Registry(RULES)


@pytest.fixture
def chain(registry: Registry) -> Chain:
    return chain_of(registry, a_full_life(registry))


@pytest.fixture
def merged(registry: Registry) -> Chain:
    """A case that was merged into another and taken out again."""
    target, case = registry.open(), registry.open()
    registry.fire(case, "join_other", into=target)
    registry.fire(case, "part_again")
    return chain_of(registry, case)


def test_replaying_gives_the_case_back_and_finds_nothing(registry: Registry) -> None:
    case = a_full_life(registry)
    replayed = chain_of(registry, case).replayed()
    assert replayed.findings == ()
    assert replayed.complete
    assert replayed.case == case_from(registry.tables.cases[case])
    assert [move.after.seq for move in replayed.moves] == list(range(1, len(replayed.moves) + 1))


def test_a_chain_without_entries_is_no_case_and_nothing_is_wrong_with_it() -> None:
    replayed = replay([], {}, definition_of, root=ROOT)
    assert (replayed.case, replayed.complete, replayed.findings) == (None, True, ())


def test_a_move_that_does_not_leave_the_state_is_found(chain: Chain) -> None:
    chain.bodies[chain.seq_of("assign") - 1 : chain.seq_of("assign")] = []
    chain.openings.clear()
    assert ("C3", chain.seq_of("extend")) in chain.found()
    assert "extend does not leave the state filed" in chain.said()


def test_a_move_that_leads_elsewhere_than_declared_is_found(chain: Chain) -> None:
    chain.entry("assign")["to"] = "replied"
    assert ("C3", chain.seq_of("assign")) in chain.found()
    assert "assign leads to in_hand, not to replied" in chain.said()


def test_a_move_that_stays_may_not_change_the_state(chain: Chain) -> None:
    chain.entry("extend")["to"] = "closed"
    assert ("C3", chain.seq_of("extend")) in chain.found()


def test_an_unknown_move_is_found(chain: Chain) -> None:
    seq = chain.seq_of("suspend")
    chain.entry("suspend")["transition"] = "abolish"
    assert ("C3", seq) in chain.found()
    assert "has no transition 'abolish'" in chain.said()


def test_an_unknown_state_ends_the_replay(chain: Chain) -> None:
    chain.entry("assign")["to"] = "nirvana"
    replayed = chain.replayed()
    assert [(str(one.rule), one.seq) for one in replayed.findings] == [("C3", chain.seq_of("assign"))]
    assert (replayed.complete, replayed.case) == (False, None)


def test_the_alternative_must_be_the_one_the_verdicts_lead_to(chain: Chain) -> None:
    chain.entry("review")["guards"] = [["subject_there", True], ["is_filed", False]]
    assert chain.found() == [("C3", chain.seq_of("review"))]
    assert "review leads to refused, not to filed" in chain.said()


@pytest.mark.parametrize(
    ("guards", "said"),
    [
        ([["is_filed", True]], "no verdict of the guard subject_there"),
        ([["subject_there", True]], "no verdict of the guard is_filed"),
        ([["subject_there", False], ["is_filed", True]], "the guard subject_there did not hold"),
        ([["subject_there", True], ["is_filed", True], ["is_filed", True]], "a verdict that nobody asked for"),
        ([["is_filed", True], ["subject_there", True]], "no verdict of the guard subject_there"),
    ],
)
def test_every_declared_guard_has_its_verdict_in_the_order_it_was_asked(
    chain: Chain, guards: list[list[object]], said: str
) -> None:
    chain.entry("review")["guards"] = guards
    assert chain.found() == [("C3", chain.seq_of("review"))]
    assert said in chain.said()


def test_a_move_with_guards_and_no_verdict_at_all_is_found(chain: Chain) -> None:
    del chain.entry("extend")["guards"]
    assert chain.found() == [("C3", chain.seq_of("extend"))]


def test_an_earlier_alternative_needs_a_guard_that_did_not_hold(chain: Chain) -> None:
    closing = len(chain.bodies)
    chain.bodies[-1]["guards"] = [["not_satisfied", True], ["rounds_left", True]]
    assert ("C3", closing) in chain.found()
    assert "evaluate leads to in_hand, not to closed" in chain.said()


def test_a_way_whose_guards_all_failed_is_no_way(chain: Chain) -> None:
    part = RULES.newest("matter").transitions["review"]
    narrow = part.model_copy(update={"alternatives": part.alternatives[:1]})
    workflow = RULES.newest("matter")
    only = workflow.model_copy(update={"transitions": {**workflow.transitions, "review": narrow}})
    known = RULES.for_new("matter")
    definition = Definition(only, known.hash, known.lists, known.list_hashes)
    chain.entry("review")["guards"] = [["subject_there", True], ["is_filed", False]]
    found = chain.replayed(lambda _pins: definition).findings
    assert [(str(one.rule), one.text.en) for one in found] == [("C3", "no way was open")]


@pytest.mark.parametrize(("role", "unit"), [("proposer", None), ("engine", None), ("nobody", "works"), ("clerk", None)])
def test_a_role_that_may_not_make_the_move_is_found(chain: Chain, role: str, unit: str | None) -> None:
    entry = chain.entry("review")
    entry["role"] = role
    entry.pop("unit")
    if unit is not None:
        entry["unit"] = unit
    assert chain.found() == [("C3", chain.seq_of("review"))]
    assert f"{role} may not make the move review" in chain.said()


def test_a_party_must_be_bound_to_the_case_when_it_acts(chain: Chain) -> None:
    chain.entry("evaluate")["actor"] = "P2"
    chain.entry("evaluate")["priv"] = {"people/P2": "0" * 64}
    assert ("C3", chain.seq_of("evaluate")) in chain.found()
    assert "proposer may not make the move evaluate" in chain.said()


def test_the_engine_acts_only_in_roles_of_its_own(chain: Chain) -> None:
    chain.entry("review")["actor"] = "system"
    assert ("C3", chain.seq_of("review")) in chain.found()
    chain.entry("review")["role"] = "engine"
    assert ("C3", chain.seq_of("review")) in chain.found()


def test_a_person_may_not_act_as_the_engine(chain: Chain) -> None:
    chain.entry("note_parts")["actor"] = "P1"
    assert chain.found() == [("C3", chain.seq_of("note_parts"))]


def test_an_import_acts_in_the_roles_of_people(chain: Chain) -> None:
    entry = chain.entry("review")
    entry["actor"] = "import"
    del entry["unit"]
    assert chain.found() == []
    chain.entry("note_parts")["actor"] = "import"
    assert chain.found() == [("C3", chain.seq_of("note_parts"))]


def test_an_unmerged_case_goes_on_where_it_stood(merged: Chain) -> None:
    assert merged.found() == []
    merged.entry("part_again")["to"] = "filed"
    assert merged.found() == [("C3", merged.seq_of("part_again"))]
    assert "part_again leads to submitted, not to filed" in merged.said()


def test_the_first_entry_opens_the_case_and_no_other_does(chain: Chain) -> None:
    opening = dict(chain.bodies[0], seq=2)
    twice = Chain([chain.bodies[0], opening], {1: chain.openings[1], 2: chain.openings[1]})
    assert ("C3", 2) in twice.found()
    headless = Chain(chain.bodies[1:], {})
    assert ("C3", 1) in headless.found()
    assert not headless.replayed().complete


def test_a_case_begins_in_the_initial_state(chain: Chain) -> None:
    chain.bodies[0]["to"] = "filed"
    assert ("C3", 1) in chain.found()
    assert "a case begins in submitted, not in filed" in chain.said()


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("workflow", "five_states", "workflow and version are not those"),
        ("version", 2, "workflow and version are not those"),
        ("definition", "sha256:00", "not known here"),
        ("lists", {"kinds": "sha256:00"}, "not known here"),
    ],
)
def test_an_opening_must_pin_rules_that_are_known(chain: Chain, part: str, value: object, said: str) -> None:
    chain.bodies[0]["opening"][part] = value
    assert ("C3", 1) in chain.found()
    assert said in chain.said()


@pytest.mark.parametrize("change", [{"role": "engine"}, {"actor": "system"}])
def test_only_an_opener_opens(chain: Chain, change: Mapping[str, str]) -> None:
    chain.bodies[0].update(change)
    assert ("C3", 1) in chain.found()


def test_an_opener_names_the_unit_of_the_grant(chain: Chain) -> None:
    del chain.bodies[0]["unit"]
    assert chain.found() == [("C3", 1)]


def test_a_role_that_is_not_inherited_is_held_in_the_cases_own_unit(registry: Registry) -> None:
    case = a_full_life(registry)
    child = chain_of(registry, registry.children(case)[0])
    assert child.entry("finish")["unit"] == "logistics"
    child.entry("finish")["unit"] = "works"
    assert child.found() == [("C3", child.seq_of("finish"))]


def test_a_part_is_opened_in_the_role_of_whoever_assigned_it(registry: Registry) -> None:
    case = a_full_life(registry)
    child = chain_of(registry, registry.children(case)[0])
    assert child.found() == []
    child.bodies[0]["role"] = "any role of the parent"
    assert child.found() == []


def test_entries_of_a_case_never_go_backwards_in_time(chain: Chain) -> None:
    chain.entry("review")["at"] = "2020-01-01T00:00:00.000000Z"
    assert chain.found() == [("C3", chain.seq_of("review"))]


def test_nothing_is_stated_to_have_happened_after_it_was_recorded(chain: Chain) -> None:
    chain.entry("review")["stated"] = {"occurred_at": "2030-01-01T00:00:00.000000Z", "basis": "登记簿"}
    assert ("C3", chain.seq_of("review")) in chain.found()


def test_a_field_stands_where_its_privacy_demands(chain: Chain) -> None:
    chain.entry("review")["pub"]["phone"] = "13900000000"
    assert chain.found() == [("C3", chain.seq_of("review"))]
    assert "phone does not stand where its privacy demands" in chain.said()
    del chain.entry("review")["pub"]["phone"]
    chain.entry("review")["pub"]["no_such"] = "x"
    assert "has no field 'no_such'" in chain.said()


def test_deadlines_and_parties_are_those_of_the_definition(chain: Chain) -> None:
    chain.entry("assign")["clocks"][0]["name"] = "no_such"
    assert ("C3", chain.seq_of("assign")) in chain.found()
    chain.entry("review")["joined"] = [{"role": "clerk", "who": "P1"}]
    assert ("C3", chain.seq_of("review")) in chain.found()


def test_an_entry_of_another_ledger_is_found(chain: Chain) -> None:
    chain.bodies[2]["ledger"] = "elsewhere"
    assert chain.found() == [("E3", 3)]
    chain.bodies[2]["ledger"] = ROOT
    chain.bodies[0]["opening"]["root"] = "elsewhere"
    assert chain.found() == [("E3", 1)]


def test_a_private_value_that_was_changed_does_not_open_its_commitment(chain: Chain) -> None:
    opened = chain.openings[1]["fields/grounds"]
    assert opened is not None
    chain.openings[1]["fields/grounds"] = Opened(salt=opened.salt, value="无此事。")
    replayed = chain.replayed()
    assert [(str(one.rule), one.seq) for one in replayed.findings] == [("V4", 1)]
    assert replayed.unknown == {"fields/grounds"}
    assert replayed.case is not None
    assert "grounds" not in replayed.case.data


def test_a_private_value_that_cannot_be_opened_is_found(chain: Chain) -> None:
    chain.openings[1]["fields/phone"] = None
    assert chain.found() == [("V4", 1)]


def test_a_private_value_moved_from_another_entry_does_not_open(chain: Chain) -> None:
    answers = [n for n, body in enumerate(chain.bodies, start=1) if body.get("transition") == "answer"]
    first, second = (chain.openings[seq] for seq in answers)
    first["fields/reply"], second["fields/reply"] = second["fields/reply"], first["fields/reply"]
    assert chain.found() == [("V4", seq) for seq in answers]


def test_a_private_value_that_is_gone_without_an_erasure_is_found(chain: Chain) -> None:
    del chain.openings[1]["people/P1"]
    replayed = chain.replayed()
    assert [(str(one.rule), one.seq) for one in replayed.findings] == [("V1", 1)]
    assert replayed.case is not None
    assert replayed.case.people == ("erased:P1",)


def test_a_private_value_that_no_entry_commits_to_is_found(chain: Chain) -> None:
    chain.openings[2] = {"fields/phone": Opened(salt=bytes(32), value="1")}
    chain.openings[99] = {"note": Opened(salt=bytes(32), value={})}
    assert chain.found() == [("V6", 2), ("V6", 99)]


@pytest.mark.parametrize(
    ("transition", "change"),
    [
        ("review", {"surplus": 1}),
        ("review", {"v": 2}),
        ("review", {"v": True}),
        ("review", {"at": "2026-03-02 01:00"}),
        ("review", {"actor": "P0"}),
        ("review", {"actor": "Zhang San"}),
        ("review", {"guards": [["is_filed", 1]]}),
        ("review", {"guards": [["is_filed"]]}),
        ("review", {"opening": {}}),
        ("review", {"type": "dreamt"}),
        ("review", {"type": ["fired"]}),
        ("review", {"type": "noted"}),
        ("review", {"type": "opened"}),
        ("review", {"priv": {"fields/phone": "short"}}),
        ("review", {"merge": 1}),
        ("review", {"published": False}),
        ("assign", {"clocks": [{"name": "reply"}]}),
        ("assign", {"children": "none"}),
        ("review", {"rungs": [["reply"]]}),
        ("review", {"command": "k"}),
    ],
)
def test_an_entry_that_breaks_the_schema_ends_the_replay(
    chain: Chain, transition: str, change: Mapping[str, object]
) -> None:
    seq = chain.seq_of(transition)
    chain.entry(transition).update(change)
    replayed = chain.replayed()
    assert {(str(one.rule), one.seq) for one in replayed.findings} == {("E4", seq)}
    assert not replayed.complete


@pytest.mark.parametrize("part", ["id", "transition", "role", "actor"])
def test_a_missing_part_breaks_the_schema(chain: Chain, part: str) -> None:
    seq = chain.seq_of("review")
    del chain.entry("review")[part]
    assert chain.found() == [("E4", seq)]
    assert f"has no {part}" in chain.said()


@pytest.mark.parametrize(
    ("transition", "change"),
    [
        ("review", {"actor": "P7"}),
        ("review", {"at": "0000-01-01T00:00:00.000000Z"}),
        ("review", {"left": [{"role": "proposer", "who": "P999999999"}]}),
    ],
)
def test_an_entry_that_keeps_the_schema_and_makes_no_sense_is_a_finding(
    chain: Chain, transition: str, change: Mapping[str, object]
) -> None:
    seq = chain.seq_of(transition)
    chain.entry(transition).update(change)
    assert chain.found() == [("E4", seq)]


def test_a_day_that_does_not_exist_is_a_finding(chain: Chain) -> None:
    chain.entry("assign")["clocks"][0]["due_on"] = "2026-02-31"
    assert chain.found() == [("E4", chain.seq_of("assign"))]


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b'"x"', b"{}x", b'{"a": 1}', b"[" * 5000, b"nul"])
def test_bytes_that_are_no_canonical_object_end_the_replay_quietly(data: bytes) -> None:
    replayed = replay([(1, data)], {}, definition_of, root=ROOT)
    assert (replayed.complete, replayed.findings) == (False, ())


def test_rules_that_are_not_known_are_a_finding_in_both_languages(chain: Chain) -> None:
    def nobody(_pins: Pins) -> Definition:
        raise NotFound(Text("没有", "none"))

    (finding,) = chain.replayed(nobody).findings
    assert (str(finding.rule), finding.seq, finding.text) == ("C3", 1, Text("没有", "none"))


JSON = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
LIFE = chain_of(life := Registry(RULES), a_full_life(life))


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_stands_in_one_part_of_one_entry_ends_in_findings_never_in_an_exception(data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, len(LIFE.bodies) - 1))
    parts = sorted({*LIFE.bodies[seq], "merge", "joined", "stated", "cause", "clocks", "opening"})
    name = data.draw(st.sampled_from(parts))
    bodies = [dict(body) for body in LIFE.bodies]
    bodies[seq][name] = data.draw(JSON)
    Chain(bodies, LIFE.openings).replayed()
