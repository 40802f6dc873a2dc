"""The last look before somebody anonymous sends: what was typed goes to and fro with its form, and stays nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.integration.test_secretariat_pages import form_to
from tests.support.hostile_files import photograph
from tests.support.house import House, client_of, open_house
from tests.support.storage import all_rows
from tests.support.strangers import HEADERS, STEP

SUBJECT, CONTENT = "仓库通道堵塞", "东门仓库的通道一直堆放货物。"
TYPED = {"f.subject": SUBJECT, "f.content": CONTENT}
CODE = re.compile(r"<span>(\w{5})</span>")


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database) as made:
        yield made


@pytest.fixture
def stranger(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.headers.update(HEADERS)
        yield client


def blank(stranger: TestClient) -> dict[str, str]:
    """Return the hidden fields of the empty form, whose button leads to the last look."""
    page = stranger.get("/anonymous").text
    assert 'formaction="/anonymous/check#write"' in page
    return form_to(page, "/anonymous#write")[1]


def test_what_was_typed_is_shown_once_more_with_who_will_read_it(stranger: TestClient) -> None:
    looked = stranger.post("/anonymous/check", data={**blank(stranger), **TYPED})
    assert looked.status_code == 200
    assert f"<dd>{SUBJECT}</dd>" in looked.text
    assert CONTENT in looked.text
    assert "第 2 步，共 3 步：核对" in looked.text
    assert "能看到您写的全部内容" in looked.text
    assert "点“匿名提交”以后会显示查询码，只显示一次" in looked.text
    assert (len(looked.content) % STEP, looked.headers.get("set-cookie")) == (0, None)
    assert "no-store" in looked.headers["cache-control"]


def test_looking_and_changing_keep_nothing(stranger: TestClient, sqlite_database: str) -> None:
    before = all_rows(sqlite_database)
    looked = stranger.post("/anonymous/check", data={**blank(stranger), **TYPED}).text
    _action, carried = form_to(looked, "/anonymous/edit")
    again = stranger.post("/anonymous/edit", data=carried)
    assert again.status_code == 200
    assert f'value="{SUBJECT}"' in again.text
    assert f"{CONTENT}</textarea>" in again.text
    assert "draft_of" not in looked + again.text, "no stamp, and so no draft"
    assert all_rows(sqlite_database) == before


def test_from_the_last_look_it_is_sent_once_under_one_code(stranger: TestClient) -> None:
    looked = stranger.post("/anonymous/check", data={**blank(stranger), **TYPED}).text
    action, carried = form_to(looked, "/anonymous#write")
    first, second = (stranger.post(action, data=carried) for _twice in range(2))
    codes = [CODE.findall(answer.text) for answer in (first, second)]
    assert len(codes[0]) == 5
    assert codes[0] == codes[1]


def test_everything_wrong_is_on_top_with_a_way_to_its_field(stranger: TestClient) -> None:
    refused = stranger.post("/anonymous/check", data={**blank(stranger), "f.content": CONTENT, "unit": "nowhere"})
    assert refused.status_code == 422
    assert "请选择受理单位" in refused.text
    assert f"{CONTENT}</textarea>" in refused.text, "nothing typed is lost"
    empty = stranger.post("/anonymous/check", data={**blank(stranger), "f.content": CONTENT})
    assert '<a href="#new-subject">“诉求事项”为必填项</a>' in empty.text
    sent = stranger.post("/anonymous", data={**blank(stranger), "f.content": CONTENT})
    assert '<a href="#new-subject">“诉求事项”为必填项</a>' in sent.text


def test_a_photograph_is_named_at_the_last_look_and_goes_with_it(stranger: TestClient) -> None:
    page = stranger.get("/anonymous").text
    named = re.findall(r'name="(f\.\w+)" type="file"', page)
    assert named[0] == named[1], "one control for any file, and one for pictures"
    assert 'accept="image/*"' in page
    assert "附件在核对时先加密上传" in page
    files = {named[0]: ("现场.png", photograph())}
    looked = stranger.post("/anonymous/check", data={**form_to(page, "/anonymous#write")[1], **TYPED}, files=files)
    assert "现场.jpg" in looked.text, "called by what it is"
    action, carried = form_to(looked.text, "/anonymous#write")
    assert named[0] in carried
    assert CODE.search(stranger.post(action, data=carried).text)
    broken = {named[0]: ("现场.png", b"\x7fELF" + bytes(200))}
    refused = stranger.post("/anonymous/check", data={**blank(stranger), **TYPED}, files=broken)
    assert (refused.status_code, f'href="#new-{named[0][2:]}"' in refused.text) == (422, True)


def test_such_a_page_cannot_be_come_back_to(stranger: TestClient) -> None:
    for path in ("/anonymous/check", "/anonymous/edit"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/anonymous")


def test_in_english_the_way_stays_english(stranger: TestClient) -> None:
    page = stranger.get("/anonymous?lang=en").text
    assert 'formaction="/anonymous/check?lang=en#write"' in page
    looked = stranger.post("/anonymous/check?lang=en", data={**form_to(page, "/anonymous")[1], **TYPED}).text
    assert 'action="/anonymous/edit?lang=en#write"' in looked
    assert "A query code is shown after you send this" in looked
