"""A case becomes a row and the row the same case, whatever the case holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from engine.case.case import Case, Child, Clock, ClockState, Party, Pins
from engine.definition.parts import Phase
from engine.service.case_rows import case_from, case_row
from tests.support.storage import MORNING, a_case

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MAYBE = st.none() | TEXT
INSTANT = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
DAY = st.dates()
COUNT = st.integers(0, 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | COUNT | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
CLOCKS = st.builds(
    Clock,
    name=TEXT,
    state=st.sampled_from(ClockState),
    started_at=INSTANT,
    term=TEXT,
    promised_on=DAY,
    nominal_on=DAY,
    due_on=DAY,
    due_at=INSTANT,
    provisional=st.booleans(),
    calendar=TEXT,
    suspensions=st.lists(st.tuples(DAY, DAY | st.none()), max_size=2).map(tuple),
    extensions=st.lists(COUNT, max_size=2).map(tuple),
    cap_on=st.none() | DAY,
    ended_at=st.none() | INSTANT,
    rungs=st.lists(TEXT, max_size=2).map(tuple),
    rung_at=st.none() | INSTANT,
    watched=st.booleans(),
)
CHILDREN = st.builds(
    Child, case=TEXT, workflow=TEXT, role=st.sampled_from(["lead", "co_handler"]), unit=TEXT, batch=COUNT
)
CASES = st.builds(
    Case,
    root=TEXT,
    id=TEXT,
    workflow=TEXT,
    definition_version=COUNT,
    pins=st.builds(Pins, definition=TEXT, lists=st.dictionaries(TEXT, TEXT, max_size=2), calendar=TEXT),
    unit=TEXT,
    congress_session=MAYBE,
    state=TEXT,
    phase=st.sampled_from(Phase),
    opened_at=INSTANT,
    changed_at=INSTANT,
    version=COUNT,
    seq=COUNT,
    head=TEXT,
    data=st.dictionaries(TEXT, JSON, max_size=3),
    sealed=st.frozensets(TEXT, max_size=3),
    parties=st.lists(st.builds(Party, TEXT, TEXT, MAYBE), max_size=3).map(tuple),
    people=st.lists(TEXT, max_size=3).map(tuple),
    clocks=st.lists(CLOCKS, max_size=2).map(tuple),
    children=st.lists(CHILDREN, max_size=2).map(tuple),
    fired=st.dictionaries(TEXT, COUNT, max_size=3),
    milestones=st.dictionaries(TEXT, INSTANT, max_size=3),
    parent=MAYBE,
    child_role=st.sampled_from([None, "lead", "co_handler"]),
    batch=COUNT,
    merged_into=MAYBE,
    merged_from=st.lists(TEXT, max_size=2).map(tuple),
    resume_state=MAYBE,
    linked=st.lists(TEXT, max_size=2).map(tuple),
    published=st.booleans(),
    stated=st.booleans(),
    happened=st.none() | INSTANT,
)


@given(CASES)
def test_a_case_becomes_a_row_and_the_row_the_same_case(case: Case) -> None:
    row = case_row(case, number="N", subject=None, category="C")

    assert case_from(row) == case
    assert (row.number, row.subject, row.category) == ("N", None, "C")


def test_what_queries_ask_for_stands_in_columns() -> None:
    due = datetime(1970, 1, 2, tzinfo=UTC)
    clock = Clock(
        name="reply",
        state=ClockState.RUNNING,
        started_at=MORNING,
        term="3 months",
        promised_on=due.date(),
        nominal_on=due.date(),
        due_on=due.date(),
        due_at=due,
        provisional=False,
        calendar="c",
    )
    lead = Child(case="child", workflow="handling", role="lead", unit="canteen", batch=1)  # type: ignore[arg-type]  # plain texts stand for ids here
    row = case_row(a_case("case-1", clocks=(clock,), children=(lead,)), number=None, subject=None, category=None)

    assert (row.next_due_at, row.lead_unit, row.phase) == (86_400_000_000, "canteen", "active")
    assert row.opened_at == 1_772_413_200_000_000


def test_a_plain_case_has_a_body_without_empty_parts() -> None:
    row = case_row(a_case("case-1", data={"标题": "食堂"}), number=None, subject=None, category=None)

    assert list(json.loads(row.body)) == ["pins", "data"]
    assert '"标题":"食堂"' in row.body
