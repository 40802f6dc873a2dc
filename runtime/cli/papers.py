"""``banjie paper``: a paper or the dossier of a case as a file, or those of many cases as one archive."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.options import Organisation
from runtime.cli.run import Run, the_root, the_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from documents.files import PaperKind
    from engine.case.identity import CaseId
    from engine.service.papers_out import MadeFile
    from engine.service.ports import CaseLine
    from runtime.cli.terminal import Progressed
    from web.views.case_reading import CaseReader

DOSSIER = "dossier"


def paper(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="写入的文件 · .pdf or .docx; with --all a .zip")
    ],
    login: Annotated[str, typer.Option("--as", metavar="LOGIN", help="为谁出具 · login of the reader it is made for")],
    case: Annotated[str | None, typer.Argument(help="编号或标识 · number or id of the case")] = None,
    key: Annotated[
        str, typer.Argument(help="文书名，dossier 为案卷 · name of the paper; dossier is all of the case")
    ] = DOSSIER,
    every: Annotated[bool, typer.Option("--all", help="多件事项，写成压缩包 · of many cases, as one archive")] = False,
    workflow: Annotated[str | None, typer.Option(metavar="NAME", help="流程 · with --all: the procedure")] = None,
    session: Annotated[str | None, typer.Option(metavar="ID", help="届次 · with --all: the congress session")] = None,
    papers: Annotated[
        bool, typer.Option("--papers", help="全部文书而非案卷 · with --all: papers, not dossiers")
    ] = False,
    word: Annotated[bool, typer.Option("--word", help="多件时用Word · with --all: Word instead of PDF")] = False,
    organisation: Organisation = None,
) -> None:
    """出具文书或案卷，只含该读者有权知道的内容 · Make a paper or a dossier with what this reader may know."""
    from engine.service.exported import record_export, record_whole_case
    from engine.service.papers_out import PapersWanted
    from runtime.cli.cases import case_called
    from web.views.case_reading import CaseReader
    from web.views.papers import CHINESE

    run = the_run(context)
    if every == (case is not None):
        run.refuse(Text("请写明一件事项，或者用 --all", "Name one case, or take --all"))
    folder = run.settings().workflows
    with run.desk(write=True) as opened:
        desk, root = opened.desk, the_root(opened.desk, organisation)
        account = desk.reads.account(login)
        if account is None or account.root != root:
            run.refuse(Text(f"没有账号“{login}”", f"There is no account {login!r}"))
        now, world = desk.office.now(), desk.world(root)
        actor = desk.queries.actor(root, account.person, now)
        reader = CaseReader(desk=desk, world=world, root=root, actor=actor, words=CHINESE, now=now)
        if case is not None:
            found = case_called(desk, root, case)
            output.write_bytes(_one(run, reader, found, key, folder, output))
            record_whole_case(desk, root, actor, found, world, key)
            written, skipped = 1, 0
        else:
            wanted = PapersWanted.PAPERS if papers else PapersWanted.DOSSIER
            lines = _cases(run, reader, workflow, session)
            written, skipped = _many(run, reader, lines, folder, wanted, word=word, output=output)
            record_export(desk, root, account.person, str(wanted), rows=len(lines), scope=workflow)
    run.terminal.say(
        Text(
            f"已写入 {output}：{written} 份" + (f"；另有 {skipped} 件没有可出具的" if skipped else ""),
            f"{output} written: {written} paper(s)" + (f"; of {skipped} case(s) none can be made" if skipped else ""),
        )
    )


def _one(run: Run, reader: CaseReader, case: CaseId, key: str, folder: Path, output: Path) -> bytes:
    """Return one paper, or the dossier, in the kind that the file is named by."""
    from documents.files import paper_bytes
    from web.views.case_files import papers_in, read_case
    from web.views.dossier import dossier_of

    kind = _kind(run, output)
    read = read_case(reader, case)
    if key == DOSSIER:
        return paper_bytes(dossier_of(read, folder), kind, reader.now)
    made = dict(papers_in(read, folder))
    if key not in made:
        known = "、".join([DOSSIER, *made])
        run.refuse(
            Text(
                f"该事项现在没有文书“{key}”，可出具：{known}", f"The case has no paper {key!r} now; there are: {known}"
            )
        )
    return paper_bytes(made[key], kind, reader.now)


def _kind(run: Run, output: Path) -> PaperKind:
    from documents.files import PaperKind

    kind = output.suffix.removeprefix(".").lower()
    if kind not in tuple(PaperKind):
        run.refuse(Text("文件名应以 .pdf 或 .docx 结尾", "The name of the file ends in .pdf or .docx"))
    return PaperKind(kind)


def _cases(run: Run, reader: CaseReader, workflow: str | None, session: str | None) -> Sequence[CaseLine]:
    """Return the cases that the reader may see, of a workflow or a session or all."""
    from engine.case.identity import SessionId
    from engine.service.ports import CaseFilter

    rules, sessions = reader.world.rules, reader.world.surroundings.sessions
    if workflow is not None and workflow not in rules.names():
        known = "、".join(rules.names())
        run.refuse(Text(f"没有流程“{workflow}”，有：{known}", f"There is no workflow {workflow!r}; there are: {known}"))
    if session is not None and SessionId(session) not in sessions:
        known = "、".join(f"{one.id}（{one.title.zh}）" for one in sessions.values())
        run.refuse(Text(f"没有届次“{session}”，有：{known}", f"There is no session {session!r}; there are: {known}"))
    where = CaseFilter(workflow=workflow, congress_session=session)
    most = reader.desk.reads.cases_up_to(reader.root, workflow, 10_000_000) if workflow else 10_000_000
    return reader.desk.queries.lines(reader.root, reader.actor, where, limit=most, world=reader.world)


def _many(
    run: Run, reader: CaseReader, lines: Sequence[CaseLine], folder: Path, wanted: str, *, word: bool, output: Path
) -> tuple[int, int]:
    """Write the archive beside its place first; return how many files it holds and of how many cases there are none."""
    from documents.files import PaperKind
    from engine.service.papers_out import PapersWanted
    from web.views.case_files import files_of_case, read_case
    from web.zipped import write_zip

    kind, empty = PaperKind.DOCX if word else PaperKind.PDF, 0

    def made(progressed: Progressed) -> Iterator[MadeFile]:
        nonlocal empty
        for done, line in enumerate(lines, start=1):
            files = files_of_case(read_case(reader, line.id), folder, PapersWanted(wanted), kind)
            empty += not files
            yield from files
            progressed(done, len(lines))

    handle, name = tempfile.mkstemp(dir=output.absolute().parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(handle, "wb") as file, run.terminal.progress(Text("生成文书", "Making papers")) as progressed:
            written = write_zip(file, made(progressed), reader.now)
        Path(name).replace(output)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return written, empty
