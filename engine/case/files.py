"""The files that a step takes over: which uploads a form names, whose they are, and what of them the ledger keeps.

Pure: what is known of an upload is read before anything is decided, and stands in the situation. The content of a file
is nowhere here; a value of a file field is a list of what describes each file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.case import NOTHING
from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.definition.parts import FieldPart
from engine.errors import FieldProblem, FormInvalid
from engine.text import Text

FILE: Final = "file"
"""The format of the items of a field that holds files."""
FILES_OF_STEP_MAX: Final = 20
_ID: Final = re.compile(r"[0-9a-f]{32}")


class KnownFile(NamedTuple):
    """A file that a command names: an upload that waits (``expires_at``), or one that a case holds already (``case``).

    ``described`` is what the ledger keeps of it: id, sha256, size, name and type. ``who`` uploaded it.
    """

    id: str
    described: Mapping[str, JsonValue]
    who: str | None = None
    expires_at: datetime | None = None
    case: CaseId | None = None
    path: str | None = None


class TakenFile(NamedTuple):
    """An upload that a step takes over, and into which field."""

    id: str
    field: str
    sha256: str


def uploader_of(actor: Actor) -> str:
    """Return the name under which somebody's uploads wait: a person's veiled one, whatever case they will go to."""
    return actor.veil or actor.person or str(actor.kind)


def is_file_field(part: FieldPart) -> bool:
    """Return whether a field holds files."""
    items = part.json_schema.get("items")
    return isinstance(items, dict) and items.get("format") == FILE


def file_fields(definition: Definition) -> frozenset[str]:
    """Return the names of the fields that hold files."""
    return frozenset(name for name, part in definition.workflow.fields.items() if is_file_field(part))


def could_be_files(form: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield every text of a form's lists that could be the id of a file; most forms hold none."""
    for value in form.values():
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, str) and _ID.fullmatch(item))


def described_files(value: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    """Yield what describes each file of a value of a file field; nothing for any other value."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            yield item


def with_files(
    definition: Definition,
    form: Mapping[str, JsonValue],
    known: Mapping[str, KnownFile],
    actor: Actor,
    case: CaseId | None,
    at: datetime,
) -> tuple[dict[str, JsonValue], tuple[TakenFile, ...]]:
    """Return a checked form with what describes each file in place of its id, and the uploads that are taken over.

    A file that the same field of the case holds already may be named again: it is kept.

    Raises:
        FormInvalid: an id is not that of an upload of this actor's that still waits, or one is named twice.
    """
    fields = [name for name in form if is_file_field(definition.field(name))]
    if not fields:
        return dict(form), ()
    filled, taken = dict(form), list[TakenFile]()
    problems: list[FieldProblem] = []
    seen: set[str] = set()
    for name in fields:
        described: list[JsonValue] = []
        for id_ in _ids(form[name]):
            file = known.get(id_)
            if id_ in seen:
                problems.append(FieldProblem(path=name, text=_TWICE))
            elif file is not None and file.case is not None and (file.case, file.path) == (case, f"fields/{name}"):
                described.append(dict(file.described))
            elif file is None or not _waits_for(file, actor, at):
                problems.append(FieldProblem(path=name, text=_UNKNOWN))
            else:
                described.append(dict(file.described))
                taken.append(TakenFile(id_, name, str(file.described["sha256"])))
            seen.add(id_)
        filled[name] = described
    if len(taken) > FILES_OF_STEP_MAX:
        problems.append(FieldProblem(path=fields[0], text=_TOO_MANY))
    if problems:
        raise FormInvalid(list(dict.fromkeys(problems)))
    return filled, tuple(taken)


def _ids(value: JsonValue) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _waits_for(file: KnownFile, actor: Actor, at: datetime) -> bool:
    return file.case is None and file.expires_at is not None and file.expires_at > at and file.who == uploader_of(actor)


def taken_over(known: Mapping[str, KnownFile], taken: Mapping[str, CaseId]) -> Mapping[str, KnownFile]:
    """Return what is known once earlier commands of the same batch have taken uploads over."""
    if not known or not taken:
        return known or NOTHING
    return {
        id_: file if id_ not in taken else file._replace(case=taken[id_], expires_at=None, who=None, path=None)
        for id_, file in known.items()
    }


# One text for every reason: whoever guesses ids learns nothing from the answer.
_UNKNOWN: Final = Text(
    "有附件不存在、已过期或已被使用，请重新上传",
    "A file is not there, has expired or was used already; upload it again",
)
_TWICE: Final = Text("同一附件填了两次", "The same file is named twice")
_TOO_MANY: Final = Text(
    f"一次最多提交 {FILES_OF_STEP_MAX} 个附件", f"At most {FILES_OF_STEP_MAX} files go with one step"
)
