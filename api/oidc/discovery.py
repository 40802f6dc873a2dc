"""What the provider publishes about itself: its addresses and keys, asked for over allowed origins and kept a while."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, RSAKey
from pydantic import JsonValue

from api.oidc.refusals import ProviderAway, ProviderRefused
from api.oidc.settings import ProviderSettings
from notifications.origins import AllowedOrigins, NameUnresolved, OriginRefused
from notifications.posting import Answer, NoAnswer, Poster

WELL_KNOWN: Final = "/.well-known/openid-configuration"
KEPT: Final = timedelta(hours=1)
PATIENCE: Final = timedelta(seconds=30)
"""How long a failure is remembered, and how often at most keys are asked for because of an unknown one."""
TIMEOUT_SECONDS: Final = 5.0
KEYS_MAX: Final = 50
RSA_BITS_MIN: Final = 2048
KINDS: Final[Mapping[str, tuple[str, str | None]]] = {
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
}
"""The algorithms of signatures that are taken, and the kind of key each is made with; there is no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the provider is spoken to. ``names_issuer``: it says in every answer who answers (RFC 9207)."""

    authorization: str
    token: str
    keys: str
    secret_in_body: bool
    names_issuer: bool


class Discovery:
    """Knows the provider's addresses and keys; blocking, for threads. ``now`` says how old an answer is."""

    def __init__(self, settings: ProviderSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._allowed = AllowedOrigins(public=(settings.issuer, *settings.origins), internal=settings.internal_origins)
        self._poster = Poster(self._allowed, timeout_seconds=TIMEOUT_SECONDS)
        # One at a time: a crowd at the login page asks the provider once.
        self._turn = threading.Lock()
        self._addresses: tuple[datetime, Addresses] | None = None
        self._keys: tuple[datetime, tuple[Key, ...]] | None = None
        self._failed_at: datetime | None = None

    def addresses(self) -> Addresses:
        """Return where the provider is spoken to; raises ProviderAway or ProviderRefused."""
        with self._turn:
            if self._addresses is None or self._is_old(self._addresses[0], KEPT):
                self._addresses = (self._now(), self._discovered())
            return self._addresses[1]

    def key(self, kid: str | None, algorithm: str) -> Key:
        """Return the one key for a signature; asks anew, but not often, where it is not among those that are known.

        Raises:
            ProviderAway: the keys cannot be had.
            ProviderRefused: there is no such key.
        """
        where = self.addresses().keys
        with self._turn:
            known = self._keys
            found = None if known is None or self._is_old(known[0], KEPT) else _fitting(known[1], kid, algorithm)
            if found is None and (known is None or self._is_old(known[0], PATIENCE)):
                keys = _read_keys(self._asked(where))
                self._keys = (self._now(), keys)
                found = _fitting(keys, kid, algorithm)
        if found is None:
            raise ProviderRefused("the key of the signature is not among the provider's")
        return found

    def usable_keys(self) -> int:
        """Return how many keys the provider publishes that may sign; asks anew. Raises as ``key`` does."""
        where = self.addresses().keys
        with self._turn:
            self._keys = (self._now(), _read_keys(self._asked(where)))
            return len(self._keys[1])

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send something to the provider; raises ProviderAway where it does not answer."""
        return _answered(self._poster.post(url, body, headers))

    def _is_old(self, at: datetime, kept: timedelta) -> bool:
        # A clock that was set back makes everything old, too: never is anything kept for longer than it should be.
        return not timedelta() <= self._now() - at < kept

    def _discovered(self) -> Addresses:
        told = self._asked(self._settings.issuer.rstrip("/") + WELL_KNOWN)
        if told.get("issuer") != self._settings.issuer:
            raise ProviderRefused("the configuration is another issuer's")
        methods = told.get("code_challenge_methods_supported")
        if isinstance(methods, list) and "S256" not in methods:
            raise ProviderRefused("the provider knows no PKCE with S256")
        ways = told.get("token_endpoint_auth_methods_supported")
        return Addresses(
            authorization=self._own(told, "authorization_endpoint"),
            token=self._own(told, "token_endpoint"),
            keys=self._own(told, "jwks_uri"),
            secret_in_body=isinstance(ways, list)
            and "client_secret_basic" not in ways
            and "client_secret_post" in ways,
            names_issuer=told.get("authorization_response_iss_parameter_supported") is True,
        )

    def _own(self, told: Mapping[str, JsonValue], name: str) -> str:
        """Return an address of the provider; one at an origin that nobody has named is refused."""
        address = told.get(name)
        if not isinstance(address, str) or "#" in address:
            raise ProviderRefused(f"the configuration has no {name}")
        try:
            self._allowed.address_of(address)
        except OriginRefused as error:
            raise ProviderRefused(f"{name}: {error}") from error
        except NameUnresolved as error:
            raise ProviderAway(f"{name}: name not resolved") from error
        return address

    def _asked(self, url: str) -> Mapping[str, JsonValue]:
        if self._failed_at is not None and not self._is_old(self._failed_at, PATIENCE):
            raise ProviderAway("it did not answer a moment ago")
        try:
            answer = _answered(self._poster.get(url, {"Accept": "application/json"}))
            told = read_object(answer)
        except ProviderAway:
            self._failed_at = self._now()
            raise
        self._failed_at = None
        return told


def read_object(answer: Answer) -> dict[str, JsonValue]:
    """Return the JSON object of a good answer; raises ProviderAway for any other, redirects among them."""
    if answer.status != 200 or answer.body is None:
        raise ProviderAway(f"it answered with status {answer.status}")
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise ProviderAway("it answered with no JSON") from error
    if not isinstance(told, dict):
        raise ProviderAway("it answered with no JSON object")
    return told


def _answered(answer: Answer | NoAnswer) -> Answer:
    if isinstance(answer, NoAnswer):
        raise ProviderAway(answer.reason)
    return answer


def _read_keys(told: Mapping[str, JsonValue]) -> tuple[Key, ...]:
    """Return the public keys for signatures; what is no such key, or a weak one, is left out."""
    listed = told.get("keys")
    found: list[Key] = []
    for one in (listed if isinstance(listed, list) else [])[:KEYS_MAX]:
        if not isinstance(one, dict) or one.get("use", "sig") != "sig":
            continue
        public = {
            name: value for name, value in one.items() if name in ("kty", "kid", "alg", "n", "e", "crv", "x", "y")
        }
        if not all(isinstance(value, str) for value in public.values()):
            continue
        try:
            key = _imported({name: str(value) for name, value in public.items()})
        except (JoseError, ValueError, KeyError, TypeError):
            continue
        if key is not None:
            found.append(key)
    return tuple(found)


def _imported(public: dict[str, str | list[str]]) -> Key | None:
    match public.get("kty"):
        case "RSA":
            key = RSAKey.import_key(public)
            return key if key.public_key.key_size >= RSA_BITS_MIN else None
        case "EC":
            return ECKey.import_key(public)
        case _:
            return None


def _fitting(keys: tuple[Key, ...], kid: str | None, algorithm: str) -> Key | None:
    """Return the key of this name and kind; without a name only where there is no choice."""
    kind, curve = KINDS[algorithm]
    fitting = [
        key
        for key in keys
        if key.key_type == kind
        and (curve is None or key.get("crv") == curve)
        and key.get("alg") in (None, algorithm)
        and kid in (None, key.kid)
    ]
    return fitting[0] if len(fitting) == 1 else None
