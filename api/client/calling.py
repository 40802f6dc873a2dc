"""How the client asks: the token, the key of a request, and refusals as exceptions. The calls themselves are generated.

It imports nothing else of Banjie: the folder may be copied into another system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast
from urllib.parse import quote

import httpx2

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
Asked: TypeAlias = "str | int | bool | Sequence[str] | None"
SECONDS = 30.0


class ApiRefusal(Exception):
    """The API said no, or not now: ``code`` is stable and what a program looks at, ``title`` is for people."""

    def __init__(self, status: int, code: str, title: str, problem: Mapping[str, Json]) -> None:
        super().__init__(f"{status} {code}: {title}")
        self.status = status
        self.code = code
        self.title = title
        self.problem = problem


class Caller:
    """One connection to a house, in the name of whoever the token belongs to.

    Nothing is repeated by itself: after a lost answer, call again with the same key and body, and it is done once.

    Args:
        address: where the house is reached, ``https://banjie.union.example.cn``.
        token: an API token of an account (``/me/tokens``).
        language: of the refusals, ``zh`` or ``en``.
        transport: by which to ask; None for the network.
    """

    def __init__(
        self, address: str, token: str, *, language: str = "zh", transport: httpx2.BaseTransport | None = None
    ) -> None:
        self._client = httpx2.Client(
            base_url=address,
            headers={"Authorization": f"Bearer {token}", "Accept-Language": language},
            timeout=SECONDS,
            transport=transport,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Asked] | None = None,
        body: object = None,
        key: str | None = None,
    ) -> Json:
        """Return the JSON of an answer.

        Raises:
            ApiRefusal: the answer is a refusal, or no JSON.
            httpx2.TransportError: there was no answer.
        """
        answer = self._client.request(
            method,
            path,
            params={name: value for name, value in (query or {}).items() if value is not None},
            json=body,
            headers={} if key is None else {"Idempotency-Key": key},
        )
        try:
            told = cast("Json", answer.json())
        except ValueError as problem:
            raise ApiRefusal(answer.status_code, "no_json", answer.text[:200], {}) from problem
        if answer.is_success:
            return told
        said = told if isinstance(told, Mapping) else {}
        raise ApiRefusal(answer.status_code, str(said.get("code")), str(said.get("title")), said)


def part(value: str | int) -> str:
    """Return a value as one part of a path.

    >>> part("a/b")
    'a%2Fb'
    """
    return quote(str(value), safe="")
