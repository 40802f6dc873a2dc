"""Filing on the pages, as a browser without JavaScript gets it: what is said before anything is typed, the form with
little in sight, a last look that writes nothing, and what is told afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from engine.service.ports import CaseFilter
from tests.support.house import ROOT, SESSION, House, client_of, open_house
from tests.support.worker import OWN, employ, words

TYPED = {
    "f.subject": "关于更衣室加装风扇的提案",
    "f.category": "welfare",
    "f.grounds": "夏天更衣室闷热，\n有人中暑。",
    "f.proposed_measures": "每排装一台。",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('filing') / 'banjie.db'}") as house:
        employ(house.desk)
        yield house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shi"))
        yield client


def as_whom(client: TestClient, house: House, login: str) -> TestClient:
    client.cookies.set("banjie", house.token(login))
    return client


def count(house: House) -> int:
    lines = house.desk.reads.list_cases(ROOT, None, CaseFilter(), after=None, limit=500).lines
    return sum("更衣室" in (line.subject or "") for line in lines)


def form(key: str, **more: str) -> dict[str, str]:
    return {"key": key, "unit": "works", "session": SESSION, **TYPED, **more}


# ----------------------------------------------------------------------------------------------------- what it will be


def test_before_anything_is_typed_the_ways_stand_side_by_side_with_who_sees_what(
    client: TestClient, house: House
) -> None:
    said = words(as_whom(client, house, "luo").get("/cases/new").text)
    assert "第 1 步，共 4 步：选择" in said
    by_name, _, rest = said.partition("填写职工诉求（实名）")[2].partition("填写职工诉求（保密）")
    confidential, _, nameless = rest.partition("不留姓名反映")
    assert "工会办公室、分管领导、上级督办、复核人" in by_name
    assert "没有人；确需核实时须一人申请、另一人批准，您会看到" in confidential
    assert "主办单位负责人、主办单位承办人、审计、档案人员" in confidential, "they get the brief"
    assert "没有人知道，系统也不记" in nameless
    assert "凭查询码，不用登录" in nameless
    assert "填写职代会提案" not in said, "a staff member who is no delegate makes no proposals"


def test_a_delegate_is_told_that_delegates_read_a_proposal_and_no_name_is_published(client: TestClient) -> None:
    said = words(client.get("/cases/new").text).partition("填写职代会提案")
    assert "结案后经您同意才公开，公开时不写姓名" in said[0]
    assert "职工代表、工会办公室、提案工作委员会" in said[2]
    page = words(client.get("/cases/new/proposal").text)
    assert page.index("先请看清楚：谁会看到什么") < page.index("案由")


def test_what_is_never_published_does_not_say_so_and_who_is_named_later_is_told_of(
    client: TestClient, house: House
) -> None:
    said = words(as_whom(client, house, "luo").get("/cases/new").text)
    own = said.partition("劳动争议调解")[2]
    assert "填写劳动争议调解" in own
    assert "劳动争议调解委员会、档案管理员、调解员" in own
    assert "公开" not in own.partition("填写劳动争议调解")[0]


def test_the_level_chosen_first_stands_in_the_form(client: TestClient, house: House) -> None:
    as_whom(client, house, "luo")

    def level(address: str) -> list[str]:
        chosen = client.get(address).text.partition('name="f.confidentiality"')[2].partition("</select>")[0]
        return re.findall(r'value="(\w*)" selected', chosen)

    assert level("/cases/new/grievance?level=confidential") == ["confidential"]
    assert level("/cases/new/grievance") == ["internal"]
    assert level("/cases/new/grievance?level=nothing") == ["internal"]
    assert level("/cases/new/grievance?level=anonymous") == ["internal"], "the system knows who is logged in"


@pytest.mark.parametrize(("login", "workflow"), [("shi", "proposal"), ("luo", "grievance")])
def test_no_more_than_eight_fields_are_in_sight_and_the_rest_stands_folded(
    client: TestClient, house: House, login: str, workflow: str
) -> None:
    page = as_whom(client, house, login).get(f"/cases/new/{workflow}").text
    first, _, folded = page.partition('action="/cases/new/')[2].partition("more-fields")
    seen = set(re.findall(r'name="(f\.\w+|unit)"', re.sub(r'<input type="hidden"[^>]*>', "", first)))
    assert len(seen) <= 8, seen
    assert 'accept="image/*"' in first
    assert "f.reason_not_public" in folded or "f.petitioner_phone" in folded


# ------------------------------------------------------------------------------------------------------------ last look


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_lost(client: TestClient, house: House) -> None:
    answer = client.post(
        "/cases/new/proposal/look", data=form("k1", **{"f.category": "", "f.grounds": ""}), headers=OWN
    )
    assert answer.status_code == 422
    wrong = set(re.findall(r'class="error"[^>]*>([^<]*)', answer.text))
    assert wrong == {"“类别”为必填项", "“案据”为必填项"}
    assert "关于更衣室加装风扇的提案" in answer.text
    assert count(house) == 0


def test_the_last_look_shows_what_was_typed_and_writes_nothing(client: TestClient, house: House) -> None:
    look = client.post("/cases/new/proposal/look", data=form("k2"), headers=OWN)
    said = words(look.text)
    assert "第 3 步，共 4 步：核对" in said
    assert "还没有提交" in said
    assert all(text in said for text in ("生活福利", "夏天更衣室闷热， 有人中暑。", "六届三次", "江岭重工"))
    assert count(house) == 0
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', look.text))
    back = client.post("/cases/new/proposal/edit", data=kept, headers=OWN)
    assert back.status_code == 200
    assert "有人中暑。</textarea>" in back.text
    assert count(house) == 0


def test_what_is_filed_after_the_last_look_is_told_with_its_next_step_and_where_to_find_it(
    client: TestClient, house: House
) -> None:
    look = client.post("/cases/new/proposal/look", data=form("k3"), headers=OWN).text
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', look))
    filed = client.post("/cases/new/proposal", data=kept, headers=OWN)
    again = client.post("/cases/new/proposal", data=kept, headers=OWN)
    assert filed.headers["location"] == again.headers["location"], "sent twice, it is filed once"
    said = words(client.get(filed.headers["location"]).text)
    assert "第 4 步，共 4 步：完成" in said
    assert "提交审查时编号" in said
    assert "这还是草稿，没有提交审查：请接着办下一步。" in said
    assert "您可以：征求附议" in said
    assert "登录后点“我的事项”" in said
    assert "附议人不足2人；代表团集体提案不需附议" in said, "why it cannot be submitted yet stands there already"
    page = client.get(filed.headers["location"].partition("?")[0]).text
    assert "第 4 步" not in page


def test_a_grievance_is_told_its_number_who_has_it_and_until_which_day(client: TestClient, house: House) -> None:
    as_whom(client, house, "luo")
    typed = {"key": "k4", "unit": "works", "f.subject": "更衣室漏水", "f.confidentiality": "internal"}
    assert "只有登记和办理" not in client.post("/cases/new/grievance/look", data=typed, headers=OWN).text
    filed = client.post("/cases/new/grievance", data=typed, headers=OWN)
    said = words(client.get(filed.headers["location"]).text)
    assert "2026诉字第0001号" in said
    assert "由工会办公室办理" in said
    # Registered on Tuesday 20 January: fifteen days on is Wednesday 4 February.
    assert "2026年2月4日（周三）前" in said
    assert "这还是草稿" not in said


def test_the_last_look_names_a_file_that_comes_along_and_refuses_a_bad_one_beside_the_other_errors(
    client: TestClient,
) -> None:
    sent = {"f.attachments": ("x.html", b"<html>", "text/html")}
    wrong = client.post("/cases/new/proposal/look", data=form("k5", **{"f.category": ""}), files=sent, headers=OWN)
    assert wrong.status_code == 422
    assert len(re.findall(r'class="error"', wrong.text)) == 2
    note = {"f.attachments": ("说明.txt", "更衣室平面图".encode(), "text/plain")}
    look = client.post("/cases/new/proposal/look", data=form("k6"), files=note, headers=OWN)
    assert "说明.txt" in words(look.text)
    kept = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', look.text)
    filed = client.post("/cases/new/proposal", data=dict(kept), headers=OWN)
    assert "说明.txt" in client.get(filed.headers["location"]).text


def test_names_that_are_not_clear_are_asked_about_before_the_last_look(client: TestClient, house: House) -> None:
    as_whom(client, house, "luo")
    typed = {"key": "k7", "unit": "works", "f.subject": "更衣室的门", "p.accused_people": "没有此人"}
    answer = client.post("/cases/new/grievance/look", data=typed, headers=OWN)
    assert answer.status_code == 422
    assert "没有此人" in answer.text
    assert 'class="wide more-fields" open' in answer.text, "the error is not folded away"


def test_nobody_looks_at_a_form_they_may_not_file(client: TestClient, house: House) -> None:
    answer = as_whom(client, house, "lai").post("/cases/new/proposal/look", data=form("k8"), headers=OWN)
    assert answer.status_code == 403
    assert "您没有新建此类事项的权限" in answer.text
