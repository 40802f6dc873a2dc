"""Receipts: what is signed, both forms, the short form to read aloud, and everything that is no receipt."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputRefused
from engine.ledger.notes import KeyType, VerifierKey
from engine.ledger.receipts import (
    Deposit,
    Receipt,
    SignedReceipt,
    issue,
    matches_short,
    parse_receipt,
    short_form,
)

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"r" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
NAME = "zdh.example.org/receipts"
KEY = VerifierKey(name=NAME, kind=KeyType.NOTE, public=PRIVATE.public_key().public_bytes_raw())
OTHER_KEY = VerifierKey(name=NAME, kind=KeyType.NOTE, public=OTHER.public_key().public_bytes_raw())

DIGEST = hashlib.sha256(b"\x00an entry").digest()
RECEIPT = Receipt(ledger="0f" * 16, case="6f1d" * 8, seq=7, hash=DIGEST)
DEPOSIT = Deposit(ledger="0f" * 16, command=DIGEST)
SIGNED = issue(RECEIPT, KEY, PRIVATE.sign)
SIGNED_DEPOSIT = issue(DEPOSIT, KEY, PRIVATE.sign)
BOTH = pytest.mark.parametrize("signed", [SIGNED, SIGNED_DEPOSIT], ids=["receipt", "deposit"])


def test_a_receipt_says_ledger_case_seq_and_hash_and_nothing_else() -> None:
    expected = f"banjie-receipt-v1\nledger {'0f' * 16}\ncase {'6f1d' * 8}\nseq 7\nhash {DIGEST.hex()}\n"
    signature = base64.b64encode(KEY.key_id + PRIVATE.sign(expected.encode())).decode()

    assert SIGNED.text == f"{expected}\n— {NAME} {signature}\n"
    assert SIGNED.compact == f"banjie-receipt-v1 {'0f' * 16} {'6f1d' * 8} 7 {DIGEST.hex()} {NAME} {signature}"


def test_a_deposit_names_the_command_of_the_entry_to_come() -> None:
    expected = f"banjie-deposit-v1\nledger {'0f' * 16}\ncommand {DIGEST.hex()}\n"
    signature = base64.b64encode(KEY.key_id + PRIVATE.sign(expected.encode())).decode()

    assert SIGNED_DEPOSIT.text == f"{expected}\n— {NAME} {signature}\n"
    assert SIGNED_DEPOSIT.compact == f"banjie-deposit-v1 {'0f' * 16} {DIGEST.hex()} {NAME} {signature}"


@BOTH
def test_asking_again_gives_the_same_bytes(signed: SignedReceipt) -> None:
    assert issue(signed.receipt, KEY, PRIVATE.sign) == signed


@BOTH
@pytest.mark.parametrize("form", ["{text}", "{compact}", "\n {text}\n\n", "  {compact} \n", "{crlf}"])
def test_both_forms_are_read_back_however_they_were_pasted(signed: SignedReceipt, form: str) -> None:
    crlf = signed.text.replace("\n", "\r\n")
    read = parse_receipt(form.format(text=signed.text, compact=signed.compact, crlf=crlf))

    assert read == signed
    assert read.signed_by([OTHER_KEY, KEY])


@BOTH
def test_only_the_key_that_signed_verifies(signed: SignedReceipt) -> None:
    assert not signed.signed_by([OTHER_KEY])
    assert not signed.signed_by([])


@pytest.mark.parametrize(
    "change", [{"ledger": "1f" * 16}, {"case": "6f1e" * 8}, {"seq": 8}, {"hash": hashlib.sha256(b"other").digest()}]
)
def test_a_changed_receipt_does_not_verify(change: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"ledger": "0f" * 16, "case": "6f1d" * 8, "seq": 7, "hash": DIGEST, **change}

    assert not SignedReceipt(receipt=Receipt(**fields), signature=SIGNED.signature).signed_by([KEY])


def test_a_signer_with_another_key_than_the_one_shown_is_found_out() -> None:
    with pytest.raises(InputRefused):
        issue(RECEIPT, KEY, OTHER.sign)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ledger": ""},
        {"ledger": "two words"},
        {"case": "办结"},
        {"case": "a\nseq 9"},
        {"case": "x" * 201},
        {"seq": 0},
        {"seq": True},
        {"seq": 2**53},
        {"hash": b"short"},
    ],
)
def test_a_receipt_that_could_not_be_read_back_is_not_made(wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"ledger": "l", "case": "c", "seq": 1, "hash": DIGEST, **wrong}
    with pytest.raises(InputRefused):
        Receipt(**fields)


@pytest.mark.parametrize("wrong", [{"ledger": "two words"}, {"command": b"short"}])
def test_a_deposit_that_could_not_be_read_back_is_not_made(wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"ledger": "l", "command": DIGEST, **wrong}
    with pytest.raises(InputRefused):
        Deposit(**fields)


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "hello",
        "办结\ud800",
        "x" * 5000,
        SIGNED.text.splitlines()[0],
        SIGNED.text.rsplit("—", 1)[0],
        SIGNED.text.replace("seq 7", "seq 07"),
        SIGNED.text.replace("seq 7", "seq " + "9" * 17),
        SIGNED.text.replace("seq 7", "seq 9007199254740993"),
        SIGNED.text.replace("seq 7\n", ""),
        SIGNED.text.replace("hash ", "hash A"),
        SIGNED.text.replace("hash ", "size 12\nhash "),
        SIGNED.text.replace("banjie-receipt-v1", "banjie-receipt-v2"),
        SIGNED.text.replace("banjie-receipt-v1", "banjie-deposit-v1"),
        SIGNED.text + SIGNED.text.splitlines()[-1],
        SIGNED.compact + " more",
        SIGNED.compact.replace(" 7 ", "  7 "),
        SIGNED.compact.replace("banjie-receipt-v1", "banjie-deposit-v1"),
    ],
)
def test_what_is_no_receipt_is_refused(pasted: str) -> None:
    with pytest.raises(InputRefused):
        parse_receipt(pasted)


def test_the_short_form_is_the_first_160_bits_in_base32() -> None:
    letters = SIGNED.receipt.short.replace(" ", "")

    assert len(letters) == 32
    assert base64.b32decode(letters) == DIGEST[:20]
    assert SIGNED_DEPOSIT.receipt.short == SIGNED.receipt.short
    assert [len(group) for group in SIGNED.receipt.short.split(" ")] == [4] * 8


@pytest.mark.parametrize("spoken", ["{0}", " {0} ", "{1}", "{2}", "{3}"])
def test_a_short_form_matches_however_it_was_typed(spoken: str) -> None:
    short = short_form(DIGEST)
    dashed = short.replace(" ", "-")
    misread = short.replace("O", "0").replace("I", "1").replace("B", "8")
    assert matches_short(spoken.format(short, short.lower(), dashed, misread), DIGEST)


@pytest.mark.parametrize("typed", ["", "AAAA", short_form(DIGEST)[:-1], short_form(DIGEST) + "A", "A" * 1_000_000])
def test_another_short_form_does_not_match(typed: str) -> None:
    assert not matches_short(typed, DIGEST)


def test_hashes_that_differ_within_160_bits_have_other_short_forms() -> None:
    for bit in range(160):
        other = bytearray(DIGEST)
        other[bit // 8] ^= 1 << (bit % 8)
        assert short_form(bytes(other)) != short_form(DIGEST)


@given(st.text(max_size=400))
def test_whatever_is_pasted_is_a_receipt_or_refused(pasted: str) -> None:
    for text in (pasted, "banjie-receipt-v1 " + pasted, RECEIPT.text + "\n" + pasted):
        with pytest.raises(InputRefused):
            parse_receipt(text)


@given(st.integers(0, len(SIGNED.compact) - 1), st.characters(min_codepoint=33, max_codepoint=126))
def test_any_one_changed_character_spoils_a_receipt(place: int, character: str) -> None:
    changed = SIGNED.compact[:place] + character + SIGNED.compact[place + 1 :]
    try:
        holds = parse_receipt(changed).signed_by([KEY])
    except InputRefused:
        holds = False
    assert holds == (changed == SIGNED.compact)
