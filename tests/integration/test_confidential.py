"""Confidential and anonymous grievances from filing to what lies in the tables, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from engine.access.directory import GrantRow, Person
from engine.case.actors import Actor
from engine.case.commands import FireTransition, OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import BanjieError, CaseNotFound, FormInvalid, NotFound
from engine.service.deposits import DepositBox
from engine.service.execute import Done
from engine.service.plain import AddGrant, AddPerson
from engine.service.ports import CaseFilter
from engine.service.verify import verify
from runtime.jobs.handlers import release_all
from tests.support.house import ROOT, House, open_house
from tests.support.storage import all_rows

FORM: Mapping[str, JsonValue] = {
    "subject": "班组长克扣奖金",
    "channel": "letter",
    "content": "三月份奖金少发二百 CANARY-CONTENT",
    "petitioner_name": "CANARY-NAME",
}
NOON = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Office:
    """A house with a worker who complains, an office that handles it, and a supervisor."""

    house: House

    def actor(self, login: str) -> Actor:
        return self.house.desk.queries.actor(ROOT, PersonId(login), self.house.clock.now())

    def file(self, login: str = "luo", **form: JsonValue) -> CaseId | BanjieError:
        command = OpenCase(
            root=ROOT,
            actor=self.actor(login),
            key=f"file {login} {sorted(form)}",
            workflow="grievance",
            unit=UnitId("works"),
            form={**FORM, **form},
        )
        answer = self.house.desk.office.carry_out([command])[0]
        return answer.outcome.case if isinstance(answer, Done) else answer

    def filed(self, login: str = "luo", **form: JsonValue) -> CaseId:
        case = self.file(login, **form)
        assert isinstance(case, str), case
        return CaseId(case)

    def move(self, login: str, case: CaseId, transition: str, **form: JsonValue) -> BanjieError | None:
        key = f"{login} {transition} {sorted(map(str, form.values()))}"
        actor = self.actor(login)
        command = FireTransition(root=ROOT, actor=actor, key=key, case=case, transition=transition, form=form)
        answer = self.house.desk.office.carry_out([command])[0]
        return answer if isinstance(answer, BanjieError) else None

    def fields(self, login: str, case: CaseId) -> Mapping[str, JsonValue]:
        desk = self.house.desk
        return desk.queries.case(ROOT, case, self.actor(login), desk.world(ROOT)).fields

    def sees(self, login: str, case: CaseId) -> bool:
        """Ask every way in which a case can be met; they must agree."""
        desk, actor = self.house.desk, self.actor(login)
        listed = case in {line.id for line in desk.queries.page(ROOT, actor, CaseFilter()).lines}
        counted = sum(desk.queries.counts(ROOT, actor, "grievance").values()) > 0
        try:
            desk.queries.case(ROOT, case, actor, desk.world(ROOT))
        except CaseNotFound:
            assert not listed
            return False
        assert listed
        assert counted
        return True


@contextmanager
def opened(url: str) -> Iterator[Office]:
    with open_house(url, NOON) as house:
        more = (("luo", "staff", "logistics"), ("du", "supervisor", "works"), ("feng", "leader_in_charge", "works"))
        for login, role, unit in more:
            if login != "luo":
                person = Person(root=ROOT, id=PersonId(login), name=login, login=login, unit=UnitId(unit))
                house.desk.office.write([AddPerson(person)])
            house.desk.office.write(
                [AddGrant(GrantRow(root=ROOT, person=PersonId(login), role=role, unit=UnitId(unit)))]
            )
        yield Office(house)


@pytest.fixture
def office(any_database: str) -> Iterator[Office]:
    with opened(any_database) as made:
        yield made


def test_nothing_in_the_database_names_who_filed_a_confidential_case(any_database: str) -> None:
    with opened(any_database) as office:
        case = office.filed(confidentiality="confidential")
        assert office.sees("luo", case)
        assert office.fields("luo", case)["petitioner_name"] == "CANARY-NAME"
        assert office.fields("luo", case)["petitioner_person"] == "luo"
    kept = {
        table: [row for row in rows if ("luo" in str(row) or "CANARY" in str(row)) and "system:" not in str(row)]
        for table, rows in all_rows(any_database).items()
    }
    about_people = {"person", "account", "login", "granting"}
    assert {table for table, rows in kept.items() if rows} <= about_people


def test_the_office_reads_what_was_said_and_not_by_whom(office: Office) -> None:
    case = office.filed(confidentiality="confidential")
    shown = office.fields("shen", case)
    assert shown["content"] == FORM["content"]
    assert "petitioner_name" not in shown
    assert "petitioner_person" not in shown
    view = office.house.desk.queries.case(ROOT, case, office.actor("shen"), office.house.desk.world(ROOT))
    assert view.people == {}
    assert view.nameless == {office.actor("luo").veil}


def test_two_persons_open_an_identity_and_the_complainant_reads_of_it(office: Office) -> None:
    case = office.filed(confidentiality="confidential")
    assert office.move("shen", case, "ask_identity", identity_reason="核对考勤") is None
    assert "petitioner_name" not in office.fields("shen", case)
    assert office.move("du", case, "grant_identity", identity_decision="仅限核对") is None
    assert office.fields("shen", case)["petitioner_name"] == "CANARY-NAME"
    assert "petitioner_name" not in office.fields("du", case)
    world = office.house.desk.world(ROOT)
    told = [line.transition for line in office.house.desk.queries.timeline(ROOT, case, office.actor("luo"), world)]
    assert told[-2:] == ["ask_identity", "grant_identity"]


def test_a_look_at_a_confidential_case_is_recorded_once_a_minute_and_by_whom(office: Office) -> None:
    case = office.filed(confidentiality="confidential")
    for login in ("shen", "shen", "du", "luo"):
        office.fields(login, case)
    entries = office.house.desk.reads.entries(ROOT, CaseId(f"access:{case}"))
    assert [json.loads(entry.body)["by"] for entry in entries] == ["shen", "du"]
    office.house.clock.set(NOON + timedelta(minutes=1))
    office.fields("shen", case)
    assert len(office.house.desk.reads.entries(ROOT, CaseId(f"access:{case}"))) == 3


def test_an_open_case_is_looked_at_without_a_record(office: Office) -> None:
    case = office.filed(confidentiality="open")
    office.fields("shen", case)
    assert list(office.house.desk.reads.entries(ROOT, CaseId(f"access:{case}"))) == []


def test_a_person_complained_about_loses_the_case_whatever_roles_they_hold(office: Office) -> None:
    case = office.filed(confidentiality="internal")
    assert office.sees("du", case)
    assert office.move("shen", case, "recuse", accused_people=["du"], recusal_reason="本人即被反映人") is None
    assert not office.sees("du", case)
    assert office.sees("feng", case)
    refusal = office.move("du", case, "recuse", recusal_reason="收回")
    assert isinstance(refusal, CaseNotFound)
    assert office.move("shen", case, "recuse", accused_people=["feng"], recusal_reason="登记有误") is None
    assert office.sees("du", case)
    assert not office.sees("feng", case)


def test_who_handles_a_part_never_meets_the_original_or_the_person(office: Office) -> None:
    case = office.filed(confidentiality="internal", grievance_type="claim")
    assert office.move("shen", case, "screen", brief="请核实奖金发放") is None
    assert office.move("shen", case, "accept", legal_route_checked=True) is None
    assert office.move("shen", case, "dispatch", lead="safety") is None
    shown = office.fields("jiao", case)
    assert shown["brief"] == "请核实奖金发放"
    assert not {"content", "petitioner_name"} & shown.keys()
    view = office.house.desk.queries.case(ROOT, case, office.actor("jiao"), office.house.desk.world(ROOT))
    assert view.nameless == {PersonId("luo")}
    assert PersonId("luo") not in view.people


def test_what_is_anonymous_leaves_no_trace_before_its_release(any_database: str) -> None:
    with opened(any_database) as office:
        box = DepositBox(office.house.desk)
        sent = {key: value for key, value in FORM.items() if key != "petitioner_name"}
        form = {**sent, "confidentiality": "anonymous"}
        first = box.file(ROOT, "grievance", UnitId("works"), form, "a-key")
        again = box.file(ROOT, "grievance", UnitId("works"), form, "a-key")
        assert again == first
        assert first.releases_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
        assert [one.form["subject"] for one in box.waiting(ROOT, first.code)] == [FORM["subject"]]
        rows = all_rows(any_database)
        assert len(rows["deposit"]) == 1
        for table in ("cases", "ledger_entry", "outbox", "idempotency", "reader", "span"):
            assert [row for row in rows[table] if "system:" not in str(row)] == []
        assert not any("CANARY" in str(row) for some in rows.values() for row in some)

        office.house.clock.set(datetime(2026, 3, 2, 8, 0, 7, tzinfo=UTC))
        assert release_all(office.house.desk).done == 1
        assert release_all(office.house.desk).done == 0
        (case,) = box.cases(ROOT, first.code.lower().replace("-", " "))
        entry = json.loads(office.house.desk.reads.entries(ROOT, case)[0].body)
        assert entry["at"] == "2026-03-02T08:00:00.000000Z"
        assert entry["command"] == first.command_hash
        assert office.fields("shen", case)["content"] == FORM["content"]

        office.house.clock.set(datetime(2026, 3, 2, 9, 11, tzinfo=UTC))
        assert office.move("shen", case, "answer_message", message_answer="请补充班次") is None
        box.act(ROOT, first.code, case, "write_message", {"message": "夜班"}, "b-key")
        assert len(office.house.desk.reads.entries(ROOT, case)) == 2
        office.house.clock.set(datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC))
        assert release_all(office.house.desk).done == 1
        last = json.loads(office.house.desk.reads.entries(ROOT, case)[-1].body)
        assert (last["transition"], last["at"]) == ("write_message", "2026-03-02T12:00:00.000000Z")
        desk = office.house.desk
        found = verify(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer)
        assert found.findings == ()


def test_what_is_wrong_with_an_anonymous_matter_is_said_at_once(office: Office) -> None:
    box = DepositBox(office.house.desk)
    with pytest.raises(FormInvalid):
        box.file(ROOT, "grievance", UnitId("works"), {"subject": "x", "confidentiality": "anonymous"}, "k")
    with pytest.raises(FormInvalid, match="petitioner_name"):
        box.file(ROOT, "grievance", UnitId("works"), {**FORM, "confidentiality": "anonymous"}, "k")
    assert office.house.desk.reads.deposit_count(ROOT) == 0


@pytest.mark.parametrize("code", ["", "1", "00000-00000-00000-00000-00000", "x" * 500, "’OR 1=1--"])
def test_a_wrong_code_is_answered_alike(office: Office, code: str) -> None:
    with pytest.raises(NotFound) as caught:
        DepositBox(office.house.desk).cases(ROOT, code)
    assert "没有与此查询码对应的事项" in caught.value.text.zh


def test_a_refused_move_of_somebody_anonymous_stays_to_be_read(office: Office) -> None:
    box = DepositBox(office.house.desk)
    form = {"subject": "x", "channel": "letter", "confidentiality": "anonymous"}
    code = box.file(ROOT, "grievance", UnitId("works"), form, "k").code
    office.house.clock.set(NOON + timedelta(hours=4))
    release_all(office.house.desk)
    (case,) = box.cases(ROOT, code)
    box.act(ROOT, code, case, "complete", {"content_addition": "还有一处"}, "w")
    assert office.move("shen", case, "screen", grievance_type="claim", brief="摘要") is None
    assert office.move("shen", case, "redirect", right_channel="向区人社局反映") is None
    office.house.clock.set(NOON + timedelta(hours=8))
    release_all(office.house.desk)
    release_all(office.house.desk)
    (left,) = box.waiting(ROOT, code)
    assert left.form == {"content_addition": "还有一处"}
    assert left.refused is not None
    assert "已告知渠道" in left.refused.zh
