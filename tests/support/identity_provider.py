"""An identity provider on loopback: discovery, keys, an authorisation page that lets everybody in, and tokens.

It keeps to the protocol (a code works once, for the client and the verifier it was made for) and signs whatever a test
asks for, the wrong things too.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, unquote_plus, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT: Final = "banjie house"
SECRET: Final = "geheim:7731/ü"
"""With signs that must be written as in a form before they are sent."""

Claims = dict[str, Any]


@cache
def rsa_key(name: str) -> RSAKey:
    """Return a private key of this name; making one takes a while, so it is made once."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"}, private=True)


def signed(claims: Claims, name: str = "k1") -> str:
    """Return an id token as an honest provider signs it."""
    return jwt.encode({"alg": "RS256", "kid": name}, claims, rsa_key(name), algorithms=["RS256"])


@dataclass(slots=True)
class IdentityProvider:
    """What the provider does, and what it has been asked: how often each path, and every form of the token endpoint.

    ``subject`` is who is logged in there. ``change`` alters the claims of the next tokens, ``sign`` makes tokens of
    claims; ``told`` is added to the configuration it publishes. ``redirects`` are paths that answer with a redirect.
    """

    now: Callable[[], datetime]
    subject: str = "subject-1"
    change: Claims = field(default_factory=dict)
    sign: Callable[[Claims], str] = signed
    keys: list[str] = field(default_factory=lambda: ["k1"])
    told: Claims = field(default_factory=dict)
    redirects: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    forms: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    takes_codes_again: bool = False
    port: int = 0

    @property
    def issuer(self) -> str:
        """The provider's issuer; it has a path, as many have."""
        return f"http://127.0.0.1:{self.port}/realms/works"

    @property
    def origin(self) -> str:
        """The provider's origin."""
        return f"http://127.0.0.1:{self.port}"

    def authorise(self, address: str) -> str:
        """Do what a browser and its person do at the authorisation page; return where they are sent back to."""
        question = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert question["response_type"] == "code"
        assert question["client_id"] == CLIENT
        assert question["code_challenge_method"] == "S256"
        assert len(question["code_challenge"]) == 43, "SHA-256 in base64url without padding"
        code = secrets.token_urlsafe(16)
        self.codes[code] = question
        return f"{question['redirect_uri']}?code={code}&state={question['state']}"

    def _published(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "code_challenge_methods_supported": ["plain", "S256"],
            **self.told,
        }

    def _published_keys(self) -> Claims:
        # The symmetric one must never be used: with it anybody could sign.
        shared = {"kty": "oct", "kid": "shared", "k": base64.urlsafe_b64encode(b"x" * 32).decode()}
        return {"keys": [*(rsa_key(name).as_dict(private=False) for name in self.keys), shared]}

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, Claims]:
        kind, _, pair = authorization.partition(" ")
        client, _, secret = base64.b64decode(pair).decode().partition(":")
        if kind != "Basic" or (unquote_plus(client), unquote_plus(secret)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        code = form.get("code", "")
        asked = self.codes.get(code) if self.takes_codes_again else self.codes.pop(code, None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        seconds = int(self.now().timestamp())
        claims: Claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "nonce": asked["nonce"],
            "iat": seconds,
            "exp": seconds + 300,
            # What must never be matched with anybody here.
            "email": "shi@works.example",
            "email_verified": True,
            "preferred_username": "shi",
            "name": "石磊生",
        }
        claims = {name: value for name, value in {**claims, **self.change}.items() if value is not None}
        return 200, {"access_token": "not-used", "token_type": "Bearer", "id_token": self.sign(claims)}

    def answer(self, path: str, form: dict[str, str] | None, authorization: str) -> tuple[int, Claims]:
        """Return status and body for a request."""
        self.asked[path.removeprefix("/realms/works")] += 1
        match path.removeprefix("/realms/works"), form:
            case "/.well-known/openid-configuration", None:
                return 200, self._published()
            case "/keys", None:
                return 200, self._published_keys()
            case "/token", dict() as given:
                self.forms.append(given)
                return self._token(given, authorization)
            case _:
                return 404, {}


@contextmanager
def identity_provider(now: Callable[[], datetime]) -> Iterator[IdentityProvider]:
    """Run a provider in threads until the block ends."""
    provider = IdentityProvider(now)

    class Handler(BaseHTTPRequestHandler):
        """Answers as the provider does, and writes no log."""

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
            """Be quiet."""

        def do_GET(self) -> None:
            """Answer a question."""
            self._answer(None)

        def do_POST(self) -> None:
            """Take a form and answer."""
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str] | None) -> None:
            back = provider.authorise(self.path) if self.path.startswith("/realms/works/authorize?") else None
            if self.path in provider.redirects or back is not None:
                self.send_response(302)
                self.send_header("Location", back or f"{self.path}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, told = provider.answer(self.path, form, self.headers.get("Authorization", ""))
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="identity provider")
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(timeout=60)
        server.server_close()
