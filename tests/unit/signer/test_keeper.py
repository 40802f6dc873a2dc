"""The signer signs what extends the last head it signed, and nothing else, whatever it is told."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from engine.errors import InputRefused, SealingStopped
from engine.ledger.merkle import Tree
from engine.ledger.notes import Checkpoint, opened, parse_checkpoint, parse_note
from runtime.signer import keeper as module
from runtime.signer.keeper import Keeper, public_key
from tests.support.refusals import told

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


SHORTER = (
    "签名程序拒绝签名：它已签到第 5 条，所示只有 {} 条；数据库可能来自旧备份。"
    "请恢复更新的备份，并用 banjie verify --anchor 核对"
)
REWRITTEN = (
    "签名程序拒绝签名：所示账册不再包含它签过的前 5 条；记录被改写，或这是另一份拷贝。"
    "请恢复正确的备份，并用 banjie verify 核对"
)


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
        (at(4), (), SHORTER.format(4)),
        (at(4), TREE.consistency(4, 5), SHORTER.format(4)),
        (at(9), (), REWRITTEN),
        (at(9), TREE.consistency(4, 9), REWRITTEN),
        (at(9, FORK), FORK.consistency(5, 9), REWRITTEN),
        (at(5, FORK), (), REWRITTEN),
        (at(0), (), SHORTER.format(0)),
    ],
)
def test_what_does_not_extend_the_last_head_is_refused_and_changes_nothing(
    keeper: Keeper, asked: Checkpoint, proof: tuple[bytes, ...], said: str
) -> None:
    kept = keeper.sign(at(5), ())
    with pytest.raises(SealingStopped) as refused:
        keeper.sign(asked, proof)
    assert refused.value.text.zh == said
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
    assert refused.value.text.zh == "另一签名程序正在使用这个文件夹"


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with told(SealingStopped, f"无法使用签名文件夹 {tmp_path / 'file'}"):
        Keeper(tmp_path / "file")


def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    Keeper(tmp_path).close()
    key = tmp_path / "log.key"
    key.chmod(0o640)
    with told(SealingStopped, f"他人可以读取 {key}；请执行 chmod 600"):
        Keeper(tmp_path)
    key.chmod(0o600)
    key.write_text("nothing")
    with told(SealingStopped, f"{key} 不是签名密钥"):
        Keeper(tmp_path)


@pytest.mark.parametrize("part", [(b"\n5\n", b"\n4\n"), (b"\n\n", b"\n"), (ORIGIN.encode(), b"other"), (b"5", b"\xff")])
def test_a_last_head_that_somebody_changed_is_refused_not_believed(keeper: Keeper, part: tuple[bytes, bytes]) -> None:
    keeper.sign(at(5), ())
    (path,) = (keeper.folder / "heads").iterdir()
    path.write_bytes(path.read_bytes().replace(*part))
    with told(SealingStopped, "签名程序最后签过的检查点读不出或被改动；请恢复签名文件夹"):
        keeper.sign(at(9), TREE.consistency(5, 9))


def test_the_head_of_another_origin_put_in_its_place_is_refused(keeper: Keeper) -> None:
    keeper.sign(at(5), ())
    (first,) = (keeper.folder / "heads").iterdir()
    keeper.sign(at(1, origin="other"), ())
    (second,) = [path for path in (keeper.folder / "heads").iterdir() if path != first]
    second.replace(first)
    with pytest.raises(SealingStopped, match="cannot be read"):
        keeper.head(ORIGIN)


def test_a_head_that_cannot_be_written_is_told_and_nothing_is_signed(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "written", full)
    with told(SealingStopped, "签名程序写不下检查点；请检查磁盘空间和权限"):
        keeper.sign(at(5), ())
    monkeypatch.undo()
    assert keeper.head(ORIGIN) is None


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
