"""Whether the city is told to the end: a life for every workflow, moves and forms that its definition knows, people who
can make them. Plays nothing; what comes of it is tested with the build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

import pytest
from pydantic import JsonValue

from engine.calendar.calendar import Calendar
from engine.definition.rulebook import Rulebook
from runtime.demo.city.corpus import CITY_FOLDER, CityCorpus, Level, LifeText
from runtime.demo.city.lives import Lot, lots, told_lives
from runtime.demo.city.places import accounts_of, places_of
from runtime.demo.city.words import said
from runtime.demo.corpus import Corpus
from runtime.rules import Rules, load_rules

WORKFLOWS: Final = Path(__file__).parents[3] / "workflows"
CITY: Final = CityCorpus()
PLAYED: Final = dict(told_lives(CITY))


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(WORKFLOWS)


@pytest.fixture(scope="module")
def book(rules: Rules) -> Rulebook:
    return rules.rulebook()


def test_every_workflow_has_a_life_in_the_city() -> None:
    assert set(CITY.lives) == {file.parent.name for file in WORKFLOWS.glob("*/v1.yaml")}


def test_the_city_has_three_counties_with_four_enterprises_each() -> None:
    assert [county.id for county in CITY.counties] == ["qingshan", "yunxi", "baitan"]
    assert Counter(one.county for one in CITY.enterprises) == {"qingshan": 4, "yunxi": 4, "baitan": 4}


@pytest.mark.parametrize("name", sorted(PLAYED))
def test_a_life_goes_by_moves_and_fields_that_its_definition_knows(book: Rulebook, name: str) -> None:
    assert list(_faults(book, name, PLAYED[name])) == []


def test_a_life_that_leaves_out_a_field_or_invents_a_move_is_found(book: Rulebook) -> None:
    life = PLAYED["inspection"]
    silent = life.model_copy(update={"texts": {}})
    assert "opening asks for plan_text" in list(_faults(book, "inspection", silent))
    assert "no move begin_inspection" in list(_faults(book, "award", life))


def test_nobody_has_two_accounts_and_no_two_people_one_name() -> None:
    places = places_of(CITY, Corpus(), seed=1)
    _writes, accounts = accounts_of(CITY, places)
    logins = [login for _title, login, _password in accounts]
    assert len(set(logins)) == len(logins) == len(CITY.accounts) == 19
    persons = {write.person for write in _writes if hasattr(write, "person")}
    assert len(persons) == len(logins)
    names = [person.zh for place in places for person in place.cast.persons.values()]
    assert len(set(names)) == len(names)


def test_ends_are_dealt_out_in_the_shares_that_a_life_says() -> None:
    life = LifeText(count={Level.ENTERPRISE: 1}, ends={"closed": 9, "open": 3})
    places = places_of(CITY, Corpus(), seed=1)
    dealt = lots(life, places, Random(5))
    assert Counter(lot.end for lot in dealt) == {"closed": 9, "open": 3}
    assert [lot.turn for lot in dealt] == list(range(12))


def test_a_slice_takes_the_first_cases_of_each_place_but_rosters_whole() -> None:
    life = LifeText(count={Level.COUNTY: 5}, ends={"listed": 1})
    places = places_of(CITY, Corpus(), seed=1)
    shown: list[Lot] = lots(life, places, Random(5), 2)
    assert [(lot.place.text.id, lot.n) for lot in shown] == [
        *[("qingshan", 1), ("qingshan", 2), ("yunxi", 1), ("yunxi", 2), ("baitan", 1), ("baitan", 2)]
    ]
    assert len(lots(life.model_copy(update={"whole": True}), places, Random(5), 2)) == 15


def test_braces_stand_for_days_words_and_rows(rules: Rules) -> None:
    calendar: Calendar = rules.calendar
    friday = date(2026, 3, 6)
    words: dict[str, JsonValue] = {"n": 3, "place": "某厂", "people": 2}
    assert said("{+10}", words, friday, calendar) == "2026-03-16"
    assert said("{w+1}", words, friday, calendar) == "2026-03-09", "the weekend does not count"
    assert said("{n}", words, friday, calendar) == 3
    assert said("{place}第{n}号", words, friday, calendar) == "某厂第3号"
    rows = said({"repeat": "{people}", "row": {"no": "{i}", "by": ["{n}"]}}, words, friday, calendar)
    assert rows == [{"no": 1, "by": [3]}, {"no": 2, "by": [3]}]
    with pytest.raises(KeyError, match="nobody"):
        said("{nobody}", words, friday, calendar)


def test_no_file_of_the_city_is_larger_than_what_the_loader_reads() -> None:
    assert max(file.stat().st_size for file in CITY_FOLDER.rglob("*.yaml")) < 256 * 1024


def _faults(book: Rulebook, name: str, life: LifeText) -> Iterator[str]:
    """Yield what is wrong with a life, of its case's own moves; those of parts and linked cases show when played."""
    workflow = book.newest(name)
    given = {*life.form, *([workflow.subject_field] if life.subjects else [])}
    yield from _of_form("opening", workflow.opening, given, life)
    for end in life.ends:
        for move in life.road(end):
            if move.of != "case":
                continue
            if move.transition not in workflow.transitions:
                yield f"no move {move.transition}"
                continue
            yield from _of_form(move.transition, workflow.transitions[move.transition].form, set(move.form), life)


def _of_form(where: str, asked: Mapping[str, str], given: set[str], life: LifeText) -> Iterator[str]:
    known = set(life.texts)
    yield from (f"{where} knows no {field}" for field in sorted(given - set(asked)))
    yield from (
        f"{where} asks for {field}"
        for field, need in asked.items()
        if need == "required" and field not in given and field not in known
    )
