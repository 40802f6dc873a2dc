"""A batch brought into the form in which both databases write it: nothing twice, each span with its end."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from engine.service.history_ports import StoredSpan
from engine.service.rows import BatchRows, SpanEnd, SpanRow

R = TypeVar("R")


UNWRITABLE: Final = (UnicodeEncodeError, OverflowError)
"""What the drivers raise over half a character or a number beyond 64 bits. Neither gets past the edge; if one does, a
conflict lets the batch be halved until only the command that holds it fails."""

KEPT_AT_CREATION: Final = ("root", "id", "workflow", "parent", "opened_at")
"""Columns of a case that are written once; leaving them out of the UPDATE leaves their indexes in peace."""


def last_of_each(rows: Iterable[R], key: Callable[[R], object]) -> list[R]:
    """Return the rows without those that a later row of the same key replaces."""
    return list({key(row): row for row in rows}.values())


def spans_of(rows: BatchRows) -> tuple[list[SpanEnd], list[StoredSpan]]:
    """Return the ends of spans that are stored already, and the new spans, those closed in this batch with their end.

    An end belongs to the newest span of its kind that began before it; at most one span of a kind is open.
    """
    first = {(span.root, span.case, span.kind): span.seq for span in reversed(rows.spans)}
    if not any(first.get(end[2:], end.until_seq) < end.until_seq for end in rows.span_ends):
        # Nearly always: no span of the batch ends in it.
        return rows.span_ends, [StoredSpan(*span, None, None) for span in rows.spans]
    new: dict[tuple[str, str, str], list[SpanRow]] = defaultdict(list)
    for span in sorted(rows.spans, key=lambda span: span.seq):
        new[span.root, span.case, span.kind].append(span)
    stored: list[SpanEnd] = []
    ends: dict[SpanRow, SpanEnd] = {}
    for end in rows.span_ends:
        of_kind = new.get((end.root, end.case, end.kind), [])
        position = bisect_left(of_kind, end.until_seq, key=lambda span: span.seq)
        if position == 0:
            stored.append(end)
        else:
            ends.setdefault(of_kind[position - 1], end)
    return stored, [
        StoredSpan(*span, ends[span].until_at, ends[span].until_seq) if span in ends else StoredSpan(*span, None, None)
        for span in rows.spans
    ]
