"""The scenarios of published figures: registers go in and rates come out through the commands that everybody uses, each
a process of its own on a SQLite database of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from datetime import time as time_of_day
from functools import cache
from pathlib import Path
from typing import Final, TypedDict

import openpyxl
import pytest
from pytest_bdd import given, scenarios, then, when

from engine.calendar.term import SHANGHAI, day_ends_at
from engine.case.codec import at_text
from engine.case.identity import CaseId
from engine.figures.facts import Facts
from engine.figures.survey import Survey, survey
from runtime.rules import Rules
from tests.acceptance.steps_common import sentence
from tests.support.builders import a_calendar
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A database with one register in it, and what ``banjie import`` said of it."""

    database: Path
    workflow: str
    report: Mapping[str, object]


def banjie(database: Path, *arguments: str) -> str:
    """Run the command on a database, the clock on the day the registers are true of, and return what it printed."""
    answer = subprocess.run(
        [sys.executable, "-m", "runtime.cli.main", "--database", f"sqlite:///{database}", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "BANJIE_CLOCK": f"{KNOWN_ON}T12:00:00+08:00"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


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
