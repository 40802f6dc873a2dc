"""What may be asked of a case, in the imperative. A command carries who asks; a key makes it happen once.

An empty key is for callers inside the process that ask once, or can see from the case what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from engine.case.actors import SYSTEM, Actor
from engine.case.identity import CaseId, RootId, SessionId, UnitId


@dataclass(frozen=True, slots=True)
class Stated:
    """When something is said to have happened, and on what basis. Only for imports and entries on behalf (代录)."""

    occurred_at: datetime
    basis: str


class BasisKind(StrEnum):
    """In what form something came to whoever enters it on behalf: on paper, by telephone, in person."""

    PAPER = "paper"
    TELEPHONE = "telephone"
    VISIT = "visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBehalf:
    """For whom something is entered (代录) and in what form it came; ``Stated`` beside it says when, and on what basis.

    ``person`` is None where nobody knows who it was. ``scan`` is the SHA-256 of the scanned page, in hex.
    """

    kind: BasisKind
    person: Actor | None = None
    scan: str | None = None


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
    on_behalf: OnBehalf | None = None


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
    on_behalf: OnBehalf | None = None


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


class ErasureBasis(StrEnum):
    """Why private values are erased: the grounds of PIPL Art.47, and a restored back-up that holds them once more."""

    PURPOSE = "purpose"
    RETENTION = "retention"
    CONSENT = "consent"
    UNLAWFUL = "unlawful"
    LAW = "law"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseValues:
    """Erase private values of a case for good, in every entry that holds them.

    ``paths`` are ``fields/<name>``, ``people/P<n>`` and ``note``. A person erases with the consent of another, the
    ``approver``; the engine erases by itself what a back-up brought back, and what has been kept long enough.
    """

    root: RootId
    actor: Actor
    key: str
    case: CaseId
    paths: tuple[str, ...]
    basis: ErasureBasis
    approver: Actor | None = None
    stated: Stated | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateCase:
    """Let a running case go on under another version of its workflow.

    ``states`` says what a state of the old version is called in the new one, where the names differ. ``reason`` stands
    in the open, for everybody who reads the case.
    """

    root: RootId
    actor: Actor
    key: str
    case: CaseId
    version: int
    reason: str
    states: Mapping[str, str] = field(default_factory=dict)
    stated: Stated | None = None


Command = OpenCase | FireTransition | KeepNote | TendCase | EraseValues | MigrateCase
