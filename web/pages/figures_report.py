"""The report of a congress session and the statistical table as PDF and Word, of the figures that their page shows."""

from __future__ import annotations

import io
from dataclasses import replace

import segno
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from engine.case.codec import at_text
from engine.figures.report import report_of
from engine.service.anchoring import Head, newest_head
from engine.service.figures import Told
from engine.service.overdue import OverdueAsk, OverdueList, Scope
from notifications.checkpoint_mail import BEGIN, END
from web.pages.figures import Wanted, figure_desk, parts_below, standing_on, views_of, wanted_from
from web.pages.papers import paper_file, paper_kind
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.congress_report import ROWS_MAX, ReportFacts, report_booklet, table_booklet
from web.views.figure_asking import SESSION, chosen_words
from web.views.overdue import OverdueRow, overdue_row
from web.views.papers import CHINESE

QR_SCALE = 6
LOOKED_AT_MAX = 10_000
"""So many deadlines that are over are looked at for those of a session, the most overdue first."""


def figures_report_pages(shell: Shell) -> Pages:
    """Return the addresses of the report and of the table; they are asked before those of any other table."""
    router = Pages()

    @router.get("/figures/{workflow}/report.{kind}")
    def report(request: Request, workflow: str, kind: str) -> Response:
        visit, as_kind = _in_chinese(shell, request), paper_kind(kind)
        wanted = _wanted(shell, visit, workflow)
        told = figure_desk(shell, visit).figures(wanted.asked)
        facts = _facts(shell, visit, wanted, told)
        if facts is None:
            return RedirectResponse(wanted.address(f"/figures/{workflow}"), status_code=303)
        made = report_booklet(facts)
        return paper_file(made, as_kind, visit.now, made.title, f"{workflow}-report-{at_text(facts.as_of)[:10]}")

    @router.get("/figures/{workflow}/table.{kind}")
    def table(request: Request, workflow: str, kind: str) -> Response:
        visit, as_kind = _in_chinese(shell, request), paper_kind(kind)
        wanted, world = _wanted(shell, visit, workflow), shell.world(visit)
        told = figure_desk(shell, visit).figures(wanted.asked)
        facts = _facts(shell, visit, wanted, told)
        if facts is None:
            return RedirectResponse(wanted.address(f"/figures/{workflow}"), status_code=303)
        made = table_booklet(facts, parts_below(views_of(told, wanted, world, visit.words), told, wanted))
        return paper_file(made, as_kind, visit.now, made.title, f"{workflow}-table-{at_text(facts.as_of)[:10]}")

    return router


def _in_chinese(shell: Shell, request: Request) -> Visit:
    return replace(shell.visit(request), words=CHINESE)


def _wanted(shell: Shell, visit: Visit, workflow: str) -> Wanted:
    """Return what is asked for; a report may name its session in so many words (``session=``)."""
    wanted = wanted_from(visit.request, workflow, shell.world(visit))
    session = visit.request.query_params.get("session", "").strip()[:200]
    if not session or wanted.kept["period"]:
        return wanted
    return wanted_from(visit.request, workflow, shell.world(visit), period=f"{SESSION}{session}")


def _facts(shell: Shell, visit: Visit, wanted: Wanted, told: Told) -> ReportFacts | None:
    """Return what a report says; None while the figures are counted for the first time, of which their page tells."""
    world, words = shell.world(visit), visit.words
    if told.survey is None or told.section is None:
        return None
    audience = wanted.asked.audience
    report = report_of(told.survey, told.definition, world.surroundings, told.as_of, audience, section=told.section)
    late, more = _late(shell, visit, wanted)
    return ReportFacts(
        definition=told.definition,
        survey=told.survey,
        section=told.section,
        views=views_of(told, wanted, world, words),
        unit=words.say(report.extent.title),
        scope=tuple(chosen_words(wanted.asked, world, words)),
        audience=words.t(f"figures_note_{audience}"),
        as_of=told.as_of,
        late=late,
        more=more,
        now=visit.now,
        standing_on=standing_on(shell, visit, report),
        head=_coded(newest_head(shell.edge.desk.reads, visit.known.root)),
    )


def _late(shell: Shell, visit: Visit, wanted: Wanted) -> tuple[list[OverdueRow], bool]:
    """Return the running deadlines that are over, of the cases reported on, as the reader may see them; and whether
    there are more than are printed."""
    asked, known = wanted.asked, visit.known
    ask = OverdueAsk(scope=Scope.LATE, workflow=asked.workflow, unit=asked.unit)
    listed = OverdueList(shell.edge.desk, known.root, known.actor)
    world, every = shell.world(visit), listed.lines(ask, limit=LOOKED_AT_MAX)
    lines = [line for line in every if asked.session in (None, line.case.congress_session)]
    rows = [overdue_row(entry, world, visit) for entry in listed.said_of(lines[:ROWS_MAX])]
    return rows, len(lines) > ROWS_MAX or len(every) == LOOKED_AT_MAX


def _coded(head: Head | None) -> tuple[Head, bytes] | None:
    """Return a checkpoint with its signed note as a QR code, framed as in a mail: so verification finds it there,
    whatever a telephone does to blanks and line ends."""
    if head is None:
        return None
    image = io.BytesIO()
    segno.make(f"{BEGIN}\n{head.note}{END}", micro=False).save(image, kind="png", scale=QR_SCALE)
    return head, image.getvalue()
