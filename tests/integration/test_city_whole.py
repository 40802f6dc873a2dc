"""The whole city, once: a year of all of it without a refusal, verified, and counted as the corpus says."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.figures.report import figures
from engine.service.verify import verify
from runtime.demo.build import sample_clock
from runtime.demo.city.build import build_city
from runtime.settings import Settings
from runtime.wiring import desk_of

FINISHED_PARTS = 5000


@pytest.mark.slow
def test_a_year_of_the_whole_city_is_built_and_verified(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/banjie.db")
    assert build_city(settings) > FINISHED_PARTS
    with desk_of(settings, clock=sample_clock(settings), write=False) as opened:
        desk = opened.desk
        root = desk.reads.roots()[0]
        world = desk.world(root)
        report = figures(desk.reads, world, root, "visit", desk.office.now())
        totals = {measure.name: measure.total for measure in report.measures}
        assert report.extent.cases == 27, "nine in each county"
        assert totals["visits"].numerator == 24, "eight of nine were paid"
        assert totals["people_met"].numerator == 24 * 18
        classes = figures(desk.reads, world, root, "training", desk.office.now())
        people = {measure.title.zh: measure.total.numerator for measure in classes.measures}
        assert people["培训班期数"] == 8, "nine were planned, one has not begun"
        assert people["培训人次"] == 3 * (6 + 3 + 3) - 3, (
            "three classes in each county; one of three people has not begun"
        )
        found = verify(desk.reads, world.rules, root, desk.sealer)
        assert found.findings == ()
