"""Publishing definitions and code lists on a page: previewed, in force everywhere at once, undone, and refused."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.directory import GrantRow, Unit
from engine.access.staff_roles import load_staff_roles
from engine.case.identity import PersonId, RootId, UnitId
from engine.errors import DefinitionError, InputRefused
from engine.service.logins import AccountRules
from engine.service.plain import AddGrant, AddUnit
from engine.service.publications import PublishRules, WithdrawRules
from engine.service.verify_house import verify_house
from engine.text import Text
from runtime.cli.health import looked_at
from runtime.clock import SetClock
from runtime.house import RunningHouse
from runtime.jobs.leases import LeasedJobs
from runtime.running_rules import publication_problems
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.command_line import command_line
from tests.support.house import PASSWORD, ROOT, House, open_house
from tests.support.storage import change
from web.app import create_site

ORIGIN = {"Origin": "http://testserver"}
WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
PROPOSAL = (WORKFLOWS / "proposal" / "v1.yaml").read_text(encoding="utf-8")
REASON = "六届三次职代会主席团决定"


def version(number: int, text: str = PROPOSAL) -> str:
    """Return the proposals' definition under another number."""
    changed, times = re.subn(r"(?m)^version: \d+", f"version: {number}", text)
    assert times == 1
    return changed


RENAMED = version(2).replace("title: {zh: 职代会提案, ", "title: {zh: 厂职代会提案, ", 1)


@dataclass
class Site:
    """The site of a house that can be published in; ``shen`` is its union office."""

    house: House
    settings: Settings
    client: TestClient
    door: RunningHouse

    def log_in(self, login: str) -> None:
        answer = self.client.post("/login", data={"login": login, "password": PASSWORD}, headers=ORIGIN)
        assert answer.status_code == 303, answer.text

    def post(self, address: str, /, **form: str) -> tuple[int, str]:
        answer = self.client.post(address, data=form, headers=ORIGIN)
        return answer.status_code, answer.text

    def newest(self, workflow: str = "proposal") -> int:
        return self.house.desk.world(ROOT).rules.newest(workflow).version

    def told(self, kind: str) -> list[dict[str, Any]]:
        reads = self.house.desk.reads
        entries = (json.loads(entry.body) for chain in reads.kept_ids(ROOT) for entry in reads.entries(ROOT, chain))
        return [entry for entry in entries if entry["type"] == kind]


@pytest.fixture
def site(any_database: str) -> Iterator[Site]:
    with open_house(any_database) as house:
        at = house.clock.now()
    settings, clock = Settings(database_url=any_database), SetClock(at)
    with ExitStack() as closing:
        opened = closing.enter_context(desk_of(settings, clock=clock))
        jobs = LeasedJobs.open(any_database, clock)
        closing.callback(jobs.close)
        door = RunningHouse(opened=opened, settings=settings, clock=clock, jobs=jobs)
        rules = AccountRules(staff=load_staff_roles())
        app = create_site(opened.desk, ApiSettings(version="0", database="test", accounts=rules), None, door)
        client = closing.enter_context(TestClient(app, raise_server_exceptions=False, follow_redirects=False))
        site = Site(House(opened.desk, clock, count()), settings, client, door)
        site.log_in("shen")
        yield site


def test_a_version_is_previewed_published_everywhere_at_once_and_withdrawn(site: Site) -> None:
    running = site.house.filed()
    with desk_of(site.settings, write=False) as other:
        assert other.desk.world(ROOT).rules.newest("proposal").version == 1
        status, page = site.post("/admin/definitions/preview", definition=RENAMED)
        assert status == 200
        assert "发布前预览：厂职代会提案 第 2 版" in page
        assert "与第 1 版相比" in page
        assert "由 职代会提案 改为 厂职代会提案" in page
        assert "在办的 1 件按其立项时的版本办结" in page
        assert "<svg" in page
        assert site.newest() == 1, "a preview changes nothing"
        status, _page = site.post("/admin/definitions/publish", definition=RENAMED, reason=f" {REASON} ")
        assert status == 303
        # The process that published, and one that only reads beside it, go by it without a restart.
        assert site.newest() == 2
        assert other.desk.world(ROOT).rules.newest("proposal").title.zh == "厂职代会提案"
        page = site.client.get("/admin/definitions?done=published").text
        assert "已发布并记入账册" in page
        assert REASON in page
        assert "沈若棠" in page
        [fact] = site.told("rules_published")
        assert fact["by"] == "shen"
        assert (fact["rules_published"]["version"], fact["rules_published"]["reason"]) == (2, REASON)
        case = site.house.desk.reads.cases(ROOT, [running])[0]
        assert case.definition_version == 1
        assert site.client.get(f"/cases/{running}").status_code == 200
        status, _page = site.post("/admin/definitions/withdraw", name="proposal", version="2", reason="误发")
        assert status == 303
        assert (site.newest(), other.desk.world(ROOT).rules.newest("proposal").version) == (1, 1)
        shown = site.client.get("/workflows/proposal").text
        assert "厂职代会提案" not in shown, "what was withdrawn is no version any more"
        assert "已撤回并记入账册" in site.client.get("/admin/definitions?done=withdrawn").text
        assert site.told("rules_withdrawn")[0]["rules_withdrawn"]["reason"] == "误发"
        assert verify_house(site.house.desk.reads, ROOT) == []


def test_what_was_published_is_in_force_after_a_restart_and_stays_once_a_case_runs_under_it(site: Site) -> None:
    assert site.post("/admin/definitions/publish", definition=RENAMED, reason=REASON)[0] == 303
    case = site.house.filed()
    assert site.house.desk.reads.cases(ROOT, [case])[0].definition_version == 2
    status, page = site.post("/admin/definitions/withdraw", name="proposal", version="2", reason="误发")
    assert (status, "已有事项按第 2 版立项，不能撤回。需要恢复原规定的，请以下一个版本号发布原内容" in page) == (
        422,
        True,
    )
    with desk_of(site.settings, write=False) as again:
        assert again.desk.world(ROOT).rules.newest("proposal").version == 2
    third = version(3)
    assert site.post("/admin/definitions/publish", definition=third, reason=REASON)[0] == 303
    status, page = site.post("/admin/definitions/withdraw", name="proposal", version="2", reason="误发")
    assert (status, "其后还发布过新的版本，请先撤回最新一版" in page) == (422, True)
    assert verify_house(site.house.desk.reads, ROOT) == []


def test_what_may_not_be_published_is_refused_with_the_reason(site: Site) -> None:
    for definition, said in (
        (PROPOSAL, "版本号应为 2（现行最新版的下一个），文件中为 1"),
        (version(3), "版本号应为 2（现行最新版的下一个），文件中为 3"),
        (
            re.sub(r"(?m)^in_force_from: .*", "in_force_from: 2099-01-01", version(2)),
            "施行日期 2099-01-01 未到。发布后即对新立事项生效，请到该日再发布，或改为今天",
        ),
        ("", "请粘贴流程文件的内容"),
        ("a" * (256 * 1024 + 1), "流程文件不得超过 256 KB"),
    ):
        status, page = site.post("/admin/definitions/preview", definition=definition)
        assert (status, said in page) == (422, True), said
    status, page = site.post("/admin/definitions/publish", definition=RENAMED, reason=" ")
    assert (status, "请填写理由，不超过 200 字" in page) == (422, True)
    assert "厂职代会提案" in page, "what was typed is still there"
    status, page = site.post("/admin/definitions/publish", definition=RENAMED, reason="字" * 201)
    assert (status, "请填写理由，不超过 200 字" in page) == (422, True)
    status, page = site.post("/admin/definitions/withdraw", name="proposal", version="1", reason="误发")
    assert (status, "没有发布过这一版，或已经撤回" in page) == (404, True)
    assert site.post("/admin/definitions/withdraw", name="proposal", version="9" * 30, reason="误发")[0] == 404
    assert site.newest() == 1
    assert site.told("rules_published") == []


def test_a_wrong_definition_is_told_by_line_and_one_that_breaks_another_names_that_one(site: Site) -> None:
    lines = version(2).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("initial:"))
    lines[at] = "initial: nowhere"
    status, page = site.post("/admin/definitions/preview", definition="\n".join(lines))
    assert status == 422
    assert f"第 {at + 1} 行" in page
    assert "initial: nowhere" in page
    handling = (WORKFLOWS / "handling" / "v1.yaml").read_text(encoding="utf-8")
    renamed = version(2, handling.replace("start_opinion", "start_writing"))
    status, page = site.post("/admin/definitions/publish", definition=renamed, reason=REASON)
    assert status == 422
    assert "流程“职代会提案”将不成立：" in page
    assert site.newest("handling") == 1


HOSTILE = {
    "an alias": "a: &a [1]\nb: *a\n",
    "a tag": "a: !!python/object/apply:os.system ['true']\n",
    "a thousand levels": "a: " + "[" * 1_000 + "]" * 1_000,
    "a key twice": "name: a\nname: b\n",
    "no text": "\x00\x01",
    "a workflow that leaves the folder": "name: ../../elsewhere\nversion: 1\n",
    "a merge": "<<: {a: 1}\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_texts_are_refused_as_what_they_are(site: Site, what: str) -> None:
    for address in ("preview", "publish"):
        status, page = site.post(f"/admin/definitions/{address}", definition=HOSTILE[what], reason=REASON)
        assert status == 422
        assert re.search(r"第 \d+ 行第 \d+ 列|不允许的控制字符", page)
        assert "/tmp/" not in page
    assert site.told("rules_published") == []


def test_only_who_looks_after_the_house_publishes(site: Site) -> None:
    site.log_in("shi")
    for address in (
        "definitions/preview",
        "definitions/publish",
        "definitions/withdraw",
        f"lists/{CATEGORIES}/publish",
    ):
        status, page = site.post(f"/admin/{address}", definition=RENAMED, reason=REASON, name="proposal", version="2")
        assert (status, "您没有此权限" in page) == (403, True), address
    assert site.client.get("/admin/lists/proposal-categories").status_code == 403
    assert site.post("/admin/lists/proposal-categories/preview", **{"new.1": "x"})[0] == 403
    # Security and audit administration do not change rules either: three administrations are kept apart.
    for role in ("security_administrator", "audit_administrator"):
        site.house.desk.office.write(
            [AddGrant(GrantRow(root=ROOT, person=PersonId("luo"), role=role, unit=UnitId(ROOT)))]
        )
        site.log_in("luo")
        assert site.post("/admin/definitions/publish", definition=RENAMED, reason=REASON)[0] == 403
    assert site.newest() == 1


def test_of_two_who_publish_the_same_number_one_is_told_that_the_other_was_faster(site: Site) -> None:
    office, at = site.house.desk.office, site.house.clock.now()

    def publish(content: str) -> PublishRules:
        return PublishRules(kind="definition", name="proposal", version=2, content_hash=content, reason="试", at=at)

    office.write([publish("sha256:" + "a" * 64)])
    with pytest.raises(InputRefused, match="published version 2") as refused:
        office.write([publish("sha256:" + "b" * 64)])
    assert refused.value.text.zh == ("第 2 版刚由他人发布。请查看其内容；仍需修改的，改用下一个版本号再发布")
    # Its text was never kept: what is not there decides nothing.
    assert site.newest() == 1


def test_rules_of_several_organisations_are_not_changed_by_one(site: Site) -> None:
    other = Unit(root=RootId("mill"), id=UnitId("mill"), parent=None, code="mill", title=Text("纺织厂", "Mill"))
    site.house.desk.office.write([AddUnit(other, at=site.house.clock.now())])
    status, page = site.post("/admin/definitions/publish", definition=RENAMED, reason=REASON)
    said = "本库有多个组织，流程和代码表对各组织都生效，请由系统管理员在流程文件夹中更新"
    assert (status, said in page) == (422, True)


def test_an_organisation_founded_later_is_told_what_was_published_before(site: Site) -> None:
    assert site.post("/admin/definitions/publish", definition=RENAMED, reason=REASON)[0] == 303
    other = Unit(root=RootId("mill"), id=UnitId("mill"), parent=None, code="mill", title=Text("纺织厂", "Mill"))
    site.house.desk.office.write([AddUnit(other)])
    assert verify_house(site.house.desk.reads, RootId("mill")) == []


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE publication SET reason = '主席批示'", "已发布的规定 definition proposal 2 与账册所载不符"),
        ("UPDATE publication SET version = 3", "账册未载已发布的规定 definition proposal 3"),
        ("DELETE FROM publication", "账册载有已发布的规定 definition proposal 2，现已没有"),
    ],
)
def test_a_publication_changed_behind_the_ledger_is_found(site: Site, statement: str, finding: str) -> None:
    office, at = site.house.desk.office, site.house.clock.now()
    content = "sha256:" + "a" * 64
    office.write(
        [PublishRules(kind="definition", name="proposal", version=2, content_hash=content, reason="试", at=at)]
    )
    assert verify_house(site.house.desk.reads, ROOT) == []
    change(site.settings.database_url, statement)
    assert finding in [one.text.zh for one in verify_house(site.house.desk.reads, ROOT)]


CATEGORIES = "proposal-categories"


def test_a_list_is_changed_on_the_page_and_a_code_over_is_chosen_no_more(site: Site) -> None:
    page = site.client.get(f"/admin/lists/{CATEGORIES}").text
    assert "发布后成为第 2 版" in page
    typed = {"new.1": "canteen", "new_zh.1": "食堂", "new_en.1": "Canteen", "until.welfare": "2026-01-10"}
    status, page = site.post(f"/admin/lists/{CATEGORIES}/preview", **typed)
    assert status == 200, page
    assert "新增“食堂”（canteen）" in page
    assert "可选至 2026年1月10日" in page
    found = re.search(r'<textarea name="changes"[^>]*>(.*?)</textarea>', page, re.S)
    assert found is not None
    changes = unescape(found[1])
    assert site.post(f"/admin/lists/{CATEGORIES}/publish", changes=changes, reason=REASON)[0] == 303
    lists = {part.name: part for part in reversed(site.house.desk.world(ROOT).rules.every_list())}
    assert lists[CATEGORIES].version == 2
    page = site.client.get("/admin/lists?done=published").text
    assert "已发布并记入账册" in page
    assert "食堂" in page
    # The clock of the house stands on 20 January 2026: a proposal may be on canteens, and not on welfare any more.
    site.house.open("shi", {"category": "canteen"})
    with pytest.raises(AssertionError, match="category"):  # its words stand in unit/case/test_form_last_days.py
        site.house.open("shi", {"category": "welfare"})
    assert verify_house(site.house.desk.reads, ROOT) == []


def test_a_list_keeps_its_codes_and_what_they_mean(site: Site) -> None:
    said = json.loads(
        next(text for name, _n, _h, text in site.house.desk.reads.code_lists() if name == "confidentiality-levels")
    )
    said["version"] = 2

    def refused_by_the_door(changed: dict[str, Any]) -> str:
        with pytest.raises(InputRefused) as refused:
            site.door.publish_rules(ROOT, "list", json.dumps(changed).encode(), REASON, PersonId("shen"))
        return refused.value.text.zh

    gone = {**said, "items": said["items"][1:]}
    assert refused_by_the_door(gone) == "代码不能删除：open。不再使用的，请填写可选至的日期"
    loose = {**said, "items": [{**item, "flags": {}} for item in said["items"]]}
    said_of = "代码 confidential、anonymous 的标记与现行版本不同；标记决定统计和保密，不能在此修改"
    assert refused_by_the_door(loose) == said_of
    new = {**said, "name": "unheard-of", "version": 1}
    assert refused_by_the_door(new) == "没有名为“unheard-of”的代码表；新代码表请随流程文件夹增加"
    status, page = site.post(f"/admin/lists/{CATEGORIES}/preview", **{"new.1": "no code!", "until.welfare": "soon"})
    assert (status, "no code!" in page) == (422, True)
    assert (
        (answer := site.client.get("/admin/lists/unheard-of")).status_code,
        "没有这个代码表" in answer.text,
    ) == (404, True)
    assert site.post("/admin/lists/unheard-of/preview", **{"new.1": "x"})[0] == 404
    office, at = site.house.desk.office, site.house.clock.now()
    published = PublishRules(
        kind="list", name=CATEGORIES, version=2, content_hash="sha256:" + "a" * 64, reason="试", at=at
    )
    office.write([published])
    with pytest.raises(InputRefused) as refused:
        office.write([WithdrawRules(kind="list", name=CATEGORIES, version=2, reason="试", at=at)])
    assert "不能撤回。需要恢复原规定的，请以下一个版本号发布原内容" in refused.value.text.zh


def test_a_file_that_says_otherwise_under_a_published_number_is_refused_at_the_start(
    site: Site, tmp_path: Path
) -> None:
    assert site.post("/admin/definitions/publish", definition=RENAMED, reason=REASON)[0] == 303
    folder = shutil.copytree(WORKFLOWS, tmp_path / "workflows")
    same = folder / "proposal" / "v2.yaml"
    same.write_text(RENAMED, encoding="utf-8")
    settings = site.settings.model_copy(update={"workflows": folder})
    with desk_of(settings, write=False) as again:
        assert again.desk.world(ROOT).rules.newest("proposal").version == 2
    same.write_text(version(2), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused, desk_of(settings, write=False):
        pass
    [problem] = refused.value.problems
    assert problem.file == "proposal/v2.yaml"
    assert "流程“proposal”第 2 版已在管理页面发布，文件内容与已发布的不同" in problem.text.zh
    assert "请移走该文件，或将其 version 改为 3；办理以已发布的内容为准" in problem.remedy.zh
    assert [one.code for one in publication_problems(settings)] == ["published_otherwise"]
    checked = command_line(settings.database_url, workflows=str(folder)).run("check")
    assert (checked.code, "第 2 版已在管理页面发布" in checked.err) == (1, True)
    look = next(one for one in looked_at(settings, site.house.clock) if one.name == "definitions")
    assert look.fatal
    assert "第 2 版已在管理页面发布" in look.text.zh
    # What is the same in the folder, or in no database yet, is no clash.
    same.write_text(RENAMED, encoding="utf-8")
    assert publication_problems(settings) == []
    nowhere = site.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/none.db"})
    assert publication_problems(nowhere) == []
