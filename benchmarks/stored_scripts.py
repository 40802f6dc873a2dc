"""``make campaign``: sixty texts that would run as programs, in every field, looked at in a real browser."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report import Results


def stored_scripts(results: Results, folder: Path, _number: int) -> None:
    """Plant every payload in every text field, look at every page, count what ran or had to be stopped."""
    from playwright.sync_api import sync_playwright

    from api.edge import ApiSettings
    from deploy.packages import find_chromium
    from tests.support.browser import CHROMIUM_ARGUMENTS
    from tests.support.house import open_house
    from tests.support.payloads import PAYLOADS, look_at_all, plant
    from tests.support.serving import serving
    from web.app import create_site

    chromium = find_chromium()
    title = f"{len(PAYLOADS)} stored scripts in every text field, every page in a browser: ran, or had to be stopped"
    if chromium is None:
        results.add(title, 0, "", "0", met=False, note="there is no Chromium on this machine: not run")
        return
    with open_house(f"sqlite:///{folder}/planted.db") as house, sync_playwright() as playwright:
        planted = plant(house, PAYLOADS)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        with serving(create_site(house.desk, ApiSettings(version="0.1.0", database="sqlite"))) as address:
            looked = look_at_all(house, address, browser, planted)
        browser.close()
    findings = sorted(set(looked.findings))
    results.add(
        title, len(findings), "", "0", met=not findings, note="; ".join([f"{looked.pages} pages", *findings[:3]])
    )
