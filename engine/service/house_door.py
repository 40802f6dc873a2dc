"""What the pages of the house's administration ask of the process they run in; ``runtime.house`` answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from engine.case.identity import PersonId, RootId
from engine.errors import Problem
from engine.service.calendar_change import Change
from engine.service.looks import Look
from engine.service.rules_door import RulesDoor
from engine.text import Language, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOnFile:
    """A notice of days off, or the own days of a unit (``unit`` is its id): its document and the days it settles."""

    year: int
    title: Text
    number: str | None
    issued_on: date | None
    days_off: tuple[date, ...]
    make_up_days: tuple[date, ...]
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedNotice:
    """A notice that somebody wants to take in, and what it would change."""

    citation: Text
    year: int
    change: Change


class HouseDoor(RulesDoor, Protocol):
    """Health, channels, notices and rules of the installation."""

    def looks(self) -> Sequence[Look]:
        """Return what every question about the installation finds, in the order in which one would look."""

    def channels(self) -> Sequence[str]:
        """Return the names of the channels by which this installation delivers."""

    def try_channel(self, channel: str, address: str, language: Language) -> str | None:
        """Send one message that says it is a test; return None when it was taken, else the other side's reason.

        Raises:
            NotFound: there is no such channel.
        """

    def notices(self, root: RootId) -> Sequence[NoticeOnFile]:
        """Return the notices an organisation counts by, by year."""

    def proposed(self, root: RootId, text: bytes) -> ProposedNotice:
        """Return what a notice would change; nothing is written.

        Raises:
            DefinitionError: what is wrong with it, with line and column.
            InputRefused: the database holds several organisations, of which one may not decide for the others.
        """

    def take_in(self, root: RootId, text: bytes, by: PersonId) -> ProposedNotice:
        """Take a notice in. Open deadlines move with the sweep that follows, each by an entry; raises as above."""

    def check_definition(self, name: str, text: bytes) -> Sequence[Problem]:
        """Return everything that is wrong with a definition, proved beside the lists and definitions that are there.

        ``name`` is that of the workflow, which the text says as well.
        """
