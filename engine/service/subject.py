"""Everything that is kept about one person, as far as that person may see it (PIPL Art.45).

Only what somebody sees as a party is told, not what an office lets them read: that is about others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pydantic import JsonValue

from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.codec import at_text, instant, microseconds
from engine.case.identity import PersonId, RootId
from engine.case.secrecy import as_party
from engine.errors import NotFound
from engine.service.account_ports import LinkedLogin
from engine.service.desk import Desk
from engine.service.ports import CaseFilter
from engine.text import Text

PAGE: int = 200
Json = dict[str, JsonValue]


def about_person(desk: Desk, root: RootId, person: PersonId) -> Json:
    """Return what is kept about a person: the person, offices, absences, where they are told, what is logged in, and
    every case in which they have a part, those filed under a strict level too.

    Raises:
        NotFound: there is no such person.
    """
    known = desk.reads.persons(root, [person]).get(person)
    if known is None:
        raise NotFound(Text("没有这个人", "No such person"))
    actor = replace(desk.queries.actor(root, person, desk.office.now()), grants=frozenset())
    grants = [grant for grant in desk.reads.all_grants(root) if grant.person == person]
    return {
        "person": {"id": person, "name": known.name, "login": known.login, "unit": known.unit},
        "roles": [
            {"role": grant.role, "unit": grant.unit, "from": _day(grant.from_on), "until": _day(grant.until_on)}
            for grant in grants
        ],
        "deputations": [
            {
                "deputy": one.deputy,
                "principal": one.principal,
                "from": _day(one.from_on),
                "until": _day(one.until_on),
                "note": one.note,
            }
            for one in desk.reads.deputations(root, person)
        ],
        "linked_login": _linked(desk.reads.link(root, person)),
        "notices": [
            {"channel": one.channel, "address": one.address, "active": one.active}
            for one in desk.reads.preferences(root, [person])
        ],
        "logins": [
            {"kind": one.kind, "title": one.title, "device": one.device}
            for one in desk.reads.logins(root, person, microseconds(desk.office.now()))
        ],
        "cases": [_about_case(desk, case, actor) for case in _cases_of(desk, root, actor)],
    }


def _cases_of(desk: Desk, root: RootId, actor: Actor) -> Iterator[Case]:
    """Yield the cases that the person may see and has or had a part in, newest first."""
    principals, after = principals_of(actor), None
    while True:
        page = desk.reads.list_cases(root, principals, CaseFilter(children=True), after=after, limit=PAGE)
        ids = [line.id for line in page.lines]
        cases = {case.id: case for case in desk.reads.cases(root, ids)}
        for case in (cases[each] for each in ids if each in cases):
            if as_party(actor, case).person in case.people:
                yield case
        after = page.next
        if after is None:
            return


def _about_case(desk: Desk, case: Case, actor: Actor) -> Json:
    world = desk.world(case.root)
    view = desk.queries.case(case.root, case.id, actor, world)
    workflow = view.definition.workflow
    own = as_party(actor, case).person
    pseudonym = f"P{case.people.index(own) + 1}" if own in case.people else ""
    fields: Json = {}
    for name, value in view.fields.items():
        title = workflow.fields[name].title if name in workflow.fields else None
        fields[name] = {"title": name if title is None else title.zh, "value": value}
    entries: list[JsonValue] = []
    for line in desk.queries.timeline(case.root, case.id, actor, world):
        entry: Mapping[str, JsonValue] = line.body
        if pseudonym in (entry.get("actor"), entry.get("acting_for")):
            entries.append(
                {"seq": line.seq, "at": line.at, "type": line.type, "did": line.transition, "role": line.role}
            )
    return {
        "case": case.id,
        "workflow": case.workflow,
        "title": workflow.title.zh,
        "state": workflow.states[case.state].title.zh,
        "roles": list[JsonValue](sorted({party.role for party in case.parties if party.person == own})),
        "fields": fields,
        "entries": entries,
    }


def _linked(link: LinkedLogin | None) -> Json | None:
    return None if link is None else {"issuer": link.issuer, "since": at_text(instant(link.linked_at))}


def _day(day: object) -> str | None:
    return None if day is None else str(day)
