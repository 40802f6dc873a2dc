"""Forms that bring files: read as they come in, each file going straight into the cabinet, encrypted; nothing of it is
ever written to a temporary file, and at no moment is more of it in memory than a few blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.hygiene import Unreadable, clean_text
from api.incoming import read_form
from api.limits import BODY_BYTES_MAX, FORM_FIELDS_MAX, PART_HEADER_BYTES_MAX, UPLOADS_OF_FORM_MAX
from api.problems import BodyTooLarge, MediaTypeRefused
from engine.case.actors import Actor
from engine.case.identity import RootId
from engine.errors import BanjieError, FieldProblem, InputRefused
from engine.service.filing.cabinet import Cabinet, FileTooLarge, Intake, Uploaded
from engine.service.filing.inspecting import FileRefused
from engine.service.filing.names import stem_of
from engine.text import Text

MULTIPART: Final = "multipart/form-data"
BLOCK_BYTES: Final = 256 * 1024
Fields = dict[str, list[str]]
Whose = tuple[RootId, Actor]
Uploader = Callable[[Mapping[str, list[str]]], Whose]
"""Whose the files of a form are, from the fields that came before the first file."""


@dataclass(slots=True)
class Posted:
    """A form that was read: its fields, the uploads by field, and the files that were refused, with the ``errors``.

    The ids of the uploads stand among the fields, as if they had been typed.
    """

    fields: Fields = field(default_factory=dict)
    uploads: dict[str, list[Uploaded]] = field(default_factory=dict)
    refused: list[FieldProblem] = field(default_factory=list)
    errors: list[BanjieError] = field(default_factory=list)


async def uploads_of(request: Request, cabinet: Cabinet, whose: Whose | Uploader, *, key: str = "") -> Posted:
    """Return a posted form of either kind; its files have become uploads of the actor's.

    A file that is refused is named in ``refused``, and the others are kept all the same: who mends the form does not
    send them again. ``whose`` may be a function of the fields that come before the first file: of somebody
    anonymous nothing else is known. ``key`` makes the first file the same upload whenever it comes; without it the
    form's own ``key`` does that for each content, so that a form sent twice brings nothing twice.

    Raises:
        TooBusy: too many uploads come in; TooMany: too many of the uploader's wait.
        InputRefused: what came is no form, or holds what no field may hold.
    """
    if not is_multipart(request):
        return Posted(fields=await read_form(request))
    reading = _Reading(cabinet, whose if callable(whose) else lambda _fields: whose, key)
    try:
        return await reading.read(request)
    finally:
        await run_in_threadpool(reading.close)


def is_multipart(request: Request) -> bool:
    """Return whether a request says that it brings parts."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART


@dataclass(slots=True)
class _Part:
    """The part that is read just now: its name, and the name of its file if it is one."""

    name: str = ""
    filename: str | None = None
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    headers: dict[str, bytes] = field(default_factory=dict)
    intake: Intake | None = None
    refused: bool = False


_Event = tuple[str, bytes]


class _Reading:
    """Reads one form. The parser only notes what it meets; what is to be done about it is done between its calls."""

    def __init__(self, cabinet: Cabinet, uploader: Uploader, key: str) -> None:
        self._cabinet = cabinet
        self._uploader = uploader
        self._key = key
        self._posted = Posted()
        self._part = _Part()
        self._events: list[_Event] = []
        self._open: ExitStack | None = None
        self._parts = self._files = self._text_bytes = 0
        self._is_over = False

    async def read(self, request: Request) -> Posted:
        """Return the form once its last part has come."""
        parser = self._parser(request)
        waiting = 0
        try:
            async for chunk in request.stream():
                parser.write(chunk)
                waiting += len(chunk)
                if waiting >= BLOCK_BYTES:
                    await run_in_threadpool(self._work_off)
                    waiting = 0
            parser.finalize()
        except FormParserError as error:
            raise _unreadable() from error
        await run_in_threadpool(self._work_off)
        if not self._is_over:
            raise _unreadable()
        return self._posted

    def close(self) -> None:
        """Give up a file that did not come to its end."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _parser(self, request: Request) -> MultipartParser:
        _type, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if not 1 <= len(boundary) <= 70:
            raise MediaTypeRefused(MULTIPART)

        def note(kind: str) -> Callable[[], None]:
            return lambda: self._events.append((kind, b""))

        def keep(kind: str) -> Callable[[bytes, int, int], None]:
            return lambda data, start, end: self._events.append((kind, data[start:end]))

        return MultipartParser(
            boundary,
            {
                "on_part_begin": note("begin"),
                "on_header_field": keep("field"),
                "on_header_value": keep("value"),
                "on_header_end": note("header"),
                "on_headers_finished": note("headers"),
                "on_part_data": keep("data"),
                "on_part_end": note("end"),
                "on_end": note("over"),
            },
        )

    def _work_off(self) -> None:
        events, self._events = self._events, []
        for kind, data in events:
            self._step(kind, data)

    def _step(self, kind: str, data: bytes) -> None:
        part = self._part
        match kind:
            case "begin":
                self._parts += 1
                self._part = _Part()
                if self._parts > FORM_FIELDS_MAX:
                    raise InputRefused(
                        Text(f"最多 {FORM_FIELDS_MAX} 个字段", f"At most {FORM_FIELDS_MAX} fields are read")
                    )
            case "field" | "value":
                held = part.header if kind == "field" else part.value
                held += data
                if len(part.header) + len(part.value) > PART_HEADER_BYTES_MAX:
                    raise _unreadable()
            case "header":
                part.headers[part.header.decode("latin-1").lower()] = bytes(part.value)
                part.header, part.value = bytearray(), bytearray()
            case "headers":
                self._begin(part)
            case "data":
                self._take(part, data)
            case "end":
                self._end(part)
            case _:
                self._is_over = True

    def _begin(self, part: _Part) -> None:
        kind, options = parse_options_header(part.headers.get("content-disposition", b""))
        if kind != b"form-data" or b"name" not in options:
            raise _unreadable()
        part.name = clean_text(_decoded(options[b"name"]))
        if b"filename" in options:
            part.filename = _as_typed(options[b"filename"].decode("utf-8", "replace"))
            self._files += bool(part.filename)
            if self._files > UPLOADS_OF_FORM_MAX:
                raise InputRefused(
                    Text(
                        f"一次最多上传 {UPLOADS_OF_FORM_MAX} 个附件",
                        f"At most {UPLOADS_OF_FORM_MAX} files come at once",
                    )
                )

    def _take(self, part: _Part, data: bytes) -> None:
        if part.filename is None:
            self._text_bytes += len(data)
            if self._text_bytes > BODY_BYTES_MAX:
                raise BodyTooLarge
            part.value += data
        elif not part.refused:
            self._fill(part, data)

    def _fill(self, part: _Part, data: bytes) -> None:
        """Put more of a file into the cabinet; what makes it refused is kept for the end of the form."""
        try:
            if part.intake is None:
                part.intake = self._opened(part)
            part.intake.write(data)
        except (FileRefused, FileTooLarge) as refusal:
            self._refuse(part, refusal)

    def _opened(self, part: _Part) -> Intake:
        root, actor = self._uploader(self._posted.fields)
        form_key = self._posted.fields.get("key", [""])[0]
        opened: AbstractContextManager[Intake] = self._cabinet.intake(
            root, actor, part.filename or "", key=self._key or form_key, by_content=not self._key
        )
        self._key = ""
        self._open = ExitStack()
        return self._open.enter_context(opened)

    def _refuse(self, part: _Part, refusal: BanjieError) -> None:
        part.refused = True
        self.close()
        self._posted.errors.append(refusal)
        self._posted.refused.append(FieldProblem(path=part.name, text=_about(part.filename or "", refusal.text)))

    def _end(self, part: _Part) -> None:
        if part.filename is None:
            text = clean_text(_decoded(bytes(part.value)).replace("\r\n", "\n"))
            self._posted.fields.setdefault(part.name, []).append(text)
        elif part.intake is not None and not part.refused:
            try:
                uploaded = part.intake.finish()
            except (FileRefused, FileTooLarge) as refusal:
                self._refuse(part, refusal)
                return
            self.close()
            self._posted.uploads.setdefault(part.name, []).append(uploaded)
            self._posted.fields.setdefault(part.name, []).append(uploaded.id)
        elif part.filename and not part.refused:  # a name, and nothing in it; without a name nothing was chosen
            self._refuse(part, FileRefused("empty"))


def _about(name: str, text: Text) -> Text:
    shown = stem_of(name)[:60]
    return Text(f"“{shown}”：{text.zh}", f"{shown}: {text.en}")


def _as_typed(name: str) -> str:
    """Return a file's name with the three signs that browsers write otherwise."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable() from error


def _unreadable() -> Unreadable:
    return Unreadable(Text("上传的内容不是有效的表单", "What was uploaded is no valid form"))
