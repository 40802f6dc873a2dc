"""A database whose keys are not there is not opened, and what is said names the file to restore; old values are read
and sealed. Importing the library for ciphers is left to who needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import KeysUnavailable
from engine.ledger.commitments import NullSealer, PrivateValue
from engine.service.erasing import Resealed, ResealValues
from runtime.keys.keyfile import KeyFile
from runtime.keys.places import KeyPlaces, places_of
from runtime.keys.sealing_old import seal_old
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.house import ROOT, open_house
from tests.support.keys import fields_shown, files_holding, id_of, places_in, reopened, verified
from tests.support.storage import change, table

PHONE = "13988770002"


@pytest.fixture
def places(any_database: str, tmp_path: Path) -> KeyPlaces:
    """Where the keys of a database with one case stand."""
    with open_house(any_database) as house:
        house.open("shi", {"proposer_phone": PHONE})
    assert places_of(Settings(database_url=any_database)) == places_in(tmp_path)
    return places_in(tmp_path)


def refused(url: str, *, write: bool = True) -> str:
    with pytest.raises(KeysUnavailable) as caught, desk_of(Settings(database_url=url), write=write):
        pass
    return caught.value.text.zh + caught.value.text.en


def test_values_are_under_the_key_of_their_entry(any_database: str, places: KeyPlaces) -> None:
    rows = table(any_database, "SELECT DISTINCT seq, key FROM private_value")
    assert len(rows) == len({key for _seq, key in rows})
    assert {len(key) for _seq, key in rows} == {16}


@pytest.mark.parametrize("write", [True, False])
def test_without_its_key_file_nothing_is_opened(any_database: str, places: KeyPlaces, write: bool) -> None:
    places.keys.unlink()
    said = refused(any_database, write=write)
    assert str(places.keys) in said
    assert "BANJIE_KEYS" in said
    assert not places.keys.exists(), "and no new one is made that would hide the loss"


@pytest.mark.parametrize("write", [True, False])
def test_without_its_epoch_keys_nothing_is_opened(any_database: str, places: KeyPlaces, write: bool) -> None:
    places.epochs.unlink()
    said = refused(any_database, write=write)
    assert str(places.epochs) in said
    assert "BANJIE_EPOCH_KEYS" in said


def test_with_the_keys_of_another_database_nothing_is_opened(
    any_database: str, places: KeyPlaces, tmp_path: Path
) -> None:
    for path in (places.keys, places.epochs):
        path.unlink()
    KeyFile.open(places).draw(4)
    assert "another's" in refused(any_database)


def test_an_emptied_key_file_is_as_good_as_none(any_database: str, places: KeyPlaces) -> None:
    places.keys.write_bytes(b"")
    assert str(places.keys) in refused(any_database)


def test_a_database_without_values_needs_no_keys(any_database: str, tmp_path: Path) -> None:
    with open_house(any_database):
        pass
    assert not places_in(tmp_path).keys.exists()
    with reopened(any_database):
        pass
    assert not places_in(tmp_path).keys.exists()


def test_keys_may_stand_elsewhere(sqlite_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = KeyPlaces(keys=tmp_path / "a" / "k.db", epochs=tmp_path / "b" / "e.txt")
    monkeypatch.setenv("BANJIE_KEYS", str(elsewhere.keys))
    monkeypatch.setenv("BANJIE_EPOCH_KEYS", str(elsewhere.epochs))
    with open_house(sqlite_database) as house:
        house.open("shi")
    assert elsewhere.keys.is_file()
    assert elsewhere.epochs.is_file()
    assert not (tmp_path / "keys").exists()


def test_opening_keys_loads_no_library_for_ciphers(sqlite_database: str) -> None:
    with open_house(sqlite_database) as house:
        house.open("shi")
    script = (
        "import sys\n"
        "from engine.storage.store import open_store\n"
        "import runtime.keys.opening, runtime.keys.reapplying, runtime.keys.rotation, runtime.keys.sealing_old\n"
        "from runtime.keys.places import places_of\n"
        "from runtime.settings import Settings\n"
        f"store = open_store({sqlite_database!r}, write=False)\n"
        f"places = places_of(Settings(database_url={sqlite_database!r}))\n"
        "assert runtime.keys.opening.open_sealer(places, store.reads).has_file\n"
        "print([name for name in sys.modules if name.startswith('cryptography')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_values_from_before_there_were_keys_are_read_and_then_sealed(any_database: str, tmp_path: Path) -> None:
    with open_house(any_database) as house:
        case = house.open("shi", {"proposer_phone": PHONE})
        reads, sealer = house.desk.reads, house.desk.sealer
        entry_id = id_of(reads.entries(ROOT, case)[0])
        rows = [row for row in reads.privates(ROOT, case) if row.seq == 1]
        for row in rows:
            opened_ = sealer.open(entry_id, row.path, row.key, row.ciphertext)
            assert opened_ is not None
            value = PrivateValue(row.path, opened_.salt, opened_.value)  # type: ignore[arg-type]  # as it was sealed
            clear = NullSealer().seal(entry_id, [value]).ciphertexts[0]
            change(any_database, "UPDATE private_value SET key = '' " + _at(row.path, case))
            quoted = f"x'{clear.hex()}'" if "sqlite" in any_database else f"'\\x{clear.hex()}'"
            change(any_database, f"UPDATE private_value SET ciphertext = {quoted} " + _at(row.path, case))
    with reopened(any_database) as (opened, house):
        assert fields_shown(house, case)["proposer_phone"] == PHONE
        assert seal_old(opened) == len(rows)
        assert seal_old(opened) == 0
        assert verified(house) == ()
    assert table(any_database, "SELECT count(*) FROM private_value WHERE key = ''") == [(0,)]
    assert files_holding(tmp_path, PHONE.encode()) == []


def _at(path: str, case: str) -> str:
    return f"WHERE \"case\" = '{case}' AND seq = 1 AND path = '{path}'"


def test_a_value_that_was_sealed_meanwhile_is_left_as_it_is(any_database: str, places: KeyPlaces) -> None:
    before = table(any_database, 'SELECT root, "case", seq, path, key FROM private_value')
    with reopened(any_database) as (opened, _house):
        opened.desk.office.write(
            [ResealValues(rows=tuple(Resealed._make((*row[:4], "other", "00")) for row in before))]
        )
    assert table(any_database, 'SELECT root, "case", seq, path, key FROM private_value') == before
