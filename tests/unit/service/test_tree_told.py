"""What verification tells of trees, checkpoints and rows that do not fit, in whole sentences; forged by hand."""

from __future__ import annotations

from engine.case.identity import CaseId
from engine.ledger.merkle import Tree
from engine.ledger.notes import Checkpoint, Note
from engine.service.projection import Unknown, deadline_differences, span_differences
from engine.service.tree_findings import FINDINGS_MAX, Anchor, Found, TreeRule, contradiction, receipt_finding
from tests.support.ledgers import ROOT, Registry, a_full_life, small_rules

LEAVES = [bytes([n]) * 32 for n in range(4)]


def anchor(name: str, last: bytes) -> Anchor:
    root = Tree([*LEAVES, last]).root(5)
    return Anchor(name=name, note=Note(text="", signatures=()), checkpoint=Checkpoint(origin="o", size=5, root=root))


def test_two_histories_of_one_size_are_told() -> None:
    found = contradiction(anchor("甲.note", b"x" * 32), anchor("乙.note", b"y" * 32))
    assert found is not None
    assert found.text.zh == "甲.note 与 乙.note 大小同为 5 而根不同：曾向不同的人出示不同的账册"
    assert contradiction(anchor("甲.note", b"x" * 32), anchor("乙.note", b"x" * 32)) is None


def test_an_entry_that_a_receipt_tells_of_and_is_gone_is_told() -> None:
    found = receipt_finding(None, b"h" * 32, CaseId("c-1"), 7)
    assert found is not None
    assert found.text.zh == "回执所记的事项 c-1 第 7 条不在账册中或已被改写"


def test_more_findings_of_one_rule_are_counted() -> None:
    found = Found()
    for _ in range(FINDINGS_MAX + 3):
        found.add(TreeRule.LEAF, "叶子没有哈希", "no hash")
    assert [one.text.zh for one in found.all()][-1] == "同类问题另有 3 处"


def test_rows_that_do_not_fit_the_ledger_are_told() -> None:
    registry = Registry(small_rules())
    case = a_full_life(registry)
    spans = [span for span in registry.tables.spans if span.case == case]
    clocks = [row for row in registry.tables.deadlines.values() if row.case == case]
    assert spans[0].root == ROOT
    kind, name = spans[0].kind, clocks[0].name

    assert f"缺少期限 {name}" in [text.zh for text in deadline_differences([], clocks)]
    assert f"多出期限 {name!r}" in [text.zh for text in deadline_differences(clocks, [])]
    nothing = Unknown(fields=frozenset(), people=frozenset(), erased={})
    assert f"缺少区间 {kind}" in [text.zh for _seq, text in span_differences([], spans, nothing)]
    assert f"多出区间 {kind!r}" in [text.zh for _seq, text in span_differences(spans, [], nothing)]

    row = registry.tables.cases[case]
    registry.tables.cases[case] = row._replace(body="nonsense")
    assert "主表内容无法读取" in [finding.text.zh for finding in registry.verify().findings]
    del registry.tables.cases[case]
    assert "主表中没有该事项" in [finding.text.zh for finding in registry.verify().findings]
    registry.tables.entries = [entry for entry in registry.tables.entries if entry.case != case]
    assert "没有第一条账目" in [finding.text.zh for finding in registry.verify().findings]
