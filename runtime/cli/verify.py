"""``banjie verify``: every chain, every case and every row recomputed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import Run, the_run

if TYPE_CHECKING:
    from engine.case.identity import RootId
    from engine.service.verify import Finding, Verification
    from runtime.wiring import Opened


def verify(
    context: typer.Context,
    case: Annotated[
        str | None, typer.Option(metavar="ID", help="只核验一件：编号或标识 · one case, by number or id")
    ] = None,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """核验记录链、重演每件事项并与现状比对 · Verify every chain and replay every case against its rows."""
    from engine.service.organisation import organisation_called

    run = the_run(context)
    with run.desk() as opened:
        reads = opened.desk.reads
        several = root is None and case is None
        roots = list(reads.roots()) if several else [organisation_called(reads, root)]
        verified = [_verified(run, opened, organisation, case) for organisation in roots]
    findings = [finding for one in verified for finding in one.findings]
    cases, entries = sum(one.cases for one in verified), sum(one.entries for one in verified)
    if as_json:
        run.terminal.json(
            {
                "ok": not findings,
                "cases": cases,
                "entries": entries,
                "findings": [_finding_json(finding) for finding in findings],
            }
        )
    elif findings:
        _complain(run, findings, cases, entries)
    else:
        run.terminal.say(
            Text(
                f"已核验 {cases} 件、{entries} 条记录，未发现问题",
                f"{cases} case(s) and {entries} entries verified: no finding",
            )
        )
    if findings:
        raise typer.Exit(1)


def _verified(run: Run, opened: Opened, root: RootId, case: str | None) -> Verification:
    from engine.case.identity import CaseId
    from engine.service.verify import verify as verified
    from runtime.cli.cases import case_called

    desk = opened.desk
    rules = desk.world(root).rules
    only = None
    if case is not None:
        # Somebody may well ask about a case of which only entries are left.
        only = CaseId(case) if case in set(desk.reads.kept_ids(root)) else case_called(desk, root, case)
    with run.terminal.progress(Text("核验", "Verifying")) as progressed:
        return verified(desk.reads, rules, root, desk.sealer, only=only, progress=lambda done: progressed(done, None))


def _complain(run: Run, findings: list[Finding], cases: int, entries: int) -> None:
    for found in findings:
        entry = Text(f"第 {found.seq} 条", f"entry {found.seq}") if found.seq else Text("整件", "whole case")
        run.terminal.complain(
            Text(
                f"事项 {found.case} {entry.zh} [{found.rule}] {found.text.zh}",
                f"case {found.case}, {entry.en} [{found.rule}] {found.text.en}",
            )
        )
    run.terminal.complain(
        Text(
            f"✗ 已核验 {cases} 件、{entries} 条记录，发现 {len(findings)} 处问题",
            f"✗ {cases} case(s) and {entries} entries verified: {len(findings)} finding(s)",
        )
    )


def _finding_json(found: Finding) -> dict[str, object]:
    return {
        "case": found.case,
        "seq": found.seq,
        "rule": str(found.rule),
        "text": {"zh": found.text.zh, "en": found.text.en},
    }
