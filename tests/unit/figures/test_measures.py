"""Counting measures: the published totals of the field, what is left out, what is shown beside, groups, rounding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest

from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.definition.model import Measure
from engine.figures.facts import Facts
from engine.figures.measures import Counted, Grouping, MeasureResult, Tally, rate
from engine.figures.survey import evaluate
from tests.support.ledgers import small_rules

AT = datetime(2026, 9, 1, tzinfo=UTC)
MATTER = small_rules().for_new("matter")
_IDS = count()


def cases(
    number: int, *, reached: Iterable[str] = ("submitted",), first: str = "2026-03-31T17:00:00.000000Z", **held: str
) -> list[Facts]:
    """Return so many cases of which the same is known; ``field_kind`` stands for the kind ``field:kind``."""
    kinds = {name.replace("field_", "field:").replace("fired_", "fired:"): value for name, value in held.items()}
    return [
        Facts(
            case=CaseId(f"{next(_IDS):032x}"),
            held={"state": "filed", "unit": "works", **kinds},
            passed=(),
            first=dict.fromkeys(reached, first),
        )
        for _ in range(number)
    ]


def merged_into(number: int, head: Facts, **held: str) -> list[Facts]:
    """Return so many forms merged into a case."""
    return [replace(form, held={**form.held, "merged": head.case}) for form in cases(number, **held)]


def measured(
    facts: Iterable[Facts], *, by: Grouping | None = None, definition: Definition = MATTER
) -> Mapping[str, MeasureResult]:
    return {result.name: result for result in evaluate(definition, facts, AT, by=by)}


def of_measure(facts: Iterable[Facts], **parts: object) -> Tally:
    """Return the tally of one measure written out here."""
    measure = Measure.model_validate({"title": {"zh": "试", "en": "Test"}, **parts})
    part = MATTER.workflow.model_copy(update={"measures": {"test": measure}})
    (result,) = evaluate(Definition(part, MATTER.hash, MATTER.lists, MATTER.list_hashes), facts, AT)
    return result.total


@pytest.mark.parametrize(
    ("numerator", "denominator", "decimals", "printed"),
    [
        (64, 72, 1, "88.9"),
        (57, 64, 1, "89.1"),
        (64, 126, 1, "50.8"),
        (80, 126, 1, "63.5"),
        (64, 100, 1, "64.0"),
        (3993, 4028, 2, "99.13"),
        (3952, 4028, 2, "98.11"),
        (22, 92, 2, "23.91"),
        (68, 92, 2, "73.91"),
        (2, 92, 2, "2.17"),
        (37, 40, 0, "93"),
        (37, 40, 1, "92.5"),
        (1, 8, 0, "13"),
        (3, 8, 0, "38"),
        (1, 2000, 1, "0.1"),
        (1, 2001, 1, "0.0"),
        (7, 7, 1, "100.0"),
        (9, 8, 1, "112.5"),
        (0, 5, 2, "0.00"),
        (0, 0, 1, "—"),
        (5, 0, 1, "—"),
        (-1, 8, 1, "-12.5"),
    ],
)
def test_a_rate_is_rounded_half_up_to_the_decimals_asked_for(
    numerator: int, denominator: int, decimals: int, printed: str
) -> None:
    assert rate(numerator, denominator, decimals) == printed


def test_a_rate_has_one_decimal_unless_asked_otherwise() -> None:
    assert rate(64, 72) == "88.9"


def test_seventy_two_forms_become_sixty_four_filed_cases() -> None:
    filed = cases(64, field_outcome="filed")
    forms = merged_into(8, filed[0], field_outcome="filed")
    result = measured([*filed, *forms])
    by_case, by_form = result["filing_rate"].total, result["filing_rate_by_form"].total
    assert (by_case.numerator, by_case.denominator, by_case.value()) == (64, 72, "88.9")
    assert (by_form.numerator, by_form.denominator, by_form.value()) == (72, 72, "100.0")


def test_a_form_counts_as_filed_through_the_case_it_was_merged_into() -> None:
    head, refused = *cases(1, field_outcome="filed"), *cases(1, field_outcome="refused")
    forms = [*merged_into(3, head), *merged_into(2, refused)]
    total = measured([*forms, head, refused])["filing_rate_by_form"].total
    assert (total.numerator, total.denominator) == (4, 7)


def test_a_count_has_no_denominator_and_its_value_is_the_count() -> None:
    total = measured(cases(5, reached=("submitted", "assigned"), field_round="2"))["rounds"].total
    assert (total.numerator, total.denominator, total.value()) == (10, None, "10")


def test_a_number_is_added_up_only_where_the_condition_holds_and_a_missing_one_is_nothing() -> None:
    facts = [*cases(2, fired_extend="3"), *cases(1, fired_extend="1"), *cases(4)]
    assert measured(facts)["extensions"].total.numerator == 7
    assert of_measure(facts, numerator={"where": "reached.submitted", "sum": "case.round"}).numerator == 0


def test_what_is_excluded_leaves_both_parts_and_is_counted_in_its_first_line() -> None:
    facts = [
        *cases(6, field_outcome="filed"),
        *cases(1, field_outcome="filed", state="withdrawn"),
        *cases(2, field_outcome="filed", state="withdrawn", field_kind="pay"),
        *cases(4, field_kind="pay"),
        *cases(3),
    ]
    tally = of_measure(
        facts,
        numerator={"where": "case.outcome == 'filed'"},
        denominator={"where": "reached.submitted"},
        excluded=[
            {"id": "withdrawn", "title": {"zh": "撤", "en": "W"}, "where": "case.state == 'withdrawn'"},
            {"id": "pay", "title": {"zh": "酬", "en": "P"}, "where": "case.kind == 'pay'"},
        ],
    )
    assert (tally.numerator, tally.denominator) == (6, 9)
    assert [(line.id, line.count) for line in tally.excluded] == [("withdrawn", 3), ("pay", 4)]


def test_what_is_shown_beside_changes_nothing_and_counts_the_excluded_too() -> None:
    tally = of_measure(
        [*cases(2, state="withdrawn"), *cases(3)],
        numerator={"where": "reached.submitted"},
        excluded=[{"id": "gone", "title": {"zh": "撤", "en": "W"}, "where": "case.state == 'withdrawn'"}],
        beside=[{"id": "all", "title": {"zh": "全", "en": "All"}, "where": "reached.submitted"}],
    )
    assert tally.numerator == 3
    assert [(line.id, line.title.zh, line.count) for line in tally.beside] == [("all", "全", 5)]


def test_a_line_that_nothing_meets_is_printed_with_zero() -> None:
    lines = measured(cases(2))["filing_rate"].total.beside
    assert [(line.id, line.count) for line in lines] == [("withdrawn", 0)]


@pytest.mark.parametrize(("answered", "small"), [(2, True), (3, False), (4, False)])
def test_a_sample_below_the_minimum_is_marked(answered: int, small: bool) -> None:
    facts = cases(answered, reached=("submitted", "handled"), field_reply_class="A")
    assert measured(facts)["solved_rate"].total.small is small


@pytest.mark.parametrize(("filed", "small"), [(0, False), (1, True), (4, True), (5, False)])
def test_a_share_without_a_minimum_of_its_own_goes_by_that_of_the_workflow(filed: int, small: bool) -> None:
    tally = measured(cases(filed, field_outcome="filed"))["filing_rate"].total
    assert (tally.minimum, tally.small) == (5, small)


def test_a_workflow_may_say_otherwise_and_a_count_needs_no_minimum() -> None:
    part = MATTER.workflow.model_copy(update={"minimum_sample": 30})
    of_30 = Definition(part, MATTER.hash, MATTER.lists, MATTER.list_hashes)
    found = measured(cases(29, field_outcome="filed"), definition=of_30)
    assert found["filing_rate"].total.small
    assert not measured(cases(30), definition=of_30)["filing_rate"].total.small
    assert found["solved_rate"].total.minimum == 3
    assert [(one.total.minimum, one.total.small) for one in found.values() if one.total.denominator is None] == [
        (0, False)
    ] * sum(1 for one in found.values() if one.total.denominator is None)


def test_a_share_of_cases_has_an_interval_and_a_sum_a_count_or_what_is_held_back_has_none() -> None:
    everything: dict[str, object] = {"denominator": {"where": "reached.submitted"}}
    facts = [*cases(1, state="closed"), *cases(28)]
    share = of_measure(facts, numerator={"where": "case.state == 'closed'"}, **everything)
    assert share.interval() == ("0.6", "17.2")
    summed = of_measure(facts, numerator={"where": "case.state == 'closed'", "sum": "fired.assign"}, **everything)
    assert summed.interval() is None
    assert of_measure(facts, numerator={"where": "case.state == 'closed'"}).interval() is None
    assert replace(share, marks={"numerator": "<5"}).interval() is None
    assert of_measure([], numerator={"where": "reached.submitted"}, **everything).interval() is None


def test_without_any_case_every_rate_is_a_dash_and_every_count_zero() -> None:
    result = measured([])
    assert {name: one.total.value() for name, one in result.items()} == {
        "filing_rate": "—",
        "filing_rate_by_form": "—",
        "solved_rate": "—",
        "on_time_reply_rate": "—",
        "rounds": "0",
        "extensions": "0",
    }


def test_measures_come_in_the_order_of_the_definition() -> None:
    assert [result.name for result in evaluate(MATTER, [], AT)] == list(MATTER.workflow.measures)


def test_a_case_without_a_date_leaves_the_measures_that_ask_for_one_which_it_has() -> None:
    due = '{"due_at":"2026-05-01T00:00:00.000000Z","extensions":0,"state":"running","suspensions":0}'
    facts = [
        *cases(2, field_outcome="filed", **{"clock:reply": due}),
        *cases(3, field_outcome="filed", stated="undated", **{"clock:reply": due}),
        *cases(4, field_outcome="refused", stated="undated"),
    ]
    result = measured(facts)
    late, filed = result["on_time_reply_rate"].total, result["filing_rate"].total
    assert (late.numerator, late.denominator) == (0, 2)
    assert [(line.id, line.count) for line in late.excluded] == [("withdrawn", 0), ("suspended", 0), ("undated", 3)]
    assert late.excluded[-1].title.zh == "日期不明"
    assert (filed.numerator, filed.denominator, filed.excluded) == (5, 9, ())


def test_a_case_without_a_date_is_counted_under_the_exclusion_it_meets() -> None:
    clock = '{"due_at":"2026-05-01T00:00:00.000000Z","extensions":0,"state":"suspended","suspensions":1}'
    total = measured(cases(2, stated="undated", **{"clock:reply": clock}))["on_time_reply_rate"].total
    assert [(line.id, line.count) for line in total.excluded] == [("withdrawn", 0), ("suspended", 2), ("undated", 0)]


def a_clock(state: str, due_on: str) -> str:
    ended = "" if state == "running" else '"ended_at":"2026-04-01T00:00:00.000000Z",'
    return f'{{"due_at":"{due_on}T00:00:00.000000Z",{ended}"extensions":0,"state":"{state}","suspensions":0}}'


REPLY = "clock:reply"
MET, RUNNING, CANCELLED = (a_clock(state, "2026-05-01") for state in ("met", "running", "cancelled"))
NOT_DUE_YET = a_clock("running", "2026-10-01")


@pytest.mark.parametrize(
    ("question", "clock"),
    [
        ("at.handled != null", None),
        ("first_at.handled <= cutoff.at", None),
        ("due.reply <= cutoff.at", RUNNING),
        ("due.reply > cutoff.at", CANCELLED),
        ("met.reply <= cutoff.at", MET),
        ("on_time.reply", MET),
        ("on_time.reply", RUNNING),
        ("on_time.reply", NOT_DUE_YET),
        ("reached.handled and on_time.reply", NOT_DUE_YET),
    ],
)
@pytest.mark.parametrize("kind", ["share", "base", "count", "sum"])
def test_every_kind_of_measure_leaves_a_case_out_and_counts_it_where_it_asks_for_a_date_not_known(
    kind: str, question: str, clock: str | None
) -> None:
    held = {"milestone:handled": "2026-04-01T00:00:00.000000Z", "fired_extend": "2"}
    held |= {} if clock is None else {REPLY: clock}
    facts = cases(3, reached=("submitted", "handled"), stated="undated", **held)
    parts: dict[str, dict[str, object]] = {
        "share": {"numerator": {"where": question}, "denominator": {"where": "reached.submitted"}},
        "base": {"numerator": {"where": "reached.submitted"}, "denominator": {"where": question}},
        "count": {"numerator": {"where": question}},
        "sum": {"numerator": {"where": question, "sum": "fired.extend"}},
    }
    tally = of_measure(facts, **parts[kind])
    assert (tally.numerator, tally.denominator or 0) == (0, 0)
    assert [(line.id, line.count) for line in tally.excluded] == [("undated", 3)]


@pytest.mark.parametrize(
    ("question", "clock", "numerator"),
    [
        ("reached.handled", MET, 3),
        ("passed.filed or case.state == 'filed'", MET, 3),
        ("fired.extend > 0", RUNNING, 3),
        ("suspended.reply or extended.reply == 0", RUNNING, 3),
        ("head.state == 'filed'", RUNNING, 3),
        ("stated.any", RUNNING, 3),
        # What the case has not, or what was called off, has no date that could be unknown.
        ("reached.submitted and first_at.closed == null", MET, 3),
        ("met.reply == null", RUNNING, 3),
        ("on_time.reply == null", CANCELLED, 3),
    ],
)
def test_a_measure_that_needs_no_date_keeps_a_case_without_one(question: str, clock: str, numerator: int) -> None:
    facts = cases(3, reached=("submitted", "handled"), stated="undated", fired_extend="2", **{REPLY: clock})
    tally = of_measure(facts, numerator={"where": question}, denominator={"where": "reached.submitted"})
    assert (tally.numerator, tally.denominator) == (numerator, 3)
    assert sum(line.count for line in tally.excluded) == 0


def test_a_line_that_asks_for_a_date_holds_no_case_whose_date_is_not_known() -> None:
    facts = [
        *cases(2, state="withdrawn", **{REPLY: RUNNING}),
        *cases(3, state="withdrawn", stated="undated", **{REPLY: RUNNING}),
        *cases(4, stated="undated", **{REPLY: NOT_DUE_YET}),
        *cases(5, **{REPLY: NOT_DUE_YET}),
    ]
    gone = {
        "id": "gone",
        "title": {"zh": "撤", "en": "W"},
        "where": "due.reply <= cutoff.at and case.state == 'withdrawn'",
    }
    early = {"id": "early", "title": {"zh": "早", "en": "E"}, "where": "due.reply > cutoff.at"}
    tally = of_measure(
        facts,
        numerator={"where": "on_time.reply"},
        denominator={"where": "due.reply <= cutoff.at"},
        excluded=[gone],
        beside=[early],
    )
    assert (tally.numerator, tally.denominator) == (0, 0)
    assert [(line.id, line.count) for line in tally.excluded] == [("gone", 2), ("undated", 7)]
    assert [(line.id, line.count) for line in tally.beside if not line.is_share] == [("early", 5)]


def test_a_figure_keeps_the_cases_that_only_a_line_beside_it_leaves_out() -> None:
    facts = [*cases(2, stated="undated", **{REPLY: NOT_DUE_YET}), *cases(1, **{REPLY: NOT_DUE_YET}), *cases(4)]
    early = {"id": "early", "title": {"zh": "早", "en": "E"}, "where": "due.reply > cutoff.at"}
    tally = of_measure(facts, numerator={"where": "reached.submitted"}, beside=[early])
    assert (tally.numerator, tally.excluded) == (7, ())
    assert [(line.id, line.count) for line in tally.beside] == [("early", 1), ("undated", 2)]


def test_a_case_without_a_date_belongs_to_no_month() -> None:
    groups = measured([*cases(1), *cases(2, stated="undated")], by=Grouping.MONTH)["filing_rate"].groups
    assert [(key, tally.denominator) for key, tally in groups] == [("2026-04", 1), (None, 2)]


def test_groups_by_unit_take_the_unit_that_leads_else_the_cases_own() -> None:
    facts = [*cases(2, lead="safety", field_outcome="filed"), *cases(1, lead="safety"), *cases(4, unit="logistics")]
    groups = dict(measured(facts, by=Grouping.UNIT)["filing_rate"].groups)
    assert {key: (tally.numerator, tally.denominator) for key, tally in groups.items()} == {
        "logistics": (0, 4),
        "safety": (2, 3),
    }


def test_groups_by_category_keep_the_cases_without_one_last() -> None:
    facts = [*cases(2), *cases(3, field_kind="safety"), *cases(1, field_kind="pay")]
    groups = measured(facts, by=Grouping.CATEGORY)["filing_rate"].groups
    assert [(key, tally.denominator) for key, tally in groups] == [("pay", 1), ("safety", 3), (None, 2)]


def test_the_month_is_that_of_the_first_submission_in_shanghai() -> None:
    facts = [
        *cases(1, first="2026-03-31T15:59:59.999999Z"),
        *cases(2, first="2026-03-31T16:00:00.000000Z"),
        *cases(1, reached=()),
    ]
    groups = measured(facts, by=Grouping.MONTH)["filing_rate"].groups
    assert [(key, tally.denominator) for key, tally in groups] == [("2026-03", 1), ("2026-04", 2), (None, 0)]


def test_groups_add_up_to_the_whole() -> None:
    facts = [
        *cases(2, lead="safety", field_outcome="filed"),
        *cases(5, unit="logistics", state="withdrawn"),
        *cases(1),
    ]
    for result in measured(facts, by=Grouping.UNIT).values():
        assert sum(tally.numerator for _key, tally in result.groups) == result.total.numerator
        for place, line in enumerate(result.total.beside):
            lines: list[Counted] = [tally.beside[place] for _key, tally in result.groups]
            assert sum(one.count for one in lines) == line.count


def test_without_grouping_there_are_no_groups() -> None:
    assert all(result.groups == () for result in measured(cases(3)).values())
