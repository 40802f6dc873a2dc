"""Bundles to verify: small ledgers with cases, a stream, openings, an erasure, anchors and receipts, from a seed.

Entries are written here by hand from the description of the format and not by the engine, so that they can be wrong in
every way.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.ledger.bundle import Anchor, Bundle, BundleEntry, Erased, KeyRole, Opening
from engine.ledger.merkle import Tree
from engine.ledger.notes import Checkpoint, KeyType, Note, VerifierKey, cosign, signed_checkpoint, with_signatures
from engine.ledger.receipts import Deposit, Receipt, issue

ORIGIN = "zdh.example.org/2026"
LEDGER = "0f" * 16
START = 1_795_000_000  # 2026-11-18 11:06:40 UTC
Body = dict[str, Any]


def private_key(name: str) -> Ed25519PrivateKey:
    """Return the private key that is always this name's."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def verifier_key(name: str, kind: KeyType = KeyType.NOTE) -> VerifierKey:
    """Return the verifier key of a name."""
    return VerifierKey(name=name, kind=kind, public=private_key(name).public_key().public_bytes_raw())


LOG = verifier_key(ORIGIN)
RECEIPTS = verifier_key("zdh.example.org/receipts")
WITNESS = verifier_key("upper.example/w1", KeyType.COSIGNATURE)
KEYS: list[tuple[KeyRole, VerifierKey]] = [("log", LOG), ("receipt", RECEIPTS), ("witness", WITNESS)]

DEFINITION = {
    "name": "proposal",
    "version": 1,
    "title": {"zh": "提案", "en": "Proposal"},
    "initial": "draft",
    "states": {
        "draft": {"phase": "initial"},
        "filed": {"phase": "active"},
        "merged": {"phase": "active"},
        "closed": {"phase": "final"},
    },
    "fields": {
        "text": {"privacy": "internal", "schema": {"type": "string"}},
        "contact": {"privacy": "personal", "schema": {"type": "string"}},
        "legal_hold": {"privacy": "public", "schema": {"type": "boolean"}},
        "papers": {"privacy": "internal", "schema": {"type": "array", "items": {"type": "string", "format": "file"}}},
        "minutes": {"privacy": "public", "schema": {"type": "array", "items": {"type": "string", "format": "file"}}},
    },
    "retention": {"hold": "legal_hold"},
    "roles": {"proposer": {}, "union_office": {"erases": True}, "auditor": {"erases": True}},
    "transitions": {
        "file": {"from": ["draft"], "to": "filed", "by": ["proposer"], "guards": [{"id": "seconded"}]},
        "remark": {"from": ["draft", "filed"], "stay": True, "by": ["proposer"], "on_behalf": ["union_office"]},
        "merge": {"from": ["filed"], "to": "merged", "by": ["union_office"], "effects": [{"do": "merge"}]},
        "unmerge": {"from": ["merged"], "stay": True, "by": ["union_office"], "effects": [{"do": "unmerge"}]},
        "review": {
            "from": ["filed"],
            "by": ["union_office"],
            "guards": [{"id": "complete"}],
            "alternatives": [{"to": "draft", "guards": [{"id": "returned"}]}, {"to": "closed"}],
        },
    },
}
DEFINITION_TEXT = json.dumps(DEFINITION, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
PINNED = "sha256:" + hashlib.sha256(DEFINITION_TEXT.encode()).hexdigest()


def attached(content: bytes) -> Body:
    """Return how an entry describes a file."""
    digest = hashlib.sha256(content).hexdigest()
    return {"id": digest[:32], "sha256": digest, "size": len(content), "name": "材料.txt", "type": "text/plain"}


MINUTES = "座谈会纪要".encode()
"""A file that every case names in the open."""

# A case held, filed, returned, filed, merged, un-merged and closed, its hold lifted, with everything said that an entry
# of each may say.
STEPS: list[Body] = [
    {
        "type": "changed", "pub": {"category": "安全生产", "legal_hold": True}, "unset": ["old"], "notices": ["told"],
        "published": True,
    },
    {"type": "fired", "transition": "remark", "role": "proposer"},
    {
        "type": "fired", "transition": "remark", "role": "union_office", "unit": "U1",
        "behalf": {"kind": "telephone", "who": "P1"},
        "stated": {"occurred_at": "2026-11-17T01:02:03.000000Z", "basis": "telephone"},
    },
    {"type": "fired", "transition": "file", "to": "filed", "role": "proposer", "guards": [["seconded", True]]},
    {
        "type": "fired", "transition": "review", "to": "draft", "role": "union_office", "unit": "U1",
        "guards": [["complete", True], ["returned", True]],
    },
    {"type": "fired", "transition": "file", "to": "filed", "role": "proposer", "guards": [["seconded", True]]},
    {
        "type": "fired", "transition": "merge", "to": "merged", "role": "union_office", "merge": "9" * 32,
        "resume": "filed", "joined": [{"role": "proposer", "who": "P1", "via": "9" * 32}],
    },
    {"type": "fired", "transition": "unmerge", "to": "filed", "role": "union_office", "merge": ""},
    {"type": "noted", "command": "c" * 64},
    {
        "type": "fired", "transition": "review", "to": "closed", "role": "union_office",
        "guards": [["complete", True], ["returned", False]],
        "clocks": [{
            "name": "reply", "state": "met", "started_at": "2026-11-18T00:00:00.000000Z", "term": "15wd",
            "promised_on": "2026-12-09", "nominal_on": "2026-12-09", "due_on": "2026-12-09",
            "due_at": "2026-12-09T16:00:00.000000Z", "calendar": "2026.1", "rungs": ["yellow"],
            "suspensions": [["2026-11-20", "2026-11-21"], ["2026-11-23"]], "extensions": [5],
        }],
        "rungs": [["reply", "yellow"]],
        # U+1F600 comes before U+E000 in UTF-16 and after it in every other order.
        "pub": {
            "words": {"\U0001f600": "\u0001\"\\\t", "\ue000": -7, "é": [True, False, 9007199254740991]},
            "legal_hold": False,
            "minutes": [attached(MINUTES)],
        },
    },
]  # fmt: skip


def plain(value: Any) -> bytes:
    """Return canonical bytes, written without the code under test."""

    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: ordered(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
        return [ordered(item) for item in value] if isinstance(value, list) else value

    return json.dumps(ordered(value), separators=(",", ":"), ensure_ascii=False).encode()


def leaf(body: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(b"\x00" + body).digest()


def instant(seconds: int) -> str:
    """Return an instant as the ledger writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Ledger:
    """A ledger as it grows: chains of bodies, and the order in which they were sealed."""

    random: random.Random
    at: int = START
    chains: dict[str, list[bytes]] = field(default_factory=dict)
    sealed: list[tuple[str, int]] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)

    def id(self) -> str:
        """Return a random id."""
        return self.random.randbytes(16).hex()

    def add(self, chain: str, parts: Body, secrets: dict[str, Any] | None = None) -> Body:
        """Append an entry to a chain, with commitments to the secrets, and seal it."""
        bodies = self.chains.setdefault(chain, [])
        self.at += self.random.randint(1, 20)
        body: Body = {
            "v": 1,
            "ledger": LEDGER,
            "case": chain,
            "seq": len(bodies) + 1,
            "prev": leaf(bodies[-1]).hex() if bodies else "0" * 64,
            "id": self.id(),
            "at": instant(self.at),
            "actor": "P1",
            **parts,
        }
        if secrets:
            body["priv"] = {}
        for path, value in (secrets or {}).items():
            salt = self.random.randbytes(32)
            body["priv"][path] = commitment(chain, body["id"], path, value, salt)
            self.openings.append(Opening(entry=body["id"], path=path, salt=salt, value=value))
        bodies.append(plain(body))
        self.sealed.append((chain, len(bodies)))
        return body

    def tree(self) -> Tree:
        """Return the tree over all entries, as they stand now."""
        return Tree([leaf(self.chains[chain][seq - 1]) for chain, seq in self.sealed])

    def entries(self, only: Callable[[str, int], bool] = lambda chain, seq: True) -> list[BundleEntry]:
        """Return entries with the proofs of today's tree."""
        tree = self.tree()
        return [
            BundleEntry(
                chain=chain, seq=seq, body=self.chains[chain][seq - 1], index=index, proof=tree.inclusion(index)
            )
            for index, (chain, seq) in enumerate(self.sealed)
            if only(chain, seq)
        ]


def commitment(case: str, entry: str, path: str, value: Any, salt: bytes) -> str:
    """Return the commitment to a value, from the description of the format."""
    return hashlib.sha256(b"banjie-field-v1\x00" + salt + plain([case, entry, path, value])).hexdigest()


def checkpoint(tree: Tree, size: int, seen_at: int | None, origin: str = ORIGIN, signer: str = ORIGIN) -> Note:
    """Return a signed checkpoint over the first leaves, cosigned at this second if any."""
    point = Checkpoint(origin=origin, size=size, root=tree.root(size))
    note = signed_checkpoint(point, verifier_key(signer), private_key(signer).sign)
    if seen_at is None:
        return note
    return with_signatures(note, [cosign(note.text, WITNESS, private_key("upper.example/w1").sign, seen_at)])


@dataclass(frozen=True)
class Sample:
    """A ledger with everything in order, what was published of it on the way, and what its people hold.

    ``marks`` are sizes with the second at which a witness saw them.
    """

    ledger: Ledger
    stream: str
    marks: tuple[tuple[int, int], ...]
    erased: Erased

    @property
    def cases(self) -> list[str]:
        """The cases, the longest first."""
        return sorted((one for one in self.ledger.chains if one != self.stream), key=self.length, reverse=True)

    def length(self, chain: str) -> int:
        """Return how many entries a chain has."""
        return len(self.ledger.chains[chain])

    def receipts(self) -> tuple[str, str]:
        """Return the receipt of the newest entry of a case, and a deposit receipt of one that was held."""
        case, sign = self.cases[0], private_key("zdh.example.org/receipts").sign
        last = Receipt(ledger=LEDGER, case=case, seq=self.length(case), hash=leaf(self.ledger.chains[case][-1]))
        deposit = Deposit(ledger=LEDGER, command=bytes.fromhex(f"{1:064x}"))
        return issue(last, RECEIPTS, sign).text, issue(deposit, RECEIPTS, sign).compact

    def anchor(self, number: int = 1) -> bytes:
        """Return a checkpoint that an auditor got earlier."""
        return checkpoint(self.ledger.tree(), *self.marks[number]).encoded()

    def bundle(self, ledger: Ledger | None = None) -> Bundle:
        """Return the bundle of all cases and of the newest entry of the stream; ``ledger`` is what was made of it."""
        ledger = ledger or self.ledger
        tree, newest = ledger.tree(), self.length(self.stream)
        return Bundle(
            ledger=LEDGER,
            checkpoint=checkpoint(tree, tree.size, ledger.at),
            made_at=datetime.fromtimestamp(ledger.at + 60, UTC),
            tool="banjie 0.1.0",
            entries=ledger.entries(lambda chain, seq: chain != self.stream or seq == newest),
            keys=KEYS,
            definitions={PINNED: DEFINITION_TEXT},
            openings=ledger.openings,
            erased=[self.erased],
            anchors=[
                Anchor(note=checkpoint(tree, size, seen_at), consistency=tree.consistency(size))
                for size, seen_at in self.marks
                if size <= tree.size
            ],
            excerpts=[self.stream],
        )


def paper(number: int) -> bytes:
    """Return a file that the case of this number was opened with; that of nought goes with every case."""
    return f"第{number}件的材料".encode()


def opening_of(number: int) -> Body:
    """Return the first entry of a case."""
    opening = {
        "root": LEDGER, "workflow": "proposal", "version": 1, "definition": PINNED, "lists": {"kinds": "sha256:0"},
        "calendar": "2026.1", "unit": "U1", "congress_session": "S1",
    }  # fmt: skip
    return {"type": "opened", "to": "draft", "role": "proposer", "opening": opening, "command": f"{number:064x}"}


def a_sample(seed: int = 0, cases: int = 3) -> Sample:
    """Return a ledger of some cases, in the first of which a value was erased, and a stream."""
    ledger = Ledger(random.Random(seed))
    chains = [ledger.id() for _ in range(cases)]
    for number, chain in enumerate(chains, start=1):
        secrets = {
            "fields/text": f"反映第{number}件",
            "people/P1": "P" * 32,
            "note": {"more": ["x", number]},
            "fields/contact": f"分机 {number}",
            "fields/papers": [attached(paper(number)), attached(paper(0))],
        }
        ledger.add(chain, opening_of(number), secrets)
    stream = "system:2026-11-18:1"
    ledger.add(stream, {"type": "swept", "actor": "system", "swept": {"calendar": "2026.1", "open": 3}})
    marks = [(len(ledger.sealed), ledger.at)]
    for step in STEPS:
        for chain in chains:
            if chain == chains[0] or step["type"] == "fired" or ledger.random.random() < 0.8:
                ledger.add(chain, step, {"fields/reply": "答复"} if step["type"] == "noted" else None)
        marks.append((len(ledger.sealed), ledger.at))
        ledger.at += 1000
    gone = ledger.openings.pop(0)
    told = {
        "basis": "consent", "values": [{"entry": gone.entry, "seq": 1, "key": "k1", "paths": [gone.path]}],
        "approver": "P3", "approver_role": "auditor",
    }  # fmt: skip
    by = ledger.add(chains[0], {"type": "erased", "actor": "P2", "role": "union_office", "erased": told})
    ledger.add(stream, {"type": "exported", "actor": "person", "by": "P9", "exported": {"rows": 1, "what": ["x"]}})
    ledger.at += 10
    return Sample(ledger, stream, tuple(marks[::3]), Erased(entry=gone.entry, path=gone.path, by=by["id"]))
