"""Answers that take seconds to count, counted by a job and kept, so that nobody waits for one.

What was asked stands in a row under a hash of it and of all that the answer hangs on but the cases themselves. A page
is shown what is kept, and a job is asked for where that is too old. A kept answer is no record: it can be worked out
again at any time, and goes when its time is over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from engine.case.codec import instant, microseconds
from engine.case.identity import RootId
from engine.service.desk import Desk
from engine.service.figure_ports import AskFigures, DropFigures, KeepFigures, KeptFigures
from engine.service.jobs import Jobs

JOB: Final = "figures"
_BY_NAME: Final = "person:"


class Kept(NamedTuple):
    """The answer and the instant it is of, both None while there is none; ``is_pending``: a job counts it anew."""

    body: str | None
    as_of: datetime | None
    is_pending: bool


def asked_row(root: RootId, asked: Mapping[str, object], rests_on: Sequence[object], *, until: datetime) -> KeptFigures:
    """Return the row of what is asked; its id changes with whatever the answer hangs on but the cases."""
    text = json.dumps(asked, sort_keys=True)
    digest = hashlib.sha256(json.dumps([text, *rests_on]).encode()).hexdigest()
    return KeptFigures(root, digest[:32], text, microseconds(until))


def kept_or_asked(desk: Desk, jobs: Jobs, row: KeptFigures, is_fresh: Callable[[datetime], bool]) -> Kept:
    """Return what is kept, and ask a job for it unless that is fresh; ``is_fresh`` is told when it was counted."""
    root = RootId(row.root)
    found = desk.reads.figures_kept(root, row.id)
    answer = Kept(None, None, is_pending=True)
    if found is not None and found.body is not None and found.as_of is not None:
        answer = Kept(found.body, instant(found.as_of), not is_fresh(instant(found.kept_at or 0)))
    if found is None:
        desk.office.write([AskFigures(row)])
    if answer.is_pending:
        jobs.schedule(JOB, f"{root} {row.id}")
    return answer


def keep(desk: Desk, row: KeptFigures, body: str, *, as_of: datetime, until: datetime) -> None:
    """Keep an answer, and drop those whose time is over."""
    now = microseconds(desk.office.now())
    kept = row._replace(body=body, as_of=microseconds(as_of), kept_at=now, until_at=microseconds(until))
    desk.office.write([KeepFigures(kept), DropFigures(RootId(row.root), now)])


def shared_sight(desk: Desk, root: RootId, principals: Sequence[str]) -> tuple[str, ...]:
    """Return principals that see the very same cases, without the person where it makes no difference.

    Whoever reads no case by their own name, and is kept from none, sees what anybody with the same posts sees: one
    count serves them all. Nothing is left out for somebody who stands in for others, as that hangs on the person.
    """
    if any(each.startswith("for:") for each in principals):
        return tuple(principals)
    reads = desk.reads
    return tuple(
        each
        for each in principals
        if not each.startswith(_BY_NAME) or reads.readable(root, each, limit=1) or reads.is_kept_from_some(root, each)
    )
