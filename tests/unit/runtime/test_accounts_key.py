"""The key of second factors: made once, for its owner only; what is sealed opens for whom it was sealed."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from engine.errors import KeysUnavailable
from runtime.accounts_key import KEY_BYTES, AccountBox, AccountKey
from tests.support.refusals import told

NOT_ITS = "动态验证码的密钥与数据库不符，请恢复 accounts.key"


def test_the_key_is_made_when_it_is_first_needed_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "accounts.key"
    key = AccountKey(path)
    assert not path.exists()
    made = key()
    assert path.read_bytes() == made == AccountKey(path)()
    assert len(made) == KEY_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["accounts.key"]


def test_many_that_start_at_once_end_up_with_one_key(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(AccountKey(tmp_path / "accounts.key")())) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", [b"", b"x" * (KEY_BYTES - 1), b"x" * 100])
def test_a_key_of_another_length_is_no_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "accounts.key"
    path.write_bytes(content)
    with told(KeysUnavailable, "无法读取或建立密钥文件 accounts.key"):
        AccountKey(path)()


def test_what_is_sealed_opens_again_and_never_looks_the_same() -> None:
    box = AccountBox(lambda: bytes(KEY_BYTES))
    one, other = (box.seal(b"secret", bound_to="li") for _ in range(2))
    assert one != other
    assert b"secret" not in one
    assert box.open(one, bound_to="li") == b"secret"


def test_what_was_changed_or_is_another_s_does_not_open() -> None:
    box = AccountBox(lambda: bytes(KEY_BYTES))
    sealed = box.seal(b"secret", bound_to="li")
    changed = [bytes([*sealed[:place], sealed[place] ^ 1, *sealed[place + 1 :]]) for place in range(len(sealed))]
    for wrong in [*changed, sealed[:-1], b"", b"\x01"]:
        with told(KeysUnavailable, NOT_ITS):
            box.open(wrong, bound_to="li")
    with told(KeysUnavailable, NOT_ITS):
        box.open(sealed, bound_to="wang")
    with told(KeysUnavailable, NOT_ITS):
        AccountBox(lambda: b"k" * KEY_BYTES).open(sealed, bound_to="li")


def test_a_mark_hangs_on_the_key_and_tells_nothing_of_it() -> None:
    one, other = AccountBox(lambda: bytes(KEY_BYTES)), AccountBox(lambda: b"k" * KEY_BYTES)
    assert one.mark("10.1.2.3") == one.mark("10.1.2.3")
    assert one.mark("10.1.2.3") not in (other.mark("10.1.2.3"), one.mark("10.1.2.4"))
    assert "k" * KEY_BYTES not in repr(other)
