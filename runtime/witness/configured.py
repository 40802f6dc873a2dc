"""The witnesses that an operator has declared, made from the settings; what is written wrongly is refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from engine.errors import InputRefused
from engine.ledger.notes import KeyType, VerifierKey, parse_verifier_key
from engine.text import Text

if TYPE_CHECKING:
    from runtime.settings import Settings
    from runtime.witness.client import HttpWitness

ASK_SECONDS: Final = 10.0


def witness_keys(settings: Settings) -> tuple[VerifierKey, ...]:
    """Return the keys of the declared witnesses, in their order.

    Raises:
        InputRefused: the setting is wrong.
    """
    return tuple(key for _address, key in _declared(settings.witnesses))


def witnesses_of(settings: Settings, *, timeout_seconds: float = ASK_SECONDS) -> tuple[HttpWitness, ...]:
    """Return the declared witnesses; only their own addresses are spoken to.

    As with every address that an operator sets, one in a private network has to be named as an internal origin too.

    Raises:
        InputRefused: the setting is wrong.
    """
    declared = _declared(settings.witnesses)
    if not declared:
        return ()
    from notifications.origins import AllowedOrigins, is_origin
    from notifications.posting import Poster
    from runtime.witness.client import HttpWitness

    internal = settings.internal_origins.split()
    if not all(map(is_origin, (*internal, *(address for address, _key in declared)))):
        raise _wrong()
    allowed = AllowedOrigins(public=[address for address, _key in declared], internal=internal)
    poster = Poster(allowed, timeout_seconds=timeout_seconds)
    return tuple(HttpWitness(key, address, poster) for address, key in declared)


def _declared(written: str) -> Sequence[tuple[str, VerifierKey]]:
    declared = list(_entries(written))
    if len({key.name for _address, key in declared}) != len(declared):
        raise _wrong()
    return declared


def _entries(written: str) -> Iterator[tuple[str, VerifierKey]]:
    for entry in written.split(";"):
        match entry.split():
            case []:
                continue
            case [address, text] if address.startswith(("http://", "https://")):
                try:
                    key = parse_verifier_key(text)
                except InputRefused as error:
                    raise _wrong() from error
                if key.kind is not KeyType.COSIGNATURE:
                    raise _wrong()
                yield address, key
            case _:
                raise _wrong()


def _wrong() -> InputRefused:
    return InputRefused(
        Text(
            "BANJIE_WITNESSES 须写作“地址 验证密钥”，多个以分号隔开，名称不得重复；密钥为 banjie witness key 所示，"
            "地址以 http:// 或 https:// 开头，不带用户名和密码（内网地址另须列入 BANJIE_INTERNAL_ORIGINS）",
            "BANJIE_WITNESSES is written 'address KEY', several divided by semicolons, each name once; the key as "
            "banjie witness key prints it, the address with http:// or https:// and without user and password (one in "
            "a private network stands in BANJIE_INTERNAL_ORIGINS too)",
        )
    )
