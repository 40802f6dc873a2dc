"""A witness cosigns what extends the largest tree it has seen, keeps that first, and never goes back.

The published requests are those of the tests of litewitness (see ``tests.support.witnesses``) and of the Go checksum
database; the table of empty trees is litewitness's too.
"""

from __future__ import annotations

import hashlib
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import InputRefused, SealingStopped
from engine.ledger.merkle import EMPTY_ROOT, Tree
from engine.ledger.notes import (
    Checkpoint,
    KeyType,
    Note,
    VerifierKey,
    cosigned_at,
    opened,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
)
from engine.service.tree_findings import anchor_of, contradiction
from runtime.signer.keeper import Keeper
from runtime.witness import keeper as module
from runtime.witness.keeper import HEADS, KEY_FILE, REFUSED, Answer, WitnessKeeper, make_witness, shown_key
from runtime.witness.trusted import Trusted
from runtime.witness.wire import SIZE_TYPE, place_of
from tests.support.refusals import told
from tests.support.witnesses import (
    FIVE,
    NAME,
    ONE,
    ONE_TO_FIVE,
    ONE_TO_THREE,
    SIGSUM_ORIGIN,
    SIGSUM_PUBLIC,
    THREE,
    THREE_TO_FIVE,
    a_witness,
    asked,
)

NOW = 1_790_000_000
SIGSUM = VerifierKey(name=SIGSUM_ORIGIN, kind=KeyType.NOTE, public=bytes.fromhex(SIGSUM_PUBLIC))
SUMDB_ORIGIN = "go.sum database tree"
SUMDB_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB = (
    "go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n"
    "— sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n"
).encode()
ORIGIN = "banjie/works/2026"
TREE = Tree([hashlib.sha256(bytes([n])).digest() for n in range(40)])
FORK = Tree([hashlib.sha256(bytes([n + (n == 3)])).digest() for n in range(40)])


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[WitnessKeeper]:
    trusted = Trusted({SIGSUM_ORIGIN: (SIGSUM,), SUMDB_ORIGIN: (parse_verifier_key(SUMDB_KEY),)})
    keeper = a_witness(tmp_path / "witness", trusted=trusted)
    yield keeper
    keeper.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path / "signer")
    yield keeper
    keeper.close()


@pytest.fixture
def ours(tmp_path: Path, log: Keeper) -> Iterator[WitnessKeeper]:
    """A witness of a log whose key is at hand."""
    keeper = a_witness(tmp_path / "ours", [log.key(ORIGIN)])
    yield keeper
    keeper.close()


def signed(log: Keeper, size: int, tree: Tree = TREE, origin: str = ORIGIN) -> bytes:
    """Return a checkpoint as whoever has the log's key can sign it, whatever was signed before."""
    from engine.ledger.notes import signed_checkpoint

    point = Checkpoint(origin=origin, size=size, root=tree.root(size))
    return signed_checkpoint(point, log.key(origin), log._key.sign).encoded()


def cosigned(witness: WitnessKeeper, note: bytes, answer: Answer) -> int:
    """Return the time of an answer that is a cosignature by this witness under the note."""
    assert answer.status == 200, answer.body
    whole = parse_note(note + answer.body)
    assert witness.key in opened(whole, [witness.key])
    return cosigned_at(next(one for one in whole.signatures if witness.key.made(one)))


def size_of(witness: WitnessKeeper, origin: str = SIGSUM_ORIGIN) -> int:
    head = witness.head(origin)
    return 0 if head is None else head.size


def test_the_published_requests_are_answered_as_published(witness: WitnessKeeper) -> None:
    assert cosigned(witness, ONE, witness.add(asked(0, [], ONE))) == NOW
    forged = THREE.replace(b"6go=", b"6gs=")
    assert witness.add(asked(1, ONE_TO_THREE, forged)).status == 403
    stranger = THREE.replace(b"e562", b"e561")
    assert witness.add(asked(1, ONE_TO_THREE, stranger)).status == 404
    assert witness.add(asked(1, [], THREE)).status == 422
    broken = [ONE_TO_THREE[0], ONE_TO_THREE[1][:-1] + b"\x01"]
    assert witness.add(asked(1, broken, THREE)).status == 422
    assert size_of(witness) == 1
    cosigned(witness, THREE, witness.add(asked(1, ONE_TO_THREE, THREE)))
    assert witness.add(asked(1, ONE_TO_FIVE, FIVE)) == Answer(409, b"3\n", SIZE_TYPE)
    cosigned(witness, FIVE, witness.add(asked(3, THREE_TO_FIVE, FIVE)))
    head = witness.head(SIGSUM_ORIGIN)
    assert head is not None
    assert head.root.hex() == "42bb57ad06420afa4882c4a63ac6a1ec77480b330b2f20dfc53a0caa5f564e36"
    assert witness.add(asked(3, [], THREE)) == Answer(409, b"5\n", SIZE_TYPE), "it never goes back"


def test_a_published_checkpoint_of_a_log_whose_key_has_another_name_is_cosigned(witness: WitnessKeeper) -> None:
    cosigned(witness, SUMDB, witness.add(asked(0, [], SUMDB)))
    assert size_of(witness, SUMDB_ORIGIN) == 35225469


def test_of_several_signatures_those_of_trusted_keys_count_and_unknown_ones_are_ignored(witness: WitnessKeeper) -> None:
    """A broken line of a trusted key makes the note malformed; the same bytes under another name are nobody's."""
    line = ONE.decode().splitlines()[-1]
    other = line.replace("— sigsum", "— unknown").encode() + b"\n"
    broken = line.replace("IQY=", "IQc=").encode() + b"\n"
    assert witness.add(asked(0, [], ONE + broken)).status == 403
    assert witness.add(asked(0, [], ONE[: ONE.rindex("—".encode())] + other)).status == 403
    assert witness.add(asked(0, [], ONE + other)).status == 200
    kept = parse_note(witness.newest(place_of(SIGSUM_ORIGIN)) or b"")
    assert [one.name for one in kept.signatures] == [SIGSUM_ORIGIN, NAME]


@pytest.mark.parametrize(
    ("known", "old", "new", "root", "proof", "status"),
    [
        (0, 0, 0, EMPTY_ROOT, [], 200),
        (0, 0, 0, TREE.root(1), [], 422),
        (0, 0, 0, bytes(32), [], 422),
        (0, 0, 0, EMPTY_ROOT, [TREE.root(1)], 422),
        (0, 0, 1, TREE.root(1), [], 200),
        (0, 0, 1, TREE.root(1), [TREE.root(1)], 422),
        (1, 0, 1, TREE.root(1), [TREE.root(1)], 409),
        (1, 1, 0, EMPTY_ROOT, [], 400),
        (1, 1, 1, TREE.root(1), [], 200),
        (1, 1, 1, TREE.root(1), [TREE.root(1)], 422),
        (1, 1, 1, FORK.root(4), [], 409),
    ],
)
def test_empty_trees_and_trees_of_the_same_size_are_judged_as_the_protocol_says(
    ours: WitnessKeeper, log: Keeper, known: int, old: int, new: int, root: bytes, proof: list[bytes], status: int
) -> None:
    from engine.ledger.notes import signed_checkpoint

    if known:
        assert ours.add(asked(0, [], signed(log, known))).status == 200
    point = Checkpoint(origin=ORIGIN, size=new, root=root)
    note = signed_checkpoint(point, log.key(ORIGIN), log._key.sign).encoded()
    before = ours.newest(place_of(ORIGIN))
    answer = ours.add(asked(old, proof, note))
    assert answer.status == status
    if status == 200:
        cosigned(ours, note, answer)
        assert ours.head(ORIGIN) == point
    else:
        assert "—".encode() not in answer.body
        assert ours.newest(place_of(ORIGIN)) == before


@pytest.mark.parametrize(
    "body",
    [b"", b"old 0\n\n", b"old 0\n\nno note\n", b"x" * 200_000, b"old 0\n\n" + b"\xff" * 100, b"old 0\n\n\n\n\n\n\n"],
)
def test_whatever_is_no_request_is_answered_so_and_changes_nothing(ours: WitnessKeeper, body: bytes) -> None:
    assert ours.add(body).status == 400
    assert list((ours.folder / HEADS).iterdir()) == []


def test_lines_that_extend_a_checkpoint_are_not_cosigned(ours: WitnessKeeper, log: Keeper) -> None:
    """Nobody audits them, so this witness puts its name to none."""
    from engine.ledger.notes import sign

    text = f"{Checkpoint(origin=ORIGIN, size=3, root=TREE.root(3)).text}more\n"
    signature = sign(text, log.key(ORIGIN), log._key.sign)
    note = Note(text=text, signatures=(signature,)).encoded()
    assert ours.add(asked(0, [], note)).status == 400


def test_the_newest_checkpoint_is_shown_with_both_signatures(ours: WitnessKeeper, log: Keeper) -> None:
    assert ours.newest(place_of(ORIGIN)) is None
    ours.add(asked(0, [], signed(log, 5)))
    shown = parse_note(ours.newest(place_of(ORIGIN)) or b"")
    assert opened(shown, [log.key(ORIGIN), ours.key]) == (log.key(ORIGIN), ours.key)
    assert parse_checkpoint(shown.text).size == 5
    for wrong in ("", "x", "../witness.key", place_of("another"), place_of(ORIGIN).upper()):
        assert ours.newest(wrong) is None


def test_a_fork_is_refused_and_kept_as_evidence_that_speaks_for_itself(
    ours: WitnessKeeper, log: Keeper, caplog: pytest.LogCaptureFixture
) -> None:
    ours.add(asked(0, [], signed(log, 5)))
    assert ours.add(asked(5, FORK.consistency(5, 9), signed(log, 9, FORK))).status == 422
    assert ours.add(asked(5, [], signed(log, 5, FORK))) == Answer(409, b"5\n", SIZE_TYPE)
    assert "does not extend the last one" in caplog.text
    assert size_of(ours, ORIGIN) == 5
    kept = [anchor_of(path.name, path.read_bytes()) for path in (ours.folder / REFUSED).iterdir()]
    assert sorted(one.checkpoint.size for one in kept) == [5, 9]
    head = anchor_of("head", ours.newest(place_of(ORIGIN)) or b"")
    (same,) = [one for one in kept if one.checkpoint.size == 5]
    assert contradiction(head, same) is not None
    opened(same.note, [log.key(ORIGIN)])


def test_evidence_does_not_fill_the_disk(ours: WitnessKeeper, log: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REFUSED_MAX", 3)
    ours.add(asked(0, [], signed(log, 20)))
    for size in range(21, 30):
        assert ours.add(asked(20, [], signed(log, size, FORK))).status == 422
    assert len(list((ours.folder / REFUSED).iterdir())) == 3


def test_what_was_kept_and_never_answered_is_cosigned_when_it_is_asked_for_again(
    ours: WitnessKeeper, log: Keeper
) -> None:
    """As after a kill between the write and the answer: the log is told the size, and asks about the same head."""
    note = signed(log, 7)
    ours.add(asked(0, [], note))
    assert ours.add(asked(0, [], note)) == Answer(409, b"7\n", SIZE_TYPE)
    cosigned(ours, note, ours.add(asked(7, [], note)))
    assert size_of(ours, ORIGIN) == 7


def test_the_state_is_on_the_disk_before_the_cosignature_is_given(
    ours: WitnessKeeper, log: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "written", full)
    answer = ours.add(asked(0, [], signed(log, 7)))
    assert (answer.status, "—".encode() in answer.body) == (500, False)
    monkeypatch.undo()
    assert size_of(ours, ORIGIN) == 0


@pytest.mark.parametrize("spoilt", [b"", b"no note", b"\xff", b"other origin", b"unsigned"])
def test_a_state_that_cannot_be_read_stops_the_witness_and_is_not_begun_anew(
    ours: WitnessKeeper, log: Keeper, spoilt: bytes
) -> None:
    ours.add(asked(0, [], signed(log, 7)))
    path = ours.folder / HEADS / f"{place_of(ORIGIN)}.note"
    kept = path.read_bytes()
    if spoilt == b"other origin":
        spoilt = kept.replace(b"works", b"worse")
    if spoilt == b"unsigned":
        spoilt = signed(log, 7)
    path.write_bytes(spoilt)
    with told(SealingStopped, "见证主机保存的检查点读不出或被改动；请恢复见证文件夹"):
        ours.head(ORIGIN)
    for old in (0, 7):
        assert ours.add(asked(old, [], signed(log, 7))).status == 500
    assert path.read_bytes() == spoilt
    path.write_bytes(kept)
    assert ours.add(asked(7, [], signed(log, 7))).status == 200


def test_of_many_at_once_exactly_one_extends_and_the_others_are_told_its_size(ours: WitnessKeeper, log: Keeper) -> None:
    ours.add(asked(0, [], signed(log, 1)))
    known = 1
    for _round in range(3):
        sizes = range(known + 1, known + 9)
        answers: dict[int, Answer] = {}
        start = threading.Barrier(len(sizes))

        def ask(
            size: int, old: int = known, start: threading.Barrier = start, into: dict[int, Answer] = answers
        ) -> None:
            body = asked(old, TREE.consistency(old, size), signed(log, size))
            start.wait(60)
            into[size] = ours.add(body)

        threads = [threading.Thread(target=ask, args=(size,)) for size in sizes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        won = [size for size, answer in answers.items() if answer.status == 200]
        assert len(won) == 1
        told = {answer.body for size, answer in answers.items() if size not in won}
        assert told == {b"%d\n" % won[0]}
        assert size_of(ours, ORIGIN) == won[0]
        known = won[0]


def test_a_log_of_the_next_year_is_a_log_of_its_own(ours: WitnessKeeper, log: Keeper) -> None:
    later = "banjie/works/2027"
    ours.add(asked(0, [], signed(log, 9)))
    assert ours.add(asked(0, [], signed(log, 4, origin=later))).status == 200
    assert (size_of(ours, ORIGIN), size_of(ours, later)) == (9, 4)
    assert ours.add(asked(0, [], signed(log, 4, origin="banjie/others/2027"))).status == 404


def test_what_it_has_seen_outlives_the_process(tmp_path: Path, log: Keeper) -> None:
    first = a_witness(tmp_path / "w", [log.key(ORIGIN)])
    first.add(asked(0, [], signed(log, 9)))
    first.close()
    second = WitnessKeeper(tmp_path / "w")
    try:
        assert second.key == first.key
        assert second.add(asked(0, [], signed(log, 4))) == Answer(409, b"9\n", SIZE_TYPE)
    finally:
        second.close()


def test_only_one_process_has_a_folder_and_only_its_owner_reads_the_key(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    keeper = a_witness(folder)
    try:
        with pytest.raises(SealingStopped):
            WitnessKeeper(folder)
    finally:
        keeper.close()
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / KEY_FILE).chmod(0o644)
    with pytest.raises(SealingStopped, match="Others may read"):
        WitnessKeeper(folder)


def test_making_it_again_changes_nothing_and_another_name_is_refused(tmp_path: Path, log: Keeper) -> None:
    folder = tmp_path / "w"
    key = make_witness(folder, NAME, [log.key(ORIGIN)])
    (folder / "logs.txt").write_text(f"{SIGSUM.text}\n", "utf-8")
    assert make_witness(folder, NAME, []) == key == shown_key(folder)
    assert (folder / "logs.txt").read_text("utf-8") == f"{SIGSUM.text}\n"
    with told(InputRefused, f"{folder} 中已有另一名称的见证密钥；换名称须换文件夹"):
        make_witness(folder, "somebody.else/w1", [])
    for wrong in ("", "a b", "a+b", "x" * 300):
        with pytest.raises(InputRefused):
            make_witness(tmp_path / "never", wrong, [])
    assert not (tmp_path / "never").exists()


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with told(SealingStopped, f"无法使用见证文件夹 {tmp_path / 'file'}"):
        make_witness(tmp_path / "file", NAME, [])


def test_a_name_may_be_written_in_any_script(tmp_path: Path) -> None:
    key = make_witness(tmp_path / "w", "上级工会/见证一", [])
    assert shown_key(tmp_path / "w") == key
    WitnessKeeper(tmp_path / "w").close()


def test_a_folder_that_is_no_witness_is_refused(tmp_path: Path, log: Keeper) -> None:
    for folder in (tmp_path / "nothing", log.folder):
        with told(SealingStopped, f"{folder} 不是见证文件夹；请先执行 banjie witness init"):
            WitnessKeeper(folder)
    keeper = a_witness(tmp_path / "w")
    keeper.close()
    (tmp_path / "w" / KEY_FILE).unlink()
    with pytest.raises(SealingStopped, match="banjie witness init"):
        WitnessKeeper(tmp_path / "w")
    assert not (tmp_path / "w" / KEY_FILE).exists(), "a new key would be another witness"
