"""Lists that are too long to be shown whole say how much of them stands there and how to see the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Final

import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.identity import PersonId, UnitId
from engine.service.plain import AddGrant
from engine.service.ports import CaseFilter, CaseLine
from runtime.jobs.handlers import tell_all
from runtime.jobs.leases import LeasedJobs
from tests.support.accounts import browser, log_in
from tests.support.house import ROOT, House, client_of, open_house


def none_few(*_asked: object, **_more: object) -> None:
    """Say that nobody sees so few cases that they could be read one by one."""


# Who looks where, which limits are set to what, and what is said then.
CUT: Final[tuple[tuple[str, str, Mapping[str, object], str], ...]] = (
    ("luo", "/grants", {"web.pages.grants.LINES_MAX": 1}, "仅显示前 1 项，请缩小范围。"),
    (
        "zhai",
        "/cases/{case}/access",
        {"engine.service.case_access.HOLDERS_MAX": 0, "web.pages.access.HOLDERS_MAX": 0},
        "共 1 人，仅列前 0 人",
    ),
    (
        "zhai",
        "/meeting",
        {"engine.service.meeting.AGENDA_MAX": 1, "web.pages.meeting.AGENDA_MAX": 1},
        "待审查的较多，先列最先到期的 1 件。",
    ),
    (
        "zhai",
        "/meeting/minutes?on=2026-01-20",
        {"engine.service.meeting.MINUTES_MAX": 0},
        "当日以后变动的事项较多，此处可能不全；请按类别分别打印。",
    ),
    ("zhai", "/mine/print", {"web.pages.mine.PAGE_LINES_MAX": 1}, "只列先到期的 1 件；其余请在“我的办件”中查看。"),
    ("zhai", "/overdue?days=250", {"engine.service.overdue.COUNTED_MAX": 1}, "事项较多，只统计最久的 2 项。"),
    ("shen", "/supervise", {"web.pages.supervise.PERSONS_MAX": 1}, "只列前 1 人。"),
    (
        "zhai",
        "/cases/{case}",
        {"web.pages.case.ROWS_MAX": 1, "web.views.told.ROWS_MAX": 1},
        "只列出最近 1 条。",
    ),
    (
        "zhai",
        "/figures/proposal?by=category&audience=mine",
        {"web.pages.figures.GROUPS_MAX": 1},
        "每项指标下列出件数最多的 1 组，全部见 CSV。",
    ),
    (
        "zhai",
        "/figures/proposal?by=category&audience=mine",
        {"web.views.figure_parts.ROWS_MAX": 1},
        "表中列出前 1 行，全部见 CSV。",
    ),
    (
        "zhai",
        "/search?q=供餐",
        # As for somebody who sees very many cases.
        {
            "engine.service.search._WINDOW": 1,
            "engine.service.search.LOOKED_AT_MAX": 0,
            "engine.storage.search_reads.SearchReads.search_few": none_few,
        },
        "含有这些词的事项很多，已查看其中较新的一部分。点“继续查找”往前查，或加一个词、一个条件。",
    ),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('cut') / 'banjie.db'}"


@pytest.fixture(scope="module")
def house(database: str) -> Iterator[House]:
    """Two proposals handled by logistics, of two categories, and two before the review."""
    with open_house(database) as house:
        grant = GrantRow(root=ROOT, person=PersonId("luo"), role="security_administrator", unit=UnitId(ROOT))
        house.desk.office.write([AddGrant(grant)])
        for category in ("welfare", "other"):
            case = house.filed(form={"category": category})
            house.fire("zhai", case, "assign", {"lead": "logistics"})
            waiting = house.open("shi", {"proposer_type": "delegation", "category": category})
            house.fire("shi", waiting, "submit")
        tell_all(house.desk)
        yield house


@pytest.mark.parametrize(("login", "path", "limits", "said"), CUT, ids=[one[3][:10] for one in CUT])
def test_a_list_that_is_cut_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch, login: str, path: str, limits: Mapping[str, object], said: str
) -> None:
    case = next(line.id for line in lines_of(house) if line.state == "assigned")
    with browser(house) as client:
        log_in(client, login)
        whole = text_of(client, path.format(case=case))
        for name, limit in limits.items():
            monkeypatch.setattr(name, limit)
        cut = text_of(client, path.format(case=case))

    assert said not in whole
    assert said in cut


def lines_of(house: House) -> Sequence[CaseLine]:
    actor = house.desk.queries.actor(ROOT, PersonId("zhai"), house.clock.now())
    return house.desk.queries.page(ROOT, actor, CaseFilter()).lines


def text_of(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_of_many_jobs_the_newest_are_listed(database: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.jobs.PAGE_LINES_MAX", 1)
    with closing(LeasedJobs.open(database, house.clock)) as jobs:
        jobs.schedule("sweep")
        with client_of(house, jobs) as client:
            client.cookies.set("banjie", house.token("shen"))
            listed = text_of(client, "/jobs")
            unknown = client.post("/jobs/x/run", data={"state": ""}, headers={"Sec-Fetch-Site": "same-origin"})

    assert "只列出最近 1 项。" in listed
    assert (unknown.status_code, "没有这个任务" in unknown.text) == (404, True)
