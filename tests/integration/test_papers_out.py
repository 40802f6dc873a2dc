"""Papers of many cases: asked for from the list, made as long work with the rights of then, given as one archive."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from zipfile import ZipFile

import pytest
from httpx2 import Response

from engine.case.identity import CaseId, PersonId
from engine.errors import InputRefused
from engine.service import papers_out
from engine.service.execute import Done
from engine.service.long_work import LongWork, Work
from engine.service.papers_out import MadeFile, PapersWanted, TooManyPapers, ask
from runtime.clock import SetClock
from runtime.jobs.handlers import work_on
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.integration.test_confidential import Office, opened
from tests.integration.test_papers import WORKFLOWS
from tests.support.command_line import command_line
from tests.support.house import ROOT, House, client_of, facts_of, open_house
from tests.support.keys import erased
from tests.support.papers import in_pdf, in_word
from web.zipped import write_zip

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def office(any_database: str) -> Iterator[Office]:
    with opened(any_database) as office:
        yield office


def begun(house: House, login: str, query: str = "", **sent: str) -> Response:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token(login))
        data = {"key": "k1", "wanted": "dossier", "kind": "docx", **sent}
        return client.post(f"/cases/papers?{query}", headers=OWN, data=data)


def finished(house: House) -> None:
    while work_on(house.desk, WORKFLOWS).more:
        pass


def taken(house: House, login: str) -> dict[str, bytes]:
    """Return the files of the archive to which the page of somebody's newest long work leads."""
    with client_of(house) as client:
        client.cookies.set("banjie", house.token(login))
        work = work_of(house, login)
        page = client.get(f"/long-work/{work.id}").text
        (address,) = re.findall(r'href="(/cases/papers/[0-9a-f]{32})"', page)
        answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def work_of(house: House, login: str) -> Work:
    return LongWork(house.desk).of(ROOT, PersonId(login))[0]


def test_the_list_offers_the_papers_of_what_its_filter_chooses(house: House) -> None:
    house.filed()
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("zhai"))
        page = client.get("/cases?workflow=proposal&state=filed").text
        assert 'action="/cases/papers?workflow=proposal&amp;state=filed"' in page
        assert "下载全部文书、案卷" in page
        assert "/cases/papers" not in client.get("/cases?workflow=grievance").text, "of nothing nothing is made"


def test_dossiers_of_a_list_are_made_as_long_work_and_given_as_an_archive(house: House) -> None:
    for subject in ("甲案", "乙案"):
        house.filed(form={"subject": subject})
    house.open("shi", {"subject": "丙案/附"})  # a draft, which has no number
    answer = begun(house, "zhai", "workflow=proposal")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/long-work/{work_of(house, 'zhai').id}"
    finished(house)
    files = taken(house, "zhai")
    assert sorted(files) == ["丙案 附 案卷.docx", "六届三次第001号提案 案卷.docx", "六届三次第002号提案 案卷.docx"]
    assert "甲案" in in_word(files["六届三次第001号提案 案卷.docx"])
    assert "乙案" in in_word(files["六届三次第002号提案 案卷.docx"])
    assert {name: facts_of(house, "exported")[-1][name] for name in ("what", "rows", "by")} == {
        "what": "dossier", "rows": 3, "by": "zhai",
    }  # fmt: skip


def test_every_paper_of_each_case_may_be_taken_as_well(house: House) -> None:
    case = house.filed()
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    begun(house, "zhai", "workflow=proposal", wanted="papers", kind="pdf")
    finished(house)
    files = taken(house, "zhai")
    assert sorted(files) == ["六届三次第001号提案 提案交办通知单.pdf", "六届三次第001号提案 职工代表大会提案表.pdf"]
    assert "提案交办通知单" in in_pdf(files["六届三次第001号提案 提案交办通知单.pdf"])


def test_names_that_are_alike_get_a_number_each(tmp_path: Path) -> None:
    with (tmp_path / "a.zip").open("wb") as file:
        assert write_zip(file, [MadeFile(name="甲.pdf", content=b"1"), MadeFile(name="甲.pdf", content=b"2")], AT) == 2
    with ZipFile(tmp_path / "a.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"甲.pdf": b"1", "甲 (2).pdf": b"2"}
        assert archive.infolist()[0].date_time == (2026, 3, 2, 10, 0, 0), "Shanghai"


def test_only_who_asked_gets_the_archive_and_only_while_they_see_the_case(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.filed()
    begun(house, "zhai", "workflow=proposal")
    mark = str(work_of(house, "zhai").payload["mark"])
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("zhai"))
        early = client.get(f"/cases/papers/{mark}")
        assert (early.status_code, early.headers["location"]) == (303, f"/long-work/{work_of(house, 'zhai').id}")
        finished(house)
        client.cookies.set("banjie", house.token("shen"))
        others = client.get(f"/cases/papers/{mark}")
        assert others.status_code == 404
        assert "没有这项办理" in others.text
    assert len(taken(house, "zhai")) == 1
    monkeypatch.setattr("engine.service.papers_out.principals_of", lambda _actor: ("nobody",))
    assert taken(house, "zhai") == {}, "who lost sight of the case since does not get its papers any more"


def test_what_was_made_before_something_was_erased_is_not_given_any_more(house: House) -> None:
    case = house.filed(form={"subject": "甲案", "proposer_phone": "13800000000"})
    house.filed(form={"subject": "乙案"})
    begun(house, "zhai", "workflow=proposal")
    finished(house)
    assert len(taken(house, "zhai")) == 2
    assert isinstance(erased(house, case, "fields/proposer_phone"), Done)
    assert list(taken(house, "zhai")) == ["六届三次第002号提案 案卷.docx"]


def test_each_is_made_with_the_rights_of_the_moment(office: Office) -> None:
    office.filed(confidentiality="confidential")
    begun(office.house, "shen", "workflow=grievance")
    finished(office.house)
    (made,) = taken(office.house, "shen").values()
    assert "CANARY-CONTENT" in in_word(made)
    assert "CANARY-NAME" not in in_word(made)


def test_what_cannot_be_made_is_told_of_each(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.filed()
    begun(house, "zhai", "workflow=proposal", kind="pdf")
    monkeypatch.setattr("documents.pdf.families", frozenset)
    finished(house)
    work = work_of(house, "zhai")
    assert (work.done, work.skipped) == (0, 1)
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("zhai"))
        assert "服务器上没有中文字体，不能生成PDF" in client.get(f"/long-work/{work.id}").text


def test_a_case_that_went_out_of_sight_is_named(house: House) -> None:
    case = house.open("shi")
    actor = house.desk.queries.actor(ROOT, PersonId("lai"), house.clock.now())
    ask(house.desk, ROOT, actor, [CaseId(case)], PapersWanted.DOSSIER, "docx", key="k9")
    finished(house)
    (line,), _more = LongWork(house.desk).lines(work_of(house, "lai"))
    assert line.outcome is not None
    assert line.outcome.reason is not None
    assert line.outcome.reason.zh == "该事项已不再由您查看"


def test_a_case_of_a_kind_without_papers_is_named_with_the_reason(house: House) -> None:
    house.begin(
        "shen",
        "basic_unit",
        {"name": "第一机械厂", "code": "QY001", "kind": "enterprise", "above_scale": True, "staff_count": 500},
    )
    begun(house, "shen", "workflow=basic_unit", wanted="papers")
    finished(house)
    (line,), _more = LongWork(house.desk).lines(work_of(house, "shen"))
    assert line.outcome is not None
    assert line.outcome.reason is not None
    assert line.outcome.reason.zh == "该事项现在没有可出具的文书"


def test_too_many_none_and_another_wish_are_refused_in_words(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.filed()
    house.filed()
    for sent, said in (
        ({"wanted": "poster"}, "请选择下载案卷还是文书"),
        ({"kind": "odt"}, "文书只有PDF和Word两种格式"),
    ):
        answer = begun(house, "zhai", "workflow=proposal", **sent)
        assert answer.status_code in (404, 422)
        assert said in answer.text
    assert "没有符合条件的事项可下载" in begun(house, "zhai", "workflow=grievance").text
    monkeypatch.setattr(papers_out, "CASES_MAX", 1)
    actor = house.desk.queries.actor(ROOT, PersonId("zhai"), house.clock.now())
    with pytest.raises(TooManyPapers):
        ask(house.desk, ROOT, actor, [CaseId("a"), CaseId("b")], PapersWanted.DOSSIER, "pdf", key="k")
    assert issubclass(TooManyPapers, InputRefused)


def test_so_many_at_a_time_is_said_in_words() -> None:
    said = "一次最多下载 500 件事项的文书，请按届次、单位或状态缩小范围，分几次下载"
    assert TooManyPapers().text.zh == said


# -------------------------------------------------------------------------------------------------- the command line


def test_one_paper_and_one_dossier_are_made_by_a_command(any_database: str, tmp_path: Path) -> None:
    with open_house(any_database) as house:
        case = house.filed()
    run = command_line(any_database).run
    assert run("paper", case, "proposal_form", "--as", "zhai", "-o", str(tmp_path / "a.docx")).code == 0
    assert "夜班" in in_word((tmp_path / "a.docx").read_bytes())
    ran = run("paper", "六届三次第001号提案", "--as", "zhai", "-o", str(tmp_path / "b.pdf"))
    assert ran.code == 0, ran.err
    assert "已写入" in ran.out
    assert "一、登记内容" in in_pdf((tmp_path / "b.pdf").read_bytes())
    with desk_of(Settings(database_url=any_database)) as again:
        house = House(again.desk, SetClock(AT), count())
        assert [one["what"] for one in facts_of(house, "exported")] == ["proposal_form", "dossier"]


def test_an_archive_of_many_is_made_by_a_command(any_database: str, tmp_path: Path) -> None:
    with open_house(any_database) as house:
        for _ in range(3):
            house.filed()
        house.open("shi")
        house.begin("shen", "grievance", {"subject": "诉求", "channel": "letter", "content": "x"})
    out = tmp_path / "all.zip"
    run = command_line(any_database).run
    ran = run("paper", "--all", "--workflow", "proposal", "--session", "s6m3", "--word", "--as", "zhai", "-o", str(out))
    assert ran.code == 0, ran.err
    assert "4 份" in ran.out
    with ZipFile(out) as archive:
        assert len(archive.namelist()) == 4
        assert "案卷" in in_word(archive.read("六届三次第001号提案 案卷.docx"))


def test_a_command_that_makes_no_sense_is_refused_in_words(any_database: str, tmp_path: Path) -> None:
    with open_house(any_database) as house:
        case = house.filed()
    run = command_line(any_database).run
    to = ("--as", "zhai", "-o", str(tmp_path / "a.pdf"))
    for asked, said in (
        (("paper", *to), "请写明一件事项，或者用 --all"),
        (("paper", case, "reply_letter", *to), "该事项现在没有文书“reply_letter”，可出具：dossier、proposal_form"),
        (("paper", case, "--as", "nobody", "-o", "a.pdf"), "没有账号“nobody”"),
        (("paper", case, "--as", "zhai", "-o", str(tmp_path / "a.txt")), "文件名应以 .pdf 或 .docx 结尾"),
        (("paper", "--all", "--workflow", "nothing", *to), "没有流程“nothing”"),
        (("paper", "--all", "--session", "nothing", *to), "没有届次“nothing”，有：s6m3（六届三次）"),
    ):
        ran = run(*asked)
        assert ran.code != 0, asked
        assert said in ran.err, (asked, ran.err)
    assert list(tmp_path.glob("a.*")) == []
