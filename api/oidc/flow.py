"""The authorisation code flow: the address to send a browser to, and what its coming back amounts to.

Everything here asks other machines or the database and must run in a thread.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus, urlencode

from anyio import CapacityLimiter

from api.oidc.discovery import Addresses, Discovery, read_object
from api.oidc.handshake import Handshake, new_handshake, opened, signed
from api.oidc.refusals import ProviderRefused
from api.oidc.settings import ProviderSettings
from api.oidc.tokens import subject_of
from engine.service.desk import Desk
from engine.service.linked_logins import Subject, take_answer
from engine.service.logins import Visitor

ASKED_AT_ONCE: Final = 4
"""So that a provider that hangs leaves the other threads to everybody else."""
CODE_CHARACTERS_MAX: Final = 2048
_PLAIN: Final = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way to the provider: its address, what the cookie holds, and the state it will be known by."""

    address: str
    cookie: str
    state: str


class Provider:
    """The identity provider as the pages use it."""

    def __init__(self, desk: Desk, settings: ProviderSettings) -> None:
        self.settings = settings
        self.limiter = CapacityLimiter(ASKED_AT_ONCE)
        self._desk = desk
        self._discovery = Discovery(settings, desk.office.now)

    def way(self, following: str, *, linking: bool = False) -> Way:
        """Return a new way to the provider; raises ProviderAway or ProviderRefused."""
        handshake = new_handshake(following, linking=linking, now=self._desk.office.now())
        authorization = self._discovery.addresses().authorization
        question = urlencode(
            {
                "response_type": "code",
                "scope": "openid",
                "client_id": self.settings.client,
                "redirect_uri": self.settings.back_url,
                "state": handshake.state,
                "nonce": handshake.nonce,
                "code_challenge": handshake.challenge,
                "code_challenge_method": "S256",
            }
        )
        return Way(
            address=f"{authorization}{'&' if '?' in authorization else '?'}{question}",
            cookie=signed(handshake, self._desk.box),
            state=handshake.state,
        )

    def answered(self, answer: Mapping[str, str], cookie: str, visitor: Visitor) -> tuple[Handshake, Subject]:
        """Return the handshake that an answer belongs to, and whom the provider has named.

        Raises:
            LoginRefused: no handshake of this browser, one that was answered before, or a provider not to be believed.
        """
        handshake = opened(cookie, answer.get("state", ""), self._desk.box, self._desk.office.now())
        take_answer(self._desk, handshake.state, visitor)
        addresses = self._discovery.addresses()
        self._demand_from_here(answer, addresses)
        token = self._redeemed(answer["code"], handshake, addresses)
        subject = subject_of(
            token,
            settings=self.settings,
            discovery=self._discovery,
            nonce=handshake.nonce,
            now=self._desk.office.now(),
        )
        return handshake, subject

    def _demand_from_here(self, answer: Mapping[str, str], addresses: Addresses) -> None:
        """Refuse what another provider answered (RFC 9207), what is an error, and what holds no code."""
        issuer = answer.get("iss")
        if issuer != self.settings.issuer and (addresses.names_issuer or issuer is not None):
            raise ProviderRefused("the answer is another issuer's")
        error = answer.get("error")
        if error is not None:
            raise ProviderRefused(f"the provider says {error if _PLAIN.fullmatch(error) else 'no'}")
        if not 0 < len(answer.get("code", "")) <= CODE_CHARACTERS_MAX:
            raise ProviderRefused("the answer holds no code")

    def _redeemed(self, code: str, handshake: Handshake, addresses: Addresses) -> str:
        """Return the id token for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.back_url,
            "code_verifier": handshake.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        client, secret = self.settings.client, self.settings.secret
        if addresses.secret_in_body:
            form |= {"client_id": client, "client_secret": secret}
        else:
            # Each is written as in a form before both are joined (RFC 6749, section 2.3.1).
            pair = f"{quote_plus(client)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"
        answer = self._discovery.post(addresses.token, urlencode(form).encode(), headers)
        if 400 <= answer.status < 500:
            raise ProviderRefused("the provider did not take the code")
        token = read_object(answer).get("id_token")
        if not isinstance(token, str):
            raise ProviderRefused("the provider gave no id token")
        return token
