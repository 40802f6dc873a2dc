"""The reason given for a move is told where the definition wants it, and never of a confidential case."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command_line import PROJECT
from tests.support.mail_server import Post, mail_server
from tests.support.post_house import PostHouse, open_post_house, text_of

REASON = "已与承办单位\n当面谈妥"
WANTED = ", reason: withdrawal_reason}"


@contextmanager
def a_house(url: str) -> Iterator[tuple[PostHouse, Post]]:
    """Open a house whose union office is told by mail."""
    with (
        mail_server(Post()) as post,
        open_post_house(
            url, mail_host="127.0.0.1", mail_port=post.port, mail_security="plain", mail_from="a@union.example.cn"
        ) as house,
    ):
        house.tell("shen", "mail", "shen@union.example.cn")
        yield house, post


def withdrawn(house: PostHouse, post: Post) -> str:
    """Let a proposal be submitted and withdrawn with a reason; return the mail that tells of it."""
    case = house.house.open("shi", {"proposer_type": "delegation"})
    house.house.fire("shi", case, "submit")
    house.house.fire("shi", case, "withdraw", {"withdrawal_reason": REASON})
    house.work_until_nothing_waits()
    [_registered, told] = post.taken
    return text_of(told)


def test_the_reason_is_told_where_the_definition_wants_it(any_database: str) -> None:
    with a_house(any_database) as (house, post):
        assert "说明：已与承办单位 当面谈妥\n" in withdrawn(house, post).replace("\r\n", "\n")


def test_the_reason_stays_in_the_house_where_the_case_is_confidential(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.phrasing.is_confidential", lambda *_case: True)
    with a_house(sqlite_database) as (house, post):
        told = withdrawn(house, post)
    assert told.replace("\r\n", "\n") == "您有一件保密事项有新进展，请登录系统查看。\n"
    assert "谈妥" not in repr([mail.as_bytes() for mail in post.taken])


def test_the_reason_is_not_told_where_the_definition_does_not_want_it(
    sqlite_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(PROJECT / "workflows", tmp_path / "workflows")
    file = folder / "proposal/v1.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(WANTED) == 1
    file.write_text(text.replace(WANTED, "}"), encoding="utf-8")
    monkeypatch.setenv("BANJIE_WORKFLOWS", str(folder))
    with a_house(sqlite_database) as (house, post):
        assert "谈妥" not in withdrawn(house, post)
