"""No secret word is read by anybody who may not read it, and each by everybody who may (T-CANARY)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.access.disclosure import Disclosure
from engine.case.case import Case
from engine.definition.compiled import Definition
from runtime.jobs.handlers import product_registry
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.worker import Worker
from runtime.settings import Settings
from runtime.signer.keeper import Keeper
from runtime.wiring import desk_of
from tests.support.canaries import (
    BRIEF,
    NOON,
    STRANGER,
    WORD,
    Secret,
    code_holders,
    crawl,
    kept_in_the_open,
    listening,
    messages,
    said_of_secrets,
    seed,
    told_outside,
)
from tests.support.command_line import command_line
from tests.support.house import House, client_of, open_house
from tests.support.sealing import sealed

CASES = 24
"""Each level and each persona is met several times; ``make campaign`` has 200."""


@dataclass(frozen=True)
class Town:
    """A house full of secrets whose ledger is sealed, somebody to ask it, and every log line since it was built."""

    url: str
    folder: Path
    house: House
    client: TestClient
    seeded: Sequence[Secret]
    lines: list[str]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("canaries")
    url = f"sqlite:///{folder / 'banjie.db'}"
    keeper = Keeper(folder / "signer")
    with closing(keeper), listening() as lines, open_house(url, NOON) as house, client_of(house) as client:
        seeded = seed(house, CASES)
        sealed(house, keeper)
        yield Town(url, folder, house, client, seeded, lines)


def test_nobody_reads_what_is_kept_from_them_and_everybody_what_is_theirs(town: Town) -> None:
    found = crawl(town.house, town.client, town.seeded)
    assert found.leaks == set()
    assert found.missing == set()
    assert found.failures == set()
    assert found.answers > 3_000
    assert found.bundles > CASES, "of cases that are sealed whoever may see them gets a bundle, and it was read"


def test_who_comes_with_a_code_reads_that_case_and_no_other(town: Town) -> None:
    found = code_holders(town.client, town.seeded)
    assert (found.leaks, found.missing, found.answers) == (set(), set(), 2 * CASES // 4)


def test_no_message_that_leaves_the_house_tells_of_a_secret(town: Town) -> None:
    sent = messages(town.house)
    assert told_outside(sent, town.seeded) == set()
    assert any(WORD.search(message.body) for message in sent), "of an open case a message may name the subject"
    assert not any(message.address.startswith("luo@") and not message.body for message in sent)


def test_tables_hold_what_is_internal_in_rows_of_cases_alone_and_log_lines_nothing(town: Town) -> None:
    assert kept_in_the_open(town.url, town.seeded) == set()
    assert said_of_secrets(town.lines, town.seeded, allowed=frozenset()) == set()
    assert town.lines, "something was logged while the tests of this town ran"


def test_no_file_beside_the_database_and_no_command_holds_a_secret(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'banjie.db'}"
    with open_house(url, NOON) as house:
        seeded = seed(house, 12)
        now = house.clock.now()
    clock_at = now.isoformat()
    with desk_of(Settings(database_url=url)) as opened:
        jobs = LeasedJobs.open(url, opened.clock)
        try:
            Worker(jobs, product_registry(opened, jobs, Settings(database_url=url)), opened.clock).run_due()
        finally:
            jobs.close()
    held = [path.read_bytes().decode("latin-1") for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    assert len(held) > 2
    assert said_of_secrets(held, seeded, allowed=BRIEF) == set()
    banjie = replace(command_line(url), settings={**command_line(url).settings, "BANJIE_CLOCK": clock_at})
    told: list[str] = []
    for command in _commands():
        answered = banjie.run(*command)
        assert answered.code in (0, 1), (command, answered.err)
        told += [answered.out, answered.err]
    assert said_of_secrets(told, seeded, allowed=frozenset({"subject"})) == set()
    assert said_of_secrets(told, seeded, allowed=frozenset()) != set(), "the overdue list names subjects"


def _commands() -> list[list[str]]:
    number = "2026诉字第0001号"
    return [
        ["overdue", "--json"],
        ["overdue"],
        ["figures", "--workflow", "grievance"],
        ["explain", number],
        ["explain", number, "--json"],
        ["told", number],
        ["told", number, "--json"],
        ["verify"],
        ["doctor"],
        ["jobs"],
        ["user", "list"],
    ]


# ---------------------------------------------------------------------------------------- defects that must be found


def _shows_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_of_it(case: Case, definition: Definition, _actor: object, _units: object) -> Disclosure:
        return Disclosure(fields=frozenset(definition.workflow.fields))

    monkeypatch.setattr("engine.service.queries.disclosed", all_of_it)


def _names_who_filed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.access.disclosure.is_strict", lambda _case, _definition: False)


def _recuses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.service.steps.recused_of", lambda _case, _parent=None: frozenset())


def _accuses_no_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.access.readers.accused_units", lambda _case, _parent=None: frozenset())


def _lists_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.service.queries._principals", lambda _actor: None)


def _hides_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.access.disclosure import disclosed

    def less(*given: Any) -> Disclosure:
        known = disclosed(*given)
        return replace(known, fields=known.fields - {"content"})

    monkeypatch.setattr("engine.service.queries.disclosed", less)


WHEN_WRITING = (_recuses_nobody, _accuses_no_unit)
"""Who may read is worked out when a case changes."""


@pytest.mark.parametrize(
    ("defect", "viewer", "found"),
    [
        (_shows_everything, "auditor", "auditor reads content of internal at /api/cases/{case}"),
        (_shows_everything, "handler", "handler reads demands of open at /cases/{case}"),
        (_names_who_filed, "office", "office reads petitioner_name of confidential at /api/cases/{case}"),
        (_names_who_filed, "supervisor", "supervisor reads petitioner_phone of confidential at /cases/{case}"),
        (_recuses_nobody, "accused person", "accused person reads content of internal at /cases/{case}"),
        (_recuses_nobody, "accused person", "accused person finds internal by its subject"),
        (_lists_all, "handler elsewhere", "handler elsewhere reads subject of open at /cases"),
        (_lists_all, "other", "other finds open by its subject"),
        (_accuses_no_unit, "accused unit head", "accused unit head reads subject of confidential at /api/cases/{case}"),
        (_hides_the_original, "own", "own cannot read content of internal"),
        (_hides_the_original, "office", "office cannot read content of anonymous"),
    ],
)
def test_a_defect_is_found(
    sqlite_database: str,
    monkeypatch: pytest.MonkeyPatch,
    defect: Callable[[pytest.MonkeyPatch], None],
    viewer: str,
    found: str,
) -> None:
    with open_house(sqlite_database, NOON) as house, client_of(house) as client:
        if defect in WHEN_WRITING:
            defect(monkeypatch)
        seeded = seed(house, 12)
        if defect not in WHEN_WRITING:
            defect(monkeypatch)
        crawled = crawl(house, client, seeded, [viewer, STRANGER], searched=8)
    assert found in crawled.leaks | crawled.missing


def test_a_message_that_says_too_much_is_found(sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.phrasing.is_confidential", lambda *_given: False)
    with open_house(sqlite_database, NOON) as house:
        seeded = seed(house, 8)
        assert "a message to office holds subject of confidential" in told_outside(messages(house), seeded)


def test_a_log_line_and_a_row_that_say_too_much_are_found(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.case.forms import checked_form as checked
    from engine.ledger.commitments import NullSealer

    def telling(definition: Definition, asked: Any, form: Any, **beside: Any) -> dict[str, Any]:
        logging.getLogger("shop").debug("form %s", form)
        return checked(definition, asked, form, **beside)

    monkeypatch.setattr("engine.case.decide.checked_form", telling)
    monkeypatch.setattr("runtime.wiring.open_sealer", lambda *_given: _Unsealed(NullSealer()))
    with listening() as lines, open_house(sqlite_database, NOON) as house:
        seeded = seed(house, 4)
    assert "content of anonymous" in said_of_secrets(lines, seeded, allowed=frozenset())
    assert "the table private_value holds content of open" in kept_in_the_open(sqlite_database, seeded)


class _Unsealed:
    """Keys that seal nothing, with what opening a database asks of keys beside."""

    has_file = False

    def __init__(self, sealer: Any) -> None:
        self._sealer = sealer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sealer, name)

    def close(self) -> None:
        """Hold nothing, let go of nothing."""
