"""What waits for somebody, as a page: the next due first, what is asked next, one or several done from the list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from html import unescape

import pytest
from pydantic import JsonValue
from starlette.testclient import TestClient

import engine.service.waiting
from engine.case.identity import CaseId
from engine.storage.waiting_reads import WaitingReads
from tests.support.house import ROOT, House, client_of, open_house

OWN = {"Sec-Fetch-Site": "same-origin"}
HEAT, LIGHT, WATER = "关于供暖的提案", "关于照明的提案", "关于饮水的提案"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture(params=["few", "many"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody counts as one who reads few cases, then as one who reads very many."""
    if request.param == "many":
        monkeypatch.setattr(WaitingReads, "readable", lambda *_asked, **_limit: engine.service.waiting.FEW + 1)


@pytest.fixture
def visit(house: House) -> Iterator[Callable[[str], TestClient]]:
    with ExitStack() as stack:

        def logged_in(login: str) -> TestClient:
            client = stack.enter_context(client_of(house))
            client.cookies.set("banjie", house.token(login))
            return client

        yield logged_in


@pytest.fixture
def given(house: House) -> dict[str, CaseId]:
    """Three proposals that logistics leads, safety beside it in two of them."""
    cases = {subject: house.filed(form={"subject": subject}) for subject in (HEAT, LIGHT, WATER)}
    for subject, due in ((HEAT, "2026-04-30"), (LIGHT, "2026-03-31"), (WATER, None)):
        helpers: list[JsonValue] = [] if subject == WATER else ["safety"]
        form: dict[str, JsonValue] = {"lead": "logistics", "co_handlers": helpers, "reply_due_on": due}
        house.fire("zhai", cases[subject], "assign", {name: value for name, value in form.items() if value})
    return cases


def part_of(house: House, case: CaseId, unit: str) -> CaseId:
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    return next(child.case for child in found.newest_children if child.unit == unit)


def state_of(house: House, case: CaseId) -> str:
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    return found.state


def page(client: TestClient, address: str = "/mine") -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def subjects(text: str) -> list[str]:
    return re.findall(r'<td class="subject"[^>]*>(?:<a [^>]+>)?([^<]+)<', text)


def counts(text: str) -> dict[str, str]:
    tiles = text[text.index("mine-tiles") :]
    return {title: count for count, title in re.findall(r"<strong>([^<]+)</strong><span>([^<]+)</span>", tiles)}


def row_of(text: str, subject: str) -> str:
    return next(row for row in text.split("<tr>") if subject in row)


def fields(text: str, action: str = "/mine/do") -> dict[str, list[str]]:
    """Return what the list would send with every line ticked."""
    form = text[text.index(f'method="post" action="{action}') :].partition("</form>")[0]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]+>", form):
        values = {name: unescape(value) for name, value in re.findall(r'([\w.]+)="([^"]*)"', tag)}
        sent.setdefault(values["name"], []).append(values["value"])
    return sent


@pytest.mark.usefixtures("either_way", "given")
def test_the_next_due_stands_first_and_each_group_says_how_many(
    house: House, visit: Callable[[str], TestClient]
) -> None:
    text = page(visit("jiao"))
    # All acknowledgements are due on the same day; the parts of one unit stand one after the other.
    assert sorted(subjects(text)) == sorted([LIGHT, HEAT])
    assert counts(text) == {"已超期": "0", "今天到期": "0", "本周到期": "0", "本周以后": "2", "没有期限": "0"}
    house.clock.set(datetime(2026, 1, 30, 1, tzinfo=UTC))
    assert counts(page(visit("jiao")))["今天到期"] == "2"
    house.clock.set(datetime(2026, 1, 28, 1, tzinfo=UTC))
    assert counts(page(visit("jiao")))["本周到期"] == "2"
    house.clock.set(datetime(2026, 2, 2, 1, tzinfo=UTC))
    assert counts(page(visit("jiao")))["已超期"] == "2"


def test_the_case_a_unit_leads_and_its_part_are_one_line(
    house: House, visit: Callable[[str], TestClient], given: dict[str, CaseId]
) -> None:
    client = visit("wen")
    assert sorted(subjects(page(client))) == sorted(given)
    for subject in (HEAT, LIGHT, WATER):
        house.fire("wen", part_of(house, given[subject], "logistics"), "acknowledge")
    # From here on what is due is the reply: of the three at different days.
    assert subjects(page(client)) == [LIGHT, WATER, HEAT]
    assert subjects(page(client, "/mine?when=later")) == [LIGHT, WATER, HEAT]
    assert subjects(page(client, "/mine?when=overdue")) == []
    assert "按这些条件没有须由您办理的事项" in page(client, "/mine?when=overdue")


def test_a_line_offers_what_is_asked_next_and_says_how_the_other_units_stand(
    house: House, visit: Callable[[str], TestClient], given: dict[str, CaseId]
) -> None:
    client = visit("wen")
    own = part_of(house, given[HEAT], "logistics")
    first = row_of(page(client), HEAT)
    assert f'<button class="primary" formaction="/mine/do?one={own}.acknowledge">签收</button>' in first
    assert re.search(r'安全环保部 <span class="standing open">待签收', first)
    house.fire("wen", own, "acknowledge")
    theirs = part_of(house, given[HEAT], "safety")
    house.fire("jiao", theirs, "acknowledge")
    house.fire("jiao", theirs, "give_opinion", {"opinion": "同意。"})
    house.fire("wen", given[HEAT], "request_extension", {"extension_days": 10, "extension_reason": "需采购。"})
    second = row_of(page(client), HEAT)
    assert f'<a class="button primary" href="/cases/{given[HEAT]}?move=draft_reply#moves">拟写答复送会签</a>' in second
    assert f'href="/mine/{given[HEAT]}/extension?move=request_extension"' in second
    assert re.search(r'安全环保部 <span class="standing done">已提协办意见', second)
    assert "已申请延期，待批" in second
    house.fire("zhai", given[HEAT], "grant_extension", {"extension_days": 10, "extension_reason": "需采购。"})
    assert "已延期" in row_of(page(client), HEAT)


def test_a_move_asked_for_by_the_address_stands_open_on_the_page_of_the_case(
    house: House, visit: Callable[[str], TestClient], given: dict[str, CaseId]
) -> None:
    house.fire("wen", part_of(house, given[HEAT], "logistics"), "acknowledge")
    text = page(visit("wen"), f"/cases/{given[HEAT]}?move=draft_reply")
    opened = re.findall(r"<details class=\"move\"[^>]* open[^>]*>\s*<summary>([^<]+)", text)
    assert [title.strip() for title in opened] == ["拟写答复送会签"]


def test_one_is_acknowledged_by_its_button_and_twice_does_it_once(
    house: House, visit: Callable[[str], TestClient], given: dict[str, CaseId]
) -> None:
    client = visit("wen")
    own = part_of(house, given[HEAT], "logistics")
    sent = fields(page(client))
    answer = client.post(f"/mine/do?one={own}.acknowledge", data=sent, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/mine?did={own}.acknowledge")
    assert "已办理“签收”" in page(client, answer.headers["location"])
    assert (state_of(house, own), state_of(house, given[HEAT])) == ("handling", "handling")
    again = client.post(f"/mine/do?one={own}.acknowledge", data=sent, headers=OWN)
    assert again.status_code == 303
    assert page(client, "/mine?did=nonsense.move").count('role="status"') == 0


def test_a_refused_button_says_why_on_the_list_itself(
    house: House, visit: Callable[[str], TestClient], given: dict[str, CaseId]
) -> None:
    client = visit("wen")
    sent = fields(page(client))
    own = part_of(house, given[HEAT], "logistics")
    house.fire("lai", own, "acknowledge")
    answer = client.post(f"/mine/do?one={own}.acknowledge", data=sent, headers=OWN)
    assert answer.status_code in (409, 412)
    assert 'role="alert"' in answer.text
    assert sorted(subjects(answer.text)) == sorted(given)
    wrong = client.post(f"/mine/do?one={own}.hand_back", data={"key": "k1"}, headers=OWN)
    assert wrong.status_code == 409
    assert "事项处于“办理中”，不能“申请退办”" in wrong.text


def test_what_one_may_not_see_is_not_there(visit: Callable[[str], TestClient], given: dict[str, CaseId]) -> None:
    client = visit("luo")
    assert "没有须由您办理的事项" in page(client)
    answer = client.post(f"/mine/do?one={given[HEAT]}.acknowledge", data={"key": "k"}, headers=OWN)
    assert answer.status_code == 404
    several = client.post(
        "/mine/do", data={"key": "k", "move": "acknowledge", "case": f"{given[HEAT]}.acknowledge"}, headers=OWN
    )
    assert several.status_code == 200
    assert HEAT not in several.text
    assert "没有选择可以办理的事项" in several.text
    assert client.get(f"/mine/{given[HEAT]}/extension?move=request_extension&days=3").status_code == 404


def test_several_are_looked_at_first_and_only_then_acknowledged(
    house: House, visit: Callable[[str], TestClient], given: dict[str, CaseId]
) -> None:
    client = visit("wen")
    parts = [part_of(house, case, "logistics") for case in given.values()]
    preview = client.post("/mine/do", data={**fields(page(client)), "move": "acknowledge"}, headers=OWN)
    assert "核对结果：可以办理 3 件，不能办理 0 件" in preview.text
    assert [state_of(house, part) for part in parts] == ["assigned"] * 3
    sent = fields(preview.text)
    # Somebody was first with one of them meanwhile.
    house.fire("lai", parts[1], "acknowledge")
    done = client.post("/mine/do", data=sent, headers=OWN)
    assert "办理结果：成功 2 件，未办 1 件" in done.text
    assert [state_of(house, part) for part in parts] == ["handling"] * 3
    repeated = client.post("/mine/do", data=sent, headers=OWN)
    assert "办理结果：成功 2 件，未办 1 件" in repeated.text


def test_a_preview_says_what_cannot_be_done_and_nothing_ticked_is_nothing_done(
    house: House, visit: Callable[[str], TestClient], given: dict[str, CaseId]
) -> None:
    client = visit("wen")
    own = part_of(house, given[HEAT], "logistics")
    house.fire("wen", own, "acknowledge")
    preview = client.post("/mine/do", data={"move": "acknowledge", "case": f"{own}.acknowledge"}, headers=OWN)
    assert "核对结果：可以办理 0 件，不能办理 1 件" in preview.text
    assert "事项处于“办理中”，不能“签收”" in preview.text
    nothing = client.post("/mine/do", data={"move": "acknowledge", "key": "k"}, headers=OWN)
    assert "没有选择可以办理的事项，请返回勾选" in nothing.text


@pytest.mark.usefixtures("either_way")
def test_the_list_is_narrowed_by_workflow_unit_and_whose_it_is(
    house: House, visit: Callable[[str], TestClient], given: dict[str, CaseId]
) -> None:
    draft = house.open("zhai", {"subject": "关于年休假的提案"})
    waiting = house.filed(form={"subject": "关于班车的提案"})
    client = visit("zhai")
    assert sorted(subjects(page(client))) == sorted(["关于年休假的提案", "关于班车的提案"])
    assert subjects(page(client, "/mine?whose=person")) == ["关于年休假的提案"]
    assert subjects(page(client, "/mine?whose=post")) == ["关于班车的提案"]
    assert subjects(page(client, "/mine?workflow=grievance")) == []
    assert subjects(page(client, "/mine?unit=logistics")) == []
    assert subjects(page(client, "/mine?unit=works&whose=post")) == ["关于班车的提案"]
    assert counts(page(client, "/mine?unit=works&whose=post"))["本周以后"] == "1"
    # Nonsense in an address is left out.
    assert len(subjects(page(client, "/mine?unit=nowhere&when=never&whose=nobody&workflow=none"))) == 2
    assert {draft, waiting} <= {CaseId(each) for each in re.findall(r"/cases/(\w+)", page(client))}


@pytest.mark.usefixtures("either_way")
def test_the_list_goes_on_where_a_page_ends(
    house: House, visit: Callable[[str], TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {f"关于照明的提案第{n}件" for n in range(5)}
    for subject in wanted:
        house.filed(form={"subject": subject})
    monkeypatch.setattr("web.pages.mine.PAGE_LINES", 2)
    client, found, address = visit("zhai"), [], "/mine?all=1"
    while True:
        text = page(client, address)
        found += subjects(text)
        following = re.search(r'href="(/mine[^"]*after=[^"]*)" rel="next"', text)
        if following is None:
            break
        address = unescape(following[1])
    assert len(found) == 5
    assert set(found) == wanted
    assert client.get("/mine?after=nonsense").status_code == 422
    assert client.get("/mine?after=1.").status_code == 422


@pytest.mark.usefixtures("given")
def test_the_day_is_printed_without_buttons(visit: Callable[[str], TestClient]) -> None:
    text = page(visit("wen"), "/mine/print?workflow=proposal")
    assert "待办清单" in text
    assert "温其玉 · 2026年1月20日（周二）" in text
    assert sorted(subjects(text)) == sorted([HEAT, LIGHT, WATER])
    assert "<button" not in text[text.index("<main") : text.index("</main>")]
    assert "没有须由您办理的事项" in page(visit("luo"), "/mine/print")


def test_more_time_is_worked_out_before_it_is_asked_for(
    house: House, visit: Callable[[str], TestClient], given: dict[str, CaseId]
) -> None:
    house.fire("wen", part_of(house, given[HEAT], "logistics"), "acknowledge")
    client, address = visit("wen"), f"/mine/{given[HEAT]}/extension?move=request_extension"
    assert "现在到期：2026年4月30日（周四）" in page(client, address)
    # Ten days after 30 April is Sunday 10 May, which moves on to the Monday.
    assert "延长 10 日后到期：2026年5月11日（周一）" in page(client, f"{address}&days=10")
    assert "按规定不能延长 31 日：以 1 次、共 30 日为限，且须在到期前提出。" in page(client, f"{address}&days=31")
    assert "日后到期" not in page(client, f"{address}&days=x")
    own = part_of(house, given[HEAT], "logistics")
    for case, move in ((given[HEAT], "log_contact"), (given[HEAT], "nothing"), (own, "acknowledge")):
        answer = client.get(f"/mine/{case}/extension?move={move}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{case}")
