"""A deputy gets nothing of a case from somebody who is recused, nor from anybody while their own unit is complained
about: not by lists, counts, inbox, overdue list or moves, on both databases."""

from __future__ import annotations

from datetime import timedelta

from engine.access.directory import Deputation, GrantRow
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import CaseNotFound, NotPermitted
from engine.service.notice_inbox import Notices
from engine.service.overdue import OverdueAsk, OverdueList, Scope
from engine.service.plain import AddDeputation, AddGrant
from runtime.jobs.handlers import tell_all
from tests.integration.test_confidential import NOON, Office, opened
from tests.support.house import ROOT


def stands_in(office: Office, deputy: str, principal: str) -> None:
    deputation = Deputation(root=ROOT, principal=PersonId(principal), deputy=PersonId(deputy))
    office.house.desk.office.write([AddDeputation(deputation)])


def grant(office: Office, login: str, role: str, unit: str) -> None:
    row = GrantRow(root=ROOT, person=PersonId(login), role=role, unit=UnitId(unit))
    office.house.desk.office.write([AddGrant(row)])


def overdue(office: Office, login: str) -> list[CaseId]:
    desk = office.house.desk
    office.house.clock.set(NOON + timedelta(days=60))
    entries = OverdueList(desk, ROOT, office.actor(login)).all(OverdueAsk(scope=Scope.BOTH))
    office.house.clock.set(NOON)
    return [entry.line.case.id for entry in entries]


def test_whose_unit_is_complained_about_acts_there_for_nobody_else(any_database: str) -> None:
    with opened(any_database) as office:
        stands_in(office, "jiao", "shen")  # jiao belongs to safety
        case = office.filed(confidentiality="internal", accused_units=["safety"])
        other = office.filed(confidentiality="open")
        assert not office.sees("jiao", case)
        assert office.sees("jiao", other)
        assert overdue(office, "jiao") == [other]
        assert isinstance(office.move("jiao", case, "screen", brief="x", grievance_type="claim"), CaseNotFound)
        assert office.move("jiao", other, "screen", brief="x", grievance_type="claim") is None
        # What they hold themselves stays theirs, as everybody's does.
        grant(office, "jiao", "auditor", "works")
        assert office.sees("jiao", case)
        assert isinstance(office.move("jiao", case, "screen", brief="y", grievance_type="claim"), NotPermitted)


def test_whoever_stands_in_for_a_recused_person_gets_nothing_from_them(any_database: str) -> None:
    with opened(any_database) as office:
        stands_in(office, "wen", "du")
        case = office.filed(confidentiality="internal")
        assert office.sees("wen", case)
        assert office.move("shen", case, "recuse", accused_people=["du"], recusal_reason="本人") is None
        assert not office.sees("wen", case)
        assert isinstance(office.move("wen", case, "recuse", recusal_reason="收回"), CaseNotFound)
        # From another one they stand in for they get what that one holds.
        stands_in(office, "wen", "feng")
        assert office.sees("wen", case)
        assert office.move("shen", case, "recuse", accused_people=["wen"], recusal_reason="本人") is None
        assert not office.sees("wen", case)


def test_an_inbox_shows_nothing_of_a_case_one_is_recused_from_since(any_database: str) -> None:
    with opened(any_database) as office:
        grant(office, "feng", "union_office", "works")
        case = office.filed(confidentiality="internal")
        tell_all(office.house.desk)
        inbox = Notices(office.house.desk.reads)

        def subjects(login: str) -> set[str | None]:
            page = inbox.inbox(ROOT, office.actor(login))
            return {line.subject for line in page.lines if line.notice.case == case}

        assert subjects("feng") == {"班组长克扣奖金"}
        assert office.move("shen", case, "recuse", recused_people=["feng"], recusal_reason="亲属") is None
        assert subjects("feng") == {None}
        assert subjects("shen") == {"班组长克扣奖金"}


def test_the_overdue_list_names_nobody_who_is_recused_as_the_one_to_act(sqlite_database: str) -> None:
    with opened(sqlite_database) as office:
        grant(office, "feng", "union_office", "works")
        case = office.filed(confidentiality="internal")

        def handlers() -> tuple[str, ...]:
            office.house.clock.set(NOON + timedelta(days=60))
            (entry,) = OverdueList(office.house.desk, ROOT, office.actor("shen")).all(OverdueAsk())[:1]
            office.house.clock.set(NOON)
            return entry.handlers

        assert handlers() == ("feng", "沈若棠")
        assert office.move("shen", case, "recuse", recused_people=["feng"], recusal_reason="亲属") is None
        assert handlers() == ("沈若棠",)


def test_a_deputy_who_is_recused_is_told_nothing(sqlite_database: str) -> None:
    with opened(sqlite_database) as office:
        stands_in(office, "wen", "shen")
        stands_in(office, "jiao", "shen")
        case = office.filed(confidentiality="internal", accused_people=["wen"], accused_units=["safety"])
        tell_all(office.house.desk)
        told = {notice.person for notice in office.house.desk.reads.notices_of_case(ROOT, case)}
        assert "shen" in told
        assert told.isdisjoint({"wen", "jiao"})
