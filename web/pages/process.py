"""What really happened to the cases of a workflow, and samples drawn from them: both over the same choice of cases."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from engine.access.readers import principals_of
from engine.case.codec import instant, microseconds
from engine.case.identity import CaseId, UnitId
from engine.definition.model import Workflow
from engine.errors import FormInvalid
from engine.service.audit_ports import Drawn
from engine.service.auditing import demand_auditing
from engine.service.board import sessions_in_order
from engine.service.process_map import Mapped, ProcessDesk
from engine.service.sampling import POPULATION_MAX, Sample, demand_drawable, draw_sample, too_many
from web.counting import being_counted
from web.exports import Cell, file_of, kind_of
from web.forms.widgets import Choices
from web.pages.account import first
from web.pages.audit import asked_of, auditor_of, day_of, exports_at, record_export
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.audit import number_of_case
from web.views.lines import shown_workflows
from web.views.process import process_diagram, step_views, variant_views

FILTERS: Final = ("workflow", "session", "unit", "since", "until", "state")


def process_pages(shell: Shell) -> Pages:
    """Return the addresses of what really happened, and of samples."""
    router = Pages()

    @router.get("/audit/process")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        demand_auditing(auditor_of(shell, visit))
        words, world = visit.words, shell.world(visit)
        asked = asked_of(request, FILTERS)
        workflow = _workflow(shell, visit, asked)
        told = _mapped(shell, visit, workflow, asked)
        process = told.process
        if process is None:
            return being_counted(shell, visit, section="process", title=words.t("process_title"))
        examples = [case for variant in process.variants for case in variant.examples[:5]]
        named = shell.edge.desk.reads.visible_cases(visit.known.root, examples, principals_of(visit.known.actor))
        names: dict[str, str] = {case.id: number_of_case(case, world.rules, words) for case in named}
        notes = [words.t("process_scope", n=f"{process.cases:,}", at=words.instant(told.as_of))]
        notes += [words.t("process_looped", n=f"{process.looped:,}"), words.t("process_ways", n=f"{process.ways:,}")]
        notes += [words.t("process_undated", n=f"{process.undated:,}")] if process.undated else []
        return shell.page(
            visit,
            "process.html",
            section="process",
            choice=_choice(shell, visit, workflow),
            asked=asked,
            notes=notes,
            cut=_said_of(told, process.cases, visit),
            picture=process_diagram(process, workflow, words) if process.cases else None,
            steps=list(step_views(process, workflow, words)),
            variants=list(variant_views(process, workflow, words, names)),
            exports=exports_at("/audit/process", _query(asked), words),
        )

    @router.get("/audit/process.{kind}")
    def export(request: Request, kind: str) -> Response:
        visit = shell.visit(request)
        demand_auditing(auditor_of(shell, visit))
        wanted = kind_of(kind)
        words, asked = visit.words, asked_of(request, FILTERS)
        workflow = _workflow(shell, visit, asked)
        process = _mapped(shell, visit, workflow, asked).process
        if process is None:
            # The page tells that it is being counted; a file cannot.
            return RedirectResponse(f"/audit/process?{_query(asked)}", status_code=303)
        heads = ("audit_case_step", "diagram_from", "diagram_to", "process_times", "workflow_cases", "process_median")
        rows: list[list[Cell]] = [
            [number, shown.source, shown.target, step.times, step.cases, shown.days]
            for number, (step, shown) in enumerate(
                zip(process.steps, step_views(process, workflow, words), strict=True), start=1
            )
        ]
        record_export(shell, visit, "process", len(rows), workflow.name)
        return file_of(wanted, "process", [words.t(name) for name in heads], rows)

    @router.get("/audit/sample")
    def sample(request: Request) -> Response:
        visit = shell.visit(request)
        demand_auditing(auditor_of(shell, visit))
        words, world = visit.words, shell.world(visit)
        asked = asked_of(request, (*FILTERS, "size", "seed", "digest"))
        workflow = _workflow(shell, visit, asked)
        drawn: Sample | None = None
        problems: dict[str, str] = {}
        if asked["size"] or asked["seed"]:
            try:
                drawn = _drawn(shell, visit, workflow, asked)
            except FormInvalid as refusal:
                problems = {each.path: words.say(each.text) for each in refusal.fields}
        seen = () if drawn is None else shell.edge.desk.reads.cases(visit.known.root, drawn.drawn)
        cases = {case.id: case for case in seen}
        return shell.page(
            visit,
            "sample.html",
            section="audit",
            status=422 if problems else 200,
            choice=_choice(shell, visit, workflow),
            asked=asked,
            problems=problems,
            drawn=drawn,
            changed=drawn is not None and asked["digest"] not in ("", drawn.digest),
            too_many=drawn is not None and drawn.population > POPULATION_MAX,
            limit=f"{POPULATION_MAX:,}",
            rows=[]
            if drawn is None
            else [
                (
                    number,
                    f"/cases/{case}/audit",
                    number_of_case(cases[case], world.rules, words),
                    str(cases[case].data.get(workflow.subject_field, "")),
                    words.say(workflow.states[cases[case].state].title.text)
                    if cases[case].state in workflow.states
                    else cases[case].state,
                    case,
                )
                for number, case in enumerate(drawn.drawn, start=1)
                if case in cases
            ],
            exports=exports_at("/audit/sample", _query(asked), words),
        )

    @router.post("/audit/sample")
    async def draw(request: Request) -> Response:
        visit = await shell.visiting(request)
        demand_auditing(auditor_of(shell, visit))
        posted = await read_form(request)
        asked = {name: first(posted, name).strip()[:100] for name in (*FILTERS, "size", "seed")}
        asked["seed"] = asked["seed"] or secrets.token_hex(8)

        def act() -> Response:
            workflow = _workflow(shell, visit, asked)
            try:
                drawn = _drawn(shell, visit, workflow, asked)
            except FormInvalid:
                return RedirectResponse(f"/audit/sample?{_query(asked)}", status_code=303)
            if drawn.digest:
                record_export(shell, visit, "sample", len(drawn.drawn), _scope(asked, workflow, drawn))
            return RedirectResponse(f"/audit/sample?{_query({**asked, 'digest': drawn.digest})}", status_code=303)

        return await run_in_threadpool(act)

    @router.get("/audit/sample.{kind}")
    def sample_file(request: Request, kind: str) -> Response:
        visit = shell.visit(request)
        demand_auditing(auditor_of(shell, visit))
        wanted = kind_of(kind)
        words, world = visit.words, shell.world(visit)
        asked = asked_of(request, (*FILTERS, "size", "seed"))
        workflow = _workflow(shell, visit, asked)
        drawn = _drawn(shell, visit, workflow, asked)
        cases = {case.id: case for case in shell.edge.desk.reads.cases(visit.known.root, drawn.drawn)}
        record_export(shell, visit, "sample", len(drawn.drawn), _scope(asked, workflow, drawn))
        titles = [words.t("sample_order"), words.t("number"), words.t("subject"), "id"]
        rows: list[list[Cell]] = [
            [
                number,
                number_of_case(cases[case], world.rules, words),
                str(cases[case].data.get(workflow.subject_field, "")),
                case,
            ]
            for number, case in enumerate(drawn.drawn, start=1)
            if case in cases
        ]
        rows.append([words.t("sample_said", population=drawn.population, n=len(drawn.drawn), seed=drawn.seed)])
        rows.append([words.t("sample_digest", digest=drawn.digest)])
        return file_of(wanted, "sample", titles, rows)

    return router


def _workflow(shell: Shell, visit: Visit, asked: dict[str, str]) -> Workflow:
    rules = shell.world(visit).rules
    known = {part.name: part for part in shown_workflows(rules)}
    # First of all what a meeting goes through, then whatever counts as a case.
    preferred = next((part for part in known.values() if part.meeting is not None), next(iter(known.values())))
    return known.get(asked["workflow"], preferred)


def _where(shell: Shell, visit: Visit, workflow: Workflow, asked: dict[str, str]) -> Drawn:
    there = shell.world(visit).surroundings
    since, until = day_of(asked["since"], "since"), day_of(asked["until"], "until", after=True)
    units: tuple[str, ...] | None = None
    if asked["unit"]:
        chosen = UnitId(asked["unit"])
        units = tuple(unit for unit in there.units if chosen in there.tree.lineage(unit))
    return Drawn(
        workflow=workflow.name,
        opened_from=None if since is None else microseconds(since),
        opened_until=None if until is None else microseconds(until),
        congress_session=asked["session"] or None,
        units=units,
        state=asked["state"] if asked["state"] in workflow.states else None,
    )


def _mapped(shell: Shell, visit: Visit, workflow: Workflow, asked: dict[str, str]) -> Mapped:
    """Return what happened to the chosen cases, in whatever state they are now."""
    edge, known = shell.edge, visit.known
    where = _where(shell, visit, workflow, {**asked, "state": ""})
    return ProcessDesk(edge.desk, edge.jobs, known.root, known.actor).of(where)


def _said_of(told: Mapped, cases: int, visit: Visit) -> str | None:
    """Return what is to be known of a picture that is not of this moment, or not of all cases."""
    words = visit.words
    if told.cut_at is not None:
        return words.t("process_cut", n=f"{cases:,}", on=words.day(instant(told.cut_at)))
    return words.t("process_pending", at=words.instant(told.as_of)) if told.is_pending else None


def _drawn(shell: Shell, visit: Visit, workflow: Workflow, asked: dict[str, str]) -> Sample:
    size = demand_drawable(asked["seed"], asked["size"])
    where = _where(shell, visit, workflow, asked)
    ids: Sequence[CaseId] = shell.edge.desk.reads.ids_drawn_from(
        visit.known.root, principals_of(visit.known.actor), where, limit=POPULATION_MAX + 1
    )
    if too_many(ids):
        return Sample(seed=asked["seed"], drawn=(), population=len(ids), digest="")
    return draw_sample(ids, asked["seed"], size)


def _scope(asked: dict[str, str], workflow: Workflow, drawn: Sample) -> str:
    """Return what a sample is recorded by: enough to draw it again."""
    parts = {"workflow": workflow.name, **{name: asked[name] for name in FILTERS[1:]}}
    said = [f"{name}={value}" for name, value in parts.items() if value]
    return ";".join([*said, f"seed={drawn.seed}", f"population={drawn.population}", f"digest={drawn.digest}"])


def _query(asked: dict[str, str]) -> str:
    return urlencode({name: value for name, value in asked.items() if value})


def _choice(shell: Shell, visit: Visit, workflow: Workflow) -> dict[str, object]:
    """Return what may be chosen of cases."""
    words, world = visit.words, shell.world(visit)
    return {
        "workflow": workflow.name,
        "workflows": [(part.name, words.say(part.title.text)) for part in shown_workflows(world.rules)],
        "sessions": [(one.id, words.say(one.title)) for one in sessions_in_order(world.surroundings)],
        "units": Choices(surroundings=world.surroundings).units(words),
        "states": [(name, words.say(part.title.text)) for name, part in workflow.states.items()],
    }
