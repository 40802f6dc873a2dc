"""What the service tells whom it refuses, word for word: one house, asked for what it does not give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.access.directory import GrantRow
from engine.access.operators import demand_operator
from engine.access.staff_roles import load_staff_roles
from engine.access.token_scope import scope_of
from engine.case.actors import SYSTEM, Actor
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import BanjieError
from engine.service import granting, housekeeping, own_account
from engine.service.account_care import Carer, demand_carer, demand_token_guard, person_under
from engine.service.account_writes import RemoveSecondFactor, SetPassword, UnlinkLogin
from engine.service.auditing import Auditor, Wanted, demand_auditing
from engine.service.auditing import search as audit_search
from engine.service.behalf import Entry, entered
from engine.service.erasure_requests import approve, ask, erasable
from engine.service.linked_logins import Subject, link, log_in_linked
from engine.service.logins import AccountRules, Visitor, second_step
from engine.service.notice_inbox import Notices
from engine.service.organisation import organisation_called
from engine.service.own_account import Whose, make_token
from engine.service.plain import AddGrant
from engine.service.ports import CaseFilter
from engine.service.proving import bundle_of, newest_note
from engine.service.sampling import demand_drawable
from engine.service.similar import not_alike
from engine.service.strangers import entrance_of, look
from tests.support.house import PASSWORD, ROOT, House, open_house
from tests.support.refusals import words_of

STAFF = load_staff_roles()
RULES = AccountRules(staff=STAFF)
Ask = Callable[[House], object]
CASES: list[CaseId] = []
SUBJECT = Subject(issuer="https://sso.example.cn", subject="u-1")
BAD_KEY = "翻页标记有误，请从第一页重新查看"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all: nothing that is refused changes it."""
    folder: Path = tmp_path_factory.mktemp("house")
    with open_house(f"sqlite:///{folder / 'house.db'}") as opened:
        administrators = {"zhai": "security_administrator", "luo": "audit_administrator"}
        opened.desk.office.write(
            [
                AddGrant(GrantRow(root=ROOT, person=PersonId(who), role=role, unit=UnitId(ROOT)))
                for who, role in administrators.items()
            ]
        )
        yield opened
        CASES.clear()


def actor(house: House, login: str) -> Actor:
    return house.desk.queries.actor(ROOT, PersonId(login), house.clock.now())


def giver(house: House, login: str) -> granting.Giver:
    return granting.Giver(root=ROOT, person=PersonId(login), actor=actor(house, login), staff=STAFF)


def keeper(house: House, login: str = "shen") -> housekeeping.Keeper:
    return housekeeping.Keeper(root=ROOT, person=PersonId(login), actor=actor(house, login), staff=STAFF)


def unit(**typed: str) -> Ask:
    return lambda house: housekeeping.put_unit(house.desk, keeper(house), housekeeping.UnitWish(**typed))


def person(**typed: Any) -> Ask:
    return lambda house: housekeeping.put_person(house.desk, keeper(house), housekeeping.PersonWish(**typed))


def the_case(house: House) -> CaseId:
    """Return the one proposal there is, submitted, so that the office sees it."""
    if not CASES:
        CASES.append(house.filed())
    return CASES[0]


def entry(house: House) -> object:
    nothing = Entry(kind="x", basis="", happened_at=None)
    return entered(house.desk.reads, house.desk.queries, ROOT, nothing, house.clock.now())


def give(login: str, **typed: str) -> Ask:
    wish = granting.Wish(**{"person": "lai", "role": "handler", "unit": "safety", **typed})
    return lambda house: granting.give(house.desk, giver(house, login), wish)


def end(person: str, role: str) -> Ask:
    held = GrantRow(root=ROOT, person=PersonId(person), role=role, unit=UnitId(ROOT))
    return lambda house: granting.end(house.desk, giver(house, "zhai"), held)


def bundle(house: House) -> object:
    reader, world = actor(house, "shen"), house.desk.world(ROOT)
    cases = [the_case(house)]
    return bundle_of(house.desk, ROOT, cases, reader, world, now=house.clock.now(), tool="test", keys=lambda _: [])


def token(**typed: Any) -> Ask:
    given = {"title": "抄表", "days": 30, **typed}
    return lambda house: make_token(
        house.desk, Whose(ROOT, PersonId("shi")), scope=scope_of("read", []), by=None, **given
    )


def request(*paths: str, basis: str = "consent") -> Ask:
    return lambda house: ask(house.desk, ROOT, the_case(house), actor(house, "shen"), paths, basis, "k")


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        # ---------------------------------------------------------------------------------------- who may do it at all
        (
            lambda house: granting.demand_reading(giver(house, "shi")),
            "授权由安全管理员管理、审计管理员查阅，您没有此权限",
        ),
        (lambda house: demand_operator(actor(house, "shi"), ROOT), "后台任务由本级工会办公室管理，您没有此权限"),
        (
            lambda house: housekeeping.demand_keeper(keeper(house, "shi")),
            "单位、人员、届次和日历由本级工会办公室或系统管理员管理，您没有此权限",
        ),
        (lambda house: demand_carer(STAFF, actor(house, "shi")), "账号由工会办公室管理，您没有此权限"),
        (lambda house: demand_token_guard(STAFF, actor(house, "shi"), ROOT), "令牌由安全管理员管理，您没有此权限"),
        (
            lambda house: demand_auditing(Auditor(root=ROOT, actor=actor(house, "shi"), staff=STAFF)),
            "审计查询只供审计人员和工会办公室使用；需要查阅的，请向审计管理员提出",
        ),
        (
            lambda house: person_under(
                house.desk,
                STAFF,
                Carer(root=ROOT, person=PersonId("shen"), actor=actor(house, "shen")),
                "nobody",
            ),
            "您管理的账号中没有这个登录名",
        ),
        (lambda house: Notices(house.desk.reads).inbox(ROOT, SYSTEM), "收件箱只属于个人"),
        (lambda house: Notices(house.desk.reads).inbox(ROOT, actor(house, "shi"), after="x"), "页码参数无效"),
        (lambda house: erasable(house.desk, ROOT, the_case(house), actor(house, "shi")), "您不能删除本件内容"),
        # ------------------------------------------------------------------------------------------------------- grants
        (give("shi"), "您不能在该单位授权或收回授权"),
        (give("zhai", person="nobody"), "没有这个人员，请填写登录名"),
        (give("zhai", role="king"), "没有这个角色"),
        (give("zhai", unit="moon"), "没有这个单位"),
        (give("zhai", person="zhai"), "任何人不得给自己或自己所代理的人授权"),
        (
            give("zhai", person="luo", role="system_administrator", unit="works"),
            "系统、安全、审计三类管理员须由不同的人担任：此人已是审计管理员",
        ),
        (end("lai", "handler"), "没有这项授权"),
        (end("zhai", "security_administrator"), "这是最后一名安全管理员，须先授权他人"),
        # ------------------------------------------------------------------------------------------------- housekeeping
        (unit(unit="moon"), "没有这个单位"),
        (unit(code="!", name="新厂"), "编码为 1 至 40 个文字、字母、数字或 . _ -"),
        (unit(code="n1"), "请填写"),
        (unit(code="n1", name="新" * 101), "不超过 100 字"),
        (unit(code="n1", name="新厂", successor="moon", until_on="2026-09-01"), "承接单位须为另一个现有单位"),
        (unit(code="n1", name="新厂", successor="safety"), "有承接单位的，须填停用日期"),
        (unit(unit="works", name="江岭", until_on="2026-09-01"), "顶级单位不能停用"),
        (unit(unit="safety", name="安环部", parent="safety"), "不能置于自身或下级单位之下"),
        (unit(code="n1", name="新厂", parent="moon"), "没有这个上级单位"),
        (person(person="nobody"), "没有这个人员"),
        (person(login="甲", name="甲"), "登录名为 1 至 60 个字母、数字或 . _ @ -，以字母或数字开头"),
        (person(login="shi", name="石"), "该登录名已有人使用"),
        (person(login="new", name="新人", unit="moon"), "没有这个单位"),
        (person(person="shen", name="沈若棠", active=False), "不能停用自己的账号"),
        # ------------------------------------------------------------------------------------------------ one's account
        (token(title=""), "请填写用途，不超过 60 字"),
        (token(days=0), "有效天数应在 1 至 366 之间"),
        (
            lambda house: own_account.end_token(house.desk, ROOT, "0" * 16, None),
            "没有这个会话或令牌，或已失效",
        ),
        (
            lambda house: own_account.login_of(house.desk, Whose(ROOT, PersonId("nobody"))),
            "该人员没有登录名",
        ),
        (
            lambda house: house.desk.office.write(
                [SetPassword(root=ROOT, person=PersonId("nobody"), password_hash="x")]
            ),
            "该人员没有登录名",
        ),
        (
            lambda house: house.desk.office.write([RemoveSecondFactor(root=ROOT, person=PersonId("shi"))]),
            "没有绑定动态验证码",
        ),
        (lambda house: house.desk.office.write([UnlinkLogin(root=ROOT, person=PersonId("shi"))]), "没有绑定统一身份"),
        (
            lambda house: second_step(house.desk, RULES, "ticket", "123456", Visitor(source=None)),
            "登录已超时，请重新登录",
        ),
        # -------------------------------------------------------------------------------------------- what is asked for
        (
            lambda house: log_in_linked(house.desk, RULES, SUBJECT, Visitor()),
            "该统一身份尚未绑定本站账号。请先用账号密码登录，再到“个人设置”绑定",
        ),
        (
            lambda house: link(house.desk, Whose(ROOT, PersonId("shi")), "state", SUBJECT),
            "绑定已超时或不是本人发起，请重新绑定",
        ),
        (
            lambda house: bundle(house),
            "有记录尚未封存，不能出证据包；请稍后再试（每分钟封存一次），或先运行 banjie seal",
        ),
        (
            lambda house: audit_search(
                house.desk,
                Auditor(root=ROOT, actor=actor(house, "luo"), staff=STAFF),
                Wanted(),
                house.desk.world(ROOT),
                after="x",
            ),
            "翻页位置无效，请从第一页重新查",
        ),
        (lambda house: house.desk.queries.page(ROOT, actor(house, "shen"), CaseFilter(), after="x"), BAD_KEY),
        (
            lambda house: Notices(house.desk.reads).of_case(
                ROOT, the_case(house), actor(house, "shi"), house.desk.world(ROOT)
            ),
            "送达情况只供承办、督办人员查看",
        ),
        (lambda house: newest_note(house.desk.reads, ROOT), "账册尚未封存，没有检查点"),
        (
            lambda house: not_alike(
                house.desk.reads,
                ROOT,
                (the_case(house), the_case(house)),
                actor(house, "shen"),
                house.desk.world(ROOT),
                house.clock.now(),
            ),
            "请选择两件不同的事项",
        ),
        (lambda _house: demand_drawable("?", "10"), "种子请用 1 到 64 个字母、数字或“-”；留空则由系统抽取"),
        (
            lambda house: entrance_of(house.desk, ROOT, "proposal", house.clock.now()),
            "本单位没有开设这一匿名入口",
        ),
        (
            lambda house: entry(house),
            "请选择来件形式",
        ),
        (
            lambda house: entry(house),
            "请填写发生日期",
        ),
        (request(basis="whim"), "请选择删除依据"),
        (
            lambda house: approve(house.desk, ROOT, the_case(house), actor(house, "shen"), "x"),
            "没有这项申请，或已过期",
        ),
        (
            lambda house: own_account.change_password(
                house.desk, RULES, Whose(ROOT, PersonId("shi")), PASSWORD, PASSWORD, Visitor()
            ),
            "新密码与原密码相同",
        ),
        (
            lambda house: look(house.desk, "wrong"),
            "没有与此查询码对应的事项，请核对后重新输入；遗失的查询码无法补发",
        ),
        (request("fields/nothing"), "没有这项内容，或已删除"),
        (lambda house: organisation_called(house.desk.reads, "moon"), "没有名为“moon”的组织，现有：works"),
    ],
)
def test_what_is_refused_is_told_in_these_words(house: House, ask: Ask, said: str) -> None:
    with pytest.raises(BanjieError) as refused:
        ask(house)
    assert said in words_of(refused.value)
