"""Playing lives: openings first, then move after move; who must wait for whom; where a row stops and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from engine.case.case import Case, Child, ChildRole, Pins
from engine.case.commands import Command, FireTransition, KeepNote, OpenCase, Stated
from engine.case.identity import CaseId, RootId, UnitId
from engine.definition.parts import Phase
from engine.errors import GuardRefused, StorageUnavailable
from engine.service.execute import Done
from engine.service.importing.lives import Form, Life, Move
from engine.service.importing.readings import CaseRef
from engine.service.importing.waves import Played, Source, Waves
from engine.service.office import Answer
from engine.service.ports import Outcome
from engine.text import Text

BEGIN = datetime(2025, 12, 1, tzinfo=UTC)
SOURCE = Source(root=RootId("r"), keys="import", file_hash="ab12")
CHILDREN: tuple[tuple[ChildRole, str], ...] = (("lead", "a"), ("co_handler", "b"), ("co_handler", "c"))
Rule = Callable[["FakeStage", Command], Answer | None]


class FakeStage:
    """Answers Done to everything, unless a rule says otherwise; keeps what was asked."""

    def __init__(self, rule: Rule | None = None, there: Mapping[str, str] | None = None) -> None:
        self.asked: list[Command] = []
        self.calls = 0
        self._rule = rule
        self._there = there or {}

    def carry_out(self, commands: Sequence[Command]) -> list[Answer]:
        self.calls += 1
        return [self._one(command) for command in commands]

    def _one(self, command: Command) -> Answer:
        answer = None if self._rule is None else self._rule(self, command)
        self.asked.append(command)
        if answer is not None:
            return answer
        case = f"case {command.key.split(':')[1]}" if isinstance(command, OpenCase) else command.case
        return Done(Outcome(CaseId(case), 1, ""))

    def cases(self, cases: Collection[CaseId]) -> Sequence[Case]:
        return [with_children(case) for case in cases]

    def case_called(self, workflow: str, number: str) -> CaseId | None:
        found = self._there.get(number)
        return None if found is None else CaseId(found)

    def fired(self) -> list[tuple[str, str]]:
        return [(c.case, c.transition) for c in self.asked if isinstance(c, FireTransition)]


def with_children(case: CaseId) -> Case:
    children = tuple(
        Child(case=CaseId(f"{case}/{unit}"), workflow="handling", role=role, unit=UnitId(unit), batch=1)
        for role, unit in CHILDREN
    )
    return Case(
        root=RootId("r"),
        id=case,
        workflow="proposal",
        definition_version=1,
        pins=Pins(definition="d", lists={}, calendar="c"),
        unit=UnitId("u"),
        congress_session=None,
        state="assigned",
        phase=Phase.ACTIVE,
        opened_at=BEGIN,
        changed_at=BEGIN,
        version=1,
        seq=1,
        head="",
        children=children,
    )


def move(
    name: str,
    day: int,
    *,
    form: Form | None = None,
    child: Literal["lead", "co_handlers"] | None = None,
    undated: bool = False,
) -> Move:
    at = BEGIN + timedelta(days=day)
    return Move(name=name, transition=name, at=at, form=form or {}, child=child, undated=undated)


def life(number: int, *moves: Move) -> Life:
    return Life(
        row=number,
        key=str(number),
        number=str(number),
        workflow="proposal",
        unit=UnitId("u"),
        congress_session=None,
        opening=Move(name="open", transition="open", at=BEGIN, form={"subject": "案由"}),
        parties={},
        moves=moves,
        cells=(),
    )


def into(number: int) -> Form:
    return {"merge_into": CaseRef(str(number))}


def play(stage: FakeStage, *lives: Life) -> list[Played]:
    waves = Waves(stage, SOURCE, lives)
    for _finished in waves.play():
        pass
    return waves.played


def test_all_rows_are_opened_before_any_moves() -> None:
    stage = FakeStage()
    play(stage, life(1, move("register", 1)), life(2, move("register", 1)))
    assert [type(command).__name__ for command in stage.asked] == ["OpenCase"] * 2 + ["FireTransition"] * 2


def test_every_command_says_when_and_on_what_basis() -> None:
    stage = FakeStage()
    play(stage, life(7, move("register", 1), move("reply", 2, undated=True)))
    assert [command.stated for command in stage.asked] == [
        Stated(BEGIN, "sha256:ab12#row 7"),
        Stated(BEGIN + timedelta(days=1), "sha256:ab12#row 7"),
        Stated(BEGIN + timedelta(days=2), "sha256:ab12#row 7;undated"),
    ]


def test_keys_tell_the_row_and_the_step_and_nothing_of_the_file() -> None:
    stage = FakeStage()
    play(stage, life(7, move("register", 1)))
    assert [command.key for command in stage.asked] == ["import:7:open", "import:7:register"]


def test_rows_are_told_as_they_are_done_with() -> None:
    waves = Waves(FakeStage(), SOURCE, [life(1), life(2, move("a", 1)), life(3, move("a", 1), move("b", 2))])
    assert [[one.life.row for one in finished] for finished in waves.play()] == [[1], [2], [3]]


def test_a_refused_opening_ends_the_row_there() -> None:
    def rule(_stage: FakeStage, command: Command) -> Answer | None:
        return GuardRefused(Text("不行", "no")) if command.key == "import:1:open" else None

    stage = FakeStage(rule)
    first, second = play(stage, life(1, move("a", 1)), life(2, move("a", 1)))
    assert (first.case, first.refused, first.created) == (None, Text("不行", "no"), False)
    assert (second.refused, second.fired) == (None, 1)


def test_a_refused_move_ends_the_row_and_names_the_move() -> None:
    def rule(_stage: FakeStage, command: Command) -> Answer | None:
        return GuardRefused(Text("不行", "no")) if command.key.endswith(":b") else None

    stage = FakeStage(rule)
    (one,) = play(stage, life(1, move("a", 1), move("b", 2), move("c", 3)))
    assert (one.refused, one.at_move, one.fired, one.case) == (Text("不行", "no"), "b", 1, "case 1")
    assert [transition for _case, transition in stage.fired()] == ["a", "b"]


def test_what_was_done_before_is_counted_apart() -> None:
    def rule(_stage: FakeStage, command: Command) -> Answer | None:
        if command.key.endswith(("open", "a")):
            return Done(Outcome(CaseId("case 1"), 1, ""), repeated=True)
        return None

    (one,) = play(FakeStage(rule), life(1, move("a", 1), move("b", 2)))
    assert (one.created, one.fired, one.repeated) == (False, 1, 1)


def test_a_move_of_co_handlers_is_made_by_each_of_them() -> None:
    stage = FakeStage()
    (one,) = play(stage, life(1, move("assign", 1), move("acknowledge", 2, child="co_handlers")))
    assert stage.fired() == [("case 1", "assign"), ("case 1/b", "acknowledge"), ("case 1/c", "acknowledge")]
    assert [command.key for command in stage.asked][-2:] == ["import:1:acknowledge:b", "import:1:acknowledge:c"]
    assert one.fired == 3


def test_a_move_of_the_lead_is_made_by_it_alone() -> None:
    stage = FakeStage()
    play(stage, life(1, move("assign", 1), move("acknowledge", 2, child="lead")))
    assert stage.fired()[-1] == ("case 1/a", "acknowledge")


def test_a_move_of_children_that_are_not_there_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = FakeStage()
    monkeypatch.setattr(stage, "cases", lambda cases: [with_children(case)._replace(children=()) for case in cases])
    (one,) = play(stage, life(1, move("acknowledge", 1, child="lead"), move("reply", 2)))
    assert stage.fired() == [("case 1", "reply")]
    assert one.refused is None


def test_a_note_moves_nothing_and_is_not_stated() -> None:
    stage = FakeStage()
    play(stage, life(1, replace(move("T06", 1), note={"who": "R1"}, stated=False)))
    kept = stage.asked[-1]
    assert isinstance(kept, KeepNote)
    assert (kept.title, kept.note, kept.stated) == ("T06", {"who": "R1"}, None)


def test_a_row_that_names_another_is_given_its_case() -> None:
    stage = FakeStage()
    play(stage, life(1, move("file", 1)), life(2, move("merge", 1, form=into(1))))
    merge = next(c for c in stage.asked if isinstance(c, FireTransition) and c.transition == "merge")
    assert merge.form == {"merge_into": "case 1"}


def test_a_row_may_name_a_case_that_was_there_before() -> None:
    stage = FakeStage(there={"99": "old case"})
    play(stage, life(2, move("merge", 1, form=into(99))))
    merge = stage.asked[-1]
    assert isinstance(merge, FireTransition)
    assert merge.form == {"merge_into": "old case"}


def test_a_row_that_names_nobody_known_is_refused() -> None:
    (one,) = play(FakeStage(), life(2, move("merge", 1, form=into(99))))
    assert one.refused is not None
    assert "“99”" in one.refused.zh


def test_the_row_named_waits_until_the_other_has_joined() -> None:
    stage = FakeStage()
    play(
        stage,
        life(1, move("file", 1), move("reply", 5)),
        life(2, move("register", 1), move("review", 2), move("merge", 3, form=into(1))),
    )
    order = [transition for _case, transition in stage.fired()]
    assert order.index("merge") < order.index("reply")


def test_a_row_joins_no_earlier_than_the_other_has_come() -> None:
    def merged_at(stage: FakeStage) -> datetime:
        play(stage, life(1, move("file", 4)), life(2, move("merge", 3, form=into(1))))
        merges = [c for c in stage.asked if isinstance(c, FireTransition) and c.transition == "merge"]
        assert merges[-1].stated is not None
        return merges[-1].stated.occurred_at

    assert merged_at(FakeStage()) == BEGIN + timedelta(days=3)
    assert merged_at(FakeStage(needs("file"))) == BEGIN + timedelta(days=4)


def needs(first: str) -> Rule:
    """A merge is refused until the other case has made this move."""

    def rule(stage: FakeStage, command: Command) -> Answer | None:
        merges = isinstance(command, FireTransition) and command.transition == "merge"
        if merges and not any(transition == first for _case, transition in stage.fired()):
            return GuardRefused(Text("尚早", "too early"))
        return None

    return rule


def test_a_row_that_is_early_tries_again_when_the_other_has_moved_on() -> None:
    stage = FakeStage(needs("b"))
    _target, one = play(
        stage, life(1, move("a", 5), move("b", 6), move("reply", 7)), life(2, move("merge", 1, form=into(1)))
    )
    assert one.refused is None
    order = [transition for _case, transition in stage.fired()]
    assert order == ["merge", "a", "merge", "b", "merge", "reply"]


def test_a_row_that_can_never_join_is_refused_in_the_end() -> None:
    stage = FakeStage(needs("never"))
    target, one = play(stage, life(1, move("a", 5), move("b", 6)), life(2, move("merge", 1, form=into(1))))
    assert (target.refused, target.fired) == (None, 2)
    assert one.refused == Text("尚早", "too early")


def test_rows_that_name_each_other_come_to_an_end() -> None:
    both = play(
        FakeStage(), life(1, move("a", 1), move("merge", 2, form=into(2))), life(2, move("merge", 2, form=into(1)))
    )
    assert [one.move for one in both] == [None, None]


def test_rows_that_can_never_join_each_other_are_both_refused() -> None:
    both = play(
        FakeStage(needs("never")),
        life(1, move("merge", 2, form=into(2)), move("a", 3)),
        life(2, move("merge", 2, form=into(1)), move("a", 3)),
    )
    assert [(one.refused, one.next) for one in both] == [(Text("尚早", "too early"), 0)] * 2


def test_a_row_that_waits_for_one_that_waits_for_it_goes_on() -> None:
    slow = (move("x", 5), move("y", 6))
    both = play(
        FakeStage(),
        life(1, *slow, move("merge", 1, form=into(2))),
        life(2, *slow, move("merge", 1, form=into(1))),
    )
    assert [one.next for one in both] == [3, 3]


def test_what_is_no_fault_of_a_row_stops_the_import() -> None:
    def rule(_stage: FakeStage, command: Command) -> Answer | None:
        return StorageUnavailable() if command.key.endswith(":a") else None

    with pytest.raises(StorageUnavailable):
        play(FakeStage(rule), life(1, move("a", 1)))


def test_waves_are_cut_so_that_no_queue_overflows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.service.importing.waves.WAVE_COMMANDS_MAX", 2)
    stage = FakeStage()
    play(stage, *(life(number) for number in range(1, 6)))
    assert stage.calls == 3
