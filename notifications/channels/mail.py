"""Mail over SMTP: one connection for a batch, one outcome per message, Chinese subjects and names.

Nobody gives exactly-once mail: when the connection ends before the server answers to the text of a message, it may have
it or not. Such a message counts as not sent and is tried again under the same Message-ID, by which a mail box shows it
once.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from enum import StrEnum
from hashlib import sha256

from notifications.batches import Batch, deliver_each
from notifications.message import Message, Outcome

LOST_CONNECTIONS_MAX = 3
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Security(StrEnum):
    """How the connection is kept private. What is configured is required: there is no falling back to plain."""

    PLAIN = "plain"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The operator's mail server and the sender shown. ``timeout_seconds`` is for each answer of the server."""

    host: str
    port: int
    sender: str
    sender_name: str = "办结"
    security: Security = Security.STARTTLS
    username: str | None = None
    password: str | None = None
    timeout_seconds: float = 20.0

    @property
    def domain(self) -> str:
        """The right side of the sender's address, which also makes our Message-IDs unique."""
        return self.sender.rpartition("@")[2]


class MailChannel:
    """Delivers to mail addresses.

    ``now`` is the real time (UTC), for the Date header; without ``tls`` the system's certificate authorities count.
    """

    name = "mail"

    def __init__(self, server: MailServer, *, now: Callable[[], datetime], tls: ssl.SSLContext | None = None) -> None:
        if not is_address(server.sender):
            raise ValueError(f"not a mail address: {server.sender}")
        self._server = server
        self._now = now
        self._tls = tls or ssl.create_default_context()

    def deliver(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand each message over once, in order, on one connection; a lost one is opened anew a few times."""
        with _Line(self._server, self._tls) as line:

            def deliver_one(message: Message, batch: Batch) -> None:
                if not is_address(message.address):
                    batch.failed(message, "not a mail address", again=False)
                    return
                refusal = line.hand_over(message.address, mail_of(message, self._server, self._now()))
                if refusal is None:
                    batch.sent(message)
                elif refusal.untried:
                    batch.held(message, refusal.reason)
                else:
                    batch.failed(message, refusal.reason, again=refusal.again)

            return deliver_each(messages, deliver_one)


def is_address(text: str) -> bool:
    """Tell whether a text is a mail address as any server takes it: no names, no quotes, no line breaks."""
    return _ADDRESS.fullmatch(text) is not None


def mail_of(message: Message, server: MailServer, now: datetime) -> bytes:
    """Return the mail of a message: the same Message-ID at each try, and the case's thread to be shown under."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = Address(server.sender_name, addr_spec=server.sender)
    mail["To"] = message.address
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = now
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: absence notes are not sent back to it
    mail.set_content(message.body, charset="utf-8", cte="base64")
    mail["Content-Language"] = message.language
    for file in message.files:
        # As plain bytes: a file of text might come with other line ends, and a signature would not hold any more.
        mail.add_attachment(file.content, maintype="application", subtype="octet-stream", filename=file.name)
    ids = {"Message-ID": message_id(message.id, server.domain)}
    if message.thread is not None:
        # The thread's first mail is one that nobody was sent; mail boxes group by it all the same.
        ids["In-Reply-To"] = ids["References"] = message_id(f"case-{message.thread}", server.domain)
    # Written by hand: the email package takes a long id for text and encodes it, and then no mail box knows it.
    lines = "".join(f"{name}: {value}\r\n" for name, value in ids.items())
    return lines.encode("ascii") + mail.as_bytes()


def message_id(text: str, domain: str) -> str:
    """Return a Message-ID made of a stable text; one that may not stand in a header as it is stands as its hash."""
    left = text if _PLAIN_ID.fullmatch(text) else sha256(text.encode()).hexdigest()
    return f"<{left}@{domain}>"


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a mail has not gone. ``untried``: it was not even offered, so that it is not the mail's fault."""

    reason: str
    again: bool
    untried: bool = False

    @classmethod
    def of(cls, code: int) -> _Refusal:
        """What a code of the server means for the message: 5xx is final, anything else may change."""
        return cls(f"smtp {code}", again=not 500 <= code < 600)


class _Line:
    """A connection to the server, opened with the first message and again after it was lost, a few times at most."""

    def __init__(self, server: MailServer, tls: ssl.SSLContext) -> None:
        self._server = server
        self._tls = tls
        self._client: smtplib.SMTP | None = None
        self._dead: _Refusal | None = None  # why no further message of this batch is tried
        self._lost = 0

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._client is not None:
            try:
                self._client.quit()
            except (smtplib.SMTPException, OSError):
                self._client.close()

    def hand_over(self, address: str, mail: bytes) -> _Refusal | None:
        """Try one mail; None only when the server has said that it has taken it."""
        client = self._client or self._open()
        if client is None:
            assert self._dead is not None
            return self._dead
        try:
            refusal = self._envelope(client, address)
        except (smtplib.SMTPException, OSError) as error:
            return self._lose(error, "connection lost")
        if refusal is not None:
            return refusal
        try:
            code, _answer = client.data(mail)
        except smtplib.SMTPDataError as error:  # DATA itself was refused: no text has gone
            return self._refused(client, error.smtp_code)
        except (smtplib.SMTPException, OSError) as error:
            return self._lose(error, "connection lost after DATA: outcome unknown")
        return None if code == 250 else self._refused(client, code)

    def _envelope(self, client: smtplib.SMTP, address: str) -> _Refusal | None:
        """Name sender and recipient; return a refusal after which the next message finds a clean connection."""
        code, _answer = client.mail(self._server.sender)
        if code != 250:
            self._refused(client, code)
            return _Refusal(f"smtp {code} for the sender", again=True)  # the settings are at fault, not the message
        code, _answer = client.rcpt(address)
        return None if code in {250, 251} else self._refused(client, code)

    def _refused(self, client: smtplib.SMTP, code: int) -> _Refusal:
        if code == 421 or not 400 <= code < 600:  # the server says goodbye, or something we do not understand
            self._drop()
            return _Refusal(f"smtp {code}", again=True)
        try:
            client.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()
        return _Refusal.of(code)

    def _open(self) -> smtplib.SMTP | None:
        """Return a connection ready for mail; after a failure none, and none for the rest of the batch."""
        if self._dead is not None:
            return None
        try:
            self._client = self._connected()
        except smtplib.SMTPResponseException as error:
            # Greeting, TLS or login were refused: the settings are at fault, not the messages, so nothing is final.
            self._dead = _Refusal(f"smtp {error.smtp_code} on connecting", again=True, untried=True)
        except smtplib.SMTPNotSupportedError:
            self._dead = _Refusal("server lacks what is configured", again=True, untried=True)
        except (smtplib.SMTPException, OSError) as error:
            reason = "timeout on connecting" if _is_timeout(error) else "connection failed"
            self._dead = _Refusal(reason, again=True, untried=True)
        return self._client

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        # Without a name of our own, smtplib asks the name service for this machine's, which may take seconds.
        if server.security is Security.TLS:
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, server.domain, timeout=server.timeout_seconds, context=self._tls
            )
        else:
            client = smtplib.SMTP(server.host, server.port, server.domain, timeout=server.timeout_seconds)
        try:
            if server.security is Security.STARTTLS:
                client.starttls(context=self._tls)
            client.ehlo_or_helo_if_needed()
            if server.username is not None:
                client.login(server.username, server.password or "")
        except BaseException:
            client.close()
            raise
        return client

    def _lose(self, error: Exception, reason: str) -> _Refusal:
        self._drop()
        self._lost += 1
        if _is_timeout(error) or self._lost >= LOST_CONNECTIONS_MAX:
            # A server that hangs would cost its time-out for every message left.
            self._dead = _Refusal("not tried: server does not answer", again=True, untried=True)
        return _Refusal(f"{reason} (timeout)" if _is_timeout(error) else reason, again=True)

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _is_timeout(error: BaseException) -> bool:
    """Tell whether waiting took too long; smtplib says so only in what it raises from."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
