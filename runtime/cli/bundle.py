"""``banjie bundle``: whole cases with their proofs as one file, for somebody who trusts nobody to verify offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.options import Organisation
from runtime.cli.run import the_root, the_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger.bundle import KeyRole
    from engine.ledger.notes import Note, VerifierKey


def bundle(
    context: typer.Context,
    cases: Annotated[list[str], typer.Argument(help="编号或标识，可多件 · numbers or ids of cases")],
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="写入的文件 · the zip file to write")],
    login: Annotated[str, typer.Option("--as", metavar="LOGIN", help="为谁出具 · login of the reader it is made for")],
    anchor: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="先前寄出的检查点，可多次 · a checkpoint that was mailed")
    ] = None,
    organisation: Organisation = None,
) -> None:
    """出具证据包，只含该读者有权知道的内容 · Make a bundle with what this reader may know, and nothing else."""
    from engine.ledger.bundle import bundle_pieces
    from engine.service.proving import bundle_of
    from runtime.cli.cases import case_called
    from runtime.cli.verify_receipt import known_receipt_keys
    from runtime.signer.child import known_key
    from runtime.witness.configured import witness_keys

    run = the_run(context)
    settings = run.settings()
    key, receipts, witnesses = known_key(settings), known_receipt_keys(settings, ()), witness_keys(settings)

    def keys(origin: str) -> Sequence[tuple[KeyRole, VerifierKey]]:
        found = key(origin)
        log: list[tuple[KeyRole, VerifierKey]] = [] if found is None else [("log", found)]
        return [*log, *(("receipt", one) for one in receipts), *(("witness", one) for one in witnesses)]

    with run.desk() as opened:
        desk = opened.desk
        root = the_root(desk, organisation)
        account = desk.reads.account(login)
        if account is None or account.root != root:
            run.refuse(Text(f"没有账号“{login}”", f"There is no account {login!r}"))
        now = desk.office.now()
        made = bundle_of(
            desk,
            root,
            [case_called(desk, root, name) for name in cases],
            desk.queries.actor(root, account.person, now),
            desk.world(root),
            now=now,
            tool="banjie",
            keys=keys,
            anchors=[_note(path) for path in anchor or ()],
        )
        with output.open("wb") as file:
            file.writelines(bundle_pieces(made))
    run.terminal.say(
        Text(
            f"已写入 {output}：{len(made.entries)} 条记录；请用 deploy/verify/verify.py 离线核验",
            f"{output} written: {len(made.entries)} entries; verify it offline with deploy/verify/verify.py",
        )
    )


def _note(path: Path) -> Note:
    from engine.ledger.notes import parse_note

    return parse_note(path.read_bytes())
