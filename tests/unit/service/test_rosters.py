"""Rosters: a line stands once, a case names lines that are there, none is reached twice, each counts once."""

from __future__ import annotations

from typing import Final

import pytest
from pydantic import JsonValue

from engine.case.commands import OpenCase
from engine.case.identity import CaseId, UnitId
from engine.case.roster_problems import Asked
from engine.errors import FormInvalid, NotFound
from engine.service.coverage import Coverage, CoverageDesk, Share, declared_in, find_declared
from engine.service.execute import Done
from engine.service.rosters import BatchRosters
from tests.support.builders import a_list, a_rulebook
from tests.support.ledgers import CLERK, ROOT, Registry
from tests.support.roster_definitions import CLASS, FIRM, roster_rules

RULES: Final = roster_rules()


@pytest.fixture
def registry() -> Registry:
    return Registry(rules=RULES)


def firm(registry: Registry, code: str, *, unit: str = "works", **fields: JsonValue) -> CaseId:
    answer = registry.do(opening("firm", {"subject": f"企业{code}", "code": code, **fields}, unit))
    assert isinstance(answer, Done)
    return answer.outcome.case


def opening(workflow: str, form: dict[str, JsonValue], unit: str = "works") -> OpenCase:
    return OpenCase(root=ROOT, actor=CLERK, key="", workflow=workflow, unit=UnitId(unit), form=form)


def visit(code: str, year: int = 2011, unit: str = "logistics", **fields: JsonValue) -> OpenCase:
    return opening("visit", {"subject": "走访", "firm_code": code, "year": year, **fields}, unit)


def refused(answer: object) -> dict[str, str]:
    assert isinstance(answer, FormInvalid)
    return {problem.path: problem.text.zh for problem in answer.fields}


def count(registry: Registry, id_: str, year: int, unit: str | None = None) -> Coverage:
    desk = CoverageDesk(reads=registry.tables.rosters, root=ROOT, world=registry.world, principals=None)
    return desk.count(find_declared(RULES, id_), year, None if unit is None else UnitId(unit))


def test_a_key_stands_once_on_a_roster(registry: Registry) -> None:
    first = firm(registry, "F1")
    again = registry.do(opening("firm", {"subject": "另一家", "code": "F1"}))
    assert refused(again) == {"code": "名册中已有编号“F1”的“企业F1”，请核对编号；情况有变的，请在原条目上更新"}
    registry.fire(first, "accept")
    registry.fire(first, "close")  # struck off: its key is free again
    firm(registry, "F1")
    assert registry.found() == set()


def test_a_line_may_be_given_another_key_that_nobody_has(registry: Registry) -> None:
    first, _second = firm(registry, "F1"), firm(registry, "F2")
    taken = registry.do(registry.firing(first, "set", {"code": "F2"}))
    assert set(refused(taken)) == {"code"}
    registry.fire(first, "set", code="F3")
    firm(registry, "F1")
    assert [line.key for line in registry.tables.rosters.lines] == ["F2", "F3", "F1"]
    assert registry.found() == set()


def test_a_visit_names_a_line_that_is_there(registry: Registry) -> None:
    assert refused(registry.do(visit("F9"))) == {
        "firm_code": "名册中没有编号“F9”，请核对；确属应列而未列的，请先登入名册"
    }


def test_nobody_is_visited_twice_in_a_year_but_for_a_reason(registry: Registry) -> None:
    firm(registry, "F1")
    first = registry.do(visit("F1", unit="safety"))
    assert isinstance(first, Done)
    again = refused(registry.do(visit("F1")))
    assert again == {"firm_code": "编号“F1”已由safety单位列入，不再重复；确需再去的，请写明理由"}
    registry.fire(first.outcome.case, "visit", visited_on="2011-08-03")
    again = refused(registry.do(visit("F1")))
    assert again == {"firm_code": "编号“F1”已由safety单位列入（2011-08-03），不再重复；确需再去的，请写明理由"}
    assert isinstance(registry.do(visit("F1", year=2012)), Done)
    assert isinstance(registry.do(visit("F1", remark="欠薪隐患须复查")), Done)
    assert registry.found() == set()


def test_a_plan_that_is_given_up_leaves_the_line_to_others(registry: Registry) -> None:
    firm(registry, "F1")
    first = registry.do(visit("F1"))
    assert isinstance(first, Done)
    registry.fire(first.outcome.case, "give_up")
    assert isinstance(registry.do(visit("F1", unit="safety")), Done)


def test_a_plan_moved_to_another_line_is_asked_about_that_one_only(registry: Registry) -> None:
    struck, _other = firm(registry, "F1"), firm(registry, "F2")
    plan = registry.do(visit("F1"))
    assert isinstance(plan, Done)
    registry.fire(struck, "accept")
    registry.fire(struck, "close")  # what was named before it was struck off stops nobody
    registry.do(visit("F2", unit="safety"))
    moved = registry.do(registry.firing(plan.outcome.case, "move_to", {"firm_code": "F2"}))
    assert set(refused(moved)) == {"firm_code"}
    registry.fire(plan.outcome.case, "visit", visited_on="2011-09-01")
    assert registry.found() == set()


def test_each_line_counts_once_and_only_within_its_year(registry: Registry) -> None:
    for code, scale in (("F1", "large"), ("F2", "large"), ("F3", "large"), ("F4", "small")):
        firm(registry, code, scale=scale, has_union=code == "F1")
    for code, day in (("F1", "2011-07-04"), ("F2", "2012-01-01"), ("F4", "2011-07-05")):
        made = registry.do(visit(code, year=int(day[:4])))
        assert isinstance(made, Done)
        registry.fire(made.outcome.case, "visit", visited_on=day)
    once_more = registry.do(visit("F1", remark="复查"))
    assert isinstance(once_more, Done)
    registry.fire(once_more.outcome.case, "visit", visited_on="2011-12-31")
    registry.do(visit("F3"))

    found = count(registry, "visit.large_firms", 2011)
    assert found.whole == Share(lines=3, covered=1, planned=1)
    assert (found.whole.percent(), found.whole.missing, found.whole.short_of(100), found.twice) == ("33.3", 2, 2, 1)
    assert found.by_value == {
        "true": Share(lines=1, covered=1, planned=0),
        "false": Share(lines=2, covered=0, planned=1),
    }
    assert count(registry, "visit.large_firms", 2012).whole == Share(lines=3, covered=1, planned=1)


def test_units_are_rolled_up_and_the_unit_itself_stands_beside_them(registry: Registry) -> None:
    firm(registry, "F1", unit="works", scale="large", has_union=True)
    firm(registry, "F2", unit="safety", scale="large", has_union=True)
    firm(registry, "F3", unit="safety", scale="large", has_union=False)
    firm(registry, "F4", unit="logistics", scale="small", has_union=True)
    whole = count(registry, "firm.with_union", 2026)
    assert whole.whole == Share(lines=3, covered=2, planned=0)
    assert whole.own == Share(lines=1, covered=1, planned=0)
    assert whole.by_unit == {"safety": Share(lines=2, covered=1, planned=0)}
    assert whole.whole.short_of(80) == 1
    assert count(registry, "firm.with_union", 2026, "safety").whole == Share(lines=2, covered=1, planned=0)
    assert count(registry, "firm.with_union", 2026, "logistics").whole == Share()
    assert Share().percent() == "—"


def test_a_table_reaches_those_who_came_and_a_round_takes_two_years(registry: Registry) -> None:
    for code in ("P1", "P2", "P3"):
        firm(registry, code)
    rows: list[JsonValue] = [{"code": "P1", "came": True}, {"code": "P2", "came": False}]
    first = registry.do(opening("class", {"subject": "一班", "held_on": "2025-04-01", "people": rows}))
    assert isinstance(first, Done)
    registry.fire(first.outcome.case, "accept")
    second = registry.do(
        opening("class", {"subject": "二班", "held_on": "2026-05-01", "people": [{"code": "P1", "came": True}]})
    )
    assert isinstance(second, Done)
    registry.fire(second.outcome.case, "accept")
    assert count(registry, "class.round", 2026).whole == Share(lines=3, covered=1, planned=0)
    assert count(registry, "class.round", 2027).whole == Share(lines=3, covered=1, planned=0)
    assert count(registry, "class.round", 2028).whole == Share(lines=3, covered=0, planned=0)
    more: list[JsonValue] = [{"code": "P1", "came": True}, {"code": "P7", "came": True}]
    answer = registry.do(registry.firing(second.outcome.case, "sign_in", {"people": more}))
    assert refused(answer) == {
        "people.1.code": "第 2 行“编号”：名册中没有编号“P7”，请核对；确属应列而未列的，请先登入名册"
    }


def test_what_was_made_in_the_same_batch_is_known(registry: Registry) -> None:
    firm(registry, "F1")
    first, second, third = registry.all_at_once(
        [visit("F1"), visit("F1", unit="safety"), opening("firm", {"subject": "x", "code": "F1"})]
    )
    assert isinstance(first, Done)
    assert set(refused(second)) == {"firm_code"}
    assert set(refused(third)) == {"code"}
    born, named = registry.all_at_once([opening("firm", {"subject": "x", "code": "F2"}), visit("F2")])
    assert isinstance(born, Done)
    assert isinstance(named, Done)
    assert registry.found() == set()


def test_what_is_wrong_with_the_rows_is_told_in_words(registry: Registry) -> None:
    firm(registry, "F1")
    registry.tables.rosters.lines[0] = registry.tables.rosters.lines[0]._replace(name="别家")
    said = [finding.text.zh for finding in registry.verify().findings]
    assert said[0] == "名册中缺少 firm 'F1' 的行"
    assert said[1].startswith("名册中多出一行：RosterLineRow(")


def test_a_table_names_a_line_once_where_lines_are_reached_once() -> None:
    once = CLASS.replace("counted: came\n", "counted: came\n    once: {within: subject, unless: remark}\n")
    registry = Registry(rules=a_rulebook(FIRM, once, lists=[a_list("scales", "large", "small")]))
    firm(registry, "P1")
    twice: list[JsonValue] = [{"code": "P1", "came": True}, {"code": "P1", "came": True}]
    made = registry.do(opening("class", {"subject": "一班", "held_on": "2026-04-01", "people": twice}))
    assert isinstance(made, Done), "nobody is reached before the class begins"
    answer = registry.do(registry.firing(made.outcome.case, "accept", {}))
    assert refused(answer) == {"people.1.code": "第 2 行“编号”：编号“P1”与第 1 行重复，请删去一行"}


@pytest.mark.parametrize("spoilt", ["line", "reach", "a line too much", "a reach gone"])
def test_a_row_that_is_not_what_the_case_makes_it_is_found(registry: Registry, spoilt: str) -> None:
    firm(registry, "F1")
    registry.do(visit("F1"))
    kept = registry.tables.rosters
    match spoilt:
        case "line":
            kept.lines[0] = kept.lines[0]._replace(facets='{"has_union": "true"}')
        case "reach":
            kept.reaches[0] = kept.reaches[0]._replace(planned=0, day="2011-07-04")
        case "a line too much":
            kept.lines.append(kept.lines[0]._replace(key="F2"))
        case _:
            kept.reaches.clear()
    assert registry.found() == {"P4"}


def test_what_is_declared_is_found_by_its_name() -> None:
    assert [one.id for one in declared_in(RULES)] == ["class.round", "firm.with_union", "visit.large_firms"]
    with pytest.raises(NotFound) as refusal:
        find_declared(RULES, "visit.none")
    assert refusal.value.text.zh == "没有这项覆盖率"


def test_a_batch_knows_whose_a_key_is_after_it_went_from_one_to_another() -> None:
    registry, batch = Registry(rules=RULES), BatchRosters()
    firms = [firm(registry, f"F{n}") for n in range(2)]
    first, second = registry.tables.read_cases([(ROOT, one) for one in firms])
    definition = RULES.for_new("firm")
    asked = Asked(frozenset({("firm", "F0"), ("firm", "F1")}), frozenset())

    def known() -> dict[str, CaseId]:
        found = batch.facts(registry.tables.rosters, ROOT, registry.world, asked)
        return {key: line.case for (_roster, key), line in found.lines.items()}

    batch.moved(first, first._replace(data={**first.data, "code": "F9"}), definition)
    assert known() == {"F1": firms[1]}
    batch.moved(second, second._replace(data={**second.data, "code": "F0"}), definition)
    assert known() == {"F0": firms[1]}
    batch.moved(first, first._replace(data={**first.data, "code": "F1"}), definition)
    assert known() == {"F0": firms[1], "F1": firms[0]}
    # One step may let two lines change their keys: what the second leaves is the first one's by then.
    batch.moved(first, first._replace(data={**first.data, "code": "F0"}), definition)
    batch.moved(second, second._replace(data={**second.data, "code": "F1"}), definition)
    assert known() == {"F0": firms[0], "F1": firms[1]}
