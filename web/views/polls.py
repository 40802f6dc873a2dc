"""Polls where they are met: the button on the page of their case, and the list of those that wait for the reader."""

from __future__ import annotations

from typing import NamedTuple

from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.service.desk import Desk
from engine.service.polls import PollDesk, Standing
from engine.service.queries import CaseView
from engine.service.world import World
from web.shell import Visit
from web.words import Words

Link = tuple[str, str]
"""An address and what its link says."""


class PollLinks(NamedTuple):
    """The open polls of a case: those that wait for an answer of the reader, and the others, with how many are in."""

    own: list[Link]
    others: list[Link]


def poll_links(view: CaseView, desk: Desk, actor: Actor, words: Words) -> PollLinks:
    """Return the links to the open polls of a case."""
    links = PollLinks([], [])
    for poll in PollDesk.at(desk, actor).polls(view.case, view.definition):
        address, title = _address(view.case.id, poll.name), words.say(poll.part.title.text)
        if poll.standing is Standing.WAITING:
            links.own.append((address, words.t("poll_link", title=title)))
        else:
            counts = {"returned": poll.returned, "electors": poll.electors}
            links.others.append((address, words.t("poll_link_other", title=title, **counts)))
    return links


def polls_waiting(desk: Desk, world: World, visit: Visit) -> list[tuple[str, str, str]]:
    """Return the polls that wait for the reader: address, title, and what their case is about."""
    known, words = visit.known, visit.words
    waiting = PollDesk.at(desk, known.actor).waiting(known.root)
    cases = desk.reads.visible_cases(known.root, [poll.case for poll in waiting], principals_of(known.actor))
    by_id = {case.id: case for case in cases}
    found: list[tuple[str, str, str]] = []
    for poll in waiting:
        case = by_id.get(poll.case)
        if case is None:
            continue
        workflow = world.rules.pinned(case.pins.definition, case.pins.lists).workflow
        if poll.name in workflow.polls:
            subject = str(case.data.get(workflow.subject_field) or case.id)
            title = words.say(workflow.polls[poll.name].title.text)
            found.append((_address(case.id, poll.name), title, subject))
    return found


def _address(case: str, name: str) -> str:
    return f"/cases/{case}/polls/{name}"
