"""What the addresses used most answer, one model per answer, for the description of the API and its client.

Answers are put together elsewhere (``api.rendering``) and not by these: a test holds the two against each other.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue

from api.describing import schema_of


class Answer(BaseModel):
    """Base of what is answered: nothing stands there that is not named here."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DoneAnswer(Answer):
    """What a command led to: the case, its last entry and that one's hash; ``repeated``: it was done before. A house
    that gives receipts adds the signed receipt of the entry, whole and short."""

    case: str
    seq: int
    hash: str
    repeated: bool
    receipt: str = ""
    receipt_short: str = ""


class CaseLine(Answer):
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


class CasesPage(Answer):
    """A page of cases; ``next`` is what the next one begins after, null on the last. Where a text was looked for,
    ``cut`` says that the page may be short, and ``filling`` that the index of words is still being made."""

    cases: list[CaseLine]
    next: str | None
    cut: bool = False
    filling: bool = False


class StateAnswer(Answer):
    """The state of a case, with its title in both languages."""

    id: str
    zh: str
    en: str


class PartyAnswer(Answer):
    """A party of a case; person and name are null where the asker may not know them."""

    role: str
    person: str | None
    name: str | None


class PartOfCase(Answer):
    """A part of a case, as each unit that handles it has one."""

    id: str
    workflow: str
    role: str | None
    unit: str
    state: str
    phase: str


class ClockAnswer(Answer):
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
    provisional: bool = False
    suspensions: list[list[str]] = []
    extensions: list[str] = []
    cap_on: str = ""
    ended_at: str = ""
    rungs: list[str] = []
    withdrawn: list[str] = []
    rung_at: str = ""
    unwatched: bool = False


class OfferAnswer(Answer):
    """A move that the asker may make now, its title, and by field whether its form asks for it."""

    transition: str
    zh: str
    en: str
    form: dict[str, str]


class CaseAnswer(Answer):
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
    fields: dict[str, JsonValue]
    parties: list[PartyAnswer]
    milestones: dict[str, str]
    parent: str | None
    merged_into: str | None
    children: list[PartOfCase]
    deadlines: list[ClockAnswer]
    offered: list[OfferAnswer]
    enterable: list[OfferAnswer]


class GuardAnswer(Answer):
    """A condition that was asked, and whether it held."""

    id: str
    holds: bool


class EnteredAnswer(Answer):
    """For whom somebody has entered something, and from what."""

    kind: str
    whom: str | None
    hidden: bool
    basis: str | None
    scan: str | None


class EntryAnswer(Answer):
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
    fields: dict[str, JsonValue]
    body: dict[str, JsonValue]
    hash: str
    entered: EnteredAnswer | None


class TimelineAnswer(Answer):
    """Every entry of a case, oldest first."""

    case: str
    entries: list[EntryAnswer]


def answering(answer: type[Answer], *statuses: int) -> dict[str, Any]:
    """Return the description of what a route answers, by default with 200."""
    content = {"application/json": {"schema": schema_of(answer)}}
    return {"responses": {status: {"description": "done", "content": content} for status in statuses or (200,)}}
