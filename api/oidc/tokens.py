"""Whether an id token is to be believed: signature, issuer, audience, nonce, times, before anything in it is used."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError

from api.oidc.discovery import KINDS, Discovery
from api.oidc.refusals import ProviderRefused
from api.oidc.settings import ProviderSettings
from engine.service.linked_logins import Subject

TOKEN_CHARACTERS_MAX: Final = 16 * 1024
SUBJECT_CHARACTERS_MAX: Final = 255
"""OpenID Connect Core 1.0, section 2."""
LEEWAY_SECONDS: Final = 60
"""By how much the clocks of both houses may differ."""


def subject_of(token: str, *, settings: ProviderSettings, discovery: Discovery, nonce: str, now: datetime) -> Subject:
    """Return whom an id token names.

    Raises:
        ProviderRefused: the token is not to be believed.
        ProviderAway: the keys cannot be had.
    """
    claims = _claims(token, discovery)
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": settings.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": settings.client},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except JoseError as error:
        raise ProviderRefused(f"id token: {error.error}") from error
    told_nonce = claims.get("nonce")
    if not isinstance(told_nonce, str) or not hmac.compare_digest(told_nonce.encode(), nonce.encode()):
        raise ProviderRefused("id token: another nonce")
    _demand_only_for_us(claims, settings.client)
    subject = str(claims["sub"])
    if len(subject) > SUBJECT_CHARACTERS_MAX:
        raise ProviderRefused("id token: the subject is too long")
    return Subject(issuer=settings.issuer, subject=subject, vouched=_is_vouched(claims, settings.second_factors))


def _claims(token: str, discovery: Discovery) -> dict[str, Any]:
    """Return what a token claims whose signature is the provider's.

    The algorithm is looked at before any key is: none, and those with a shared secret, are never tried.
    """
    if len(token) > TOKEN_CHARACTERS_MAX or not token.isascii():
        raise ProviderRefused("id token: too long, or no token")
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, RecursionError) as error:
        raise ProviderRefused("id token: no signed token") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in KINDS:
        raise ProviderRefused("id token: the algorithm is not taken")
    if "crit" in header or not (kid is None or isinstance(kid, str)):
        raise ProviderRefused("id token: the header is not understood")
    try:
        return jwt.decode(token, discovery.key(kid, algorithm), algorithms=[algorithm]).claims
    except (JoseError, ValueError, RecursionError) as error:
        raise ProviderRefused("id token: the signature is not the provider's") from error


def _demand_only_for_us(claims: Mapping[str, Any], client: str) -> None:
    """Refuse a token made out to several, unless it names us as the one that asked for it."""
    audience, party = claims["aud"], claims.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    if party != client and (several or party is not None):
        raise ProviderRefused("id token: made out to another client")


def _is_vouched(claims: Mapping[str, Any], trusted: frozenset[str]) -> bool:
    """Return whether the token says in a word that is trusted that a second factor was checked."""
    methods = claims.get("amr")
    words = [claims.get("acr"), *(methods if isinstance(methods, list) else [])]
    return any(isinstance(word, str) and word in trusted for word in words)
