"""Plays lives on a stage, one wave of commands after the other: the openings first, then the next move of each row.

The stage is the office, or a rehearsal before an empty house; both are played alike, so that what the rehearsal lets
pass is what will be carried out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from engine.case.actors import IMPORT
from engine.case.case import Case
from engine.case.commands import Command, FireTransition, KeepNote, OpenCase, Stated
from engine.case.identity import CaseId, RootId, UnitId
from engine.errors import BanjieError, FieldProblem, FormInvalid, Refusal, StorageError, TooBusy
from engine.figures.spans import UNDATED
from engine.service.execute import Done
from engine.service.importing.grouped import ranges
from engine.service.importing.lives import Life, Move
from engine.service.importing.readings import CaseRef
from engine.service.office import Answer
from engine.text import Text

WAVE_COMMANDS_MAX = 5_000
CHILD_ROLES = {"lead": "lead", "co_handlers": "co_handler"}


class Stage(Protocol):
    """Where commands are played: answers as the office gives them, and the cases as they are then."""

    def carry_out(self, commands: Sequence[Command]) -> list[Answer]: ...

    def cases(self, cases: Collection[CaseId]) -> Sequence[Case]: ...

    def case_called(self, workflow: str, number: str) -> CaseId | None: ...


@dataclass(slots=True)
class Played:
    """How far a life has come. ``refused`` says why it went no further, ``at_move`` at which move."""

    life: Life
    case: CaseId | None = None
    created: bool = False
    next: int = 0
    fired: int = 0
    repeated: int = 0
    refused: Text | None = None
    at_move: str | None = None
    last_at: datetime | None = None
    children: Mapping[str, tuple[tuple[CaseId, UnitId], ...]] | None = None
    tried_after: int = -1
    left: list[Command] = field(default_factory=list)
    problems: tuple[FieldProblem, ...] = ()

    @property
    def move(self) -> Move | None:
        """The next move, None when there is none or it was refused."""
        moves = self.life.moves
        return None if self.refused is not None or self.next >= len(moves) else moves[self.next]

    @property
    def move_at(self) -> Move | None:
        """The move at which the life ended, None at its opening or where it has not."""
        return None if self.at_move is None else self.life.moves[self.next]

    def refuse(self, answer: BanjieError, move: Move | None) -> None:
        """Let the life end at a move, or at its opening."""
        self.refused, self.at_move = answer.text, None if move is None else move.transition
        self.problems = answer.fields if isinstance(answer, FormInvalid) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where lives come from: the organisation, what keys begin with, and what each move is based on."""

    root: RootId
    keys: str
    file_hash: str

    def basis(self, life: Life, move: Move) -> str:
        ending = UNDATED if move.undated else ""
        rows = f"rows {ranges([number for number, _cells in life.lines])}" if life.more else f"row {life.row}"
        return f"sha256:{self.file_hash}#{rows}{move.remark}{ending}"

    def key(self, life: Life, step: str) -> str:
        return f"{self.keys}:{life.key}:{step}"


class Waves:
    """Plays the lives of one file, which may name each other by number, until none can go further."""

    def __init__(self, stage: Stage, source: Source, lives: Sequence[Life]) -> None:
        self._stage = stage
        self._source = source
        self.played = [Played(life) for life in lives]
        self._by_number = {one.life.number: one for one in self.played if one.life.number is not None}
        self._naming = [one for one in self.played if any(move.refs for move in one.life.moves)]
        self._found: dict[str, CaseId | None] = {}

    def play(self) -> Iterator[list[Played]]:
        """Play everything; yields the rows that are done with, after each wave."""
        done: set[int] = set()
        self._open()
        while True:
            finished = [one for one in self.played if one.move is None and one.life.row not in done]
            done.update(one.life.row for one in finished)
            yield finished
            waiting = [one for one in self.played if one.move is not None]
            if not waiting:
                return
            held = self._held()
            free = [one for one in waiting if one.life.row not in held]
            # Where all wait for each other nobody comes any further by waiting: then every refusal is the last word.
            self._wave(free or waiting, last_word=not free)

    def _open(self) -> None:
        commands = [self._opening(one.life) for one in self.played]
        for one, answer in zip(self.played, self._answers(commands), strict=True):
            if isinstance(answer, Done):
                one.case, one.created, one.last_at = answer.outcome.case, not answer.repeated, one.life.opening.at
            else:
                one.refuse(answer, None)

    def _opening(self, life: Life) -> Command:
        form = {name: value for name, value in life.opening.form.items() if not isinstance(value, CaseRef)}
        return OpenCase(
            root=self._source.root,
            actor=IMPORT,
            key=self._source.key(life, "open"),
            workflow=life.workflow,
            unit=life.unit,
            congress_session=life.congress_session,
            form=form,
            parties=life.parties,
            stated=Stated(life.opening.at, self._source.basis(life, life.opening)),
        )

    def _held(self) -> set[int]:
        """Return the rows that must wait: those that another row will join before their next move, and those that
        were too early to join, until the other has moved on."""
        held: set[int] = set()
        for one in self._naming:
            for place, move in enumerate(() if one.move is None else one.life.moves[one.next :]):
                targets = (target for number in move.refs if (target := self._by_number.get(number)) is not None)
                for target in targets:
                    if target is one or target.move is None:
                        continue
                    if place == 0 and one.tried_after == target.next:
                        held.add(one.life.row)
                    elif move.at <= target.move.at:
                        held.add(target.life.row)
        return held

    def _wave(self, rows: Sequence[Played], *, last_word: bool) -> None:
        self._meet_children([one for one in rows if one.move is not None and one.move.child is not None])
        moving: list[Played] = []
        commands: list[Command] = []
        for one in rows:
            one.left = list(self._commands(one))
            if one.refused is None:
                moving.append(one)
                commands.extend(one.left)
        answers = iter(self._answers(commands))
        for one in moving:
            self._settle(one, [next(answers) for _command in one.left], last_word=last_word)

    def _settle(self, one: Played, answers: Sequence[Answer], *, last_word: bool) -> None:
        move = one.move
        assert move is not None, "only rows with a move are in a wave"
        for answer in answers:
            if isinstance(answer, Done):
                one.fired += 0 if answer.repeated else 1
                one.repeated += 1 if answer.repeated else 0
            elif last_word or not self._may_try_again(one, move, answer):
                one.refuse(answer, move)
                return
            else:
                return
        one.next += 1
        one.children = None
        one.last_at = move.at if one.last_at is None else max(one.last_at, move.at)

    def _may_try_again(self, one: Played, move: Move, answer: BanjieError) -> bool:
        """A row that names another may be early: it tries again when that row has moved on."""
        targets = [target for number in move.refs if (target := self._by_number.get(number)) is not None]
        if not isinstance(answer, Refusal) or not targets or all(target.move is None for target in targets):
            return False
        one.tried_after = targets[0].next
        return True

    def _commands(self, one: Played) -> Iterator[Command]:
        """Yield the commands of a row's next move: one, or one per child."""
        move, case = one.move, one.case
        assert move is not None, "only rows with a move are in a wave"
        assert case is not None, "only opened rows have moves"
        form: dict[str, JsonValue] = {}
        at = move.at
        for name, value in move.form.items():
            if not isinstance(value, CaseRef):
                form[name] = value
                continue
            target = self._by_number.get(value.number)
            found = self._resolve(one.life.workflow, value.number)
            if found is None:
                one.refused, one.at_move = _not_there(value.number), move.transition
                return
            form[name] = found
            if target is not None and target.last_at is not None:
                at = max(at, target.last_at)
        stated = Stated(at, self._source.basis(one.life, move)) if move.stated else None
        root, key = self._source.root, self._source.key(one.life, move.name)
        if move.note is not None:
            yield KeepNote(
                root=root, actor=IMPORT, key=key, case=case, title=move.transition, note=move.note, stated=stated
            )
        elif move.child is None:
            yield FireTransition(
                root=root, actor=IMPORT, key=key, case=case, transition=move.transition, form=form, stated=stated
            )
        else:
            for child, unit in (one.children or {}).get(CHILD_ROLES[move.child], ()):
                yield FireTransition(
                    root=root,
                    actor=IMPORT,
                    key=f"{key}:{unit}",
                    case=child,
                    transition=move.transition,
                    form=form,
                    stated=stated,
                )

    def _resolve(self, workflow: str, number: str) -> CaseId | None:
        """Return the case of the row with this number, or the one that was there before the import."""
        target = self._by_number.get(number)
        if target is not None:
            return target.case
        if number not in self._found:
            self._found[number] = self._stage.case_called(workflow, number)
        return self._found[number]

    def _meet_children(self, rows: Sequence[Played]) -> None:
        """Learn the children of rows whose next move is theirs; their ids are known only once they are opened."""
        wanted = {one.case for one in rows if one.children is None and one.case is not None}
        parents = {case.id: case for case in self._stage.cases(wanted)} if wanted else {}
        for one in rows:
            parent = parents.get(one.case) if one.case is not None else None
            if parent is not None:
                found: dict[str, list[tuple[CaseId, UnitId]]] = {}
                for child in parent.newest_children:
                    found.setdefault(child.role, []).append((child.case, child.unit))
                one.children = {role: tuple(children) for role, children in found.items()}

    def _answers(self, commands: Sequence[Command]) -> list[Answer]:
        """Carry commands out; raises what is no fault of any row, so that the import can simply be run again."""
        answers: list[Answer] = []
        for begin in range(0, len(commands), WAVE_COMMANDS_MAX):
            answers += self._stage.carry_out(commands[begin : begin + WAVE_COMMANDS_MAX])
        for answer in answers:
            if isinstance(answer, StorageError | TooBusy):
                raise answer
        return answers


def with_stated(command: Command, stated: Stated) -> Command:
    """Return the command with another instant and basis."""
    return replace(command, stated=stated)


def _not_there(number: str) -> Text:
    return Text(f"没有找到编号“{number}”的事项，或该行未能导入", f"No case {number!r}, or its row was refused")
