"""The review meeting: one case after the other, its outcomes as large buttons, and the minutes of a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import headers_of, status_of
from engine.calendar.term import SHANGHAI
from engine.case.commands import FireTransition
from engine.case.identity import CaseId
from engine.definition.model import MeetingPart, Workflow
from engine.errors import BanjieError, CaseNotFound, NotFound, TransitionNotOffered
from engine.service.board import sessions_in_order
from engine.service.board_ports import BoardFilter
from engine.service.meeting import AGENDA_MAX, agenda, decisions, meetings, next_of
from engine.service.ports import CaseLine
from engine.text import Text
from web.forms.drafting import draft_asked, note_of, plain_fields, sent
from web.forms.filled import filled
from web.forms.moves import Attempt
from web.pages.board import NO_SESSION, categories_of
from web.pages.case import VERSION_DIGITS_MAX, posted_key
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.meeting import minutes_rows, outcome_forms, reviewed_case, undo_words
from web.views.similar import similar_panel

DONE_MAX = 9_999
NARROWED_CHARACTERS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingAsked:
    """Which agenda an address asks for; ``done`` counts what was decided since the meeting was opened."""

    workflow: Workflow
    part: MeetingPart
    session: str
    category: str = ""
    narrowed: str = ""
    done: int = 0

    @property
    def where(self) -> BoardFilter:
        """What is asked of the database."""
        session = None if self.session == NO_SESSION else self.session
        return BoardFilter(self.workflow.name, session, self.part.agenda, category=self.category or None)

    def address(self, path: str = "/meeting", **more: str | int) -> str:
        """Return an address of the same meeting."""
        fields = {
            "workflow": self.workflow.name,
            "session": self.session,
            "category": self.category,
            "narrowed": self.narrowed,
            "done": self.done,
            **more,
        }
        return f"{path}?{urlencode({name: value for name, value in fields.items() if value})}"

    def after(self, case: CaseId, did: str, following: CaseId | None = None) -> str:
        """Return where the meeting goes on once an outcome is recorded."""
        return replace(self, done=min(self.done + 1, DONE_MAX)).address(at=following or "", last=case, did=did)


def meeting_pages(shell: Shell) -> Pages:
    """Return the addresses of the meeting."""
    router = Pages()

    @router.get("/meeting")
    def meeting(request: Request) -> Response:
        visit = shell.visit(request)
        asked = meeting_asked(shell, visit)
        if asked is None:
            return shell.page(visit, "meeting_none.html", section="meeting")
        going_on = _resumed(shell, visit, asked)
        return _page(shell, visit, asked) if going_on is None else _page(shell, visit, *going_on)

    @router.get("/meeting/minutes")
    def minutes(request: Request) -> Response:
        visit = shell.visit(request)
        asked = meeting_asked(shell, visit)
        if asked is None:
            return shell.page(visit, "meeting_none.html", section="meeting")
        return _minutes(shell, visit, asked)

    @router.post("/meeting/{case_id}/{outcome}")
    async def record(request: Request, case_id: str, outcome: str) -> Response:
        """Record an outcome, with the move that begins the review where it had not begun, and go on to the next."""
        visit = await shell.visiting(request)
        posted = await read_form(request)
        asked = await run_in_threadpool(meeting_asked, shell, visit)
        if asked is None or outcome not in asked.part.outcomes:
            raise NotFound(Text("没有这样的审查结论", "There is no such outcome"), outcome=outcome)
        case = CaseId(case_id)
        following, commands = await run_in_threadpool(_commands, shell, visit, asked, case, outcome, posted)
        try:
            for command in commands:
                await shell.edge.ask(command)
        except CaseNotFound:
            raise
        except BanjieError as refusal:
            last = commands[-1]
            attempt = Attempt(transition=outcome, key=last.key, values=last.form, refusal=refusal)
            response = await run_in_threadpool(_page, shell, visit, asked, case, attempt)
            response.background = shell.edge.denials.of(request, refusal)
            return response
        await run_in_threadpool(sent, shell, visit, f"/meeting/{case}/{outcome}")
        return RedirectResponse(asked.after(case, outcome, following), status_code=303)

    return router


def meeting_asked(shell: Shell, visit: Visit) -> MeetingAsked | None:
    """Return which agenda an address asks for, None where no workflow has a meeting; nonsense is left out."""
    world, params = shell.world(visit), visit.request.query_params
    known = {workflow.name: (workflow, part) for workflow, part in meetings(world.rules)}
    if not known:
        return None
    workflow, part = known.get(params.get("workflow", "")) or next(iter(known.values()))
    sessions = [session.id for session in sessions_in_order(world.surroundings)]
    session, category, done = params.get("session", ""), params.get("category", ""), params.get("done", "")
    return MeetingAsked(
        workflow=workflow,
        part=part,
        session=session if session in (NO_SESSION, *sessions) else next(iter(sessions), NO_SESSION),
        category=category if category in dict(categories_of(world.rules, workflow, visit.words)) else "",
        narrowed=params.get("narrowed", "").strip()[:NARROWED_CHARACTERS_MAX],
        done=int(done) if done.isascii() and done.isdigit() and len(done) <= len(str(DONE_MAX)) else 0,
    )


def _resumed(shell: Shell, visit: Visit, asked: MeetingAsked) -> tuple[MeetingAsked, CaseId, Attempt] | None:
    """Return the outcome that the address asks to go on with, at the meeting of its case; None where there is none."""
    params, asker = visit.request.query_params, visit.known
    case, outcome = CaseId(params.get("at", "")), params.get("move", "")
    draft = draft_asked(shell, visit, f"/meeting/{case}/{outcome}") if case and outcome else None
    if draft is None:
        return None
    view = shell.edge.desk.queries.case(asker.root, case, asker.actor, shell.world(visit))
    own, kept = view.definition.workflow, plain_fields(draft)
    if own.meeting is None or outcome not in own.transitions:
        return None
    attempt = Attempt(
        transition=outcome,
        key=posted_key(kept),
        values=filled(view.definition, own.transitions[outcome].form, kept),
        refusal=None,
        note=note_of(visit, draft),
    )
    session = view.case.congress_session or NO_SESSION
    return replace(asked, workflow=own, part=own.meeting, session=session), case, attempt


def _agenda(shell: Shell, visit: Visit, asked: MeetingAsked) -> list[CaseLine]:
    asker = visit.known
    return agenda(shell.edge.desk, asker.root, asker.actor, asked.where, asked.part, narrowed=asked.narrowed)


def _commands(
    shell: Shell, visit: Visit, asked: MeetingAsked, case: CaseId, outcome: str, posted: dict[str, list[str]]
) -> tuple[CaseId | None, tuple[FireTransition, ...]]:
    """Return the case that comes next, and the commands that a form asks for: where it says so, first to begin.

    Sent again, the form asks for the same commands under the same keys, whatever state the case has come to.
    """
    asker, world = visit.known, shell.world(visit)
    view = shell.edge.desk.queries.case(asker.root, case, asker.actor, world)
    part = view.definition.workflow.transitions.get(outcome)
    if part is None:
        raise TransitionNotOffered(
            Text("此件没有这样的审查结论", "The case knows no such outcome"), asked=outcome, offered=[]
        )
    text = posted.get("version", [""])[0]
    is_number = text.isascii() and text.isdigit() and len(text) <= VERSION_DIGITS_MAX
    version, key = int(text) if is_number else None, posted_key(posted)
    begins = "begin" in posted and asked.part.begin is not None
    decide = FireTransition(
        root=asker.root,
        actor=asker.actor,
        key=key,
        case=case,
        transition=outcome,
        form=filled(view.definition, part.form, posted),
        # What was looked at is asked of the first command; nobody comes between the two unseen, as both name the state.
        expected_version=None if begins else version,
    )
    following = next_of(_agenda(shell, visit, asked), case)
    if not begins:
        return following, (decide,)
    begin = FireTransition(
        root=asker.root,
        actor=asker.actor,
        key=f"{key}:begin",
        case=case,
        transition=asked.part.begin or "",
        form={},
        expected_version=version,
    )
    return following, (begin, decide)


def _page(
    shell: Shell, visit: Visit, asked: MeetingAsked, at: CaseId | None = None, attempt: Attempt | None = None
) -> Response:
    world, words, asker, desk = shell.world(visit), visit.words, visit.known, shell.edge.desk
    lines = _agenda(shell, visit, asked)
    ids = [line.id for line in lines]
    wanted = at or CaseId(visit.request.query_params.get("at", ""))
    place = ids.index(wanted) if wanted in ids else 0
    shown = wanted if attempt is not None else (ids[place] if ids else None)
    view = None if shown is None else desk.queries.case(asker.root, shown, asker.actor, world)
    refusal = None if attempt is None else attempt.refusal
    sessions = [(session.id, words.say(session.title)) for session in sessions_in_order(world.surroundings)]
    narrowed_by = asked.workflow.fields.get(asked.part.narrowed_by or "")
    response = shell.page(
        visit,
        "meeting.html",
        section="meeting",
        status=200 if refusal is None else status_of(refusal),
        title=words.say(asked.part.title.text),
        asked=asked,
        sessions=[*sessions, (NO_SESSION, words.t("form_session_none"))],
        categories=categories_of(world.rules, asked.workflow, words),
        narrowed_title=None if narrowed_by is None else words.say(narrowed_by.title.text),
        is_cut=AGENDA_MAX if len(lines) == AGENDA_MAX else None,
        n=asked.done + place + 1,
        of=asked.done + len(ids),
        previous=asked.address(at=ids[place - 1]) if place else None,
        next=asked.address(at=ids[place + 1]) if place + 1 < len(ids) else None,
        minutes=replace(asked, done=0).address("/meeting/minutes"),
        case=None if view is None else reviewed_case(shell, visit, view, asked.part),
        outcomes=() if view is None else outcome_forms(shell, visit, view, asked.part, attempt),
        form_address=None if view is None else asked.address(f"/meeting/{view.case.id}"),
        similar=None
        if view is None
        else similar_panel(shell, visit, view.case.id, back=asked.address(at=view.case.id)),
        merge=None if view is None else asked.address(f"/merge/{view.case.id}", back="meeting"),
        last=_last(shell, visit, asked),
    )
    if refusal is not None:
        response.headers.update(headers_of(refusal))
    return response


def _last(shell: Shell, visit: Visit, asked: MeetingAsked) -> tuple[str, str, str] | None:
    """Return what was recorded last: its words, the address of the case, and how it may be taken back."""
    params, words, asker = visit.request.query_params, visit.words, visit.known
    case, did = params.get("last", ""), params.get("did", "")
    if not case or did not in asked.workflow.transitions:
        return None
    try:
        view = shell.edge.desk.queries.case(asker.root, CaseId(case), asker.actor, shell.world(visit))
    except CaseNotFound:
        return None
    return undo_words(view, asked.part, did, words)


def _minutes(shell: Shell, visit: Visit, asked: MeetingAsked) -> Response:
    world, words, asker = shell.world(visit), visit.words, visit.known
    on = _day(visit.request.query_params.get("on", "")) or visit.now.astimezone(SHANGHAI).date()
    found, is_cut = decisions(shell.edge.desk, asker.root, asker.actor, asked.where, asked.part, on)
    session = next((one for one in world.surroundings.sessions.values() if one.id == asked.session), None)
    return shell.page(
        visit,
        "meeting_minutes.html",
        section="meeting",
        title=words.t("minutes_title", title=words.say(asked.part.title.text)),
        asked=asked,
        on=on.isoformat(),
        line=words.t(
            "minutes_of",
            session=words.t("form_session_none") if session is None else words.say(session.title),
            on=words.date(on),
            n=len(found),
        ),
        rows=minutes_rows(found, asked.part, shell, visit),
        is_cut=is_cut,
        back=asked.address(),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-03-02") else None
    except ValueError:
        return None
