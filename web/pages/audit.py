"""Searching the ledger: entries and facts, newest first, each in words; what is exported is recorded as such."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from engine.access.readers import principals_of
from engine.case.identity import CaseId, PersonId
from engine.case.scope import SHANGHAI
from engine.errors import FieldProblem, FormInvalid
from engine.service.auditing import KINDS, LOOKED_MAX, Auditor, Found, Wanted, demand_auditing, search
from engine.service.calling import person_called
from engine.service.exported import record_export as record
from engine.text import Text
from web.exports import Kind, file_of, kind_of
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.audit import HitView, HitWriter, people_in
from web.views.lines import shown_workflows
from web.words import Words

FILTERS: Final = ("number", "person", "kind", "move", "role", "since", "until", "behalf", "system")
CHARACTERS_MAX: Final = 100


def audit_pages(shell: Shell) -> Pages:
    """Return the addresses of the search."""
    router = Pages()

    @router.get("/audit")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        auditor = auditor_of(shell, visit)
        demand_auditing(auditor)
        asked = asked_of(request, FILTERS)
        problem: FieldProblem | None = None
        found: Found | None = None
        rows: list[HitView] = []
        try:
            found, rows = _found(shell, visit, auditor, asked)
        except FormInvalid as refusal:
            problem = refusal.fields[0]
        words, rules = visit.words, shell.world(visit).rules
        kept = {name: value for name, value in asked.items() if value}
        workflows = [rules.newest(name) for name in rules.names()]
        moves = {name: part.title.text for each in workflows for name, part in each.transitions.items()}
        roles = {name: part.title.text for each in workflows for name, part in each.roles.items()}
        after = request.query_params.get("after")
        return shell.page(
            visit,
            "audit.html",
            section="audit",
            status=200 if problem is None else 422,
            asked=asked,
            kinds=[(name, words.t(f"audit_kind_{name}")) for name in ("cases", *KINDS)],
            moves=sorted((name, words.say(title)) for name, title in moves.items()),
            roles=sorted((name, words.say(title)) for name, title in roles.items()),
            rows=rows,
            said=None if found is None else _said(found, visit),
            problem=None if problem is None else words.say(problem.text),
            first_page=f"/audit?{urlencode(kept)}" if after else None,
            next_page=None
            if found is None or found.next is None
            else f"/audit?{urlencode({**kept, 'after': found.next})}",
            exports=exports_at("/audit", urlencode({**kept, "after": after} if after else kept), words) if rows else (),
            note=words.t("audit_note", n=f"{LOOKED_MAX:,}"),
        )

    @router.get("/audit.{kind}")
    def export(request: Request, kind: str) -> Response:
        visit = shell.visit(request)
        auditor = auditor_of(shell, visit)
        _found_now, rows = _found(shell, visit, auditor, asked_of(request, FILTERS))
        wanted = kind_of(kind)
        record_export(shell, visit, "audit", len(rows), None)
        heads = ("audit_at", "audit_what", "audit_who", "audit_where", "audit_place")
        lines = [
            [row.at, f"{row.what} {row.details}".strip(), row.who, row.number, f"{row.chain} {row.seq} {row.hash}"]
            for row in rows
        ]
        return file_of(wanted, "audit", [visit.words.t(name) for name in heads], lines)

    return router


def exports_at(path: str, query: str, words: Words) -> list[tuple[str, str]]:
    """Return the files that a page offers of its list, each with its title and its address."""
    return [(words.t(f"export_{kind}"), f"{path}.{kind}?{query}") for kind in Kind]


def auditor_of(shell: Shell, visit: Visit) -> Auditor:
    """Return the visitor as somebody who audits, or does not."""
    return Auditor(root=visit.known.root, actor=visit.known.actor, staff=shell.edge.settings.accounts.staff)


def asked_of(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """Return what the address asks for, each cut to a length that is enough."""
    return {name: request.query_params.get(name, "").strip()[:CHARACTERS_MAX] for name in names}


def day_of(text: str, path: str, *, after: bool = False) -> datetime | None:
    """Return the beginning of a day in Shanghai, with ``after`` of the next one; None for ""; raises FormInvalid."""
    if not text:
        return None
    try:
        on = date.fromisoformat(text)
        return datetime.combine(on + timedelta(days=1 if after else 0), time(), SHANGHAI)
    except (ValueError, OverflowError):
        wrong = Text("日期请写成 2026-09-15 的样子", "Write a date as 2026-09-15")
        raise FormInvalid([FieldProblem(path=path, text=wrong)]) from None


def record_export(shell: Shell, visit: Visit, what: str, rows: int, scope: str | None) -> None:
    """Record in the ledger that the visitor took something out of the house."""
    record(shell.edge.desk, visit.known.root, visit.known.person, what, rows=rows, scope=scope)


def case_numbered(shell: Shell, visit: Visit, number: str) -> CaseId | None:
    """Return the visible case with a number in any workflow, or with that id."""
    desk, root = shell.edge.desk, visit.known.root
    rules = shell.world(visit).rules
    ids = [desk.reads.case_by_field(root, part.name, number) for part in shown_workflows(rules)]
    wanted = [case for case in [*ids, CaseId(number)] if case is not None]
    seen = desk.reads.visible_cases(root, wanted, principals_of(visit.known.actor))
    return next((case.id for case in seen), None)


def _found(shell: Shell, visit: Visit, auditor: Auditor, asked: dict[str, str]) -> tuple[Found, list[HitView]]:
    demand_auditing(auditor)
    world, desk = shell.world(visit), shell.edge.desk
    wanted = _wanted(shell, visit, asked)
    found = search(desk, auditor, wanted, world, after=visit.request.query_params.get("after") or None)
    people = desk.reads.persons(visit.known.root, people_in(found.hits))
    writer = HitWriter(words=visit.words, rules=world.rules, surroundings=world.surroundings, people=people)
    return found, [writer.view(hit) for hit in found.hits]


def _wanted(shell: Shell, visit: Visit, asked: dict[str, str]) -> Wanted:
    case: CaseId | None = None
    if asked["number"]:
        case = case_numbered(shell, visit, asked["number"])
        if case is None:
            text = Text(
                f"没有编号为“{asked['number']}”、您可查阅的事项",
                f"No case “{asked['number']}” that you may see",
            )
            raise FormInvalid([FieldProblem(path="number", text=text)])
    person: PersonId | None = None
    if asked["person"]:
        called = person_called(shell.edge.desk.reads, visit.known.root, asked["person"], "person")
        if isinstance(called, FieldProblem):
            raise FormInvalid([called])
        person = called.id
    kind = asked["kind"] if asked["kind"] in KINDS or asked["kind"] == "cases" else None
    return Wanted(
        case=case,
        person=person,
        kind=kind,
        transition=asked["move"] or None,
        role=asked["role"] or None,
        since=day_of(asked["since"], "since"),
        until=day_of(asked["until"], "until", after=True),
        behalf=bool(asked["behalf"]),
        by_system=bool(asked["system"]),
    )


def _said(found: Found, visit: Visit) -> str:
    if found.reached is None:
        return visit.words.t("audit_looked_nothing")
    at = visit.words.instant(found.reached)
    return visit.words.t("audit_looked", n=f"{found.looked:,}", hits=len(found.hits), at=at)
