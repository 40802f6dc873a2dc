"""Passwords hashed in a moment: thousands of tests log somebody in, and none of them is attacked."""

from __future__ import annotations

from typing import Final

import pytest
from argon2 import PasswordHasher

from engine.access import passwords

REAL: Final = passwords._HASHER
"""What the product hashes with."""
REAL_NOBODY: Final = passwords._NOBODY
"""What the product holds the password of somebody against who is not there."""
QUICK: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def hash_quickly(patch: pytest.MonkeyPatch) -> None:
    """Let this process hash new passwords, and refuse people who have none, with the least that there is."""
    patch.setattr(passwords, "_HASHER", QUICK)
    patch.setattr(passwords, "_NOBODY", QUICK.hash("nobody"))
