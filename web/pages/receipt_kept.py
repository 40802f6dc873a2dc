"""The receipt of what was just done on a page: the link to it, and the page for somebody who by that very step lost
sight of the case and could not fetch it later."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from markupsafe import Markup
from starlette.responses import Response

from engine.access.readers import principals_of
from engine.case.identity import CaseId
from engine.service.ports import Outcome
from engine.service.queries import TimelineLine
from web.shell import Shell, Visit

SEQ_DIGITS_MAX = 15


def receipt_asked(shell: Shell, visit: Visit, case: CaseId) -> str | None:
    """Return where the receipt is of the entry that the address of a case's page names, None where it names none."""
    seq = visit.request.query_params.get("seq", "")
    is_number = seq.isascii() and seq.isdigit() and len(seq) <= SEQ_DIGITS_MAX
    if shell.edge.settings.receipts is None or not is_number:
        return None
    return f"/cases/{case}/receipt/{int(seq)}"


def receipt_address(shell: Shell, outcome: Outcome) -> str | None:
    """Return where the receipt is of what a command led to, None where this process gives none."""
    return None if shell.edge.settings.receipts is None else f"/cases/{outcome.case}/receipt/{outcome.seq}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipReceipt:
    """The receipt on a slip: where its page is, and its short form."""

    address: str
    short: str


def slip_receipt(shell: Shell, visit: Visit, case: CaseId, line: TimelineLine) -> SlipReceipt | None:
    """Return the receipt that somebody is given on paper for whom an entry was made, None where none are given."""
    pen = shell.edge.settings.receipts
    if pen is None:
        return None
    signed = pen.receipt(visit.known.root, case, line.seq, bytes.fromhex(line.hash))
    return SlipReceipt(address=f"/cases/{case}/receipt/{line.seq}", short=signed.receipt.short)


def still_seen(shell: Shell, visit: Visit, case: CaseId) -> bool:
    """Return whether the visitor may see the case now, after their step. It is no reading of it: nothing is shown."""
    asker = visit.known
    return bool(shell.edge.desk.reads.visible_cases(asker.root, [case], principals_of(asker.actor)))


def parting_page(shell: Shell, visit: Visit, outcome: Outcome) -> Response:
    """Return the page that says it is done and bears the receipt itself; the picture stands in it, as no address of the
    case opens for the visitor any more."""
    pen = shell.edge.settings.receipts
    signed = (
        None if pen is None else pen.receipt(visit.known.root, outcome.case, outcome.seq, bytes.fromhex(outcome.hash))
    )
    drawn = None if signed is None else segno.make(signed.compact, micro=False).svg_inline(omitsize=True)
    return shell.page(
        visit,
        "receipt_kept.html",
        section="cases",
        text=None if signed is None else signed.text,
        short=None if signed is None else signed.receipt.short,
        fingerprint=None if pen is None else pen.key.fingerprint,
        # Drawn here from hex digits and the name of our own key: nothing in it was typed by anybody.
        picture=None if drawn is None else Markup(drawn),
    )
