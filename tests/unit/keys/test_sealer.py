"""Sealing and opening with the key file: the pool, what is remembered, and what is refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import KeysUnavailable
from engine.ledger.commitments import NullSealer, Opened
from runtime.clock import SetClock
from runtime.keys.keyfile import KeyFile
from runtime.keys.places import KeyPlaces
from runtime.keys.sealer import POOL_FIRST, KeySealer
from tests.support.keys import ENTRY, FIRST, SALT, a_sealer, files_holding, places_in, private


@pytest.fixture
def places(tmp_path: Path) -> KeyPlaces:
    return places_in(tmp_path)


def test_what_was_sealed_is_opened_by_another_process(places: KeyPlaces) -> None:
    key, (phone, note) = a_sealer(places).seal(ENTRY, [private("fields/phone", "139"), private("note", "乙")])

    other = a_sealer(places)
    assert other.open(ENTRY, "fields/phone", key, phone) == Opened(salt=SALT, value="139")
    assert other.open(ENTRY, "note", key, note) == Opened(salt=SALT, value="乙")
    assert other.open(ENTRY, "note", key, phone) is None
    assert other.holds(key, "note")


def test_every_entry_has_a_key_of_its_own_and_every_value_a_nonce_of_its_own(places: KeyPlaces) -> None:
    sealer = a_sealer(places)
    sealed = [sealer.seal(ENTRY, [private("a"), private("b")]) for _ in range(300)]

    assert len({one.key for one in sealed}) == 300
    assert len({ciphertext[:12] for one in sealed for ciphertext in one.ciphertexts}) == 600
    assert {len(one.key) for one in sealed} == {16}


def test_a_key_is_on_the_disk_before_it_is_used(places: KeyPlaces) -> None:
    sealer = a_sealer(places)
    key, (ciphertext,) = sealer.seal(ENTRY, [private("a")])
    # What a crash of this process leaves behind is what another connection sees now.
    assert a_sealer(places).open(ENTRY, "a", key, ciphertext) is not None


def test_unused_keys_are_never_used_again(places: KeyPlaces) -> None:
    drawn = {a_sealer(places).seal(ENTRY, [private("a")]).key for _ in range(3)}
    with_unused = KeyFile.open(places, SetClock(FIRST)).rows("SELECT count(*) FROM held_key")
    assert (len(drawn), with_unused) == (3, [(3 * POOL_FIRST,)])


def test_ids_tell_four_hours_and_no_order(places: KeyPlaces) -> None:
    clock = SetClock(FIRST)
    file = KeyFile.open(places, clock)
    early = [name for name, _key in file.draw(64)]
    clock.set(FIRST + timedelta(hours=4))
    late = [name for name, _key in file.draw(64)]

    assert max(early) < min(late)
    assert {name[:4] for name in early} != {name[:4] for name in late}
    assert len({name[:4] for name in early}) == 1
    assert early != sorted(early)


def test_a_value_from_before_there_were_keys_is_still_read(places: KeyPlaces) -> None:
    (clear,) = NullSealer().seal(ENTRY, [private("a", "旧")]).ciphertexts
    assert a_sealer(places).open(ENTRY, "a", "", clear) == Opened(salt=SALT, value="旧")


def test_a_key_that_is_not_there_opens_nothing(places: KeyPlaces) -> None:
    sealer = a_sealer(places)
    _key, (ciphertext,) = sealer.seal(ENTRY, [private("a")])
    sealer.fetch(["0000000000000000", ""])
    assert sealer.open(ENTRY, "a", "0000000000000000", ciphertext) is None
    assert not sealer.holds("0000000000000000", "a")


def test_keys_are_fetched_at_once(places: KeyPlaces) -> None:
    sealed = [a_sealer(places).seal(ENTRY, [private("a", str(number))]) for number in range(5)]
    asked: list[int] = []

    class Counting(KeyFile):
        def find(self, ids: Collection[str]) -> Mapping[str, dict[str, bytes]]:
            asked.append(len(ids))
            return KeyFile.find(self, ids)

    sealer = KeySealer(places, lambda there: Counting.open(there, SetClock(FIRST)))
    sealer.fetch([one.key for one in sealed])
    values = [sealer.open(ENTRY, "a", one.key, one.ciphertexts[0]) for one in sealed]
    assert [None if value is None else value.value for value in values] == ["0", "1", "2", "3", "4"]
    assert asked == [5]


def test_both_files_are_their_owners_alone(places: KeyPlaces) -> None:
    old = os.umask(0)
    try:
        a_sealer(places).seal(ENTRY, [private("a")])
    finally:
        os.umask(old)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (places.keys.parent, places.keys, places.epochs)]
    assert modes == [0o700, 0o600, 0o600]


def test_no_key_stands_in_the_clear_in_the_key_file(places: KeyPlaces) -> None:
    file = KeyFile.open(places, SetClock(FIRST))
    drawn = file.draw(8)
    assert [files_holding(places.keys.parent, key) for _name, key in drawn] == [[]] * 8
    epoch = file.epochs[1]
    assert files_holding(places.keys.parent, epoch.key) == []
    assert files_holding(places.keys.parent, epoch.key.hex().encode()) == ["epoch.keys"]
    assert epoch.key.hex() not in repr(epoch)


def test_without_its_epoch_key_the_key_file_is_refused(places: KeyPlaces) -> None:
    a_sealer(places).seal(ENTRY, [private("a")])
    places.epochs.unlink()
    with pytest.raises(KeysUnavailable, match=r"epoch 1.*restore its newest back-up"):
        KeyFile.open(places, SetClock(FIRST))


def test_another_epoch_key_under_the_same_number_is_refused(places: KeyPlaces) -> None:
    a_sealer(places).seal(ENTRY, [private("a")])
    text = places.epochs.read_text()
    places.epochs.write_text(text[:-2] + ("0" if text[-2] != "0" else "1") + "\n")
    with pytest.raises(KeysUnavailable, match="epoch 1"):
        KeyFile.open(places, SetClock(FIRST))


@pytest.mark.parametrize("content", ["1 2026-03-02T01:30:00.000000Z 00\n", "x\n", "1 gestern " + "0" * 64 + "\n"])
def test_a_damaged_file_of_epoch_keys_is_refused(places: KeyPlaces, content: str) -> None:
    a_sealer(places).seal(ENTRY, [private("a")])
    places.epochs.write_text(content)
    with pytest.raises(KeysUnavailable, match="damaged"):
        KeyFile.open(places, SetClock(FIRST))


def test_a_file_that_is_no_database_is_refused(places: KeyPlaces) -> None:
    places.keys.parent.mkdir()
    places.keys.write_bytes(b"not a database, however long it may be" * 100)
    with pytest.raises(KeysUnavailable, match="damaged"):
        KeyFile.open(places, SetClock(FIRST))


def test_what_goes_wrong_at_work_names_no_file(places: KeyPlaces) -> None:
    sealer = a_sealer(places)
    places.keys.parent.mkdir()
    places.keys.write_bytes(b"not a database, however long it may be" * 100)
    with pytest.raises(KeysUnavailable) as caught:
        sealer.seal(ENTRY, [private("a")])
    assert caught.value.text.zh == "暂时无法取得加密密钥，请告知管理员；没有写入任何内容"
    assert "keys.db" not in caught.value.text.en


def test_keys_are_in_no_text_of_the_sealer(places: KeyPlaces) -> None:
    sealer = a_sealer(places)
    sealer.seal(ENTRY, [private("a")])
    shown = repr(sealer) + repr(sealer.file) + repr(vars(sealer).keys())
    epoch = sealer.file.epochs[1].key
    assert repr(epoch)[2:-1] not in shown
    assert epoch.hex() not in shown
