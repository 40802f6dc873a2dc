"""The sentences about polls: how many may answer, who has answered what, and what is left of it."""

from __future__ import annotations

import re

from pytest_bdd import given, then, when

from engine.case.actors import Grant
from engine.case.identity import CaseId, UnitId
from engine.case.polls import questions_of
from engine.definition.poll_parts import PollPart
from tests.acceptance.steps_common import case_of, sentence
from tests.support.cast import ROOT
from tests.support.hall import Form, Hall

Rows = list[list[str]]


@given(sentence(r"江岭重工的“(?P<role>[^“”]+)”共(?P<n>\d+)人"))
def _are_so_many(hall: Hall, role: str, n: str) -> None:
    """So many hold the grant behind the role in the works, those with a name in scenarios among them."""
    grant = next(
        Grant(part.of[0], UnitId(ROOT))
        for workflow in hall.book.names()
        for part in hall.definition(workflow).workflow.roles.values()
        if part.title.zh == role and part.of
    )
    held = [name for name, grants in hall.cast.grants.items() if grant in grants]
    for name in held[int(n) :]:
        hall.cast.grants[name].discard(grant)
    for number in range(len(held), int(n)):
        hall.cast.grants[f"{role}{number + 1:03}"] = {grant}


@when(sentence(r"(?P<who>[^“”，]+)在网上填写CASE，(?P<question>“[^“”]+”选“[^“”]+”.*)"))
def _answers(hall: Hall, who: str, case: str, question: str) -> None:
    """``提案人在网上填写该议案，“工资协议”选“同意”、“津贴办法”选“反对”``."""
    found = case_of(hall, case)
    pairs: list[tuple[str, str]] = re.findall("“([^“”]+)”选“([^“”]+)”", question)
    name, part = _poll_of(hall, found)
    with hall.asking():
        hall.cast_ballot(who, found, name, _ballot(hall, found, part, dict(pairs)))


@given(sentence(r"有人已在网上填写CASE如下："))
def _have_answered(hall: Hall, case: str, datatable: Rows) -> None:
    """Electors who have not answered yet, one after the other: in each row how many, and what they chose."""
    _many(hall, case, datatable)


@when(sentence(r"有人在网上填写CASE如下："))
def _answer(hall: Hall, case: str, datatable: Rows) -> None:
    """The same as what the scenario is about."""
    _many(hall, case, datatable)


def _many(hall: Hall, case: str, datatable: Rows) -> None:
    found = case_of(hall, case)
    name, part = _poll_of(hall, found)
    role = hall.definition(hall.case(found).workflow).workflow.roles[part.eligible]
    held = {Grant(grant, UnitId(ROOT)) for grant in role.of}
    returned = len(hall.tables.polls.ballots[ROOT, found, name])
    electors = iter([who for who, grants in hall.cast.grants.items() if grants & held][returned:])
    for n, *choices in datatable[1:]:
        chosen = {title: choice for title, choice in zip(datatable[0][1:], choices, strict=True) if choice}
        for _one in range(int(n)):
            answer = hall.cast_ballot(next(electors), found, name, _ballot(hall, found, part, chosen))
            assert not answer.reasons, f"没有收下：{answer.reasons}"


@then(sentence(r"CASE在网上应收(?P<electors>\d+)份，已收回(?P<returned>\d+)份"))
def _stands(hall: Hall, case: str, electors: str, returned: str) -> None:
    found = case_of(hall, case)
    name, _part = _poll_of(hall, found)
    standing = hall.tables.polls.poll_standing(ROOT, found, name, "")
    assert standing is not None, "网上投票没有在进行"
    assert (standing.electors, standing.returned) == (int(electors), int(returned)), standing


@then(sentence(r"CASE没有留下任何选票"))
def _is_empty(hall: Hall, case: str) -> None:
    """Neither ballots nor tokens are left."""
    found = case_of(hall, case)
    left = [place for kept in (hall.tables.polls.ballots, hall.tables.polls.tokens) for place in kept]
    assert not [place for place in left if place[1] == found], left


def _poll_of(hall: Hall, case: CaseId) -> tuple[str, PollPart]:
    """Return the poll of a case that is open, or the only one that its workflow has."""
    found = hall.case(case)
    polls = hall.definition(found.workflow).workflow.polls
    here = {name: part for name, part in polls.items() if found.state in part.taken_in} or polls
    assert len(here) == 1, f"有多项网上投票：{list(here)}"
    return next(iter(here.items()))


def _ballot(hall: Hall, case: CaseId, part: PollPart, chosen: dict[str, str]) -> Form:
    """Return a ballot by its codes; what is asked or chosen and is not known stays as it is written."""
    found = hall.case(case)
    questions = questions_of(part, hall.definition(found.workflow), found.data)
    keys = {question.title.zh: question.key for question in questions}
    codes = {label.zh: choice for choice, label in part.choices.items()}
    return {keys.get(title, title): codes.get(choice, choice) for title, choice in chosen.items()}
