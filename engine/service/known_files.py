"""What is known of the files that commands name, before anything is decided; and how a file's row is sealed."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

from pydantic import JsonValue

from engine.case.codec import instant
from engine.case.commands import Command, FireTransition, OpenCase
from engine.case.files import KnownFile, could_be_files
from engine.case.identity import CaseId, RootId
from engine.ledger.commitments import SALT_BYTES, PrivateValue, Sealed, Sealer
from engine.service.file_ports import FileRow

PATH: Final = "file"
"""Where in its own row the description of a file is sealed; the upload's id stands for the entry."""


class _Files(Protocol):
    def files(self, root: RootId, ids: Collection[str]) -> Sequence[FileRow]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSecret:
    """What a row keeps sealed: what describes the file, the key of its content, and its copy without metadata.

    ``stripped`` says size and type of the copy; None where there is none.
    """

    described: Mapping[str, JsonValue]
    content_key: bytes = field(repr=False)
    stripped: tuple[int, str] | None = None


def named_files(command: Command) -> set[str]:
    """Return what the command's form may name as files; nearly always nothing."""
    return set(could_be_files(command.form)) if isinstance(command, OpenCase | FireTransition) else set()


def known_files(source: _Files, sealer: Sealer, root: RootId, ids: Collection[str]) -> dict[str, KnownFile]:
    """Return what is known of those of the ids that are files; whose they are is for ``decide`` to look at."""
    if not ids:
        return {}
    rows = source.files(root, sorted(ids))
    sealer.fetch({row.key for row in rows})
    return {row.id: known for row in rows if (known := _known(row, sealer)) is not None}


def seal_file(sealer: Sealer, id_: str, secret: FileSecret) -> Sealed:
    """Return the row's sealed part under a data key of its own: who destroys that key destroys the file."""
    value: dict[str, JsonValue] = {"file": dict(secret.described), "key": secret.content_key.hex()}
    if secret.stripped is not None:
        size, type_ = secret.stripped
        value["stripped"] = {"size": size, "type": type_}
    return sealer.seal(id_, [PrivateValue(PATH, os.urandom(SALT_BYTES), value)])


def open_file(sealer: Sealer, row: FileRow) -> FileSecret | None:
    """Return what a row keeps sealed; None where its key is gone."""
    opened = sealer.open(row.id, PATH, row.key, row.sealed) if row.sealed else None
    if opened is None:
        return None
    value = cast("Mapping[str, JsonValue]", opened.value)
    copy = cast("Mapping[str, JsonValue] | None", value.get("stripped"))
    return FileSecret(
        described=cast("Mapping[str, JsonValue]", value["file"]),
        content_key=bytes.fromhex(str(value["key"])),
        stripped=None if copy is None else (int(str(copy["size"])), str(copy["type"])),
    )


def _known(row: FileRow, sealer: Sealer) -> KnownFile | None:
    secret = open_file(sealer, row)
    if secret is None or (row.case is not None and row.expires_at is not None):
        return None
    return KnownFile(
        id=row.id,
        described=secret.described,
        who=row.who,
        expires_at=None if row.expires_at is None else instant(row.expires_at),
        case=None if row.case is None else CaseId(row.case),
        path=row.path,
    )


def file_mark(mark: Callable[[str], str], root: RootId, case: CaseId, sha256: str) -> str:
    """Return the keyed hash by which one case knows a content again: in another case the same content has another."""
    return mark(f"file {root} {case} {sha256}")
