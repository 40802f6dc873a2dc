"""What an administrator does who knows all of this: TS1 to TS14, each as careful as it can be, at places drawn anew.

Careful means: every hash, link, leaf, head, heartbeat and row that follows from a change is computed anew, by the code
of the house itself. What is to be found, and what not without further evidence, stands in EXPECTED; it is the table of
the handbook on reliability.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final, NamedTuple

from engine.case.codec import at_text, microseconds
from engine.case.identity import CaseId
from engine.ledger.canonical import canonical, parse_canonical
from engine.ledger.chain import entry_hash, parse_instant
from engine.ledger.commitments import Opened, PrivateValue, commit
from engine.ledger.merkle import Peaks
from engine.ledger.notes import Checkpoint, signed_checkpoint
from engine.ledger.replay import replay
from engine.service.case_rows import deadline_rows, row_of
from engine.service.projection import spans_of
from engine.service.sealing import seal
from engine.service.tree_findings import Anchor, contradiction
from engine.service.verify import _openings
from runtime.signer.keeper import Keeper
from tests.support.house import ROOT
from tests.support.sealing import anchored, behind_its_back
from tests.support.tamper_ground import Chain, Ground, pass_time

ORIGIN: Final = "banjie/works/2026"
SALT: Final = bytes(range(32))
Change = Callable[..., list[tuple[Any, ...]]]
Body = dict[str, Any]
Sign = Callable[[Checkpoint], str]
OF_CASES: Final = (
    "ledger_entry", "leaf", "unsealed", "private_value", "span", "deadline", "reader", "recused", "attachment",
    "outbox", "told", "notice", "delivery", "idempotency",
)  # fmt: skip


class Expected(NamedTuple):
    """Whether a scenario is found by a verifier who has only the database, and with the evidence; None: not asked."""

    alone: bool | None
    evidence: str = ""
    by_evidence: bool | None = None


EXPECTED: Final[Mapping[str, Expected]] = {
    "TS1": Expected(True),
    "TS2": Expected(True),
    "TS3 TS4": Expected(False, "checkpoints kept elsewhere", True),
    "TS5": Expected(False, "checkpoints kept elsewhere", False),
    "TS6": Expected(None, "the actor's receipt", True),
    "TS7 TS8": Expected(False, "the actor's receipt", True),
    "TS9 TS10": Expected(False, "checkpoints kept elsewhere", True),
    "TS11": Expected(True),
    "TS12": Expected(None, "checkpoints kept elsewhere", True),
    "TS13 older": Expected(False, "checkpoints kept elsewhere", True),
    "TS13 newer": Expected(False, "checkpoints kept elsewhere", False),
    "TS14": Expected(False, "two auditors exchange checkpoints", True),
    "other words": Expected(True),
}
"""The table of the handbook: what is found without further evidence, and what with it; and other words in the place of
a private value, put there by who has the keys."""


def played(ground: Ground, name: str, draw: Random) -> tuple[bool | None, bool | None]:
    """Play one scenario at a drawn place, and return whether it was found alone, and with its evidence."""
    ground.restore()
    return _SCENARIOS[name](ground, draw)


# Places to attack.


def _sealed_chains(change: Change, *, above: int, upto: int) -> list[Chain]:
    """Return the entries of cases that stand among the leaves from one place to before another."""
    of_cases = 'SELECT "case", seq FROM leaf WHERE idx >= ? AND idx < ? AND "case" NOT LIKE \'system:%\' ORDER BY idx'
    found = change(of_cases, above, upto)
    assert found, "there are entries of cases everywhere"
    return [(case, seq) for case, seq in found]


def _waiting(change: Change) -> list[Chain]:
    found = change('SELECT "case", seq FROM unsealed WHERE "case" NOT LIKE \'system:%\' ORDER BY at')
    return [(case, seq) for case, seq in found]


# What is done.


def _edited(ground: Ground, change: Change, chain: Chain, draw: Random) -> None:
    """Let an entry say something else, and make everything fit that follows from it but the heads."""
    values = _values(ground, chain)
    words = [path for path, value in values.items() if isinstance(value, str) and path.startswith("fields/")]
    if words and draw.random() < 0.7:
        _rewrite(ground, change, chain, _other_words(ground, change, chain, draw.choice(words)))
    else:
        _rewrite(ground, change, chain, _at_another_time(draw.choice((-9, -4, 3, 8))))


def _values(ground: Ground, chain: Chain) -> dict[str, object]:
    return {path: opened.value for path, opened in _opened(ground, chain).items()}


def _opened(ground: Ground, chain: Chain) -> dict[str, Opened]:
    (file,) = ground.house.desk.reads.case_files(ROOT, [CaseId(chain[0])])
    openings, _homeless = _openings(file, ground.house.desk.sealer)
    return {path: opened for path, opened in openings.get(chain[1], {}).items() if opened is not None}


def _keep(ground: Ground, change: Change, chain: Chain, body: Body, value: PrivateValue) -> None:
    """Put a private value in the place of another, sealed by the keys of the house."""
    name, (ciphertext,) = ground.house.desk.sealer.seal(body["id"], [value])
    change(
        'UPDATE private_value SET key = ?, ciphertext = ? WHERE "case" = ? AND seq = ? AND path = ?',
        name, ciphertext, *chain, value.path,
    )  # fmt: skip


def _other_words(ground: Ground, change: Change, chain: Chain, path: str) -> Callable[[Body], None]:
    """Return what puts other words behind a commitment, sealed by the keys of the house."""
    value = f"{_values(ground, chain)[path]}（改）"

    def edit(body: Body) -> None:
        body["priv"][path] = commit(body["case"], body["id"], path, value, SALT)
        _keep(ground, change, chain, body, PrivateValue(path, SALT, value))

    return edit


def _at_another_time(seconds: int) -> Callable[[Body], None]:
    def edit(body: Body) -> None:
        body["at"] = at_text(parse_instant(body["at"]) + timedelta(seconds=seconds))

    return edit


def _rewrite(ground: Ground, change: Change, chain: Chain, edit: Callable[[Body], None]) -> None:
    """Edit an entry; link the later ones of its case to it anew, and write leaves, queue and rows to match."""
    case, seq = chain
    prev: str | None = None
    for number, data in change('SELECT seq, body FROM ledger_entry WHERE "case" = ? ORDER BY seq', case):
        body: Any = parse_canonical(bytes(data))
        if number == seq:
            edit(body)
        if prev is not None:
            body["prev"] = prev
        prev = _put(change, body)
    _project(ground, change, case)


def _put(change: Change, body: Body) -> str:
    """Write an entry over the one in its place, with its leaf or its place in the queue; return its hash."""
    data, case, seq = canonical(body), body["case"], body["seq"]
    digest, at = entry_hash(data), microseconds(parse_instant(body["at"]))
    change('UPDATE ledger_entry SET body = ?, hash = ? WHERE "case" = ? AND seq = ?', data, digest, case, seq)
    change('UPDATE leaf SET hash = ?, at = ? WHERE "case" = ? AND seq = ?', digest, at, case, seq)
    change('UPDATE unsealed SET at = ? WHERE "case" = ? AND seq = ?', at, case, seq)
    return digest.hex()


def _project(ground: Ground, change: Change, case: str) -> None:
    """Write the rows of a case anew from its entries, as the house would have."""
    desk = ground.house.desk
    change("COMMIT")
    (file,) = desk.reads.case_files(ROOT, [CaseId(case)])
    rules = desk.world(ROOT).rules
    openings, _homeless = _openings(file, desk.sealer)
    entries = [(entry.seq, entry.body) for entry in file.entries]
    replayed = replay(entries, openings, lambda pins: rules.pinned(pins.definition, pins.lists), root=ROOT)
    assert replayed.case is not None
    assert replayed.definition is not None
    for table in ("span", "deadline"):
        change(f'DELETE FROM {table} WHERE "case" = ?', case)
    change("DELETE FROM cases WHERE id = ?", case)
    rows = [("cases", row_of(replayed.case, replayed.definition)._asdict())]
    rows += [("span", span._asdict()) for span in spans_of(replayed.moves)]
    rows += [("deadline", row._asdict()) for row in deadline_rows(replayed.case, replayed.case.clocks)]
    for table, given in rows:
        listed = ", ".join(f'"{name}"' for name in given)
        change(f"INSERT INTO {table} ({listed}) VALUES ({', '.join('?' * len(given))})", *given.values())


def _cut(ground: Ground, change: Change, case: str) -> None:
    """Take the newest entry of a case away with everything that follows from it."""
    ((seq,),) = change('SELECT max(seq) FROM ledger_entry WHERE "case" = ?', case)
    for table in ("ledger_entry", "leaf", "unsealed", "private_value"):
        change(f'DELETE FROM {table} WHERE "case" = ? AND seq = ?', case, seq)
    _renumber(change)
    if seq == 1:
        _forget(change, case)
    else:
        _project(ground, change, case)


def _forget(change: Change, case: str) -> None:
    """Take everything of a case away."""
    for table in OF_CASES:
        change(f'DELETE FROM {table} WHERE "case" IN (?, ?)', case, f"access:{case}")
    change("DELETE FROM cases WHERE id = ?", case)


def _renumber(change: Change) -> None:
    """Close the gaps among the leaves."""
    for place, (idx,) in enumerate(change("SELECT idx FROM leaf ORDER BY idx")):
        if idx != place:
            change("UPDATE leaf SET idx = ? WHERE idx = ?", place, idx)


def _heads(change: Change, sign: Sign | None, sizes: Sequence[int] | None = None) -> None:
    """Compute every checkpoint anew over the leaves there are; with a key sign it, and let heartbeats tell of it.

    ``sizes`` are those of the checkpoints where leaves were taken away; one that would cover nothing more goes.
    """
    last: tuple[int, Checkpoint] | None = None
    for place, (n, size, note) in enumerate(change("SELECT n, size, note FROM checkpoint ORDER BY n")):
        wanted = size if sizes is None else sizes[place]
        change("DELETE FROM checkpoint WHERE n = ?", n)
        if last is None or wanted > last[1].size:
            leaves = change("SELECT hash, at FROM leaf WHERE idx < ? ORDER BY idx", wanted)
            peaks = Peaks().extended([bytes(digest) for digest, _at in leaves])
            last = (1 if last is None else last[0] + 1, Checkpoint(origin=ORIGIN, size=wanted, root=peaks.root()))
            change(
                "INSERT INTO checkpoint (root, n, year, size, at, peaks, note) VALUES (?, ?, 2026, ?, ?, ?, ?)",
                ROOT, last[0], wanted, max(at for _digest, at in leaves), " ".join(one.hex() for one in peaks.hashes),
                note if sign is None else sign(last[1]),
            )  # fmt: skip
        if sign is not None:
            _tell_beats(change, n, *last)


def _tell_beats(change: Change, n: int, new: int, checkpoint: Checkpoint) -> None:
    """Let the heartbeats that tell of a checkpoint tell of what it became."""
    for (case,) in change('SELECT DISTINCT "case" FROM ledger_entry WHERE "case" LIKE \'system:%:900\''):
        prev: str | None = None
        for _seq, data in change('SELECT seq, body FROM ledger_entry WHERE "case" = ? ORDER BY seq', case):
            body: Any = parse_canonical(bytes(data))
            beat = body.get("heartbeat")
            if beat is not None and beat["checkpoint"] == n:
                beat.update(checkpoint=new, size=checkpoint.size, root=checkpoint.root.hex())
            if prev is not None:
                body["prev"] = prev
            prev = _put(change, body)


# The scenarios: each returns whether it is found alone, and whether with its evidence.

Played = tuple[bool | None, bool | None]


def _edit_and_sign(ground: Ground, draw: Random, sign: Sign | None, *, anchored_part: bool = True) -> Chain:
    """Edit a sealed entry before or after what others keep of it, and sign what follows."""
    last = ground.kept[-1].checkpoint.size
    with behind_its_back(ground.url) as change:
        if anchored_part:
            chains = _sealed_chains(change, above=0, upto=last)
        else:
            chains = _sealed_chains(change, above=last, upto=ground.anchors[-1].checkpoint.size)
        chain = draw.choice(chains)
        _edited(ground, change, chain, draw)
        _heads(change, sign)
    return chain


def _ts1(ground: Ground, draw: Random) -> Played:
    """A sealed entry edited, every hash recomputed, without a key."""
    _edit_and_sign(ground, draw, None)
    return bool(ground.found()), None


def _ts2(ground: Ground, draw: Random) -> Played:
    """The same, signed with a key of the attacker's own."""
    stranger = Keeper(ground.keeper.folder.parent / "stranger")
    try:
        _edit_and_sign(
            ground,
            draw,
            lambda one: signed_checkpoint(one, stranger.key(one.origin), stranger._key.sign).encoded().decode(),
        )
    finally:
        stranger.close()
    return bool(ground.found()), None


def _ts3(ground: Ground, draw: Random) -> Played:
    """The same with the stolen key (TS3); a verifier holds checkpoints that were mailed (TS4)."""
    _edit_and_sign(ground, draw, ground.sign)
    return bool(ground.found()), bool(ground.found(*ground.kept))


def _ts5(ground: Ground, draw: Random) -> Played:
    """With the stolen key, behind the last checkpoint that anybody keeps."""
    _edit_and_sign(ground, draw, ground.sign, anchored_part=False)
    return bool(ground.found()), bool(ground.found(*ground.kept))


def _ts6(ground: Ground, draw: Random) -> Played:
    """The same, and who made the entry kept its receipt."""
    chain = _edit_and_sign(ground, draw, ground.sign, anchored_part=False)
    return None, ground.receipt_fails(chain)


def _ts7(ground: Ground, draw: Random) -> Played:
    """An entry that waits to be sealed edited or dropped (TS7); who made it kept its receipt (TS8)."""
    with behind_its_back(ground.url) as change:
        chain = draw.choice(_waiting(change))
        if draw.random() < 0.5:
            _rewrite(ground, change, chain, _at_another_time(draw.choice((-9, 5, 17))))
        else:
            _cut(ground, change, chain[0])
    return bool(ground.found()), ground.receipt_fails(chain)


def _ts9(ground: Ground, draw: Random) -> Played:
    """A whole case deleted with the stolen key (TS9); a verifier holds checkpoints (TS10)."""
    with behind_its_back(ground.url) as change:
        case, _seq = draw.choice(_sealed_chains(change, above=0, upto=ground.kept[-1].checkpoint.size))
        _forget(change, case)
        sizes = [
            change("SELECT count(*) FROM leaf WHERE idx < ?", size)[0][0]
            for (size,) in change("SELECT size FROM checkpoint ORDER BY n")
        ]
        _renumber(change)
        _heads(change, ground.sign, sizes)
    return bool(ground.found()), bool(ground.found(*ground.kept))


def _ts11(ground: Ground, draw: Random) -> Played:
    """The end of a case cut off, without a key."""
    with behind_its_back(ground.url) as change:
        waiting = {case for case, _seq in _waiting(change)}
        chains = _sealed_chains(change, above=0, upto=ground.anchors[-1].checkpoint.size)
        _cut(ground, change, draw.choice([case for case, _seq in chains if case not in waiting]))
    return bool(ground.found()), None


def _ts12(ground: Ground, draw: Random) -> Played:
    """An entry back-dated with the stolen key, within what checkpoints kept elsewhere cover."""
    with behind_its_back(ground.url) as change:
        chain = draw.choice(_sealed_chains(change, above=0, upto=ground.kept[-1].checkpoint.size))
        _rewrite(ground, change, chain, _at_another_time(-draw.randint(1, 9)))
        _heads(change, ground.sign)
    return None, bool(ground.found(*ground.kept))


def _ts13_older(ground: Ground, draw: Random) -> Played:
    """A back-up restored that is older than the last checkpoint that somebody keeps."""
    later = draw.randrange(1, len(ground.anchors))
    ground.restore(draw.randrange(later))
    return bool(ground.found()), bool(ground.found(ground.anchors[later]))


def _ts13_newer(ground: Ground, draw: Random) -> Played:
    """A back-up restored that was made at the last checkpoint that somebody keeps, or after it."""
    copy = draw.randrange(len(ground.anchors))
    ground.restore(copy)
    return bool(ground.found()), bool(ground.found(ground.anchors[draw.randrange(copy + 1)]))


def _ts14(ground: Ground, draw: Random) -> Played:
    """Two histories shown to two auditors, each sealed with the same key; then they exchange their checkpoints."""
    told_one, alone = _branch(ground, "shi", draw.randint(1, 2))
    ground.restore()
    told_other, alone_too = _branch(ground, "zhai", draw.randint(1, 2))
    exchanged = contradiction(told_one, told_other) is not None or bool(ground.found(told_one))
    return alone or alone_too, exchanged


def _branch(ground: Ground, login: str, cases: int) -> tuple[Anchor, bool]:
    """Go on in one of two ways, and return what its auditor is told, and whether they find anything."""
    for _case in range(cases):
        ground.house.open(login)
        pass_time(ground.house)
    seal(ground.house.desk.office, ground.house.desk.reads, ground.keeper, ROOT)
    told = anchored(ground.house)
    return told, bool(ground.found(told, *ground.kept))


def _other_words_alone(ground: Ground, draw: Random) -> Played:
    """A private value exchanged by who has the keys and knows its salt, and all rows to match; no entry is touched."""
    with behind_its_back(ground.url) as change:
        chains = _sealed_chains(change, above=0, upto=ground.anchors[-1].checkpoint.size)
        closed = [(chain, path, one) for chain in chains for path, one in _opened(ground, chain).items()]
        chain, path, one = draw.choice([each for each in closed if isinstance(each[2].value, str)])
        ((data,),) = change('SELECT body FROM ledger_entry WHERE "case" = ? AND seq = ?', *chain)
        body: Any = parse_canonical(bytes(data))
        _keep(ground, change, chain, body, PrivateValue(path, one.salt, f"{one.value}（改）"))
        _project(ground, change, chain[0])
    return bool(ground.found()), None


_SCENARIOS: Final[Mapping[str, Callable[[Ground, Random], Played]]] = {
    "TS1": _ts1,
    "TS2": _ts2,
    "TS3 TS4": _ts3,
    "TS5": _ts5,
    "TS6": _ts6,
    "TS7 TS8": _ts7,
    "TS9 TS10": _ts9,
    "TS11": _ts11,
    "TS12": _ts12,
    "TS13 older": _ts13_older,
    "TS13 newer": _ts13_newer,
    "TS14": _ts14,
    "other words": _other_words_alone,
}
