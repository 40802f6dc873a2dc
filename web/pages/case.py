"""One case: where it stands, what it holds, what can be done, and everything that was done."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.limits import KEY_CHARACTERS_MAX
from api.multipart import Posted, uploads_of
from api.problems import headers_of, status_of
from api.rendering import number_of
from engine.case.commands import FireTransition
from engine.case.identity import CaseId
from engine.definition.parts import Phase
from engine.definition.wording import source_words, title_of
from engine.errors import BanjieError, CaseNotFound, NotPermitted
from engine.service.case_access import Audience, audience_of
from engine.service.erasure_requests import may_erase
from engine.service.filing.cabinet import Cabinet
from engine.service.notice_inbox import Notices
from engine.service.ports import CaseFilter
from engine.service.queries import CaseView, TimelineLine
from engine.service.world import World
from web.forms.asked import roster_of
from web.forms.drafting import draft_asked, keeping_of, note_of, plain_fields, sent
from web.forms.files import demand_files, names_in
from web.forms.filled import filled
from web.forms.moves import Attempt, message_of, move_forms, source_of
from web.forms.people import PeopleTyped, people_typed, with_people
from web.forms.widgets import Choices, FormMaker
from web.pages.case_offers import case_offers, fire_move
from web.pages.receipt_kept import parting_page, receipt_asked, still_seen
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.case_parts import party_rows, said_fields
from web.views.case_reading import case_writer, reader_of
from web.views.changes import Changes, changes_since, written
from web.views.clocks import clock_view
from web.views.co_handlers import co_handlers_of
from web.views.fields import FieldWriter, format_of
from web.views.files import file_links
from web.views.papers import paper_links
from web.views.polls import poll_links
from web.views.progress import steps
from web.views.relatives import relatives_of
from web.views.rungs import standing_rungs
from web.views.sheets import rows_to_fill, sheet_links
from web.views.similar import similar_panel
from web.views.timeline import entry_view
from web.views.told import ROWS_MAX, ToldRowView, told_rows
from web.views.ways import reviews, ways_of

VERSION_DIGITS_MAX = 15
SIMILAR_SHOWN = 3
CHOICES_MAX = 50
"""Cases that a form offers to choose from; the page of merging finds any other by its words or number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stands on top of a case."""

    number: str
    subject: str
    workflow: str
    workflow_address: str
    state: str
    phase: str
    facts: tuple[tuple[str, str], ...]


def case_pages(shell: Shell) -> Pages:
    """Return the addresses of a case."""
    router = Pages()
    cabinet = Cabinet(shell.edge.desk)

    @router.get("/cases/{case_id}")
    def case(request: Request, case_id: str) -> Response:
        visit = shell.visit(request)
        return _page(shell, visit, CaseId(case_id), _resumed(shell, visit, CaseId(case_id)))

    @router.post("/cases/{case_id}/{transition}")
    async def fire(request: Request, case_id: str, transition: str) -> Response:
        visit = await shell.visiting(request)
        posted = await uploads_of(request, cabinet, (visit.known.root, visit.known.actor))
        command, people = await run_in_threadpool(_command, shell, visit, CaseId(case_id), transition, posted.fields)
        if people.is_open:
            looked_up = replace(_tried(command), refusal=people.refusal, people=people)
            return await run_in_threadpool(_page, shell, visit, CaseId(case_id), looked_up)
        try:
            demand_files(posted)
            again = await run_in_threadpool(_again, shell, visit, CaseId(case_id), posted)
            done = await fire_move(shell, visit, command, posted.fields)
        except CaseNotFound:
            raise
        except BanjieError as refusal:
            attempt = replace(_tried(command), refusal=refusal)
            response = await run_in_threadpool(_page, shell, visit, CaseId(case_id), attempt)
            response.background = shell.edge.denials.of(request, refusal)
            return response
        await run_in_threadpool(sent, shell, visit, f"/cases/{case_id}/{transition}")
        if not await run_in_threadpool(still_seen, shell, visit, CaseId(case_id)):
            return await run_in_threadpool(parting_page, shell, visit, done.outcome)
        more = "&again=1" if again else ""
        return RedirectResponse(f"/cases/{case_id}?done={transition}&seq={done.outcome.seq}{more}", status_code=303)

    return router


def _tried(command: FireTransition) -> Attempt:
    """Return what a command says as it is shown again."""
    return Attempt(
        transition=command.transition,
        key=command.key,
        values=command.form,
        refusal=None,
        seen=command.expected_version,
    )


def _resumed(shell: Shell, visit: Visit, case_id: CaseId) -> Attempt | None:
    """Return the move that the address asks to go on with, as its draft says it; None where there is none."""
    move = visit.request.query_params.get("move", "")
    draft = draft_asked(shell, visit, f"/cases/{case_id}/{move}") if move else None
    if draft is None:
        return None
    command, people = _command(shell, visit, case_id, move, plain_fields(draft))
    return replace(_tried(command), people=people, note=note_of(visit, draft))


def posted_key(posted: Mapping[str, list[str]]) -> str:
    """Return the key that a form carries, so that sending it twice does it once."""
    return posted.get("key", [""])[0][:KEY_CHARACTERS_MAX] or secrets.token_urlsafe(16)


def _command(
    shell: Shell, visit: Visit, case_id: CaseId, transition: str, posted: dict[str, list[str]]
) -> tuple[FireTransition, PeopleTyped]:
    """Return the command that a posted form asks for; what stands in it is checked when it is carried out.

    Names that were typed have become persons where they are clear; what is not stands beside.
    """
    asker, world = visit.known, shell.world(visit)
    view = shell.edge.desk.queries.case(asker.root, case_id, asker.actor, world)
    part = view.definition.workflow.transitions.get(transition)
    asked = {} if part is None else part.form
    people = people_typed(view.definition, asked, posted, roster_of(shell, visit, view))
    version = posted.get("version", [""])[0]
    is_number = version.isascii() and version.isdigit() and len(version) <= VERSION_DIGITS_MAX
    command = FireTransition(
        root=asker.root,
        actor=asker.actor,
        key=posted_key(posted),
        case=case_id,
        transition=transition,
        form=filled(view.definition, asked, people.posted),
        expected_version=int(version) if is_number else None,
    )
    return command, people


def _again(shell: Shell, visit: Visit, case: CaseId, posted: Posted) -> bool:
    """Return whether the case holds one of the files that come already, where the visitor may see it."""
    cabinet, asker, world = Cabinet(shell.edge.desk), visit.known, shell.world(visit)
    new = [uploaded.sha256 for uploads in posted.uploads.values() for uploaded in uploads]
    return any(cabinet.is_known(asker.root, case, asker.actor, world, sha256) for sha256 in new)


def _page(shell: Shell, visit: Visit, case_id: CaseId, attempt: Attempt | None = None) -> Response:
    world, asker, words = shell.world(visit), visit.known, visit.words
    desk = shell.edge.desk
    view = desk.queries.case(asker.root, case_id, asker.actor, world)
    lines = desk.queries.timeline(asker.root, case_id, asker.actor, world)
    files, reader = Cabinet(desk).held(asker.root, view, lines), reader_of(shell, visit, world)
    values = [view.fields, *(line.fields for line in lines), *([] if attempt is None else [attempt.values])]
    writer = case_writer(reader, view, values, file_links(case_id, files, words))
    calendar = world.calendar_of(view.case.unit)
    ordered = sorted(view.clocks, key=lambda clock: (not clock.is_open, clock.due_at))
    clocks = tuple(clock_view(clock, view.definition, calendar, visit.now, words) for clock in ordered)
    entries = [entry_view(line, writer, world.rules) for line in lines]
    # A move that is not offered any more has no form that could show why it was refused.
    refusal = None if attempt is None else attempt.refusal
    homeless = refusal if attempt is not None and attempt.transition not in view.offered else None
    changes = None if attempt is None else _changes(view, lines, attempt, writer, world)
    forms = move_forms(
        view,
        _maker(shell, visit, view, world, attempt),
        dict(_sources(view, visit)),
        attempt,
        keeping=keeping_of(shell, visit),
        changes=changes,
    )
    # A list that asks for one move leads here, with its form open.
    asked_for = visit.request.query_params.get("move")
    forms = tuple(replace(form, is_open=form.is_open or form.transition == asked_for) for form in forms)
    polls = poll_links(view, desk, asker.actor, words)
    response = shell.page(
        visit,
        "case.html",
        section="cases",
        status=200 if refusal is None else status_of(refusal),
        heading=_heading(view, writer, world),
        steps=steps(view.case, view.definition.workflow, words),
        groups=writer.groups(said_fields(view)),
        parties=tuple(party_rows(view, words)),
        relatives=relatives_of(view, reader),
        co_handlers=co_handlers_of(view, world, visit),
        clocks=clocks,
        what=case_offers(shell, visit, view, world, forms, writer, list(zip(lines, entries, strict=True)), clocks),
        entries=entries[::-1],
        told=_told(shell, visit, case_id, world),
        told_max=ROWS_MAX,
        papers=paper_links(shell.edge.settings.workflows, view, lines, world.surroundings, words),
        rights=_rights(shell, visit, case_id, world),
        erases=may_erase(shell.edge.desk, view, asker.actor),
        changes=changes,
        unsent=_unsent(attempt, view, writer),
        done=_done(visit, view) if attempt is None else None,
        filed=attempt is None and visit.request.query_params.get("done") == "open",
        receipt=receipt_asked(shell, visit, case_id) if attempt is None else None,
        again=attempt is None and "again" in visit.request.query_params,
        case_address=f"/cases/{case_id}",
        has_receipts=shell.edge.settings.receipts is not None,
        enterable=[(name, words.say(view.definition.workflow.transitions[name].title.text)) for name in view.enterable],
        polls=polls.own,
        ways=[*polls.others, *sheet_links(view, words), *ways_of(view, words)],
        similar=similar_panel(shell, visit, case_id, back=f"/cases/{case_id}", limit=SIMILAR_SHOWN)
        if reviews(view)
        else None,
        refusal=None if homeless is None else message_of(homeless, view.definition, words),
        refusal_source=None if homeless is None else source_of(homeless, words.language),
    )
    if refusal is not None:
        response.headers.update(headers_of(refusal))
    return response


def _changes(
    view: CaseView, lines: Sequence[TimelineLine], attempt: Attempt, writer: FieldWriter, world: World
) -> Changes | None:
    """Return what happened to the case since the form that was tried had been shown."""
    part = view.definition.workflow.transitions.get(attempt.transition)
    asked = () if part is None else tuple(part.form)
    return changes_since(view, lines, attempt.seen, asked, attempt.values, writer, world.rules)


def _unsent(attempt: Attempt | None, view: CaseView, writer: FieldWriter) -> list[tuple[str, str]]:
    """Return what was typed into the form of a move that is not offered any more, so that it can be copied."""
    if attempt is None or attempt.transition in view.offered:
        return []
    return [(writer.title(name), written(writer, name, value)) for name, value in attempt.values.items()]


def _heading(view: CaseView, writer: FieldWriter, world: World) -> Heading:
    words, case, workflow = writer.words, view.case, view.definition.workflow
    session = None if case.congress_session is None else world.surroundings.sessions.get(case.congress_session)
    is_led = view.parent is not None and view.parent.lead_unit is not None
    facts = [
        (words.t("case_session"), None if session is None else words.say(session.title)),
        (words.t("unit"), writer.unit(case.unit)),
        (words.t("lead_unit"), None if case.lead_unit is None else writer.unit(case.lead_unit)),
        (words.t("opened_on"), words.day(case.opened_at)),
        (words.t("case_child_role"), words.t(f"role_{case.child_role}") if case.child_role and is_led else None),
    ]
    return Heading(
        number=number_of(view) or words.t("no_number"),
        subject=str(view.fields.get(workflow.subject_field) or words.t("no_subject")),
        workflow=words.say(workflow.title.text),
        workflow_address=f"/workflows/{workflow.name}",
        state=words.say(title_of(case.state, workflow.states)),
        phase=str(case.phase),
        facts=tuple((title, text) for title, text in facts if text is not None),
    )


def _maker(shell: Shell, visit: Visit, view: CaseView, world: World, attempt: Attempt | None) -> FormMaker:
    """Return what makes the forms; persons and cases to choose from are read only when a form asks for one."""
    desk, root = shell.edge.desk, visit.known.root
    workflow, people = view.definition.workflow, None if attempt is None else attempt.people
    typed = {} if attempt is None else attempt.values
    asked = dict.fromkeys(name for move in view.offered for name in workflow.transitions[move].form)
    choices = Choices(
        surroundings=world.surroundings,
        cases=_others(shell, visit, view) if any(format_of(workflow.fields[name]) == "case" for name in asked) else (),
        rungs=standing_rungs(view.case, view.definition, visit.words),
        files=names_in(Cabinet(desk), (root, visit.known.actor), view.definition, [view.fields, typed]),
        sheets=rows_to_fill(view.definition, view.fields, visit.words),
    )
    roster = roster_of(shell, visit, view)
    choices = with_people(choices, view.definition, asked, [view.fields, typed], roster, people)
    return FormMaker(words=visit.words, definition=view.definition, choices=choices)


def _others(shell: Shell, visit: Visit, view: CaseView) -> list[tuple[str, str]]:
    """Return the newest running cases of the workflow that the reader may see, but for the case itself."""
    where = CaseFilter(workflow=view.case.workflow, phase=str(Phase.ACTIVE))
    page = shell.edge.desk.queries.page(visit.known.root, visit.known.actor, where, limit=CHOICES_MAX)
    return [
        (line.id, " ".join(part for part in (line.number, line.subject) if part) or line.id)
        for line in page.lines
        if line.id != view.case.id
    ]


def _sources(view: CaseView, visit: Visit) -> Iterator[tuple[str, str]]:
    workflow = view.definition.workflow
    for name in view.offered:
        source = workflow.transitions[name].source
        if source is not None:
            yield name, visit.words.say(source_words(source, workflow))


def _told(shell: Shell, visit: Visit, case_id: CaseId, world: World) -> list[ToldRowView] | None:
    """Return who was told of the case, None where the reader does not work on it."""
    try:
        told = Notices(shell.edge.desk.reads).of_case(visit.known.root, case_id, visit.known.actor, world)
    except NotPermitted:
        return None
    return told_rows(told, visit.words)


def _rights(shell: Shell, visit: Visit, case_id: CaseId, world: World) -> list[tuple[str, str]]:
    """Return the pages on which the reader may read of the rights on the case and of what was done: address, title."""
    asker, staff = visit.known, shell.edge.settings.accounts.staff
    audience = audience_of(shell.edge.desk, asker.root, case_id, asker.actor, world, staff)
    if audience is None:
        return []
    if audience is Audience.OPENER:
        return [(f"/cases/{case_id}/access", visit.words.t("access_looked_link"))]
    t = visit.words.t
    return [(f"/cases/{case_id}/access", t("access_link")), (f"/cases/{case_id}/audit", t("audit_case_link"))]


def _done(visit: Visit, view: CaseView) -> str | None:
    """Return what the page says was just done, by the move that its address names."""
    name = visit.request.query_params.get("done")
    if name == "open":
        return visit.words.t("case_opened")
    part = view.definition.workflow.transitions.get(name or "")
    return None if part is None else visit.words.t("case_done", title=visit.words.say(part.title.text))
