"""One case under audit: every entry with what it changed, the way it went, its proof, who exported and looked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from engine.case.codec import at_from, instant
from engine.case.identity import CaseId, PersonId, RootId
from engine.definition.wording import title_of
from engine.errors import NotPermitted
from engine.ledger.streams import ACCESS
from engine.service.anchoring import newest_head
from engine.service.case_access import Audience, CaseAccess, case_access
from engine.service.filing.cabinet import Cabinet
from engine.service.ports import Reads
from engine.service.queries import TimelineLine
from engine.service.sealing_ports import CheckpointRow
from engine.text import Text
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.anchors import anchors_view
from web.views.audit import AuditedEntry, audited_entries, fact_title, number_of_case
from web.views.case_reading import reader_of, visible_links
from web.views.diagrams import Diagram, Marks, workflow_diagram
from web.views.fields import FieldWriter, named
from web.views.files import file_links
from web.views.timeline import step_words
from web.words import Words

VERIFY: Final = "python verify.py bundle.zip --key '{key}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """A state that the case came to: its place in the order, when, and by which move."""

    number: int
    state: str
    at: str
    move: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Somebody who took something out, or looked: when, what, who."""

    at: str
    what: str
    who: str


def audit_case_pages(shell: Shell) -> Pages:
    """Return the address of a case under audit."""
    router = Pages()

    @router.get("/cases/{case_id}/audit")
    def show(request: Request, case_id: str) -> Response:
        visit = shell.visit(request)
        asker, words, world = visit.known, visit.words, shell.world(visit)
        found = case_access(
            shell.edge.desk, asker.root, CaseId(case_id), asker.actor, world, shell.edge.settings.accounts.staff
        )
        if found.audience is Audience.OPENER:
            raise NotPermitted(
                Text(
                    "审计页供承办、督办、审计人员使用；您可以在事项页看到全部办理记录、下载证据包",
                    "This page is for those who work on the case and for auditors; its page shows you every entry",
                )
            )
        is_blind = found.audience is Audience.AUDITORS
        lines: Sequence[TimelineLine] = ()
        entries: list[AuditedEntry] = []
        places = shell.edge.desk.reads.places_of(asker.root, found.case.id)
        if not is_blind:
            lines = shell.edge.desk.queries.timeline(asker.root, found.case.id, asker.actor, world)
            entries = list(audited_entries(lines, _writer(shell, visit, found, lines), world.rules, places))
        workflow = found.definition.workflow
        path = list(_path(lines, found, words))
        return shell.page(
            visit,
            "audit_case.html",
            section="audit",
            title=words.t("audit_case", number=number_of_case(found.case, world.rules, words)),
            subject="" if is_blind else str(found.case.data.get(workflow.subject_field, "")),
            workflow=words.say(workflow.title.text),
            workflow_address=f"/workflows/{workflow.name}",
            version=words.t("workflow_version", version=workflow.version, on=words.date(workflow.in_force_from)),
            definition_hash=found.definition.hash,
            address=f"/cases/{found.case.id}",
            is_blind=is_blind,
            entries=entries[::-1],
            path=path,
            picture=None if is_blind else _diagram(lines, found, words),
            proof=list(_proof(shell, visit, places, found.case.seq)),
            anchored=anchors_view(shell.edge.desk.reads, asker.root, visit).said,
            verify=VERIFY.format(key=_printed_key(shell, asker.root)),
            taken=list(_taken(shell, visit, found.case.id)),
        )

    return router


def _writer(shell: Shell, visit: Visit, found: CaseAccess, lines: Sequence[TimelineLine]) -> FieldWriter:
    desk, root, world = shell.edge.desk, visit.known.root, shell.world(visit)
    view = desk.queries.case(root, found.case.id, visit.known.actor, world)
    persons = {PersonId(one) for line in lines for one in named(found.definition, line.fields, "person")}
    cases = sorted({CaseId(one) for line in lines for one in named(found.definition, line.fields, "case")})
    files = Cabinet(desk).held(root, view, lines)
    return FieldWriter(
        words=visit.words,
        definition=found.definition,
        surroundings=world.surroundings,
        persons=desk.reads.persons(root, persons) if persons else {},
        cases={case: link.title for case, link in visible_links(cases, reader_of(shell, visit, world)).items()},
        files=file_links(found.case.id, files, visit.words),
    )


def _moves(lines: Sequence[TimelineLine]) -> Iterator[tuple[str | None, TimelineLine]]:
    """Yield the entries that brought the case to a state, each with the state before; the first has none."""
    before: str | None = None
    for line in lines:
        if line.to_state is not None and line.to_state != before:
            yield before, line
            before = line.to_state


def _path(lines: Sequence[TimelineLine], found: CaseAccess, words: Words) -> Iterator[PathStep]:
    for number, (_before, line) in enumerate(_moves(lines), start=1):
        workflow = (line.definition or found.definition).workflow
        part = workflow.transitions.get(line.transition or "")
        yield PathStep(
            number=number,
            state=words.say(title_of(line.to_state or "", workflow.states)),
            at=words.instant(_happened(line)),
            move=step_words(line, words) if part is None else words.say(part.title.text),
        )


def _diagram(lines: Sequence[TimelineLine], found: CaseAccess, words: Words) -> Diagram:
    """Return the definition's drawing with the way of the case marked: its steps numbered, with their days."""
    visits: dict[str, list[str]] = {}
    taken = set[tuple[str, str]]()
    for number, (before, line) in enumerate(_moves(lines), start=1):
        state = line.to_state or ""
        visits.setdefault(state, []).append(f"{_circled(number)} {words.short_day(_happened(line))}")
        if before is not None:
            taken.add((before, state))
    tones = {state: "visited now" if state == found.case.state else "visited" for state in visits}
    marks = Marks(notes={state: tuple(days) for state, days in visits.items()}, tones=tones, taken=frozenset(taken))
    return workflow_diagram(found.definition.workflow, words, marks)


def _circled(number: int) -> str:
    """Return a number in a circle, as far as there are such signs.

    >>> _circled(3), _circled(51)
    ('③', '(51)')
    """
    return chr(0x2460 + number - 1) if number <= 20 else f"({number})"


def _happened(line: TimelineLine) -> datetime:
    return at_from(line.occurred_at or line.at)


def _proof(shell: Shell, visit: Visit, places: Mapping[int, int], entries: int) -> Iterator[str]:
    words, reads, root = visit.words, shell.edge.desk.reads, visit.known.root
    if not places:
        yield words.t("audit_case_unsealed", n=entries)
        return
    covering = _covering(reads, root, max(places.values()))
    if covering is not None:
        yield words.t(
            "audit_case_sealed",
            n=entries,
            sealed=len(places),
            checkpoint=covering.n,
            at=words.instant(instant(covering.at)),
        )
    if len(places) < entries:
        yield words.t("audit_case_rest", n=entries - len(places))


def _covering(reads: Reads, root: RootId, idx: int) -> CheckpointRow | None:
    """Return the first checkpoint that covers a sealed entry: both grow, so it is found by halving."""
    newest = reads.newest_checkpoint(root)
    if newest is None:
        return None
    with reads.tree_view(root) as view:
        first = {tree.year: tree.first for tree in view.trees()}
    low, high, found = 1, newest.n, None
    while low <= high:
        middle = (low + high) // 2
        rows = reads.checkpoints(root, after=middle - 1, limit=1)
        if rows and first.get(rows[0].year, 0) + rows[0].size > idx:
            found, high = rows[0], middle - 1
        else:
            low = middle + 1
    return found


def _printed_key(shell: Shell, root: RootId) -> str:
    """Return the printed form of the key that signs the newest checkpoint, for the command to be copied."""
    head = newest_head(shell.edge.desk.reads, root)
    key = None if head is None else shell.edge.settings.log_key(head.origin)
    return "…" if key is None else key.text


def _taken(shell: Shell, visit: Visit, case: CaseId) -> Iterator[Taken]:
    """Yield what stands beside the case: exports of it and looks at it, the newest first."""
    desk, words = shell.edge.desk, visit.words
    bodies = [json.loads(row.body) for row in desk.reads.entries(visit.known.root, CaseId(f"{ACCESS}{case}"))]
    people = desk.reads.persons(visit.known.root, {PersonId(body["by"]) for body in bodies if "by" in body})
    for body in reversed(bodies):
        known = people.get(PersonId(body.get("by", "")))
        what = fact_title(body["type"], words)
        more = body[body["type"]].get("what")
        yield Taken(
            at=words.instant(at_from(body["at"])),
            what=f"{what}（{more}）" if more else what,
            who=words.t("who_system") if known is None else known.name,
        )
