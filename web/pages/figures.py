"""The figures of a workflow, each with what it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.routes.figures import report_of
from engine.figures.measures import DENOMINATOR, NUMERATOR, Counted, Grouping, Tally
from engine.figures.report import Audience, Report
from engine.figures.suppression import FEW
from engine.service.anchoring import is_all_sealed, newest_head
from web.shell import Shell, Visit
from web.views.lines import shown_workflows
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyView:
    """The numbers of one line; ``share`` is what a bar shows, in per cent, None for a count."""

    title: str
    value: str
    share: int | None
    numerator: str
    denominator: str | None
    excluded: tuple[str, ...]
    beside: tuple[str, ...]
    is_small: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureView:
    """One measure and its groups."""

    name: str
    total: TallyView
    groups: tuple[TallyView, ...]


def figures_pages(shell: Shell) -> APIRouter:
    """Return the addresses of the figures."""
    router = APIRouter(include_in_schema=False)

    @router.get("/figures")
    def first(request: Request) -> Response:
        visit = shell.visit(request)
        names = [part.name for part in shown_workflows(shell.world(visit).rules) if part.measures]
        preferred = "proposal" if "proposal" in names else next(iter(names), "")
        return RedirectResponse(f"/figures/{preferred}" if preferred else "/workflows", status_code=303)

    @router.get("/figures/{workflow}")
    def figures_of(request: Request, workflow: str) -> Response:
        visit = shell.visit(request)
        words = visit.words
        as_of, by = request.query_params.get("as_of", ""), request.query_params.get("by", "")
        audience = request.query_params.get("audience", "")
        report = report_of(shell.edge, visit.known, workflow, as_of, by, audience)
        workflows = [part for part in shown_workflows(shell.world(visit).rules) if part.measures]
        extent = report.extent
        return shell.page(
            visit,
            "figures.html",
            section="figures",
            title=words.t("figures_of", title=words.say(report.title)),
            scope=words.t("figures_scope", title=words.say(extent.title), n=mark_of(extent.shown("cases"))),
            stated=words.t("figures_stated", n=mark_of(stated))
            if (stated := extent.shown("by_stated_time")) != "0"
            else None,
            audience=str(report.audience),
            audiences=[(str(each), words.t(f"figures_audience_{each}")) for each in Audience],
            audience_note=words.t(f"figures_note_{report.audience}"),
            suppressed_note=words.t("figures_suppressed") if report.suppressed else None,
            as_of_line=words.t("figures_as_of_line", at=words.instant(report.as_of)),
            standing_on=_standing_on(shell, visit, report),
            measures=tuple(_measures(report, words)),
            workflow=workflow,
            workflows=[(part.name, words.say(part.title.text)) for part in workflows],
            as_of=as_of[:10],
            by=by,
            groupings=[
                ("", words.t("figures_by_none")),
                *((str(kind), words.t(f"figures_by_{kind}")) for kind in Grouping),
            ],
        )

    return router


def _standing_on(shell: Shell, visit: Visit, report: Report) -> str:
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


def _measures(report: Report, words: Words) -> Iterator[MeasureView]:
    for measure in report.measures:
        yield MeasureView(
            name=measure.name,
            total=_tally(words.say(measure.title), measure.total, report.decimals, words),
            groups=tuple(
                _tally(words.say(report.groups[key]), tally, report.decimals, words) for key, tally in measure.groups
            ),
        )


def _tally(title: str, tally: Tally, decimals: int, words: Words) -> TallyView:
    is_rate = tally.denominator is not None
    value = tally.value(decimals)
    held = tally.marks
    return TallyView(
        title=title,
        value=f"{value}%"
        if is_rate and tally.denominator and not {NUMERATOR, DENOMINATOR} & held.keys()
        else mark_of(value),
        share=round(100 * tally.numerator / tally.denominator)
        if tally.denominator and not {NUMERATOR, DENOMINATOR} & held.keys()
        else None,
        numerator=mark_of(tally.shown(NUMERATOR, tally.numerator)),
        denominator=mark_of(tally.shown(DENOMINATOR, tally.denominator or 0)) if is_rate else None,
        excluded=tuple(_counted("excluded", tally.excluded, tally, words)),
        beside=tuple(_counted("beside", tally.beside, tally, words)),
        is_small=tally.small,
    )


def _counted(kind: str, lines: tuple[Counted, ...], tally: Tally, words: Words) -> Iterator[str]:
    for line in lines:
        yield f"{words.say(line.title)} {mark_of(tally.shown(f'{kind}.{line.id}', line.count))}"


def mark_of(text: str) -> str:
    """Return a number as a page prints it; what is not printed by the sign that is used for it."""
    return "＜5" if text == FEW else text
