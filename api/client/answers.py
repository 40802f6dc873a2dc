"""Generated from the OpenAPI document by `make client`. Do not edit. 自动生成，请勿手工修改。"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from api.client.calling import Json


class DoneAnswer(TypedDict):
    """What a command led to: the case, its last entry and that one's hash; ``repeated``: it was done
    before. A house that gives receipts adds the signed receipt of the entry, whole and short.
    """

    case: str
    seq: int
    hash: str
    repeated: bool
    receipt: NotRequired[str]
    receipt_short: NotRequired[str]


class CaseLine(TypedDict):
    """A line of a list. Instants are ISO 8601 in UTC."""

    id: str
    workflow: str
    definition_version: int
    number: str | None
    subject: str | None
    category: str | None
    state: str
    phase: str
    unit: str
    lead_unit: str | None
    congress_session: str | None
    opened_at: str
    changed_at: str
    next_due_at: str | None
    next_due_provisional: bool
    version: int
    seq: int


class CasesPage(TypedDict):
    """A page of cases; ``next`` is what the next one begins after, null on the last. Where a text was
    looked for, ``cut`` says that the page may be short, and ``filling`` that the index of words is
    still being made.
    """

    cases: list[CaseLine]
    next: str | None
    cut: NotRequired[bool]
    filling: NotRequired[bool]


class StateAnswer(TypedDict):
    """The state of a case, with its title in both languages."""

    id: str
    zh: str
    en: str


class PartyAnswer(TypedDict):
    """A party of a case; person and name are null where the asker may not know them."""

    role: str
    person: str | None
    name: str | None


class PartOfCase(TypedDict):
    """A part of a case, as each unit that handles it has one."""

    id: str
    workflow: str
    role: str | None
    unit: str
    state: str
    phase: str


class ClockAnswer(TypedDict):
    """A deadline of a case; what it has not is left out. Suspensions are days from and to."""

    name: str
    state: str
    started_at: str
    term: str
    promised_on: str
    nominal_on: str
    due_on: str
    due_at: str
    calendar: str
    provisional: NotRequired[bool]
    suspensions: NotRequired[list[list[str]]]
    extensions: NotRequired[list[str]]
    cap_on: NotRequired[str]
    ended_at: NotRequired[str]
    rungs: NotRequired[list[str]]
    withdrawn: NotRequired[list[str]]
    rung_at: NotRequired[str]
    unwatched: NotRequired[bool]


class OfferAnswer(TypedDict):
    """A move that the asker may make now, its title, and by field whether its form asks for it."""

    transition: str
    zh: str
    en: str
    form: dict[str, str]


class CaseAnswer(TypedDict):
    """A case as its reader may see it, with what it offers them."""

    id: str
    workflow: str
    definition_version: int
    number: str | None
    subject: str | None
    state: StateAnswer
    phase: str
    unit: str
    lead_unit: str | None
    congress_session: str | None
    opened_at: str
    changed_at: str
    version: int
    seq: int
    hash: str
    fields: dict[str, Json]
    parties: list[PartyAnswer]
    milestones: dict[str, str]
    parent: str | None
    merged_into: str | None
    children: list[PartOfCase]
    deadlines: list[ClockAnswer]
    offered: list[OfferAnswer]
    enterable: list[OfferAnswer]


class GuardAnswer(TypedDict):
    """A condition that was asked, and whether it held."""

    id: str
    holds: bool


class EnteredAnswer(TypedDict):
    """For whom somebody has entered something, and from what."""

    kind: str
    whom: str | None
    hidden: bool
    basis: str | None
    scan: str | None


class EntryAnswer(TypedDict):
    """An entry of the history; ``body`` is the entry as the ledger holds it."""

    seq: int
    type: str
    at: str
    occurred_at: str | None
    who: str | None
    role: str | None
    transition: str | None
    to_state: str | None
    guards: list[GuardAnswer]
    fields: dict[str, Json]
    body: dict[str, Json]
    hash: str
    entered: EnteredAnswer | None


class TimelineAnswer(TypedDict):
    """Every entry of a case, oldest first."""

    case: str
    entries: list[EntryAnswer]
