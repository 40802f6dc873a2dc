"""Putting one's name to an exact text: what the text is, its digest, and what was changed since somebody read it.

A move that makes whoever fires it a party of the case, and asks for nothing, is such a signature (附议). The text is
what was written at the opening as everybody reads it who may see the case: nothing personal or confidential is in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from engine.definition.compiled import Definition
from engine.definition.parts import Bind, Privacy, TransitionPart
from engine.ledger.canonical import canonical
from engine.service.queries import TimelineLine

Values = Mapping[str, JsonValue]
_READ_BY_ALL = (Privacy.PUBLIC, Privacy.INTERNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field of a text that is another now; None where it said nothing."""

    name: str
    old: JsonValue
    new: JsonValue


def is_signature(part: TransitionPart) -> bool:
    """Return whether to make this move is to put one's name to the text."""
    joins = (effect for effect in part.effects if isinstance(effect, Bind))
    return not part.form and any(effect.who == "actor" and effect.those_in is None for effect in joins)


def signed_text(definition: Definition, fields: Values) -> dict[str, JsonValue]:
    """Return what was written at the opening, by field, in the definition's order."""
    workflow = definition.workflow
    return {
        name: fields[name]
        for name in workflow.opening
        if workflow.fields[name].privacy in _READ_BY_ALL and fields.get(name) not in (None, "", [])
    }


def digest_of(text: Values) -> str:
    """Return the SHA-256 of a text's canonical bytes, in hex."""
    return hashlib.sha256(canonical(dict(text))).hexdigest()


def changes_since(
    definition: Definition, lines: Sequence[TimelineLine], now: Values, digest: str
) -> tuple[Change, ...] | None:
    """Return what was changed in the text since it had this digest, None where it never had."""
    read = next((text for text in _texts(definition, lines) if digest_of(text) == digest), None)
    if read is None:
        return None
    names = [name for name in definition.workflow.opening if read.get(name) != now.get(name)]
    return tuple(Change(name=name, old=read.get(name), new=now.get(name)) for name in names)


def _texts(definition: Definition, lines: Sequence[TimelineLine]) -> Iterator[dict[str, JsonValue]]:
    """Yield the text as each entry left it, the newest first."""
    stages: list[dict[str, JsonValue]] = []
    known: dict[str, JsonValue] = {}
    for line in lines:
        known = {**known, **line.fields}
        stages.append(signed_text(definition, known))
    yield from reversed(stages)
