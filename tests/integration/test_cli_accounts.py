"""Accounts by command: slips to a file, a link, tokens with a scope, and passwords that another has set."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from starlette.testclient import TestClient

from tests.support.accounts import OTHER, OWN
from tests.support.command_line import CommandLine

CODE = re.compile(r'<code class="code">([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</code>')


def visit(banjie: CommandLine) -> TestClient:
    """Visit the site of a database, as it is served."""
    from fastapi import FastAPI

    from runtime.asgi import serving
    from runtime.clock import WallClock
    from runtime.settings import Settings

    site: FastAPI
    opened = serving(Settings(database_url=banjie.database), WallClock())
    _desk, site = opened.__enter__()
    client = TestClient(site, follow_redirects=False)
    client.headers["sec-fetch-site"] = OWN["Sec-Fetch-Site"]
    client.__dict__["opened"] = opened
    return client


def leave(client: TestClient) -> None:
    """Let go of the database again."""
    client.__dict__["opened"].__exit__(None, None, None)


def test_slips_are_written_for_those_without_a_password_and_one_opens_an_account(
    house: CommandLine, tmp_path: Path
) -> None:
    out = tmp_path / "slips.html"
    refused = house.run("user", "slips", "--output", str(out))
    assert refused.code == 1
    assert "没有需要发放的人员" in refused.err
    assert "1 张激活单已写入" in house.must("user", "slips", "--unit", "HQ", "--reset", "--output", str(out))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    page = out.read_text("utf-8")
    assert "王建国" in page
    assert "后勤中心" in page
    assert "http" not in page.replace("<!doctype html>", ""), "nothing is loaded from elsewhere"
    code = CODE.findall(page)[0]
    client = visit(house)
    try:
        old = {"login": "wang", "password": "correct horse"}
        assert client.post("/login", data=old).status_code == 401, "the password that was known is gone"
        form = {"login": "wang", "code": code, "password": OTHER, "again": OTHER}
        assert client.post("/activate", data=form).status_code == 303
        assert client.post("/login", data={"login": "wang", "password": OTHER}).status_code == 303
        assert client.get("/cases").status_code == 200
    finally:
        leave(client)


def test_a_link_is_printed_and_opens(house: CommandLine) -> None:
    printed = house.must("user", "link", "wang")
    link = re.search(r"/link/(s[\w-]{43})", printed)
    assert link is not None
    client = visit(house)
    try:
        assert "王建国" in client.get(f"/link/{link[1]}").text
    finally:
        leave(client)
    assert house.run("user", "link", "nobody").code == 1


def test_a_password_that_is_not_taken_is_refused_by_command_too(house: CommandLine) -> None:
    for password, said in (("short", "至少 10 个字符"), ("1234567890", "过于常见"), ("my wang here", "不得包含登录名")):
        refused = house.run("user", "password", "wang", "--password-stdin", typed=f"{password}\n")
        assert refused.code == 1
        assert said in refused.err
        assert password not in refused.err + refused.out


def test_a_password_set_by_command_is_changed_at_the_next_login(house: CommandLine) -> None:
    house.must("user", "password", "wang", "--password-stdin", typed=f"{OTHER}\n")
    client = visit(house)
    try:
        assert client.post("/login", data={"login": "wang", "password": OTHER}).status_code == 303
        assert client.get("/cases").headers["location"] == "/me/password"
    finally:
        leave(client)


def test_a_token_has_a_scope_and_a_number_to_revoke_it_by(house: CommandLine) -> None:
    made = house.must("token", "add", "wang", "--title", "月报", "--part", "figures", "--days", "30")
    secret = re.search(r"s[\w-]{43}", made)
    assert secret is not None
    listed = house.run("token", "list", "--json").json["tokens"]
    assert [(one["login"], one["title"], one["scope"]) for one in listed] == [("wang", "月报", "read figures")]
    assert secret[0] not in str(listed)
    client = visit(house)
    try:
        bearer = {"Authorization": f"Bearer {secret[0]}"}
        assert client.get("/api/figures/proposal", headers=bearer).status_code == 200
        assert client.get("/api/cases", headers=bearer).status_code == 403
    finally:
        leave(client)
    house.must("token", "revoke", listed[0]["number"])
    assert house.run("token", "list", "--json").json["tokens"] == []
    assert house.run("token", "revoke", secret[0]).code == 1


def test_no_token_is_for_ever_nor_for_a_part_that_there_is_not(house: CommandLine) -> None:
    assert house.run("token", "add", "wang", "--title", "x", "--days", "367").code == 2
    assert "没有范围" in house.run("token", "add", "wang", "--title", "x", "--part", "me").err
    assert "没有范围" in house.run("token", "add", "wang", "--title", "x", "--part", "accounts").err


def test_administrators_are_granted_by_name_like_other_roles(house: CommandLine) -> None:
    house.must("user", "grant", "wang", "安全管理员", "--unit", "JL")
    assert "security_administrator@JL" in house.must("user", "list")
