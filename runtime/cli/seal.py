"""``banjie seal``: seals now what otherwise would be within a minute."""

from __future__ import annotations

import typer

from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import the_run


def seal(
    context: typer.Context,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """封存待封存的记录并签出检查点 · Give waiting entries their place in the tree and have its head signed."""
    from engine.service.organisation import organisation_called
    from engine.service.sealing import seal as sealed
    from engine.service.sealing_witnesses import ask_witness
    from runtime.cli.witness_told import trouble_told
    from runtime.signer.child import signing
    from runtime.witness.configured import witnesses_of

    run = the_run(context)
    settings = run.settings()
    witnesses = witnesses_of(settings)
    with run.desk(write=True) as opened, signing(settings) as signer:
        desk = opened.desk
        roots = list(desk.reads.roots()) if root is None else [organisation_called(desk.reads, root)]
        told = []
        for organisation in roots:
            with run.terminal.progress(Text("封存", "Sealing")) as progressed:
                done = sealed(
                    desk.office,
                    desk.reads,
                    signer,
                    organisation,
                    origin=settings.ledger_origin,
                    progress=lambda entries, show=progressed: show(entries, None),  # type: ignore[misc]  # bound now
                )
            asked = [(one.key.name, ask_witness(desk.office, desk.reads, organisation, one)) for one in witnesses]
            told.append((organisation, done, desk.reads.newest_checkpoint(organisation), asked))
    if as_json:
        run.terminal.json(
            [
                {
                    "root": organisation,
                    "entries": done.entries,
                    "checkpoints": done.checkpoints,
                    "aside": [[key.case, key.seq] for key in done.aside],
                    "newest": None if newest is None else {"n": newest.n, "size": newest.size, "note": newest.note},
                    "witnesses": [
                        {"name": name, "cosigned": one.cosigned, "trouble": one.trouble} for name, one in asked
                    ],
                }
                for organisation, done, newest, asked in told
            ]
        )
    aside = 0
    for organisation, done, newest, asked in told:
        aside += len(done.aside)
        if not as_json:
            stands = Text("尚无检查点", "no checkpoint yet")
            if newest is not None:
                stands = Text(
                    f"最新检查点第 {newest.n} 号，{newest.year} 年共 {newest.size} 条",
                    f"newest checkpoint {newest.n}, {newest.size} entries in {newest.year}",
                )
            run.terminal.say(
                Text(
                    f"{organisation}：封存 {done.entries} 条；{stands.zh}",
                    f"{organisation}: {done.entries} entries sealed; {stands.en}",
                )
            )
        for name, one in asked:
            # No reason to fail: what is not cosigned yet is asked for again by the worker.
            if one.trouble is not None:
                run.terminal.complain(trouble_told(name, one.trouble))
            elif one.cosigned and not as_json:
                run.terminal.say(Text(f"见证主机 {name} 已联署", f"Cosigned by the witness {name}"))
        for key in done.aside:
            run.terminal.complain(
                Text(
                    f"✗ 事项 {key.case} 第 {key.seq} 条不能封存：内容缺失或与哈希不符，请执行 banjie verify",
                    f"✗ case {key.case}, entry {key.seq} cannot be sealed: it is gone or its hash is wrong; run "
                    "banjie verify",
                )
            )
    if aside:
        raise typer.Exit(1)
