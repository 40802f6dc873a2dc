"""``banjie user notices``, ``away`` and ``back``, and ``banjie told``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.calendar.term import SHANGHAI
from engine.case.actors import SYSTEM
from engine.case.commands import OpenCase
from engine.case.identity import CaseId, UnitId
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.service.ports import CaseFilter
from runtime.cli.run import clock_for
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.command_line import CommandLine
from tests.support.house import PROPOSAL

MAIL = {"BANJIE_MAIL_HOST": "mail.example.com", "BANJIE_MAIL_FROM": "banjie@example.com"}


@pytest.fixture
def posting(house: CommandLine) -> CommandLine:
    """The house with mail set up, and one more person."""
    house.must("user", "add", "li", "--name", "李明", "--password-stdin", typed="correct horse\n")
    return replace(house, settings={**house.settings, **MAIL})


def today() -> date:
    return datetime.now(tz=UTC).astimezone(SHANGHAI).date()


def test_a_channel_is_set_step_by_step_and_forgotten(posting: CommandLine) -> None:
    set_up = posting.run("user", "notices", "wang", "--json").json["channels"]
    assert [(line["channel"], line["configured"]) for line in set_up][:2] == [("mail", True), ("wecom", False)]

    posting.must(
        "user", "notices", "wang", "--channel", "mail", "--address", "wang@example.com", "--quiet", "22:00-7:00"
    )
    told = posting.must("user", "notices", "wang", "--channel", "mail", "--digest", "daily", "--off").split()
    assert told[-5:] == ["wang@example.com", "关闭", "每日汇总", "22:00-07:00", "zh"]
    (line,) = posting.run("user", "notices", "wang", "--channel", "mail", "--json").json["channels"]
    assert line["preference"] == {
        "address": "wang@example.com",
        "active": False,
        "digest": "daily",
        "quiet_from": "22:00",
        "quiet_until": "07:00",
        "language": "zh",
    }
    posting.must("user", "notices", "wang", "--channel", "mail", "--quiet", "none")
    (line,) = posting.run("user", "notices", "wang", "--channel", "mail", "--json").json["channels"]
    kept = line["preference"]
    assert (kept["quiet_from"], kept["quiet_until"], kept["digest"], kept["active"]) == (None, None, "daily", False)
    posting.must("user", "notices", "wang", "--channel", "mail", "--forget")
    (line,) = posting.run("user", "notices", "wang", "--channel", "mail", "--json").json["channels"]
    assert line["preference"] is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--channel", "mail", "--address", "wang@"), "邮箱地址"),
        (("--channel", "mail", "--address", "w@example.com", "--quiet", "22:00"), "quiet_until"),
        (("--channel", "mail", "--address", "w@example.com", "--digest", "weekly"), "digest"),
        (("--channel", "wecom", "--address", "群"), "没有启用“企业微信”"),
        (("--channel", "pigeon", "--address", "x"), "没有通知渠道“pigeon”"),
        (("--address", "w@example.com"), "--channel"),
    ],
)
def test_what_cannot_be_kept_is_refused(posting: CommandLine, arguments: tuple[str, ...], told: str) -> None:
    answered = posting.run("user", "notices", "wang", *arguments)
    assert answered.code == 1
    assert told in answered.err


def test_somebody_is_away_until_a_day_and_comes_back(posting: CommandLine) -> None:
    begin, end = today() + timedelta(days=3), today() + timedelta(days=5)
    arguments = ("--substitute", "李明", "--from", begin.isoformat(), "--until", end.isoformat(), "--note", "出差")
    row = posting.must("user", "away", "wang", *arguments).splitlines()[-1].split()
    assert row == [begin.isoformat(), end.isoformat(), "王建国", "李明", "未开始", "出差"]
    assert posting.run("user", "away", "li", "--json").json["acting_for"][0]["person"]["name"] == "王建国"

    not_yet = posting.run("user", "back", "wang")
    assert (not_yet.code, "--from" in not_yet.err) == (1, True)
    posting.must("user", "back", "wang", "--from", begin.isoformat())
    assert posting.must("user", "away", "wang") == "没有外出登记\n"


def test_an_absence_without_an_end_or_a_substitute_is_refused(posting: CommandLine) -> None:
    answered = posting.run("user", "away", "wang", "--substitute", "wang")
    assert answered.code == 1
    assert "until_on: 请填写截止日期" in answered.err
    assert "substitute: 不能由本人代理本人" in answered.err
    assert posting.run("user", "away", "nobody").code == 1


def test_who_was_told_of_a_case_is_listed_without_addresses(sample: CommandLine) -> None:
    silent, case = _a_draft(sample), _told_of(sample)
    assert sample.must("told", silent) == "尚未发出通知\n"
    assert sample.run("told", silent, "--json").json == {"case": silent, "told": [], "set_aside": []}
    told = sample.run("told", case, "--json").json["told"]
    assert told
    listed = sample.must("told", case)
    for line in told:
        assert line["title"]["zh"] in listed
        assert line["name"] is None or line["name"] in listed
    missing = sample.run("told", "no-such-number")
    assert (missing.code, missing.out) == (1, "")


@contextmanager
def _desk(sample: CommandLine) -> Iterator[Desk]:
    """Open the sample as a running site does."""
    settings = Settings(database_url=sample.database)
    with desk_of(settings, clock=clock_for(settings)) as opened:
        yield opened.desk


def _a_draft(sample: CommandLine) -> str:
    """Return a proposal that a delegate has just begun: nobody is told of it yet."""
    with _desk(sample) as desk:
        (root,) = desk.reads.roots()
        account = desk.reads.account("delegate")
        assert account is not None
        actor = desk.queries.actor(root, account.person, desk.office.now())
        command = OpenCase(root=root, actor=actor, key="", workflow="proposal", unit=UnitId(root), form=PROPOSAL)
        (answer,) = desk.office.carry_out([command])
        assert isinstance(answer, Done), answer
        return answer.outcome.case


def _told_of(sample: CommandLine) -> str:
    """Return the newest proposal of which somebody was told something."""
    with _desk(sample) as desk:
        (root,) = desk.reads.roots()
        lines = desk.queries.page(root, SYSTEM, CaseFilter(workflow="proposal")).lines
        return next(line.id for line in lines if desk.reads.told_of_case(root, CaseId(line.id)))
