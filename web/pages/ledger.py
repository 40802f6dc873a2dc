"""The ledger as auditors see it: the newest signed checkpoint, what it covers and what it does not yet, its keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.routes.ledger import case_bundle
from engine.case.codec import instant
from engine.case.identity import CaseId
from engine.errors import InputRefused, NotFound
from engine.ledger.notes import parse_checkpoint, parse_note
from engine.service.sealing import late_sealing
from engine.service.sealing_due import QUIET_EVERY, due_since
from engine.service.sealing_ports import CheckpointRow
from engine.text import Text
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.anchors import anchors_view
from web.views.witnesses import witnesses_view

SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointView:
    """A checkpoint of the list: its number, what it covers up to when, who else signed it."""

    n: int
    origin: str
    size: int
    upto: str
    witnesses: str
    address: str


def ledger_pages(shell: Shell) -> Pages:
    """Return the addresses of the ledger; checkpoints hold hashes alone, so whoever is logged in may have them."""
    router = Pages()

    @router.get("/ledger")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        reads, root = shell.edge.desk.reads, visit.known.root
        newest, oldest, pressing = reads.newest_checkpoint(root), reads.oldest_queued(root), reads.oldest_pressing(root)
        late = late_sealing(due_since(reads, root), visit.now)
        rows = [] if newest is None else reads.checkpoints(root, after=max(0, newest.n - SHOWN), limit=SHOWN)
        settings, words = shell.edge.settings, visit.words
        key = None if newest is None else settings.log_key(_origin(newest))
        return shell.page(
            visit,
            "ledger.html",
            section="ledger",
            newest=None if newest is None else newest.note,
            covered=0 if newest is None else reads.sealed(root),
            waits_since=None if pressing is None else words.instant(instant(pressing)),
            quiet_minutes=None if oldest is None else QUIET_EVERY // timedelta(minutes=1),
            late=None if late is None else words.say(late),
            rows=_views(shell, visit, list(reversed(rows))),
            anchors=anchors_view(reads, root, visit),
            witnesses=witnesses_view(shell, visit),
            log_key=None if key is None else key.fingerprint,
            receipt_key=None if settings.receipts is None else settings.receipts.key.fingerprint,
        )

    @router.get("/cases/{case_id}/bundle")
    def bundle(request: Request, case_id: str) -> Response:
        visit = shell.visit(request)
        return case_bundle(shell.edge, visit.known, CaseId(case_id))

    @router.get("/ledger/checkpoints/{n:int}")
    def note(request: Request, n: int) -> Response:
        visit = shell.visit(request)
        found = shell.edge.desk.reads.checkpoints(visit.known.root, after=n - 1, limit=1) if 0 < n < 2**53 else ()
        if not found or found[0].n != n:
            raise NotFound(Text("没有这个检查点", "There is no such checkpoint"))
        lines = [row.line for row in shell.edge.desk.reads.cosignatures(visit.known.root, n)]
        headers = {
            "Content-Disposition": f'attachment; filename="checkpoint-{n}.note"',
            "Cache-Control": "no-store",
        }
        return PlainTextResponse("".join([found[0].note, *(f"{line}\n" for line in lines)]), headers=headers)

    return router


def _views(shell: Shell, visit: Visit, rows: Sequence[CheckpointRow]) -> list[CheckpointView]:
    reads, root = shell.edge.desk.reads, visit.known.root
    return [
        CheckpointView(
            n=row.n,
            origin=_origin(row),
            size=row.size,
            upto=visit.words.instant(instant(row.at)),
            witnesses=visit.words.listed(one.name for one in reads.cosignatures(root, row.n)),
            address=f"/ledger/checkpoints/{row.n}",
        )
        for row in rows
    ]


def _origin(row: CheckpointRow) -> str:
    """Return under which name a checkpoint was signed; an empty one where somebody has spoilt the note."""
    try:
        return parse_checkpoint(parse_note(row.note.encode()).text).origin
    except InputRefused:
        return ""
