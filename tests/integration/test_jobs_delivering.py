"""The jobs around deliveries: who asks for them, what reconcile finds and ends, and what is forgotten."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from engine.case.identity import CaseId
from engine.errors import InputRefused
from engine.service.jobs import JobState
from engine.service.notice_writes import ClaimDeliveries
from notifications.dispatcher import LEASE
from runtime.jobs.delivering import NO_WAY_OUT, NOT_CONFIGURED
from tests.support.hook_server import unused_port
from tests.support.house import ROOT
from tests.support.mail_server import Post, mail_server
from tests.support.post_house import PostHouse, open_post_house

ALWAYS = {
    "sweep",
    "tell",
    "reconcile",
    "purge",
    "release",
    "keys",
    "files",
    "figures",
    "search",
    "retention",
    "watch",
    "erase",
    "readers",
    "long-work",
}


def mail(port: int) -> dict[str, Any]:
    """Return settings for a mail server on this machine."""
    return {
        "mail_host": "127.0.0.1",
        "mail_port": port,
        "mail_security": "plain",
        "mail_from": "banjie@union.example.cn",
    }


@contextmanager
def by_mail(url: str) -> Iterator[tuple[PostHouse, Post]]:
    """Open a house whose union office is told by mail of every proposal that is registered."""
    with mail_server(Post()) as post, open_post_house(url, **mail(post.port)) as house:
        house.tell("shen", "mail", "shen@union.example.cn")
        yield house, post


def states(house: PostHouse, *cases: CaseId) -> list[tuple[str, str | None]]:
    return [(line.state, line.reason) for line in house.deliveries(*cases)]


def handle(house: PostHouse, kind: str) -> int:
    """Run the handler of a kind once, without its job; return what it says it did."""
    return house.registry.handlers[kind]("").done


def kinds_waiting(house: PostHouse) -> set[str]:
    return {job.kind for job in house.jobs.listed(JobState.WAITING)}


def test_a_channel_has_a_job_of_its_own_and_one_that_is_not_configured_has_none(sqlite_database: str) -> None:
    with open_post_house(sqlite_database, **mail(25), wecom_bots="office key") as house:
        assert set(house.registry.handlers) == ALWAYS | {"deliver:mail", "deliver:wecom", "anchor"}
        assert set(house.registry.intervals) == set(house.registry.handlers) - {"retention", "figures"}


def test_without_channels_there_is_the_inbox_and_nothing_imported_for_them(sqlite_database: str) -> None:
    with open_post_house(sqlite_database) as house:
        assert set(house.registry.handlers) == ALWAYS


def test_half_a_channel_starts_no_worker(sqlite_database: str) -> None:
    with (
        pytest.raises(InputRefused, match="BANJIE_MAIL_FROM"),
        open_post_house(sqlite_database, mail_host="mail.example.cn"),
    ):
        pass


def test_telling_has_what_it_queued_delivered_at_once(any_database: str) -> None:
    with by_mail(any_database) as (house, post):
        case = house.house.filed()
        assert handle(house, "tell") > 0
        assert kinds_waiting(house) == {"deliver:mail"}
        house.worker.run_due()
        assert states(house, case) == [("sent", None)]
        assert [str(taken["To"]) for taken in post.taken] == ["shen@union.example.cn"]


def test_telling_nobody_outside_asks_for_no_delivery(sqlite_database: str) -> None:
    with mail_server(Post()) as post, open_post_house(sqlite_database, **mail(post.port)) as house:
        house.house.filed()
        assert handle(house, "tell") > 0
        assert kinds_waiting(house) == set()


def test_a_batch_that_is_full_is_followed_by_the_next(sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.dispatcher.Dispatcher.run.__kwdefaults__", {"limit": 2})
    with by_mail(sqlite_database) as (house, post):
        for _case in range(5):
            house.house.filed()
        handle(house, "tell")
        house.worker.run_due()
        [job] = [job for job in house.jobs.listed(JobState.DONE) if job.kind == "deliver:mail"]
        assert (job.done, len(post.taken)) == (5, 5)


def test_reconcile_finds_what_a_lost_job_has_left(any_database: str) -> None:
    with by_mail(any_database) as (house, _post):
        house.house.filed()
        assert handle(house, "reconcile") == 1
        assert kinds_waiting(house) == {"tell"}
        for job in house.jobs.listed(JobState.WAITING):
            house.jobs.cancel(job.number)
        handle(house, "tell")
        for job in house.jobs.listed(JobState.WAITING):
            house.jobs.cancel(job.number)
        assert kinds_waiting(house) == set()
        assert handle(house, "reconcile") == 1
        assert kinds_waiting(house) == {"deliver:mail"}


def test_reconcile_finds_what_a_dead_worker_held_once_its_lease_has_ended(any_database: str) -> None:
    with by_mail(any_database) as (house, post):
        case = house.house.filed()
        handle(house, "tell")
        now = house.clock.now()
        dead = ClaimDeliveries(root=ROOT, channel="mail", lease="dead", at=now, until_at=now + LEASE, limit=200)
        house.house.desk.office.write([dead])
        house.worker.run_due()
        assert (states(house, case), post.taken) == ([("queued", None)], [])

        house.clock.set(now + LEASE)
        handle(house, "reconcile")
        house.worker.run_due()
        assert states(house, case) == [("sent", None)]
        assert len(post.taken) == 1


def test_what_is_addressed_to_a_channel_not_configured_fails_after_a_day_and_is_told_till_then(
    any_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with open_post_house(any_database) as house:
        house.tell("shen", "mail", "shen@union.example.cn")
        case = house.house.filed()
        begun = house.clock.now()
        house.worker.run_due()
        with caplog.at_level(logging.WARNING):
            handle(house, "reconcile")
        assert "1 deliveries wait for mail, which is not configured" in caplog.messages
        house.clock.set(begun + timedelta(days=1, seconds=-1))
        handle(house, "reconcile")
        assert states(house, case) == [("queued", None)]
        house.clock.set(begun + timedelta(days=1))
        handle(house, "reconcile")
        assert states(house, case) == [("failed", NOT_CONFIGURED)]


def test_a_channel_configured_within_the_day_still_delivers(sqlite_database: str) -> None:
    with open_post_house(sqlite_database) as house:
        house.tell("shen", "mail", "shen@union.example.cn")
        case = house.house.filed()
        house.worker.run_due()
        begun = house.clock.now()
    with mail_server(Post()) as post:
        with open_post_house(sqlite_database, begun + timedelta(hours=20), made=True, **mail(post.port)) as house:
            house.worker.run_due()
            assert states(house, case) == [("sent", None)]
        assert len(post.taken) == 1


def test_what_cannot_be_offered_for_two_weeks_is_given_up(sqlite_database: str) -> None:
    with open_post_house(sqlite_database, **mail(unused_port())) as house:
        house.tell("shen", "mail", "shen@union.example.cn")
        case = house.house.filed()
        begun = house.clock.now()
        house.worker.run_due()
        house.clock.set(begun + timedelta(days=13))
        house.worker.run_due()
        [line] = house.deliveries(case)
        assert (line.state, line.attempts, line.reason) == ("queued", 0, "connection failed")
        house.clock.set(begun + timedelta(days=14))
        handle(house, "reconcile")
        assert states(house, case) == [("given_up", NO_WAY_OUT)]


def test_deliveries_are_forgotten_400_days_after_they_were_settled(any_database: str) -> None:
    with by_mail(any_database) as (house, _post):
        case = house.house.filed()
        house.worker.run_due()
        settled = house.clock.now()
        house.clock.set(settled + timedelta(days=400))
        assert handle(house, "purge") == 0
        house.clock.set(settled + timedelta(days=400, seconds=1))
        assert handle(house, "purge") == 1
        assert states(house, case) == []
        notices = house.house.desk.reads.notices_of_case(ROOT, case)
        assert notices, "what stands in inboxes stays"
