"""From the command to the last byte: erased values are in no file, no dump and no back-up that can be opened, and
whatever moment it is cut off at, it is finished by the next start."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.packages import find_postgres
from engine.case.identity import CaseId
from engine.service.execute import Done
from engine.storage.urls import postgres_url, sqlite_path
from runtime.keys import shredding
from runtime.keys.keyfile import KeyFile
from runtime.keys.rotation import rotate
from runtime.keys.shredding import finish_erasures
from tests.support.house import ROOT, House, open_house
from tests.support.keys import erased, fields_shown, files_holding, id_of, reopened, verified
from tests.support.storage import table

PHONE = "13988770001"
GROUNDS = "夜班职工零点以后只能吃方便面。"
MEASURES = "夜班窗口延长到一点半，并提供热汤。"


class CutOffError(Exception):
    """The process ends here."""


def a_case(house: House) -> CaseId:
    """Return a case that has ended, with a phone number, grounds and measures."""
    case = house.open("shi", {"proposer_type": "delegation", "proposer_phone": PHONE})
    house.fire("shi", case, "submit")
    house.fire("shi", case, "withdraw")
    return case


@pytest.fixture
def case(any_database: str) -> CaseId:
    with open_house(any_database) as house:
        return a_case(house)


def paths_kept(url: str) -> set[str]:
    return {path for (path,) in table(url, "SELECT path FROM private_value")}


def everything_kept(url: str, folder: Path) -> bytes:
    """Return every byte of the data folder, on PostgreSQL with a dump of the database."""
    files = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    if sqlite_path(url) is not None:
        return files
    programs = find_postgres()
    if programs is None:
        pytest.skip("there is no pg_dump")
    command = [str(programs / "pg_dump"), "--dbname", postgres_url(url)]
    return files + subprocess.run(command, check=True, capture_output=True, env={**os.environ}).stdout


def test_nothing_private_stands_in_the_clear_at_any_time(any_database: str, case: CaseId, tmp_path: Path) -> None:
    kept = everything_kept(any_database, tmp_path)
    assert GROUNDS.encode() in kept, "an internal value stands in the row: the search itself works"
    assert PHONE.encode() not in kept


def test_what_is_erased_is_in_no_byte_and_the_rest_still_opens(any_database: str, case: CaseId, tmp_path: Path) -> None:
    with reopened(any_database) as (opened, house):
        assert isinstance(erased(house, case, "fields/proposer_phone", "fields/grounds"), Done)
        assert GROUNDS.encode() not in everything_kept(any_database, tmp_path), "gone when the answer comes"
        assert finish_erasures(opened) == 1
        assert finish_erasures(opened) == 0
        assert GROUNDS.encode() not in everything_kept(any_database, tmp_path), "not even while the server runs"

        assert verified(house) == ()
        fields = fields_shown(house, case)
        assert fields["proposed_measures"] == MEASURES
        assert not {"grounds", "proposer_phone"} & fields.keys()
    assert not {"fields/proposer_phone", "fields/grounds"} & paths_kept(any_database)
    assert GROUNDS.encode() not in everything_kept(any_database, tmp_path)


def test_a_copy_from_before_opens_what_stayed_and_never_what_was_erased(any_database: str, case: CaseId) -> None:
    place = f"WHERE \"case\" = '{case}' AND path LIKE 'fields/%'"
    copy = {
        path: (key, bytes(sealed))
        for path, key, sealed in table(any_database, f"SELECT path, key, ciphertext FROM private_value {place}")
    }
    with reopened(any_database) as (opened, house):
        entry = id_of(house.desk.reads.entries(ROOT, case)[0])
        assert isinstance(erased(house, case, "fields/proposer_phone"), Done)
        finish_erasures(opened)
        rotate(opened.keys.file, force=True)
    with reopened(any_database) as (opened, _house):
        sealer = opened.keys
        key, phone = copy["fields/proposer_phone"]
        assert sealer.open(entry, "fields/proposer_phone", key, phone) is None
        assert not sealer.holds(key, "fields/proposer_phone")
        grounds = sealer.open(entry, "fields/grounds", *copy["fields/grounds"])
        assert grounds is not None
        assert grounds.value == GROUNDS


def test_erasing_one_value_after_another_leaves_ever_fewer_keys(any_database: str, case: CaseId) -> None:
    with reopened(any_database) as (opened, house):
        ((key,),) = set(table(any_database, f"SELECT key FROM private_value WHERE \"case\" = '{case}' AND seq = 1"))
        kept = {path for (path,) in table(any_database, f"SELECT path FROM private_value WHERE key = '{key}'")}
        for path in sorted(kept - {"people/P1"}):
            assert isinstance(erased(house, case, path), Done)
            finish_erasures(opened)
            kept.discard(path)
            assert {row[0] for row in opened.keys.file.rows("SELECT path FROM held_key WHERE id = ?", (key,))} == kept
            assert verified(house) == ()
    with reopened(any_database) as (_opened, house):
        assert verified(house) == ()


@pytest.mark.parametrize("point", ["before", "inside", "after the keys", "after the outbox"])
def test_cut_off_between_record_and_keys_it_is_finished_at_the_next_start(
    any_database: str, case: CaseId, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reopened(any_database) as (opened, house), monkeypatch.context() as broken:
        assert isinstance(erased(house, case, "fields/proposer_phone"), Done)
        real = shredding.shred

        def cut(file: KeyFile, given: list[object]) -> None:
            if point == "inside":
                broken.setattr(KeyFile, "keep", _cut)
            if point == "after the keys":
                real(file, given)  # type: ignore[arg-type]  # passed on as it came
                raise CutOffError
            real(file, given)  # type: ignore[arg-type]  # passed on as it came

        broken.setattr(shredding, "shred", cut if point != "before" else _cut)
        if point == "after the outbox":
            broken.setattr(type(opened.store), "scrub", _cut)
        with pytest.raises(CutOffError):
            finish_erasures(opened)
    with reopened(any_database) as (opened, house):
        assert table(any_database, "SELECT count(*) FROM outbox WHERE kind = 'erased'") == [(0,)]
        assert verified(house) == ()
        assert finish_erasures(opened) == 0


def _cut(*_given: object, **_named: object) -> None:
    raise CutOffError


def test_a_key_that_was_left_after_an_erasure_is_found(any_database: str, case: CaseId) -> None:
    with reopened(any_database) as (_opened, house):
        assert isinstance(erased(house, case, "fields/proposer_phone"), Done)
        assert {str(finding.rule) for finding in verified(house)} == {"V3"}


def test_people_who_are_told_nothing_any_more(any_database: str) -> None:
    """Whoever is erased loses sight of the case and what was told of it; others keep theirs."""
    with open_house(any_database) as house:
        case = a_case(house)
        assert ("person:shi",) in table(any_database, f"SELECT principal FROM reader WHERE \"case\" = '{case}'")
        assert isinstance(erased(house, case, "people/P1"), Done)
        principals = {row[0] for row in table(any_database, f"SELECT principal FROM reader WHERE \"case\" = '{case}'")}
        assert "person:shi" not in principals
        assert any(principal.startswith("role:") for principal in principals)


def test_a_restored_database_from_before_an_erasure_is_cleaned_before_anybody_works_with_it(
    sqlite_database: str, tmp_path: Path
) -> None:
    path = sqlite_path(sqlite_database)
    assert path is not None
    with open_house(sqlite_database) as house:
        case = a_case(house)
    old = tmp_path / "old.db"
    shutil.copy(path, old)
    with reopened(sqlite_database) as (opened, house):
        assert isinstance(erased(house, case, "fields/proposer_phone", "fields/grounds"), Done)
        finish_erasures(opened)
        later = house.open("shi")
    path.with_name("banjie.db-wal").unlink(missing_ok=True)
    shutil.copy(old, path)
    old.unlink()
    with reopened(sqlite_database) as (_opened, house):
        assert files_holding(tmp_path, GROUNDS.encode()) == []
        assert verified(house) == ()
        assert house.desk.reads.cases(ROOT, [later]) == []
        body = house.desk.reads.entries(ROOT, case)[-1].body
        assert b'"actor":"system"' in body
        assert b'"basis":"restored"' in body
    with reopened(sqlite_database) as (_opened, house):
        assert house.desk.reads.entries(ROOT, case)[-1].body == body, "cleaned once, not at every start"
