"""The command line ``banjie``: its commands put together, its options for all of them, and how it says no.

Exit codes: 0 done, 1 a refusal or a finding on standard error, 2 wrong use, 130 ended by Ctrl-C.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any
from uuid import uuid4

import typer
from typer.core import TyperGroup

from engine.errors import BanjieError
from runtime.cli import (
    backup,
    bundle,
    calendar,
    definitions,
    doctor,
    entering,
    erase,
    explain,
    exporting,
    figures,
    imports,
    jobs,
    keys,
    migrating,
    moving,
    organisation,
    overdue,
    papers,
    people,
    people_accounts,
    people_away,
    people_told,
    retention,
    seal,
    search,
    serve,
    signer,
    simulate,
    subject,
    tokens,
    told,
    verify,
    witness,
    work,
)
from runtime.cli.run import Run, the_run
from runtime.cli.terminal import Terminal
from runtime.logs import set_up_logs

_LOG = logging.getLogger(__name__)
EXIT_INTERRUPTED = 130
FOR_ALL = ("--database", "--lang")
"""Options that may stand before the command or after it."""


class Spoken(StrEnum):
    """The languages the command line speaks."""

    ZH = "zh"
    EN = "en"


class Commands(TyperGroup):
    """Takes the options for all commands wherever they stand, and tells a refusal as a sentence, never a traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, brought_forward(args))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BanjieError as refusal:
            the_run(ctx).terminal.refuse(refusal)
            raise typer.Exit(1) from refusal


app = typer.Typer(
    name="banjie",
    cls=Commands,
    help="办结：职代会提案与职工诉求的办理 · Proposals and grievances of staff-and-workers' congresses.",
    epilog="--database 与 --lang 可写在命令之前或之后 · --database and --lang may stand before or after the command.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"banjie {version('banjie')}")
        raise typer.Exit


@app.callback()
def _for_all(
    context: typer.Context,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="BANJIE_DATABASE_URL",
            help="sqlite:///文件 或 postgresql://… · the database; default sqlite:///data/banjie.db",
        ),
    ] = None,
    lang: Annotated[Spoken, typer.Option(envvar="BANJIE_LANG", help="输出语言 · language of the output")] = Spoken.ZH,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="显示版本 · show the version")
    ] = False,
) -> None:
    context.obj = Run(terminal=Terminal("en" if lang is Spoken.EN else "zh"), database=database)


app.command("serve")(serve.serve)
app.command("demo")(serve.demo)
app.command("check")(definitions.check)
app.command("diagram")(definitions.diagram)
app.command("schema")(definitions.schema)
app.command("import")(imports.import_file)
app.command("import-log")(imports.import_log_file)
app.command("export")(exporting.export)
app.command("figures")(figures.figures)
app.command("simulate")(simulate.simulate)
app.command("overdue")(overdue.overdue)
app.command("explain")(explain.explain)
app.command("told")(told.told)
app.add_typer(calendar.commands, name="calendar")
app.command("verify")(verify.verify)
app.command("seal")(seal.seal)
app.command("bundle")(bundle.bundle)
app.command("paper")(papers.paper)
app.command("signer")(signer.signer)
app.add_typer(witness.commands, name="witness")
people.users.command("slips")(people_accounts.slips)
people.users.command("link")(people_accounts.link)
people.users.command("notices")(people_told.notices)
people.users.command("away")(people_away.away)
people.users.command("back")(people_away.back)
app.add_typer(people.users, name="user")
app.add_typer(tokens.tokens, name="token")
app.add_typer(organisation.units, name="unit")
app.add_typer(organisation.sessions, name="session")
app.command("erase")(erase.erase)
app.command("retention")(retention.retention)
app.command("migrate-cases")(migrating.migrate_cases)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("move")(moving.move)
app.add_typer(keys.commands, name="keys")
app.add_typer(subject.subjects, name="subject")
app.command("doctor")(doctor.doctor)
app.command("work")(work.work)
app.command("search")(search.search)
app.add_typer(jobs.commands, name="jobs")
app.add_typer(entering.commands, name="cases")


def brought_forward(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with those for all commands in front; what follows ``--`` is left alone.

    >>> brought_forward(["figures", "--lang", "en", "--json"])
    ['--lang', 'en', 'figures', '--json']
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in FOR_ALL:
            front += [argument, *([value] if (value := next(waiting, None)) is not None else [])]
        elif argument.startswith(tuple(f"{option}=" for option in FOR_ALL)):
            front.append(argument)
        else:
            rest.append(argument)
    return [*front, *rest]


def command_of(arguments: Sequence[str]) -> str:
    """Return the name of the command that is called, or nothing: nothing else that was typed is a name of ours.

    >>> command_of(["--database", "sqlite:///house.db", "serve", "--port", "80"]), command_of(["王建国"])
    ('serve', '')
    """
    commands = typer.main.get_group(app).commands
    return next((argument for argument in arguments if argument in commands), "")


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a character shows a question mark, and the command goes on.
            stream.reconfigure(errors="replace")
    set_up_logs(os.environ.get("BANJIE_LOG_FORMAT", "text"), command_of(sys.argv[1:]))
    sys.excepthook = _tell_defect
    with suppress(KeyboardInterrupt):
        typer.main.get_command(app)(prog_name="banjie")
    sys.exit(EXIT_INTERRUPTED)


def _tell_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say that something of ours is wrong, under a number that the log knows; its own words are for those who ask."""
    incident = uuid4().hex[:12]
    frames = traceback.extract_tb(trace)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    _LOG.error("incident %s: %s at %s", incident, kind.__name__, place)
    typer.echo(f"✗ 系统内部错误，编号 {incident}；设 BANJIE_DEBUG=1 再执行可见详情，请告知管理员", err=True)
    typer.echo(f"✗ Internal error {incident}; BANJIE_DEBUG=1 shows the details", err=True)
    if os.environ.get("BANJIE_DEBUG") == "1":
        traceback.print_exception(kind, error, trace)


if __name__ == "__main__":
    main()
