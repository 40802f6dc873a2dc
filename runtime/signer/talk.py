"""How the signer is spoken to: one line of JSON asks, one answers, over a local socket or, with a token, loopback.

``unix`` addresses are paths; ``tcp://127.0.0.1:8399`` needs a token, as any user of the machine could connect.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import logging
import os
import socket
import socketserver
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from engine.errors import BanjieError, InputRefused, SealingStopped
from engine.ledger.notes import Checkpoint, VerifierKey, parse_checkpoint, parse_note, parse_verifier_key
from engine.text import Text
from runtime.signer.keeper import Keeper
from runtime.socket import short_address

_LOG = logging.getLogger(__name__)
WAIT_SECONDS: Final = 20
LINE_BYTES_MAX: Final = 64 * 1024
TOKEN_CHARACTERS_MIN: Final = 20


class SignerServer:
    """Answers for a keeper until it is closed."""

    def __init__(self, keeper: Keeper, address: str, token: str = "") -> None:
        """Listen.

        Raises:
            InputRefused: the address is no path and no loopback address, or that has no token.
            SealingStopped: it cannot be listened on.
        """

        class Handler(socketserver.StreamRequestHandler):
            timeout = WAIT_SECONDS

            def handle(self) -> None:
                try:
                    line = self.rfile.readline(LINE_BYTES_MAX + 1)
                    self.wfile.write(json.dumps(_answer(keeper, line, token), ensure_ascii=False).encode() + b"\n")
                except OSError:
                    _LOG.info("somebody left the signer's socket before the answer")

        self._path: Path | None = None
        target = _loopback(address)
        try:
            if target is None:
                self._path = Path(address)
                self._path.unlink(missing_ok=True)
                previous = os.umask(0o177)
                try:
                    with short_address(self._path) as short:
                        self._server: socketserver.BaseServer = _UnixServer(short, Handler)
                finally:
                    os.umask(previous)
            else:
                _refuse_weak(token)
                self._server = _TcpServer(target, Handler)
        except OSError as error:
            raise SealingStopped(
                Text(f"签名程序无法监听 {address}", f"The signer cannot listen on {address}")
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="signer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; what was asked is answered."""
        self._server.shutdown()
        self._server.server_close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)


class RemoteSigner:
    """Implements ``Signer`` over the socket."""

    def __init__(self, address: str, token: str = "") -> None:
        self.address = address
        self._token = token
        self._target = _loopback(address)
        self._keys: dict[str, VerifierKey] = {}

    def key(self, origin: str) -> VerifierKey:
        if origin not in self._keys:
            self._keys[origin] = parse_verifier_key(str(self._asked({"ask": "key", "origin": origin})["key"]))
        return self._keys[origin]

    def head(self, origin: str) -> Checkpoint | None:
        note = self.note(origin)
        return None if note is None else parse_checkpoint(parse_note(note).text)

    def note(self, origin: str) -> bytes | None:
        """Return the signed note of the last head, None when there is none."""
        note = self._asked({"ask": "head", "origin": origin})["note"]
        return None if note is None else str(note).encode()

    def sign(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> str:
        question: dict[str, object] = {
            "ask": "sign",
            "checkpoint": checkpoint.text,
            "proof": [one.hex() for one in proof],
        }
        return str(self._asked(question)["note"])

    def _asked(self, question: dict[str, object]) -> dict[str, Any]:
        try:
            with self.connected() as connection:
                connection.sendall(json.dumps({**question, "token": self._token}).encode() + b"\n")
                line = connection.makefile("rb").readline(LINE_BYTES_MAX + 1)
            answer = json.loads(line)
        except (OSError, ValueError) as error:
            raise SealingStopped(
                Text(
                    f"连接不上签名程序（{self.address}）；记录照常登记，待其恢复后封存。"
                    "请检查 banjie signer 是否在运行",
                    f"The signer does not answer ({self.address}). Entries are recorded and wait to be sealed; see "
                    "whether banjie signer is running",
                ),
                reached=False,
            ) from error
        if not isinstance(answer, dict) or "refused" in answer:
            refused = answer.get("refused") if isinstance(answer, dict) else None
            if isinstance(refused, list) and len(refused) == 2:
                raise SealingStopped(Text(str(refused[0]), str(refused[1])))
            raise SealingStopped(
                Text(
                    f"签名程序（{self.address}）的回答无法理解；请检查该地址上运行的是不是 banjie signer",
                    f"What the signer ({self.address}) answers cannot be understood; see whether it is banjie signer "
                    "that runs there",
                )
            )
        return answer

    def connected(self) -> socket.socket:
        """Return a connection; raises OSError when nobody listens."""
        if self._target is not None:
            return socket.create_connection(self._target, timeout=WAIT_SECONDS)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(WAIT_SECONDS)
            with short_address(Path(self.address)) as short:
                connection.connect(short)
        except BaseException:
            connection.close()
            raise
        return connection


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _answer(keeper: Keeper, line: bytes, token: str) -> dict[str, object]:
    try:
        question = json.loads(line) if len(line) <= LINE_BYTES_MAX else None
        if not isinstance(question, dict):
            raise InputRefused(_UNREADABLE)
        if token and not hmac.compare_digest(str(question.get("token", "")).encode(), token.encode()):
            raise SealingStopped(Text("签名程序不认识来者：口令不对", "The signer does not know who asks: wrong token"))
        match question.get("ask"):
            case "key":
                return {"key": keeper.key(_said(question, "origin")).text}
            case "head":
                note = keeper.note(_said(question, "origin"))
                return {"note": None if note is None else note.decode()}
            case "sign":
                checkpoint = parse_checkpoint(_said(question, "checkpoint"))
                proof = question.get("proof")
                if not isinstance(proof, list) or not all(isinstance(one, str) for one in proof):
                    raise InputRefused(_UNREADABLE)
                return {"note": keeper.sign(checkpoint, [bytes.fromhex(one) for one in proof])}
            case _:
                raise InputRefused(_UNREADABLE)
    except BanjieError as refusal:
        return {"refused": [refusal.text.zh, refusal.text.en]}
    except (ValueError, RecursionError):
        return {"refused": [_UNREADABLE.zh, _UNREADABLE.en]}


def _said(question: dict[str, object], name: str) -> str:
    value = question.get(name)
    if not isinstance(value, str):
        raise InputRefused(_UNREADABLE)
    return value


def _loopback(address: str) -> tuple[str, int] | None:
    """Return host and port of a ``tcp://`` address, None for a path."""
    if not address.startswith("tcp://"):
        return None
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        if port is not None and ipaddress.ip_address(host).is_loopback:
            return host, port
    except ValueError:
        pass
    raise InputRefused(
        Text(
            f"签名程序的地址须为文件路径或 tcp://127.0.0.1:端口，现为 {address}",
            f"The signer's address is a path or tcp://127.0.0.1:PORT, not {address}",
        )
    )


def _refuse_weak(token: str) -> None:
    if len(token) < TOKEN_CHARACTERS_MIN:
        raise InputRefused(
            Text(
                f"经 tcp 监听须以 BANJIE_SIGNER_TOKEN 设置至少 {TOKEN_CHARACTERS_MIN} 字符的口令",
                f"Listening on tcp needs a token of at least {TOKEN_CHARACTERS_MIN} characters in BANJIE_SIGNER_TOKEN",
            )
        )


_UNREADABLE: Final = Text("签名程序读不懂所问", "The signer cannot read the question")
