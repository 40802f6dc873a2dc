"""Polls as those who see their case meet them: what is asked, how many have answered, and how one answers oneself.

Nobody is told what came in before the poll is closed, and nobody ever what somebody chose: see
``docs/explanation/polls.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.identity import RootId
from engine.case.polls import Question, ballot_problems, ballot_text, is_taken, questions_of
from engine.definition.compiled import Definition
from engine.definition.poll_parts import PollPart
from engine.errors import FormInvalid, NotFound
from engine.service.desk import Desk
from engine.service.poll_facts import token_of
from engine.service.poll_ports import CastAlready, CastBallot, NotAsked, OpenPoll, PollClosed, PollReads
from engine.text import Text


class Standing(StrEnum):
    """How a poll stands for whoever asks."""

    WAITING = "waiting"
    ANSWERED = "answered"
    NOT_ASKED = "not_asked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A poll of a case: ``electors`` and ``returned`` are known while it is open, 0 otherwise."""

    case: Case
    name: str
    part: PollPart
    questions: tuple[Question, ...]
    standing: Standing
    electors: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class PollDesk:
    """Answers about polls, and takes ballots, for one person; of cases only that the person may see.

    ``mark`` returns a keyed hash, ``write`` carries a ballot to the writer.
    """

    reads: PollReads
    write: Callable[[Sequence[CastBallot]], None]
    mark: Callable[[str], str]
    actor: Actor

    @classmethod
    def at(cls, desk: Desk, actor: Actor) -> PollDesk:
        """Return the one of a desk."""
        return cls(desk.reads, desk.office.write, desk.box.mark, actor)

    def polls(self, case: Case, definition: Definition) -> list[Poll]:
        """Return the polls of a case that are open."""
        names = [name for name, part in definition.workflow.polls.items() if is_taken(part, case)]
        return [poll for name in names if (poll := self.poll(case, definition, name)).standing is not Standing.CLOSED]

    def poll(self, case: Case, definition: Definition, name: str) -> Poll:
        """Return a poll of a case; raises NotFound where the case has none of this name."""
        part = definition.workflow.polls.get(name)
        if part is None:
            raise NotFound(Text("这件没有这项网上投票（问卷）", "This case has no such poll"), poll=name[:60])
        questions = questions_of(part, definition, case.data)
        found = self.reads.poll_standing(case.root, case.id, name, self._token(case, name) or "")
        if found is None:
            return Poll(case=case, name=name, part=part, questions=questions, standing=Standing.CLOSED)
        standing = {None: Standing.NOT_ASKED, False: Standing.WAITING, True: Standing.ANSWERED}[found.spent]
        return Poll(
            case=case,
            name=name,
            part=part,
            questions=questions,
            standing=standing,
            electors=found.electors,
            returned=found.returned,
        )

    def cast(self, case: Case, definition: Definition, name: str, answers: Mapping[str, JsonValue]) -> None:
        """Answer a poll once, for good.

        Raises:
            NotFound: the case has no such poll.
            FormInvalid: an answer is missing, or is none that may be given.
            NotAsked, CastAlready, PollClosed: as their names say.
        """
        poll = self.poll(case, definition, name)
        token = self._token(case, name)
        if token is None or poll.standing is Standing.NOT_ASKED:
            raise NotAsked
        if poll.standing is not Standing.WAITING:
            raise CastAlready if poll.standing is Standing.ANSWERED else PollClosed
        problems = list(ballot_problems(poll.part, poll.questions, answers))
        if problems:
            raise FormInvalid(problems)
        # Where another request was faster meanwhile, the writer says so.
        self.write([CastBallot(case.root, case.id, name, token, ballot_text(answers))])

    def waiting(self, root: RootId) -> Sequence[OpenPoll]:
        """Return the polls that wait for an answer of the asker, in the order of the ids of their cases."""
        person = self.actor.person
        if person is None:
            return []
        tokens = [token_of(self.mark, root, (poll.case, poll.name), person) for poll in self.reads.open_polls(root)]
        return self.reads.unspent(root, tokens) if tokens else []

    def _token(self, case: Case, name: str) -> str | None:
        """Return the token of the asker, never of somebody for whom they act: a vote cannot be deputed."""
        person = self.actor.person
        return None if person is None else token_of(self.mark, case.root, (case.id, name), person)
