"""A witness in this process, for tests: made in a folder, asked as the log asks it, and its notes as others publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import cast

from engine.errors import InputRefused
from engine.ledger.notes import Note, Signature, VerifierKey, parse_note
from engine.service.sealing_witnesses import Trouble
from notifications.posting import Answer, Poster
from runtime.witness.client import HttpWitness
from runtime.witness.keeper import WitnessKeeper, make_witness
from runtime.witness.trusted import Trusted
from runtime.witness.wire import Addition, place_of

NAME = "upper.example/w1"

# FiloSottile/litetlog, internal/witness/witness_test.go: a log, three checkpoints of it with their proofs, and where
# the old sizes lead (test seed b4e385f4…, published under ISC).
SIGSUM_ORIGIN = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
SIGSUM_PUBLIC = "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"
ONE = f"""{SIGSUM_ORIGIN}
1
KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

— {SIGSUM_ORIGIN} UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=
""".encode()
THREE = f"""{SIGSUM_ORIGIN}
3
RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=

— {SIGSUM_ORIGIN} UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=
""".encode()
FIVE = f"""{SIGSUM_ORIGIN}
5
QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=

— {SIGSUM_ORIGIN} UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=
""".encode()
ONE_TO_THREE = [bytes.fromhex("2a01" + "00" * 30), bytes.fromhex("2a02" + "00" * 30)]
ONE_TO_FIVE = [
    bytes.fromhex("2a01" + "00" * 30),
    bytes.fromhex("f9f50357e93def4078237b8aaea24ce1a3f5965a0f64ff26bebd99e30470d8b2"),
    bytes.fromhex("2a04" + "00" * 30),
]
THREE_TO_FIVE = [
    bytes.fromhex("2a02" + "00" * 30),
    bytes.fromhex("2a03" + "00" * 30),
    bytes.fromhex("c2088815d65f60dbfa594d4e96504ab169cb6084bf0c132ab7c521fd2e0eba41"),
    bytes.fromhex("2a04" + "00" * 30),
]


def a_witness(
    folder: Path,
    keys: Iterable[VerifierKey] = (),
    *,
    trusted: Trusted | None = None,
    now: Callable[[], float] = lambda: 1_790_000_000.0,
) -> WitnessKeeper:
    """Return a witness with a key of its own that trusts these logs; it is to be closed."""
    make_witness(folder, NAME, keys)
    return WitnessKeeper(folder, trusted=trusted, now=now)


def asked(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Return the body of a request."""
    return Addition(old=old, proof=tuple(proof), note=note).encoded()


class DirectWitness:
    """Implements ``Witness`` on a keeper in this process; ``is_away`` makes it unreachable, ``says`` what it answers.

    What comes back is read as the client over HTTP reads it.
    """

    def __init__(self, keeper: WitnessKeeper) -> None:
        self.keeper = keeper
        self.is_away = False
        self.loses_answers = False
        self.asked: list[int] = []

    @property
    def key(self) -> VerifierKey:
        return self.keeper.key

    def add(self, old: int, proof: Sequence[bytes], note: bytes) -> Signature | int | Trouble:
        self.asked.append(old)
        if self.is_away:
            return Trouble.AWAY
        client = HttpWitness(self.keeper.key, "http://witness.example", cast(Poster, _Poster(self.keeper)))
        answer = client.add(old, proof, note)
        return Trouble.AWAY if self.loses_answers else answer

    def newest(self, origin: str) -> Note | Trouble | None:
        if self.is_away:
            return Trouble.AWAY
        kept = self.keeper.newest(place_of(origin))
        try:
            return None if kept is None else parse_note(kept)
        except InputRefused:
            return Trouble.NONSENSE


class _Poster:
    """Hands what would go over HTTP to a keeper."""

    def __init__(self, keeper: WitnessKeeper) -> None:
        self._keeper = keeper

    def post(self, url: str, body: bytes, headers: object) -> Answer:
        assert url == "http://witness.example/add-checkpoint"
        answer = self._keeper.add(body)
        return Answer(answer.status, answer.body)
