"""The page that stands where nothing else can: what was refused, why, and what would help, in words for its reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NoReturn

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.problems import AddressRefused, ScopeExceeded
from engine.access.token_scope import scope_from
from engine.errors import (
    BanjieError,
    CalendarEnds,
    CaseNotFound,
    GuardRefused,
    OutcomeUnknown,
    StaleCase,
    StorageUnavailable,
    TooBusy,
)
from engine.text import Text
from tests.support.accounts import OWN
from tests.support.house import House, client_of, open_house

GENERAL: Final = "请用浏览器的“后退”回到刚才的页面，按上面的说明改正后再办理。"
RIGHTS: Final = "请由有权限的人员办理；应当由您办理的，请工会办公室核对您的角色和任期。"
ORIGIN: Final = "为防止他人冒用您的登录，只接受本站页面发出的表单。请从首页重新打开这一页，再提交一次。"
NOTHING: Final = (
    "可能是地址不完整，内容已经不在，或者不在您的查看范围内。请从首页或者“检索”中查找；仍然找不到的，请问工会办公室。"
)
FORM: Final = "请不要直接打开或者收藏这个地址，从首页进入后再办理。"
SIZE: Final = "没有保存。请用浏览器的“后退”回到表单，填写的内容还在：缩短文字，长的材料作为附件上传。"
CHANGED: Final = "请从首页重新打开本件，看清现在的状态再办理。"
DEFECT: Final = (
    "这不是您的操作造成的。请稍后重试；仍不成功的，请把上面的编号告诉系统管理员。同一表单再次提交，不会重复办理。"
)
AWAY: Final = (
    "请过几分钟，用浏览器的“后退”回到刚才的页面再试；同一表单再次提交，不会重复办理。仍不成功的，请告诉系统管理员。"
)
CALENDAR: Final = "请系统管理员录入该年的放假安排，或者换一个日期。"
GUARDED: Final = GuardRefused(
    Text("附议人不足2人", "Fewer than 2 seconders"), source={"zh": "条例 第五条", "en": "Rules Art. 5"}
)

# What a page raises, and what its reader is told: status, heading, reason, what would help.
RAISED: Final[tuple[tuple[BanjieError, int, str, str, str], ...]] = (
    (CaseNotFound(), 404, "没有找到", "没有找到该事项", NOTHING),
    (AddressRefused(410), 410, "没有找到", "该地址不支持这种请求", NOTHING),
    (ScopeExceeded(scope_from("read")), 403, "没有权限", "该令牌的授权范围不包括此操作", RIGHTS),
    (GUARDED, 409, "未能办理", "附议人不足2人", CHANGED),
    (StaleCase(expected=2, actual=3), 412, "未能办理", "该事项已被他人更新", CHANGED),
    (
        TooBusy(Text("忙", "busy"), retry_after_seconds=7),
        503,
        "请稍后再试",
        "忙",
        "请等 7 秒再试。没有办理的不会自动办理。",
    ),
    (StorageUnavailable(), 503, "暂时不能办理", "数据库暂不可用，请稍后再试", AWAY),
    (OutcomeUnknown(), 503, "暂时不能办理", "提交结果未知", AWAY),
    (CalendarEnds(2031), 503, "暂时不能办理", "2031 年放假安排尚未公布或未录入", CALENDAR),
    (CalendarEnds(2305), 422, "未能办理", "2305 年放假安排尚未公布或未录入", CALENDAR),
)
HEADING: Final = re.compile(r"<h1>(.*?)</h1>")
INTERNAL: Final = re.compile(r"Traceback|\.py\b|RuntimeError|geheim|engine\.|sqlalchemy", re.IGNORECASE)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('errors') / 'banjie.db'}") as house:
        yield house


@pytest.fixture(scope="module")
def stranger(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        yield client


@pytest.fixture(scope="module")
def shi(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shi"))
        yield client


def raising(error: Exception) -> Callable[..., NoReturn]:
    def refuse(*_asked: object) -> NoReturn:
        raise error

    return refuse


def told(answer: Response) -> tuple[int, str]:
    """Return the status and the one heading of a page that is whole, in its language, and tells no internals."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert INTERNAL.search(answer.text) is None
    assert answer.text.count('role="alert"') == 1
    (heading,) = HEADING.findall(answer.text)
    assert f"<title>{heading} · " in answer.text
    return answer.status_code, heading


@pytest.mark.parametrize(("error", "status", "heading", "reason", "help_said"), RAISED)
def test_a_refusal_on_a_page_says_what_why_and_what_would_help(
    stranger: TestClient, monkeypatch: pytest.MonkeyPatch, error: BanjieError, status: int, heading: str, reason: str,
    help_said: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("web.pages.receipts._checked", raising(error))

    answer = stranger.get("/receipts")
    english = stranger.get("/receipts", headers={"Cookie": "lang=en"})

    assert told(answer) == (status, heading)
    assert reason in answer.text
    assert f"<p>{help_said}</p>" in answer.text
    assert '<a class="button" href="/">返回首页</a>' in answer.text
    assert english.status_code == status
    assert error.text.en.replace("'", "&#39;") in english.text
    assert not re.search(r"[\u4e00-\u9fff]", english.text.partition("<h1>")[2].partition("</section>")[0])


def test_the_source_of_a_refusal_stands_beside_its_reason(
    stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.receipts._checked", raising(GUARDED))

    assert '<p class="hint">依据：条例 第五条</p>' in stranger.get("/receipts").text


def test_who_comes_too_early_is_told_when_to_come_again(stranger: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.receipts._checked", raising(TooBusy(Text("忙", "busy"), retry_after_seconds=7)))

    assert stranger.get("/receipts").headers["retry-after"] == "7"


def test_a_defect_of_ours_is_known_to_the_reader_by_a_number_only(
    stranger: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("web.pages.receipts._checked", raising(RuntimeError("geheim")))

    answer = stranger.get("/receipts")

    assert told(answer) == (500, "系统出错")
    (number,) = re.findall(r"系统内部错误，编号 ([0-9a-f]{8})，请告知管理员", answer.text)
    assert f"<p>{DEFECT}</p>" in answer.text
    assert number in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status", "heading", "reason", "help_said"),
    [
        ("GET", "/nothing", 404, "没有找到", "没有这个页面或接口", NOTHING),
        ("GET", "/cases/no-such-case", 404, "没有找到", "没有找到该事项", NOTHING),
        ("GET", "/appearance", 405, "不能这样打开", "该地址不支持这种请求", FORM),
        ("GET", "/cases?text=%FF", 400, "未能办理", "地址或表单中有无法识别的字符（不是有效的 UTF-8）", GENERAL),
        ("GET", "/cases/%FF", 400, "未能办理", "地址中有无法识别的字符（不是有效的 UTF-8）", GENERAL),
        ("GET", "/cases?text=" + "x" * 9_000, 400, "未能办理", "地址过长，请从首页重新进入", GENERAL),
        ("GET", "/cases?text=%00", 422, "未能办理", "含有不允许的控制字符 U+0000，请删去后再提交", GENERAL),
        ("GET", "/jobs", 403, "没有权限", "后台任务由本级工会办公室管理，您没有此权限", RIGHTS),
    ],
)
def test_an_address_that_leads_nowhere_is_answered_by_a_page(
    shi: TestClient, method: str, path: str, status: int, heading: str, reason: str, help_said: str
) -> None:
    answer = shi.request(method, path)

    assert told(answer) == (status, heading)
    assert reason in answer.text
    assert f"<p>{help_said}</p>" in answer.text


def test_a_form_that_is_too_large_of_another_kind_or_of_another_site_is_answered_by_a_page(shi: TestClient) -> None:
    large = shi.post("/receipts", data={"receipt": "x" * 1_048_577}, headers=OWN)
    another = shi.post("/receipts", json={}, headers=OWN)
    foreign = shi.post("/me/sessions/end-others", data={}, headers={"Sec-Fetch-Site": "cross-site"})

    assert told(large) == (413, "内容太多")
    assert "内容不得超过 1024 KiB" in large.text
    assert f"<p>{SIZE}</p>" in large.text
    assert told(another) == (415, "不能这样打开")
    assert "请求内容的类型应为 application/x-www-form-urlencoded" in another.text
    assert told(foreign) == (403, "未能办理")
    assert "请求不是从本站页面发出的，已拒绝" in foreign.text
    assert f"<p>{ORIGIN}</p>" in foreign.text


def test_an_address_of_the_api_is_answered_by_a_problem_as_ever(shi: TestClient) -> None:
    answer = shi.get("/api/cases?text=%FF")

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_a_file_of_the_site_that_is_not_there_is_said_without_a_page(stranger: TestClient) -> None:
    answer = stranger.get("/static/nothing.css")

    assert (answer.status_code, answer.json()["title"]) == (404, "没有这个文件")
