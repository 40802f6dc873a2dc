"""The tree of units a level at a time: what is on a level, what is searched for, where the next page begins."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from engine.access.directory import Surroundings, Unit
from engine.case.identity import RootId, UnitId
from engine.text import Text
from web.views.unit_levels import LINES, unit_level, units_below

ROOT = RootId("works")


def unit(id_: str, parent: str | None, title: str) -> Unit:
    return Unit(
        root=ROOT,
        id=UnitId(id_),
        parent=None if parent is None else UnitId(parent),
        code=f"C-{id_}",
        title=Text(title, f"Unit {id_}"),
    )


def house(*units: Unit) -> Surroundings:
    return Surroundings(root=ROOT, epoch=1, units={one.id: one for one in units}, sessions={})


MILL = house(
    unit("works", None, "厂"),
    unit("a", "works", "一车间"),
    unit("b", "works", "二车间"),
    unit("a1", "a", "一车间甲班"),
    unit("a11", "a1", "甲班一组"),
)


def test_the_top_stands_with_the_level_below_it_by_code() -> None:
    level = unit_level(MILL, {})
    assert [one.id for one in level.units] == ["works", "a", "b"]
    assert (level.below, level.total, level.path) == ({"works": 2, "a": 1, "a1": 1}, 2, ())


def test_a_level_below_names_what_is_above_it() -> None:
    level = unit_level(MILL, {"under": "a1"})
    assert [one.id for one in level.units] == ["a1", "a11"]
    assert [one.id for one in level.path] == ["works", "a"]
    # Changing a unit shows the level on which it stands.
    chosen = unit_level(MILL, {}, MILL.units[UnitId("a1")])
    assert [one.id for one in chosen.units] == ["a", "a1"]


def test_a_search_finds_by_name_code_and_english_wherever_the_unit_stands() -> None:
    assert [one.id for one in unit_level(MILL, {"text": "甲班"}).units] == ["a1", "a11"]
    assert [one.id for one in unit_level(MILL, {"text": "C-b"}).units] == ["b"]
    assert [one.id for one in unit_level(MILL, {"text": "Unit a11"}).units] == ["a11"]
    assert unit_level(MILL, {"text": "无"}).units == ()


def test_a_long_level_goes_on_behind_the_last_code_and_repeats_nothing() -> None:
    many = house(unit("works", None, "厂"), *(unit(f"u{number:04}", "works", "组") for number in range(LINES + 3)))
    first = unit_level(many, {})
    assert first.next is not None
    asked = {name: values[0] for name, values in parse_qs(urlsplit(first.next).query).items()}
    second = unit_level(many, asked)
    assert [one.id for one in second.units] == [f"u{number:04}" for number in range(LINES, LINES + 3)]
    assert second.next is None


def test_a_unit_is_named_by_id_or_code_with_all_that_is_below_it() -> None:
    assert units_below(MILL, "a") == units_below(MILL, "C-a") == {"a", "a1", "a11"}
    assert units_below(MILL, "nowhere") == frozenset()
    assert unit_level(house(), {}).units == ()
