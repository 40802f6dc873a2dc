"""``make campaign``: thousands of requests to a witness, honest ones among stale, forked, forged and torn ones, with
starts anew between: it cosigns one history, never goes back, and refuses nothing honest (TS14)."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.hunting import bug, caught
from benchmarks.report import Results

if TYPE_CHECKING:
    from engine.ledger.merkle import Tree
    from runtime.witness.keeper import WitnessKeeper

REQUESTS: Final = 20_000
FEW: Final = 600
LEAVES: Final = 400
WAYS: Final = ("grow", "grow", "again", "stale", "back", "fork", "same", "forged", "torn", "anew")


def witnesses(results: Results, folder: Path, number: int) -> None:
    """Ask one witness about many logs in every way."""
    asked, cosigned, wrong = hunt(folder / "witness", REQUESTS, number)
    results.add(
        f"{asked} requests to a witness: another history, a smaller tree or another's key cosigned, or honest refused",
        len(wrong), "", "0", met=not wrong and cosigned >= REQUESTS // 10, note="; ".join(wrong[:3]),
    )  # fmt: skip


def witness_bugs(results: Results, folder: Path, number: int) -> None:
    """Put bugs into the witness; each must be seen."""
    found = {}
    for place, (name, (target, instead)) in enumerate(sorted(_bugs().items())):
        with bug([target], instead):
            found[name] = bool(hunt(folder / f"witness-bug-{place}", FEW, number)[2])
    caught(results, "witness", found)


def hunt(folder: Path, requests: int, number: int) -> tuple[int, int, list[str]]:
    """Return how many requests were made, how many checkpoints cosigned, and what was wrong."""
    logging.getLogger("runtime.witness").setLevel(logging.ERROR)  # it warns of every refusal, and most are meant
    drawn = random.Random(number)
    hunted = _Hunted(folder, drawn)
    for _ in range(requests):
        hunted.step(drawn.choice(WAYS))
    hunted.witness.close()
    return requests, hunted.cosigned, hunted.wrong


class _Hunted:
    """A witness, a log with an honest and a forked tree, and what the honest log knows to be cosigned."""

    def __init__(self, folder: Path, drawn: random.Random) -> None:
        from runtime.signer.keeper import Keeper
        from runtime.witness.keeper import make_witness

        self._folder, self._drawn = folder, drawn
        keepers = [Keeper(folder / name) for name in ("log", "stranger")]
        self._log, self._stranger = ((one.key, one._key.sign) for one in keepers)
        for one in keepers:
            one.close()
        self._year = 1999
        make_witness(folder / "witness", "upper.example/w1", [self._log[0]("banjie/works/2000")])
        self.cosigned, self.wrong = 0, list[str]()
        self._size = 0
        self.witness = self._opened()
        self._next_log()

    def step(self, way: str) -> None:
        """Ask in one way and hold the answer against what an honest witness says."""
        drawn, size = self._drawn, self._size
        if way == "anew":
            self.witness.close()
            self.witness = self._opened()
            return
        new = size if way in ("again", "same") else min(LEAVES, size + drawn.randint(1, 9))
        old, tree, key = size, self._tree, self._log
        if way in ("stale", "back") and size > 1:
            old = drawn.randrange(size)
            new = drawn.randint(old, size - 1) if way == "back" else new
        tree = self._fork if way in ("fork", "same") else tree
        key = self._stranger if way == "forged" else key
        body = self._body(old, new, tree, key)
        if way == "torn":
            place = drawn.randrange(len(body))
            body = body[:place] + bytes([body[place] ^ (1 << drawn.randrange(8))]) + body[place + 1 :]
        answer = self.witness.add(body)
        honest = way in ("grow", "again") or (way in ("stale", "back") and old == size)
        if answer.status != 200:
            if honest:
                self.wrong.append(f"{way} from {old} to {new} of {size}: {answer.status}")
            return
        self.cosigned += 1
        if not honest and not (way in ("fork", "same") and tree.root(new) == self._tree.root(new)):
            self.wrong.append(f"{way} from {old} to {new} of {size} was cosigned")
        elif new < size:
            self.wrong.append(f"{way}: went back from {size} to {new}")
        self._size = max(size, new)
        if self._size == LEAVES:
            self._next_log()

    def _body(
        self, old: int, new: int, tree: Tree, key: tuple[Callable[..., object], Callable[[bytes], bytes]]
    ) -> bytes:
        from engine.ledger.notes import Checkpoint, VerifierKey, signed_checkpoint
        from runtime.witness.wire import Addition

        point = Checkpoint(origin=self._origin, size=new, root=tree.root(new))
        named = key[0](self._origin)
        assert isinstance(named, VerifierKey)
        note = signed_checkpoint(point, named, key[1]).encoded()
        return Addition(old=old, proof=tree.consistency(old, new), note=note).encoded()

    def _opened(self) -> WitnessKeeper:
        from runtime.witness.keeper import WitnessKeeper

        return WitnessKeeper(self._folder / "witness")

    def _next_log(self) -> None:
        """Begin the tree of the next year, and a fork of it that parts early."""
        from engine.ledger.merkle import Tree

        self._year = 2000 + (self._year - 1999) % 50
        self._origin = f"banjie/works/{self._year}"
        if self.witness.head(self._origin) is not None:  # fifty years are over
            self.witness.close()
            for path in (self._folder / "witness" / "heads").iterdir():
                path.unlink()
            self.witness = self._opened()
        leaves = [sha256(self._drawn.randbytes(8)).digest() for _ in range(LEAVES)]
        self._tree = Tree(leaves)
        self._fork = Tree([sha256(leaves[0]).digest(), *leaves[1:]])
        self._size = 0
        self.step("grow")


def _bugs() -> dict[str, tuple[str, object]]:
    """Return by name what is replaced, and by what."""
    return {
        "proofs are taken for true": ("runtime.witness.keeper.verify_consistency", lambda *_given: True),
        "signatures are taken for true": ("runtime.witness.keeper.opened", lambda *_given: ()),
        "nothing is kept": ("runtime.witness.keeper.written", _forgets_heads),
        "what is kept is forgotten": ("runtime.witness.keeper.WitnessKeeper.head", lambda *_given: None),
        "every proof is refused": ("runtime.witness.keeper.verify_consistency", lambda *_given: False),
    }


def _forgets_heads(path: Path, data: bytes) -> None:
    from runtime.signer.durable import written

    if path.parent.name != "heads":
        written(path, data)
