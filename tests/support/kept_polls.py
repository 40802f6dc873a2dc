"""The tables of open polls kept in memory, in the plainest way: one ballot after the other, shuffled by nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from engine.case.identity import CaseId, RootId
from engine.case.polls import Box
from engine.service.history_ports import StoredPoll
from engine.service.poll_ports import (
    CastAlready,
    CastBallot,
    NotAsked,
    OpenPoll,
    PollClosed,
    PollRow,
    PollStanding,
    box_text,
)
from engine.service.rows import BatchRows

Place = tuple[str, str, str]


@dataclass(slots=True)
class KeptPolls:
    """Both tables: of each open poll what was cast, and whether each token was spent."""

    ballots: dict[Place, list[str]] = field(default_factory=dict)
    tokens: dict[Place, dict[str, bool]] = field(default_factory=dict)

    def write(self, rows: BatchRows) -> None:
        for end in rows.poll_ends:
            place = (end.root, end.case, end.name)
            self.ballots.pop(place, None)
            self.tokens.pop(place, None)
        for row in rows.polls:
            self.ballots[row.root, row.case, row.name] = []
        for token in rows.poll_tokens:
            self.tokens.setdefault((token.root, token.case, token.poll), {})[token.token] = False

    def cast(self, writes: Sequence[CastBallot]) -> None:
        for write in writes:
            place = (write.root, write.case, write.name)
            if place not in self.ballots:
                raise PollClosed
            if write.token not in self.tokens[place]:
                raise NotAsked
            if self.tokens[place][write.token]:
                raise CastAlready
            self.tokens[place][write.token] = True
            self.ballots[place].append(write.ballot)

    def poll_box(self, root: RootId, case: CaseId, name: str) -> Box | None:
        found = self.ballots.get((root, case, name))
        return None if found is None else Counter(found)

    def poll_standing(self, root: RootId, case: CaseId, name: str, token: str) -> PollStanding | None:
        place = (root, case, name)
        if place not in self.ballots:
            return None
        return PollStanding(len(self.tokens[place]), len(self.ballots[place]), self.tokens[place].get(token))

    def open_polls(self, root: RootId) -> Sequence[OpenPoll]:
        return [OpenPoll(CaseId(case), name) for of, case, name in sorted(self.ballots) if of == root]

    def unspent(self, root: RootId, tokens: Collection[str]) -> Sequence[OpenPoll]:
        return [
            OpenPoll(CaseId(place[1]), place[2])
            for place, spent in sorted(self.tokens.items())
            if place[0] == root and any(spent.get(token) is False for token in tokens)
        ]

    def of(self, case: CaseId) -> tuple[StoredPoll, ...]:
        """Return what is kept of the polls of a case, as verification reads it."""
        return tuple(
            StoredPoll(
                name,
                PollRow(root, case, name, len(self.tokens[root, of, name]), len(cast), box_text(Counter(cast))),
                len(self.tokens[root, of, name]),
                sum(self.tokens[root, of, name].values()),
            )
            for (root, of, name), cast in self.ballots.items()
            if of == case
        )
