"""What happened to a case since somebody looked at it: who did what, and which fields of their form read otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from pydantic import JsonValue

from engine.case.events import EventType
from engine.definition.rulebook import Rulebook
from engine.service.queries import CaseView, TimelineLine
from web.views.fields import FieldWriter
from web.views.timeline import EntryView, entry_view

LINES_MAX: Final = 20
"""So many of the newest steps are shown; who was away for longer reads the timeline itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedField:
    """One field as it was, as it is, and as somebody has typed it."""

    title: str
    before: str
    now: str
    mine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The steps since a version, the newest first, and what they changed of the fields of a form."""

    entries: tuple[EntryView, ...]
    fields: tuple[ChangedField, ...]
    is_cut: bool = False


def split_at(lines: Sequence[TimelineLine], version: int, seen: int) -> tuple[list[TimelineLine], list[TimelineLine]]:
    """Return the entries up to a version that was seen, and those after it; ``version`` is that of the last one.

    Notes do not make another version: they go with what they follow.
    """
    place = len(lines)
    while place and version > seen:
        place -= 1
        version -= lines[place].type != EventType.NOTED
    return list(lines[:place]), list(lines[place:])


def changes_since(
    view: CaseView,
    lines: Sequence[TimelineLine],
    seen: int | None,
    asked: Iterable[str],
    typed: Mapping[str, JsonValue],
    writer: FieldWriter,
    rules: Rulebook,
) -> Changes | None:
    """Return what changed since the version that was looked at, None where nothing did.

    All of it stands behind the reader's rights: ``lines`` and ``view`` are the reader's own.
    """
    if seen is None or seen >= view.case.version:
        return None
    before, after = split_at(lines, view.case.version, seen)
    old: dict[str, JsonValue] = dict(chain.from_iterable(line.fields.items() for line in before))
    touched = {name for line in after for name in line.fields}
    fields = tuple(
        ChangedField(
            title=writer.title(name),
            before=written(writer, name, old.get(name)),
            now=written(writer, name, view.fields.get(name)),
            mine=written(writer, name, typed.get(name)),
        )
        for name in asked
        if name in touched and old.get(name) != view.fields.get(name)
    )
    entries = tuple(entry_view(line, writer, rules) for line in reversed(after[-LINES_MAX:]))
    return Changes(entries=entries, fields=fields, is_cut=len(after) > LINES_MAX)


def written(writer: FieldWriter, name: str, value: JsonValue) -> str:
    """Return a value in words, whatever somebody may have typed; a dash for nothing."""
    if value in (None, "", []):
        return writer.words.t("dash")
    try:
        shown = writer.shown(name, value)
    except ValueError:  # what was typed is no date
        return str(value)
    return "、".join(file.name for file in shown.files) if shown.files else shown.text
