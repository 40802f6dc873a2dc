"""The signer signs what extends the last head it signed, and nothing else, whatever it is told."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from engine.errors import InputRefused, SealingStopped
from engine.ledger.merkle import Tree
from engine.ledger.notes import Checkpoint, opened, parse_checkpoint, parse_note
from runtime.signer.keeper import Keeper, public_key

ORIGIN = "ledger.example.org/zdh/2026"
TREE = Tree([sha256(bytes([n])).digest() for n in range(40)])
FORK = Tree([sha256(bytes([n + (n == 3)])).digest() for n in range(40)])


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path / "signer")
    yield keeper
    keeper.close()


def at(size: int, tree: Tree = TREE, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin=origin, size=size, root=tree.root(size))


def test_a_checkpoint_is_signed_by_the_key_that_is_shown(keeper: Keeper) -> None:
    note = parse_note(keeper.sign(at(5), ()).encode())
    assert opened(note, [keeper.key(ORIGIN)]) == (keeper.key(ORIGIN),)
    assert parse_checkpoint(note.text) == at(5)
    assert keeper.head(ORIGIN) == at(5)


def test_an_extension_is_signed_and_the_same_head_again_gives_the_same_note(keeper: Keeper) -> None:
    first = keeper.sign(at(5), ())
    assert keeper.sign(at(5), ()) == first
    second = keeper.sign(at(9), TREE.consistency(5, 9))
    assert second != first
    assert keeper.sign(at(9), ()) == second
    assert keeper.heads() == [at(9)]


@pytest.mark.parametrize(
    ("asked", "proof", "said"),
    [
        (at(4), (), "signed 5 entries and is shown 4"),
        (at(4), TREE.consistency(4, 5), "signed 5 entries and is shown 4"),
        (at(9), (), "no longer holds the 5 entries"),
        (at(9), TREE.consistency(4, 9), "no longer holds the 5 entries"),
        (at(9, FORK), FORK.consistency(5, 9), "no longer holds the 5 entries"),
        (at(5, FORK), (), "no longer holds the 5 entries"),
        (at(0), (), "signed 5 entries and is shown 0"),
    ],
)
def test_what_does_not_extend_the_last_head_is_refused_and_changes_nothing(
    keeper: Keeper, asked: Checkpoint, proof: tuple[bytes, ...], said: str
) -> None:
    kept = keeper.sign(at(5), ())
    with pytest.raises(SealingStopped) as refused:
        keeper.sign(asked, proof)
    assert said in refused.value.text.en
    assert "旧备份" in refused.value.text.zh or "拷贝" in refused.value.text.zh
    assert keeper.sign(at(5), ()) == kept


def test_each_origin_has_a_head_of_its_own(keeper: Keeper) -> None:
    keeper.sign(at(9), ())
    other = at(2, FORK, "ledger.example.org/zdh/2027")
    keeper.sign(other, ())
    assert keeper.heads() == [at(9), other]
    assert keeper.head("nobody") is None


def test_key_and_head_outlive_the_process_and_stay_with_their_folder(tmp_path: Path) -> None:
    first = Keeper(tmp_path / "one")
    note = first.sign(at(7), ())
    first.close()
    again, other = Keeper(tmp_path / "one"), Keeper(tmp_path / "two")
    assert again.key(ORIGIN) == first.key(ORIGIN) != other.key(ORIGIN)
    assert again.sign(at(7), ()) == note
    with pytest.raises(SealingStopped):
        again.sign(at(6), ())
    assert public_key(tmp_path / "one") == again.public
    assert public_key(tmp_path / "none") is None
    again.close()
    other.close()


def test_the_folder_is_for_its_owner_alone_and_for_one_process(keeper: Keeper) -> None:
    keeper.sign(at(1), ())
    modes = {path.name: path.stat().st_mode & 0o077 for path in [keeper.folder, *keeper.folder.rglob("*")]}
    assert len(modes) >= 5
    assert set(modes.values()) == {0}
    with pytest.raises(SealingStopped) as refused:
        Keeper(keeper.folder)
    assert refused.value.details == {"held": True}


def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    Keeper(tmp_path).close()
    key = tmp_path / "log.key"
    key.chmod(0o640)
    with pytest.raises(SealingStopped, match="chmod 600"):
        Keeper(tmp_path)
    key.chmod(0o600)
    key.write_text("nothing")
    with pytest.raises(SealingStopped, match="no signing key"):
        Keeper(tmp_path)


@pytest.mark.parametrize("part", [(b"\n5\n", b"\n4\n"), (b"\n\n", b"\n"), (ORIGIN.encode(), b"other"), (b"5", b"\xff")])
def test_a_last_head_that_somebody_changed_is_refused_not_believed(keeper: Keeper, part: tuple[bytes, bytes]) -> None:
    keeper.sign(at(5), ())
    (path,) = (keeper.folder / "heads").iterdir()
    path.write_bytes(path.read_bytes().replace(*part))
    with pytest.raises(SealingStopped, match="cannot be read"):
        keeper.sign(at(9), TREE.consistency(5, 9))


def test_the_head_of_another_origin_put_in_its_place_is_refused(keeper: Keeper) -> None:
    keeper.sign(at(5), ())
    (first,) = (keeper.folder / "heads").iterdir()
    keeper.sign(at(1, origin="other"), ())
    (second,) = [path for path in (keeper.folder / "heads").iterdir() if path != first]
    second.replace(first)
    with pytest.raises(SealingStopped, match="cannot be read"):
        keeper.head(ORIGIN)


def test_an_operator_may_set_the_head_to_a_checkpoint_that_this_key_signed(keeper: Keeper, tmp_path: Path) -> None:
    old = keeper.sign(at(3), ())
    keeper.sign(at(9), TREE.consistency(3, 9))
    assert keeper.adopt(old.encode()) == at(3)
    keeper.sign(at(5, TREE), TREE.consistency(3, 5))
    stranger = Keeper(tmp_path / "stranger")
    with pytest.raises(InputRefused):
        keeper.adopt(stranger.sign(at(3), ()).encode())
    stranger.close()
    assert keeper.head(ORIGIN) == at(5)


def test_nothing_is_signed_under_a_name_that_no_key_may_have(keeper: Keeper) -> None:
    with pytest.raises(InputRefused):
        keeper.sign(at(1, origin="a+b"), ())
    assert keeper.heads() == []


def test_the_key_is_not_shown_where_the_keeper_is(keeper: Keeper) -> None:
    secret = (keeper.folder / "log.key").read_text().splitlines()[1]
    assert secret not in repr(keeper) + str(vars(keeper))
