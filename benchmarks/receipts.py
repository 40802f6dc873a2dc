"""``make campaign``: millions of query codes, no two alike; thousands of receipts, each of another entry, and every one
of them proved under the next checkpoint (T-RECEIPT)."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.hunting import bug, caught
from benchmarks.report import Results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.ledger.notes import VerifierKey
    from engine.ledger.receipts import SignedReceipt
    from runtime.receipt_key import ReceiptKey
    from tests.support.house import House

CODES: Final = 10_000_000
CASES: Final = 5_000
FEW: Final = 20
BATCH: Final = 200
SIGNS_COMPARED: Final = 12
"""So many signs of a code are compared, 60 bits: among ten million codes two agree in them by chance once in twenty
thousand campaigns."""


def receipts(results: Results, folder: Path, _number: int) -> None:
    """Make query codes and look for two alike; give receipts of many entries, seal, and prove each."""
    from tests.support.house import open_house

    with open_house(f"sqlite:///{folder}/codes.db") as house:
        repeated = alike(codes(house, CODES))
    results.add(f"{CODES} query codes: two alike", repeated, "", "0", met=repeated == 0)
    given, wrong = looked_through(folder / "receipts", CASES)
    results.add(
        f"{given} receipts: two alike, unsigned, or of an entry that the next checkpoint does not prove",
        len(wrong), "", "0", met=not wrong and given >= 2 * CASES, note="; ".join(wrong[:3]),
    )  # fmt: skip


def receipt_bugs(results: Results, folder: Path, _number: int) -> None:
    """Put bugs into the giving of receipts and codes; each must be seen."""
    from tests.support.house import open_house

    found = {}
    for place, (name, (target, instead)) in enumerate(sorted(_bugs().items())):
        with bug([target], instead):
            found[name] = bool(looked_through(folder / f"receipts-bug-{place}", FEW)[1])
    with open_house(f"sqlite:///{folder}/codes-bug.db") as house:
        same = [code for key in range(FEW) for code in codes(house, 1, first=key // 2)]
    found["a code of the half of its request"] = alike(same) > 0
    caught(results, "receipts", found)


def codes(house: House, count: int, first: int = 0) -> Iterable[str]:
    """Yield the query codes of so many requests."""
    from engine.service.deposits import DepositBox
    from tests.support.house import ROOT

    box = DepositBox(house.desk)
    return (box._code_for(ROOT, f"request {number}") for number in range(first, first + count))


def alike(made: Iterable[str]) -> int:
    """Return how many of the codes begin as another one does."""
    signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    value = {sign: number for number, sign in enumerate(signs)}
    heads = array("Q")
    for code in made:
        head = 0
        for sign in code[:SIGNS_COMPARED]:
            head = head << 5 | value[sign]
        heads.append(head)
    return sum(one == other for one, other in pairwise(sorted(heads)))


def looked_through(folder: Path, cases: int) -> tuple[int, list[str]]:
    """Fill a house, give a receipt of every entry before anything is sealed and once more after; return how many
    there were, and what is wrong with which."""
    from runtime.receipt_key import ReceiptKey
    from runtime.settings import Settings
    from runtime.signer.keeper import Keeper
    from tests.support.house import open_house
    from tests.support.sealing import sealed

    folder.mkdir(parents=True)
    url, keeper = f"sqlite:///{folder}/banjie.db", Keeper(folder / "signer")
    try:
        with open_house(url) as house:
            _fill(house, cases)
            key = ReceiptKey(Settings(database_url=url))
            before = given(house, key)
            sealed(house, keeper)
            after = given(house, key)
            wrong = [f"{place}: another one once sealed" for place in before if before[place].text != after[place].text]
            wrong += repeated(list(before.values())) + unproved(house, before, key.key, keeper.key)
            return len(before), wrong
    finally:
        keeper.close()


def _fill(house: House, cases: int) -> None:
    """Open cases in batches, and make a move in each."""
    from engine.case.commands import FireTransition, OpenCase
    from engine.case.identity import PersonId, UnitId
    from engine.service.execute import Done
    from tests.support.house import PROPOSAL, ROOT, SESSION

    actor = house.desk.queries.actor(ROOT, PersonId("shi"), house.clock.now())
    form = {**PROPOSAL, "proposer_type": "delegation"}
    for first in range(0, cases, BATCH):
        opened = house.desk.office.carry_out(
            [
                OpenCase(root=ROOT, actor=actor, key=f"open {number}", workflow="proposal", unit=UnitId("works"),
                         congress_session=SESSION, form=form)
                for number in range(first, min(first + BATCH, cases))
            ]
        )  # fmt: skip
        moves = [
            FireTransition(root=ROOT, actor=actor, key=f"move {one.outcome.case}", case=one.outcome.case,
                           transition="submit", form={})
            for one in opened if isinstance(one, Done)
        ]  # fmt: skip
        assert all(isinstance(one, Done) for one in house.desk.office.carry_out(moves))


def given(house: House, key: ReceiptKey) -> Mapping[tuple[str, int], SignedReceipt]:
    """Return the receipt of every entry of every case and stream, by its place."""
    from tests.support.house import ROOT

    reads = house.desk.reads
    rows = [row for case in reads.kept_ids(ROOT) for row in reads.entries(ROOT, case)]
    return {(row.case, row.seq): key.receipt(ROOT, row.case, row.seq, row.hash) for row in rows}


def repeated(signed: Sequence[SignedReceipt]) -> list[str]:
    """Return in what receipts are not each another's: text, line for a code, short form to read aloud."""
    forms: Mapping[str, Callable[[SignedReceipt], str]] = {
        "text": lambda one: one.text,
        "compact": lambda one: one.compact,
        "short": lambda one: one.receipt.short,
    }
    return [f"two alike: {name}" for name, form in forms.items() if len({form(one) for one in signed}) < len(signed)]


def unproved(
    house: House,
    signed: Mapping[tuple[str, int], SignedReceipt],
    receipt_key: VerifierKey,
    log_key: Callable[[str], VerifierKey | None],
) -> list[str]:
    """Return the receipts that prove nothing: not signed, not read back in both forms, or of an entry that is not in
    the tree of the newest checkpoint."""
    from engine.ledger.merkle import Tree, verify_inclusion
    from engine.ledger.notes import opened, parse_checkpoint
    from engine.ledger.receipts import Receipt, parse_receipt
    from engine.service.proving import newest_note
    from tests.support.house import ROOT

    reads = house.desk.reads
    note = newest_note(reads, ROOT)
    point = parse_checkpoint(note.text)
    key = log_key(point.origin)
    if key is None or not opened(note, [key]):
        return ["the checkpoint is not signed"]
    with reads.tree_view(ROOT) as view:
        leaves = [(leaf.case, leaf.seq, leaf.hash) for leaf in view.leaves()]
    tree, places = Tree([leaf[2] for leaf in leaves]), {leaf[:2]: index for index, leaf in enumerate(leaves)}
    wrong = []
    for place, one in signed.items():
        told = one.receipt
        if not one.signed_by([receipt_key]) or any(parse_receipt(form) != one for form in (one.text, one.compact)):
            wrong.append(f"{place}: not signed, or not read back")
        elif not isinstance(told, Receipt) or (told.case, told.seq) != place or place not in places:
            wrong.append(f"{place}: of another entry, or of none")
        elif not verify_inclusion(places[place], point.size, told.hash, tree.inclusion(places[place]), point.root):
            wrong.append(f"{place}: not in the tree of the checkpoint")
    return wrong


def _bugs() -> Mapping[str, tuple[str, object]]:
    """Return bugs in what gives receipts, by what each is called."""
    from runtime.receipt_key import ReceiptKey

    right = ReceiptKey.receipt

    def of_the_entry_before(self: ReceiptKey, root: str, case: str, seq: int, digest: bytes) -> SignedReceipt:
        return right(self, root, case, max(1, seq - 1), digest)  # type: ignore[arg-type]  # as it is called

    def of_half_a_hash(self: ReceiptKey, root: str, case: str, seq: int, digest: bytes) -> SignedReceipt:
        return right(self, root, case, seq, digest[:16] + bytes(16))  # type: ignore[arg-type]  # as it is called

    def of_the_case(self: ReceiptKey, root: str, case: str, _seq: int, digest: bytes) -> SignedReceipt:
        return right(self, root, case, 1, digest[:1] * 32)  # type: ignore[arg-type]  # as it is called

    target = "runtime.receipt_key.ReceiptKey.receipt"
    return {
        "the place of the entry before": (target, of_the_entry_before),
        "half a hash": (target, of_half_a_hash),
        "one receipt for a case": (target, of_the_case),
    }
