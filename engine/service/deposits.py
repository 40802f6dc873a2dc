"""Filing without saying who one is: a query code instead of a name, and a box from which all is released together.

What somebody anonymous sends is decided on a copy at once, so that what is wrong is said at once, and then kept sealed,
without an instant, until the next boundary; then everything in the box is carried out in random order. Before that
there is no case, no entry, no job and no notice of it anywhere (design: ledger).
"""

from __future__ import annotations

import base64
import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import JsonValue, TypeAdapter

from engine.case.actors import Actor, ActorKind
from engine.case.commands import FireTransition, OpenCase
from engine.case.decide import decide, key_hash
from engine.case.files import KnownFile, uploader_of
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.secrecy import next_boundary
from engine.case.situation import Situation
from engine.errors import BanjieError, NotFound, TooBusy, TooMany
from engine.service.deposit_ports import DepositRow
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.service.families import relatives
from engine.service.file_ports import GiveFiles
from engine.service.known_files import known_files, named_files
from engine.service.plain import DropDeposits, KeepDeposit
from engine.service.ports import CaseFilter
from engine.text import Text

CODE_GROUPS: Final = 5
CODE_GROUP: Final = 5
"""A query code has 25 signs of five bits: 125 bits."""
HELD_MAX: Final = 5_000
HELD_OF_ONE_MAX: Final = 20
HELD_DAYS: Final = 7
"""How long files that came with a submission wait for its release: that does not always go well at once."""
PADDED_TO: Final = 4096
"""Sealed submissions differ in length by whole steps of this only."""
_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HEARD_AS: Final = str.maketrans("OIL", "011", "- \t\u3000\u2013\u2014\uff0d")

_Asked = OpenCase | FireTransition
_COMMANDS: Final[Mapping[str, TypeAdapter[_Asked]]] = {
    "open": TypeAdapter[_Asked](OpenCase),
    "fire": TypeAdapter[_Asked](FireTransition),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposited:
    """What somebody anonymous is told: the code (shown once, for a new matter only), when it will be released, and the
    hash that its entry will carry as ``command``."""

    code: str
    releases_at: datetime
    command_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that was sent and is not on record yet; ``refused`` says why it never will be.

    ``workflow`` is that of a new matter, ``transition`` the move of one that there is.
    """

    transition: str | None
    form: Mapping[str, JsonValue]
    refused: Text | None = None
    workflow: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What a release came to."""

    done: int
    refused: int


class DepositBox:
    """The box of every organisation of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def file(
        self,
        root: RootId,
        workflow: str,
        unit: UnitId,
        form: Mapping[str, JsonValue],
        key: str,
        uploader: Actor | None = None,
    ) -> Deposited:
        """Take a new matter. The same key gives the same code again: who clicks twice files once.

        ``uploader`` is whose the files are that came with the form; from now on they are of whom the code is for.

        Raises:
            BanjieError: what filing it would be refused for.
            TooBusy: the box is full; TooMany: it holds enough of whom the code is for.
        """
        command, code = self._opening(root, workflow, unit, form, key)
        return self._kept(command, code, command.actor if uploader is None else uploader)

    def refusal(
        self, root: RootId, workflow: str, unit: UnitId, form: Mapping[str, JsonValue], key: str, uploader: Actor
    ) -> BanjieError | None:
        """Return why a new matter would not be taken, None where it would; nothing of it is kept."""
        try:
            self._rehearse(self._opening(root, workflow, unit, form, key)[0], uploader)
        except BanjieError as refusal:
            return refusal
        return None

    def _opening(
        self, root: RootId, workflow: str, unit: UnitId, form: Mapping[str, JsonValue], key: str
    ) -> tuple[OpenCase, str]:
        """Return the command that opens a matter, and the code that its key comes to."""
        code = self._code_for(root, key)
        actor, inner = self.actor(root, code), self._inner_key(root, key)
        return OpenCase(root=root, actor=actor, key=inner, workflow=workflow, unit=unit, form=form), code

    def act(
        self, root: RootId, code: str, case: CaseId, transition: str, form: Mapping[str, JsonValue], key: str
    ) -> Deposited:
        """Take a move of a matter by whom its code is known to."""
        actor = self.actor(root, code)
        command = FireTransition(
            root=root, actor=actor, key=self._inner_key(root, key), case=case, transition=transition, form=form
        )
        return self._kept(command, code, actor)

    def actor(self, root: RootId, code: str) -> Actor:
        """Return who comes with this code; raises NotFound for what is no code at all."""
        plain = plain_code(code)
        if not is_code(plain):
            raise unknown_code()
        person = PersonId(self._desk.box.mark(f"code {root} {plain}")[:32])
        return Actor(kind=ActorKind.PERSON, person=person, anonymous=True)

    def cases(self, root: RootId, code: str) -> Sequence[CaseId]:
        """Return the cases of a code, newest first; raises NotFound when nothing is held or on record under it."""
        actor = self.actor(root, code)
        page = self._desk.queries.page(root, actor, CaseFilter())
        if not page.lines and not self.waiting(root, code):
            raise unknown_code()
        return [line.id for line in page.lines]

    def waiting(self, root: RootId, code: str) -> Sequence[Waiting]:
        """Return what was sent under a code and is not on record yet, or was refused."""
        rows = self._desk.reads.deposits_of(root, self._who(root, self.actor(root, code)))
        return [self._waiting(row) for row in rows]

    def release(self, root: RootId) -> Released:
        """Carry out everything that is held, in random order; what is refused stays, for its sender to read.

        Safe to run twice and at any crash: a command is known by its key.
        """
        done = refused = 0
        rows = [row for row in self._desk.reads.deposits(root, HELD_MAX) if not self._waiting(row).refused]
        random.SystemRandom().shuffle(rows)
        answers = self._desk.office.carry_out([self._command(row) for row in rows])
        gone: list[str] = []
        for row, answer in zip(rows, answers, strict=True):
            if isinstance(answer, Done):
                gone.append(row.id)
                done += 1
            elif answer.code in _PASSING:
                continue
            else:
                self._desk.office.write([KeepDeposit(self._refused(row, answer))])
                refused += 1
        if gone:
            self._desk.office.write([DropDeposits(root, tuple(gone))])
        return Released(done=done, refused=refused)

    def _kept(self, command: _Asked, code: str, uploader: Actor) -> Deposited:
        root = command.root
        who = self._who(root, command.actor)
        id_ = self._desk.box.mark(f"deposit {root} {command.key}")[:32]
        held = {row.id for row in self._desk.reads.deposits_of(root, who)}
        if id_ not in held:
            own = len(held) >= HELD_OF_ONE_MAX
            if own or self._desk.reads.deposit_count(root) >= HELD_MAX:
                raise (TooMany if own else TooBusy)(
                    Text("待投递的内容过多，请稍后再试", "Too much waits to be released; try again later"),
                    retry_after_seconds=3600,
                )
            self._rehearse(command, uploader)
        sealed = self._sealed(command.root, id_, {"kind": _kind(command), "command": _dumped(command)})
        files = tuple(named_files(command))
        until = next_boundary(self._desk.office.now()) + timedelta(days=HELD_DAYS)
        given = GiveFiles(root, files, uploader_of(uploader), uploader_of(command.actor), until)
        self._desk.office.write([KeepDeposit(DepositRow(root, id_, who, sealed)), *([given] if files else [])])
        releases_at = next_boundary(self._desk.office.now())
        return Deposited(code=shown_code(code), releases_at=releases_at, command_hash=key_hash(command.key))

    def _rehearse(self, command: _Asked, uploader: Actor) -> None:
        """Decide the command on what is there now, and raise why it would be refused."""
        desk, root = self._desk, command.root
        world = desk.world(root)
        family = {}
        if isinstance(command, FireTransition):
            principals = [f"person:{command.actor.person}"]
            case = desk.reads.case(root, command.case, principals)
            if case is None:
                raise unknown_code()
            family = {one.id: one for one in (case, *desk.reads.cases(root, list(relatives(case))))}
        situation = Situation(
            root=root,
            family=family,
            rules=world.rules,
            units=world.surroundings.tree,
            calendar=world.calendar,
            sessions=world.surroundings.sessions,
            numbers=defaultdict(int),
            seed="rehearsal",
            files=self._files(command, uploader),
        )
        step = decide(situation, command, desk.office.now())
        if isinstance(step, BanjieError):
            raise step

    def _files(self, command: _Asked, uploader: Actor) -> Mapping[str, KnownFile]:
        """Return what is known of the files that came along, as if they were given to whom the code is for already."""
        known = known_files(self._desk.reads, self._desk.sealer, command.root, named_files(command))
        own, giver = uploader_of(command.actor), uploader_of(uploader)
        return {id_: file._replace(who=own) if file.who == giver else file for id_, file in known.items()}

    def _waiting(self, row: DepositRow) -> Waiting:
        held = self._opened(row)
        command, refused = self._command(row), held.get("refused")
        return Waiting(
            transition=command.transition if isinstance(command, FireTransition) else None,
            form=command.form,
            refused=Text(str(refused[0]), str(refused[1])) if isinstance(refused, list) else None,
            workflow=command.workflow if isinstance(command, OpenCase) else None,
        )

    def _command(self, row: DepositRow) -> _Asked:
        held = self._opened(row)
        return _COMMANDS[str(held["kind"])].validate_python(held["command"])

    def _refused(self, row: DepositRow, answer: BanjieError) -> DepositRow:
        refused: JsonValue = [answer.text.zh, answer.text.en]
        held = {**self._opened(row), "refused": refused}
        return row._replace(sealed=self._sealed(RootId(row.root), row.id, held))

    def _sealed(self, root: RootId, id_: str, held: Mapping[str, JsonValue]) -> str:
        plain = json.dumps(held, ensure_ascii=False).encode()
        sealed = self._desk.box.seal(plain + b" " * (-len(plain) % PADDED_TO), bound_to=f"deposit {root} {id_}")
        return base64.b64encode(sealed).decode()

    def _opened(self, row: DepositRow) -> dict[str, JsonValue]:
        plain = self._desk.box.open(base64.b64decode(row.sealed), bound_to=f"deposit {row.root} {row.id}")
        held: dict[str, JsonValue] = json.loads(plain)
        return held

    def _who(self, root: RootId, actor: Actor) -> str:
        return self._desk.box.mark(f"sender {root} {actor.person}")[:32]

    def _inner_key(self, root: RootId, key: str) -> str:
        """Return the key under which the command is carried out: it cannot be traced to the request's."""
        return self._desk.box.mark(f"key {root} {key}")

    def _code_for(self, root: RootId, key: str) -> str:
        """Return the code that belongs to a request: 125 bits, found by nobody without the key of the box."""
        bits = int(self._desk.box.mark(f"new code {root} {key}"), 16) >> 3
        return "".join(_SIGNS[bits >> 5 * place & 31] for place in range(CODE_GROUPS * CODE_GROUP))


_PASSING: Final = frozenset({"storage_unavailable", "outcome_unknown", "too_busy", "command_failed"})
"""What a repetition may cure: such a command stays in the box."""


def plain_code(typed: str) -> str:
    """Return a query code as it is looked up, however it was typed.

    >>> plain_code("7k3o0-11111-22222-33333-44444")
    '7K30011111222223333344444'
    """
    return typed.strip().upper().translate(_HEARD_AS)


def is_code(plain: str) -> bool:
    """Return whether this could be a query code."""
    return len(plain) == CODE_GROUPS * CODE_GROUP and all(sign in _SIGNS for sign in plain)


def shown_code(code: str) -> str:
    """Return a query code in groups, to be written down."""
    plain = plain_code(code)
    return "-".join(plain[place : place + CODE_GROUP] for place in range(0, len(plain), CODE_GROUP))


def unknown_code() -> NotFound:
    """Return the one answer to every code under which there is nothing."""
    return NotFound(
        Text(
            "没有与此查询码对应的事项，请核对后重新输入；遗失的查询码无法补发",
            "Nothing is kept under this code; check it. A lost code cannot be made again",
        )
    )


def _kind(command: _Asked) -> str:
    return "open" if isinstance(command, OpenCase) else "fire"


def _dumped(command: _Asked) -> JsonValue:
    dumped: JsonValue = _COMMANDS[_kind(command)].dump_python(command, mode="json")
    return dumped
