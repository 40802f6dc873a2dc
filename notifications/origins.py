"""Where messages may go over HTTP: only to origins an operator has named, and not into private networks by accident.

A name is resolved once, every address is looked at, and the connection goes to the address looked at, so that a second
answer of the name service cannot lead elsewhere (server-side request forgery).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx2

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_SIX_TO_FOUR = IPv6Network("2002::/16")  # carries an IPv4 address of anybody's choice
_PORTS = {"http": 80, "https": 443}

Resolve = Callable[[str, int], Sequence[str]]


class OriginRefused(Exception):
    """The address leads to an origin that is not configured, or into a private network: correct the settings."""


class NameUnresolved(Exception):
    """The name service did not answer for this host: try later."""


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Return the addresses the machine's resolver knows for a host.

    Raises:
        NameUnresolved: It knows none, or did not answer.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NameUnresolved(host) from error
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port, as ``https://oapi.dingtalk.com`` or ``http://hooks.factory:8080``."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Return the origin of an address.

        Raises:
            OriginRefused: It is no http or https address of a host, or carries a name and password.
        """
        try:
            parsed = httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise OriginRefused("not an address") from error
        if parsed.scheme not in _PORTS or not parsed.host or parsed.userinfo:
            raise OriginRefused("not an http address of a host")
        return cls(parsed.scheme, parsed.raw_host.decode("ascii").lower(), parsed.port or _PORTS[parsed.scheme])


def is_origin(url: str) -> bool:
    """Tell whether an address leads to an origin that may be configured."""
    try:
        Origin.of(url)
    except OriginRefused:
        return False
    return True


class AllowedOrigins:
    """The origins that may be spoken to; ``internal`` ones may lie in private networks or on this machine.

    Both are full origins: an origin named without a port means the usual port of its scheme and no other.
    """

    def __init__(
        self,
        public: Sequence[str] = (),
        internal: Sequence[str] = (),
        *,
        resolve: Resolve = resolve_by_system,
    ) -> None:
        self._internal = frozenset(Origin.of(url) for url in internal)
        self._public = frozenset(Origin.of(url) for url in public)
        self._resolve = resolve

    def address_of(self, url: str) -> str:
        """Return the network address to connect to for this URL.

        Raises:
            OriginRefused: The origin is not allowed, or not internal and one of its addresses is not public.
            NameUnresolved: No address is known now.
        """
        origin = Origin.of(url)
        if origin not in self._internal and origin not in self._public:
            raise OriginRefused("origin not allowed")
        addresses = self._resolve(origin.host, origin.port)
        if not addresses:
            raise NameUnresolved(origin.host)
        if origin not in self._internal and not all(is_public(address) for address in addresses):
            raise OriginRefused("address not public")
        return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether an address can be reached from the internet at large.

    Loopback, private, link-local, shared, reserved and multicast ranges are not, nor what wraps an IPv4 address in an
    IPv6 one.
    """
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and (parsed not in _GLOBAL_UNICAST or parsed in _SIX_TO_FOUR):
        return False
    return parsed.is_global and not parsed.is_multicast
