"""Codes that people read from paper and type or say: activation codes and recovery codes. Keeps nothing."""

from __future__ import annotations

import secrets
from typing import Final

# Crockford's 32 signs: no I, L, O or U, so that nothing is taken for a digit or spells a word.
_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HEARD_AS: Final = str.maketrans("OIL", "011")
_BETWEEN: Final = str.maketrans("", "", "- \t\u3000\u2013\u2014\uff0d")
GROUP: Final = 4
ACTIVATION_GROUPS: Final = 4
RECOVERY_GROUPS: Final = 4
RECOVERY_CODES: Final = 10
CODE_CHARACTERS_MAX: Final = 60


def new_code(groups: int = ACTIVATION_GROUPS) -> str:
    """Return a random code in groups of four signs of five bits each: four groups are 80 bits."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(GROUP)) for _ in range(groups))


def plain_code(typed: str) -> str:
    """Return a code as it is hashed, however it was typed: without divisions, in capitals, look-alikes resolved.

    >>> plain_code(" 7k3o-0Il1 ")
    '7K300111'
    """
    return typed.strip().upper().translate(_BETWEEN).translate(_HEARD_AS)


def is_code(plain: str, groups: int = ACTIVATION_GROUPS) -> bool:
    """Return whether this could be a code of ours; anything else need not be looked up."""
    return len(plain) == groups * GROUP and all(sign in _SIGNS for sign in plain)
