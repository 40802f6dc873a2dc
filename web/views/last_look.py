"""What somebody filled in for a new case, as they read it once more before it is filed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from engine.access.directory import Person, Surroundings
from engine.case.files import file_fields
from engine.case.identity import PersonId, SessionId, UnitId
from engine.definition.compiled import Definition
from web.views.fields import FieldWriter, Shown
from web.views.openness import always_seen
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLook:
    """The rows as they will stand on the case, and in plain sentences who will read them."""

    rows: tuple[Shown, ...]
    seen: tuple[str, ...]


def last_look(
    definition: Definition,
    form: Mapping[str, JsonValue],
    words: Words,
    *,
    unit: UnitId,
    session: SessionId | None = None,
    surroundings: Surroundings,
    persons: Mapping[PersonId, Person],
    files: Mapping[str, str],
) -> LastLook:
    """Return what was filled in, in the order of the form; ``files`` are the names of what was sent along."""
    workflow = definition.workflow
    writer = FieldWriter(words=words, definition=definition, surroundings=surroundings, persons=persons)
    known = None if session is None else surroundings.sessions.get(session)
    where = [Shown(title=words.t("form_unit"), text=writer.unit(unit), is_long=False, files=())]
    if known is not None:
        where.append(Shown(title=words.t("form_session"), text=words.say(known.title), is_long=False, files=()))
    rows = []
    for name in (workflow.subject_field, *(name for name in workflow.opening if name != workflow.subject_field)):
        value = form.get(name)
        if value in (None, "", []):
            continue
        shown = writer.shown(name, value)
        if name in file_fields(definition) and isinstance(value, list):
            text = words.listed(files.get(str(each), words.t("file_waiting")) for each in value)
            shown = Shown(title=shown.title, text=text, is_long=True, files=())
        rows.append(shown)
    return LastLook(rows=(*rows, *where), seen=always_seen(definition, words))
