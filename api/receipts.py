"""What an answer tells of a step that was carried out, with the signed receipt of its entry."""

from __future__ import annotations

from api.edge import Edge
from api.identity import Asker
from api.rendering import Json, done_json
from engine.case.identity import RootId
from engine.service.deposits import Deposited
from engine.service.execute import Done


def with_receipt(edge: Edge, asker: Asker, done: Done) -> Json:
    """Return what a command led to, with the receipt of its entry where this process gives receipts."""
    told, outcome = done_json(done), done.outcome
    if edge.settings.receipts is None:
        return told
    signed = edge.settings.receipts.receipt(asker.root, outcome.case, outcome.seq, bytes.fromhex(outcome.hash))
    return {**told, "receipt": signed.text, "receipt_short": signed.receipt.short}


def deposit_receipt(edge: Edge, root: RootId, deposited: Deposited) -> str | None:
    """Return the receipt of what somebody anonymous has sent and is not on record yet, None where none are given."""
    pen = edge.settings.receipts
    return None if pen is None else pen.deposit(root, bytes.fromhex(deposited.command_hash)).text
