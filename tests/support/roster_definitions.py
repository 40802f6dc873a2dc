"""Three small procedures about a roster: the roster of firms, a visit to one of them, and a class with its table."""

from __future__ import annotations

from typing import Final

from engine.definition.rulebook import Rulebook
from tests.support.builders import a_definition_with, a_list, a_move, a_rulebook

FIRM: Final = a_definition_with(
    name="firm",
    head="""
    lists: {scales: scales}
    roster: {key: code, name: subject, states: [submitted, handling], facets: [scale, has_union]}
    coverage:
      with_union:
        title: {zh: 建会率, en: With a union}
        roster: firm
        among: {scale: [large]}
        has: {has_union: true}
        goal: {percent: 80}
    """,
    opening="subject: required\ncode: required\nscale: optional\nhas_union: optional",
    fields="""
    code: {title: {zh: 编号, en: Code}, privacy: public, schema: {type: string, maxLength: 20}}
    scale: {title: {zh: 规模, en: Scale}, privacy: public, schema: {type: string}, list: scales}
    has_union: {title: {zh: 已建会, en: Has a union}, privacy: public, schema: {type: boolean}}
    """,
    transitions=a_move(
        "set",
        origin="[submitted, handling]",
        form="{subject: optional, code: optional, scale: optional, has_union: optional}",
    ),
)
VISIT: Final = a_definition_with(
    name="visit",
    head="""
    reaches:
      visited:
        title: {zh: 走访, en: Visit}
        roster: firm
        key: firm_code
        planned: [submitted]
        reached: [handling, closed]
        on: visited_on
        once: {within: year, unless: remark}
    coverage:
      large_firms:
        title: {zh: 规模以上企业走访覆盖率, en: Large firms visited}
        roster: firm
        among: {scale: [large]}
        reach: visited
        by: has_union
        goal: {percent: 100}
    """,
    opening="subject: required\nfirm_code: required\nyear: required\nremark: optional\nvisited_on: optional",
    fields="""
    firm_code: {title: {zh: 企业编号, en: Firm}, privacy: public, schema: {type: string, maxLength: 20}}
    year: {title: {zh: 年度, en: Year}, privacy: public, schema: {type: integer}}
    visited_on: {title: {zh: 走访日期, en: Visited on}, privacy: public, schema: {type: string, format: date}}
    """,
    transitions=a_move("visit", origin="[submitted]", leads="to: handling", form="{visited_on: required}")
    + a_move("move_to", origin="[submitted]", form="{firm_code: required, remark: optional}")
    + a_move("give_up", origin="[submitted]", leads="to: dropped"),
    states="dropped: {title: {zh: 已取消, en: Dropped}, phase: final}",
)
CLASS: Final = a_definition_with(
    name="class",
    head="""
    reaches:
      trained:
        title: {zh: 参训, en: Trained}
        roster: firm
        key: people.code
        reached: [handling, closed]
        on: held_on
        counted: came
    coverage:
      round:
        title: {zh: 两年轮训率, en: Round of two years}
        roster: firm
        reach: trained
        per: two_years
    """,
    opening="subject: required\nheld_on: required\npeople: optional",
    fields="""
    held_on: {title: {zh: 开班日期, en: Held on}, privacy: public, schema: {type: string, format: date}}
    people:
      title: {zh: 签到表, en: People}
      privacy: internal
      schema: {type: array, maxItems: 5}
      columns:
        code: {title: {zh: 编号, en: Code}, schema: {type: string}}
        came: {title: {zh: 到课, en: Came}, schema: {type: boolean}}
    """,
    transitions=a_move("sign_in", form="{people: required}"),
)


def roster_rules() -> Rulebook:
    """Return the rules of the three."""
    return a_rulebook(FIRM, VISIT, CLASS, lists=[a_list("scales", "large", "small")])
