"""Erasing on a case: one asks, another approves, each on a page of their own login."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import headers_of, status_of
from api.routes.erasures import in_person
from engine.case.identity import CaseId
from engine.errors import BanjieError, CaseNotFound, FormInvalid, InputRefused, NotPermitted
from engine.service.erasure_requests import GROUNDS, Erasable, approve, ask, erasable
from engine.service.erasure_requests import Request as Asked
from engine.text import Text
from web.forms.drafting import resumed, sent, stamp_for
from web.pages.account import first
from web.pages.case import posted_key
from web.pages.receipt_kept import receipt_asked
from web.routing import Pages
from web.shell import Shell, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueView:
    """A value on the page; ``stays`` is why it cannot go, "" where it can."""

    path: str
    title: str
    stays: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """A request on the page."""

    id: str
    said: str
    basis: str
    values: tuple[str, ...]
    may_approve: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What had been chosen: why it was refused, or, gone on with as a draft, what is said above it."""

    posted: Mapping[str, list[str]]
    error: BanjieError | None = None
    note: str | None = None


def erasing_pages(shell: Shell) -> Pages:
    """Return the addresses of erasing on a case."""
    router = Pages()
    desk = shell.edge.desk

    @router.get("/cases/{case_id}/erasure")
    def show(request: Request, case_id: str) -> Response:
        visit = shell.visit(request)
        found = resumed(shell, visit, _form(CaseId(case_id)))
        tried = None if found is None else Tried(posted=found.fields, note=found.note)
        return _page(shell, visit, CaseId(case_id), tried)

    @router.post("/cases/{case_id}/erasure/ask")
    async def ask_for(request: Request, case_id: str) -> Response:
        visit = await shell.visiting(request)
        asker = in_person(visit.known)
        posted = await read_form(request)
        try:
            command = await run_in_threadpool(
                ask,
                desk,
                asker.root,
                CaseId(case_id),
                asker.actor,
                posted.get("path", []),
                first(posted, "basis"),
                posted_key(posted),
            )
            done = await shell.edge.ask(command)
        except (CaseNotFound, NotPermitted):
            raise
        except BanjieError as error:
            tried = Tried(error=error, posted=posted)
            return await run_in_threadpool(_page, shell, visit, CaseId(case_id), tried)
        await run_in_threadpool(sent, shell, visit, _form(CaseId(case_id)))
        return RedirectResponse(f"/cases/{case_id}/erasure?done=asked&seq={done.outcome.seq}", status_code=303)

    @router.post("/cases/{case_id}/erasure/{erasure}/approve")
    async def approve_it(request: Request, case_id: str, erasure: str) -> Response:
        visit = await shell.visiting(request)
        asker = in_person(visit.known)
        posted = await read_form(request)
        try:
            if first(posted, "sure") != "yes":
                raise InputRefused(Text("请先勾选确认", "Tick that you are sure first"))
            command = await run_in_threadpool(approve, desk, asker.root, CaseId(case_id), asker.actor, erasure)
            done = await shell.edge.ask(command)
        except (CaseNotFound, NotPermitted):
            raise
        except BanjieError as error:
            tried = Tried(error=error, posted={})
            return await run_in_threadpool(_page, shell, visit, CaseId(case_id), tried)
        return RedirectResponse(f"/cases/{case_id}/erasure?done=erased&seq={done.outcome.seq}", status_code=303)

    return router


def _form(case_id: CaseId) -> str:
    return f"/cases/{case_id}/erasure/ask"


def _page(shell: Shell, visit: Visit, case_id: CaseId, tried: Tried | None = None) -> Response:
    words, asker = visit.words, visit.known
    found = erasable(shell.edge.desk, asker.root, case_id, asker.actor)
    error = None if tried is None else tried.error
    chosen = set() if tried is None else set(tried.posted.get("path", []))
    values = [
        ValueView(
            path=value.path,
            title=words.say(value.title),
            stays="" if value.stays is None else words.say(value.stays),
            chosen=value.path in chosen,
        )
        for value in found.values
    ]
    said = {"asked": words.t("erasure_asked"), "erased": words.t("erasure_done")}
    response = shell.page(
        visit,
        "erasure.html",
        section="cases",
        status=200 if error is None else status_of(error),
        title=words.t("erasure_title"),
        number=_number(found) or words.t("no_number"),
        workflow=words.say(found.view.definition.workflow.title.text),
        address=f"/cases/{case_id}",
        held=None if found.held is None else words.say(found.held),
        done=said.get(visit.request.query_params.get("done", "")) if tried is None else None,
        receipt=receipt_asked(shell, visit, case_id) if tried is None else None,
        errors=[] if error is None else _errors(error, visit),
        note=None if tried is None else tried.note,
        draft_of=stamp_for(shell, visit, _form(case_id)),
        requests=[_request(request, visit) for request in found.waiting],
        values=[value for value in values if not value.stays],
        staying=[value for value in values if value.stays],
        grounds=[(str(basis), words.say(title)) for basis, title in GROUNDS.items()],
        basis="" if tried is None else first(tried.posted, "basis"),
        key=secrets.token_urlsafe(16) if tried is None else posted_key(tried.posted),
    )
    response.headers.update({} if error is None else headers_of(error))
    return response


def _request(request: Asked, visit: Visit) -> RequestView:
    words = visit.words
    return RequestView(
        id=request.id,
        said=words.t(
            "erasure_by", name=request.who, at=words.short_instant(request.at), until=words.short_instant(request.until)
        ),
        basis=words.say(GROUNDS[request.basis]),
        values=tuple(words.say(value.title) for value in request.values),
        may_approve=request.may_approve,
    )


def _errors(error: BanjieError, visit: Visit) -> list[str]:
    if isinstance(error, FormInvalid):
        return list(dict.fromkeys(visit.words.say(problem.text) for problem in error.fields))
    return [visit.words.say(error.text)]


def _number(found: Erasable) -> str | None:
    """Return the number of the case, as far as the reader may know it."""
    values = (found.view.fields.get(name) for name in found.view.definition.workflow.number_fields)
    return next((str(value) for value in values if value), None)
