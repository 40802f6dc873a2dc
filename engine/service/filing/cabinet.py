"""The cabinet of files: uploads taken in for a step, files of cases given to those who may read the field they are in.

An id alone opens nothing: an upload belongs to who made it, and a file is read as a part of a case.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO, Final

from pydantic import JsonValue

from engine.case.actors import Actor, ActorKind
from engine.case.codec import instant, microseconds
from engine.case.files import FILES_OF_STEP_MAX, described_files, file_fields, uploader_of
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.secrecy import next_boundary
from engine.errors import CaseNotFound, InputRefused, KeyReused, NotFound, TooBusy, TooMany
from engine.ledger.ciphers import KEY_BYTES
from engine.service.desk import Desk
from engine.service.file_ports import FileRow, KeepFile
from engine.service.filing.chunks import (
    ORIGINAL,
    STRIPPED,
    ChunkWriter,
    FileDamaged,
    content_key,
    in_chunks,
    read_chunks,
    sealed_size,
)
from engine.service.filing.folder import COPY, Written, refusing
from engine.service.filing.inspecting import FileRefused, Found, inspect
from engine.service.filing.kinds import FILE_BYTES_MAX
from engine.service.filing.names import ending_of, file_name
from engine.service.known_files import FileSecret, file_mark, open_file, seal_file
from engine.service.queries import CaseView, TimelineLine
from engine.service.world import World
from engine.text import Text

UPLOAD_HOURS: Final = 24
WAITING_MAX: Final = 3 * FILES_OF_STEP_MAX
HELD_MAX: Final = 2000
"""So many uploads wait in all before strangers are sent away."""
INTAKES_AT_ONCE: Final = 12
_INTAKES: Final = threading.BoundedSemaphore(INTAKES_AT_ONCE)


class FileTooLarge(InputRefused):
    """The file has more bytes than one may have."""

    code = "file_too_large"

    def __init__(self) -> None:
        most = FILE_BYTES_MAX // (1024 * 1024)
        super().__init__(Text(f"每个附件不得超过 {most} MiB", f"A file has at most {most} MiB"), maximum=FILE_BYTES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """An upload as its uploader is told of it.

    ``has_copy``: handlers will be given a copy without metadata. ``known``: the case holds the same content already, in
    a field that the uploader may read.
    """

    id: str
    name: str
    size: int
    type: str
    sha256: str
    expires_at: datetime
    has_copy: bool
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """A file of a case as one reader is given it: ``copy`` where the reader gets the copy without metadata.

    ``open`` is False where nothing can be given: there is no copy of its kind (``withheld``), or it was erased.
    """

    id: str
    field: str
    name: str
    size: int
    type: str
    sha256: str | None
    copy: bool
    withheld: bool
    erased: bool
    current: bool

    @property
    def open(self) -> bool:
        return not (self.withheld or self.erased)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file to be sent: what it is, and its content block by block."""

    file: HeldFile
    blocks: Iterator[bytes]


@dataclass(slots=True, kw_only=True)
class Intake:
    """An upload on its way in. It is written encrypted as it comes; without ``finish`` nothing is left of it."""

    _cabinet: Cabinet
    root: RootId
    who: str
    given_name: str
    key: str
    by_content: bool
    address: str
    secret: bytes = field(repr=False)
    anonymous: bool
    _written: Written
    _writer: ChunkWriter
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)
    size: int = 0

    def write(self, data: bytes) -> None:
        """Take more of the content; raises FileTooLarge."""
        self.size += len(data)
        if self.size > FILE_BYTES_MAX:
            raise FileTooLarge
        self._hash.update(data)
        with refusing():
            self._writer.write(data)

    def finish(self) -> Uploaded:
        """Look into the content, make its copy, and keep both; raises FileRefused, and StorageUnavailable as ``write``
        does where the disk is full."""
        if not self.size:
            raise FileRefused("empty")
        with refusing():
            self._writer.finish()
            self._written.file.flush()
            return self._cabinet._kept(self, self._written, self._hash.hexdigest())


class Cabinet:
    """The files of every organisation of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @contextmanager
    def intake(
        self, root: RootId, actor: Actor, name: str, *, key: str = "", by_content: bool = False
    ) -> Iterator[Intake]:
        """Open an upload for the length of a block. The same key gives the same id again.

        ``by_content``: as long as the content is the same too, as a form has one key and brings several files.

        Raises:
            TooBusy: too many uploads come in at this moment, or wait of all who are anonymous.
            TooMany: too many of this uploader's wait for a step.
        """
        who = uploader_of(actor)
        if not _INTAKES.acquire(blocking=False):
            raise TooBusy(Text("上传过多，请稍后再试", "Too many files come in now; try again"), retry_after_seconds=5)
        try:
            reads = self._desk.reads
            full = actor.anonymous and reads.uploads_waiting(root) >= HELD_MAX
            if full or reads.files_waiting(root, who) >= WAITING_MAX:
                raise (TooBusy if full else TooMany)(
                    Text("您已上传而未提交的附件过多，请先提交", "Too many of your uploads wait; submit them first"),
                    retry_after_seconds=3600,
                )
            address, secret = secrets.token_hex(16), os.urandom(KEY_BYTES)
            with self._desk.files.writing(address) as written:
                yield Intake(
                    _cabinet=self,
                    root=root,
                    who=who,
                    given_name=name,
                    key=key,
                    by_content=by_content,
                    address=address,
                    secret=secret,
                    anonymous=actor.anonymous,
                    _written=written,
                    _writer=ChunkWriter(written.file, content_key(secret, ORIGINAL), address),
                )
        finally:
            _INTAKES.release()

    def _kept(self, intake: Intake, written: Written, sha256: str) -> Uploaded:
        now = self._desk.office.now()
        id_ = self._id(intake, sha256)
        with ExitStack() as copies:
            found = self._inspected(intake, written.file, copies, now)
            described: dict[str, JsonValue] = {
                "id": id_,
                "name": file_name(intake.given_name, found.kind.ending),
                "sha256": sha256,
                "size": intake.size,
                "type": found.kind.type,
            }
            stripped = None if found.copy_size is None else (found.copy_size, found.kind.type)
            secret = FileSecret(described=described, content_key=intake.secret, stripped=stripped)
            again = self._again(intake, id_, sha256)
            if again is not None:
                return again
            written.place(now)
        sealed = seal_file(self._desk.sealer, id_, secret)
        expires_at = next_boundary(next_boundary(now)) if intake.anonymous else now + timedelta(hours=UPLOAD_HOURS)
        row = FileRow(
            root=intake.root,
            id=id_,
            case=None,
            seq=None,
            path=None,
            who=intake.who,
            expires_at=microseconds(expires_at),
            mark=None,
            key=sealed.key,
            sealed=b"",
            address=intake.address,
        )
        self._desk.office.write([KeepFile(row, sealed.ciphertexts[0].hex())])
        return _uploaded(secret, expires_at)

    def _inspected(self, intake: Intake, file: IO[bytes], copies: ExitStack, now: datetime) -> Found:
        def keep(blocks: Iterator[bytes]) -> None:
            copy = copies.enter_context(self._desk.files.writing(intake.address, COPY))
            in_chunks(blocks, ChunkWriter(copy.file, content_key(intake.secret, STRIPPED), intake.address))
            copy.place(now)

        file.seek(0)
        content = read_chunks(file, content_key(intake.secret, ORIGINAL), intake.address, intake.size)
        try:
            return inspect(content, ending_of(intake.given_name), keep)
        except BaseException:
            self._desk.files.remove(intake.address)
            raise

    def _id(self, intake: Intake, sha256: str) -> str:
        """Return a random id, or the one that belongs to the key: found by nobody without the key of the box."""
        if not intake.key:
            return secrets.token_hex(16)
        content = sha256 if intake.by_content else ""
        return self._desk.box.mark(f"upload {intake.root} {intake.who} {intake.key} {content}")[:32]

    def _again(self, intake: Intake, id_: str, sha256: str) -> Uploaded | None:
        """Return what the same upload came to before; the content that came now is given up then.

        Raises:
            KeyReused: the key was used for another content, or that was erased.
        """
        rows = self._desk.reads.files(intake.root, [id_])
        if not rows:
            return None
        self._desk.files.remove(intake.address)
        before = open_file(self._desk.sealer, rows[0])
        if before is None or before.described["sha256"] != sha256:
            raise KeyReused(Text("该幂等键已用于另一次上传", "This idempotency key was used for another upload"))
        expires_at = rows[0].expires_at
        return _uploaded(before, self._desk.office.now() if expires_at is None else instant(expires_at))

    def depositor(self, root: RootId, key: str) -> Actor:
        """Return whose the uploads are that come with an anonymous form, before there is a query code: the form's."""
        return Actor(
            kind=ActorKind.PERSON, person=PersonId(self._desk.box.mark(f"depositor {root} {key}")[:32]), anonymous=True
        )

    def is_known(self, root: RootId, case: CaseId, actor: Actor, world: World, sha256: str) -> bool:
        """Return whether the case holds this content already in a field that the reader may read.

        A case that the reader may not see holds nothing, like one that there is not.
        """
        mark = file_mark(self._desk.box.mark, root, case, sha256)
        found = set(self._desk.reads.case_marks(root, case, mark))
        with suppress(CaseNotFound):
            return bool(found) and any(file.id in found for file in self.files(root, case, actor, world))
        return False

    def files(self, root: RootId, case: CaseId, actor: Actor, world: World) -> list[HeldFile]:
        """Return every file that the reader may know of, in the order in which they came; raises CaseNotFound."""
        view = self._desk.queries.case(root, case, actor, world)
        return self.held(root, view, self._desk.queries.timeline(root, case, actor, world))

    def held(self, root: RootId, view: CaseView, lines: Iterable[TimelineLine]) -> list[HeldFile]:
        """Return the files of a case whose view and timeline were read already, as that reader sees them."""
        names = file_fields(view.definition)
        current = {str(file["id"]) for name in names for file in described_files(view.fields.get(name))}
        seen: dict[str, tuple[str, Mapping[str, JsonValue]]] = {}
        for line in lines if names else ():
            for name in sorted(names & line.fields.keys()):
                seen.update((str(file["id"]), (name, file)) for file in described_files(line.fields[name]))
        rows = {row.id: row for row in self._desk.reads.files(root, list(seen))} if seen else {}
        return [
            self._held(view, name, file, rows.get(id_), current=id_ in current) for id_, (name, file) in seen.items()
        ]

    def open(self, root: RootId, case: CaseId, actor: Actor, world: World, id_: str) -> Opened:
        """Return a file of a case for the reader.

        Raises:
            CaseNotFound: there is no such case, or the reader may not see it.
            NotFound: no field that the reader may read holds such a file, or nothing of it can be given.
        """
        file = next((one for one in self.files(root, case, actor, world) if one.id == id_), None)
        if file is None:
            raise NotFound(Text("没有这个附件", "There is no such file"))
        if file.withheld:
            raise NotFound(WITHHELD)
        row = next(iter(self._desk.reads.files(root, [id_])), None)
        secret = None if row is None else open_file(self._desk.sealer, row)
        if file.erased or row is None or secret is None:
            raise NotFound(ERASED)
        copy, what = (COPY, STRIPPED) if file.copy else ("", ORIGINAL)
        content = self._desk.files.open(row.address, copy)
        if content is None:
            raise FileDamaged
        if self._desk.files.size(row.address, copy) != sealed_size(file.size):
            content.close()
            raise FileDamaged
        return Opened(
            file=file, blocks=_closing(content, content_key(secret.content_key, what), row.address, file.size)
        )

    def names_of(self, root: RootId, actor: Actor, ids: list[str]) -> dict[str, str]:
        """Return the names of those of the ids that are uploads of this actor's and still wait."""
        waiting = [row for row in self._desk.reads.files(root, ids) if row.who == uploader_of(actor)]
        opened = {row.id: open_file(self._desk.sealer, row) for row in waiting}
        return {id_: str(secret.described["name"]) for id_, secret in opened.items() if secret is not None}

    def _held(
        self, view: CaseView, name: str, file: Mapping[str, JsonValue], row: FileRow | None, *, current: bool
    ) -> HeldFile:
        secret = None if row is None or row.expires_at is not None else open_file(self._desk.sealer, row)
        stripped = None if secret is None else secret.stripped
        copy = not view.originals
        size, type_ = stripped if copy and stripped is not None else (int(str(file["size"])), str(file["type"]))
        return HeldFile(
            id=str(file["id"]),
            field=name,
            name=str(file["name"]),
            size=size,
            type=type_,
            sha256=None if copy else str(file["sha256"]),
            copy=copy,
            withheld=secret is not None and copy and stripped is None,
            erased=secret is None,
            current=current,
        )


WITHHELD: Final = Text(
    "此类文件无法去除作者、位置等信息，不向承办单位提供；需要时请工会办公室上传脱敏副本",
    "From a file of this kind author, place and the like cannot be taken away, so handlers are not given it; "
    "the union office can upload a redacted copy",
)
KNOWN: Final = Text("此文件已上传过", "This case has this file already")
ERASED: Final = Text("该附件已删除", "This file was erased")


def _uploaded(secret: FileSecret, expires_at: datetime) -> Uploaded:
    described = secret.described
    return Uploaded(
        id=str(described["id"]),
        name=str(described["name"]),
        size=int(str(described["size"])),
        type=str(described["type"]),
        sha256=str(described["sha256"]),
        expires_at=expires_at,
        has_copy=secret.stripped is not None,
    )


def _closing(content: IO[bytes], key: bytes, id_: str, size: int) -> Iterator[bytes]:
    with content:
        yield from read_chunks(content, key, id_, size)
