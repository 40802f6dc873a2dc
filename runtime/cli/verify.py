"""``banjie verify``: every chain, every case and every row recomputed; what is sealed, against its signatures."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import Run, the_run

if TYPE_CHECKING:
    from concurrent.futures import Future

    from engine.case.identity import RootId
    from engine.service.tree_findings import TreeFinding
    from engine.service.verify import Finding, Verification
    from engine.service.verify_tree import TreeVerification
    from runtime.cli.verify_sealed import SealedLook, Wanted
    from runtime.wiring import Opened

LOOK_SECONDS = 0.1


def verify(
    context: typer.Context,
    case: Annotated[
        str | None, typer.Option(metavar="ID", help="只核验一件：编号或标识 · one case, by number or id")
    ] = None,
    anchor: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="另存的检查点，可多次 · a checkpoint kept elsewhere; may be repeated"),
    ] = None,
    consistency: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="A B", help="两份检查点是否同出一部账册 · whether two checkpoints tell one history"),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="报告上印的账册密钥、回执密钥 · keys of ledger and receipts, as printed"),
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="见证的验证密钥，可多次 · verifier key of a witness; may be repeated"),
    ] = None,
    receipt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|-", help="只核对回执：文件，或粘贴到标准输入 · check receipts alone: a file, or - for pasted"
        ),
    ] = None,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """核验记录链、重演每件事项并核对签名检查点 · Verify chains, rows, what is sealed, and every signature."""
    from concurrent.futures import ThreadPoolExecutor

    from engine.service.organisation import organisation_called
    from runtime.cli.verify_sealed import SealedLook, sealed_findings, wanted
    from runtime.verifying_beside import beside_findings

    run = the_run(context)
    given = wanted(anchor or (), consistency, key or (), witness or ())
    if receipt:
        _receipts(run, receipt, given, as_json=as_json)
        return
    with run.desk() as opened:
        reads = opened.desk.reads
        several = root is None and case is None
        roots = list(reads.roots()) if several else [organisation_called(reads, root)]

        gone = deque([0], maxlen=1)

        def sealed() -> SealedLook:
            look = sealed_findings(run.settings(), reads, roots, opened.clock, given, progress=gone.append)
            look.findings += beside_findings(opened.desk, roots)
            return look

        with ThreadPoolExecutor(1) as thread:
            # What is sealed is one long way that one processor goes: it goes while the others replay the cases.
            beside = None if case else thread.submit(sealed)
            verified = [_verified(run, opened, organisation, case) for organisation in roots]
            look = SealedLook() if beside is None else _waited(run, beside, gone)
        tree, looked = look.findings, look.trees
    findings = [finding for one in verified for finding in one.findings]
    cases, entries = sum(one.cases for one in verified), sum(one.entries for one in verified)
    if as_json:
        run.terminal.json(
            {
                "ok": not findings and not tree,
                "cases": cases,
                "entries": entries,
                "sealed": sum(one.leaves for one in looked),
                "waiting": sum(one.waiting for one in looked),
                "checkpoints": sum(one.checkpoints for one in looked),
                "signatures_checked": all(one.signed for one in looked),
                "witnesses": _witnesses_json(look),
                "findings": [*map(_finding_json, findings), *map(_tree_json, tree)],
            }
        )
    elif findings or tree:
        _complain(run, findings, tree, cases, entries)
    else:
        run.terminal.say(
            Text(
                f"已核验 {cases} 件、{entries} 条记录，未发现问题",
                f"{cases} case(s) and {entries} entries verified: no finding",
            )
        )
        _say_sealed(run, looked)
    if not as_json:
        _say_witnesses(run, look)
    if findings or tree:
        raise typer.Exit(1)


def _receipts(run: Run, receipts: Sequence[str], given: Wanted, *, as_json: bool) -> None:
    """Check receipts alone, one after the other."""
    from runtime.cli.verify_receipt import check_receipt, known_receipt_keys, read_receipt, tell
    from runtime.cli.verify_sealed import log_key

    settings = run.settings()
    read = [read_receipt(one) for one in receipts]
    keys, of_log = known_receipt_keys(settings, given.receipt_keys), log_key(settings, given.key)
    with run.desk() as opened:
        checked = [
            check_receipt(opened.desk.reads, name, signed, keys=keys, log_key=of_log, anchors=given.all)
            for name, signed in read
        ]
    tell(run, checked, as_json=as_json)


def _verified(run: Run, opened: Opened, root: RootId, case: str | None) -> Verification:
    from engine.case.identity import CaseId
    from engine.service.verify import verify as verified
    from runtime.cli.cases import case_called
    from runtime.verifying import verify_all

    desk = opened.desk
    if case is not None:
        # Somebody may well ask about a case of which only entries are left.
        only = CaseId(case) if case in set(desk.reads.kept_ids(root)) else case_called(desk, root, case)
        return verified(desk.reads, desk.world(root).rules, root, desk.sealer, only=only)
    with run.terminal.progress(Text("核验", "Verifying")) as progressed:
        return verify_all(opened, run.settings(), root, lambda done: progressed(done, None))


def _waited(run: Run, beside: Future[SealedLook], gone: deque[int]) -> SealedLook:
    """Return what was found beside the cases; while that is still under way, show how far it has gone."""
    with run.terminal.progress(Text("核验封存", "Verifying what is sealed")) as progressed:
        while not beside.done():
            progressed(gone[-1], None)
            time.sleep(LOOK_SECONDS)
    return beside.result()


def _say_sealed(run: Run, looked: Sequence[TreeVerification]) -> None:
    """Say how much of it is sealed, and whether the signatures could be looked at."""
    if not looked:
        return
    sealed, waiting = sum(one.leaves for one in looked), sum(one.waiting for one in looked)
    checkpoints = sum(one.checkpoints for one in looked)
    run.terminal.say(
        Text(
            f"其中 {sealed} 条已封存于 {checkpoints} 个检查点之下，{waiting} 条待封存",
            f"{sealed} of them are sealed under {checkpoints} checkpoint(s), {waiting} wait",
        )
    )
    if not all(one.signed for one in looked):
        run.terminal.say(
            Text(
                "没有验证密钥，未核对签名；请用 --key 给出报告上印的密钥",
                "The signatures were not looked at: give the key that reports print with --key",
            )
        )


def _say_witnesses(run: Run, look: SealedLook) -> None:
    """Say how far every declared witness has come, which of them did not answer, and what nobody gave a key for."""
    from runtime.cli.witness_told import standing_told, strangers_told, trouble_told

    for cosigned in look.cosigned:
        for standing in cosigned.standings:
            run.terminal.say(standing_told(standing))
    troubles = dict.fromkeys((one.witness, one.trouble) for one in look.troubles)
    for name, trouble in troubles:
        if trouble is not None:
            run.terminal.complain(trouble_told(name, trouble))
    strangers = sum(cosigned.strangers for cosigned in look.cosigned)
    if strangers:
        run.terminal.say(strangers_told(strangers))


def _complain(run: Run, findings: list[Finding], tree: list[TreeFinding], cases: int, entries: int) -> None:
    for found in findings:
        entry = Text(f"第 {found.seq} 条", f"entry {found.seq}") if found.seq else Text("整件", "whole case")
        run.terminal.complain(
            Text(
                f"事项 {found.case} {entry.zh} [{found.rule}] {found.text.zh}",
                f"case {found.case}, {entry.en} [{found.rule}] {found.text.en}",
            )
        )
    for one in tree:
        run.terminal.complain(Text(f"账册 [{one.rule}] {one.text.zh}", f"ledger [{one.rule}] {one.text.en}"))
    count = len(findings) + len(tree)
    run.terminal.complain(
        Text(
            f"✗ 已核验 {cases} 件、{entries} 条记录，发现 {count} 处问题",
            f"✗ {cases} case(s) and {entries} entries verified: {count} finding(s)",
        )
    )


def _witnesses_json(look: SealedLook) -> list[dict[str, object]]:
    troubles = {one.witness: one.trouble for one in look.troubles}
    return [
        {
            "name": one.name,
            "checkpoint": None if one.cosigned is None else one.cosigned.n,
            "at": one.at,
            "missing": None if one.missing is None else one.missing.n,
            "trouble": troubles.get(one.name),
        }
        for cosigned in look.cosigned
        for one in cosigned.standings
    ]


def _tree_json(found: TreeFinding) -> dict[str, object]:
    return {"case": "", "seq": 0, "rule": str(found.rule), "text": {"zh": found.text.zh, "en": found.text.en}}


def _finding_json(found: Finding) -> dict[str, object]:
    return {
        "case": found.case,
        "seq": found.seq,
        "rule": str(found.rule),
        "text": {"zh": found.text.zh, "en": found.text.en},
    }
