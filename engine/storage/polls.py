"""Keeping polls while they are open: electors, the box of ballots, and one-time tokens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, and_, literal_column, or_, select, update

from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.polls import Box
from engine.service.poll_ports import (
    CastAlready,
    CastBallot,
    NotAsked,
    OpenPoll,
    PollClosed,
    PollStanding,
    box_from,
    box_text,
)
from engine.storage.compiled import Compiler, Fetches, Pool, Runner, bind
from engine.storage.directory_tables import granting
from engine.storage.poll_tables import poll, poll_token

_NO: Final[ColumnElement[int]] = literal_column("0")
_YES: Final[ColumnElement[int]] = literal_column("1")
_ONE_POLL = (poll.c.root == bind("root"), poll.c.case == bind("case"), poll.c.name == bind("name"))
_ONE_TOKEN = (
    poll_token.c.root == bind("root"),
    poll_token.c.case == bind("case"),
    poll_token.c.poll == bind("name"),
    poll_token.c.token == bind("token"),
)


class _Statements:
    """Everything asked and said about polls, compiled once for each database."""

    def __init__(self, compiler: Compiler) -> None:
        compile_, held_on = compiler.compile, granting.c
        box = select(poll.c.box, poll.c.returned).where(*_ONE_POLL)
        self.held_box = compile_(box if compiler.is_sqlite else box.with_for_update())
        self.electors = compile_(
            select(held_on.person)
            .distinct()
            .where(
                held_on.root == bind("root"),
                held_on.unit == bind("unit"),
                compiler.among(held_on.role, "roles"),
                held_on.from_on <= bind("on"),
                or_(held_on.until_on.is_(None), held_on.until_on >= bind("on")),
            )
            .order_by(held_on.person)
        )
        self.spend = compile_(update(poll_token).where(*_ONE_TOKEN, poll_token.c.spent == _NO).values(spent=_YES))
        self.token = compile_(select(poll_token.c.spent).where(*_ONE_TOKEN))
        self.fill = compile_(update(poll).where(*_ONE_POLL).values(box=bind("box"), returned=bind("returned")))
        token_of = and_(
            poll_token.c.root == poll.c.root,
            poll_token.c.case == poll.c.case,
            poll_token.c.poll == poll.c.name,
            poll_token.c.token == bind("token"),
        )
        self.standing = compile_(
            select(poll.c.electors, poll.c.returned, poll_token.c.spent)
            .join_from(poll, poll_token, token_of, isouter=True)
            .where(*_ONE_POLL)
        )
        self.open = compile_(
            select(poll.c.case, poll.c.name).where(poll.c.root == bind("root")).order_by(poll.c.case, poll.c.name)
        )
        self.unspent = compile_(
            select(poll_token.c.case, poll_token.c.poll)
            .where(
                poll_token.c.root == bind("root"),
                compiler.among(poll_token.c.token, "tokens"),
                poll_token.c.spent == _NO,
            )
            .order_by(poll_token.c.case, poll_token.c.poll)
        )

    @staticmethod
    @cache
    def of(compiler: Compiler) -> _Statements:
        """Return the statements for a database."""
        return _Statements(compiler)


def electors_of(
    compiler: Compiler, source: Fetches, root: RootId, unit: UnitId, roles: Collection[str], on: date
) -> Sequence[PersonId]:
    """Return who holds one of these grants in the unit itself on a day."""
    statement = _Statements.of(compiler).electors
    rows = source.fetch(statement, root=root, unit=unit, roles=list(roles), on=on.isoformat())
    return [PersonId(row[0]) for row in rows]


def box_of(compiler: Compiler, source: Fetches, root: RootId, case: CaseId, name: str) -> Box | None:
    """Return the ballots of an open poll, None where none is open; nobody casts until the transaction ends."""
    rows = source.fetch(_Statements.of(compiler).held_box, root=root, case=case, name=name)
    return box_from(rows[0][0]) if rows else None


class StoredPolls:
    """Implements ``PollWrites`` inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._casting = transaction
        self._polls = _Statements.of(compiler)

    def cast_ballot(self, write: CastBallot) -> None:
        which = {"root": write.root, "case": write.case, "name": write.name}
        found = self._casting.fetch(self._polls.held_box, **which)
        if not found:
            raise PollClosed
        if self._casting.run(self._polls.spend, **which, token=write.token) == 0:
            is_known = self._casting.fetch(self._polls.token, **which, token=write.token)
            raise CastAlready if is_known else NotAsked
        box = dict(box_from(found[0][0]))
        box[write.ballot] = box.get(write.ballot, 0) + 1
        self._casting.run(self._polls.fill, **which, box=box_text(box), returned=found[0][1] + 1)


class PollReads:
    """The part of ``Reads`` that is about polls."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._poll_pool = pool
        self._polls = _Statements.of(compiler)

    def poll_standing(self, root: RootId, case: CaseId, name: str, token: str) -> PollStanding | None:
        rows = self._poll_pool.fetch(self._polls.standing, root=root, case=case, name=name, token=token)
        return (
            None if not rows else PollStanding(rows[0][0], rows[0][1], None if rows[0][2] is None else rows[0][2] == 1)
        )

    def open_polls(self, root: RootId) -> Sequence[OpenPoll]:
        return [OpenPoll(CaseId(row[0]), row[1]) for row in self._poll_pool.fetch(self._polls.open, root=root)]

    def unspent(self, root: RootId, tokens: Collection[str]) -> Sequence[OpenPoll]:
        rows = self._poll_pool.fetch(self._polls.unspent, root=root, tokens=list(tokens))
        return [OpenPoll(CaseId(row[0]), row[1]) for row in rows]
