"""Importing registers through the office: what becomes of rows, what a repetition does, and what a refusal leaves."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from uuid import uuid4

import openpyxl
import pytest

from engine.access.directory import Person, Unit
from engine.case.case import Case, ClockState
from engine.case.commands import Command
from engine.case.identity import CaseId, PersonId, RootId, SessionId, UnitId
from engine.case.situation import CongressSession
from engine.errors import DefinitionError, InputRefused, NotFound, StorageUnavailable
from engine.figures.report import figures
from engine.service.desk import Desk
from engine.service.importing import registers
from engine.service.importing.registers import Progress, import_register
from engine.service.importing.reports import ImportReport, write_refused
from engine.service.office import Answer
from engine.service.plain import AddPerson, AddSession, AddUnit
from engine.service.verify import verify
from engine.text import Text
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.registers import KNOWN_ON, UNITS, Cell, Rows, a_form, hotline_4190, write_register, write_rows

MAPS = Path(__file__).parents[2] / "workflows"
SESSION = SessionId("6-3")
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


@dataclass(frozen=True)
class House:
    """One organisation in a database, and its short ways to import and look."""

    desk: Desk
    root: RootId
    folder: Path

    def run(
        self,
        rows: Rows | Path,
        workflow: str = "proposal",
        *,
        suffix: str = ".xlsx",
        dry_run: bool = False,
        allow_undated: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        path = rows if isinstance(rows, Path) else self.folder / f"{uuid4().hex}{suffix}"
        if not isinstance(rows, Path):
            write_rows(path, rows)
        return import_register(
            self.desk,
            self.root,
            path,
            workflow,
            map_path=MAPS / workflow / "import.yaml",
            unit=UnitId(self.root),
            session=SESSION if workflow == "proposal" else None,
            dry_run=dry_run,
            allow_undated=allow_undated,
            progress=progress,
        )

    def states(self, workflow: str = "proposal") -> Mapping[str, int]:
        return self.desk.reads.count_cases(self.root, None, workflow)

    def cases(self, workflow: str = "proposal") -> list[Case]:
        ids = list(self.desk.reads.all_case_ids(self.root))
        return [case for case in self.desk.reads.cases(self.root, ids) if case.workflow == workflow]

    def rates(self, workflow: str = "proposal") -> dict[str, tuple[int, int | None]]:
        report = figures(self.desk.reads, self.desk.world(self.root), self.root, workflow, self.desk.office.now())
        return {measure.name: (measure.total.numerator, measure.total.denominator) for measure in report.measures}

    def spans(self, case: CaseId) -> dict[str, str]:
        return {span.kind: span.value for span in self.desk.reads.spans_of(self.root, case) if span.until_at is None}


def furnished(desk: Desk, folder: Path) -> House:
    """Return a new organisation with the units and the session that registers name."""
    root = RootId(uuid4().hex)
    top = Unit(root=root, id=UnitId(root), parent=None, code="top", title=Text("某某公司", "Company"))
    units = [
        Unit(root=root, id=UnitId(f"{root}-{n}"), parent=top.id, code=f"u{n}", title=Text(name, f"Unit {n}"))
        for n, name in enumerate(UNITS)
    ]
    session = CongressSession(
        id=SESSION, root=root, unit=top.id, term=6, meeting=3, title=Text("第六届第三次会议", "6-3")
    )
    person = Person(root=root, id=PersonId(f"{root}-p"), name="王小明", login=f"wang-{root}")
    desk.office.write([AddUnit(top), *map(AddUnit, units), AddSession(session), AddPerson(person)])
    return House(desk, root, folder)


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path_factory.mktemp('import') / 'banjie.db'}"
    with desk_of(Settings(database_url=url, clock=NOW)) as opened:
        yield opened.desk


@pytest.fixture
def house(shared_desk: Desk, tmp_path: Path) -> House:
    return furnished(shared_desk, tmp_path)


def filed(number: int, **cells: Cell) -> dict[str, Cell]:
    return {**a_form(number), "审查结果": "立案", "审查日期": date(2025, 12, 1), **cells}


def finished(number: int, **cells: Cell) -> dict[str, Cell]:
    """A row with every step of a filed proposal, from its submission to its closing."""
    steps: dict[str, Cell] = {
        "主办单位": UNITS[0],
        "协办单位": f"{UNITS[1]}、{UNITS[2]}",
        "交办日期": date(2025, 12, 10),
        "答复期限": date(2026, 2, 10),
        "签收日期": date(2025, 12, 12),
        "答复日期": date(2026, 1, 20),
        "答复类别": "A",
        "评价日期": date(2026, 2, 1),
        "办理态度评价": "满意",
        "办理结果评价": "基本满意",
        "结案日期": date(2026, 2, 5),
    }
    return {**filed(number), **steps, **cells}


def test_intake_rows_become_submitted_cases(house: House) -> None:
    report = house.run([a_form(n) for n in range(1, 6)])
    assert (report.rows, report.created, report.repeated, report.moves) == (5, 5, 0, 5)
    assert report.refused == ()
    assert house.states() == {"submitted": 5}


def test_a_finished_row_lives_its_whole_life(house: House) -> None:
    report = house.run([finished(1)])
    assert report.refused == ()
    (case,) = house.cases()
    assert case.state == "closed"
    assert case.data["reply_class"] == "A"
    assert case.data["evaluation_result"] == "basic"
    assert {role: at.date() for role, at in case.milestones.items()} == {
        "submitted": date(2025, 11, 4),
        "reviewed": date(2025, 12, 1),
        "assigned": date(2025, 12, 10),
        "handled": date(2026, 1, 20),
        "evaluated": date(2026, 2, 1),
        "closed": date(2026, 2, 5),
    }
    reply = case.clock("reply")
    assert reply is not None
    assert (reply.state, reply.due_on) == (ClockState.MET, date(2026, 2, 10))
    assert Counter((child.child_role, child.state) for child in house.cases("handling")) == {
        ("lead", "done"): 1,
        ("co_handler", "done"): 2,
    }


def test_every_entry_says_on_which_file_and_row_it_is_based(house: House) -> None:
    report = house.run([finished(1)])
    (case,) = house.cases()
    for entry in house.desk.reads.entries(house.root, case.id):
        body = json.loads(entry.body)
        assert (body["actor"], body["stated"]["basis"]) in {
            ("import", f"sha256:{report.file_hash}#row 2"),
            ("system", f"sha256:{report.file_hash}#row 2"),
        }


def test_a_repeated_import_creates_nothing_twice(house: House) -> None:
    rows = [finished(1), finished(2), a_form(3)]
    first, again = house.run(rows), house.run(rows)
    assert (first.created, first.repeated) == (3, 0)
    assert (again.created, again.repeated, again.moves, again.refused) == (0, 3, 0, ())
    assert house.states() == {"closed": 2, "submitted": 1}


def test_the_same_rows_in_another_file_and_order_are_known_again(house: House) -> None:
    house.run([finished(1), a_form(2)])
    again = house.run([a_form(3), a_form(2), finished(1)])
    assert (again.created, again.repeated, again.refused) == (1, 2, ())


def test_a_changed_row_is_reported_and_changes_nothing(house: House) -> None:
    house.run([a_form(1), finished(2)])
    report = house.run([{**a_form(1), "案由": "另一件事"}, finished(2, 答复日期=date(2026, 1, 21))])
    assert [(row.number, row.reason.zh) for row in report.refused] == [
        (2, "与已导入内容不同；已导入的不会改动"),
        (3, "“补录答复”：与已导入内容不同；已导入的不会改动"),
    ]
    assert report.created == 0
    assert {case.data["subject"] for case in house.cases()} == {a_form(1)["案由"], a_form(2)["案由"]}


def test_a_register_that_has_grown_carries_its_rows_on(house: House) -> None:
    house.run([a_form(1)])
    report = house.run([finished(1)])
    assert (report.created, report.repeated, report.refused) == (0, 1, ())
    assert house.states() == {"closed": 1}


def test_the_same_row_twice_in_a_file_is_refused_once(house: House) -> None:
    report = house.run([a_form(1), a_form(2), a_form(1)])
    assert [(row.number, row.reason.zh) for row in report.refused] == [(4, "与第 2 行重复")]
    assert house.states() == {"submitted": 2}


def test_a_row_that_the_workflow_does_not_allow_leaves_nothing_half_written(house: House) -> None:
    report = house.run([finished(1, 办理结果评价="不满意"), finished(2)])
    (refused,) = report.refused
    assert (refused.number, refused.case) == (2, None)
    assert refused.reason.zh == "“结案”：评价为不满意，应当二次办理或附说明结案"
    assert refused.cells[1] == a_form(1)["案由"]
    assert house.states() == {"closed": 1}


def test_a_row_stopped_by_somebody_else_says_where_it_stands(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if the rehearsal had found nothing wrong and the case had changed after it.
    monkeypatch.setattr(registers._Import, "_was_imported", lambda _self, _life: True)
    report = house.run([finished(1, 办理结果评价="不满意")])
    (refused,) = report.refused
    assert refused.reason.zh.startswith("“结案”：")
    assert refused.state == Text("已评价", "Evaluated")
    assert refused.case == house.cases()[0].id
    assert house.states() == {"evaluated": 1}


def test_wrong_rows_are_refused_and_the_others_imported(house: House) -> None:
    report = house.run([a_form(1), {**a_form(2), "类别": "外星事务"}, {**a_form(3), "提交日期": None}, a_form(4)])
    assert [row.number for row in report.refused] == [3, 4]
    assert "外星事务" in report.refused[0].reason.zh
    assert report.refused[1].reason.zh == "缺少“提交日期”"
    assert house.states() == {"submitted": 2}


def test_a_form_the_definition_refuses_is_refused_before_it_is_written(house: House) -> None:
    report = house.run([{**a_form(1), "案由": "字" * 201}])
    assert report.refused[0].case is None
    assert house.states() == {}


def test_a_date_in_the_future_is_refused(house: House) -> None:
    report = house.run([{**a_form(1), "提交日期": date(2026, 3, 3)}])
    assert report.refused[0].reason.zh == "发生时间不能晚于现在"


def test_a_dry_run_refuses_the_same_rows_and_writes_nothing(house: House) -> None:
    rows = [finished(1), finished(2, 办理结果评价="不满意"), {**a_form(3), "类别": "外星事务"}, a_form(3)]
    dry = house.run(rows, dry_run=True)
    assert house.states() == {}
    real = house.run(rows)
    assert [(row.number, row.reason) for row in dry.refused] == [(row.number, row.reason) for row in real.refused]
    assert (dry.created, dry.moves) == (real.created, real.moves)
    assert (dry.dry_run, real.dry_run) == (True, False)


def test_merged_rows_join_the_row_they_name_wherever_it_stands(house: House) -> None:
    report = house.run(
        [
            {**a_form(1), "审查结果": "并案", "审查日期": date(2025, 12, 1), "并入": 3},
            filed(2),
            finished(3, 审查日期=date(2025, 12, 4)),
            {**a_form(4), "审查结果": "并案", "审查日期": date(2025, 12, 9), "并入": 3},
        ]
    )
    assert report.refused == ()
    assert house.states() == {"merged": 2, "filed": 1, "closed": 1}
    target = next(case for case in house.cases() if case.state == "closed")
    assert {case.merged_into for case in house.cases() if case.state == "merged"} == {target.id}
    assert len(target.merged_from) == 2


def test_a_row_merged_into_one_that_was_refused_is_refused_too(house: House) -> None:
    report = house.run(
        [
            {**filed(1), "类别": "外星事务"},
            {**a_form(2), "审查结果": "并案", "审查日期": date(2025, 12, 1), "并入": 1},
        ]
    )
    assert [row.number for row in report.refused] == [2, 3]
    assert report.refused[1].reason.zh == "“并案”：没有找到编号“1”的事项，或该行未能导入"
    assert house.states() == {}


def test_numbers_go_on_behind_those_that_a_register_brought(house: House) -> None:
    house.run([filed(1, 提案号="第六届第三次会议第041号提案"), filed(2, 提案号="第六届第三次会议第7号提案")])
    house.run([filed(3)])
    numbers = sorted(str(case.data["case_number"]) for case in house.cases())
    assert numbers == ["第六届第三次会议第041号提案", "第六届第三次会议第042号提案", "第六届第三次会议第7号提案"]


def test_a_row_may_join_a_case_of_an_earlier_file(house: House) -> None:
    house.run([filed(1, 提案号="第001号提案")])
    report = house.run([{**a_form(2), "审查结果": "并案", "审查日期": date(2025, 12, 1), "并入": "第001号提案"}])
    assert report.refused == ()
    assert house.states() == {"filed": 1, "merged": 1}


def test_undated_moves_are_marked_for_every_figure_that_asks_when(house: House) -> None:
    rows = [finished(1, 答复日期=None), finished(2)]
    assert [row.reason.zh for row in house.run(rows).refused] == ["缺少“答复日期”"]
    report = house.run(rows, allow_undated=True)
    assert (report.undated, report.refused) == (1, ())
    marks = {case.data["subject"]: house.spans(case.id)["stated"] for case in house.cases()}
    assert marks == {a_form(1)["案由"]: "undated", a_form(2)["案由"]: "1"}


def test_undated_rows_are_known_again_although_their_instants_differ(house: House) -> None:
    rows = [{**filed(1), "提交日期": None, "审查日期": None}]
    house.run(rows, allow_undated=True)
    again = house.run(rows, allow_undated=True)
    assert (again.created, again.repeated, again.refused) == (0, 1, ())


def test_a_known_proposer_is_bound_and_an_unknown_one_only_named(house: House) -> None:
    house.run([{**a_form(1), "提案人": "王小明"}, {**a_form(2), "提案人": "外来人"}])
    bound = {case.data["subject"]: case.persons_in("proposer") for case in house.cases()}
    assert bound == {a_form(1)["案由"]: (f"{house.root}-p",), a_form(2)["案由"]: ()}
    assert all("proposer_name" in case.sealed for case in house.cases())


def test_progress_tells_every_row_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registers, "CHUNK_ROWS", 2)
    told: list[tuple[int, int]] = []
    rows = [a_form(1), {**a_form(2), "类别": "无此类"}, finished(3), finished(4, 办理结果评价="不满意"), a_form(5)]
    report = house.run(rows, progress=lambda done, total: told.append((done, total)))
    assert report.rows == 5
    assert [done for done, _total in told] == sorted(done for done, _total in told)
    assert told[-1] == (5, 5)


def test_a_database_that_goes_away_stops_the_import_and_the_next_one_finishes_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [finished(1), finished(2)]
    office = house.desk.office
    carry_out, calls = office.carry_out, count()

    def failing(commands: Sequence[Command]) -> list[Answer]:
        if next(calls) == 3:
            return [StorageUnavailable() for _command in commands]
        return carry_out(commands)

    monkeypatch.setattr(office, "carry_out", failing)
    with pytest.raises(StorageUnavailable):
        house.run(rows)
    monkeypatch.undo()
    report = house.run(rows)
    assert (report.created, report.repeated, report.refused) == (0, 2, ())
    assert house.states() == {"closed": 2}


def test_the_refused_rows_are_written_as_a_workbook_that_runs_nothing(house: House, tmp_path: Path) -> None:
    report = house.run([{**a_form(1), "类别": "=HYPERLINK(1)", "案据": "https://example.org"}], suffix=".csv")
    path = tmp_path / "refused.xlsx"
    write_refused(report, path)
    book = openpyxl.load_workbook(path)
    heading, row = ([cell.value for cell in line] for line in book.active.iter_rows())
    types = {cell.data_type for cell in next(book.active.iter_rows(min_row=2)) if cell.value is not None}
    links = [cell.hyperlink for cell in next(book.active.iter_rows(min_row=2)) if cell.hyperlink]
    book.close()
    assert heading[:4] == ["行号 Row", "未导入原因 Reason", "已到状态 State reached", "编号"]
    assert row[0] == "2"
    assert "不在可填范围内" in str(row[1])
    assert row[5] == "=HYPERLINK(1)"
    assert types == {"s"}
    assert links == []


def test_the_refused_rows_are_written_as_text_that_runs_nothing(house: House, tmp_path: Path) -> None:
    report = house.run([{**a_form(1), "类别": "=1+1", "案据": "\x07响铃"}], suffix=".csv")
    path = tmp_path / "refused.csv"
    write_refused(report, path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        _heading, row = csv.reader(stream)
    assert row[5] == "'=1+1"
    assert row[6] == "\ufffd响铃"


def test_mended_rows_can_be_imported_from_the_report(house: House, tmp_path: Path) -> None:
    report = house.run([a_form(1), {**a_form(2), "类别": "外星事务"}])
    path = tmp_path / "refused.csv"
    write_refused(report, path)
    path.write_text(path.read_text(encoding="utf-8-sig").replace("外星事务", "其他"), encoding="utf-8")
    again = house.run(path)
    assert (again.created, again.refused) == (1, ())
    assert again.unused == ("行号 Row", "未导入原因 Reason", "已到状态 State reached")


def test_a_report_is_a_workbook_or_text(house: House, tmp_path: Path) -> None:
    report = house.run([a_form(1)])
    with pytest.raises(InputRefused) as refused:
        write_refused(report, tmp_path / "refused.pdf")
    assert refused.value.text.zh == "报告只能写成 .xlsx 或 .csv，不能写成“.pdf”"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"workflow": "nothing"}, "nothing"),
        ({"unit": "nowhere"}, "没有单位“nowhere”"),
        ({"session": "9-9"}, "没有届次“9-9”"),
        ({"workflow": "grievance"}, "映射文件用于“proposal”，不是“grievance”"),
    ],
)
def test_what_is_not_there_is_refused_before_the_file_is_read(
    house: House, wrong: Mapping[str, str], said: str
) -> None:
    given = {"workflow": "proposal", "unit": str(house.root), "session": str(SESSION), **wrong}
    with pytest.raises(NotFound) as refused:
        import_register(
            house.desk,
            house.root,
            house.folder / "nowhere.xlsx",
            given["workflow"],
            map_path=MAPS / "proposal" / "import.yaml",
            unit=UnitId(given["unit"]),
            session=SessionId(given["session"]),
        )
    assert said in refused.value.text.zh


def test_a_wrong_map_is_refused_before_the_file_is_read(house: House) -> None:
    path = house.folder / "map.yaml"
    path.write_text("workflow: proposal\n", encoding="utf-8")
    with pytest.raises(DefinitionError):
        import_register(
            house.desk, house.root, house.folder / "nowhere.xlsx", "proposal", map_path=path, unit=UnitId(house.root)
        )


CALL: dict[str, Cell] = {
    "工单号": "GD1",
    "诉求事项": "夜班津贴未发放",
    "来源渠道": "12351职工维权热线",
    "诉求类型": "申诉求决",
    "反映人": "张三",
    "登记日期": "2026-01-05 09:30",
    "是否受理": "是",
    "受理日期": date(2026, 1, 6),
    "派单日期": date(2026, 1, 6),
    "承办单位": UNITS[2],
    "协办单位": UNITS[3],
    "签收日期": date(2026, 1, 7),
    "答复日期": date(2026, 1, 12),
    "回访日期": date(2026, 1, 13),
    "评价日期": date(2026, 1, 14),
    "满意度": "满意",
    "办结日期": date(2026, 1, 15),
}


def test_a_finished_grievance_lives_its_whole_life(house: House) -> None:
    report = house.run([CALL], "grievance")
    assert report.refused == ()
    (case,) = house.cases("grievance")
    assert case.state == "closed"
    assert case.milestones["submitted"] == datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
    hotline = case.clock("hotline_other")
    assert hotline is not None
    assert (hotline.state, hotline.due_on) == (ClockState.MET, date(2026, 1, 23))
    assert "petitioner_name" in case.sealed
    assert "petitioner_name" not in case.data


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ({"是否受理": None}, "registered"),
        ({"是否受理": "不予受理", "不予受理理由": "G06", "受理日期": date(2026, 1, 6)}, "rejected"),
        ({"是否受理": "告知", "应走渠道": "向人民法院起诉", "受理日期": date(2026, 1, 6)}, "redirected"),
        ({"是否受理": "转送", "转送单位": "区总工会", "受理日期": date(2026, 1, 6)}, "transferred"),
        (
            {
                "是否受理": "交办",
                "交办单位": "区总工会",
                "受理日期": date(2026, 1, 6),
                "报告期限": date(2026, 2, 6),
                "答复日期": date(2026, 2, 1),
                "处理意见结论": "支持",
            },
            "delivered",
        ),
        ({"是否受理": "直接答复", "诉求类型": "咨询", "受理日期": date(2026, 1, 6)}, "delivered"),
        ({"是否受理": "撤回", "撤回日期": date(2026, 1, 7)}, "withdrawn"),
        ({"是否受理": "是", "受理日期": date(2026, 1, 6), "办理期限": date(2026, 3, 9)}, "accepted"),
    ],
)
def test_the_route_of_a_grievance_decides_where_it_goes(house: House, cells: dict[str, Cell], state: str) -> None:
    intake = {name: CALL[name] for name in ("工单号", "诉求事项", "来源渠道", "诉求类型", "登记日期")}
    report = house.run([{**intake, **cells}], "grievance")
    assert report.refused == ()
    assert house.states("grievance") == {state: 1}


@pytest.mark.parametrize(
    ("name", "states", "rates"),
    [
        (
            "huadian_72",
            {"replied": 64, "merged": 8},
            {"filing_rate": (64, 72), "solved_rate_wide": (57, 64), "class_share_d": (7, 64)},
        ),
        (
            "shenzhen_126",
            {"filed": 64, "converted": 31, "merged": 26, "refused": 5},
            {"filing_rate": (64, 126), "filing_rate_by_form": (80, 126), "filing_rate_by_case": (64, 100)},
        ),
        (
            "jilin_74",
            {"filed": 50, "converted": 22, "merged": 2},
            {"filing_rate": (50, 74), "filing_rate_by_form": (52, 74), "filing_rate_by_case": (50, 72)},
        ),
        (
            "beijing_81",
            {"filed": 67, "converted": 8, "refused": 5, "withdrawn": 1},
            {"filing_rate": (67, 81)},
        ),
        ("university_67", {"replied": 67}, {"filing_rate": (2, 67), "reply_rate": (67, 67)}),
    ],
)
@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_worked_registers_come_to_their_published_numbers(
    house: House, name: str, states: Mapping[str, int], rates: Mapping[str, tuple[int, int]], suffix: str
) -> None:
    path = house.folder / f"register{suffix}"
    write_register(name, path)
    report = house.run(path)
    assert report.refused == ()
    assert house.states() == states
    assert {measure: house.rates()[measure] for measure in rates} == rates


@pytest.mark.slow
def test_the_large_register_of_proposals_comes_to_its_classes(house: House) -> None:
    path = house.folder / "register.ods"
    write_register("gansu_820", path)
    assert house.run(path).refused == ()
    rates = house.rates()
    assert rates["filing_rate"] == (799, 820)
    shares = [rates[f"class_share_{letter}"] for letter in "abc"]
    assert shares == [(418, 799), (265, 799), (116, 799)]


def test_the_hotline_register_holds_its_published_numbers() -> None:
    rows = hotline_4190()
    due = [row for row in rows if str(row["办理期限"]) < str(KNOWN_ON)]
    closed = [row for row in due if row["办结日期"] is not None]
    in_time = [row for row in closed if str(row["办结日期"]) <= str(row["办理期限"])]
    assert (len(rows), len(due), len(closed), len(in_time)) == (4190, 4028, 3993, 3952)
    assert max(str(row["办结日期"]) for row in closed) < str(KNOWN_ON)


def test_what_was_imported_is_verified_without_a_finding(house: House) -> None:
    house.run([finished(1), {**filed(2), "审查结果": "并案", "并入": 1}, a_form(3)])
    house.run([CALL], "grievance")
    verified = verify(house.desk.reads, house.desk.world(house.root).rules, house.root, house.desk.sealer)
    assert (verified.cases, verified.findings) == (9, ())


def test_both_databases_import_alike(any_database: str, tmp_path: Path) -> None:
    with desk_of(Settings(database_url=any_database, clock=NOW)) as opened:
        house = furnished(opened.desk, tmp_path)
        rows = [
            finished(1),
            {**a_form(2), "审查结果": "并案", "审查日期": date(2025, 12, 1), "并入": 1},
            a_form(3),
            {**a_form(4), "类别": "外星事务"},
        ]
        first, again = house.run(rows), house.run([a_form(9), *rows])
        assert (first.created, first.moves, len(first.refused)) == (3, 8 + 3 + 1, 1)
        assert (again.created, again.repeated, len(again.refused)) == (1, 3, 1)
        assert house.states() == {"closed": 1, "merged": 1, "submitted": 2}
