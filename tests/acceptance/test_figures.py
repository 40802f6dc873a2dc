"""The scenarios of published figures: registers go in and rates come out through the commands that everybody uses, on a
SQLite database of its own for each."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from datetime import time as time_of_day
from functools import cache
from pathlib import Path
from typing import Final, NotRequired, TypedDict

import openpyxl
import pytest
from pytest_bdd import given, scenarios, then, when

from engine.calendar.term import SHANGHAI, day_ends_at
from engine.case.codec import at_text
from engine.case.identity import CaseId
from engine.figures.facts import Facts
from engine.figures.intervals import Interval
from engine.figures.measures import Grouping
from engine.figures.survey import Survey, evaluate, survey
from runtime.rules import Rules
from tests.acceptance.steps_common import sentence
from tests.support.builders import a_calendar
from tests.support.command_line import command_line
from tests.support.registers import KNOWN_ON, UNITS, write_register
from tests.support.wording import DAY, day

scenarios("../../features/figures")

REPOSITORY: Final = Path(__file__).parents[2]
REGISTERS: Final[Mapping[str, tuple[str, str]]] = {
    # what a scenario calls it: the register, the workflow it is imported for
    "华北电力大学": ("huadian_72", "proposal"),
    "深圳职业技术学院": ("shenzhen_126", "proposal"),
    "吉林铁道职业技术学院": ("jilin_74", "proposal"),
    "北京理工大学": ("beijing_81", "proposal"),
    "某大学": ("university_67", "proposal"),
    "甘肃省政协": ("gansu_820", "proposal"),
    "12351职工维权热线": ("hotline_4190", "grievance"),
}
STAGE: Final = 2
"""The place of 交办→办结 among the stages of a proposal: 提交, 审查, 交办, 办结, 评价, 结案."""


class Counted(TypedDict):
    """A line beside a measure."""

    title: Mapping[str, str]
    count: int


class Measure(TypedDict):
    """A measure as ``banjie figures --json`` prints it."""

    title: Mapping[str, str]
    numerator: int
    denominator: int | None
    value: str
    beside: list[Counted]
    interval: NotRequired[Interval | None]
    by: NotRequired[Mapping[str, int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Cases of which only so much is known as their published totals say."""

    workflow: str
    cases: list[Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A database with one register in it, and what ``banjie import`` said of it."""

    database: Path
    workflow: str
    report: Mapping[str, object]


def banjie(database: Path, *arguments: str) -> str:
    """Run the command on a database, the clock on the day the registers are true of, and return what it printed."""
    return command_line(f"sqlite:///{database}", clock=f"{KNOWN_ON}T12:00:00+08:00").must(*arguments)


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Imported]:
    """Return how a register is had, imported once for all scenarios that read it."""
    folder = tmp_path_factory.mktemp("figures")
    organisation = folder / "organisation.db"
    _write_organisation(folder / "organisation.xlsx")
    banjie(organisation, "unit", "import", str(folder / "organisation.xlsx"))

    @cache
    def the(name: str) -> Imported:
        register, workflow = REGISTERS[name]
        database, sheet = folder / f"{register}.db", folder / f"{register}.xlsx"
        shutil.copy(organisation, database)
        write_register(register, sheet)
        said = banjie(database, "import", str(sheet), "--workflow", workflow, "--session", "6-3", "--json")
        return Imported(database=database, workflow=workflow, report=json.loads(said))

    return the


def _write_organisation(path: Path) -> None:
    book = openpyxl.Workbook()
    units = book.create_sheet("单位")
    units.append(["编码", "名称", "上级"])
    units.append(["works", "江岭重工", None])
    for number, unit in enumerate(UNITS, start=1):
        units.append([f"unit{number}", unit, "works"])
    sessions = book.create_sheet("届次")
    sessions.append(["届", "次"])
    sessions.append([6, 3])
    del book[book.sheetnames[0]]
    book.save(path)


@given(sentence(r"登记簿“(?P<name>[^“”]+)”的(?P<rows>\d+)件已全部导入"), target_fixture="register")
def _register(imported: Callable[[str], Imported], name: str, rows: str) -> Imported:
    register = imported(name)
    report = register.report
    assert (report["rows"], report["created"], report["refused"]) == (int(rows), int(rows), [])
    return register


@when(sentence("统计(?P<precisely>，保留两位小数)?"), target_fixture="measures")
def _counted(register: Imported, precisely: str | None) -> dict[str, Measure]:
    options = ["--decimals", "2"] if precisely else []
    said = banjie(
        register.database, "figures", "--workflow", register.workflow, "--as-of", f"{KNOWN_ON}", "--json", *options
    )
    found: list[Measure] = json.loads(said)["measures"]
    return {measure["title"]["zh"]: measure for measure in found}


@then(sentence(r"“(?P<title>[^“”]+)”为(?P<value>[\d.]+)%，即(?P<numerator>\d+)/(?P<denominator>\d+)"))
def _rate(measures: dict[str, Measure], title: str, value: str, numerator: str, denominator: str) -> None:
    measure = measures[title]
    assert (measure["numerator"], measure["denominator"]) == (int(numerator), int(denominator)), measure
    assert measure["value"] == value, measure["value"]


@then(sentence(r"“(?P<title>[^“”]+)”为(?P<count>\d+)件"))
def _count(measures: dict[str, Measure], title: str, count: str) -> None:
    assert (measures[title]["numerator"], measures[title]["denominator"]) == (int(count), None)


@then(sentence(r"“(?P<title>[^“”]+)”旁注明(?P<lines>.+)"))
def _beside(measures: dict[str, Measure], title: str, lines: str) -> None:
    wanted = {line: int(count) for line, count in re.findall(r"“([^“”]+)”(\d+)件", lines)}
    shown = {line["title"]["zh"]: line["count"] for line in measures[title]["beside"]}
    assert wanted.items() <= shown.items(), shown


# -------------------------------------------------------------------------------------------------- published totals

_DUE, _LATE = "2026-01-31T16:00:00.000000Z", "2026-02-02T01:00:00.000000Z"
_SUBMITTED: Final = {"submitted": "2025-11-03T01:00:00.000000Z"}
_REPLIED: Final = {**_SUBMITTED, "handled": "2026-01-12T01:00:00.000000Z"}
_RATED: Final = {**_REPLIED, "evaluated": "2026-01-20T01:00:00.000000Z"}
_CLOSED: Final = {**_RATED, "closed": "2026-01-21T01:00:00.000000Z"}
_FILED: Final = {"state": "handling", "field:review_outcome": "filed"}
_ANSWERED: Final = {"state": "replied", "field:review_outcome": "filed"}
_SATISFIED: Final = {**_ANSWERED, "state": "evaluated", "field:evaluation_result": "satisfied"}


def _clock(state: str) -> str:
    return json.dumps({"due_at": _DUE, "ended_at": _DUE, "extensions": 0, "state": state, "suspensions": 0})


KINDS: Final[Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]] = {
    # what a scenario calls such cases: what is known of each, and the milestones that it reached
    "立案并已答复": (_ANSWERED, _REPLIED),
    "立案未答复": (_FILED, _SUBMITTED),
    "转意见建议并已答复": ({"state": "replied", "field:review_outcome": "converted"}, _REPLIED),
    "不予立案": ({"state": "refused", "field:review_outcome": "refused"}, _SUBMITTED),
    "并入立案件": ({"state": "merged", "field:review_outcome": "merged", "merged": "0" * 32}, _SUBMITTED),
    **{f"立案并答复为{letter}类": ({**_ANSWERED, "field:reply_class": letter}, _REPLIED) for letter in "ABC"},
    "评价为满意": (_SATISFIED, _RATED),
    "评价为不满意": ({**_SATISFIED, "field:evaluation_result": "unsatisfied"}, _RATED),
    "沟通过并结案且评价为满意": (
        {**_SATISFIED, "state": "closed", "field:contacted": "true", "clock:reply": _clock("met")},
        _CLOSED,
    ),
    "按期办结": ({"state": "closed", "clock:handling": _clock("met")}, _CLOSED),
    "逾期办结": ({"state": "closed", "clock:handling": _clock("met")}, {**_CLOSED, "closed": _LATE}),
    "尚未办结": ({"state": "in_hand", "clock:handling": _clock("running")}, _SUBMITTED),
}


@given(sentence(r"(?P<whole>\d+)件(?P<what>提案|到期诉求)中，(?P<parts>.+)"), target_fixture="published")
def _published(whole: str, what: str, parts: str) -> Published:
    cases: list[Facts] = []
    for part in parts.split("，"):
        found = re.fullmatch(r"(.+?)(\d+)件", part)
        assert found is not None, part
        held, first = KINDS[found[1]]
        ids = (CaseId(f"{len(cases) + number:032x}") for number in range(int(found[2])))
        cases += [Facts(case=each, held=held, passed=(), first=first) for each in ids]
    assert len(cases) == int(whole), "各部分相加与总数不符"
    return Published(workflow="proposal" if what == "提案" else "grievance", cases=cases)


@given(sentence(r"它们先后由“(?P<units>[^“”]+)”主办"))
def _led(published: Published, units: str) -> None:
    """Read who led each case one after the other; the newest assignment counts, however often it was passed on."""
    for place, led in enumerate(units.split("；")):
        case, names = published.cases[place], led.split("、")
        published.cases[place] = replace(case, held={**case.held, "lead": names[-1]}, assignments=len(names))


@when(sentence("按件数(?P<by>分单位)?统计(?:，(?P<decimals>保留两位小数|不保留小数))?"), target_fixture="measures")
def _recounted(published: Published, rules: Rules, by: str | None, decimals: str | None) -> dict[str, Measure]:
    digits = {None: 1, "保留两位小数": 2, "不保留小数": 0}[decimals]
    definition = rules.rulebook().for_new(published.workflow)
    results = evaluate(definition, published.cases, day_ends_at(KNOWN_ON), by=Grouping.UNIT if by else None)
    return {
        result.title.zh: Measure(
            title={"zh": result.title.zh},
            numerator=result.total.numerator,
            denominator=result.total.denominator,
            value=result.total.value(digits),
            beside=[Counted(title={"zh": line.title.zh}, count=line.count) for line in result.total.beside],
            interval=result.total.interval(digits),
            by={str(key): tally.denominator for key, tally in result.groups},
        )
        for result in results
    }


@then(sentence(r"“(?P<title>[^“”]+)”的95%置信区间为(?P<low>[\d.]+)%至(?P<high>[\d.]+)%"))
def _sure(measures: dict[str, Measure], title: str, low: str, high: str) -> None:
    assert measures[title]["interval"] == (low, high)


@then(sentence(r"各单位“(?P<title>[^“”]+)”的分母为“(?P<units>[^“”]+)”"))
def _by_unit(measures: dict[str, Measure], title: str, units: str) -> None:
    wanted = {name: int(count) for name, count in re.findall(r"(\D+)(\d+)、?", units)}
    assert measures[title]["by"] == wanted
    assert sum(wanted.values()) == measures[title]["denominator"]


# ------------------------------------------------------------------------------------------- stages and milestones


@pytest.fixture
def staged() -> list[Facts]:
    """What is known of the proposals of a scenario."""
    return []


@given(sentence(rf"一件提案DAY交办，(?:(?P<handled>{DAY})办结|尚未办结)"))
def _a_proposal(staged: list[Facts], on: str, handled: str | None) -> None:
    first = {"assigned": _at_nine(on)} | ({"handled": _at_nine(handled)} if handled else {})
    staged.append(Facts(case=CaseId(f"{len(staged):032x}"), held={"state": "filed"}, passed=(), first=first))


@when(sentence("按DAY统计用时"), target_fixture="told")
def _surveyed(staged: list[Facts], rules: Rules, on: str) -> Survey:
    definition = rules.rulebook().for_new("proposal")
    return survey(definition, staged, day_ends_at(day(on)), calendar=a_calendar())


@then(sentence(r"“交办→办结”计入(?P<cases>\d+)件，中位数(?P<median>[\d.]+)个工作日"))
def _median(told: Survey, cases: str, median: str) -> None:
    time = told.whole.times[STAGE]
    assert time is not None
    assert told.number(told.whole, "timed.assigned.handled") == int(cases)
    assert time.median_doubled / 2 == float(median)


@then(sentence(r"“交办→办结”九成在内的天数为(?P<days>\d+)个工作日"))
def _decile(told: Survey, days: str) -> None:
    time = told.whole.times[STAGE]
    assert time is not None
    assert time.ninth_decile == int(days)


@then(sentence(r"到达“交办”的(?P<assigned>\d+)件，到达“办结”的(?P<handled>\d+)件"))
def _reached(told: Survey, assigned: str, handled: str) -> None:
    found = [told.number(told.whole, f"reached.{milestone}") for milestone in ("assigned", "handled")]
    assert found == [int(assigned), int(handled)]


def _at_nine(on: str) -> str:
    return at_text(datetime.combine(day(on), time_of_day(9), tzinfo=SHANGHAI))
