"""The sentences about who may know what: confidential and anonymous cases, recusal, opened identities."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pytest_bdd import given, then

from engine.access.disclosure import disclosed
from engine.access.readers import principals_of, readers_of, recused_of
from engine.case.case import Case
from engine.case.scope import SHANGHAI
from tests.acceptance.steps_common import case_of, sentence
from tests.support.hall import Hall
from tests.support.wording import named

KNOWN: Final = {"channel": "letter", "confidentiality": "confidential", "petitioner_name": "王某"}


@given(sentence(r"(?P<who>[^“”，]+)提出保密的诉求“(?P<name>[^“”]+)”"))
def _confidential(hall: Hall, who: str, name: str) -> None:
    answer = hall.open(who, "grievance", name, KNOWN)
    assert not answer.reasons, f"背景步骤被拒绝：{answer.reasons}"


@then(sentence(r"CASE的(?P<role>[^“”，]+?)以代号登记，不是“(?P<person>[^“”]+)”"))
def _veiled(hall: Hall, case: str, role: str, person: str) -> None:
    """Nowhere on the case stands who filed it."""
    found = hall.case(case_of(hall, case))
    name = named(role, hall.definition(found.workflow).workflow.roles)
    assert len(found.persons_in(name)) == 1
    assert hall.cast.person(person) not in (*found.people, *(party.person for party in found.parties))


@then(sentence(r"(?P<who>[^“”，]+?)(?P<answer>能|不能)看到CASE的“(?P<title>[^“”]+)”"))
def _field_is_known(hall: Hall, who: str, answer: str, case: str, title: str) -> None:
    found = hall.case(case_of(hall, case))
    definition = hall.definition(found.workflow)
    known = disclosed(found, definition, hall.cast.actor(who), hall.cast.surroundings().tree)
    assert _sees(hall, who, found)
    assert (named(title, definition.workflow.fields) in known.fields) is (answer == "能")


@then(sentence(r"(?P<who>[^“”，]+?)(?P<answer>能|不能)看到CASE"))
def _case_is_seen(hall: Hall, who: str, answer: str, case: str) -> None:
    assert _sees(hall, who, hall.case(case_of(hall, case))) is (answer == "能")


@then(sentence(r"系统没有发出“(?P<title>[^“”]+)”"))
def _not_told(hall: Hall, title: str) -> None:
    """The workflow knows a notice of this title, and what was asked last led to none."""
    found = hall.case(hall.case_id(hall.current))
    assert title in {part.title.zh for part in hall.definition(found.workflow).workflow.notices.values()}
    assert hall.asked[-1].refusal is None, hall.asked[-1].reasons
    sent = {
        hall.definition(move.workflow).workflow.notices[notice].title.zh
        for move in hall.asked[-1].moves
        for notice in move.notices
    }
    assert title not in sent


@then(sentence(r"CASE登记于(?P<year>\d+)年(?P<month>\d+)月(?P<day>\d+)日(?P<hour>\d+)时"))
def _opened_at(hall: Hall, case: str, year: str, month: str, day: str, hour: str) -> None:
    at = datetime(int(year), int(month), int(day), int(hour), tzinfo=SHANGHAI)
    assert hall.case(case_of(hall, case)).opened_at == at


def _sees(hall: Hall, who: str, case: Case) -> bool:
    """Ask as the lists do: by the rows of readers and of recusals."""
    principals = set(principals_of(hall.cast.actor(who)))
    units = hall.cast.surroundings().tree
    readers = readers_of(case, hall.definition(case.workflow), hall.book, units)
    return not readers.isdisjoint(principals) and recused_of(case).isdisjoint(principals)
