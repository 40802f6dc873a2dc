"""The checkpoint in what somebody saved of a mail: found whatever a mail program did to the text, never made up."""

from __future__ import annotations

import random
from email.message import EmailMessage
from hashlib import sha256

import pytest

from engine.errors import InputRefused
from engine.ledger.notes import Checkpoint, KeyType, VerifierKey, parse_note, signed_checkpoint
from notifications.checkpoint_mail import BEGIN, END
from runtime.mailed_notes import MAIL_BYTES_MAX, note_in
from tests.support.refusals import told

ORIGIN = "ledger.example.org/works/2026"


def note(size: int, words: bytes = b"one", witnesses: int = 0) -> bytes:
    """Return a note signed by a key of this test, with more signatures of another."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(sha256(words).digest())
    key = VerifierKey(name=ORIGIN, kind=KeyType.NOTE, public=private.public_key().public_bytes_raw())
    made = signed_checkpoint(Checkpoint(origin=ORIGIN, size=size, root=sha256(words).digest()), key, private.sign)
    more = b"".join(made.encoded().splitlines(keepends=True)[-1:]) * witnesses
    return made.encoded() + more.replace(ORIGIN.encode(), b"witness.example")


NOTE = note(102, witnesses=2)


def framed(*notes: bytes) -> str:
    return "请保存\n\n" + "\n".join(f"{BEGIN}\n{one.decode()}{END}\n" for one in notes) + "\n完\n"


def a_mail(text: str, encoding: str, *, charset: str = "utf-8") -> bytes:
    mail = EmailMessage()
    mail["Subject"] = "账册检查点"
    mail["From"] = "banjie@union.example.cn"
    mail.set_content(text, charset=charset, cte=encoding)
    return mail.as_bytes()


def test_a_note_by_itself_comes_back_as_it_is() -> None:
    assert note_in(NOTE) == NOTE


@pytest.mark.parametrize(
    "saved",
    [
        framed(NOTE).encode(),
        framed(NOTE).replace("\n", "\r\n").encode(),
        framed(NOTE).replace("\n", "\n\n").encode(),
        framed(NOTE).replace("\n", " \n> > ").encode(),
        framed(NOTE).encode("gb18030"),
        framed(NOTE).encode("utf-16"),
        a_mail(framed(NOTE), "base64"),
        a_mail(framed(NOTE), "quoted-printable"),
        a_mail(framed(NOTE), "8bit"),
        a_mail(framed(NOTE), "base64", charset="gb18030"),
    ],
)
def test_the_note_in_a_mail_is_found_with_all_its_signatures(saved: bytes) -> None:
    assert parse_note(note_in(saved)) == parse_note(NOTE)


def test_a_mail_that_was_sent_on_with_the_file_is_read() -> None:
    inner, outer = EmailMessage(), EmailMessage()
    inner.set_content("见附件")
    inner.add_attachment(NOTE, maintype="application", subtype="octet-stream", filename="checkpoint-7.note")
    outer.set_content("转发")
    outer.add_attachment(inner)
    assert note_in(outer.as_bytes()) == NOTE


def test_several_different_checkpoints_are_refused_and_the_same_one_twice_is_one() -> None:
    assert note_in(framed(NOTE, NOTE).encode()) == NOTE
    with told(InputRefused, "其中有几份不同的检查点，请分别另存"):
        note_in(framed(NOTE, note(103)).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nothing",
        f"{BEGIN}\n{END}\n".encode(),
        f"{BEGIN}\n{NOTE.decode()}".encode(),
        f"{BEGIN}\n— — —\n{END}\n".encode(),
        framed(NOTE).replace("\n102\n", "\n1x2\n").encode(),
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" * 200,
        b" " * (MAIL_BYTES_MAX + 1),
        NOTE + b" " * (MAIL_BYTES_MAX + 1),
    ],
)
def test_what_holds_no_note_comes_back_for_the_reader_of_notes_to_refuse(data: bytes) -> None:
    assert note_in(data) == data


def test_a_mail_spoilt_anywhere_never_raises_anything_but_a_refusal() -> None:
    dice = random.Random(20)
    whole = a_mail(framed(NOTE), "base64") + b"\n" + framed(NOTE).encode()
    for _time in range(400):
        spoilt = bytearray(whole)
        for _change in range(dice.randint(1, 20)):
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
        try:
            found = note_in(bytes(spoilt))
        except InputRefused:
            continue
        assert found == bytes(spoilt) or parse_note(found).signatures
