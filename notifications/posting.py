"""One request to an allowed origin, bounded in time and in size, following nothing."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from notifications.origins import AllowedOrigins, NameUnresolved, OriginRefused

RESPONSE_BYTES_MAX = 64 * 1024

# The client logs every address at INFO, and the address of a bot holds its key.
logging.getLogger("httpx2").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side answered. ``body`` is None where it did not arrive whole, or was too long to read."""

    status: int
    body: bytes | None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing was answered, and why. ``again`` tells whether trying later can help.

    ``unreached`` means that nobody was there to be told anything: no fault of what was to be said.
    """

    reason: str
    again: bool
    unreached: bool = False


class Poster:
    """Posts to allowed origins, or asks them, each request on a connection of its own.

    Blocking; inside, one event loop per request runs the whole exchange under one limit of time, which a server that
    sends a byte now and then would escape if only each read were limited.
    """

    def __init__(
        self, allowed: AllowedOrigins, *, timeout_seconds: float = 10.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._allowed = allowed
        self._timeout_seconds = timeout_seconds
        self._tls = tls or ssl.create_default_context()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | NoAnswer:
        """Send the body once and return the answer. Redirects are answers like any other."""
        return self._send("POST", url, body, headers)

    def get(self, url: str, headers: Mapping[str, str]) -> Answer | NoAnswer:
        """Ask once and return the answer."""
        return self._send("GET", url, None, headers)

    def _send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer | NoAnswer:
        try:
            address = self._allowed.address_of(url)
        except OriginRefused as error:
            return NoAnswer(str(error), again=False)
        except NameUnresolved:
            return NoAnswer("name not resolved", again=True, unreached=True)
        return asyncio.run(self._exchange(method, httpx2.URL(url), address, body, headers))

    async def _exchange(
        self, method: str, url: httpx2.URL, address: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer | NoAnswer:
        # The connection goes to the address that was looked at; Host header and certificate still are the name's.
        named = {"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity", **headers}
        answer: Answer | None = None
        try:
            async with (
                asyncio.timeout(self._timeout_seconds),
                httpx2.AsyncClient(verify=self._tls, trust_env=False, follow_redirects=False, timeout=None) as client,
                client.stream(
                    method,
                    url.copy_with(host=address),
                    content=body,
                    headers=named,
                    extensions={"sni_hostname": url.raw_host.decode("ascii")},
                ) as response,
            ):
                answer = Answer(response.status_code, None)
                answer = Answer(response.status_code, await _bounded(response))
        except httpx2.ConnectError:
            return NoAnswer("connection failed", again=True, unreached=True)
        except TimeoutError:
            return answer or NoAnswer("timeout: outcome unknown", again=True)
        except httpx2.TransportError:
            return answer or NoAnswer("connection lost: outcome unknown", again=True)
        return answer


async def _bounded(response: httpx2.Response) -> bytes | None:
    """Return the body as it came, None if it is longer than anything we understand."""
    read = bytearray()
    async for piece in response.aiter_raw():
        read += piece
        if len(read) > RESPONSE_BYTES_MAX:
            return None
    return bytes(read)
