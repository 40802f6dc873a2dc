"""Idempotency keys: what a command asks, as a hash, and whom its key belongs to."""

from __future__ import annotations

import hashlib
import json

from engine.case.codec import at_text
from engine.case.commands import Command, EraseValues, FireTransition, KeepNote, MigrateCase, OpenCase, TendCase
from engine.case.decide import key_hash
from engine.service.ports import Claim

_ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":")).encode


def request_hash(command: Command) -> str:
    """Return the hash of what a command asks, without who asks and under which key."""
    match command:
        case OpenCase():
            parts: tuple[object, ...] = (
                "open",
                command.workflow,
                command.unit,
                command.congress_session,
                command.form,
                command.parties,
            )
        case FireTransition():
            parts = ("fire", command.case, command.transition, command.form, command.expected_version)
        case KeepNote():
            parts = ("note", command.case, command.title, command.note)
        case TendCase():
            parts = ("tend", command.case)
        case EraseValues():
            approver = None if command.approver is None else command.approver.person
            parts = ("erase", command.case, command.paths, command.basis, approver)
        case MigrateCase():
            parts = ("migrate", command.case, command.version, command.states, command.reason)
    stated = None if command.stated is None else (at_text(command.stated.occurred_at), command.stated.basis)
    entered = command.on_behalf if isinstance(command, OpenCase | FireTransition) else None
    if entered is not None:
        parts = (*parts, entered.kind, None if entered.person is None else entered.person.person, entered.scan)
    text = _ENCODE((command.root, stated, *parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def actor_scope(command: Command) -> str:
    """Return whom an idempotency key belongs to: a person by the veiled name, as the case that it led to stands beside
    it, whatever its level."""
    return command.actor.veil or command.actor.person or str(command.actor.kind)


def claim_of(command: Command) -> Claim | None:
    if not command.key:
        return None
    return Claim(command.root, actor_scope(command), key_hash(command.key), request_hash(command))
