"""The sample congress is played by real commands and tells the same story for the same seed."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from pydantic import JsonValue

from engine.access.passwords import password_fits
from engine.case.actors import Actor
from engine.case.identity import CaseId, RootId
from engine.service.board import sessions_in_order
from engine.service.board_ports import BoardFilter
from engine.service.meeting import agenda, meetings
from engine.service.ports import CaseFilter, CaseLine
from engine.service.similar import similar_to
from engine.service.verify import verify
from engine.service.waiting import Waiting, WaitingAsk
from runtime.demo.build import (
    SAMPLE_ENDS_AT,
    build_sample,
    is_empty,
    sample_accounts,
    sample_clock,
    sample_file,
)
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of

CASES = 64


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path_factory.mktemp('sample')}/banjie.db")


@pytest.fixture(scope="module")
def commands(settings: Settings) -> int:
    return build_sample(settings, cases=CASES)


@pytest.fixture(scope="module")
def opened(settings: Settings, commands: int) -> Iterator[Opened]:
    assert commands > 0
    with desk_of(settings, write=False) as desk:
        yield desk


def lines(opened: Opened, workflow: str) -> list[tuple[str | None, str]]:
    root = opened.desk.reads.roots()[0]
    page = opened.desk.reads.list_cases(root, None, CaseFilter(workflow=workflow), after=None, limit=200)
    return sorted((line.subject, line.state) for line in page.lines)


def _all_ids(opened: Opened, root: RootId) -> list[CaseId]:
    return [CaseId(case) for case in opened.desk.reads.running_cases(root, after=None, limit=5000)]


def _actor(opened: Opened, login: str) -> Actor:
    account = opened.desk.reads.account(login)
    assert account is not None
    return opened.desk.queries.actor(account.root, account.person, SAMPLE_ENDS_AT)


def _called_for(opened: Opened, actor: Actor) -> list[CaseLine]:
    """Return the agenda of the review meeting in the session that the page shows first."""
    root = opened.desk.reads.roots()[0]
    newest = sessions_in_order(opened.desk.world(root).surroundings)[0]
    [(workflow, part)] = meetings(opened.desk.world(root).rules)
    return agenda(opened.desk, root, actor, BoardFilter(workflow.name, newest.id, part.agenda), part)


def test_it_holds_proposals_and_grievances_in_the_shares_of_the_corpus(opened: Opened) -> None:
    # 120 of 320 texts are proposals: 64 × 120/320 = 24; beside them 15 stories of proposals and 1 of a grievance.
    assert len(lines(opened, "proposal")) == 24 + 15
    assert len(lines(opened, "grievance")) == 40 + 1


def test_proposals_are_called_for_on_its_last_day_and_six_wait_for_the_review_meeting(opened: Opened) -> None:
    root = opened.desk.reads.roots()[0]
    newest = sessions_in_order(opened.desk.world(root).surroundings)[0]
    assert (newest.term, newest.meeting) == (6, 4)
    assert newest.call_opens_on is not None
    assert newest.call_closes_on is not None
    assert newest.call_opens_on < SAMPLE_ENDS_AT.date() < newest.call_closes_on
    for login in ("member", "office"):
        found = {line.subject: line.state for line in _called_for(opened, _actor(opened, login))}
        assert found == {
            "在厂区北门设立快递智能存取柜": "under_review",
            "解决职工快递包裹无处存放的问题": "under_review",
            "职工公寓区增设快递存取点": "submitted",
            "厂区母婴室应尽快建成使用": "submitted",
            "起重吊索具集中管理和定期报废": "submitted",
            "进一步活跃职工业余文化生活": "submitted",
        }


def test_three_on_the_agenda_are_alike_and_one_repeats_what_was_promised_in_the_session_before(opened: Opened) -> None:
    root, member = opened.desk.reads.roots()[0], _actor(opened, "member")
    ids = {line.subject: line.id for line in _called_for(opened, member)}

    def alike(subject: str) -> dict[str, Mapping[str, JsonValue]]:
        found = similar_to(opened.desk.reads, root, CaseId(ids[subject]), member, opened.desk.world(root))
        return {one.subject: one.promise for one in found}

    parcels = {"在厂区北门设立快递智能存取柜", "解决职工快递包裹无处存放的问题", "职工公寓区增设快递存取点"}
    for subject in parcels:
        assert set(alike(subject)) >= parcels - {subject}
    promise = alike("厂区母婴室应尽快建成使用")["在厂区设立母婴室"]
    assert (promise["reply_class"], promise["promised_on"]) == ("B", "2026-09-18")


@pytest.mark.parametrize(
    ("login", "waits"),
    [
        ("office", "为外出售后服务人员投保意外伤害险"),
        ("director", "厂区母婴室应尽快建成使用"),
        ("member", "起重吊索具集中管理和定期报废"),
        ("presidium", "设计岗位试行弹性工作时间"),
        ("head", "机加工二车间切削液异味和油雾治理"),
        ("handler", "装配工位工具柜统一编号定置"),
        ("handler", "涂装车间漆渣桶清运不及时"),
        ("delegate", "动力管线阀门统一挂牌标识"),
        ("delegate", "结构车间配备大型工件焊接变位机"),
        ("delegate", "结构车间行走通道油污地面防滑处理"),
        ("worker", "焊工面罩滤片损坏后迟迟领不到"),
        ("leader", "机加工二车间切削液异味和油雾治理"),
        ("supervisor", "在厂区设立母婴室"),
        ("supervisor", "机加工二车间切削液异味和油雾治理"),
    ],
)
def test_something_waits_for_each_of_those_who_are_shown(opened: Opened, login: str, waits: str) -> None:
    root = opened.desk.reads.roots()[0]
    waiting = Waiting(opened.desk, root, _actor(opened, login)).page(WaitingAsk(), limit=200)
    assert waits in {str(entry.case.data.get("subject")) for entry in waiting.entries}


def test_what_is_longest_overdue_is_supervised_on_the_last_day(opened: Opened) -> None:
    root = opened.desk.reads.roots()[0]
    orders = lines(opened, "supervision")
    # That of the story was answered before; the others are issued on the last day.
    assert [subject for subject, state in orders if state == "answered"] == ["机加工二车间切削液异味和油雾治理"]
    assert {state for _subject, state in orders} == {"answered", "issued"}
    listed = opened.desk.reads.list_cases(root, None, CaseFilter(workflow="supervision"), after=None, limit=9).lines
    matters = [case for case in opened.desk.reads.cases(root, _all_ids(opened, root)) if case.linked]
    assert {linked for case in matters for linked in case.linked} == {line.id for line in listed}
    late = {case.id for case in matters if any(clock.due_at < SAMPLE_ENDS_AT for clock in case.clocks)}
    assert late == {case.id for case in matters}


def test_everybody_has_read_what_is_older_than_a_week(opened: Opened, settings: Settings) -> None:
    with closing(sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))) as plain:
        [(waiting,)] = plain.execute("SELECT count(*) FROM outbox").fetchall()
        unread = [at for (at,) in plain.execute("SELECT at FROM notice WHERE read_at IS NULL")]
        read = [at for (at,) in plain.execute("SELECT at FROM notice WHERE read_at IS NOT NULL")]
    assert waiting == 0
    week_ago = (SAMPLE_ENDS_AT.timestamp() - 7 * 86_400) * 1_000_000
    assert min(unread) >= week_ago
    assert max(read) < week_ago


def test_the_same_seed_plays_the_same_story(opened: Opened, tmp_path: Path) -> None:
    again = Settings(database_url=f"sqlite:///{tmp_path}/again.db")
    build_sample(again, cases=CASES)
    with desk_of(again, write=False) as other:
        for workflow in ("proposal", "grievance"):
            assert lines(other, workflow) == lines(opened, workflow)


def test_another_seed_plays_another_story(opened: Opened, tmp_path: Path) -> None:
    other_settings = Settings(database_url=f"sqlite:///{tmp_path}/other.db")
    build_sample(other_settings, cases=CASES, seed=7)
    with desk_of(other_settings, write=False) as other:
        assert lines(other, "grievance") != lines(opened, "grievance")


def test_every_chain_and_every_row_of_it_verifies(opened: Opened) -> None:
    root = opened.desk.reads.roots()[0]
    found = verify(opened.desk.reads, opened.desk.world(root).rules, root, opened.desk.sealer)
    assert found.findings == ()
    assert found.cases > CASES


def test_nothing_happens_after_its_last_day_nor_at_night(opened: Opened) -> None:
    root = opened.desk.reads.roots()[0]
    cases = opened.desk.reads.cases(root, list(opened.desk.reads.all_case_ids(root)))
    assert max(case.changed_at for case in cases) <= SAMPLE_ENDS_AT.astimezone(UTC)
    # The sweep comes at the beginning of a day; people work between nine and nine.
    changed = [(case, case.changed_at.astimezone(SAMPLE_ENDS_AT.tzinfo)) for case in cases]
    by_people = [at.hour for case, at in changed if at.time() != time(0) or not any(c.rungs for c in case.clocks)]
    assert set(by_people) <= set(range(9, 21))
    assert len(by_people) > len(cases) / 2


def test_each_shown_role_has_an_account_with_a_password_of_its_own(opened: Opened, settings: Settings) -> None:
    accounts = sample_accounts(settings)
    assert {login for _title, login, _password in accounts} >= {"office", "director", "handler", "delegate", "auditor"}
    assert len({password for _title, _login, password in accounts}) == len(accounts)
    for _title, login, password in accounts[:2]:
        account = opened.desk.reads.account(login)
        assert account is not None
        assert password_fits(password, account.password_hash)


def test_the_accounts_are_readable_by_their_owner_only(settings: Settings, commands: int) -> None:
    assert commands > 0
    kept = sample_file(settings)
    assert kept is not None
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_its_clock_goes_on_from_its_last_day(settings: Settings, commands: int) -> None:
    assert commands > 0
    clock = sample_clock(settings)
    assert clock is not None
    assert abs((clock.now() - SAMPLE_ENDS_AT).total_seconds()) < 5
    assert clock.now().date() == datetime(2026, 9, 15).date()  # noqa: DTZ001 - a date only


def test_a_database_without_an_organisation_is_empty_and_has_no_sample(tmp_path: Path, opened: Opened) -> None:
    empty = Settings(database_url=f"sqlite:///{tmp_path}/empty.db")
    with desk_of(empty) as desk:
        assert is_empty(desk.desk)
    assert sample_accounts(empty) == []
    assert sample_clock(empty) is None
    assert not is_empty(opened.desk)
