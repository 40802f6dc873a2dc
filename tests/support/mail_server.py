"""A real SMTP server on loopback that accepts, refuses, hangs and loses its answer as a test asks."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from typing import Literal

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Ending = Literal["answer", "answer late", "lose answer", "drop", "hang"]


@dataclass(slots=True)
class Post:
    """What the server does with mail, and what it has taken.

    ``recipients`` answers RCPT by address; ``endings`` says what happens to the n-th text after DATA (the last one
    counts for all further): answered, at once or late, kept but the answer lost, dropped without keeping it, or never
    answered.
    """

    recipients: dict[str, str] = field(default_factory=dict)
    endings: list[Ending] = field(default_factory=lambda: ["answer"])
    sender_answer: str = "250 OK"
    data_answer: str = "250 OK"
    password: str | None = None
    taken: list[EmailMessage] = field(default_factory=list)
    sessions: set[Session] = field(default_factory=set)
    port: int = 0
    texts: int = 0
    logins: int = 0

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer for the sender."""
        if self.sender_answer.startswith("250"):
            envelope.mail_from = address
        return self.sender_answer

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer for a recipient."""
        answer = self.recipients.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep the text, or not, and answer, or not."""
        ending = self.endings[min(self.texts, len(self.endings) - 1)]
        self.texts += 1
        self.sessions.add(session)
        assert isinstance(envelope.content, bytes)
        await asyncio.sleep({"answer late": 0.2, "hang": 60}.get(ending, 0))
        if ending == "lose answer" or (ending.startswith("answer") and self.data_answer.startswith("250")):
            self.taken.append(message_from_bytes(envelope.content, EmailMessage, policy=policy.SMTP))
        if ending in {"lose answer", "drop"}:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return self.data_answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        """Let in who knows the password."""
        assert isinstance(data, LoginPassword)
        right = data.password.decode() == self.password
        self.logins += right
        return AuthResult(success=right, handled=False)


@cache
def _authority() -> trustme.CA:
    """Return somebody who vouches for ``localhost``, for the length of the tests."""
    return trustme.CA()


def server_tls() -> ssl.SSLContext:
    """Return what a server on ``localhost`` needs to speak TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _authority().issue_cert("localhost").configure_cert(context)
    return context


def client_tls() -> ssl.SSLContext:
    """Return what a client needs to trust that server."""
    context = ssl.create_default_context()
    _authority().configure_trust(context)
    return context


@contextmanager
def mail_server(post: Post, tls: Literal["none", "starttls", "implicit"] = "none") -> Iterator[Post]:
    """Run a server in a thread until the block ends; its port is in ``post.port``."""
    loop = asyncio.new_event_loop()

    def smtp() -> SMTP:
        return SMTP(
            post,
            hostname="localhost",
            loop=loop,
            tls_context=server_tls() if tls == "starttls" else None,
            require_starttls=tls == "starttls",
            authenticator=post.authenticate if post.password is not None else None,
            auth_required=post.password is not None and tls == "starttls",
            auth_require_tls=tls == "starttls",  # what it knows of TLS is STARTTLS only
        )

    context = server_tls() if tls == "implicit" else None
    server = loop.run_until_complete(loop.create_server(smtp, "127.0.0.1", 0, ssl=context))
    post.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="mail server")
    thread.start()
    try:
        yield post
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()
        assert not thread.is_alive()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
