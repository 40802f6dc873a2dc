"""Receipts: that of an entry with its QR code, to keep or print, and the page on which anybody checks one."""

from __future__ import annotations

import io

import segno
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.edge import ReceiptPen
from api.incoming import read_form
from engine.case.identity import CaseId, RootId
from engine.errors import CaseNotFound, InputRefused, NotFound
from engine.ledger.chain import entry_hash
from engine.ledger.receipts import RECEIPT_CHARACTERS_MAX, Deposit, SignedReceipt, parse_receipt
from engine.text import Text
from web.routing import Pages
from web.shell import Shell, Visit

QR_SCALE = 4
PRIVATE = {"Cache-Control": "no-store"}


def receipts_pages(shell: Shell) -> Pages:
    """Return the addresses of receipts."""
    router = Pages()

    @router.get("/cases/{case_id}/receipt/{seq:int}")
    def receipt(request: Request, case_id: str, seq: int) -> Response:
        visit = shell.visit(request)
        signed = _receipt(shell, visit, CaseId(case_id), seq)
        return shell.page(
            visit,
            "receipt.html",
            section="cases",
            text=signed.text,
            short=signed.receipt.short,
            fingerprint=_pen(shell).key.fingerprint,
            address=f"/cases/{case_id}/receipt/{seq}",
            back=f"/cases/{case_id}",
        )

    @router.get("/cases/{case_id}/receipt/{seq:int}/code.png")
    def code(request: Request, case_id: str, seq: int) -> Response:
        signed = _receipt(shell, shell.visit(request), CaseId(case_id), seq)
        image = io.BytesIO()
        segno.make(signed.compact, micro=False).save(image, kind="png", scale=QR_SCALE)
        return Response(image.getvalue(), media_type="image/png", headers=PRIVATE)

    @router.get("/cases/{case_id}/receipt/{seq:int}/receipt.txt")
    def text(request: Request, case_id: str, seq: int) -> Response:
        signed = _receipt(shell, shell.visit(request), CaseId(case_id), seq)
        headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="receipt-{seq}.txt"'}
        return PlainTextResponse(signed.text, headers=headers)

    @router.get("/receipts")
    def ask(request: Request) -> Response:
        return _checked(shell, shell.stranger(request), "")

    @router.post("/receipts")
    async def check(request: Request) -> Response:
        posted = await read_form(request)
        pasted = posted.get("receipt", [""])[0][: RECEIPT_CHARACTERS_MAX + 1]
        return await run_in_threadpool(_checked, shell, shell.stranger(request), pasted)

    return router


def _pen(shell: Shell) -> ReceiptPen:
    pen = shell.edge.settings.receipts
    if pen is None:
        raise NotFound(Text("本服务不出具回执", "This service gives no receipts"))
    return pen


def _receipt(shell: Shell, visit: Visit, case_id: CaseId, seq: int) -> SignedReceipt:
    """Return the receipt of an entry of a case that the visitor may see; raises CaseNotFound."""
    desk, asker = shell.edge.desk, visit.known
    desk.queries.case(asker.root, case_id, asker.actor, shell.world(visit))
    row = next((row for row in desk.reads.entries(asker.root, case_id) if row.seq == seq), None)
    if row is None:
        raise CaseNotFound
    return _pen(shell).receipt(asker.root, row.case, row.seq, row.hash)


def _checked(shell: Shell, visit: Visit, pasted: str) -> Response:
    finding, tone = None, "wrong"
    if pasted.strip():
        try:
            finding, tone = _finding(shell, parse_receipt(pasted), visit)
        except InputRefused as refusal:
            finding = visit.words.say(refusal.text)
    return shell.page(
        visit,
        "receipts.html",
        pasted=pasted,
        finding=finding,
        tone=tone,
        limit=RECEIPT_CHARACTERS_MAX,
        fingerprint=_pen(shell).key.fingerprint,
    )


def _finding(shell: Shell, signed: SignedReceipt, visit: Visit) -> tuple[str, str]:
    """Return what is to be said of a receipt. Only one that this system signed is held against the ledger."""
    words = visit.words
    if not signed.signed_by([_pen(shell).key]):
        return words.t("receipts_forged"), "wrong"
    told = signed.receipt
    if isinstance(told, Deposit):
        return words.t("receipts_deposit"), "right"
    rows = shell.edge.desk.reads.entries(RootId(told.ledger), CaseId(told.case))
    held = any(row.seq == told.seq and entry_hash(row.body) == told.hash for row in rows)
    return (words.t("receipts_good"), "right") if held else (words.t("receipts_changed"), "wrong")
