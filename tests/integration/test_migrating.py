"""Cases of a house that go on under a published version: rehearsed, carried out, verified, told, and left alone."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.case.identity import CaseId, PersonId
from engine.definition.loader import load_workflow
from engine.ledger.bundle import bundle_bytes
from engine.service.plain import KeepText
from engine.service.proving import bundle_of
from engine.service.publications import PublishRules
from runtime.signer.keeper import Keeper
from tests.support.command_line import Answered, CommandLine, command_line
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.keys import reopened, verified
from tests.support.offline import both, codes
from tests.support.sealing import sealed
from tests.support.storage import all_rows, table

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
PROPOSAL = (WORKFLOWS / "proposal" / "v1.yaml").read_text(encoding="utf-8")
SECOND = re.sub(r"\bunder_review\b", "in_review", re.sub(r"(?m)^version: 1$", "version: 2", PROPOSAL)).replace(
    "    list: proposer_types\n", "    list: proposer_types\n    tracked: true\n", 1
)
"""The proposals with a state that is called otherwise and a field that is counted by, which it was not."""
REASON = "六届三次职代会主席团决定"


def publish(house: House, text: str, folder: Path) -> None:
    """Put a version in force as the page does once it is proved."""
    file = folder / "published.yaml"
    file.write_text(text, "utf-8")
    loaded, now = load_workflow(file), house.clock.now()
    part = loaded.part
    said = part.model_dump_json(by_alias=True, exclude_unset=True)
    house.desk.office.write(
        [
            KeepText("definition", part.name, part.version, loaded.hash, said, by=PersonId("shen"), at=now),
            PublishRules(
                kind="definition",
                name=part.name,
                version=part.version,
                content_hash=loaded.hash,
                reason=REASON,
                at=now,
                by=PersonId("shen"),
            ),
        ]
    )


@dataclass(frozen=True)
class Cases:
    """One case under review, one that is filed, one that was withdrawn, all of the first version."""

    reviewed: CaseId
    filed: CaseId
    ended: CaseId

    @classmethod
    def of(cls, house: House) -> Cases:
        reviewed = house.open("shi", {"proposer_type": "delegation", "proposer_phone": "13988770088"})
        house.fire("shi", reviewed, "submit")
        house.fire("zhai", reviewed, "begin_review")
        ended = house.open("shi", {"proposer_type": "delegation"})
        house.fire("shi", ended, "submit")
        house.fire("shi", ended, "withdraw")
        return cls(reviewed=reviewed, filed=house.filed(), ended=ended)


@pytest.fixture
def cases(any_database: str, tmp_path: Path) -> Cases:
    with open_house(any_database) as house:
        cases = Cases.of(house)
        house.clock.set(house.clock.now() + timedelta(hours=1))
        publish(house, SECOND, tmp_path)
    return cases


def migrate(line: CommandLine, *more: str, by: str = "shen", reason: str = REASON) -> Answered:
    arguments = ("--workflow", "proposal", "--from", "1", "--to", "2", "--by", by, "--reason", reason)
    return line.run("migrate-cases", *arguments, *more)


MAP = ("--map", "under_review=in_review")


LATER = datetime(2026, 1, 21, 2, tzinfo=UTC)
SPANS = 'SELECT kind, "case" FROM span'


def line_of(url: str) -> CommandLine:
    return command_line(url, clock="2026-01-20T12:00:00+08:00")


def test_a_rehearsal_tells_of_each_case_and_writes_nothing(any_database: str, cases: Cases) -> None:
    line, before = line_of(any_database), all_rows(any_database)
    told = migrate(line, "--dry-run")
    assert told.code == 1
    assert "第 1 版 → 第 2 版" in told.out
    assert "新版没有状态“under_review”，请指明“审查中”（under_review）对应新版的哪个状态" in told.out
    assert "在办 2 件：可以迁移 1 件，不能迁移 1 件。没有写入；去掉 --dry-run 即办理" in told.out
    with_map = migrate(line, *MAP, "--dry-run", "--json")
    assert with_map.code == 0
    assert {one["case"]: one["goes"] for one in json.loads(with_map.out)} == {cases.reviewed: True, cases.filed: True}
    assert all_rows(any_database) == before


def test_cases_go_on_are_verified_and_ended_ones_stay(any_database: str, cases: Cases) -> None:
    line = line_of(any_database)
    half = migrate(line)
    assert (half.code, "已迁移 1 件，1 件原样保留" in half.out) == (1, True)
    rest = migrate(line, *MAP)
    assert (rest.code, "已迁移 1 件，0 件原样保留" in rest.out) == (0, True)
    assert "已迁移 0 件" in migrate(line, *MAP).out
    rows = table(any_database, "SELECT id, definition_version, state FROM cases")
    assert {str(row[0]): tuple(row[1:]) for row in rows} == {
        cases.reviewed: (2, "in_review"),
        cases.filed: (2, "filed"),
        cases.ended: (1, "withdrawn"),
    }
    with reopened(any_database, LATER) as (_opened, house):
        house.fire("zhai", cases.reviewed, "file")
        assert list(verified(house)) == []
        kinds = {row[0] for row in table(any_database, SPANS) if row[1] == cases.reviewed}
        assert "field:proposer_type" in kinds


def test_its_history_says_so_and_both_verifiers_follow_it(any_database: str, cases: Cases, tmp_path: Path) -> None:
    migrate(line_of(any_database), *MAP)
    with closing(Keeper(tmp_path / "signer")) as keeper, reopened(any_database, LATER) as (_opened, house):
        house.fire("zhai", cases.reviewed, "file")
        with client_of(house) as client:
            page = client.get(f"/cases/{cases.reviewed}", headers=house.bearer("shi")).text
            audited = client.get(f"/cases/{cases.reviewed}/audit", headers=house.bearer("shen")).text
            told = client.get(f"/api/cases/{cases.reviewed}/timeline", headers=house.bearer("shi")).json()
        assert f"改按流程第 2 版办理：{REASON}" in page
        assert "审查中" in audited
        assert "migrated" in json.dumps(told)
        house.clock.set(house.clock.now() + timedelta(minutes=5))
        sealed(house, keeper)
        desk, now = house.desk, house.clock.now()
        made = bundle_of(
            desk, ROOT, [cases.reviewed], desk.queries.actor(ROOT, PersonId("shen"), now), desk.world(ROOT), now=now,
            tool="test", keys=lambda origin: [("log", keeper.key(origin))],
        )  # fmt: skip
    assert len(made.definitions) == 2
    assert codes(both(bundle_bytes(made), tmp_path)) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--by", "zhai"), "迁移须由系统管理员或工会秘书处决定"),
        (("--by", "nobody"), "没有登录名“nobody”"),
        (("--to", "3"), "流程“proposal”没有第 3 版"),
        (("--to", "1"), "新旧版本相同"),
        (("--map", "reviewing=filed"), "第 1 版没有状态“reviewing”，有：draft、"),
        (("--map", "filed"), "--map filed：应为 旧状态=新状态 · --map takes OLD=NEW"),
    ],
)
def test_what_is_asked_wrongly_is_refused_before_any_case(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    url = f"sqlite:///{tmp_path / 'house.db'}"
    with open_house(url) as house:
        Cases.of(house)
        publish(house, SECOND, tmp_path)
    before = all_rows(url)
    answered = migrate(line_of(url), *more)
    assert answered.code != 0
    assert said in answered.out + answered.err
    assert all_rows(url) == before
