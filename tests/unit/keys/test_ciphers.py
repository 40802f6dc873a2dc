"""How one value is encrypted. Keys are derived here with hashlib alone, values opened with the cipher itself."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.ledger.ciphers import open_value, seal_value, value_key
from engine.ledger.commitments import Opened

DATA_KEY = bytes(range(32))
SALT = bytes(range(32, 64))
NONCE = bytes(range(12))


def hmac_by_hand(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 as RFC 2104 defines it, for keys of 32 bytes."""
    padded = key + bytes(32)
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def test_the_key_of_a_value_follows_from_data_key_and_path() -> None:
    assert value_key(DATA_KEY, "fields/电话") == hmac_by_hand(DATA_KEY, b"banjie-value-v1\x00" + "fields/电话".encode())


def test_a_value_is_its_nonce_and_the_sealed_salt_and_canonical_value() -> None:
    sealed = seal_value(DATA_KEY, "e1", "note", SALT, {"b": 1, "a": "食堂"}, NONCE)

    assert sealed[:12] == NONCE
    assert AESGCM(DATA_KEY).decrypt(NONCE, sealed[12:], b"e1/note") == SALT + '{"a":"食堂","b":1}'.encode()


def test_a_value_is_opened_at_its_place() -> None:
    sealed = seal_value(DATA_KEY, "e1", "note", SALT, "食堂", NONCE)

    assert open_value(DATA_KEY, "e1", "note", sealed) == Opened(salt=SALT, value="食堂")


@pytest.mark.parametrize(
    ("key", "entry", "path"), [(bytes(32), "e1", "note"), (DATA_KEY, "e2", "note"), (DATA_KEY, "e1", "n")]
)
def test_a_value_is_opened_nowhere_else(key: bytes, entry: str, path: str) -> None:
    assert open_value(key, entry, path, seal_value(DATA_KEY, "e1", "note", SALT, "食堂", NONCE)) is None


@pytest.mark.parametrize("cut", [0, 1, 11, 12, 27, 28, 60])
def test_a_cut_off_value_opens_to_nothing(cut: int) -> None:
    assert open_value(DATA_KEY, "e1", "note", seal_value(DATA_KEY, "e1", "note", SALT, "食堂", NONCE)[:cut]) is None


def test_every_changed_bit_is_noticed() -> None:
    sealed = seal_value(DATA_KEY, "e1", "note", SALT, "食", NONCE)

    for place in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[place // 8] ^= 1 << place % 8
        assert open_value(DATA_KEY, "e1", "note", bytes(changed)) is None
