"""The handshake: what a browser must bring back from the provider, in a short-lived signed cookie and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from api.oidc.refusals import ProviderRefused
from engine.access.passwords import new_secret
from engine.access.secret_box import SecretBox
from engine.service.linked_logins import HANDSHAKE_MINUTES

COOKIE_CHARACTERS_MAX: Final = 4096
NEXT_CHARACTERS_MAX: Final = 1024
_KEY: Final = "the key that handshakes with the identity provider are signed with"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """One way to the provider and back. ``linking``: to link an account, not to log in; ``until`` is in seconds."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    following: str
    linking: bool
    until: int

    @property
    def challenge(self) -> str:
        """The S256 challenge of the verifier (RFC 7636, section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def new_handshake(following: str, *, linking: bool, now: datetime) -> Handshake:
    """Return a handshake with secrets of its own."""
    return Handshake(
        state=new_secret(),
        nonce=new_secret(),
        verifier=new_secret(),
        following=following if len(following) <= NEXT_CHARACTERS_MAX else "/",
        linking=linking,
        until=int((now + timedelta(minutes=HANDSHAKE_MINUTES)).timestamp()),
    )


def signed(handshake: Handshake, box: SecretBox) -> str:
    """Return the handshake as its cookie holds it."""
    return str(_serializer(box).dumps(asdict(handshake)))


def opened(cookie: str, state: str, box: SecretBox, now: datetime) -> Handshake:
    """Return the handshake that this browser began and that this answer belongs to; raises ProviderRefused."""
    if not cookie or len(cookie) > COOKIE_CHARACTERS_MAX:
        raise ProviderRefused("no handshake was begun in this browser")
    try:
        handshake = Handshake(**_serializer(box).loads(cookie))
    except (BadData, TypeError) as error:
        raise ProviderRefused("the handshake was not signed here") from error
    if now.timestamp() >= handshake.until:
        raise ProviderRefused("the handshake took too long")
    if not hmac.compare_digest(handshake.state.encode(), state.encode("utf-8", "surrogatepass")):
        raise ProviderRefused("another state than this browser's")
    return handshake


def _serializer(box: SecretBox) -> URLSafeSerializer:
    return URLSafeSerializer(
        box.mark(_KEY),
        salt="banjie handshake",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
