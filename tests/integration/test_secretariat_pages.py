"""The session's board, the review meeting, merging and assigning as pages without JavaScript, with their refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.case import Case
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.plain import AddGrant
from tests.support.house import ROOT, House, client_of, open_house

OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database) as house:
        yield house


@pytest.fixture
def zhai(house: House) -> Iterator[TestClient]:
    """The director of the committee, who is a delegate too."""
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("zhai"))
        yield client


def another(house: House, client: TestClient, login: str) -> None:
    client.cookies.set("banjie", house.token(login))


def submitted(house: House, subject: str = "关于照明的提案", *, begun: bool = False, **form: str) -> CaseId:
    case = house.open("shi", {"proposer_type": "delegation", "subject": subject, **form})
    house.fire("shi", case, "submit")
    if begun:
        house.fire("zhai", case, "begin_review")
    return case


def member_elsewhere(house: House, login: str) -> None:
    """Let somebody be a member of a committee that sees no case of the whole house."""
    grant = GrantRow(root=ROOT, person=PersonId(login), role="committee_member", unit=UnitId("safety"))
    house.desk.office.write([AddGrant(grant)])


def case_of(house: House, case: CaseId) -> Case:
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    return found


def forms(page: str) -> dict[str, dict[str, str]]:
    """Return the hidden fields and the address of every form that is sent, by the address."""
    found = {}
    for tag, body in re.findall(r'<form method="post"([^>]*)>(.*?)</form>', page, re.DOTALL):
        action = unescape(re.search(r'action="([^"]*)"', tag)[1])  # type: ignore[index]  # every form says where
        fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', body)
        found[action] = {name: unescape(value) for name, value in fields}
    return found


def form_to(page: str, part: str) -> tuple[str, dict[str, str]]:
    return next((action, fields) for action, fields in forms(page).items() if part in action)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


# ------------------------------------------------------------------------------------------------------------ the board


def test_the_board_shows_each_state_with_its_cases_and_who_must_act(zhai: TestClient, house: House) -> None:
    submitted(house, "关于照明的提案")
    submitted(house, "关于饮水的提案", begun=True)
    page = zhai.get("/board").text

    assert '<option value="s6m3" selected>六届三次</option>' in page
    assert '<b class="board-count" data-count-of="submitted">1</b>' in page
    assert "待提案工作委员会、工会办公室办理" in text_of(page)
    assert page.index("关于照明的提案") < page.index("关于饮水的提案")


def test_drafts_of_others_stand_neither_on_the_board_nor_in_its_counts(zhai: TestClient, house: House) -> None:
    house.open("shi", {"subject": "还没有提交的提案"})
    another(house, zhai, "luo")
    for path in ("/board", "/board?view=table", "/board/counts"):
        page = zhai.get(path).text
        assert "还没有提交的提案" not in page
        assert 'data-state="draft"' not in page
    another(house, zhai, "shi")
    page = zhai.get("/board?view=table").text
    assert "还没有提交的提案" in page
    assert 'data-state="draft"' in page


def test_who_has_nothing_to_see_is_told_so(zhai: TestClient, house: House) -> None:
    submitted(house)
    another(house, zhai, "luo")
    page = zhai.get("/board").text

    assert "本届次没有您有权查看的事项。" in page
    assert "关于照明的提案" not in page


def test_the_table_is_sorted_by_number_and_by_state_and_narrowed(zhai: TestClient, house: House) -> None:
    first = submitted(house, "关于照明的提案", begun=True)
    submitted(house, "关于饮水的提案", category="labour_protection")
    house.fire("zhai", first, "file")
    by_number = zhai.get("/board?view=table&order=number").text
    by_state = zhai.get("/board?view=table&order=state").text
    safety = zhai.get("/board?view=table&category=labour_protection&unit=works").text
    filed = zhai.get("/board?view=table&state=filed&order=unit").text

    # 六届三次收字第002号 comes before 六届三次第001号提案: 收 is U+6536, 第 is U+7B2C.
    assert by_number.index("关于饮水的提案") < by_number.index("关于照明的提案")
    assert by_state.index("关于饮水的提案") < by_state.index("关于照明的提案")
    assert "关于饮水的提案" in safety
    assert "关于照明的提案" not in safety
    assert "关于照明的提案" in filed
    assert "关于饮水的提案" not in filed
    assert 'aria-sort="ascending"' in by_number


def test_nonsense_in_an_address_is_left_out(zhai: TestClient, house: House) -> None:
    submitted(house)
    page = zhai.get("/board?session=s9&workflow=x&view=y&order=z&state=q&unit=r&category=s")
    assert page.status_code == 200
    assert "关于照明的提案" in page.text
    assert "翻页标记有误" in zhai.get("/board?view=table&after=nonsense").text


def test_cases_of_no_session_are_on_a_board_of_their_own(zhai: TestClient, house: House) -> None:
    submitted(house)
    assert "没有符合条件的事项" in zhai.get("/board?session=none").text


def test_a_column_shows_the_first_and_the_rest_is_a_page_of_the_table(zhai: TestClient, house: House) -> None:
    for n in range(8):
        submitted(house, f"关于照明的提案之{n}")
    page = zhai.get("/board").text
    more = unescape(re.search(r'href="(/board\?[^"]*after=[^"]*)"', page)[1])  # type: ignore[index]  # there are more than six
    shown = re.findall("关于照明的提案之([0-9])</a>", page)
    rest = re.findall("关于照明的提案之([0-9])</a>", zhai.get(more).text)

    assert len(shown) == 6
    assert sorted(shown + rest) == list("01234567")


def test_counts_that_have_not_changed_are_not_sent_again(zhai: TestClient, house: House) -> None:
    submitted(house)
    first = zhai.get("/board/counts")
    again = zhai.get("/board/counts", headers={"If-None-Match": first.headers["ETag"]})
    submitted(house, "关于饮水的提案")
    changed = zhai.get("/board/counts", headers={"If-None-Match": first.headers["ETag"]})

    assert "<html" not in first.text
    assert (again.status_code, again.text) == (304, "")
    assert changed.status_code == 200
    assert re.search(r'data-state="submitted">.*?<b>2</b>', changed.text, re.DOTALL)


def test_a_move_on_a_selection_is_previewed_and_names_what_it_skipped(zhai: TestClient, house: House) -> None:
    ready, begun = submitted(house), submitted(house, "关于饮水的提案", begun=True)
    unseen = CaseId("0" * 32)
    query = f"measure=begin_review&case={ready}&case={begun}&case={unseen}&view=table"
    page = zhai.get(f"/board/act?{query}").text
    action, fields = form_to(page, "/board/act")
    previewed = zhai.post(action, data={**fields, "case": [ready, begun], "other": [unseen]}, headers=OWN)
    assert "可以办理 1 件，不能办理 2 件" in previewed.text
    assert case_of(house, ready).state == "submitted"
    action, fields = form_to(previewed.text, "/board/act")
    chosen = {**fields, "case": [ready], "other": [begun, unseen]}
    done = zhai.post(action, data=chosen, headers=OWN)

    assert "成功 1 件，未办 2 件" in done.text
    assert "不能“开始审查”" in done.text
    assert case_of(house, ready).state == "under_review"
    assert "成功 1 件" in zhai.post(action, data=chosen, headers=OWN).text
    assert case_of(house, ready).fired["begin_review"] == 1


def test_a_selection_tells_nothing_of_a_case_that_one_may_not_see(zhai: TestClient, house: House) -> None:
    case = submitted(house)
    member_elsewhere(house, "luo")
    another(house, zhai, "luo")
    action, fields = form_to(
        zhai.get(f"/board/act?measure=begin_review&case={case}&case={'0' * 32}").text, "/board/act"
    )
    page = zhai.post(action, data={**fields, "case": [case], "confirmed": "1"}, headers=OWN).text

    assert "关于照明的提案" not in page
    assert case_of(house, case).state == "submitted"


def test_a_move_that_nobody_knows_is_refused_and_measures_stay_what_they_are(zhai: TestClient, house: House) -> None:
    case = submitted(house)
    unknown = zhai.get(f"/board/act?measure=fly&case={case}")
    no_measure = zhai.get(f"/overdue/act?measure=begin_review&case={case}")

    assert unknown.status_code == 404
    assert "没有名为“fly”的办理步骤" in unknown.text
    assert no_measure.status_code == 404


def test_only_moves_that_ask_nothing_of_each_case_by_itself_are_offered_for_many(
    zhai: TestClient, house: House
) -> None:
    submitted(house, begun=True)
    page = zhai.get("/board").text
    offered = re.findall('<option value="([a-z_]+)">', page.partition('id="measure"')[2].partition("</select>")[0])

    assert "file" in offered
    assert "merge" not in offered
    another(house, zhai, "shi")
    assert 'id="measure"' not in zhai.get("/board").text


# ---------------------------------------------------------------------------------------------------------- the meeting


def test_the_meeting_goes_from_one_proposal_to_the_next_and_records_vote_and_reason(
    zhai: TestClient, house: House
) -> None:
    first, second = submitted(house, "关于照明的提案"), submitted(house, "关于饮水的提案", begun=True)
    page = zhai.get("/meeting").text
    assert "第 1/2 件" in page
    assert "夜班职工零点以后只能吃方便面。" in page
    assert "石磊生" in page
    assert "记录结论时一并记“开始审查”" in text_of(page)
    action, fields = form_to(page, f"/meeting/{first}/file")
    vote = {"f.vote_for": "7", "f.vote_against": "1", "f.vote_abstain": "2", "f.review_opinion": "事实清楚。"}
    answer = zhai.post(action, data={**fields, **vote}, headers=OWN)
    assert answer.status_code == 303
    following = zhai.get(answer.headers["Location"]).text
    filed = case_of(house, first)

    assert filed.state == "filed"
    assert (filed.data["vote_for"], filed.data["vote_against"], filed.data["vote_abstain"]) == (7, 1, 2)
    assert "第 2/2 件" in following
    assert "关于饮水的提案" in following
    assert "已记录：六届三次第001号提案 立案" in following
    assert "流程没有规定由您撤回此结论的步骤" in following
    # Sent again, it is done once: the answer is the same.
    again = zhai.post(action, data={**fields, **vote}, headers=OWN)
    assert again.status_code == 303
    assert case_of(house, first).version == filed.version
    assert case_of(house, second).state == "under_review"


def test_an_outcome_without_its_reason_is_refused_on_the_same_case(zhai: TestClient, house: House) -> None:
    case = submitted(house, begun=True)
    action, fields = form_to(zhai.get("/meeting").text, "/refuse?")
    answer = zhai.post(action, data={**fields, "f.vote_for": "1001"}, headers=OWN)

    assert answer.status_code == 422
    assert "填写有误：" in answer.text
    assert 'value="1001"' in answer.text
    assert "关于照明的提案" in answer.text
    assert case_of(house, case).state == "under_review"


def test_a_case_that_somebody_moved_on_is_not_decided_unseen(zhai: TestClient, house: House) -> None:
    case = submitted(house, begun=True)
    action, fields = form_to(zhai.get("/meeting").text, "/file?")
    house.fire("zhai", case, "convert", {"conversion_reason": "一般性建议。"})
    answer = zhai.post(action, data=fields, headers=OWN)

    assert answer.status_code in (409, 412)
    assert case_of(house, case).state == "converted"


def test_who_may_only_begin_a_review_is_offered_no_outcome(zhai: TestClient, house: House) -> None:
    case = submitted(house)
    action, fields = form_to(zhai.get("/meeting").text, f"/meeting/{case}/file")
    another(house, zhai, "shen")
    page = zhai.get("/meeting").text
    answer = zhai.post(action, data=fields, headers=OWN)

    assert "此件目前没有您可以作出的结论。" in page
    assert answer.status_code == 403
    assert "须由提案工作委员会办理" in answer.text


def test_the_meeting_knows_its_own_outcomes_and_cases_only(zhai: TestClient, house: House) -> None:
    case = submitted(house, begun=True)
    member_elsewhere(house, "luo")
    assert zhai.post(f"/meeting/{case}/withdraw", data={"key": "k"}, headers=OWN).status_code == 404
    another(house, zhai, "luo")
    assert zhai.post(f"/meeting/{case}/file", data={"key": "k"}, headers=OWN).status_code == 404
    page = zhai.get(f"/meeting?at={case}&last={case}&did=file")
    assert page.status_code == 200
    assert "没有待审查的事项。" in page.text
    assert "六届三次收字" not in page.text
    assert case_of(house, case).state == "under_review"


def test_the_agenda_is_narrowed_by_category_and_by_delegation(zhai: TestClient, house: House) -> None:
    submitted(house, "关于照明的提案", begun=True, proposer_delegation="第一代表团")
    submitted(house, "关于饮水的提案", begun=True, proposer_delegation="第二代表团", category="labour_protection")

    assert "第 1/1 件" in zhai.get("/meeting?category=labour_protection").text
    assert "关于饮水的提案" in zhai.get("/meeting?narrowed=第二").text
    assert "第 1/1 件" in zhai.get("/meeting?narrowed=第一&category=nonsense&done=x").text
    assert "没有待审查的事项。" in zhai.get("/meeting?narrowed=第三").text


def test_the_agenda_goes_by_number_as_people_count(zhai: TestClient, house: House) -> None:
    cases = [submitted(house, f"关于照明的提案之{n}") for n in range(3)]
    page = zhai.get(f"/meeting?at={cases[1]}").text

    assert "第 2/3 件" in page
    assert f"at={cases[0]}" in page.partition('rel="prev"')[0].rpartition("<a")[2]
    assert f"at={cases[2]}" in page.partition('rel="next"')[0].rpartition("<a")[2]


def test_the_minutes_tell_the_outcomes_of_a_day_with_votes_and_reasons(zhai: TestClient, house: House) -> None:
    filed, refused = submitted(house, "关于照明的提案", begun=True), submitted(house, "关于饮水的提案", begun=True)
    house.fire("zhai", filed, "file", {"vote_for": 7, "vote_against": 0})
    house.fire("zhai", refused, "refuse", {"refusal_code": "R18", "refusal_reason": "与第3号提案重复。"})
    page = text_of(zhai.get("/meeting/minutes").text)

    assert "六届三次 · 2026年1月20日（周二） · 共 2 件" in page
    assert "赞成 7、反对 0、弃权 —" in page
    assert "与第3号提案重复。" in page
    for on in ("2026-01-19", "2026-01-21"):
        assert "当日没有记录审查结论。" in zhai.get(f"/meeting/minutes?on={on}").text
    for on in ("nonsense", "2026-13-01"):
        assert "共 2 件" in zhai.get(f"/meeting/minutes?on={on}").text
    another(house, zhai, "luo")
    assert "关于照明的提案" not in zhai.get("/meeting/minutes").text


# ------------------------------------------------------------------------------------------------------- merge, assign


def test_a_case_is_merged_from_the_two_texts_side_by_side_and_taken_out_again(zhai: TestClient, house: House) -> None:
    main = house.filed(form={"subject": "关于改善食堂的提案", "grounds": "夜班没有热饭。周末也没有。"})
    case = submitted(house, "关于食堂的提案", grounds="夜班没有热饭。中班也没有。")
    found = zhai.get(f"/merge/{case}?q=1").text
    address = unescape(re.search(r'href="(/merge/[^"]*into=[^"]*)"', found)[1])  # type: ignore[index]  # it was found
    page = zhai.get(address).text
    assert '夜班没有热饭。<mark class="differs">中班</mark>也没有。' in page
    assert "各自对答复作出评价" in page
    action, fields = form_to(page, f"/merge/{case}/merge")
    answer = zhai.post(action, data=fields, headers=OWN)
    assert answer.headers["Location"] == f"/cases/{case}?done=merge"
    assert case_of(house, case).merged_into == main

    merged = zhai.get(f"/merge/{case}").text
    assert "主案尚未答复，现在可以撤销并案。" in merged
    action, fields = form_to(merged, f"/merge/{case}/unmerge")
    refused = zhai.post(action, data=fields, headers=OWN)
    assert refused.status_code == 422
    assert "填写有误：并案（撤销并案）理由" in refused.text
    assert zhai.post(action, data={**fields, "f.merge_reason": "另办。"}, headers=OWN).status_code == 303
    assert case_of(house, case).state == "under_review"


def test_cases_with_a_like_text_are_offered_before_anything_is_looked_for(zhai: TestClient, house: House) -> None:
    same = {"subject": "关于增设快递存放点的提案", "grounds": "快递只能放在门卫室，常常丢失。"}
    main = house.filed(form=same)
    other = {"subject": "关于班车时刻的提案", "grounds": "末班车太早。", "proposed_measures": "推迟一小时。"}
    elsewhere = house.filed(form=other)
    case = submitted(house, "关于增设快递存放点的提案", grounds="快递只能放在门卫室，常常丢失。")

    offered = zhai.get(f"/merge/{case}").text
    assert "文字相近、可作主案的事项" in offered
    assert f"into={main}" in offered
    assert f"into={elsewhere}" not in offered
    # What is chosen, or looked for, takes their place.
    assert "文字相近、可作主案的事项" not in zhai.get(f"/merge/{case}?into={main}").text
    assert "文字相近、可作主案的事项" not in zhai.get(f"/merge/{case}?q=班车").text


def test_a_main_case_is_found_by_its_words_too(zhai: TestClient, house: House) -> None:
    house.filed(form={"subject": "关于改善食堂的提案"})
    case = submitted(house, "关于食堂的提案", begun=True)

    assert "关于改善食堂的提案" in zhai.get(f"/merge/{case}?q=改善食堂").text
    none = "没有找到可以作为主案的事项：须为同一届次、正在办理的另一件。"
    assert none in zhai.get(f"/merge/{case}?q=班车").text
    assert "没有找到可以作为主案的事项" in zhai.get(f"/merge/{case}?q=77").text


def test_what_one_may_not_see_is_neither_merged_nor_compared(zhai: TestClient, house: House) -> None:
    hidden = house.filed(form={"subject": "关于改善食堂的提案"})
    case = submitted(house, "关于食堂的提案", begun=True)
    assert zhai.get(f"/merge/{case}?into={'0' * 32}").status_code == 404
    assert zhai.post(f"/merge/{case}/file", data={"key": "k"}, headers=OWN).status_code == 404
    action, fields = form_to(zhai.get(f"/merge/{case}?into={hidden}").text, "/merge?")
    another(house, zhai, "luo")
    assert zhai.get(f"/merge/{case}").status_code == 404
    assert zhai.post(action, data=fields, headers=OWN).status_code == 404


def test_a_merge_that_the_rules_refuse_says_why_and_shows_the_texts_again(zhai: TestClient, house: House) -> None:
    main, case = house.filed(), submitted(house, "关于食堂的提案", begun=True)
    third = submitted(house, "关于餐厅的提案", begun=True)
    action, fields = form_to(zhai.get(f"/merge/{case}?into={main}").text, "/merge?")
    house.fire("zhai", third, "merge", {"merge_into": case})
    answer = zhai.post(action, data=fields, headers=OWN)

    assert answer.status_code in (409, 412)
    assert "文本对照" in answer.text
    assert case_of(house, case).merged_into is None


def test_the_meeting_goes_on_after_a_merge(zhai: TestClient, house: House) -> None:
    main, case = house.filed(), submitted(house, "关于食堂的提案")
    submitted(house, "关于饮水的提案")
    page = zhai.get("/meeting").text
    address = unescape(re.search(r'href="(/merge/[^"]*)"', page)[1])  # type: ignore[index]  # the link to merging
    action, fields = form_to(zhai.get(f"{address}&into={main}").text, f"/merge/{case}/merge?")
    following = zhai.post(action, data=fields, headers=OWN).headers["Location"]

    page = zhai.get(following).text
    assert following.startswith("/meeting?")
    assert "第 2/2 件" in page
    assert "撤回办法：撤销并案" in page


def test_a_case_that_cannot_be_merged_says_so(zhai: TestClient, house: House) -> None:
    case = submitted(house, begun=True)
    house.fire("zhai", case, "refer_to_presidium", {"presidium_question": "是否立案？"})
    assert "此件现在处于“提交主席团”，您不能将其并案。" in zhai.get(f"/merge/{case}").text
    another(house, zhai, "shen")
    assert "您不能将其并案" in zhai.get(f"/merge/{submitted(house)}").text


def test_units_that_handled_this_kind_before_are_suggested_with_how_they_did(zhai: TestClient, house: House) -> None:
    passed_on, kept, here = house.filed(), house.filed(), house.filed()
    house.fire("zhai", passed_on, "assign", {"lead": "safety"})
    house.fire("zhai", passed_on, "reassign", {"lead": "logistics", "reassignment_reason": "职责不符。"})
    house.fire("zhai", kept, "assign", {"lead": "logistics"})
    page = text_of(zhai.get(f"/assign/{here}?unit=logistics").text)

    assert "后勤服务中心 主办 2 件、最近一次" in page
    assert "安全环保部 主办 1 件、退办、改派 1 次" in page
    assert "已选用" in page
    raw = zhai.get(f"/assign/{here}?unit=logistics").text
    assert re.search(r'<option value="logistics" selected>', raw)
    other = house.filed(form={"category": "labour_protection"})
    assert "本类别以往没有交办记录。" in zhai.get(f"/assign/{other}?unit=nowhere").text
    assert "此件现在没有您可以办理的交办步骤。" in zhai.get(f"/assign/{submitted(house)}").text


def test_what_one_may_not_see_is_neither_assigned_nor_counted(zhai: TestClient, house: House) -> None:
    seen = house.filed()
    house.fire("zhai", seen, "assign", {"lead": "logistics"})
    # A handler of another unit who may assign nothing sees no case of logistics, and so no unit is suggested.
    house.desk.office.write(
        [AddGrant(GrantRow(root=ROOT, person=PersonId("luo"), role="handler", unit=UnitId("safety")))]
    )
    own = house.filed()
    house.fire("zhai", own, "assign", {"lead": "safety"})
    another(house, zhai, "luo")
    assert zhai.get(f"/assign/{seen}").status_code == 404
    assert "后勤服务中心 主办" not in text_of(zhai.get(f"/assign/{own}").text)


def test_the_pages_are_in_english_too(zhai: TestClient, house: House) -> None:
    case = submitted(house, begun=True)
    for path in (
        "/board",
        "/board?view=table",
        "/meeting",
        "/meeting/minutes",
        f"/merge/{case}?q=1",
        f"/assign/{case}",
    ):
        page = zhai.get(f"{path}{'&' if '?' in path else '?'}lang=en")
        assert page.status_code == 200
        assert 'lang="en"' in page.text
