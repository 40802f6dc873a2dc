"""Verifying on several processors finds exactly what one finds."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.service.verify import verify
from runtime import verifying
from runtime.settings import Settings
from runtime.verifying import verify_all
from runtime.wiring import desk_of
from tests.support.house import ROOT, open_house
from tests.support.storage import change


def test_several_processes_find_what_one_finds(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "ALONE_UP_TO", 0)
    monkeypatch.setattr("engine.service.verify.CHUNK_CASES", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with open_house(any_database) as house:
        cases = [house.open("shi") for _number in range(5)]
    change(any_database, f"UPDATE cases SET state = 'closed' WHERE id = '{cases[3]}'")
    settings = Settings(database_url=any_database)
    told: list[int] = []
    with desk_of(settings, write=False) as opened:
        desk = opened.desk
        alone = verify(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer)
        together = verify_all(opened, settings, ROOT, told.append)
    assert (together.cases, together.entries) == (alone.cases, alone.entries)
    assert together.cases == 5
    assert Counter(together.findings) == Counter(alone.findings)
    assert {finding.case for finding in together.findings} == {cases[3]}
    assert told[-1] == 5
