"""What may be asked of a case, in the imperative. A command carries who asks; a key makes it happen once.

An empty key is for callers inside the process that ask once, or can see from the case what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from engine.case.actors import SYSTEM, Actor
from engine.case.identity import CaseId, RootId, SessionId, UnitId


@dataclass(frozen=True, slots=True)
class Stated:
    """When something is said to have happened, and on what basis. Only for imports and entries on behalf (代录)."""

    occurred_at: datetime
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """Open a case of a workflow in a unit."""

    root: RootId
    actor: Actor
    key: str
    workflow: str
    unit: UnitId
    congress_session: SessionId | None = None
    form: Mapping[str, JsonValue] = field(default_factory=dict)
    parties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stated: Stated | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FireTransition:
    """Make a permitted move. ``expected_version`` is the version of the case the actor looked at, if any."""

    root: RootId
    actor: Actor
    key: str
    case: CaseId
    transition: str
    form: Mapping[str, JsonValue] = field(default_factory=dict)
    expected_version: int | None = None
    stated: Stated | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepNote:
    """Keep what somebody's log says about a case without moving it."""

    root: RootId
    actor: Actor
    key: str
    case: CaseId
    title: str
    note: Mapping[str, JsonValue] = field(default_factory=dict)
    stated: Stated | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TendCase:
    """Let time act on a case: work its dates out anew after a change of the calendar, raise the rungs that are due.

    Only the engine asks. Where nothing is to be done nothing is recorded, so that it may be asked at any time.
    """

    root: RootId
    case: CaseId
    actor: Actor = SYSTEM
    key: str = ""
    stated: Stated | None = None


Command = OpenCase | FireTransition | KeepNote | TendCase
