"""A slice of the city, one case of each kind at each place: built without a refusal, and its numbers are those that the
corpus says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.figures.report import figures
from engine.service.coverage import CoverageDesk, find_declared
from engine.service.verify import verify
from runtime.demo.build import sample_accounts, sample_clock
from runtime.demo.city import build
from runtime.demo.city.build import build_city
from runtime.demo.city.corpus import CityCorpus
from runtime.demo.simulation import SampleRefusedError
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of
from tests.support.accounts import log_in
from tests.support.command_line import command_line
from web.app import create_site


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(database_url=f"sqlite:///{tmp_path_factory.mktemp('city')}/banjie.db")
    assert build_city(settings, most_at_a_place=1) > 1000, "every command was carried out: a refusal ends the build"
    return settings


@pytest.fixture(scope="module")
def opened(settings: Settings) -> Iterator[Opened]:
    with desk_of(settings, clock=sample_clock(settings), write=False) as desk:
        yield desk


@pytest.fixture(scope="module")
def states(opened: Opened) -> Counter[tuple[str, str]]:
    reads = opened.desk.reads
    root = reads.roots()[0]
    ids = list(reads.all_case_ids(root))
    chunks = (ids[n : n + 200] for n in range(0, len(ids), 200))
    return Counter((case.workflow, case.state) for chunk in chunks for case in reads.cases(root, chunk))


def test_every_workflow_has_cases(states: Counter[tuple[str, str]]) -> None:
    assert {workflow for workflow, _state in states} == set(CityCorpus().lives)


def test_rosters_are_filled_and_awards_dealt_out_as_the_corpus_says(states: Counter[tuple[str, str]]) -> None:
    def of(workflow: str) -> dict[str, int]:
        return {state: count for (name, state), count in states.items() if name == workflow}

    assert of("basic_unit") == {"listed": 29, "struck": 1}, "ten in each of three counties"
    assert of("trainee") == {"listed": 58, "left": 2}, "twelve in each county, two in each of twelve enterprises"
    assert of("trainer") == {"listed": 12, "left": 1}, "four of the city, three of each county"
    assert of("award") == {"using": 6, "commended": 4, "publicity": 1, "vacant": 1, "nominating": 1}
    assert sum(of("appraisal").values()) == 12, "one in each enterprise"
    assert sum(of("inspection").values()) == 15, "and one in each county"


def test_figures_are_those_of_the_corpus(opened: Opened) -> None:
    desk = opened.desk
    root = desk.reads.roots()[0]
    report = figures(desk.reads, desk.world(root), root, "award", desk.office.now())
    totals = {measure.name: measure.total for measure in report.measures}
    assert report.extent.cases == 13
    assert totals["awarded"].numerator == 20, "ten contests commended two proposals each"
    rate = totals["award_rate"]
    assert (rate.numerator, rate.denominator) == (20, 33), "three were nominated in those and in the vacant one"


def test_coverage_is_that_of_the_roster(opened: Opened) -> None:
    desk = opened.desk
    root = desk.reads.roots()[0]
    world = desk.world(root)
    asked = CoverageDesk(reads=desk.reads, root=root, world=world, principals=None)
    visited = asked.count(find_declared(world.rules, "visit.focus_enterprises"), 2026).whole
    unions = asked.count(find_declared(world.rules, "basic_unit.union_coverage"), 2026).whole
    # Of the ten units of a county seven are enterprises: five of them in focus, with unions, the two others without.
    # The one unit of the city that was struck off was one in focus. This slice visits the first unit of each county.
    assert (visited.lines, visited.covered) == (14, 3)
    assert (unions.lines, unions.covered) == (20, 14)


def test_the_awards_stand_in_the_public_register(settings: Settings) -> None:
    passwords = {login: password for _title, login, password in sample_accounts(settings)}
    found: list[str] = []
    with (
        desk_of(settings, clock=sample_clock(settings)) as writing,
        TestClient(
            create_site(writing.desk, ApiSettings(version="0.1.0", database="test")), follow_redirects=False
        ) as client,
    ):
        assert log_in(client, "worker", passwords["worker"]).status_code == 303
        address: str | None = "/register"
        while address is not None:
            page = client.get(address).text
            found += re.findall("2026年度职工代表优秀提案评选", page)
            following = re.search(r'href="(/register[^"]*)" rel="next"', page)
            address = None if following is None else unescape(following[1])
    assert len(found) == 10


def test_verification_finds_nothing(opened: Opened) -> None:
    desk = opened.desk
    root = desk.reads.roots()[0]
    found = verify(desk.reads, desk.world(root).rules, root, desk.sealer)
    assert found.findings == ()
    assert found.cases > 300


def test_a_build_that_breaks_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(_settings: Settings, **_more: object) -> int:
        raise SampleRefusedError("2026-03-02 走访被拒绝")

    monkeypatch.setattr(build, "build_city", broken)
    answered = command_line(f"sqlite:///{tmp_path}/banjie.db").run("demo", "--city")
    assert answered.code == 1
    assert "全市示例没有建完：2026-03-02 走访被拒绝" in answered.err
    assert "库中只有一部分，不要使用；请删除该数据库，或用 --database 另指一个空库，再运行一次" in answered.err


def test_a_database_that_is_not_empty_is_left_alone(settings: Settings, opened: Opened) -> None:
    before = opened.desk.reads.roots()
    answered = command_line(settings.database_url).run("demo", "--city")
    assert answered.code == 1
    assert "数据库不是空的，示例只建在空数据库中" in answered.err
    assert opened.desk.reads.roots() == before


def test_city_and_size_are_not_asked_for_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # the box around it breaks no line
    answered = command_line(f"sqlite:///{tmp_path}/banjie.db").run("demo", "--city", "--size", "9")
    assert answered.code == 2
    assert "--city 与 --size 不能同时使用 · --city and --size cannot be used together" in answered.err
