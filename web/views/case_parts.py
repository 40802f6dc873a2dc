"""What the page of a case and its dossier both show: what somebody filled in, and who takes part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from engine.definition.wording import title_of
from engine.service.queries import CaseView
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRow:
    """Persons in one role of the case."""

    role: str
    names: str


def said_fields(view: CaseView) -> dict[str, JsonValue]:
    """Return the fields that somebody filled in or that became something else than they were set to be at first."""
    workflow = view.definition.workflow
    return {
        name: value
        for name, value in view.fields.items()
        if name in workflow.opening or value != workflow.fields[name].initial
    }


def party_rows(view: CaseView, words: Words) -> Iterator[PartyRow]:
    """Yield the roles of a case with those in them; who may not be known to the reader is called by no name."""
    roles = dict.fromkeys(party.role for party in view.case.parties)
    for role in roles:
        unnamed = words.t("party_nameless")
        names = dict.fromkeys(view.people.get(person, unnamed) for person in view.case.persons_in(role))
        yield PartyRow(role=words.say(title_of(role, view.definition.workflow.roles)), names=words.listed(names))
