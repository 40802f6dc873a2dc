"""What the doctor says to do about each trouble with a witness, and about a declaration that is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.ledger.notes import Note, VerifierKey
from engine.service.looks import Look
from engine.service.sealing_witnesses import Trouble
from runtime.cli import witness_looks as module
from runtime.cli.witness_looks import witness_looks
from runtime.settings import Settings
from runtime.signer.keeper import Keeper
from runtime.witness.keeper import make_witness, shown_key
from tests.support.house import House, open_house
from tests.support.sealing import sealed
from tests.support.witnesses import NAME


class Troubled:
    """A witness that answers nothing but its trouble."""

    def __init__(self, key: VerifierKey, trouble: Trouble) -> None:
        self.key, self.trouble = key, trouble

    def newest(self, _origin: str) -> Note | Trouble | None:
        return self.trouble


@pytest.fixture
def house(sqlite_database: str, tmp_path: Path) -> Iterator[House]:
    with open_house(sqlite_database) as house:
        keeper = Keeper(tmp_path / "signer")
        house.filed()
        sealed(house, keeper)
        keeper.close()
        yield house


def looks_at(house: House, url: str, declared: str) -> list[Look]:
    settings = Settings(database_url=url, witnesses=declared, internal_origins="http://127.0.0.1:9")
    return list(witness_looks(settings, house.clock))


ALARM = "保存好两方的检查点，立即告知审计人员，再执行 banjie verify"


@pytest.mark.parametrize(
    ("trouble", "helps", "fatal"),
    [
        (Trouble.AWAY, "请与见证方核对网络和服务；封存不受影响，恢复后自动补上", False),
        (Trouble.UNKNOWN, "把 banjie signer --show-key 所示的密钥交给见证方登记", False),
        (Trouble.NONSENSE, "检查 BANJIE_WITNESSES 的地址和密钥", False),
        (Trouble.FORKED, ALARM, True),
        (Trouble.AHEAD, ALARM, True),
    ],
)
def test_each_trouble_comes_with_what_to_do(
    house: House,
    sqlite_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
    helps: str,
    *,
    fatal: bool,
) -> None:
    make_witness(tmp_path / "w", NAME, ())
    key = shown_key(tmp_path / "w")
    monkeypatch.setattr(module, "witnesses_of", lambda *_given, **_named: [Troubled(key, trouble)])
    (look,) = looks_at(house, sqlite_database, f"http://127.0.0.1:9 {key.text}")
    assert look.advice is not None
    assert (look.advice.zh, look.fatal) == (helps, fatal)
    assert look.text.zh.startswith(f"见证主机 {NAME}：")


def test_a_wrong_declaration_is_to_be_corrected(house: House, sqlite_database: str) -> None:
    (look,) = looks_at(house, sqlite_database, "http://127.0.0.1:9 nonsense")
    assert look.fatal
    assert look.advice is not None
    assert look.advice.zh == "改正该环境变量后重新启动"
