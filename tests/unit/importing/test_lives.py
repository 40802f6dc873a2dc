"""A row as the life of a case: which moves it tells of, in what order, when, with which form, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.service.importing.cells import Value
from engine.service.importing.maps import RegisterMap
from engine.service.importing.readings import CaseRef, RowRefused
from tests.unit.importing.conftest import MakePlanner, row_of

INTAKE: dict[str, Value] = {"编号": 7, "案由": "改善食堂", "类别": "生活福利", "提交日期": date(2025, 12, 1)}
FILED: dict[str, Value] = {**INTAKE, "审查结果": "立案", "审查日期": date(2025, 12, 8)}
DONE: dict[str, Value] = {
    **FILED,
    "主办单位": "后勤服务中心",
    "协办单位": "财务部",
    "交办日期": date(2025, 12, 10),
    "签收日期": date(2025, 12, 11),
    "答复日期": "2026年1月20日",
    "答复类别": "A",
    "评价日期": "2026/1/25",
    "办理态度评价": "满意",
    "办理结果评价": "基本满意",
    "结案日期": "2026.1.30",
}
SHEET_INSTANT = datetime.fromisoformat("2025-12-08T14:30")
"""As a sheet gives it: without a zone."""


def moves(planner: MakePlanner, cells: dict[str, Value], **options: bool) -> list[str]:
    return [move.name for move in planner(*cells, **options).life(row_of(5, cells)).moves]


def refusal(planner: MakePlanner, cells: dict[str, Value], **options: bool) -> str:
    with pytest.raises(RowRefused) as refused:
        planner(*cells, **options).life(row_of(5, cells))
    return refused.value.text.zh


def test_a_row_of_intake_columns_is_only_registered(planner: MakePlanner) -> None:
    life = planner(*INTAKE).life(row_of(5, INTAKE))
    assert [move.name for move in life.moves] == ["register"]
    assert life.opening.form["subject"] == "改善食堂"
    assert life.opening.form["category"] == "welfare"
    assert life.moves[0].form == {"receipt_number": "7", "received_on": "2025-12-01"}


def test_a_finished_row_tells_the_whole_life(planner: MakePlanner) -> None:
    assert moves(planner, DONE) == [
        "register",
        "begin_review",
        "file",
        "assign",
        "acknowledge",
        "record_reply",
        "evaluate",
        "close",
    ]


def test_units_and_codes_are_found_by_name(planner: MakePlanner) -> None:
    life = planner(*DONE).life(row_of(5, DONE))
    by_name = {move.name: move for move in life.moves}
    assert by_name["assign"].form == {"lead": "houqin", "co_handlers": ["caiwu"]}
    assert by_name["acknowledge"].child == "lead"
    assert by_name["evaluate"].form["evaluation_result"] == "basic"


@pytest.mark.parametrize(
    ("outcome", "last"),
    [("立案", "file"), ("转建议", "convert"), ("退回", "return_for_revision"), ("撤案", "withdraw")],
)
def test_the_outcome_decides_the_move(planner: MakePlanner, outcome: str, last: str) -> None:
    assert moves(planner, {**FILED, "审查结果": outcome})[-1] == last


def test_a_merged_row_names_the_other_by_number(planner: MakePlanner) -> None:
    cells = {**FILED, "审查结果": "并案", "并入": 3}
    move = planner(*cells).life(row_of(5, cells)).moves[-1]
    assert move.form == {"merge_into": CaseRef("3")}
    assert move.refs == ("3",)


def test_a_day_means_eight_in_the_morning_in_shanghai(planner: MakePlanner) -> None:
    life = planner(*INTAKE).life(row_of(5, INTAKE))
    assert life.opening.at == datetime(2025, 12, 1, tzinfo=UTC)


def test_moves_of_one_day_keep_their_order(planner: MakePlanner) -> None:
    life = planner(*DONE).life(row_of(5, DONE))
    instants = [life.opening.at, *(move.at for move in life.moves)]
    assert instants == sorted(instants)
    assert len(set(instants)) == len(instants)
    assert life.moves[2].at - life.moves[1].at == timedelta(minutes=1)


def test_an_instant_of_the_register_is_kept(planner: MakePlanner) -> None:
    cells = {**FILED, "审查日期": SHEET_INSTANT}
    life = planner(*cells).life(row_of(5, cells))
    assert life.moves[1].at == datetime(2025, 12, 8, 6, 30, tzinfo=UTC)
    assert life.moves[2].at == life.moves[1].at


def test_a_day_after_an_instant_of_that_day_stays_behind_it(planner: MakePlanner) -> None:
    cells = {**INTAKE, "提交日期": SHEET_INSTANT, "审查结果": "立案", "审查日期": date(2025, 12, 8)}
    life = planner(*cells).life(row_of(5, cells))
    assert life.moves[1].at == datetime(2025, 12, 8, 6, 31, tzinfo=UTC)


def test_dates_that_run_backwards_are_refused(planner: MakePlanner) -> None:
    assert "“审查日期”（2025-11-30）早于前一步（2025-12-01）" in refusal(planner, {**FILED, "审查日期": "2025-11-30"})


def test_instants_of_one_day_that_run_backwards_are_refused(planner: MakePlanner) -> None:
    cells = {**FILED, "提交日期": "2025-12-08 15:00", "审查日期": "2025-12-08 14:30"}
    assert "14:30" in refusal(planner, cells)


def test_a_missing_date_is_refused_and_named(planner: MakePlanner) -> None:
    cells = {**DONE, "答复日期": None, "审查日期": None}
    assert refusal(planner, cells) == "缺少“审查日期”；缺少“答复日期”"


def test_a_missing_column_of_a_needed_date_is_named_by_its_usual_heading(planner: MakePlanner) -> None:
    cells = {name: value for name, value in FILED.items() if name != "审查日期"}
    assert refusal(planner, cells) == "缺少“审查日期”"


def test_an_undated_move_keeps_its_place_and_says_so(planner: MakePlanner) -> None:
    cells = {**DONE, "答复日期": None}
    life = planner(*cells, allow_undated=True).life(row_of(5, cells))
    assert [move.name for move in life.moves if move.undated] == ["record_reply"]
    assert life.undated
    instants = [life.opening.at, *(move.at for move in life.moves)]
    assert instants == sorted(instants)


def test_an_undated_opening_takes_the_first_date_there_is(planner: MakePlanner) -> None:
    cells = {**FILED, "提交日期": None}
    life = planner(*cells, allow_undated=True).life(row_of(5, cells))
    assert life.opening.undated
    assert life.opening.at == datetime(2025, 12, 8, tzinfo=UTC)


def test_a_row_without_any_date_lies_at_the_import_and_never_after_it(planner: MakePlanner) -> None:
    cells = {**FILED, "提交日期": None, "审查日期": None}
    now = datetime(2026, 3, 2, 1, tzinfo=UTC)
    life = planner(*cells, allow_undated=True).life(row_of(5, cells))
    assert {life.opening.at, *(move.at for move in life.moves)} == {now}


def test_every_wrong_cell_of_a_row_is_named_at_once(planner: MakePlanner) -> None:
    cells = {**DONE, "案由": " ", "类别": "外星事务", "主办单位": "月球部", "交办日期": "昨天"}
    text = refusal(planner, cells)
    for part in ("“案由”未填写", "外星事务", "生活福利", "没有单位“月球部”", "昨天"):
        assert part in text


def test_a_bad_character_is_refused_even_in_a_column_nobody_reads(planner: MakePlanner) -> None:
    assert "备注" in refusal(planner, {**INTAKE, "备注": "\x07"})


def test_a_code_may_stand_before_its_words(planner: MakePlanner) -> None:
    cells = {**FILED, "审查结果": "不予立案", "理由代码": "R13 内容空泛", "审查意见": "没有具体建议"}
    form = planner(*cells).life(row_of(5, cells)).moves[-1].form
    assert form == {"refusal_code": "R13", "refusal_reason": "没有具体建议"}


def test_a_person_is_bound_only_when_exactly_one_is_known(planner: MakePlanner) -> None:
    def bound(name: str) -> object:
        cells = {**INTAKE, "提案人": name}
        life = planner(*cells).life(row_of(5, cells))
        assert life.opening.form["proposer_name"] == name
        return life.moves[0].form.get("proposer_person")

    assert bound("王小明") == "p1"
    assert bound("login-p2") == "p2"
    assert bound("李红") is None
    assert bound("不在册") is None


def test_a_register_with_one_judgement_leaves_the_other_without_opinion(planner: MakePlanner) -> None:
    cells = {name: value for name, value in DONE.items() if name != "办理态度评价"}
    life = planner(*cells).life(row_of(5, cells))
    form = next(move.form for move in life.moves if move.name == "evaluate")
    assert (form["evaluation_attitude"], form["evaluation_result"]) == ("no_opinion", "basic")


def test_a_closed_row_without_an_evaluation_is_closed_unevaluated(planner: MakePlanner) -> None:
    cells = {name: value for name, value in DONE.items() if "评价" not in name}
    assert moves(planner, cells)[-1] == "close_unevaluated"


def test_a_row_is_known_again_by_its_number_wherever_it_stands(planner: MakePlanner) -> None:
    one = planner(*INTAKE).life(row_of(5, INTAKE))
    elsewhere = planner(*INTAKE, "备注").life(row_of(99, {**INTAKE, "案由": "改善浴室", "备注": "另见附件"}))
    assert one.key == elsewhere.key
    assert one.number == "7"


def test_the_same_number_of_another_session_is_another_row(planner: MakePlanner) -> None:
    row = row_of(5, INTAKE)
    assert planner(*INTAKE).life(row).key != planner(*INTAKE, session="6-4").life(row).key


def test_without_a_session_the_year_tells_numbers_apart(planner: MakePlanner) -> None:
    this, last = INTAKE, {**INTAKE, "提交日期": date(2024, 12, 1)}
    plan = planner(*INTAKE, session=None)
    assert plan.life(row_of(5, this)).key != plan.life(row_of(5, last)).key


def test_a_row_without_a_number_is_known_by_all_its_cells(planner: MakePlanner) -> None:
    plan = planner(*INTAKE)
    one = plan.life(row_of(5, {**INTAKE, "编号": None}))
    same = plan.life(row_of(6, {**INTAKE, "编号": None}))
    other = plan.life(row_of(7, {**INTAKE, "编号": None, "案由": "改善浴室"}))
    assert one.key == same.key != other.key
    assert one.number is None


def test_no_personal_data_stands_in_a_key(planner: MakePlanner) -> None:
    life = planner(*INTAKE).life(row_of(5, {**INTAKE, "编号": "王小明"}))
    assert len(life.key) == 64
    assert "王小明" not in life.key


def test_a_second_firing_of_a_move_has_a_name_of_its_own(planner: MakePlanner, proposal_map: RegisterMap) -> None:
    twice = proposal_map.model_copy(update={"moves": (proposal_map.moves[0], proposal_map.moves[0])})
    life = planner(*INTAKE, map_=twice).life(row_of(5, INTAKE))
    assert [move.name for move in life.moves] == ["register", "register#2"]


def test_the_cells_of_a_row_are_kept_as_they_were(planner: MakePlanner) -> None:
    life = planner(*INTAKE).life(row_of(5, INTAKE))
    assert life.cells == ("7", "改善食堂", "生活福利", "2025-12-01")
