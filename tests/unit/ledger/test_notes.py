"""Signed notes, checkpoints and cosignatures, with the vectors that the Go checksum database, C2SP implementations and
running public witnesses have published."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputRefused
from engine.ledger.merkle import root_of
from engine.ledger.notes import (
    Checkpoint,
    KeyType,
    Note,
    Signature,
    VerifierKey,
    cosign,
    cosigned_at,
    opened,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    sign,
    signed_checkpoint,
    with_signatures,
)

# golang.org/x/mod, sumdb/note/note_test.go
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH_KEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
# sum.golang.org/latest of 2024-09-23, with the key that the go command carries
SUMDB_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB = (
    "go.sum database tree\n30055305\nmXfgRcJ0bG0j3CPdKwgGWtUzBUbX67saZGRmFuJGGsM=\n\n"
    "— sum.golang.org Az3grpgEild5qw7+5dtV13Kf1C2Xurm8q4fhdxvcsDHnqNTaxL2AFjBY+2TyGKevucFcAAlWFJJYle3EJlDCrQ+y3A8=\n"
)
# A checkpoint of a public certificate log with the cosignatures of public witnesses (types 0x01 and 0x04)
ARCHE = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
"""  # noqa: E501 - signatures as they were published
ARCHE_KEY = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
WITNESS_KEYS = [
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
]

LOG = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"log").digest())
WITNESS = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"witness").digest())
LOG_KEY = VerifierKey(name="banjie.example/2026", kind=KeyType.NOTE, public=LOG.public_key().public_bytes_raw())
WITNESS_KEY = VerifierKey(
    name="upper.example/w1", kind=KeyType.COSIGNATURE, public=WITNESS.public_key().public_bytes_raw()
)
POINT = Checkpoint(origin="banjie.example/2026", size=3, root=root_of([b"a" * 32, b"b" * 32, b"c" * 32]))


def signers(note: str, *keys: str) -> list[str]:
    return [key.name for key in opened(parse_note(note.encode()), [parse_verifier_key(key) for key in keys])]


def test_the_published_notes_open_with_the_published_keys() -> None:
    note = TEXT + "\n" + PETER + ENOCH

    assert signers(note, PETER_KEY) == ["PeterNeumann"]
    assert signers(note, PETER_KEY, ENOCH_KEY) == ["PeterNeumann", "EnochRoot"]
    assert signers(SUMDB, SUMDB_KEY) == ["sum.golang.org"]
    assert parse_note(note.encode()).text == TEXT
    assert parse_note(note.encode()).encoded() == note.encode()


def test_the_published_key_signs_the_published_signature() -> None:
    """Ed25519 is deterministic, so the bytes themselves are known."""
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(PETER_SEED)[1:])

    assert sign(TEXT, parse_verifier_key(PETER_KEY), private.sign).line == PETER


def test_a_checkpoint_of_a_public_log_and_its_witnesses_hold() -> None:
    keys = [parse_verifier_key(key) for key in (ARCHE_KEY, *WITNESS_KEYS)]
    note = parse_note(ARCHE.encode())

    assert opened(note, keys) == tuple(keys)
    assert parse_checkpoint(note.text).size == 1432088532
    # The three witnesses signed in the same second, 2026-05-23 21:50:24 UTC.
    assert {cosigned_at(signature) for signature in note.signatures[2:]} == {1_779_573_024}


def test_a_published_checkpoint_is_written_as_it_was() -> None:
    point = parse_checkpoint(parse_note(SUMDB.encode()).text)

    assert (point.origin, point.size) == ("go.sum database tree", 30055305)
    assert SUMDB.startswith(point.text + "\n")


@pytest.mark.parametrize("key", [PETER_KEY, ENOCH_KEY, SUMDB_KEY, ARCHE_KEY, *WITNESS_KEYS])
def test_a_published_key_is_written_as_it_was(key: str) -> None:
    assert parse_verifier_key(key).text == key


def test_every_mangled_key_is_refused() -> None:
    """As in the tests of the Go package: every part of it, and every character moved on by one."""
    key = PETER_KEY
    parts = [key[start:end] for start in range(len(key)) for end in range(start + 1, len(key) + 1)]
    moved = [key[:at] + chr(ord(key[at]) + 1) + key[at + 1 :] for at in range(len(key))]
    for mangled in [*(part for part in parts if part != key), *moved]:
        with pytest.raises(InputRefused):
            parse_verifier_key(mangled)


@pytest.mark.parametrize(
    "key",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # wrong length, id adjusted
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # unknown algorithm, id adjusted
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "",
        "++",
        "办结",
        "name\ud800+c74f20a3+AR==",
    ],
)
def test_a_key_of_another_form_is_refused(key: str) -> None:
    with pytest.raises(InputRefused):
        parse_verifier_key(key)


@pytest.mark.parametrize(
    "note",
    [
        TEXT,
        TEXT + "\n",
        TEXT + "\n" + PETER[:-1],
        "\x01" + TEXT + "\n" + PETER,
        TEXT.replace("\n", "\r\n") + "\n" + PETER,
        TEXT + "\n— Bad Name " + PETER.split(" ")[2],
        TEXT + "\n" + PETER + "Unexpected line.\n",
        TEXT + "\n" + PETER.replace("—", "-"),
        TEXT + "\n" + PETER.replace("=\n", "\n"),
        TEXT + "\n" + PETER.replace("AM=\n", "AN=\n"),  # the same bytes, written otherwise
        TEXT + "\n— a+b " + PETER.split(" ")[2],
        TEXT + "\n— PeterNeumann AAAA\n",
        TEXT + "\n" + PETER * 101,
        "x" * 70_000 + "\n\n" + PETER,
    ],
)
def test_a_malformed_note_is_refused(note: str) -> None:
    with pytest.raises(InputRefused):
        parse_note(note.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputRefused):
        parse_note(b"\xff" + TEXT.encode() + b"\n" + PETER.encode())


def test_the_text_ends_at_the_last_empty_line() -> None:
    assert parse_note(("one\n\ntwo\n\n" + PETER).encode()).text == "one\n\ntwo\n"


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    with pytest.raises(InputRefused):
        signers(TEXT + "\n" + PETER, ENOCH_KEY)
    with pytest.raises(InputRefused):
        signers(TEXT + "\n" + PETER)


def test_a_broken_signature_of_a_known_key_spoils_the_note() -> None:
    raw = bytearray(base64.b64decode(PETER.split(" ")[2]))
    raw[20] ^= 1
    broken = f"— PeterNeumann {base64.b64encode(raw).decode()}\n"

    for lines in (broken, ENOCH + broken, PETER + broken):
        with pytest.raises(InputRefused):
            signers(TEXT + "\n" + lines, PETER_KEY, ENOCH_KEY)
    assert signers(TEXT + "\n" + broken + ENOCH, ENOCH_KEY) == ["EnochRoot"]


def test_a_signature_under_another_text_does_not_hold() -> None:
    with pytest.raises(InputRefused):
        signers(TEXT.replace("answer", "Answer") + "\n" + PETER, PETER_KEY)


def test_a_name_or_an_id_alone_does_not_make_a_signature_known() -> None:
    raw = base64.b64decode(ENOCH.split(" ")[2])
    renamed = f"— PeterNeumann {base64.b64encode(raw).decode()}\n"

    assert signers(TEXT + "\n" + renamed + PETER, PETER_KEY) == ["PeterNeumann"]


def test_what_is_signed_here_opens_here() -> None:
    note = signed_checkpoint(POINT, LOG_KEY, LOG.sign)
    note = with_signatures(note, [cosign(note.text, WITNESS_KEY, WITNESS.sign, 1_800_000_000)])
    again = parse_note(note.encoded())

    assert again == note
    assert opened(again, [WITNESS_KEY, LOG_KEY]) == (WITNESS_KEY, LOG_KEY)
    assert parse_checkpoint(again.text) == POINT
    assert cosigned_at(again.signatures[1]) == 1_800_000_000


def test_a_cosignature_covers_its_time_and_is_no_plain_signature() -> None:
    good = cosign(POINT.text, WITNESS_KEY, WITNESS.sign, 1_800_000_000)
    later = Signature(name=good.name, key_id=good.key_id, signature=(1_800_000_001).to_bytes(8) + good.signature[8:])
    plain = VerifierKey(name=WITNESS_KEY.name, kind=KeyType.NOTE, public=WITNESS_KEY.public)

    assert WITNESS_KEY.verifies(POINT.text, good)
    assert not WITNESS_KEY.verifies(POINT.text, later)
    assert not plain.verifies(POINT.text, good)
    assert not WITNESS_KEY.verifies(POINT.text, sign(POINT.text, plain, WITNESS.sign))


def test_a_witness_signs_checkpoints_only() -> None:
    with pytest.raises(InputRefused):
        cosign("no checkpoint\n", WITNESS_KEY, WITNESS.sign, 1)
    with pytest.raises(InputRefused):
        cosign(POINT.text, LOG_KEY, LOG.sign, 1)
    with pytest.raises(InputRefused):
        cosign(POINT.text, WITNESS_KEY, WITNESS.sign, -1)


def test_a_signer_with_another_key_than_the_one_shown_is_found_out() -> None:
    with pytest.raises(InputRefused):
        sign(POINT.text, LOG_KEY, WITNESS.sign)
    with pytest.raises(InputRefused):
        cosign(POINT.text, WITNESS_KEY, LOG.sign, 1)


def test_the_time_of_what_is_no_cosignature_is_refused() -> None:
    with pytest.raises(InputRefused):
        cosigned_at(sign(POINT.text, LOG_KEY, LOG.sign))


def test_the_same_signature_is_not_added_twice() -> None:
    note = signed_checkpoint(POINT, LOG_KEY, LOG.sign)

    assert with_signatures(note, note.signatures) == note


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n3\n",
        "origin\n3\n" + "A" * 43 + "=",
        "\n3\n" + "A" * 43 + "=\n",
        "origin\n03\n" + "A" * 43 + "=\n",
        "origin\n-3\n" + "A" * 43 + "=\n",
        "origin\n+3\n" + "A" * 43 + "=\n",
        "origin\n３\n" + "A" * 43 + "=\n",
        "origin\n9007199254740992\n" + "A" * 43 + "=\n",
        "origin\n" + "9" * 5000 + "\n" + "A" * 43 + "=\n",
        "origin\n3\n" + "A" * 42 + "==\n",
        "origin\n3\n" + "A" * 40 + "\n",
        "origin\n3\n" + "A" * 43 + "=\nextension\n",
        "ori\tgin\n3\n" + "A" * 43 + "=\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InputRefused):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "wrong", [{"origin": ""}, {"origin": "a\nb"}, {"size": -1}, {"size": True}, {"size": 2**53}, {"root": b"short"}]
)
def test_a_checkpoint_that_could_not_be_read_back_is_not_made(wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"origin": "o", "size": 1, "root": b"r" * 32, **wrong}
    with pytest.raises(InputRefused):
        Checkpoint(**fields)


def test_a_fingerprint_is_the_hash_of_the_printed_key_in_groups_of_four() -> None:
    key = parse_verifier_key(PETER_KEY)

    assert key.fingerprint.replace(" ", "") == hashlib.sha256(PETER_KEY.encode()).hexdigest()
    assert [len(group) for group in key.fingerprint.split(" ")] == [4] * 16


@given(st.binary(max_size=300))
def test_whatever_bytes_come_are_a_note_or_refused(data: bytes) -> None:
    for whole in (data, TEXT.encode() + b"\n" + data, data + b"\n\n" + PETER.encode()):
        try:
            note = parse_note(whole)
        except InputRefused:
            continue
        assert note.encoded() == whole


@given(st.text(max_size=60), st.binary(max_size=90))
def test_whatever_a_signature_holds_it_never_verifies_and_never_raises(name: str, raw: bytes) -> None:
    for key in (LOG_KEY, WITNESS_KEY):
        forged = Signature(name=key.name, key_id=key.key_id, signature=raw)
        assert not key.verifies(POINT.text, forged)
        assert not key.verifies(name, forged)
        with pytest.raises(InputRefused):
            opened(Note(text=POINT.text, signatures=(forged,)), [key])
