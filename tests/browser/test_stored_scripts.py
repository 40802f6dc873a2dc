"""What people write never runs in the browser of whoever reads it (T-XSS): in a real browser, under the policy we send.

Neither may it be stopped by the policy only: a report of the policy means that a text was written as a program.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from api.edge import ApiSettings
from tests.support.house import House, open_house
from tests.support.payloads import PAYLOADS, Planted, look_at_all, plant
from tests.support.serving import serving
from web import shell
from web.app import create_site

SAMPLE = PAYLOADS[::8]
CALL = datetime(2026, 1, 20, 2, tzinfo=UTC)


@contextmanager
def planted_site(folder: Path, payloads: tuple[str, ...]) -> Iterator[tuple[House, str, Planted]]:
    with open_house(f"sqlite:///{folder / 'banjie.db'}", CALL) as house:
        planted = plant(house, payloads)
        site = create_site(house.desk, ApiSettings(version="0.1.0", database="sqlite"))
        with serving(site) as address:
            yield house, address, planted


def test_there_are_sixty_different_payloads() -> None:
    assert len(set(PAYLOADS)) == 60


def test_nothing_that_was_written_runs_or_had_to_be_stopped(browser: Browser, tmp_path: Path) -> None:
    with planted_site(tmp_path, SAMPLE) as (house, address, planted):
        looked = look_at_all(house, address, browser, planted)
    assert looked.findings == []
    assert looked.pages > 4 * len(SAMPLE)


def forget_to_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages be made of templates that escape nothing."""
    careless = shell.environment().overlay(autoescape=False)
    monkeypatch.setattr(shell, "environment", lambda: careless)


def test_a_page_that_forgets_to_escape_is_found(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_to_escape(monkeypatch)
    with planted_site(tmp_path, ("<img src=x onerror=pwned=1>",)) as (house, address, planted):
        looked = look_at_all(house, address, browser, planted)
    assert any("stopped script-src-attr inline" in finding for finding in looked.findings)


def test_a_site_without_its_policy_is_found(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_to_escape(monkeypatch)
    monkeypatch.setattr("api.headers._RAW", [])
    with planted_site(tmp_path, ("<img src=x onerror=self.pwned=1>",)) as (house, address, planted):
        looked = look_at_all(house, address, browser, planted)
    assert any("payloads ran" in finding for finding in looked.findings)
