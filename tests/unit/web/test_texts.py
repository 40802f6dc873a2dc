"""The texts of the pages: each is there in both languages, each is used, and none is asked for that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from engine.calendar.walk import Mark
from engine.case.actors import ActorKind
from engine.case.commands import BasisKind
from engine.definition.parts import Milestone, Phase, Privacy
from engine.figures.measures import Grouping
from engine.figures.report import Audience
from engine.ledger.streams import FACTS
from engine.service.auditing import KINDS as AUDITED
from engine.service.housekeeping import SESSION_DAYS
from engine.service.list_orders import Order
from engine.service.long_work_ports import WorkState
from engine.service.next_moves import Extension
from engine.service.polls import Standing
from engine.service.rights_history import KINDS
from engine.service.waiting import Group as WaitingGroup
from engine.service.waiting import Whose
from web.appearance import PRINTS, THEMES
from web.exports import Kind
from web.pages import (
    account,
    accounts,
    admin_delegations,
    admin_rules,
    coverage,
    figures_try,
    grants,
    inbox,
    linked_login,
)
from web.pages.admin import DOORS
from web.pages.figures import LATE_HEAD
from web.pages.overdue import RANGES_DAYS
from web.pages.supervise import PROMISES, TABS
from web.pages.work import SHOWN
from web.sections import SECTIONS, Group
from web.texts import TEXTS
from web.views import archive, case_table, congress_report, dossier, exported, figure_sheets, overdue
from web.views.figure_asking import EXTENT
from web.views.figures import MEASURE_HEAD, STAGE_HEAD, TITLES
from web.views.months import MARKS
from web.views.refused import Kind as RefusedKind
from web.words import Words

WEB = Path(__file__).parents[3] / "web"
HAN = re.compile(r"[\u4e00-\u9fff]")
ASKED = re.compile(r"\bt\((?=([^()]*))")
NAMES = re.compile(r"""["']([a-z][a-z_0-9]+)["']""")
# Names put together from a closed set, as step_submitted.
MADE = {
    *(f"poll_{standing}" for standing in Standing if standing is not Standing.WAITING),
    *(f"order_{order}" for order in Order),
    *(f"work_state_{state}" for state in WorkState),
    *(f"work_next_{step}" for step in WorkState if step is not WorkState.PROPOSED),
    "work_next_skipped",
    *(f"work_{shown}{more}" for shown in SHOWN for more in ("", "_none")),
    *(f"order_{order}_note" for order in Order if order is not Order.OPENED),
    *(f"export_{kind}" for kind in Kind),
    *(f"figures_file_{kind}" for kind in Kind),
    *(f"figures_try_side_{side}" for side in figures_try.SIDES),
    *(f"figures_try_unit_{unit}" for unit in figures_try.UNITS),
    *(f"figures_try_{value}" for value in figures_try.SWITCHES),
    *figure_sheets.TITLES,
    *case_table.STANDING,
    *exported.COLUMNS,
    *overdue.COLUMNS,
    *archive.COLUMNS,
    *(f"nav_{section.name}" for section in SECTIONS),
    *(f"coverage_{which}" for which in coverage.LISTS),
    *(f"coverage_nobody_{which}" for which in coverage.LISTS),
    "coverage_one_year",
    "coverage_two_years",
    *(f"nav_group_{group}" for group in Group),
    "look_theme",
    "look_print",
    *(f"look_theme_{theme}" for theme in THEMES),
    *(f"look_print_{choice}" for choice in PRINTS),
    *(f"phase_{phase}" for phase in Phase),
    *(f"step_{milestone}" for milestone in Milestone),
    *(f"privacy_{privacy}" for privacy in Privacy),
    *(f"behalf_kind_{kind}" for kind in BasisKind),
    *(f"privacy_{privacy}_note" for privacy in Privacy),
    *(f"mark_{mark}" for mark in Mark),
    *(f"who_{kind}" for kind in ActorKind if kind is not ActorKind.PERSON),
    *(f"figures_by_{kind}" for kind in Grouping),
    *(f"mine_{group}" for group in WaitingGroup),
    *(f"mine_{whose}" for whose in Whose),
    *(f"mine_extension_{extension}" for extension in Extension),
    *(f"supervise_tab_{tab}" for tab in TABS),
    *(f"figures_{kind}_head" for kind in Grouping),
    *(f"figures_late_{name}" for name in LATE_HEAD),
    *congress_report.LATE_HEAD,
    *(f"report_link_{name}" for name in ("report", "table")),
    *(f"report_by_{by}" for by in ("category", "unit")),
    *(*dossier.HISTORY_HEAD, *dossier.DEADLINE_HEAD, *dossier.FILE_HEAD, *dossier.PAPER_HEAD),
    *(*MEASURE_HEAD, *STAGE_HEAD, *TITLES.values(), *EXTENT.values()),
    *(f"{kind}_{form}" for kind in ("left", "late") for form in ("one", "days")),
    *RANGES_DAYS.values(),
    *inbox.DONE.values(),
    *account.DONE.values(),
    *admin_rules.DONE.values(),
    *admin_delegations.DONE.values(),
    *(f"others_{kind}" for kind in ("login", "token")),
    *accounts.DONE.values(),
    *linked_login.DONE.values(),
    *(f"absence_{standing}" for standing in ("now", "coming", "over")),
    *(f"grants_standing_{standing}" for standing in ("now", "coming", "over")),
    *(f"grants_{kind}" for kind in (*KINDS, "system", "security", "audit")),
    *grants.DONE.values(),
    *(f"figures_{part}_{audience}" for part in ("audience", "note") for audience in Audience),
    *(f"access_reads_{privacy}" for privacy in (*Privacy, "brief")),
    *("access_own", "access_inherited"),
    *(f"channel_{done}" for done in ("saved", "forgotten")),
    *(f"absence_{done}" for done in ("saved", "ended")),
    *(f"audit_kind_{kind}" for kind in ("cases", *AUDITED)),
    *(f"fact_{kind}" for kind in FACTS),
    *(f"fact_part_{part}" for parts in FACTS.values() for part in parts if part != "case"),
    *(f"diagram_key_{kind}" for kind in ("back", "forward", "heaviest", "many", "stays", "taken")),
    *(f"workflow_{limit}" for limit in ("suspension", "extension", "start_day_included", "start_day_excluded")),
    *(f"workflow_roll_{roll}" for roll in ("none", "next", "previous")),
    *(f"admin_{name}{more}" for name in DOORS for more in ("", "_note")),
    *(f"admin_look_{tone}" for tone in ("done", "soon", "late")),
    *(f"admin_session_{day}" for day in SESSION_DAYS),
    *(f"weekday_{number}" for number in range(1, 8)),
    *MARKS.values(),
    *PROMISES.values(),
    *(f"refused_{kind}{more}" for kind in RefusedKind for more in ("", "_help")),
    "role_lead",
    "role_co_handler",
    "role_alike",
    # Handed on by name.
    "left_hours",
    "late_just",
    "sign_changed",
    "sign_unknown",
    "similar_dismissed",
}


def asked_for() -> Iterator[str]:
    """Yield every text named in a call of ``t`` in a template or a module."""
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]:
        for call in ASKED.findall(path.read_text(encoding="utf-8")):
            for name in NAMES.findall(call):
                if not name.endswith("_"):
                    yield name


def test_a_text_is_chinese_in_chinese_and_not_in_english() -> None:
    # The name of the other language stands in that language.
    texts = {name: text for name, text in TEXTS.items() if name != "other_language"}
    letters = {name: re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", text.zh)) for name, text in texts.items()}
    assert [name for name, text in texts.items() if letters[name] and not HAN.search(text.zh)] == []
    assert [name for name, text in texts.items() if HAN.search(text.en) or not text.en.strip()] == []


def test_both_languages_fill_in_the_same() -> None:
    def places(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert {name for name, text in TEXTS.items() if places(text.zh) != places(text.en)} == set()


def test_every_text_that_is_asked_for_is_there() -> None:
    assert (set(asked_for()) | MADE) - set(TEXTS) == set()


def test_no_text_is_there_for_nothing() -> None:
    assert set(TEXTS) - set(asked_for()) - MADE == set()


def test_a_text_is_filled_and_read_in_the_language_of_the_reader() -> None:
    assert Words("zh").t("left_days", n=3) == "还有 3 个工作日"
    assert Words("en").t("left_days", n=3) == "3 working days left"
    assert Words("en").listed([]) == "—"
