"""A unit is moved in the tree: what that takes away is gone at once, what it gives comes with the job, on both
databases; and after the job the readers of every case are those worked out afresh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest
from pydantic import JsonValue

from engine.access.directory import Deputation, GrantRow, Person, Unit
from engine.case.commands import OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import CaseNotFound, StorageUnavailable
from engine.service import moved_units
from engine.service.execute import Done
from engine.service.moved_units import SetSight, sights
from engine.service.overdue import OverdueAsk, OverdueList, Scope
from engine.service.plain import AddDeputation, AddGrant, AddPerson, AddUnit
from engine.service.ports import CaseFilter
from engine.text import Text
from runtime.jobs.handlers import rewrite_all, tell_all
from tests.integration.test_confidential import FORM, NOON, Office, opened
from tests.support.house import ROOT

UNITS: Mapping[str, str | None] = {"east": "works", "west": "works", "shop": "east", "bench": "shop"}
OFFICES = {"ost": "east", "abe": "west", "sho": "shop", "ban": "bench"}
"""Who holds the union office of a unit."""


@dataclass(frozen=True)
class Tree:
    """An office with units below units, each with somebody who sees its cases and those below."""

    office: Office

    def put(self, name: str, above: str) -> None:
        """Move a unit, or add it."""
        unit = Unit(root=ROOT, id=UnitId(name), parent=UnitId(above), code=name, title=Text(name, name))
        self.office.house.desk.office.write([AddUnit(unit)])

    def file(self, unit: str, *accused: str) -> CaseId:
        form: dict[str, JsonValue] = {**FORM, "confidentiality": "internal"}
        if accused:
            form["accused_units"] = list(accused)
        key = f"{unit} {len(list(self.office.house.desk.reads.all_case_ids(ROOT)))}"
        shen = self.office.actor("shen")
        command = OpenCase(root=ROOT, actor=shen, key=key, workflow="grievance", unit=UnitId(unit), form=form)
        (answer,) = self.office.house.desk.office.carry_out([command])
        assert isinstance(answer, Done), answer
        return answer.outcome.case

    def seen(self, login: str) -> set[CaseId]:
        """Return the cases that somebody sees, in whatever way one can meet them; the ways must agree."""
        desk, actor = self.office.house.desk, self.office.actor(login)
        listed = {line.id for line in desk.queries.page(ROOT, actor, CaseFilter(), limit=99).lines}
        assert sum(desk.queries.counts(ROOT, actor, "grievance").values()) == len(listed)
        found = set[CaseId]()
        for case in desk.reads.all_case_ids(ROOT):
            try:
                desk.queries.case(ROOT, case, actor, desk.world(ROOT))
            except CaseNotFound:
                continue
            found.add(case)
        assert found == listed
        self.office.house.clock.set(NOON + timedelta(days=60))
        for scope in (Scope.LATE, Scope.BOTH):
            entries = OverdueList(desk, ROOT, self.office.actor(login)).all(OverdueAsk(scope=scope), page=2)
            assert {entry.line.case.id for entry in entries} == listed
        self.office.house.clock.set(NOON)
        return found

    def check(self) -> None:
        """Compare the readers of every case with those worked out afresh, and say that no move waits."""
        desk = self.office.house.desk
        cases = {case.id: case for case in desk.reads.cases(ROOT, list(desk.reads.all_case_ids(ROOT)))}
        stored = desk.reads.readers(ROOT, cases)
        assert {case.id: fresh for case, fresh in sights(desk.world(ROOT), cases.values(), cases)} == dict(stored)
        assert desk.reads.unit_moves(ROOT) == []


@pytest.fixture
def tree(any_database: str) -> Iterator[Tree]:
    with opened(any_database) as office:
        tree = Tree(office)
        for name, above in UNITS.items():
            assert above is not None
            tree.put(name, above)
        for login, unit in OFFICES.items():
            person = Person(root=ROOT, id=PersonId(login), name=login, login=login, unit=UnitId(unit))
            grant = GrantRow(root=ROOT, person=PersonId(login), role="union_office", unit=UnitId(unit))
            office.house.desk.office.write([AddPerson(person), AddGrant(grant)])
        yield tree


def test_a_unit_that_is_new_or_renamed_moves_nothing(tree: Tree) -> None:
    desk = tree.office.house.desk
    assert desk.reads.unit_moves(ROOT) == []
    renamed = Unit(root=ROOT, id=UnitId("shop"), parent=UnitId("east"), code="shop", title=Text("车间", "Workshop"))
    desk.office.write([AddUnit(renamed)])
    assert desk.reads.unit_moves(ROOT) == []


def test_what_a_move_takes_away_is_gone_at_once_and_what_it_gives_comes_with_the_job(tree: Tree) -> None:
    bench = tree.file("bench")
    moving = {tree.file("shop"), bench, tree.file("shop")}
    east, west = tree.file("east"), tree.file("west")
    assert (tree.seen("ost"), tree.seen("abe")) == ({*moving, east}, {west})
    tree.put("shop", "west")
    assert tree.seen("ost") == {east}
    assert tree.seen("abe") == {west}
    assert tree.seen("shen") == {*moving, east, west}
    assert (tree.seen("sho"), tree.seen("ban")) == (moving, {bench})
    # The move waits among what is to be told, and is told to nobody.
    tell_all(tree.office.house.desk)
    assert tell_all(tree.office.house.desk).done == 0
    assert rewrite_all(tree.office.house.desk).done == len(moving)
    assert (tree.seen("ost"), tree.seen("abe")) == ({east}, {*moving, west})
    tree.check()
    assert rewrite_all(tree.office.house.desk).done == 0


def test_a_job_that_was_killed_goes_on_and_nothing_is_seen_meanwhile(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = {tree.file("shop") for _n in range(5)}
    tree.put("shop", "west")
    monkeypatch.setattr(moved_units, "SLICE", 2)
    looks: list[str] = []

    def killed(_desk: object, _root: object, _move: object, last: str) -> bool:
        looks.append(last)
        if len(looks) == 2:
            raise KeyboardInterrupt
        return True

    with monkeypatch.context() as patch:
        patch.setattr(moved_units, "_is_written", killed)
        with pytest.raises(KeyboardInterrupt):
            rewrite_all(tree.office.house.desk)
    (move,) = tree.office.house.desk.reads.unit_moves(ROOT)
    assert move.after == sorted(moving)[3]
    assert tree.seen("ost") == set()
    assert tree.seen("abe") == set(sorted(moving)[:4])
    # Moved on before the first move is done: whoever lost sight by either has lost it.
    tree.put("shop", "safety")
    assert (tree.seen("ost"), tree.seen("abe")) == (set(), set())
    rewrite_all(tree.office.house.desk)
    assert (tree.seen("ost"), tree.seen("abe")) == (set(), set())
    assert tree.seen("sho") == moving
    tree.check()


def test_a_unit_moved_below_one_complained_about_is_kept_from_it_at_once(tree: Tree) -> None:
    against_west, other = tree.file("shop", "west"), tree.file("shop")
    below = tree.file("bench", "west")
    assert tree.seen("sho") == {against_west, other, below}
    tree.put("shop", "west")
    assert (tree.seen("sho"), tree.seen("ban")) == ({other}, set())
    rewrite_all(tree.office.house.desk)
    assert (tree.seen("sho"), tree.seen("ban")) == ({other}, set())
    tree.check()
    tree.put("shop", "east")
    rewrite_all(tree.office.house.desk)
    assert (tree.seen("sho"), tree.seen("ban")) == ({against_west, other, below}, {below})
    tree.check()


def test_a_deputy_loses_with_whom_they_stand_in_for(tree: Tree) -> None:
    case, east = tree.file("shop"), tree.file("east")
    deputation = Deputation(root=ROOT, principal=PersonId("ost"), deputy=PersonId("wen"))
    tree.office.house.desk.office.write([AddDeputation(deputation)])
    assert tree.seen("wen") == {case, east}
    tree.put("shop", "west")
    assert tree.seen("wen") == {east}
    rewrite_all(tree.office.house.desk)
    assert tree.seen("wen") == {east}


def test_steps_before_the_job_leave_nothing_behind(tree: Tree) -> None:
    case = tree.file("shop")
    tree.put("shop", "west")
    # Who reads is written anew by this step, under the tree as it is now.
    assert tree.office.move("shen", case, "recuse", accused_people=["du"], recusal_reason="本人") is None
    assert tree.seen("ost") == set()
    assert "role:union_office@east" not in tree.office.house.desk.reads.readers(ROOT, [case])[case]
    assert tree.seen("abe") == {case}
    rewrite_all(tree.office.house.desk)
    tree.check()


def test_a_slice_of_which_a_case_has_changed_or_the_tree_is_worked_out_again(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [tree.file("shop") for _n in range(3)]
    tree.put("shop", "west")
    desk = tree.office.house.desk
    worked_out = moved_units._slice
    made: list[SetSight] = []

    def overtaken(*asked: object) -> SetSight:
        slice_ = worked_out(*asked)  # type: ignore[arg-type]  # what it was asked with
        made.append(slice_)
        if len(made) == 1:
            assert tree.office.move("shen", cases[1], "recuse", accused_people=["du"], recusal_reason="本人") is None
        if len(made) == 2:
            tree.put("west", "east")
        return slice_

    monkeypatch.setattr(moved_units, "_slice", overtaken)
    rewrite_all(desk)
    # Twice in vain, then once; and once more, as cases may have been opened meanwhile.
    assert len(made) == 4
    # East stands above again, as west was moved below it.
    rewrite_all(desk)
    assert tree.seen("ost") == set(cases)
    tree.check()


def test_a_case_that_others_hold_for_good_makes_the_job_fail_and_nothing_is_seen(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.file("shop")
    tree.put("shop", "west")
    monkeypatch.setattr(moved_units, "ROUNDS_MAX", 3)
    monkeypatch.setattr(moved_units, "_is_written", lambda *_asked: False)
    with pytest.raises(StorageUnavailable):
        rewrite_all(tree.office.house.desk)
    assert tree.office.house.desk.reads.unit_moves(ROOT)
    assert tree.seen("ost") == set()
