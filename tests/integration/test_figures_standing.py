"""Figures carry the checkpoint they stand on, by API, page and command alike, and every page bears it in its foot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.ledger.notes import parse_checkpoint, parse_note
from engine.ledger.receipts import matches_short
from runtime.signer.keeper import Keeper
from tests.support.command_line import command_line
from tests.support.house import House, client_of, open_house
from tests.support.sealing import newest, sealed


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    made = Keeper(tmp_path / "signer")
    yield made
    made.close()


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as made:
        made.filed()
        yield made


def test_the_api_names_the_newest_checkpoint_and_whether_all_is_under_it(house: House, keeper: Keeper) -> None:
    with client_of(house) as client:

        def asked(more: str = "") -> dict[str, object]:
            answer = client.get(f"/api/figures/proposal{more}", headers=house.bearer("shen")).json()
            return answer["checkpoint"]  # type: ignore[no-any-return]  # plain JSON

        assert asked() is None
        sealed(house, keeper)
        row = newest(house)
        point = parse_checkpoint(parse_note(row.note.encode()).text)
        first = asked()
        assert (first["origin"], first["size"], first["root"]) == (point.origin, point.size, point.root.hex())
        assert (first["number"], first["covered_until"]) == (row.n, "2026-01-20T02:00:00.000000Z")
        assert matches_short(str(first["short"]), point.root)
        assert first["complete"] is True
        house.open("shi")
        assert asked()["complete"] is False
        assert asked("?as_of=2026-01-19")["complete"] is True


def test_the_page_of_figures_prints_it_and_says_what_is_not_under_it(house: House, keeper: Keeper) -> None:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        assert "账册尚未封存，本页没有检查点可依" in client.get("/figures/proposal").text
        sealed(house, keeper)
        point = parse_checkpoint(parse_note(newest(house).note.encode()).text)
        page = client.get("/figures/proposal").text
        assert f"账册检查点：{point.origin}，{point.size} 条，根指纹 " in page
        short = page.partition("根指纹 ")[2].partition("，")[0]
        assert matches_short(short, point.root)
        assert "尚待封存" not in page
        house.open("shi")
        assert "截止时刻以前的记录有一部分尚待封存" in client.get("/figures/proposal").text


def test_every_page_bears_it_in_its_foot_for_who_is_logged_in_and_for_nobody_else(house: House, keeper: Keeper) -> None:
    sealed(house, keeper)
    point = parse_checkpoint(parse_note(newest(house).note.encode()).text)
    with client_of(house) as client:
        for address in ("/login", "/anonymous", "/receipts"):
            assert point.origin not in client.get(address).text
        client.cookies.set("banjie", house.token("shi"))
        for address in ("/", "/cases", "/overdue"):
            foot = client.get(address).text.partition("<footer")[2]
            assert f"账册检查点 {point.origin} · {point.size} 条 · " in foot
            assert matches_short(foot.partition(" 条 · ")[2].partition("<")[0], point.root)


def test_the_command_prints_it_with_the_figures(sqlite_database: str, keeper: Keeper) -> None:
    with open_house(sqlite_database) as house:
        house.filed()
        sealed(house, keeper)
        point = parse_checkpoint(parse_note(newest(house).note.encode()).text)
    banjie = command_line(sqlite_database, clock="2026-01-20T12:00:00+08:00")
    out = banjie.must("--lang", "en", "figures", "--workflow", "proposal")
    line = next(line for line in out.splitlines() if line.startswith("Ledger checkpoint: "))
    assert f"{point.origin}, {point.size} entries, root " in line
    assert matches_short(line.partition("root ")[2].partition(",")[0], point.root)
    told = banjie.run("figures", "--workflow", "proposal", "--json").json["checkpoint"]
    assert (told["size"], told["root"], told["complete"]) == (point.size, point.root.hex(), True)
