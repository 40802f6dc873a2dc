"""``GET /metrics`` of a running house: its own numbers, and nothing about anybody."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from runtime.asgi import serving
from runtime.clock import WallClock
from runtime.settings import Settings
from tests.oracle.exposition import read_exposition
from tests.support.command_line import CommandLine

TOKEN = "a-token-of-the-metrics"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
NAMES = {
    "banjie_build_info",
    "banjie_committer_queue_length",
    "banjie_committer_batch_commands",
    "banjie_jobs",
    "banjie_deliveries_waiting",
    "banjie_deliveries_failed_last_day",
    "banjie_ledger_unsealed_entries",
    "banjie_database_bytes",
    "banjie_requests_total",
    "banjie_request_seconds",
}


def test_a_house_tells_its_numbers_to_who_has_the_token(house: CommandLine) -> None:
    settings = Settings.model_validate({"database_url": house.database, "metrics_token": TOKEN})
    with serving(settings, WallClock()) as (_opened, site), TestClient(site) as client:
        assert client.get("/login").status_code == 200
        stranger, nowhere = client.get("/metrics"), client.get("/metricks")
        answer = client.get("/metrics", headers=BEARER)
        assert house.run("unit", "add", "CW", "--name", "财务部").code == 0
    assert stranger.status_code == nowhere.status_code == 404
    assert answer.status_code == 200, answer.text
    assert read_exposition(answer.text).keys() >= NAMES
    assert 'banjie_requests_total{method="GET",route="/login",status="200"} 1\n' in answer.text
    assert 'banjie_committer_queue_length{queue="live"} 0\n' in answer.text
    size = re.search(r"^banjie_database_bytes (\d+)$", answer.text, flags=re.MULTILINE)
    assert size is not None
    assert int(size[1]) > 100_000
    unsealed = re.search(r"^banjie_ledger_unsealed_entries (\d+)$", answer.text, flags=re.MULTILINE)
    assert unsealed is not None
    assert "王建国" not in answer.text
    assert "JL" not in answer.text


def test_without_a_token_in_the_settings_there_are_no_metrics(house: CommandLine) -> None:
    with serving(Settings(database_url=house.database), WallClock()) as (_opened, site), TestClient(site) as client:
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
        assert client.get("/metrics", headers=BEARER).status_code == 404
