"""One pass over all cases: whole and groups, milestones, stages, what is chosen, what is behind a number, what is held
back of a confidential kind, and the survey as text and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Final

import pytest

from engine.case.identity import CaseId
from engine.figures.chosen import Chosen
from engine.figures.facts import Facts
from engine.figures.measures import Grouping
from engine.figures.survey import Survey, evaluate, members, reached, survey, tally_of, timed
from engine.figures.survey_json import survey_from, survey_text
from tests.support.builders import a_calendar
from tests.support.ledgers import small_rules

AT: Final = datetime(2026, 9, 1, tzinfo=UTC)
MATTER: Final = small_rules().for_new("matter")
HANDLING: Final = ("assigned", "handled")
_IDS = count()


def case(
    unit: str, month: int, *, days: int | None = None, session: str | None = None, outcome: str = "filed", **held: str
) -> Facts:
    """Return a case that was submitted on the 2nd of a month at noon; handled so many days after it was assigned."""
    first = {"submitted": f"2026-{month:02d}-02T04:00:00.000000Z"}
    if days is not None:
        first |= {"assigned": "2026-03-02T01:00:00.000000Z", "handled": f"2026-03-{2 + days:02d}T01:00:00.000000Z"}
    kinds = {"state": "filed", "unit": "works", "lead": unit, "field:outcome": outcome, **held}
    return Facts(
        case=CaseId(f"{next(_IDS):032x}"),
        held=kinds if session is None else {**kinds, "session": session},
        passed=(),
        first=first,
    )


def counted(facts: Sequence[Facts], *, suppressed: bool = False, chosen: Chosen | None = None) -> Survey:
    return survey(MATTER, facts, AT, calendar=a_calendar(), suppressed=suppressed, chosen=chosen)


def numbers(told: Survey, by: Grouping, column: str) -> dict[str | None, int | None]:
    return {each.key: told.number(each, column) for each in told.groups[by]}


FEW: Final = [
    case("north", 1, days=1, session="s1"),
    case("north", 1, days=2, session="s1"),
    case("north", 2, days=8, session="s2"),
    case("south", 2, session="s2", outcome="refused"),
]


def test_the_whole_and_every_table_count_the_same_cases() -> None:
    told = counted(FEW)
    assert told.number(told.whole, "cases") == 4
    assert numbers(told, Grouping.UNIT, "cases") == {"north": 3, "south": 1}
    assert numbers(told, Grouping.MONTH, "cases") == {"2026-01": 2, "2026-02": 2}
    assert numbers(told, Grouping.SESSION, "cases") == {"s1": 2, "s2": 2}
    assert numbers(told, Grouping.CATEGORY, "cases") == {None: 4}


def test_milestones_count_each_case_once() -> None:
    told = counted(FEW)
    assert [told.number(told.whole, reached(each)) for each in ("submitted", "reviewed", "assigned", "handled")] == [
        4, 0, 3, 3,
    ]  # fmt: skip
    assert numbers(told, Grouping.UNIT, reached("handled")) == {"north": 3, "south": 0}


def test_stages_have_a_median_and_a_decile_in_working_days() -> None:
    told = counted(FEW)
    place = 2  # submitted, reviewed, assigned, handled, closed: the third stage
    time = told.whole.times[place]
    # Tuesday, Wednesday and the Tuesday after (10 March): 1, 2 and 6 working days.
    assert time is not None
    assert (time.median_doubled, time.ninth_decile) == (4, 6)
    assert told.number(told.whole, timed(HANDLING)) == 3
    assert told.group(Grouping.UNIT, "south") is not None
    assert told.group(Grouping.UNIT, "south").times[place] is None  # type: ignore[union-attr]  # said just above
    assert told.group(Grouping.UNIT, "east") is None


def test_without_a_calendar_no_times_are_told() -> None:
    told = survey(MATTER, FEW, AT)
    assert set(told.whole.times) == {None}
    assert told.number(told.whole, timed(HANDLING)) == 0


@pytest.mark.parametrize(
    ("chosen", "cases"),
    [
        (Chosen(units={"south"}), 1),
        (Chosen(units={"north", "south"}), 4),
        (Chosen(period="2026"), 4),
        (Chosen(period="2026-01"), 2),
        (Chosen(period="2025"), 0),
        (Chosen(session="s2"), 2),
        (Chosen(units={"north"}, session="s2"), 1),
    ],
)
def test_what_is_chosen_alone_is_counted(chosen: Chosen, cases: int) -> None:
    told = counted(FEW, chosen=chosen)
    assert told.number(told.whole, "cases") == cases


def test_a_month_begins_in_shanghai() -> None:
    late = replace(FEW[0], first={"submitted": "2026-01-31T16:30:00.000000Z"})
    assert numbers(counted([late]), Grouping.MONTH, "cases") == {"2026-02": 1}


def behind(column: str, by: Grouping | None = None, key: str | None = None) -> list[str]:
    group = None if by is None else (str(by), key)
    return list(members(MATTER, FEW, AT, column, None, group))


def test_behind_a_number_stand_exactly_the_cases_it_counts() -> None:
    told = counted(FEW)
    for column in told.columns:
        if "rounds" not in column and "extensions" not in column:  # these add up how often, not how many
            assert len(behind(column)) == told.number(told.whole, column), column
        for by in Grouping:
            for each in told.groups[by]:
                found = behind(column, by, each.key)
                assert (len(found) > 0) == (told.number(each, column) != 0), (column, by, each.key)
    assert behind("filing_rate numerator", Grouping.UNIT, "north") == [each.case for each in FEW[:3]]
    assert behind("cases", Grouping.UNIT, "south") == [FEW[3].case]


def test_behind_what_counts_by_a_stated_time_or_by_none() -> None:
    stated, undated = case("north", 1, stated="1"), case("north", 1, stated="undated")
    facts = [stated, undated]
    assert list(members(MATTER, facts, AT, "stated", None, None)) == [stated.case]
    assert list(members(MATTER, facts, AT, "undated", None, None)) == [undated.case]
    told = counted(facts)
    assert [told.number(told.whole, name) for name in ("cases", "stated", "undated")] == [2, 1, 1]


def test_small_numbers_are_not_printed_in_any_table_nor_beside_the_measures() -> None:
    facts = [*(case("north", 1, days=1) for _ in range(9)), *(case("south", 1) for _ in range(2))]
    told = counted(facts, suppressed=True)
    assert numbers(told, Grouping.UNIT, "cases") == {"north": None, "south": None}
    # 9 of 11 were handled: 2 were not, which nobody is to reckon.
    assert (told.number(told.whole, "cases"), told.number(told.whole, reached("handled"))) == (11, None)
    assert told.number(told.whole, timed(HANDLING)) is None
    assert told.whole.times[2] is None


def test_a_decile_of_few_is_somebodys_and_is_not_printed() -> None:
    nine = counted([case("north", 1, days=1) for _ in range(9)], suppressed=True)
    ten = counted([case("north", 1, days=1) for _ in range(10)], suppressed=True)
    assert [told.whole.times[2].ninth_decile for told in (nine, ten)] == [None, 1]  # type: ignore[union-attr]  # there


def test_who_takes_one_table_from_another_learns_nothing_small() -> None:
    # Months are 8 and 3, units 8 and 3 otherwise cut: each table hides two of its rows and keeps the whole.
    facts = [*(case("north", 1) for _ in range(8)), *(case("south", 2) for _ in range(3))]
    told = counted(facts, suppressed=True)
    whole = told.number(told.whole, "cases")
    assert whole == 11
    for by in (Grouping.UNIT, Grouping.MONTH):
        shown = [number for number in numbers(told, by, "cases").values() if number is not None]
        assert whole - sum(shown) > 0
        assert shown == []


def test_a_measure_is_the_same_by_whatever_it_is_broken_down() -> None:
    alone = {one.name: one.total for one in evaluate(MATTER, FEW, AT)}
    for by in Grouping:
        assert {one.name: one.total for one in evaluate(MATTER, FEW, AT, by=by)} == alone
    facts = [*(case("north", 1) for _ in range(8)), *(case("south", 2, outcome="refused") for _ in range(3))]
    hidden = {one.name: one.total for one in evaluate(MATTER, facts, AT, suppressed=True)}
    for by in Grouping:
        assert {one.name: one.total for one in evaluate(MATTER, facts, AT, by=by, suppressed=True)} == hidden


def test_a_survey_is_the_same_after_it_was_kept() -> None:
    for told in (counted(FEW), counted(FEW, suppressed=True), counted([])):
        assert survey_from(survey_text(told)) == told


def test_what_is_no_survey_is_refused() -> None:
    with pytest.raises(ValueError, match="validation error"):
        survey_from("[]")


def test_a_number_that_is_not_printed_may_be_a_small_sample() -> None:
    told = counted([case("north", 1)], suppressed=True)
    tally = tally_of(MATTER, told, told.whole, "filing_rate")
    assert tally.numerator == 0
    assert set(tally.marks) == {"numerator", "denominator"}
