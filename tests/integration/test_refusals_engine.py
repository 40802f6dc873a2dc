"""What the engine tells whom it refuses, word for word, where a house must first be brought so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.access.directory import GrantRow, Person
from engine.access.staff_roles import load_staff_roles
from engine.access.token_scope import scope_of
from engine.case import erasing
from engine.case.identity import PersonId, UnitId
from engine.definition.rulebook import Rulebook
from engine.errors import FormInvalid, InputRefused, LoginRefused, NotFound, NotPermitted, SealingStopped, TooBusy
from engine.ledger.notes import Checkpoint
from engine.service import deposits, own_account, proving
from engine.service.account_writes import LinkLogin
from engine.service.case_access import case_access
from engine.service.drafts import DRAFT_BYTES_MAX, Drafts, DraftTooLarge
from engine.service.figures import Asked, FigureDesk, unit_named
from engine.service.first_logins import NAME_CHARACTERS_MAX, FirstAdministrator, activate, first_link, set_up
from engine.service.importing.readings import Names
from engine.service.linked_logins import allow_linking
from engine.service.logins import AccountRules, Visitor
from engine.service.own_account import Whose, make_token
from engine.service.plain import AddGrant
from engine.service.proving import bundle_of
from engine.service.sealing import seal
from engine.service.strangers import act_anonymously, entrance_of, file_anonymously
from engine.service.tree_findings import anchor_of
from engine.service.verify import verify
from runtime.settings import Settings
from runtime.signer.keeper import Keeper
from runtime.wiring import desk_of
from tests.integration.test_confidential import opened
from tests.support.house import PASSWORD, ROOT, House, open_house
from tests.support.keys import erased
from tests.support.refusals import told
from tests.support.sealing import behind_its_back, newest, sealed, tree_of
from tests.support.strangers import FILED_AT

STAFF = load_staff_roles()
RULES = AccountRules(staff=STAFF)
SHI = Whose(ROOT, PersonId("shi"))
NEW_YEAR = datetime(2027, 1, 1, 3, tzinfo=UTC)


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database) as made:
        yield made


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    made = Keeper(tmp_path / "signer")
    yield made
    made.close()


def test_a_file_of_roles_that_says_something_else_is_told(tmp_path: Path) -> None:
    file = tmp_path / "roles.json"
    file.write_text("[]", encoding="utf-8")
    with told(InputRefused, "roles.json 不是有效的角色文件"):
        load_staff_roles(file)


def test_who_tries_codes_again_and_again_is_told_to_wait(house: House) -> None:
    for _ in range(40):
        with pytest.raises(LoginRefused) as refused:
            activate(house.desk, "shi", "wrong", "another-password-2026", Visitor(source=None))
        if "retry_after_seconds" in refused.value.details:
            break
        assert refused.value.text.zh == "登录名或代码不正确，或代码已使用、已过期"
    seconds = refused.value.details["retry_after_seconds"]
    assert isinstance(seconds, int)
    wait = f"{seconds} 秒" if seconds < 120 else f"{-(-seconds // 60)} 分钟"
    assert refused.value.text.zh == f"尝试次数过多，请 {wait}后再试"


def test_an_account_that_is_linked_is_not_linked_again(house: House) -> None:
    link = LinkLogin(mark="m", root=ROOT, person=PersonId("shi"), issuer="https://sso.example.cn", at=house.clock.now())
    house.desk.office.write([link])
    with told(InputRefused, "您的账号已绑定统一身份，请先解除"):
        allow_linking(house.desk, SHI, "state", password=PASSWORD, code="")


def test_nobody_has_tokens_without_end(house: House) -> None:
    with told(FormInvalid, "每人最多 20 个令牌，请先撤销不用的"):
        for number in range(own_account.TOKENS_MAX + 1):
            make_token(house.desk, SHI, scope=scope_of("read", []), by=None, title=f"{number}", days=30)


def test_the_first_administrator_is_told_what_to_fill_in(sqlite_database: str) -> None:
    with desk_of(Settings(database_url=sqlite_database)) as opened_desk:
        secret = first_link(opened_desk.desk)
        assert secret is not None
        typed = FirstAdministrator(login="", name="王" * 1001, password=PASSWORD)
        with told(FormInvalid, f"请填写，不超过 {NAME_CHARACTERS_MAX} 字"):
            set_up(opened_desk.desk, RULES, secret, typed)


def test_more_words_than_a_draft_holds_are_told_what_to_do_with(house: House) -> None:
    with told(DraftTooLarge, f"内容超过 {DRAFT_BYTES_MAX // 1024} KB，不能存为草稿；请先另存到本机，或者直接提交"):
        Drafts(house.desk).keep(ROOT, PersonId("shi"), "/cases/new", {"f.grounds": ("字" * DRAFT_BYTES_MAX,)})


def test_official_figures_of_confidential_kinds_are_not_crossed(house: House) -> None:
    actor = house.desk.queries.actor(ROOT, PersonId("shen"), house.clock.now())
    figures = FigureDesk(house.desk, None, ROOT, actor, house.desk.world(ROOT))
    said = "涉及保密的事项，公布口径只能按一个单位、一个类别、一个月份或一个届次查看，不能交叉：否则可推算出个别人"
    with told(InputRefused, said):
        figures.figures(Asked(workflow="grievance", period="2026-01", unit="safety"))


def test_a_unit_of_no_such_name_is_told(house: House) -> None:
    with told(InputRefused, "没有名为“月球”的单位，请填单位名称或编码"):
        unit_named(house.desk.world(ROOT), "月球")


def test_two_people_of_one_name_are_told_apart_by_their_logins(house: House) -> None:
    world = house.desk.world(ROOT)
    rules: Rulebook = world.rules
    two = [Person(root=ROOT, id=PersonId(one), name="王建国", unit=UnitId(ROOT)) for one in ("w1", "w2")]
    names = Names(surroundings=world.surroundings, definition=rules.for_new("proposal"), persons=two)
    with told(InputRefused, "有多名人员叫“王建国”，请写登录名"):
        names.person("王建国")


def test_what_waits_to_be_released_has_a_limit_and_nothing_is_done_before(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_house(sqlite_database, FILED_AT) as house:
        entrance = entrance_of(house.desk, ROOT, "grievance", house.clock.now())
        code = file_anonymously(house.desk, entrance, "works", {"subject": "通道", "content": "堵塞"}, "k1").code
        with told(NotFound, "事项尚未投递，请在投递后再办理"):
            act_anonymously(house.desk, code, "withdraw", {}, "k2")
        monkeypatch.setattr(deposits, "HELD_MAX", 1)
        with told(TooBusy, "待投递的内容过多，请稍后再试"):
            file_anonymously(house.desk, entrance, "works", {"subject": "另一", "content": "堵塞"}, "k3")


def test_what_recusal_rests_on_is_not_erased(sqlite_database: str) -> None:
    with opened(sqlite_database) as office:
        case = office.filed(confidentiality="confidential", accused_units=["safety"])
        refused = erased(office.house, case, "fields/accused_units", approver="du")
        assert isinstance(refused, FormInvalid), refused
        assert [one.text.zh for one in refused.fields] == ["回避和保密所依据的内容不能删除"]


def test_who_may_only_second_a_proposal_is_not_shown_who_holds_which_right(house: House) -> None:
    desk = house.desk
    desk.office.write([AddGrant(GrantRow(root=ROOT, person=PersonId("luo"), role="delegate", unit=UnitId(ROOT)))])
    case = house.open("shi")
    house.fire("shi", case, "start_seconding")
    delegate = desk.queries.actor(ROOT, PersonId("luo"), house.clock.now())
    with told(NotPermitted, "权限情况只供承办、督办、审计人员和提出人本人查看"):
        case_access(desk, ROOT, case, delegate, desk.world(ROOT), STAFF)


# What verification says.


def test_what_was_erased_while_it_was_held_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A house whose own check was taken away records what a verification still tells of."""
    case = house.open("shi", {"proposer_type": "delegation", "proposer_phone": "13988770088"})
    house.fire("shi", case, "submit")
    house.fire("shi", case, "withdraw")
    house.desk.office.write(
        [AddGrant(GrantRow(root=ROOT, person=PersonId("luo"), role="supervisor", unit=UnitId(ROOT)))]
    )
    house.fire("luo", case, "place_hold", {"hold_reason": "劳动争议仲裁期间。"})
    with monkeypatch.context() as without:
        without.setattr(erasing, "is_held", lambda _case, _definition: False)
        erased(house, case, "fields/proposer_phone")
    desk = house.desk
    found = {one.text.zh for one in verify(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer).findings}
    assert "保全期间删除了内容" in found
    assert "fields/proposer_phone 已删除，密钥却仍在" in found


class _Confused:
    """A signer that answers every question with the first note that it signed."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper, self.first = keeper, ""
        self.key, self.head = keeper.key, keeper.head

    def sign(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> str:
        note = self.keeper.sign(checkpoint, proof)
        self.first = self.first or note
        return self.first


def test_an_answer_that_is_not_what_was_asked_for_stops_the_sealing(house: House, keeper: Keeper) -> None:
    signer = _Confused(keeper)
    house.filed()
    seal(house.desk.office, house.desk.reads, signer, ROOT)
    house.filed()
    with told(SealingStopped, "签名程序的回答不是所要的签名检查点；请检查 BANJIE_SIGNER 指向何处"):
        seal(house.desk.office, house.desk.reads, signer, ROOT)


def test_a_ledger_shorter_than_a_checkpoint_kept_elsewhere_is_told(
    house: House, keeper: Keeper, sqlite_database: str
) -> None:
    house.filed()
    sealed(house, keeper)
    anchor = anchor_of("甲.note", newest(house).note.encode())
    size = anchor.checkpoint.size
    with behind_its_back(sqlite_database) as change:
        change("DELETE FROM leaf WHERE idx >= 1")
    found = [one.text.zh for one in tree_of(house, keeper.key, [anchor]).findings]
    assert f"甲.note有 {size} 条，账册只有 1 条" in found


def test_entries_of_two_years_stand_in_no_one_bundle_and_a_year_tells_how_the_last_ended(
    house: House, keeper: Keeper, sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, desk = house.filed(), house.desk
    sealed(house, keeper)
    house.clock.set(NEW_YEAR)
    house.fire("shen", case, "assign", {"lead": "logistics"})
    sealed(house, keeper)
    reader = desk.queries.actor(ROOT, PersonId("shen"), house.clock.now())

    def bundle() -> object:
        now = house.clock.now()
        return bundle_of(desk, ROOT, [case], reader, desk.world(ROOT), now=now, tool="test", keys=lambda _: [])

    with told(InputRefused, "这些记录封存在几个年度的账册中，一个证据包只能出自一个年度；请按年度分别出具"):
        bundle()
    with monkeypatch.context() as small:
        small.setattr(proving, "ENTRIES_MAX", 1)
        with told(InputRefused, "一个证据包最多 1 条记录"):
            bundle()
    with behind_its_back(sqlite_database) as change:
        change("DELETE FROM checkpoint WHERE year = 2026")
    found = [one.text.zh for one in tree_of(house, keeper.key).findings]
    assert "2027 年第一条没有载明上一年最后的检查点" in found
