"""Rotation of epoch keys: nothing is lost wherever it is cut off, and old back-ups of the key file become worthless."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.errors import KeysUnavailable
from engine.ledger.commitments import Sealed
from runtime.clock import SetClock
from runtime.keys import epochs as epochs_module
from runtime.keys import keyfile as keyfile_module
from runtime.keys import rotation as rotation_module
from runtime.keys.keyfile import KeyFile
from runtime.keys.places import KeyPlaces
from runtime.keys.rotation import Rotated, rotate
from tests.support.keys import ENTRY, FIRST, a_sealer, files_holding, places_in, private


class CutOffError(Exception):
    """The process ends here."""


@pytest.fixture
def places(tmp_path: Path) -> KeyPlaces:
    return places_in(tmp_path)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(FIRST)


def sealed_by(places: KeyPlaces, count: int = 3) -> list[Sealed]:
    sealer = a_sealer(places)
    try:
        return [sealer.seal(ENTRY, [private("a", str(number))]) for number in range(count)]
    finally:
        sealer.close()  # it may be drawing keys ahead just now, on a thread of its own


def all_open(places: KeyPlaces, values: list[Sealed]) -> bool:
    sealer = a_sealer(places)
    opened = [sealer.open(ENTRY, "a", one.key, one.ciphertexts[0]) for one in values]
    return [one.value if one else None for one in opened] == [str(number) for number in range(len(values))]


def epochs_used(places: KeyPlaces) -> set[int]:
    return {row[0] for row in KeyFile.open(places, SetClock(FIRST)).rows("SELECT DISTINCT epoch FROM held_key")}


def test_everything_opens_after_a_rotation_and_stands_under_the_new_epoch(places: KeyPlaces, clock: SetClock) -> None:
    values = sealed_by(places)
    assert rotate(KeyFile.open(places, clock), force=True) == Rotated(epoch=2, rewrapped=16, destroyed=())
    assert epochs_used(places) == {2}
    assert all_open(places, values)


def test_a_rotation_is_due_once_a_day(places: KeyPlaces, clock: SetClock) -> None:
    sealed_by(places)
    file = KeyFile.open(places, clock)
    clock.set(FIRST + timedelta(hours=22))
    assert rotate(file).epoch == 1
    clock.set(FIRST + timedelta(hours=23))
    assert rotate(file).epoch == 2
    assert rotate(file).epoch == 2


def test_many_batches_are_all_wrapped_anew(places: KeyPlaces, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation_module, "BATCH", 5)
    file = KeyFile.open(places, clock)
    file.draw(23)
    told: list[int] = []
    assert rotate(file, force=True, progress=told.append).rewrapped == 23
    assert told == [5, 10, 15, 20, 23]


def test_another_process_seals_and_opens_through_a_rotation(places: KeyPlaces, clock: SetClock) -> None:
    other = a_sealer(places)
    before = other.seal(ENTRY, [private("a", "0")])
    rotate(KeyFile.open(places, clock), force=True)
    later = [other.seal(ENTRY, [private("a", str(number))]) for number in range(1, 40)]

    assert all_open(places, [before, *later])
    # The rest of the first pool was wrapped anew, the second pool was drawn under the new epoch.
    assert epochs_used(places) == {2}


def test_old_epoch_keys_are_destroyed_after_their_time_and_copies_from_then_stay_shut(
    places: KeyPlaces, clock: SetClock, tmp_path: Path
) -> None:
    values = sealed_by(places)
    secret = KeyFile.open(places, clock).epochs[1].key.hex().encode()
    old = tmp_path / "old.db"
    shutil.copy(places.keys, old)
    file = KeyFile.open(places, clock)
    for day in range(1, 35):
        clock.set(FIRST + timedelta(days=day))
        destroyed = rotate(file).destroyed
        assert destroyed == ((1,) if day == 34 else ())
    assert files_holding(places.keys.parent, secret) == []
    assert all_open(places, values)
    with pytest.raises(KeysUnavailable, match="epoch 1") as refused:
        KeyFile.open(KeyPlaces(keys=old, epochs=places.epochs), clock)
    assert refused.value.text.zh == (
        f"期次密钥文件 {places.epochs} 缺少或不符第 1 期的密钥；请恢复最新的期次密钥备份，"
        "或用 BANJIE_EPOCH_KEYS 指明其位置"
    )


def test_what_was_erased_is_gone_from_copies_after_35_days_whenever_it_was(places: KeyPlaces, clock: SetClock) -> None:
    """The key it was wrapped under was made at most a day before; a daily job runs at some hour of each day."""
    file = KeyFile.open(places, clock)
    file.draw(1)
    made = {1: FIRST}
    gone: dict[int, int] = {}
    for day in range(1, 80):
        clock.set(FIRST + timedelta(days=day))
        rotated = rotate(file)
        made.setdefault(rotated.epoch, clock.now())
        gone.update(dict.fromkeys(rotated.destroyed, day))
    for epoch, day in gone.items():
        # Erased at the very moment after the epoch was made: gone so many days later.
        assert FIRST + timedelta(days=day) - made[epoch] <= timedelta(days=35)
    assert len(gone) == 80 - 34


def cut_at(place: int) -> Callable[[], None]:
    """Return what raises when it is called for the n-th time."""
    calls = [0]

    def call() -> None:
        calls[0] += 1
        if calls[0] == place:
            raise CutOffError

    return call


POINTS = ["write_epochs before", "write_epochs after", "wrap", "commit"]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("place", [1, 2, 3, 5, 8, 13, 21])
def test_cut_off_anywhere_nothing_is_lost_and_the_next_run_ends_it(
    places: KeyPlaces, clock: SetClock, monkeypatch: pytest.MonkeyPatch, point: str, place: int
) -> None:
    monkeypatch.setattr(rotation_module, "BATCH", 4)
    values = sealed_by(places, 20)
    clock.set(FIRST + timedelta(days=40))
    with monkeypatch.context() as broken:
        _break(broken, point, cut_at(place))
        with suppress(CutOffError):
            rotate(KeyFile.open(places, clock))
    assert all_open(places, values)
    rotated = rotate(KeyFile.open(places, clock))
    assert all_open(places, values)
    assert epochs_used(places) == {rotated.epoch}
    assert set(KeyFile.open(places, clock).epochs) == {rotated.epoch}
    assert rotate(KeyFile.open(places, clock)) == Rotated(epoch=rotated.epoch, rewrapped=0, destroyed=())


def _break(broken: pytest.MonkeyPatch, point: str, cut: Callable[[], None]) -> None:
    write = epochs_module.write_epochs

    def cut_write(*given: Any) -> None:
        if point == "write_epochs before":
            cut()
        write(*given)
        if point == "write_epochs after":
            cut()

    broken.setattr(keyfile_module, "write_epochs", cut_write)
    broken.setattr(rotation_module, "write_epochs", cut_write)
    if point == "wrap":
        wrap = KeyFile.wrap

        def cut_wrap(self: KeyFile, *given: Any) -> bytes:
            cut()
            return wrap(self, *given)

        broken.setattr(KeyFile, "wrap", cut_wrap)
    if point == "commit":
        changing = KeyFile.changing

        def cut_changing(self: KeyFile) -> Any:
            cut()
            return changing(self)

        broken.setattr(KeyFile, "changing", cut_changing)


def test_the_replaced_file_of_epoch_keys_is_overwritten(places: KeyPlaces, clock: SetClock) -> None:
    file = KeyFile.open(places, clock)
    inode = places.epochs.open("rb")
    was = inode.read()
    with file.changing():
        file.current_epoch()
        file.add_epoch()
    inode.seek(0)
    assert inode.read() == bytes(len(was))
    inode.close()


def test_a_linked_back_up_of_the_epoch_keys_is_left_alone(places: KeyPlaces, clock: SetClock, tmp_path: Path) -> None:
    file = KeyFile.open(places, clock)
    (tmp_path / "copy").hardlink_to(places.epochs)
    was = places.epochs.read_bytes()
    with file.changing():
        file.current_epoch()
        file.add_epoch()
    assert (tmp_path / "copy").read_bytes() == was
    assert places.epochs.read_bytes() != was


def test_epoch_keys_kept_elsewhere_by_a_link_stay_there(places: KeyPlaces, clock: SetClock, tmp_path: Path) -> None:
    elsewhere = tmp_path / "usb" / "epochs"
    elsewhere.parent.mkdir()
    places.epochs.parent.mkdir()
    places.epochs.symlink_to(elsewhere)
    rotate(KeyFile.open(places, clock), force=True)
    assert places.epochs.is_symlink()
    assert len([line for line in elsewhere.read_text().splitlines() if line[0] != "#"]) == 2


def test_a_rotation_that_was_cut_off_is_ended_and_no_other_begun(
    places: KeyPlaces, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = sealed_by(places)
    with monkeypatch.context() as broken:
        _break(broken, "wrap", cut_at(5))
        with pytest.raises(CutOffError):
            rotate(KeyFile.open(places, clock), force=True)
    assert rotate(KeyFile.open(places, clock), force=True).epoch == 2
    assert all_open(places, values)


def test_an_epoch_key_that_a_key_still_needs_is_kept_however_old(
    places: KeyPlaces, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = sealed_by(places)
    clock.set(FIRST + timedelta(days=90))
    monkeypatch.setattr(rotation_module, "_rewrapped", lambda *_given: [])
    assert rotate(KeyFile.open(places, clock)).destroyed == ()
    assert all_open(places, values)
