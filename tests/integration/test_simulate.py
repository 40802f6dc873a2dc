"""``banjie simulate`` on a house: both sides beside each other, and not a row is another afterwards."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from engine.figures.otherwise import Retold
from engine.text import Text
from tests.support.command_line import CommandLine, command_line
from tests.support.house import client_of, open_house
from tests.support.storage import all_rows

LATER = "2026-04-20T12:00:00+08:00"


@pytest.fixture
def line(any_database: str) -> CommandLine:
    """Two filed on 20 January 2026, which nobody has assigned: due on 6 March, after 45 days; a third in time."""
    with open_house(any_database) as house:
        house.filed()
        house.filed()
        house.clock.set(house.clock.now() + timedelta(days=3))
        house.fire("zhai", house.filed(), "assign", {"lead": "logistics"})
    return command_line(any_database, clock=LATER)


def test_both_sides_stand_beside_each_other_and_nothing_is_written(line: CommandLine, any_database: str) -> None:
    before = all_rows(any_database)
    told = line.must("simulate", "--workflow", "proposal", "--set", "assignment.within=120 days")
    assert "试算：交办期限由45日改为120日" in told
    assert "逾期件数（共 3 件）" in told
    assert "到期日或是否逾期有变化的期限 3 个，列出 3 个" in told
    assert "2026-03-06（逾期）" in told
    assert "没有写入任何内容" in told
    said = json.loads(line.must("simulate", "--workflow", "proposal", "--set", "assignment.within=120 days", "--json"))
    late = next(one for one in said["lines"] if one["title"].startswith("逾期件数"))
    assert (said["cases"], late["now"] - late["tried"]) == (3, 2)
    assert {(one["due_tried"], one["late_now"]) for one in said["changes"]} == {
        ("2026-05-20", True),
        ("2026-05-25", False),  # the 120th day is a Saturday
    }
    assert all_rows(any_database) == before


def test_moves_are_decided_anew_and_nothing_is_written(line: CommandLine, any_database: str) -> None:
    before = all_rows(any_database)
    told = line.must("simulate", "--workflow", "proposal", "--set", "lead.welfare=安全环保部", "--changes", "1")
    assert "试算：主办单位（生活福利）由按原交办改为安全环保部" in told
    assert "重新逐步办理：1 件走向不同，此后有 0 步办不成" in told
    said = json.loads(line.must("simulate", "--workflow", "proposal", "--set", "lead.welfare=safety", "--json"))
    units = {one["unit"]: (one["cases_now"], one["cases_tried"]) for one in said["units"]}
    assert units == {"江岭重工": (2, 2), "后勤服务中心": (1, 0), "安全环保部": (0, 1)}
    assert [(one["move"], one["what"]) for one in said["turns"]] == [("交办", "交办其他单位")]
    assert (said["turned"], said["left"]) == (1, 0)
    # All three are of a delegation, which needs no seconders: now it would need one.
    asked = "guard.enough_seconders=parties.seconder >= 1"
    told = line.must("simulate", "--workflow", "proposal", "--set", asked)
    assert "条件“附议人不足2人；代表团集体提案不需附议”由" in told
    assert "3 件走向不同，此后有 7 步办不成" in told  # each was reviewed and filed, one assigned
    assert "现处环节：草稿" in told
    assert all_rows(any_database) == before


def test_a_unit_is_named_by_its_code_or_its_title(line: CommandLine) -> None:
    wrong = line.run("simulate", "--workflow", "proposal", "--set", "lead.welfare=没有的部门")
    assert (wrong.code, "没有单位“没有的部门”，请写单位代码或全称" in wrong.err) == (1, True)
    unknown = line.run("simulate", "--workflow", "proposal", "--set", "lead.unheard_of=财务部")
    assert (unknown.code, "lead.<类别代码>" in unknown.err) == (1, True)


def test_another_calendar_is_laid_under_the_dates(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'house.db'}"
    with open_house(url) as house:
        house.filed()
    folder = tmp_path / "notices"
    folder.mkdir()
    shipped = Path(__file__).parents[2] / "workflows" / "calendars"
    for name in ("2026.yaml", "provisional.yaml"):
        (folder / name).write_text((shipped / name).read_text("utf-8"), "utf-8")
    line = command_line(url, clock=LATER)
    told = line.must("simulate", "--workflow", "proposal", "--calendar", str(folder))
    assert "试算：日历由现行通知改为“notices”中的通知" in told
    assert "有变化的期限 0 个" in told
    refused = line.run("simulate", "--workflow", "briefing", "--calendar", str(folder))
    assert (refused.code, "“calendar”不在可试算之列；可用：—" in refused.err) == (1, True)


def test_what_may_be_tried_is_listed_and_a_setting_is_a_pair(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'house.db'}"
    with open_house(url):
        pass
    line = command_line(url)
    assert "reply.within" in line.must("simulate", "--workflow", "proposal")
    listed = json.loads(line.must("simulate", "--workflow", "proposal", "--json"))
    assert {"key": "reply.red", "now": "红色：逾期督办：到期后15日"} in listed
    assert "这一流程没有列出可试算的项" in line.must("simulate", "--workflow", "briefing")
    wrong = line.run("simulate", "--workflow", "proposal", "--set", "reply.within")
    assert wrong.code == 2
    assert "--set reply.within：应为 项=值 · --set takes KEY=VALUE" in wrong.err


def test_a_page_tries_what_the_reader_may_see(tmp_path: Path) -> None:
    with open_house(f"sqlite:///{tmp_path / 'house.db'}") as house, client_of(house) as client:
        house.filed()
        house.clock.set(house.clock.now() + timedelta(days=60))
        office, stranger = house.bearer("zhai"), house.bearer("luo")
        page = client.get("/figures/proposal/try", headers=office).text
        assert "答复期限：90日" in page
        assert "没有" not in page
        asked = "item.1=assignment.within&count.1=120&unit.1=days"
        asked += "&item.2=office_reminder.yellow&side.2=after&count.2=40&unit.2=days"
        told = client.get(f"/figures/proposal/try?{asked}", headers=office).text
        assert "交办期限：45日 → 120日" in told
        assert "逾期提醒：到期后1日 → 到期后40日" in told
        assert "逾期件数（共1件）" in told
        assert "2026年5月20日" in told
        # Whoever sees no case tries it on none.
        assert "逾期件数（共0件）" in client.get(f"/figures/proposal/try?{asked}", headers=stranger).text
        assert '<a class="button" href="/figures/proposal/try">' in client.get("/figures/proposal", headers=office).text


def test_a_page_decides_moves_anew(tmp_path: Path) -> None:
    with open_house(f"sqlite:///{tmp_path / 'house.db'}") as house, client_of(house) as client:
        house.fire("zhai", house.filed(), "assign", {"lead": "logistics"})
        office = house.bearer("zhai")
        address = "/figures/proposal/try?class.lead=welfare&to.lead=safety&parameter.seconders_min=5"
        told = client.get(address, headers=office).text
        assert "主办单位（生活福利）：按原交办 → 安全环保部" in told
        assert "附议人数下限：2 → 5" in told  # a delegation needs none
        assert "共1件，列出1件；此后有0步办不成" in told
        assert "交办其他单位" in told
        assert '<td data-label="单位">安全环保部</td><td class="figure" data-label="件数"><b>0 → 1</b></td>' in told
        told = client.get(
            "/figures/proposal/try?guard.enough_seconders=off&parameter.reply_review=false", headers=office
        ).text
        assert "条件“附议人不足2人；代表团集体提案不需附议”：" in told
        assert "走向不同的事项" not in told  # nothing came out otherwise, so nothing is listed


def test_what_cannot_be_decided_again_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_known(*_asked: object) -> Retold:
        return Retold(unknown=Text("档案有缺", "a gap"))

    monkeypatch.setattr("engine.figures.otherwise.Retelling.retold", nothing_known)
    with open_house(f"sqlite:///{tmp_path / 'house.db'}") as house, client_of(house) as client:
        house.filed()
        told = client.get("/figures/proposal/try?parameter.seconders_min=5", headers=house.bearer("zhai")).text
        assert "1件未能重新办理，按现状计入：档案有缺" in told
    line = command_line(f"sqlite:///{tmp_path / 'house.db'}", clock=LATER)
    said = line.must("simulate", "--workflow", "proposal", "--set", "parameter.seconders_min=5")
    assert "1 件未能重新办理，按现状计入：档案有缺" in said


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("proposal/try?item.1=reply.within&count.1=many", 422, "第1项请填写数字，如 45"),
        ("proposal/try?item.2=reply.red&count.2=3&side.2=term", 422, "第2项是督办层级，方向请选“到期前”或“到期后”"),
        (
            "proposal/try?item.1=review.within&count.1=3",
            422,
            "“review.within”不在可试算之列；可用：assignment.within、",
        ),
        ("proposal/try?item.1=reply.within&count.1=9999", 422, "期限只能在 0 至 3660 之间，现为 9999"),
        ("proposal/try?parameter.seconders_min=two", 422, "“two”应为整数，如 3"),
        ("proposal/try?guard.not_too_late=1+%2B+", 422, "表达式"),
        ("proposal/try?class.lead=welfare&to.lead=nowhere", 422, "没有单位“nowhere”，请写单位代码或全称"),
        ("briefing/try", 404, "这一流程没有列出可试算的项"),
    ],
)
def test_what_a_page_cannot_try_is_said(tmp_path: Path, asked: str, status: int, said: str) -> None:
    with open_house(f"sqlite:///{tmp_path / 'house.db'}") as house, client_of(house) as client:
        answer = client.get(f"/figures/{asked}", headers=house.bearer("zhai"))
        assert (answer.status_code, said in answer.text) == (status, True)
