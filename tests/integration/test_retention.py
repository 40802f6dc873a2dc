"""What has been kept for long enough goes, on the day it may and no day before; a hold and what still runs keep it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.access.directory import GrantRow
from engine.case.commands import EraseValues, ErasureBasis
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import BanjieError, GuardRefused
from engine.service.execute import Done
from engine.service.jobs import kind_title
from engine.service.office import Answer
from engine.service.plain import AddGrant
from engine.service.retention import apply, over, years_after
from runtime.jobs.handlers import RETENTION, product_registry
from runtime.jobs.leases import LeasedJobs
from runtime.keys.shredding import finish_erasures
from runtime.settings import Settings
from runtime.wiring import Opened
from tests.support.command_line import command_line
from tests.support.house import ROOT, House, open_house
from tests.support.keys import FIRST, fields_shown, reopened, verified

PHONE = "13988770088"
LAST_DAY = datetime(2031, 3, 1, 15, 59, 59, tzinfo=UTC)
"""23:59:59 in Shanghai on 1 March 2031; the case below ended on 2 March 2026."""
THE_DAY = LAST_DAY + timedelta(seconds=1)


def an_ended_case(house: House, phone: str = PHONE) -> CaseId:
    case = house.open("shi", {"proposer_type": "delegation", "proposer_phone": phone})
    house.fire("shi", case, "submit")
    house.fire("shi", case, "withdraw")
    return case


def a_running_case(house: House) -> CaseId:
    case = house.open("shi", {"proposer_type": "delegation", "proposer_phone": PHONE})
    house.fire("shi", case, "submit")
    return case


def found(house: House) -> list[tuple[CaseId, bool]]:
    """Return the cases that are over, and whether each is withheld."""
    return [(one.case, one.withheld is not None) for one in over(house.desk, ROOT)]


def run(opened: Opened) -> int:
    return apply(opened.desk, ROOT, lambda: finish_erasures(opened)).cases


def asked(house: House, case: CaseId, basis: ErasureBasis) -> Answer:
    now = house.clock.now()
    command = EraseValues(
        root=ROOT,
        actor=house.desk.queries.actor(ROOT, PersonId("shen"), now),
        key=f"erase {case} {basis}",
        case=case,
        paths=("fields/proposer_phone",),
        basis=basis,
        approver=house.desk.queries.actor(ROOT, PersonId("zhai"), now),
    )
    return house.desk.office.carry_out([command])[0]


@pytest.fixture
def case(any_database: str) -> CaseId:
    with open_house(any_database, FIRST) as house:
        house.desk.office.write(
            [AddGrant(GrantRow(root=ROOT, person=PersonId("luo"), role="supervisor", unit=UnitId("works")))]
        )
        return an_ended_case(house)


@pytest.mark.parametrize(
    ("ended", "years", "first"),
    [
        (date(2026, 3, 2), 5, date(2031, 3, 2)),
        (date(2024, 2, 29), 5, date(2029, 3, 1)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2025, 12, 31), 1, date(2026, 12, 31)),
    ],
)
def test_a_term_ends_on_the_same_day_of_a_later_year(ended: date, years: int, first: date) -> None:
    assert years_after(ended, years) == first


def test_personal_data_goes_on_the_day_its_term_is_over_and_nothing_else_does(any_database: str, case: CaseId) -> None:
    with reopened(any_database, LAST_DAY) as (opened, house):
        assert found(house) == []
        assert run(opened) == 0
        assert fields_shown(house, case)["proposer_phone"] == PHONE
    with reopened(any_database, THE_DAY) as (opened, house):
        assert found(house) == [(case, False)]
        grounds = fields_shown(house, case)["grounds"]
        assert run(opened) == 1
        assert found(house) == []
        assert "proposer_phone" not in fields_shown(house, case)
        assert fields_shown(house, case)["grounds"] == grounds
        assert verified(house) == ()
        body = house.desk.reads.entries(ROOT, case)[-1].body
        assert b'"basis":"retention"' in body
        assert b'"actor":"system"' in body


def test_a_case_that_has_not_ended_is_never_over(any_database: str, case: CaseId) -> None:
    with reopened(any_database) as (_opened, house):
        running = a_running_case(house)
    with reopened(any_database, THE_DAY + timedelta(days=10_000)) as (opened, house):
        assert found(house) == [(case, False)]
        assert run(opened) == 1
        assert fields_shown(house, running)["proposer_phone"] == PHONE


def test_a_hold_keeps_everything_until_it_is_lifted(any_database: str, case: CaseId) -> None:
    with reopened(any_database, THE_DAY) as (opened, house):
        house.fire("luo", case, "place_hold", {"hold_reason": "劳动争议仲裁期间。"})
        assert found(house) == [(case, True)], "what is done to a case after its end does not make it younger"
        assert run(opened) == 0
        refused = asked(house, case, ErasureBasis.CONSENT)
        assert isinstance(refused, GuardRefused)
        assert refused.details["guard"] == "hold"
        assert refused.text.zh == "本件或其关联事项正在保全，不能删除"
        assert fields_shown(house, case)["proposer_phone"] == PHONE
        house.fire("luo", case, "lift_hold", {"hold_reason": "仲裁已结束。"})
        assert run(opened) == 1
        assert "proposer_phone" not in fields_shown(house, case)
        assert verified(house) == ()


def test_a_hold_is_placed_once_and_by_those_who_may(any_database: str, case: CaseId) -> None:
    with reopened(any_database) as (_opened, house):
        house.fire("luo", case, "place_hold", {"hold_reason": "审计。"})
        with pytest.raises(AssertionError, match="The case is held already"):
            house.fire("luo", case, "place_hold", {"hold_reason": "审计。"})
        moves = {}
        for login in ("luo", "shen"):
            actor = house.desk.queries.actor(ROOT, PersonId(login), house.clock.now())
            moves[login] = set(house.desk.queries.case(ROOT, case, actor, house.desk.world(ROOT)).offered)
        assert {"lift_hold", "place_hold"} <= moves["luo"]
        assert not {"lift_hold", "place_hold"} & moves["shen"]


def test_people_cannot_erase_for_age_what_still_runs(any_database: str, case: CaseId) -> None:
    with reopened(any_database) as (_opened, house):
        running = a_running_case(house)
        refused = asked(house, running, ErasureBasis.RETENTION)
        assert isinstance(refused, GuardRefused)
        assert refused.details["guard"] == "retention"
        assert refused.text.zh == "本件或其关联事项尚未终结，保存期限未起算"
        assert isinstance(asked(house, running, ErasureBasis.CONSENT), Done)


def test_it_is_resumed_where_it_was_cut_off(any_database: str, case: CaseId, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.service.retention.BATCH", 2)
    monkeypatch.setattr("engine.service.retention.PAGE", 3)
    with reopened(any_database) as (_opened, house):
        cases = [case, *(an_ended_case(house, f"1398877010{n}") for n in range(6))]

    class CutOffError(Exception):
        pass

    with reopened(any_database, THE_DAY) as (opened, house):
        seen: list[int] = []

        def cut(done: int) -> None:
            seen.append(done)
            if done == 4:
                raise CutOffError

        with pytest.raises(CutOffError):
            apply(opened.desk, ROOT, lambda: finish_erasures(opened), cut)
        assert seen == [2, 4]
        assert len(found(house)) == 3
    with reopened(any_database, THE_DAY) as (opened, house):
        assert run(opened) == 3
        assert all("proposer_phone" not in fields_shown(house, one) for one in cases)
        assert verified(house) == ()


def test_the_job_runs_by_itself_only_where_the_house_says_so(any_database: str, case: CaseId) -> None:
    with reopened(any_database, THE_DAY) as (opened, house):
        jobs = LeasedJobs.open(any_database, house.clock)
        try:
            told = product_registry(opened, jobs, Settings(database_url=any_database))
            applied = product_registry(opened, jobs, Settings(database_url=any_database, retention="apply"))
        finally:
            jobs.close()
        assert RETENTION not in told.intervals
        assert [kind for kind in applied.handlers if kind_title(kind).zh == kind] == [], "each is called by a title"
        assert applied.intervals[RETENTION] == timedelta(days=1)
        assert applied.handlers[RETENTION]("").done == 1
        assert applied.handlers[RETENTION]("").done == 0


def test_the_command_lists_first_and_erases_when_told(
    any_database: str, case: CaseId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANJIE_CLOCK", THE_DAY.isoformat())
    banjie = command_line(any_database)
    listed = banjie.run("retention", "--json").json
    assert [(one["case"], one["ended_on"], one["withheld"]) for one in listed] == [(case, "2026-03-02", None)]
    looks = banjie.run("doctor", "--json").json["looks"]
    (look,) = [one for one in looks if one["name"] == "retention"]
    assert "1 件" in look["text"]["zh"]
    assert look["advice"]["zh"] == (
        "用 banjie retention 查看，加 --apply 删除；设 BANJIE_RETENTION=apply 后每日自动删除"
    )
    assert "没有删除任何内容" in banjie.must("retention")
    assert "已删除 1 件" in banjie.must("retention", "--apply")
    assert banjie.run("retention", "--json").json == []
    assert "未发现问题" in banjie.must("verify")


def test_a_refusal_names_the_case_and_keeps_no_other_back(
    any_database: str, case: CaseId, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reopened(any_database) as (_opened, house):
        other = an_ended_case(house)
    with reopened(any_database, THE_DAY) as (opened, house):
        house.fire("luo", case, "place_hold", {"hold_reason": "审计。"})
        monkeypatch.setattr("engine.service.retention._withheld", lambda *_given: None)  # a hold set in between
        applied = apply(opened.desk, ROOT, lambda: finish_erasures(opened))
        assert (applied.cases, [refused[0] for refused in applied.refused]) == (1, [case])
        assert "proposer_phone" not in fields_shown(house, other)
        assert all(isinstance(text, BanjieError) is False for _case, text in applied.refused)
