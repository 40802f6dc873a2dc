"""What the ledger was told of grants and deputations, as lines to read: who gave, ended or took back what, and when."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from engine.case.codec import at_from
from engine.case.identity import PersonId, RootId
from engine.service.directory_facts import DEPUTATION_ENDED, DEPUTED, GRANT_ENDED, GRANTED
from engine.service.ports import Reads

KINDS: Final = (GRANTED, GRANT_ENDED, DEPUTED, DEPUTATION_ENDED)
HISTORY_DAYS: Final = 366
LINES_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsLine:
    """One fact: ``person`` got or lost something, done by ``by`` (None: the engine, or somebody at the machine).

    ``role`` and ``unit`` are those of a grant; ``acting_for`` names the principal of a deputation.
    """

    at: datetime
    kind: str
    person: PersonId
    by: PersonId | None
    role: str | None
    unit: str | None
    acting_for: PersonId | None
    from_on: date | None
    until_on: date | None
    stream: str
    seq: int


def rights_history(
    reads: Reads,
    root: RootId,
    until: date,
    *,
    units: Collection[str],
    days: int = HISTORY_DAYS,
    person: PersonId | None = None,
) -> Sequence[RightsLine]:
    """Return what the ledger was told in the days up to one, the newest first; of one person, if one is named.

    Grants are told of in ``units`` only; who stands in for whom to those who read the grants of the whole house.
    """
    entries = reads.facts(
        root, KINDS, since=until - timedelta(days=days - 1), until=until, mentioning=person, limit=LINES_MAX
    )
    lines = [_line(json.loads(entry.body)) for entry in entries]
    return [
        line
        for line in lines
        if (person is None or person in (line.person, line.acting_for)) and (line.unit or root) in units
    ]


def people_named(lines: Iterable[RightsLine]) -> frozenset[PersonId]:
    """Return whoever stands in the lines."""
    return frozenset(
        person for line in lines for person in (line.person, line.by, line.acting_for) if person is not None
    )


def _line(body: Mapping[str, object]) -> RightsLine:
    kind = str(body["type"])
    told = body[kind]
    assert isinstance(told, dict), "a fact has the parts that are declared for it"
    by = body.get("by")
    deputed = kind in (DEPUTED, DEPUTATION_ENDED)
    return RightsLine(
        at=at_from(str(body["at"])),
        kind=kind,
        person=PersonId(told["deputy"] if deputed else told["person"]),
        by=None if by is None else PersonId(str(by)),
        role=None if deputed else told["role"],
        unit=None if deputed else told["unit"],
        acting_for=PersonId(told["principal"]) if deputed else None,
        from_on=_day(told.get("from_on")),
        until_on=_day(told.get("until_on")),
        stream=str(body["case"]),
        seq=int(str(body["seq"])),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
