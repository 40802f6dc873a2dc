"""What an auditor reads where the sealed tree was changed behind the back of the house, in whole sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.signer.keeper import Keeper
from tests.support.house import House, open_house
from tests.support.sealing import behind_its_back, tree_of
from tests.support.tampering import a_sealed_house

Change = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path / "signer")
    yield keeper
    keeper.close()


@pytest.fixture
def house(sqlite_database: str, keeper: Keeper) -> Iterator[House]:
    with open_house(sqlite_database) as house:
        a_sealed_house(house, keeper)
        yield house


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE checkpoint SET year = 1999 WHERE n = 1", "检查点 1的年份或大小不对"),
        ("UPDATE checkpoint SET size = 1 WHERE n = 2", "检查点 2没有比前一个大"),
        ("UPDATE checkpoint SET note = 'x' WHERE n = 1", "检查点 1不是签名检查点"),
        ("UPDATE checkpoint SET at = at + 1 WHERE n = 1", "检查点 1的列与其签名文本或叶子不符"),
        ("UPDATE leaf SET hash = zeroblob(32) WHERE idx = 0", "检查点 1的根与账册不符"),
        ("DELETE FROM checkpoint WHERE n = 3", "条没有检查点"),
        ("DELETE FROM checkpoint", "记有检查点 2，现已没有"),
        ("UPDATE leaf SET hash = zeroblob(3) WHERE idx = 0", "叶子 0 没有哈希"),
        ("UPDATE leaf SET at = 'x' WHERE idx = 0", "叶子 0 没有时刻"),
        ("UPDATE leaf SET at = 0 WHERE idx = (SELECT max(idx) FROM leaf)", "条的时刻早于此前已封存的记录"),
        ("UPDATE tree SET year = 'x'", "年的树不对"),
        ("UPDATE leaf SET seq = 99 WHERE idx = 0", "叶子 0 所指的事项"),
        ("UPDATE unsealed SET seq = 99", "待封存队列中的事项"),
    ],
)
def test_a_tree_changed_behind_its_back_is_told(
    house: House, keeper: Keeper, sqlite_database: str, statement: str, said: str
) -> None:
    with behind_its_back(sqlite_database) as change:
        change("PRAGMA ignore_check_constraints = 1")
        change(statement)
    told = [finding.text.zh for finding in tree_of(house, keeper.key).findings]
    assert any(said in text for text in told), told
