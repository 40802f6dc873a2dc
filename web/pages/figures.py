"""The figures of all workflows and of one: what each is made of, how it went, and the cases behind every number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.routes.figures import asked_from, audience_from, grouping_from
from engine.case.codec import at_text
from engine.errors import NotFound
from engine.figures.measures import Grouping
from engine.figures.report import Audience, Report, group_title, report_of
from engine.service.anchoring import is_all_sealed, newest_head
from engine.service.figures import Asked, FigureDesk, Told
from engine.service.late_changes import LateLines, changed_since
from engine.service.world import World
from engine.text import Text
from web.counting import being_counted, refreshing
from web.exports import Kind, file_of, kind_of
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.figure_asking import KEPT, Chooser, chooser, chosen_words, column_of, number_words
from web.views.figure_parts import Line, Link, Part, Table, cut
from web.views.figure_sheets import measure_rows, measure_titles, part_rows
from web.views.figure_tiles import Tile, headlines, tiles
from web.views.figures import GROUPS_MAX, FigureViews, mark_of
from web.views.lines import case_row, shown_workflows
from web.words import Words

LATE_HEAD: Final = ("case", "what", "was", "is", "when", "who")
_BROKEN_BY: Final = (Grouping.UNIT, Grouping.CATEGORY, Grouping.SESSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the address of a page asks for."""

    asked: Asked
    by: Grouping | None
    subject: str
    kept: dict[str, str]

    def address(self, path: str, **more: str | None) -> str:
        """Return an address that keeps what is chosen; None leaves something out."""
        wanted = {name: value for name, value in {**self.kept, **more}.items() if value}
        return f"{path}?{urlencode(wanted)}" if wanted else path


def figures_pages(shell: Shell) -> Pages:
    """Return the addresses of the figures."""
    router = Pages()

    @router.get("/figures")
    def overview(request: Request) -> Response:
        visit = shell.visit(request)
        world, words, desk = shell.world(visit), visit.words, figure_desk(shell, visit)
        audience = audience_from(request.query_params.get("audience"))
        told = [
            desk.figures(Asked(workflow=workflow.name, audience=audience))
            for workflow in shown_workflows(world.rules)
            if workflow.measures
        ]
        page = shell.page(
            visit,
            "figures_overview.html",
            section="figures",
            title=words.t("figures_title"),
            audience=str(audience),
            audiences=_audiences(words),
            audience_note=words.t(f"figures_note_{audience}"),
            workflows=[_overview(each, audience, world, words) for each in told],
        )
        return refreshing(page) if any(each.survey is None for each in told) else page

    @router.get("/figures/{workflow}")
    def figures_of(request: Request, workflow: str) -> Response:
        visit = shell.visit(request)
        world, words = shell.world(visit), visit.words
        wanted = wanted_from(request, workflow, world)
        told = figure_desk(shell, visit).figures(wanted.asked)
        title = words.t("figures_of", title=words.say(told.definition.workflow.title.text))
        if told.survey is None or told.section is None:
            return being_counted(shell, visit, section="figures", title=title)
        views = views_of(told, wanted, world, words)
        report = report_of(
            told.survey, told.definition, world.surroundings, told.as_of, wanted.asked.audience, section=told.section
        )
        extent, stated = report.extent, report.extent.shown("by_stated_time")
        base = wanted.address(f"/figures/{workflow}", subject=None)
        late = None
        is_past = wanted.asked.at is not None and not told.suppressed
        if is_past:
            late = changed_since(shell.edge.desk, visit.known.root, workflow, told.as_of, visit.known.actor, world)
        return shell.page(
            visit,
            "figures.html",
            section="figures",
            title=title,
            chooser=_chooser(visit, wanted, views, told, world),
            scope=words.t("figures_scope", title=words.say(extent.title), n=mark_of(extent.shown("cases"))),
            scope_address=_link(wanted)("cases", "", None),
            stated=words.t("figures_stated", n=mark_of(stated)) if stated != "0" else None,
            chosen=chosen_words(wanted.asked, world, words),
            audience_note=words.t(f"figures_note_{wanted.asked.audience}"),
            suppressed_notes=[words.t("figures_suppressed"), words.t("figures_published")] if told.suppressed else [],
            as_of_line=words.t("figures_as_of_line", at=words.instant(told.as_of)),
            recounting=words.t("figures_recounting", at=words.instant(told.as_of)) if told.is_pending else None,
            standing_on=standing_on(shell, visit, report),
            tiles=tiles(
                told.survey, told.section, told.definition, world, words, f"{base}{'&' if '?' in base else '?'}"
            ),
            try_address=f"/figures/{workflow}/try" if told.definition.workflow.vary else None,
            papers=_papers(wanted, words),
            late=_late(late, words),
            late_note=words.t("figures_late_unseen") if late is None and is_past else "",
            measures=views.measures(wanted.by, GROUPS_MAX),
            measure_files=_files(wanted, workflow, "measures"),
            parts=[
                (part, cut(part.table), _files(wanted, workflow, part.id)) for part in parts_below(views, told, wanted)
            ],
        )

    @router.get("/figures/{workflow}/cases")
    def cases_behind(request: Request, workflow: str) -> Response:
        visit = shell.visit(request)
        world, words = shell.world(visit), visit.words
        wanted = wanted_from(request, workflow, world)
        definition = world.rules.for_new(workflow)
        by, key = grouping_from(request.query_params.get("group")), request.query_params.get("of") or None
        column = column_of(request.query_params.get("number", "")[:200], definition)
        behind = figure_desk(shell, visit).behind(replace(wanted.asked, column=column, by=by, key=key))
        title = number_words(column, definition, words)
        if behind.lines is None:
            return being_counted(shell, visit, section="figures", title=title)
        group = None if by is None else words.say(group_title(key, by, definition, world.surroundings))
        more = behind.count > len(behind.lines)
        return shell.page(
            visit,
            "figures_cases.html",
            section="figures",
            title=title,
            workflow=words.t("figures_of", title=words.say(definition.workflow.title.text)),
            chosen=[text for text in (group, *chosen_words(wanted.asked, world, words)) if text],
            count=words.t("figures_behind_count", n=behind.count)
            + (words.t("figures_behind_first", shown=len(behind.lines)) if more else ""),
            as_of_line=words.t("figures_as_of_line", at=words.instant(behind.as_of)),
            is_official=wanted.asked.audience is Audience.OFFICIAL,
            rows=[case_row(line, world, visit) for line in behind.lines],
            back=wanted.address(f"/figures/{workflow}"),
        )

    @router.get("/figures/{workflow}/{part}.{kind}")
    def file(request: Request, workflow: str, part: str, kind: str) -> Response:
        visit = shell.visit(request)
        world, words = shell.world(visit), visit.words
        wanted = wanted_from(request, workflow, world)
        told = figure_desk(shell, visit).figures(wanted.asked)
        if told.survey is None or told.section is None:
            # The page of the figures tells that they are being counted; a file cannot.
            return RedirectResponse(wanted.address(f"/figures/{workflow}"), status_code=303)
        views = views_of(told, wanted, world, words)
        parts = {each.id: each for each in (views.measures(wanted.by), *parts_below(views, told, wanted))}
        if part not in parts:
            raise NotFound(Text("没有这张统计表", "There is no such table"), table=part[:40])
        as_kind = kind_of(kind)
        title = words.t("figures_of", title=words.say(told.definition.workflow.title.text))
        what = [
            words.t(f"figures_note_{wanted.asked.audience}"),
            words.t("figures_as_of_line", at=words.instant(told.as_of)),
            *chosen_words(wanted.asked, world, words),
        ]
        name = f"{workflow}-{part}-{at_text(told.as_of)[:10]}"
        if as_kind is Kind.CSV:
            return file_of(as_kind, name, [f"{title} · {parts[part].title}"], [what, *_file_rows(parts[part].table)])
        heads, rows = list(parts[part].table.head), part_rows(parts[part].table)
        if part == views.measures(wanted.by).id:
            report = report_of(
                told.survey, told.definition, world.surroundings, told.as_of, wanted.asked.audience,
                by=wanted.by, section=told.section,
            )  # fmt: skip
            heads, rows = measure_titles(words), measure_rows(report, words)
        # What the figures are of stands in every row: rows are sorted and carried elsewhere.
        scope = "；".join([title, *what])
        return file_of(as_kind, name, [*heads, words.t("figures_sheet_scope")], ([*row, scope] for row in rows))

    return router


def _files(wanted: Wanted, workflow: str, part: str) -> list[tuple[str, str]]:
    """Return the kinds of file that a table is had as, each with its address."""
    return [(kind.value, wanted.address(f"/figures/{workflow}/{part}.{kind}")) for kind in Kind]


def _papers(wanted: Wanted, words: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the papers that are made of the figures shown: the report and the table, each as PDF and Word."""
    kinds = (("pdf", words.t("papers_pdf")), ("docx", words.t("papers_word")))
    return [
        (
            words.t(f"report_link_{name}"),
            [(title, wanted.address(f"/figures/{wanted.asked.workflow}/{name}.{kind}")) for kind, title in kinds],
        )
        for name in ("report", "table")
    ]


def _late(late: LateLines | None, words: Words) -> Part | None:
    """Return what was changed after the cut-off; None where nothing was, or nobody looked."""
    if late is None or not late.count:
        return None
    dash = words.t("dash")
    return Part(
        id="late",
        title=words.t("figures_late"),
        notes=(words.t("figures_late_note", n=late.count, shown=len(late.lines)),),
        table=Table(
            head=tuple(words.t(f"figures_late_{name}") for name in LATE_HEAD),
            numbers=frozenset(),
            rows=tuple(
                (
                    (Line(text=line.called, address=f"/cases/{line.change.case}"),),
                    (Line(text=words.say(line.change.what)),),
                    (Line(text=words.say(line.change.before) if line.change.before else dash),),
                    (Line(text=words.say(line.change.after) if line.change.after else dash),),
                    (Line(text=words.instant(line.change.at)),),
                    (Line(text=" ".join([*([words.say(line.role)] if line.role else []), line.who])),),
                )
                for line in late.lines
            ),
        ),
    )


def _file_rows(table: Table) -> Iterator[list[str]]:
    yield list(table.head)
    for row in table.rows:
        yield ["；".join(line.text for line in cell) for cell in row]


def figure_desk(shell: Shell, visit: Visit) -> FigureDesk:
    """Return who answers for figures."""
    edge, known = shell.edge, visit.known
    return FigureDesk(edge.desk, edge.jobs, known.root, known.actor, shell.world(visit))


def wanted_from(request: Request, workflow: str, world: World, **instead: str) -> Wanted:
    """Return what an address asks for, or ``instead`` of it.

    Raises:
        NotFound: an unknown workflow.
        InputRefused: a value that means nothing.
    """
    kept = {name: request.query_params.get(name, "").strip()[:200] for name in KEPT} | instead
    definition = world.rules.for_new(workflow)
    return Wanted(
        asked=asked_from(workflow, kept, world),
        by=grouping_from(kept["by"]),
        subject=FigureViews.known_subject(definition, kept["subject"]) or next(iter(headlines(definition)), ""),
        kept=kept,
    )


def _link(wanted: Wanted) -> Link:
    path = f"/figures/{wanted.asked.workflow}/cases"

    def link(column: str, by: str, key: str | None) -> str:
        return wanted.address(path, by=None, subject=None, number=column.replace(" ", "."), group=by or None, of=key)

    return link


def views_of(told: Told, wanted: Wanted, world: World, words: Words) -> FigureViews:
    """Return what puts figures that are there into tables."""
    assert told.survey is not None, "shown when it is there"
    assert told.section is not None, "a survey has a row that stands for the whole"
    return FigureViews(told.survey, told.section, told.definition, world, words, _link(wanted))


def parts_below(views: FigureViews, told: Told, wanted: Wanted) -> Iterator[Part]:
    """Yield the parts below the measures. A row picked from figures that print no small numbers is not broken down."""
    is_whole = told.survey is not None and told.section is told.survey.whole
    if wanted.subject and is_whole:
        yield from filter(None, (views.trend(wanted.subject), *(views.by(wanted.subject, by) for by in _BROKEN_BY)))
    yield from filter(None, (views.funnel(), views.stages()))


def _chooser(visit: Visit, wanted: Wanted, views: FigureViews, told: Told, world: World) -> Chooser:
    workflows = [
        (wanted.address(f"/figures/{part.name}", subject=None), visit.words.say(part.title.text), part.name)
        for part in shown_workflows(world.rules)
        if part.measures
    ]
    return chooser(
        wanted.kept,
        wanted.subject,
        wanted.asked.workflow,
        workflows=workflows,
        views=views,
        told=told,
        world=world,
        words=visit.words,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """One workflow on the overview; ``tiles`` is None while its figures are being counted."""

    title: str
    address: str
    as_of: str
    suppressed: str | None
    tiles: tuple[Tile, ...] | None


def _overview(told: Told, audience: Audience, world: World, words: Words) -> Overview:
    query = {} if audience is Audience.OFFICIAL else {"audience": str(audience)}
    path = f"/figures/{told.definition.workflow.name}"
    base = f"{path}?{urlencode(query)}&" if query else f"{path}?"
    made = None
    if told.survey is not None and told.section is not None:
        made = tiles(told.survey, told.section, told.definition, world, words, base)
    return Overview(
        title=words.say(told.definition.workflow.title.text),
        address=base.rstrip("&?"),
        as_of=words.t("figures_as_of_line", at=words.instant(told.as_of)),
        suppressed=words.t("figures_suppressed") if told.suppressed else None,
        tiles=made,
    )


def _audiences(words: Words) -> list[tuple[str, str]]:
    return [(str(each), words.t(f"figures_audience_{each}")) for each in Audience]


def standing_on(shell: Shell, visit: Visit, report: Report) -> str:
    """Return the checkpoint that the figures stand on, by which a printed page is tied to the ledger."""
    reads, root, words = shell.edge.desk.reads, visit.known.root, visit.words
    head = newest_head(reads, root)
    if head is None:
        return words.t("figures_unsealed")
    said = words.t(
        "figures_checkpoint", origin=head.origin, size=head.size, short=head.short, at=words.instant(head.at)
    )
    open_ones = "" if is_all_sealed(reads, root, report.as_of) else words.t("figures_not_all_sealed")
    return " ".join(part for part in (said, open_ones) if part)
