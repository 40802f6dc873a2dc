"""The text form of offline proofs, with the example of c2sp.org/tlog-proof."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputRefused
from engine.ledger.merkle import Tree
from engine.ledger.notes import Checkpoint, KeyType, Note, VerifierKey, parse_note, signed_checkpoint
from engine.ledger.tlog_proofs import TlogProof, parse_tlog_proof

LOG = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
KEY = VerifierKey(name="example.com/fancylog", kind=KeyType.NOTE, public=LOG.public_key().public_bytes_raw())
LEAVES = [hashlib.sha256(bytes([number])).digest() for number in range(5)]
TREE = Tree(LEAVES)
POINT = signed_checkpoint(Checkpoint(origin="example.com/fancylog", size=5, root=TREE.root()), KEY, LOG.sign)

# The head of the example in the specification. Its extra data and its signatures are no whole base64 there: these, and
# the checkpoint, are ours.
EXAMPLE = b"""c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

"""


def test_the_example_of_the_specification_is_read_and_written_again() -> None:
    whole = EXAMPLE + POINT.encoded()
    proof = parse_tlog_proof(whole)

    assert proof.index == 73894
    assert [base64.b64encode(one).decode()[:6] for one in proof.hashes] == [
        "gSKyXo", "B95lDa", "EKNzoD", "RoopEk", "AHCioX",
    ]  # fmt: skip
    assert proof.extra == b"age-v1.2.1-darwin-arm64.tar.gz"
    assert proof.encoded() == whole


@pytest.mark.parametrize("index", range(5))
def test_a_proof_of_an_entry_proves_that_entry_alone(index: int) -> None:
    proof = parse_tlog_proof(TlogProof(index=index, hashes=TREE.inclusion(index), checkpoint=POINT).encoded())

    assert [proof.proves(leaf) for leaf in LEAVES] == [place == index for place in range(5)]


def test_the_first_entry_of_a_tree_of_one_needs_no_hashes() -> None:
    point = signed_checkpoint(Checkpoint(origin="o", size=1, root=LEAVES[0]), KEY, LOG.sign)
    proof = TlogProof(index=0, hashes=(), checkpoint=point)

    assert proof.encoded().startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\no\n1\n")
    assert parse_tlog_proof(proof.encoded()).proves(LEAVES[0])


def test_a_proof_under_a_note_that_is_no_checkpoint_proves_nothing() -> None:
    note = Note(text="hello\n", signatures=POINT.signatures)
    assert not TlogProof(index=0, hashes=TREE.inclusion(0), checkpoint=note).proves(LEAVES[0])


HASH = base64.b64encode(b"h" * 32).decode()


@pytest.mark.parametrize(
    "head",
    [
        "",
        "wrong-header\nindex 0",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\nextra !!notbase64!!\nindex 0",
        "c2sp.org/tlog-proof@v1\nextra AAAA",
        "c2sp.org/tlog-proof@v1\nindex notanumber",
        "c2sp.org/tlog-proof@v1\nindex -5",
        "c2sp.org/tlog-proof@v1\nindex 05",
        "c2sp.org/tlog-proof@v1\nindex 9007199254740992",
        "c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + base64.b64encode(bytes(64)).decode(),
        f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH}\n办结",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH} ",
    ],
)
def test_a_malformed_proof_is_refused(head: str) -> None:
    with pytest.raises(InputRefused):
        parse_tlog_proof(head.encode() + b"\n\n" + POINT.encoded())


def test_a_proof_without_a_checkpoint_is_refused() -> None:
    with pytest.raises(InputRefused):
        parse_tlog_proof(b"c2sp.org/tlog-proof@v1\nindex 0\n")
    with pytest.raises(InputRefused):
        parse_tlog_proof(b"c2sp.org/tlog-proof@v1\nindex 0\n\n")


@given(st.binary(max_size=200))
def test_whatever_bytes_come_are_a_proof_or_refused(data: bytes) -> None:
    for whole in (data, b"c2sp.org/tlog-proof@v1\n" + data, data + b"\n\n" + POINT.encoded()):
        try:
            proof = parse_tlog_proof(whole)
        except InputRefused:
            continue
        assert proof.encoded() == whole
        assert parse_note(proof.checkpoint.encoded()) == proof.checkpoint
