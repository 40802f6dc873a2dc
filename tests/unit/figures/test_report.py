"""The report of a workflow: from the spans that real commands left, as of several instants, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.case.commands import Stated
from engine.errors import NotFound
from engine.figures.measures import Grouping
from engine.figures.report import Report, figures, report_json
from engine.figures.spans import UNDATED
from tests.support.ledgers import BEGIN, MATTER, ROOT, Registry, a_full_life, small_rules


def report(registry: Registry, at: datetime | None = None, **asked: Any) -> Report:
    return figures(registry.tables, registry.world, ROOT, asked.pop("workflow", "matter"), at or registry.now, **asked)


def shown(report: Report) -> Mapping[str, tuple[int, int | None, str]]:
    return {
        measure.name: (measure.total.numerator, measure.total.denominator, measure.total.value())
        for measure in report.measures
    }


@pytest.fixture
def registry() -> Registry:
    return Registry(small_rules())


def test_the_figures_are_those_that_the_ledger_knew_at_the_instant(registry: Registry) -> None:
    case = registry.open()
    registry.later(days=1)
    registry.fire(case, "review", outcome="filed")
    assert shown(report(registry, BEGIN))["filing_rate"] == (0, 1, "0.0")
    assert shown(report(registry))["filing_rate"] == (1, 1, "100.0")
    assert shown(report(registry, BEGIN - timedelta(seconds=1)))["filing_rate"] == (0, 0, "—")


def test_a_full_life_with_a_late_second_round_is_counted(registry: Registry) -> None:
    a_full_life(registry)
    registry.later(days=30)
    assert shown(report(registry)) == {
        "filing_rate": (1, 1, "100.0"),
        "filing_rate_by_form": (1, 1, "100.0"),
        "solved_rate": (1, 1, "100.0"),
        "on_time_reply_rate": (0, 1, "0.0"),
        "rounds": (2, None, "2"),
        "extensions": (1, None, "1"),
    }


def test_a_suspended_case_leaves_the_ratio_and_is_counted_apart(registry: Registry) -> None:
    late, waiting = registry.open(), registry.open()
    for case in (late, waiting):
        registry.fire(case, "review", outcome="filed")
        registry.fire(case, "assign", lead_unit_id="safety")
    registry.fire(waiting, "suspend")
    registry.later(days=60)
    tally = next(one.total for one in report(registry).measures if one.name == "on_time_reply_rate")
    assert (tally.numerator, tally.denominator) == (0, 1)
    assert [(line.id, line.count) for line in tally.excluded] == [("withdrawn", 0), ("suspended", 1)]


def test_children_count_only_when_their_workflow_is_asked_for(registry: Registry) -> None:
    case = registry.open()
    registry.fire(case, "review", outcome="filed")
    registry.fire(case, "assign", lead_unit_id="safety", co_units=["logistics"])
    registry.fire(registry.children(case)[0], "finish")
    assert report(registry).extent.cases == 1
    parts = report(registry, workflow="part")
    assert parts.extent.cases == 2
    assert shown(parts) == {"parts_done": (1, 2, "50.0")}


def test_the_extent_says_how_many_cases_count_by_a_stated_time(registry: Registry) -> None:
    registry.open()
    registry.later(days=2)
    registry.open(stated=Stated(BEGIN, "登记簿第1行"))
    registry.open(stated=Stated(BEGIN, "登记簿第2行" + UNDATED))
    extent = report(registry).extent
    assert (extent.root, extent.title.zh) == (ROOT, "works单位")
    assert (extent.cases, extent.by_stated_time, extent.undated) == (3, 1, 1)


def test_groups_bear_the_names_of_units_categories_and_months(registry: Registry) -> None:
    case = registry.open()
    registry.open({**MATTER, "kind": "pay"})
    registry.fire(case, "review", outcome="filed")
    registry.fire(case, "assign", lead_unit_id="safety")
    by_unit = report(registry, by=Grouping.UNIT).groups
    assert {key: title.zh for key, title in by_unit.items()} == {"safety": "safety单位", "works": "works单位"}
    by_category = report(registry, by=Grouping.CATEGORY).groups
    assert {key: title.zh for key, title in by_category.items()} == {"pay": "劳动报酬", "safety": "劳动安全"}
    by_month = report(registry, by=Grouping.MONTH).groups
    assert {key: title.en for key, title in by_month.items()} == {"2026-03": "2026-03"}


def test_cases_of_a_workflow_without_categories_stand_in_one_group(registry: Registry) -> None:
    registry.fire(a_part(registry), "finish")
    groups = report(registry, workflow="part", by=Grouping.CATEGORY).groups
    assert {key: title.en for key, title in groups.items()} == {None: "Not stated"}


def test_a_workflow_without_measures_has_an_empty_report(registry: Registry) -> None:
    registry.open({"subject": "试"}, workflow="five_states")
    found = report(registry, workflow="five_states", by=Grouping.UNIT)
    assert (found.measures, found.extent.cases) == ((), 1)


def test_an_unknown_workflow_is_refused(registry: Registry) -> None:
    with pytest.raises(NotFound):
        report(registry, workflow="no_such")


def test_the_json_has_the_published_keys_and_plain_values(registry: Registry) -> None:
    case = registry.open()
    registry.open()
    registry.fire(case, "review", outcome="filed")
    found = json.loads(json.dumps(report_json(report(registry, datetime(2026, 3, 31, 16, tzinfo=UTC), decimals=2))))
    assert found["workflow"] == "matter"
    assert found["as_of"] == "2026-03-31T16:00:00.000000Z"
    assert found["scope"] == {
        "root": "works",
        "title": {"zh": "works单位", "en": "Works"},
        "cases": 2,
        "by_stated_time": 0,
        "undated": 0,
    }
    assert found["measures"][0] == {
        "name": "filing_rate",
        "title": {"zh": "立案率", "en": "Filing rate"},
        "numerator": 1,
        "denominator": 2,
        "value": "50.00",
        "excluded": [],
        "beside": [{"id": "withdrawn", "title": {"zh": "已撤案", "en": "Withdrawn"}, "count": 0}],
        # (1/2 + z²/4) ± z √(1/8 + z²/16), each over 1 + z²/2, for z = 1.96.
        "interval": {"low": "9.45", "high": "90.55", "level": 95, "method": "wilson"},
        "minimum_sample": 5,
        "small_sample": True,
        "by": [],
    }


def test_the_json_of_groups_repeats_the_numbers_group_by_group(registry: Registry) -> None:
    registry.open({**MATTER, "kind": "pay"})
    measure: Any = report_json(report(registry, by=Grouping.CATEGORY))["measures"]
    (group,) = measure[0]["by"]
    assert (group["group"], group["title"]["zh"], group["denominator"], group["value"]) == ("pay", "劳动报酬", 1, "0.0")


def a_part(registry: Registry) -> Any:
    """Return a part of a case that was just assigned."""
    case = registry.open()
    registry.fire(case, "review", outcome="filed")
    registry.fire(case, "assign", lead_unit_id="safety")
    return registry.children(case)[0]
