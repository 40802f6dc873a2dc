"""Salted commitments to private values. Commitments are made here with hashlib alone."""

from __future__ import annotations

import hashlib

import pytest

from engine.errors import InputRefused
from engine.ledger.commitments import NullSealer, Opened, PrivateValue, Sealer, commit, opens

SALT = bytes(range(32))
PLACE = {"case": "c1", "entry": "e1", "path": "text"}


def test_a_commitment_is_the_hash_of_domain_salt_and_place_and_value() -> None:
    preimage = b"banjie-field-v1\x00" + SALT + '["c1","e1","text",{"a":"食堂","b":[1,true]}]'.encode()

    assert commit("c1", "e1", "text", {"b": [1, True], "a": "食堂"}, SALT) == hashlib.sha256(preimage).hexdigest()


def test_a_commitment_is_opened_by_its_own_salt_and_value() -> None:
    commitment = commit("c1", "e1", "text", "改善食堂", SALT)

    assert opens(commitment, **PLACE, value="改善食堂", salt=SALT)


@pytest.mark.parametrize(
    "change",
    [
        {"case": "c2"},
        {"entry": "e2"},
        {"path": "name"},
        {"value": "改善浴室"},
        {"value": True},
        {"value": 1.5},
        {"value": None},
        {"salt": bytes(32)},
        {"salt": SALT[:31]},
        {"salt": b""},
    ],
    ids=str,
)
def test_a_commitment_is_opened_by_nothing_else(change: dict[str, object]) -> None:
    commitment = commit("c1", "e1", "text", "改善食堂", SALT)
    opening: dict[str, object] = {**PLACE, "value": "改善食堂", "salt": SALT, **change}

    assert not opens(commitment, **opening)  # type: ignore[arg-type]  # the values are mixed on purpose


def test_true_and_one_have_different_commitments() -> None:
    assert commit("c1", "e1", "text", True, SALT) != commit("c1", "e1", "text", 1, SALT)


@pytest.mark.parametrize("value", [1.5, None, "\ud800", {"a": 2**53}])
def test_a_value_that_the_ledger_does_not_hold_is_refused(value: object) -> None:
    with pytest.raises(InputRefused):
        commit("c1", "e1", "text", value, SALT)


def test_a_short_salt_is_a_defect_of_ours() -> None:
    with pytest.raises(AssertionError):
        commit("c1", "e1", "text", "a", SALT[:31])
    with pytest.raises(AssertionError):
        NullSealer().seal("e1", [PrivateValue("text", SALT[:31], "a")])


def test_the_null_sealer_writes_salt_and_value_in_the_clear_under_no_key() -> None:
    key, ciphertexts = NullSealer().seal("e1", [PrivateValue("text", SALT, {"a": "食堂"})])

    assert (key, ciphertexts) == ("", (SALT + '{"a":"食堂"}'.encode(),))


def test_the_null_sealer_opens_what_it_sealed_and_nothing_that_names_a_key() -> None:
    sealer: Sealer = NullSealer()
    key, (first, second) = sealer.seal("e1", [PrivateValue("text", SALT, [1, "a"]), PrivateValue("other", SALT, "b")])

    assert sealer.open("e1", "text", key, first) == Opened(salt=SALT, value=[1, "a"])
    assert sealer.open("e1", "other", key, second) == Opened(salt=SALT, value="b")
    assert sealer.open("e1", "text", "0000000000000001", first) is None
    assert not sealer.holds("", "text")


@pytest.mark.parametrize("ciphertext", [b"", SALT[:31], SALT, SALT + b"{", SALT + b"[ 1]", SALT + b"\xff"])
def test_the_null_sealer_opens_nothing_else(ciphertext: bytes) -> None:
    assert NullSealer().open("e1", "text", "", ciphertext) is None
