"""The report on the cases of a congress session as a plain value, and the table of its figures; both are made of the
figures that their page shows, and count nothing themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from documents.booklet import Bar, Bars, Booklet, Chapter, Code, Grid, Part, Said
from documents.paper import official_date
from engine.calendar.term import SHANGHAI
from engine.definition.compiled import Definition
from engine.figures.counting import CASES
from engine.figures.measures import DENOMINATOR, NUMERATOR, Grouping, Tally
from engine.figures.report import is_confidential
from engine.figures.stages import milestones_of
from engine.figures.survey import Section, Survey, reached, tally_of
from engine.service.anchoring import Head
from web.views.figure_parts import Part as FigurePart
from web.views.figure_parts import Table
from web.views.figure_tiles import headlines
from web.views.figures import FigureViews, interval_text, mark_of, value_of
from web.views.overdue import OverdueRow
from web.views.papers import CHINESE

ROWS_MAX: Final = 200
"""So many lines of what is late are printed; there may be more, which is said."""
BARS_MAX: Final = 20
COUNTS_MAX: Final = 9
LATE_HEAD: Final = (
    "report_number", "report_subject", "report_lead_unit", "report_deadline", "report_due", "report_standing",
    "report_rung",
)  # fmt: skip
"""Names of texts: the head of the list of what is late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """What a report is made of.

    ``unit`` is whose it is, ``scope`` what was chosen (a congress session, a unit, a period), ``audience`` what the
    figures are of. ``late`` are running deadlines that are over or on a rung now, as the reader may see them; ``more``:
    not all of them. ``head`` is the newest checkpoint with its QR code, None before there is one; ``standing_on`` what
    the page of the figures says of it.
    """

    definition: Definition
    survey: Survey
    section: Section
    views: FigureViews
    unit: str
    scope: tuple[str, ...]
    audience: str
    as_of: datetime
    late: Sequence[OverdueRow]
    more: bool
    now: datetime
    standing_on: str
    head: tuple[Head, bytes] | None


def report_booklet(facts: ReportFacts) -> Booklet:
    """Return the report: how it went in words and tables, by category and unit, what is late, the checkpoint."""
    t = CHINESE.t
    chapters = [
        Chapter(title=t("report_overall"), parts=tuple(_overall(facts))),
        *(
            Chapter(title=t(name), parts=tuple(parts))
            for by, name in ((Grouping.CATEGORY, "report_by_category"), (Grouping.UNIT, "report_by_unit"))
            if (parts := list(_by(facts, by)))
        ),
        *_stages(facts),
        Chapter(title=t("report_late"), parts=tuple(_late(facts))),
        Chapter(title=t("report_measures"), parts=tuple(_measures(facts.views))),
        Chapter(title=t("report_checkpoint"), parts=tuple(_checkpoint(facts))),
    ]
    made = _framed(facts, t("report_title", title=CHINESE.say(facts.definition.workflow.title.text)), chapters)
    return replace(made, signed=facts.unit, dated=official_date(facts.now.astimezone(SHANGHAI).date()))


def table_booklet(facts: ReportFacts, parts: Iterable[FigurePart]) -> Booklet:
    """Return the statistical table: the measures, and the parts below them as the page shows them."""
    chapters = [
        Chapter(title=CHINESE.t("report_measures"), parts=tuple(_measures(facts.views))),
        *(Chapter(title=part.title, parts=(*_table(part.table), *_notes(part.notes))) for part in parts),
        Chapter(title=CHINESE.t("report_checkpoint"), parts=tuple(_checkpoint(facts))),
    ]
    title = CHINESE.t("report_table_title", title=CHINESE.say(facts.definition.workflow.title.text))
    return _framed(facts, title, chapters)


def _framed(facts: ReportFacts, title: str, chapters: Sequence[Chapter]) -> Booklet:
    """Return a booklet that says above whose it is and of when, and at its foot what it stands on."""
    at = CHINESE.t("figures_as_of_line", at=CHINESE.instant(facts.as_of))
    return Booklet(
        title=title,
        chapters=tuple(chapters),
        heading=facts.unit,
        number="　".join([*facts.scope, at]),
        origin=facts.standing_on,
    )


# --------------------------------------------------------------------------------------------------------- chapters
def _overall(facts: ReportFacts) -> Iterator[Part]:
    t, definition = CHINESE.t, facts.definition
    cases = facts.survey.number(facts.section, CASES)
    yield Said(
        text=t(
            "report_received",
            at=CHINESE.instant(facts.as_of),
            unit=facts.unit,
            scope="".join(facts.scope),
            title=CHINESE.say(definition.workflow.title.text),
            n="＜5" if cases is None else cases,
        )
    )
    names = headlines(definition)
    said = [_sentence(facts, name) for name in names]
    if said:
        yield Said(text=t("report_rates", said="；".join(said)))
    if became := _became(facts, names):
        yield Said(text=t("report_results", said=became))
    yield Said(text=t("report_audience", audience=facts.audience), is_note=True)
    funnel = facts.views.funnel()
    if funnel is not None:
        yield Said(text=t("report_steps"))
        yield _funnel_bars(facts)
    shares = [name for name in names if definition.workflow.measures[name].denominator is not None]
    if shares:
        yield Said(text=t("report_shares"))
        yield Bars(bars=tuple(_bar(_title(definition, name), _tally(facts, facts.section, name)) for name in shares))
        yield from _remarks(_tally(facts, facts.section, name) for name in shares)
        yield Said(text=t("report_cells"), is_note=True)


def _became(facts: ReportFacts, names: Sequence[str]) -> str:
    """Return what became of the cases, as the first figure tells it beside itself, and what is only counted; what no
    case came to is not named."""
    counted = [name for name, part in facts.definition.workflow.measures.items() if part.denominator is None]
    first = _tally(facts, facts.section, names[0]) if names else None
    lines = [] if first is None else [(CHINESE.say(line.title), _counts(first)[line.id]) for line in first.beside]
    lines += [(_title(facts.definition, name), value_of(_tally(facts, facts.section, name))[0]) for name in counted]
    return "，".join(f"{title} {count}" for title, count in lines if count != "0")


def _sentence(facts: ReportFacts, name: str) -> str:
    tally = _tally(facts, facts.section, name)
    value, _number = value_of(tally)
    if tally.denominator is None:
        return CHINESE.t("report_count", title=_title(facts.definition, name), value=value)
    made = CHINESE.t(
        "report_share",
        title=_title(facts.definition, name),
        value=value,
        n=mark_of(tally.shown(NUMERATOR, tally.numerator)),
        d=mark_of(tally.shown(DENOMINATOR, tally.denominator)),
    )
    return made + (CHINESE.t("report_few") if tally.small else "")


def _funnel_bars(facts: ReportFacts) -> Bars:
    steps = milestones_of(facts.definition)
    counts = [facts.survey.number(facts.section, reached(each)) for each in steps]
    most = max([count for count in counts if count] or [1])
    return Bars(
        bars=tuple(
            Bar(
                label=CHINESE.t(f"step_{each}"),
                text="＜5" if count is None else CHINESE.t("report_pieces", n=count),
                share=None if not count else count / most,
            )
            for each, count in zip(steps, counts, strict=True)
        )
    )


def _by(facts: ReportFacts, by: Grouping) -> Iterator[Part]:
    """Yield a breakdown: how many and what became of them, then the rates with what they are made of."""
    groups = facts.views.named_groups(by)
    # A row that was picked of figures that print no small numbers is not broken down; and one group is the whole.
    if facts.section is not facts.survey.whole or len(groups) < 2:
        return
    whole = (CHINESE.t("report_all"), facts.section)
    measures = facts.definition.workflow.measures
    first, *_ = headlines(facts.definition) or (None,)
    lines = [] if first is None else _tally(facts, facts.section, first).beside[:COUNTS_MAX]
    counted = [name for name, part in measures.items() if part.denominator is None][: COUNTS_MAX - len(lines)]
    head = (
        CHINESE.t(f"figures_{by}_head"),
        CHINESE.t("report_cases"),
        *(CHINESE.say(line.title) for line in lines),
        *(_title(facts.definition, name) for name in counted),
    )
    rows = []
    for title, section in (whole, *groups):
        cases = facts.survey.number(section, CASES)
        beside = {} if first is None else _counts(_tally(facts, section, first))
        numbers = (value_of(_tally(facts, section, name))[0] for name in counted)
        known = (beside.get(line.id, "0") for line in lines)
        rows.append((title, "＜5" if cases is None else str(cases), *known, *numbers))
    yield Said(text=CHINESE.t("report_became"))
    numbers_from = tuple(range(1, len(head)))
    yield Grid(head=head, rows=tuple(rows), widths=(3, *(1 for _ in numbers_from)), numbers=numbers_from, totals=(0,))
    shares = [name for name in headlines(facts.definition) if measures[name].denominator is not None]
    if not shares:
        return
    yield Said(text=CHINESE.t("report_how"))
    rates = []
    for title, section in (whole, *groups):
        rates.append((title, *(_rate(_tally(facts, section, name)) for name in shares)))
    columns = tuple(range(1, len(shares) + 1))
    yield Grid(
        head=(head[0], *(_title(facts.definition, name) for name in shares)),
        rows=tuple(rates),
        widths=(4, *(3 for _ in shares)),
        numbers=columns,
        totals=(0,),
    )
    tallies = [(title, _tally(facts, section, shares[-1])) for title, section in groups]
    yield Said(text=CHINESE.t("report_bars", title=_title(facts.definition, shares[-1])))
    yield Bars(bars=tuple(_bar(title, tally) for title, tally in tallies[:BARS_MAX]))
    yield from _remarks(_tally(facts, section, name) for _title_, section in groups for name in shares)


def _stages(facts: ReportFacts) -> Iterator[Chapter]:
    part = facts.views.stages()
    if part is not None:
        yield Chapter(title=part.title, parts=(*_table(part.table), *_notes(part.notes)))


def _late(facts: ReportFacts) -> Iterator[Part]:
    if is_confidential(facts.definition):  # a report goes from hand to hand
        yield Said(text=CHINESE.t("report_late_confidential"))
        return
    yield Said(text=CHINESE.t("report_late_note", at=CHINESE.instant(facts.now)), is_note=True)
    if not facts.late:
        yield Said(text=CHINESE.t("report_late_none"))
        return
    dash = CHINESE.t("dash")
    yield Grid(
        head=tuple(CHINESE.t(name) for name in LATE_HEAD),
        rows=tuple(
            (
                late.row.case.number,
                late.row.case.subject,
                late.row.case.unit,
                late.row.title,
                late.row.due,
                late.row.standing.text,
                dash if late.rung is None else late.rung.title,
            )
            for late in facts.late
        ),
        widths=(15, 23, 14, 12, 17, 12, 10),
    )
    if facts.more:
        yield Said(text=CHINESE.t("report_late_more", n=len(facts.late)), is_note=True)


def _measures(views: FigureViews) -> Iterator[Part]:
    part = views.measures(None)
    yield from _table(part.table, widths=(24, 10, 14, 8, 8, 18, 24))
    yield from _notes(part.notes)


def _checkpoint(facts: ReportFacts) -> Iterator[Part]:
    if facts.head is None:
        yield Said(text=CHINESE.t("report_no_checkpoint"))
        return
    head, png = facts.head
    t = CHINESE.t
    yield Code(
        png=png,
        lines=(
            t("report_origin", origin=head.origin),
            t("report_size", size=head.size, n=head.n),
            t("report_short", short=head.short),
            t("report_covers", at=CHINESE.instant(head.at)),
            t("report_scan"),
        ),
    )
    yield Said(text=facts.standing_on, is_note=True)


# ----------------------------------------------------------------------------------------------------------- pieces
def _tally(facts: ReportFacts, section: Section, name: str) -> Tally:
    return tally_of(facts.definition, facts.survey, section, name)


def _title(definition: Definition, name: str) -> str:
    return CHINESE.say(definition.workflow.measures[name].title.text)


def _counts(tally: Tally) -> dict[str, str]:
    return {line.id: mark_of(tally.shown(f"beside.{line.id}", line.count)) for line in tally.beside}


def _rate(tally: Tally) -> str:
    """Return a rate in a cell: the share, what it is made of, how sure it is, a star where that is of too few."""
    value, number = value_of(tally)
    sure, star = interval_text(tally), "＊" if tally.small and number is not None else ""
    return "\n".join([value + star, _made_of(tally), *([sure] if sure != "—" else [])])


def _made_of(tally: Tally) -> str:
    """Return numerator and denominator as they are printed: ``30/40``."""
    numbers = ((NUMERATOR, tally.numerator), (DENOMINATOR, tally.denominator or 0))
    return "/".join(mark_of(tally.shown(name, number)) for name, number in numbers)


def _bar(label: str, tally: Tally) -> Bar:
    value, number = value_of(tally)
    share = None if number is None else min(1.0, number / 100)
    return Bar(label=label, text=f"{value}（{_made_of(tally)}）", share=share, is_weak=tally.small)


def _remarks(tallies: Iterable[Tally]) -> Iterator[Part]:
    small = [tally.minimum for tally in tallies if tally.small]
    if small:
        yield Said(text=CHINESE.t("report_small", n=max(small)), is_note=True)


def _notes(notes: Iterable[str]) -> Iterator[Part]:
    return (Said(text=note, is_note=True) for note in notes)


def _table(table: Table, widths: tuple[int, ...] | None = None) -> Iterator[Part]:
    """Yield a table of the page as it stands there, without where its numbers lead."""
    if not table.rows:
        yield Said(text=CHINESE.t("report_none"))
        return
    yield Grid(
        head=table.head,
        rows=tuple(tuple("\n".join(line.text for line in cell) for cell in row) for row in table.rows),
        widths=widths or (3, *(2 for _ in table.head[1:])),
        numbers=tuple(sorted(table.numbers)),
        totals=tuple(sorted(table.totals)) if len(table.totals) < len(table.rows) else (),
    )
