"""Entries on behalf from the form to what lies in the tables, on both databases: who, for whom, on what basis, when."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import JsonValue

from engine.access.directory import GrantRow, Person
from engine.case.actors import Actor
from engine.case.commands import BasisKind, FireTransition, OnBehalf, OpenCase, Stated
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import BanjieError, FormInvalid, KeyReused
from engine.figures.report import figures, report_json
from engine.service.execute import Done
from engine.service.plain import AddGrant, AddPerson
from engine.service.queries import TimelineLine
from engine.service.verify import verify
from tests.support.house import PROPOSAL, ROOT, SESSION, House, open_house
from tests.support.storage import all_rows

NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
THREE_DAYS_AGO = datetime(2026, 3, 2, 1, tzinfo=UTC)
GRIEVANCE: Mapping[str, JsonValue] = {"subject": "浴室没有热水", "channel": "visit"}
BASIS = "接访登记第7号 CANARY-BASIS"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    """A house with an office, a delegate, a worker and a supervisor; it is noon of the 5th of March."""
    with open_house(any_database, NOON) as opened:
        writes = [AddPerson(Person(root=ROOT, id=PersonId("gao"), name="高督察", unit=UnitId("works")))]
        grants = [("gao", "supervisor"), ("luo", "staff"), ("shen", "staff")]
        rows = [GrantRow(root=ROOT, person=PersonId(who), role=role, unit=UnitId("works")) for who, role in grants]
        opened.desk.office.write([*writes, *map(AddGrant, rows)])
        yield opened


def actor(house: House, login: str) -> Actor:
    return house.desk.queries.actor(ROOT, PersonId(login), house.clock.now())


def entry(house: House, whom: str | None, kind: BasisKind = BasisKind.VISIT, scan: str | None = None) -> OnBehalf:
    return OnBehalf(kind=kind, person=None if whom is None else actor(house, whom), scan=scan)


def opened(
    house: House,
    whom: str | None,
    workflow: str = "grievance",
    *,
    at: datetime = THREE_DAYS_AGO,
    basis: str = BASIS,
    key: str = "one",
    who: str = "shen",
    **form: JsonValue,
) -> Done | BanjieError:
    given = {**(GRIEVANCE if workflow == "grievance" else PROPOSAL), **form}
    command = OpenCase(
        root=ROOT,
        actor=actor(house, who),
        key=key,
        workflow=workflow,
        unit=UnitId("works"),
        congress_session=SESSION if workflow == "proposal" else None,
        form=given,
        stated=Stated(at, basis),
        on_behalf=entry(house, whom, scan="5c" * 32),
    )
    answer = house.desk.office.carry_out([command])[0]
    assert isinstance(answer, Done | BanjieError)
    return answer


def case_of(answer: Done | BanjieError) -> CaseId:
    assert isinstance(answer, Done), answer
    return answer.outcome.case


def timeline(house: House, who: str, case: CaseId) -> list[TimelineLine]:
    desk = house.desk
    return list(desk.queries.timeline(ROOT, case, actor(house, who), desk.world(ROOT)))


def wrong_paths(answer: object) -> list[str]:
    assert isinstance(answer, FormInvalid), answer
    return [problem.path for problem in answer.fields]


def test_the_history_says_who_entered_for_whom_on_what_basis_and_both_times(house: House) -> None:
    case = case_of(opened(house, "luo"))
    line = timeline(house, "shen", case)[0]
    assert line.who == "沈若棠"
    assert line.entered is not None
    assert (line.entered.kind, line.entered.whom, line.entered.basis) == ("visit", "罗小山", BASIS)
    assert line.entered.scan == "5c" * 32
    assert (line.occurred_at, line.at) == ("2026-03-02T01:00:00.000000Z", "2026-03-05T04:00:00.000000Z")


def test_the_words_of_the_basis_stand_behind_a_commitment(house: House, any_database: str) -> None:
    case = case_of(opened(house, "luo"))
    body = timeline(house, "shen", case)[0].body
    assert body["stated"] == {"occurred_at": "2026-03-02T01:00:00.000000Z", "basis": "visit"}
    assert "basis" in body["priv"]  # type: ignore[operator]  # an object of commitments
    assert "CANARY-BASIS" not in json.dumps(body, ensure_ascii=False)
    assert "CANARY-BASIS" not in repr(all_rows(any_database))


def test_a_ledger_with_entries_on_behalf_verifies(house: House) -> None:
    case = case_of(opened(house, "shi", "proposal"))
    command = FireTransition(
        root=ROOT,
        actor=actor(house, "shen"),
        key="two",
        case=case,
        transition="start_seconding",
        stated=Stated(NOON - timedelta(days=1), "第12号"),
        on_behalf=entry(house, "shi", BasisKind.PAPER),
    )
    assert isinstance(house.desk.office.carry_out([command])[0], Done)
    found = verify(house.desk.reads, house.desk.world(ROOT).rules, ROOT, house.desk.sealer)
    assert found.findings == ()
    assert house.desk.reads.cases(ROOT, [case])[0].stated


def test_deadlines_and_milestones_count_from_the_stated_day(house: House) -> None:
    case = house.desk.reads.cases(ROOT, [case_of(opened(house, "luo"))])[0]
    clock = case.clock("receipt")
    assert clock is not None
    # 15 days from the 2nd of March, the day of the visit; from the 5th it would be the 20th.
    assert clock.due_on.isoformat() == "2026-03-17"
    assert case.milestones["submitted"] == THREE_DAYS_AGO
    assert case.opened_at == NOON


def test_figures_say_how_many_count_by_a_stated_time_and_objections_count_apart(house: House) -> None:
    first = case_of(opened(house, "shi", "proposal", key="a"))
    case_of(opened(house, "shi", "proposal", key="b"))
    house.fire("shi", first, "object_to_entry", {"entry_objection": "我没有来过"})
    desk = house.desk
    told: Any = report_json(figures(desk.reads, desk.world(ROOT), ROOT, "proposal", NOON))
    assert told["scope"]["by_stated_time"] == 2
    found = next(one for one in told["measures"] if one["name"] == "entries_on_behalf")
    assert (found["numerator"], found["beside"][0]["count"]) == (1, 1)


def test_a_confidential_petitioner_is_bound_by_the_veiled_name(house: House, any_database: str) -> None:
    case = case_of(opened(house, "luo", confidentiality="confidential", petitioner_name="CANARY-NAME"))
    found = house.desk.reads.cases(ROOT, [case])[0]
    assert [party.person for party in found.parties] == [actor(house, "luo").veil]
    assert PersonId("luo") not in found.people
    # Whoever entered it learns no more from the case than anybody of the office, not even the words of the basis.
    seen = timeline(house, "shen", case)[0].entered
    assert seen is not None
    assert (seen.whom, seen.is_hidden, seen.basis) == (None, True, None)
    own = timeline(house, "luo", case)[0].entered
    assert own is not None
    assert own.basis == BASIS
    assert "CANARY" not in repr(all_rows(any_database))


def test_guesses_about_a_confidential_petitioner_are_all_refused_alike(house: House) -> None:
    case = case_of(opened(house, "luo", confidentiality="confidential"))
    answers = []
    for whom in ("luo", "shi"):
        command = FireTransition(
            root=ROOT,
            actor=actor(house, "shen"),
            key=f"guess {whom}",
            case=case,
            transition="complete",
            form={"content_addition": "还有"},
            stated=Stated(NOON, "电话"),
            on_behalf=entry(house, whom),
        )
        answers.append(house.desk.office.carry_out([command])[0])
    assert [wrong_paths(answer) for answer in answers] == [["on_behalf.person"]] * 2
    assert str(answers[0]) == str(answers[1])


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"basis": ""}, "on_behalf.basis"),
        ({"basis": "  "}, "on_behalf.basis"),
        ({"basis": "长" * 501}, "on_behalf.basis"),
        ({"at": NOON + timedelta(seconds=1)}, "on_behalf.occurred_at"),
    ],
)
def test_an_entry_needs_a_basis_and_a_time_that_has_come(house: House, said: dict[str, object], path: str) -> None:
    answer = opened(house, "luo", **said)  # type: ignore[arg-type]  # each of its own type
    assert wrong_paths(answer) == [path]


def test_nobody_enters_for_themselves(house: House) -> None:
    assert wrong_paths(opened(house, "shen")) == ["on_behalf.person"]


def test_the_same_key_for_another_person_is_another_request(house: House) -> None:
    case_of(opened(house, "luo"))
    assert isinstance(opened(house, None), KeyReused)


def test_somebody_without_the_office_enters_nothing(house: House) -> None:
    answer = opened(house, "luo", who="wen")
    assert isinstance(answer, BanjieError)
    assert answer.code == "not_permitted"
