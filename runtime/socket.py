"""A local socket beside the database file: commands that write hand their batch to the running server over it.

Only the owner of the data folder can open it. One line of JSON asks, one line answers.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from engine.case.commands import Command, EraseValues, FireTransition, KeepNote, MigrateCase, OpenCase, TendCase
from engine.case.identity import CaseId
from engine.errors import BanjieError, StorageUnavailable
from engine.service.execute import Done
from engine.service.office import Answer, Office
from engine.service.plain import PlainWrite
from engine.service.ports import Outcome
from engine.text import Text

_LOG = logging.getLogger(__name__)
ADDRESS_BYTES_MAX: Final = 100
OPEN_FILES: Final = Path("/proc/self/fd")
_COMMANDS: dict[str, TypeAdapter[Command]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (OpenCase, FireTransition, KeepNote, TendCase, EraseValues, MigrateCase)
}
_PLAIN: dict[str, TypeAdapter[PlainWrite]] = {kind.__name__: TypeAdapter(kind) for kind in PlainWrite.__args__}


def socket_path(database: Path) -> Path:
    """Return where the server of this database file listens."""
    return database.with_name(database.name + ".sock")


class RemoteAnswer(BanjieError):
    """A refusal as the running server gave it: its code and texts, not its class."""

    def __init__(self, code: str, text: Text, details: dict[str, object]) -> None:
        super().__init__(text, **details)
        self.code = code


class RemoteOffice:
    """The office of a process beside a running server: everything is handed to the server and waited for."""

    def __init__(self, path: Path | None, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now

    def carry_out(self, commands: Sequence[Command]) -> list[Answer]:
        packed = [[type(command).__name__, _dump(_COMMANDS, command)] for command in commands]
        answers = self._asked({"commands": packed})
        return [_read_answer(answer) for answer in answers]

    async def ask(self, command: Command) -> Answer:
        """Hand one command over on a thread; only the server itself asks live."""
        return (await asyncio.to_thread(self.carry_out, [command]))[0]

    def write(self, writes: Sequence[PlainWrite]) -> None:
        packed = [[type(write).__name__, _dump(_PLAIN, write)] for write in writes]
        for answer in self._asked({"writes": packed}):
            refused = _read_answer(answer)
            if isinstance(refused, BanjieError):
                raise refused

    @property
    def revision(self) -> int:
        """What others write is not seen here."""
        return 0

    def now(self) -> datetime:
        return self._now()

    def _asked(self, question: dict[str, object]) -> list[dict[str, object]]:
        if self._path is None or not self._path.exists():
            raise StorageUnavailable
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                with short_address(self._path) as address:
                    connection.connect(address)
                connection.sendall(json.dumps(question, ensure_ascii=False).encode() + b"\n")
                line = connection.makefile("rb").readline()
        except OSError as error:
            raise StorageUnavailable from error
        if not line:
            raise StorageUnavailable
        answers: list[dict[str, object]] = json.loads(line)
        return answers


class SocketServer:
    """Answers on the socket for as long as the server runs; the file goes with it."""

    def __init__(self, path: Path, office: Office) -> None:
        path.unlink(missing_ok=True)
        self._path = path

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                line = self.rfile.readline()
                answers = _answers(office, line)
                self.wfile.write(json.dumps(answers, ensure_ascii=False).encode() + b"\n")

        previous = os.umask(0o177)
        try:
            with short_address(path) as address:
                self._server = socketserver.ThreadingUnixStreamServer(address, Handler)
        finally:
            os.umask(previous)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="socket", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


@contextmanager
def short_address(path: Path) -> Iterator[str]:
    """Give the path as the system takes it for the length of a block: addresses of local sockets hold about a hundred
    bytes only. A longer one is reached over the open folder, where the system shows open files by their numbers.
    """
    address = min(str(path), os.path.relpath(path), key=len)
    if len(os.fsencode(address)) <= ADDRESS_BYTES_MAX or not OPEN_FILES.is_dir():
        yield address
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield str(OPEN_FILES / str(folder) / path.name)
    finally:
        os.close(folder)


def _answers(office: Office, line: bytes) -> list[dict[str, object]]:
    try:
        question = json.loads(line)
        if "writes" in question:
            office.write([_PLAIN[kind].validate_python(value) for kind, value in question["writes"]])
            return []
        commands = [_COMMANDS[kind].validate_json(json.dumps(value)) for kind, value in question["commands"]]
        return [_pack(answer) for answer in office.carry_out(commands)]
    except BanjieError as refusal:
        return [_pack(refusal)]
    except (ValueError, KeyError, TypeError, ValidationError):
        _LOG.info("a question on the local socket could not be read")
        return [_pack(StorageUnavailable())]


def _dump(adapters: dict[str, TypeAdapter[Command]] | dict[str, TypeAdapter[PlainWrite]], value: object) -> object:
    return adapters[type(value).__name__].dump_python(value, mode="json")  # type: ignore[arg-type]  # chosen by its type


def _pack(answer: Answer) -> dict[str, object]:
    if isinstance(answer, Done):
        return {
            "case": answer.outcome.case,
            "seq": answer.outcome.seq,
            "hash": answer.outcome.hash,
            "repeated": answer.repeated,
            "rungs": answer.rungs,
        }
    return {
        "code": answer.code,
        "zh": answer.text.zh,
        "en": answer.text.en,
        "details": json.loads(json.dumps(dict(answer.details), default=str)),
    }


def _read_answer(value: dict[str, object]) -> Answer:
    if "code" in value:
        details = value["details"]
        assert isinstance(details, dict), "written by our own server"
        return RemoteAnswer(str(value["code"]), Text(str(value["zh"]), str(value["en"])), details)
    outcome = Outcome(CaseId(str(value["case"])), int(str(value["seq"])), str(value["hash"]))
    return Done(outcome, repeated=bool(value["repeated"]), rungs=int(str(value["rungs"])))
