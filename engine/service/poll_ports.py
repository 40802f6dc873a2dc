"""What polls ask of a database: who may answer, a box of ballots for each open poll, and one-time tokens.

A token is a keyed hash that stands for one person in one poll; who does not hold the key cannot tell whose it is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.polls import Box
from engine.errors import InputRefused
from engine.text import Text


class PollRow(NamedTuple):
    """An open poll. ``box`` is JSON: how often each ballot was cast, by its text. No time stands anywhere."""

    root: str
    case: str
    name: str
    electors: int
    returned: int
    box: str


class PollTokenRow(NamedTuple):
    """The right of one person to answer once. ``spent`` is 0 or 1."""

    root: str
    case: str
    poll: str
    token: str
    spent: int


class PollEnd(NamedTuple):
    """Takes a poll away with every ballot and token of it."""

    root: str
    case: str
    name: str


class PollTokensEnd(NamedTuple):
    """Takes the tokens of a poll away."""

    root: str
    case: str
    poll: str


class PollStanding(NamedTuple):
    """How an open poll stands for the holder of a token: ``spent`` is None where the token is none of this poll."""

    electors: int
    returned: int
    spent: bool | None


class OpenPoll(NamedTuple):
    """A poll that is open, by its case and its name there."""

    case: CaseId
    name: str


class PollLookups(Protocol):
    """What a move has to know of polls; asked inside the write transaction only, so that no total is known early."""

    def poll_electors(self, root: RootId, unit: UnitId, roles: Collection[str], on: date) -> Sequence[PersonId]:
        """Return who holds one of these grants in the unit itself on a day."""

    def poll_box(self, root: RootId, case: CaseId, name: str) -> Box | None:
        """Return the ballots of an open poll, None where none is open; nobody casts until the transaction ends."""


class PollReads(Protocol):
    """The part of ``Reads`` that is about polls; it never tells what anybody chose."""

    def poll_standing(self, root: RootId, case: CaseId, name: str, token: str) -> PollStanding | None:
        """Return how an open poll stands, None where none is open."""

    def open_polls(self, root: RootId) -> Sequence[OpenPoll]:
        """Return every open poll, in the order of the ids of their cases."""

    def unspent(self, root: RootId, tokens: Collection[str]) -> Sequence[OpenPoll]:
        """Return the polls that these tokens belong to and that they have not answered."""


class PollWrites(Protocol):
    """The part of ``DirectoryWrites`` that is about polls."""

    def cast_ballot(self, write: CastBallot) -> None:
        """Spend a token and put a ballot into the box, both or neither.

        Raises:
            PollClosed: no poll is open here.
            NotAsked: the token is none of this poll.
            CastAlready: the token was spent before.
        """


@dataclass(frozen=True, slots=True)
class CastBallot:
    """Answer a poll once. Nothing of it may be told or logged."""

    root: RootId
    case: CaseId
    name: str
    token: str = field(repr=False)
    ballot: str = field(repr=False)


PollWrite = CastBallot


class PollClosed(InputRefused):
    """Whoever answers comes too late, or too early."""

    code = "poll_closed"

    def __init__(self) -> None:
        super().__init__(
            Text("网上投票（问卷）没有在进行，可能已经结束", "No such poll is open; it may have been closed")
        )


class NotAsked(InputRefused):
    """Whoever answers was not among those who may when the poll was opened."""

    code = "poll_not_asked"

    def __init__(self) -> None:
        super().__init__(
            Text(
                "您不在本次网上投票（问卷）的名单中：名单在发起时确定，以后不增不减。有疑问请问工会办公室",
                "You are not among those asked: who is was fixed when the poll was opened. Ask the union office",
            )
        )


class CastAlready(InputRefused):
    """One answers once."""

    code = "poll_cast_already"

    def __init__(self) -> None:
        super().__init__(
            Text(
                "您已经提交过了：一人一次，不能更改；系统也不知道您填了什么",
                "You have answered already: once each, and not to be changed. The system does not know what you chose",
            )
        )


def apply_poll_write(write: PollWrite, writes: PollWrites) -> None:
    """Carry out one write in the transaction behind ``writes``."""
    writes.cast_ballot(write)


def box_from(text: str) -> Box:
    """Return the ballots of a box as it is stored."""
    found: Mapping[str, int] = json.loads(text)
    return found


def box_text(box: Box) -> str:
    """Return a box as it is stored, in an order that says nothing of when each ballot came."""
    return json.dumps(dict(sorted(box.items())), ensure_ascii=False, separators=(",", ":"))


EMPTY_BOX = box_text({})
