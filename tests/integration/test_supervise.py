"""The overview of supervision, as pages: units rolled up, persons, ladders, promises, hand-backs; and their lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from pydantic import JsonValue
from starlette.testclient import TestClient

from engine.access.directory import GrantRow, Person, Unit
from engine.access.passwords import secret_hash
from engine.case.commands import OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service import overview_kept
from engine.service.account_writes import OpenLogin
from engine.service.asked_counts import keep_asked
from engine.service.kept_answers import JOB
from engine.service.plain import AddGrant, AddPerson, AddUnit, PlainWrite
from engine.service.sweep import sweep
from engine.text import Text
from runtime.jobs.handlers import tell_all
from runtime.jobs.leases import LeasedJobs
from tests.support.house import ROOT, House, client_of, open_house

LATE = datetime(2026, 3, 9, 1, tzinfo=UTC)
"""Monday 9 March 2026: what logistics was to acknowledge by 30 January is late, and so is what was filed on 20 January
and had to be assigned by 6 March."""
HEAT, LIGHT = "关于供暖的提案", "关于照明的提案"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        kitchen = Unit(
            root=ROOT, id=UnitId("kitchen"), parent=UnitId("logistics"), code="k", title=Text("食堂", "Kitchen")
        )
        writes: list[PlainWrite] = [AddUnit(kitchen), AddGrant(grant("shen", "supervisor", "works"))]
        for login, unit in (("inspector", "logistics"), ("cook", "kitchen")):
            role = "supervisor" if login == "inspector" else "handler"
            person = Person(root=ROOT, id=PersonId(login), name={"inspector": "督小明", "cook": "厨小红"}[login],
                            login=login, unit=UnitId(unit))  # fmt: skip
            writes += [AddPerson(person), AddGrant(grant(login, role, unit)), logged(login, house.clock.now())]
        house.desk.office.write(writes)
        yield house


def grant(person: str, role: str, unit: str) -> GrantRow:
    return GrantRow(root=ROOT, person=PersonId(person), role=role, unit=UnitId(unit))


def logged(login: str, at: datetime) -> OpenLogin:
    return OpenLogin(
        token_hash=secret_hash(f"token-of-{login}"), root=ROOT, person=PersonId(login), kind="token", title="test",
        at=at, expires_at=at + timedelta(days=400),
    )  # fmt: skip


@pytest.fixture
def late(house: House) -> dict[str, CaseId]:
    """One proposal that nobody assigned, one that the kitchen leads; both late, swept, and everybody told."""
    cases = {HEAT: house.filed(form={"subject": HEAT}), LIGHT: house.filed(form={"subject": LIGHT})}
    house.fire("zhai", cases[LIGHT], "assign", {"lead": "kitchen", "reply_due_on": "2026-03-11"})
    house.clock.set(LATE)
    sweep(house.desk, ROOT)
    tell_all(house.desk)
    return cases


@pytest.fixture
def visit(house: House) -> Iterator[Callable[[str], TestClient]]:
    with ExitStack() as stack:

        def logged_in(login: str) -> TestClient:
            client = stack.enter_context(client_of(house))
            client.cookies.set("banjie", house.token(login))
            return client

        yield logged_in


def page(client: TestClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def row(text: str, title: str) -> dict[str, str]:
    """Return the cells of the row that begins with this, by what stands above them."""
    found = next(part for part in text.split("<tr") if re.search(rf'<th scope="row"[^>]*>(<a[^>]*>)?{title}<', part))
    cells = re.findall(r'data-label="([^"]+)">(.*?)</td>', found.partition("</th>")[2], re.DOTALL)
    return {label: re.sub(r"<[^>]+>", "", cell).strip() for label, cell in cells}


def link(text: str, title: str, label: str) -> str:
    found = next(part for part in text.split("<tr") if re.search(rf'<th scope="row"[^>]*>(<a[^>]*>)?{title}<', part))
    cell = re.search(rf'data-label="{label}"><a href="([^"]+)"', found)
    assert cell is not None
    return unescape(cell[1])


@pytest.mark.usefixtures("late")
def test_units_are_rolled_up_and_each_number_opens_its_list(visit: Callable[[str], TestClient]) -> None:
    client = visit("shen")
    text = page(client, "/supervise")
    # The kitchen's late acknowledgement counts for logistics, its reply is due on Wednesday; the works have the other.
    assert row(text, "后勤服务中心")["已超期"] == "1"
    assert row(text, "后勤服务中心")["临期"] == "1"
    assert row(text, "江岭重工（本级）")["已超期"] == "1"
    assert row(text, "合计")["已超期"] == "2"
    assert (row(text, "合计")["在办"], row(text, "合计")["承办件"]) == ("2", "1")
    listed = page(client, link(text, "后勤服务中心", "已超期"))
    assert LIGHT in listed
    assert HEAT not in listed
    assert LIGHT not in page(client, link(text, "江岭重工（本级）", "已超期"))
    both = page(client, link(text, "合计", "已超期"))
    assert LIGHT in both
    assert HEAT in both


@pytest.mark.usefixtures("late")
def test_one_goes_down_the_tree_and_back_by_the_way(visit: Callable[[str], TestClient]) -> None:
    client = visit("shen")
    text = page(client, "/supervise?unit=logistics")
    assert '<a href="/supervise?unit=works">江岭重工</a>' in text
    assert '<b aria-current="location">后勤服务中心</b>' in text
    assert row(text, "食堂")["已超期"] == "1"
    lowest = page(client, "/supervise?unit=kitchen")
    assert row(lowest, "食堂")["已超期"] == "1"
    assert "安全环保部及其下级没有您可以查看的在办事项" in page(client, "/supervise?unit=safety")
    assert row(page(client, "/supervise?unit=nowhere"), "合计")["已超期"] == "2"


@pytest.mark.usefixtures("late")
def test_persons_are_counted_by_the_posts_they_hold_and_their_list_is_the_same(
    visit: Callable[[str], TestClient],
) -> None:
    client = visit("shen")
    text = page(client, "/supervise")
    assert row(text, "厨小红") == {
        "单位": "食堂",
        "已超期": "1",
        "临期": "1",
        "在办": "1",
        "承办件": "1",
        "本周到期": "2",
        "平均在办天数": "48 天",
    }
    listed = page(client, link(text, "厨小红", "已超期"))
    assert "应办人：厨小红" in listed
    assert LIGHT in listed
    assert HEAT not in listed
    nobody = page(client, "/overdue?handler=nobody")
    assert "应办人：" not in nobody
    assert HEAT not in nobody


@pytest.mark.usefixtures("late")
def test_a_supervisor_of_a_unit_sees_that_unit_and_nothing_else(visit: Callable[[str], TestClient]) -> None:
    client = visit("inspector")
    text = page(client, "/supervise")
    assert '<b aria-current="location">后勤服务中心</b>' in text
    # A supervisor of a unit reads the cases of that unit; the proposal belongs to the works, its part to the kitchen.
    assert "江岭重工" not in text[text.index("<main") : text.index("</main>")]
    assert row(text, "食堂")["已超期"] == "1"
    assert row(text, "食堂")["在办"] == "0"
    whole = page(client, "/supervise?unit=works")
    assert "合计" not in whole
    assert row(whole, "后勤服务中心")["已超期"] == "1"
    assert HEAT not in page(client, "/supervise/ladders?unit=works")
    stranger = visit("luo")
    assert "没有您可以查看的在办事项" in page(stranger, "/supervise")
    assert "没有须由岗位办理的事项" in page(stranger, "/supervise")
    assert "没有已启动的督办层级" in page(stranger, "/supervise/ladders")


@pytest.mark.usefixtures("late")
def test_a_ladder_says_which_rungs_were_reached_when_and_who_was_told(visit: Callable[[str], TestClient]) -> None:
    text = page(visit("shen"), "/supervise/ladders")
    kitchen = next(part for part in text.split("<tr>") if "签收（退办）期限" in part)
    assert "逾期未签收催办" in kitchen
    assert "2026-03-09" in kitchen
    assert re.search(r"告知：[^<]*厨小红", kitchen)
    assert LIGHT not in page(visit("shen"), "/supervise/ladders?unit=safety")
    assert "黑色" in page(visit("shen"), "/supervise/ladders?rung=black")
    assert LIGHT not in page(visit("shen"), "/supervise/ladders?rung=black")
    assert page(visit("shen"), "/supervise/ladders?rung=nonsense").count("<tr>") > 1


def test_promises_are_followed_until_they_are_kept(house: House, visit: Callable[[str], TestClient]) -> None:
    case = house.filed(form={"subject": HEAT})
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    house.fire("wen", found.newest_children[0].case, "acknowledge")
    reply = {
        "reply_class": "B",
        "reply_text": "列入计划。",
        "promised_on": "2026-03-06",
        "planned_measures": "更换管网",
    }
    house.fire("wen", case, "draft_reply", reply)
    house.fire("lai", case, "sign_off")
    house.fire("zhai", case, "release_reply")
    client = visit("shen")
    text = page(client, "/supervise/promises")
    assert "B 列入计划拟解决" in text
    assert "更换管网" in text
    assert "尚未报告落实" in text
    assert HEAT not in page(client, "/supervise/promises?which=late")
    house.clock.set(LATE)
    house.fire("shi", case, "evaluate", {"evaluation_attitude": "satisfied", "evaluation_result": "satisfied"})
    assert HEAT in page(client, "/supervise/promises?which=late")
    assert HEAT not in page(client, "/supervise/promises?which=near")
    assert "<strong>1</strong><span>承诺逾期未落实</span>" in page(client, "/supervise")
    house.fire("wen", case, "report_promise", {"promise_evidence": "验收单", "second_answer": "已更换。"})
    assert "已报告落实，待核查" in page(client, "/supervise/promises")
    house.fire("shen", case, "complete_follow_up", {"follow_up_result": "属实"})
    assert "没有待落实的承诺事项" in page(client, "/supervise/promises?which=nonsense")


def test_what_is_handed_back_is_counted_and_what_comes_back_twice_is_named(
    house: House, visit: Callable[[str], TestClient]
) -> None:
    case = house.filed(form={"subject": HEAT})
    for unit, head in (("logistics", "lai"), ("safety", "jiao")):
        house.fire("zhai", case, "assign", {"lead": unit})
        found = house.desk.reads.case(ROOT, case, None)
        assert found is not None
        part = found.newest_children[0].case
        note = {"hand_back_reason": reason(house), "hand_back_note": "不归本单位。", "proposed_unit": "works"}
        house.fire(head, part, "hand_back", note)
        house.fire("zhai", part, "uphold_hand_back")
    client = visit("shen")
    text = page(client, "/supervise/transfers")
    assert row(text, "后勤服务中心") == {"交办": "1", "退办": "1", "退办率": "100.0%"}
    assert row(text, "合计") == {"交办": "2", "退办": "2", "退办率": "100.0%"}
    assert HEAT in text
    assert "退办 2 次" in text
    assert "重新交办 1 次" in text
    assert "没有退办两次以上的事项" in page(client, "/supervise/transfers?unit=logistics")
    assert "没有您可以查看的在办事项" in page(visit("luo"), "/supervise/transfers")


def reason(house: House) -> str:
    """Return a code of the list of reasons for handing back."""
    reasons = house.desk.world(ROOT).rules.for_new("handling").list_of("hand_back_reason")
    assert reasons is not None
    return reasons.items[0].code


def test_whoever_is_complained_about_is_counted_nothing_of_it(house: House, visit: Callable[[str], TestClient]) -> None:
    """The supervisor of logistics is not to know of a grievance against logistics (XF Art.28)."""
    form: dict[str, JsonValue] = {
        "subject": "班组长克扣奖金",
        "channel": "letter",
        "petitioner_name": "王",
        "content": "略",
        "confidentiality": "internal",
    }
    shen = house.desk.queries.actor(ROOT, PersonId("shen"), house.clock.now())
    accused: list[JsonValue] = ["logistics"]
    for key, filled in (("g1", {**form, "accused_units": accused}), ("g2", form)):
        opened = OpenCase(root=ROOT, actor=shen, key=key, workflow="grievance", unit=UnitId("logistics"), form=filled)
        house.desk.office.carry_out([opened])
    assert row(page(visit("shen"), "/supervise"), "后勤服务中心")["在办"] == "2"
    assert row(page(visit("inspector"), "/supervise"), "后勤服务中心")["在办"] == "1"


@pytest.fixture
def jobs(house: House, tmp_path: Path) -> Iterator[LeasedJobs]:
    made = LeasedJobs.open(f"sqlite:///{tmp_path}/jobs.db", house.clock)
    yield made
    made.close()


@pytest.fixture
def many(house: House, jobs: LeasedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], TestClient]]:
    """Log in where everybody counts as one who sees very many cases, and a job counts them."""
    monkeypatch.setattr(overview_kept, "FEW", -1)
    with ExitStack() as stack:

        def logged_in(login: str) -> TestClient:
            client = stack.enter_context(client_of(house, jobs))
            client.cookies.set("banjie", house.token(login))
            return client

        yield logged_in


def asked_for(jobs: LeasedJobs) -> list[str]:
    """Return under which ids something was asked for."""
    return [job.subject.rpartition(" ")[2] for job in jobs.listed() if job.kind == JOB]


def do_counting(house: House, jobs: LeasedJobs) -> None:
    assert all(keep_asked(house.desk, ROOT, each) for each in asked_for(jobs))


@pytest.mark.usefixtures("late")
def test_a_count_of_very_many_is_made_by_a_job_and_kept_with_its_time_until_a_new_one_is_there(
    house: House, jobs: LeasedJobs, many: Callable[[str], TestClient]
) -> None:
    client = many("shen")
    for tab in ("", "/ladders", "/promises", "/transfers"):
        waiting = client.get(f"/supervise{tab}")
        assert "正在统计" in waiting.text
        assert waiting.headers["refresh"] == "4"
    assert len(asked_for(jobs)) == 1
    do_counting(house, jobs)
    first = page(client, "/supervise")
    assert "截至 2026年3月9日（周一） 09:00" in first
    assert "每 10 分钟更新一次" in first
    assert row(first, "后勤服务中心")["临期"] == "1"
    house.open("shi", {"subject": "关于班车的提案"})
    house.clock.set(LATE + timedelta(minutes=9))
    assert "正在后台重新统计" not in page(client, "/supervise")
    house.clock.set(LATE + timedelta(minutes=11))
    old = client.get("/supervise")
    assert row(old.text, "合计")["在办"] == "2"
    assert "正在后台重新统计，稍后刷新即可" in old.text
    assert "refresh" not in old.headers
    do_counting(house, jobs)
    new = page(client, "/supervise")
    assert row(new, "合计")["在办"] == "3"
    assert "截至 2026年3月9日（周一） 09:11" in new
    assert "正在后台重新统计" not in new


@pytest.mark.usefixtures("late")
def test_whoever_asks_for_a_new_count_is_shown_it_as_soon_as_it_is_there(
    house: House, jobs: LeasedJobs, many: Callable[[str], TestClient]
) -> None:
    client = many("shen")
    client.get("/supervise")
    do_counting(house, jobs)
    house.clock.set(LATE + timedelta(seconds=50))
    assert "refresh" not in client.get("/supervise?anew=1").headers
    house.clock.set(LATE + timedelta(seconds=70))
    assert client.get("/supervise?anew=1").headers["refresh"] == "4"
    do_counting(house, jobs)
    shown = client.get("/supervise?anew=1")
    assert "refresh" not in shown.headers
    assert "截至 2026年3月9日（周一） 09:01" in shown.text


@pytest.mark.usefixtures("late")
def test_one_count_serves_all_of_the_same_posts_and_who_is_kept_from_a_case_has_their_own(
    house: House, jobs: LeasedJobs, many: Callable[[str], TestClient]
) -> None:
    for login in ("first", "second"):
        person = Person(root=ROOT, id=PersonId(login), name=login, login=login, unit=UnitId("works"))
        grants = [AddGrant(grant(login, "supervisor", "works"))]
        house.desk.office.write([AddPerson(person), *grants, logged(login, LATE)])
    first, second = many("first"), many("second")
    first.get("/supervise")
    do_counting(house, jobs)
    assert row(page(second, "/supervise"), "合计")["在办"] == "2"
    assert len(asked_for(jobs)) == 1
    shen = house.desk.queries.actor(ROOT, PersonId("shen"), house.clock.now())
    form: dict[str, JsonValue] = {
        "subject": "举报", "channel": "letter", "petitioner_name": "王", "content": "略",
        "confidentiality": "internal", "accused_people": ["second"],
    }  # fmt: skip
    opened = OpenCase(root=ROOT, actor=shen, key="g1", workflow="grievance", unit=UnitId("works"), form=form)
    house.desk.office.carry_out([opened])
    assert "正在统计" in second.get("/supervise").text
    do_counting(house, jobs)
    assert row(page(first, "/supervise"), "合计")["在办"] == "3"
    assert row(page(second, "/supervise"), "合计")["在办"] == "2"


@pytest.mark.usefixtures("late")
def test_the_list_of_who_must_act_waits_for_the_count_it_rests_on(
    house: House, jobs: LeasedJobs, many: Callable[[str], TestClient]
) -> None:
    client = many("shen")
    assert "正在统计" in client.get("/overdue?handler=cook").text
    do_counting(house, jobs)
    assert LIGHT in page(client, "/overdue?handler=cook")
