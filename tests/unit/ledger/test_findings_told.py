"""What an auditor reads of a forged entry, in whole sentences: each case forges one thing in an untouched life."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from engine.ledger.canonical import canonical, parse_canonical
from engine.ledger.chain import check_chain
from engine.ledger.commitments import Opened
from engine.ledger.replay import replay
from engine.ledger.shape import stream_problems
from tests.support.ledgers import ROOT, Registry, a_full_life
from tests.unit.ledger.test_chain import CASE, a_chain, rewritten
from tests.unit.ledger.test_replay import RULES, Chain, chain_of, definition_of
from tests.unit.service.test_erasing import erase

Forgery = Callable[[Chain], object]


def a_life() -> Chain:
    registry = Registry(RULES)
    return chain_of(registry, a_full_life(registry))


def told(chain: Chain) -> list[str]:
    return [finding.text.zh for finding in chain.replayed().findings]


def change(move: str, **parts: Any) -> Forgery:
    """Change parts of the first entry that records this move."""
    return lambda chain: chain.entry(move).update(parts)


def opening(**parts: Any) -> Forgery:
    return lambda chain: chain.bodies[0]["opening"].update(parts)


def first(**parts: Any) -> Forgery:
    return lambda chain: chain.bodies[0].update(parts)


def without_values(chain: Chain) -> None:
    chain.entry("evaluate").update(actor="P2", priv={"people/P2": "0" * 64})


def twice_opened(chain: Chain) -> None:
    chain.bodies[1:] = [dict(chain.bodies[0], seq=2)]
    chain.openings[2] = chain.openings[1]


def changed_value(chain: Chain) -> None:
    known = chain.openings[1]["fields/grounds"]
    assert known is not None
    chain.openings[1]["fields/grounds"] = Opened(salt=known.salt, value="无此事。")


def late(chain: Chain) -> None:
    chain.entry("review")["stated"] = {"occurred_at": "2030-01-01T00:00:00.000000Z", "basis": "登记簿"}


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda chain: chain.bodies.pop(chain.seq_of("assign") - 1), "处于 filed 时不能 extend"),
        (change("assign", to="replied"), "assign 应转到 in_hand，而不是 replied"),
        (change("suspend", transition="abolish"), "流程中没有流转 'abolish'"),
        (change("assign", to="nirvana"), "流程中没有状态 'nirvana'"),
        (change("review", guards=[["is_filed", True]]), "没有记录条件 subject_there 的结论"),
        (change("review", guards=[["subject_there", False], ["is_filed", True]]), "条件 subject_there 不成立却放行"),
        (
            change("review", guards=[["subject_there", True], ["is_filed", True], ["is_filed", True]]),
            "记有多余的条件 'is_filed'",
        ),
        (without_values, "proposer 不能办理 evaluate"),
        (twice_opened, "第一条且只有第一条是立项"),
        (lambda chain: chain.bodies.pop(0), "第一条且只有第一条是立项"),
        (first(to="filed"), "立项后应处于 submitted，而不是 filed"),
        (opening(workflow="five_states"), "所载流程及版本与所依据的文本不符"),
        (opening(root="elsewhere"), "立项时的组织与账册不符"),
        (first(role="engine"), "角色 engine 无权立项"),
        (change("review", at="2020-01-01T00:00:00.000000Z"), "时间早于前一条"),
        (late, "所述发生时间晚于登记时间"),
        (late, "未写明为谁代录却填写了发生时间"),
        (lambda chain: chain.entry("review")["pub"].update(phone="13900000000"), "字段 phone 未按密级存放"),
        (lambda chain: chain.entry("review")["pub"].update(no_such="x"), "流程中没有字段 'no_such'"),
        (lambda chain: chain.entry("assign")["clocks"][0].update(name="no_such"), "流程中没有期限 'no_such'"),
        (change("review", joined=[{"role": "clerk", "who": "P1"}]), "流程中没有当事角色 'clerk'"),
        (change("review", ledger="elsewhere"), "内容中的账册是 'elsewhere'"),
        (changed_value, "fields/grounds 的原值与所作承诺不符"),
        (lambda chain: chain.openings[1].pop("people/P1"), "people/P1 的原值已不在，又无删除记录"),
        (
            lambda chain: chain.openings.update({99: {"note": Opened(salt=bytes(32), value={})}}),
            "多出的原值 'note'",
        ),
        (change("review", actor="P7"), "条目内容无法还原（IndexError: list index out of range）"),
    ],
)
def test_a_forged_entry_is_told_in_whole_sentences(forge: Forgery, said: str) -> None:
    chain = a_life()
    assert told(chain) == []
    forge(chain)
    assert said in told(chain)


def test_a_way_whose_guards_all_failed_is_told() -> None:
    chain = a_life()
    workflow = RULES.newest("matter")
    part = workflow.transitions["review"]
    narrow = part.model_copy(update={"alternatives": part.alternatives[:1]})
    only = workflow.model_copy(update={"transitions": {**workflow.transitions, "review": narrow}})
    chain.entry("review")["guards"] = [["subject_there", True], ["is_filed", False]]

    def definition(pins: Any) -> Any:
        known = definition_of(pins)
        return type(known)(only, known.hash, known.lists, known.list_hashes)

    assert [one.text.zh for one in chain.replayed(definition).findings] == ["没有一条去向的条件成立"]


LEAVES = a_chain(2)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([LEAVES[0], (True, *rewritten(LEAVES[1], seq=2)[1:])], "此处序号应为 2"),
        ([(1, None, b"")], "内容不是字节"),
        ([(1, LEAVES[0][1], b"other")], "所存哈希与内容不符"),
        ([(1, b"[]", hashlib.sha256(b"\x00[]").digest())], "内容不是对象"),
        ([rewritten(LEAVES[0], seq=3)], "内容中的序号是 3"),
        ([rewritten(LEAVES[0], case="x")], "内容中的事项是 'x'"),
        ([rewritten(LEAVES[0], prev="1" * 64)], "没有接在前一条之后"),
    ],
)
def test_a_broken_chain_is_told_in_whole_sentences(rows: list[Any], said: str) -> None:
    assert [finding.text.zh for finding in check_chain(rows, case=CASE)] == [said]


def test_a_body_with_spaces_is_told_to_be_no_canonical_text() -> None:
    body = json.dumps({"a": 1}).encode()
    (finding,) = check_chain([(1, body, hashlib.sha256(b"\x00" + body).digest())], case=CASE)
    assert finding.text.zh == "不是规范字节：空白、键的次序、重复的键或转义写法不合 RFC 8785"
    assert replay([(1, body)], {}, definition_of, root=ROOT).findings == ()


def test_an_entry_that_is_no_systems_own_is_told() -> None:
    body = canonical(a_life().bodies[0])
    assert "不是系统条目" in [text.zh for text in stream_problems(body, ROOT)]
    assert "内容中的账册是 'works'" in [text.zh for text in stream_problems(body, "elsewhere")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"role": "proposer"}, "proposer 无权删除"),
        ({"approver": None}, "删除没有有权人员的批准"),
        ({"approver": "P1"}, "删除由本人自行批准"),
        ({"actor": "system"}, "系统不能据此删除"),
        ({"basis": "retention", "early": True}, "未终结即以期限届满为由删除"),
        ({"paths": ["fields/grounds"], "early": True}, "办结前删除了 'fields/grounds'"),
        ({"paths": ["fields/nothing"]}, "所删除的内容在第 1 条中并不存在"),
    ],
    ids=str,
)
def test_an_unlawful_erasure_is_told(change: dict[str, Any], said: str) -> None:
    registry = Registry(RULES)
    case = registry.open() if change.pop("early", False) else a_full_life(registry)
    erase(registry, case, "fields/phone")
    place = max(n for n, entry in enumerate(registry.tables.entries) if entry.case == case)
    entry = registry.tables.entries[place]
    body: Any = parse_canonical(entry.body)
    for name, value in change.items():
        if name == "paths":
            body["erased"]["values"][0]["paths"] = value
        elif value is None:
            del body["erased"][name]
        else:
            (body if name in ("role", "actor") else body["erased"])[name] = value
    registry.tables.entries[place] = entry._replace(body=canonical(body))
    assert said in [finding.text.zh for finding in registry.verify().findings]


def test_an_erased_value_that_is_kept_is_told() -> None:
    registry = Registry(RULES)
    case = a_full_life(registry)
    kept = [row for row in registry.tables.privates if row.path == "fields/phone"]
    erase(registry, case, "fields/phone")
    registry.tables.privates += kept
    assert "fields/phone 已删除，原值却仍在" in [finding.text.zh for finding in registry.verify().findings]
