"""``banjie check``, ``diagram`` and ``schema``: what may be asked of the procedures without a database."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.service.importing.own_maps import MAP_FILE
from engine.text import Text
from runtime.cli.options import AsJson
from runtime.cli.run import Run, the_run

if TYPE_CHECKING:
    from engine.definition.model import Workflow
    from engine.definition.rulebook import Rulebook
    from engine.errors import Problem


class DiagramKind(StrEnum):
    """How a diagram is written."""

    MERMAID = "mermaid"
    BPMN = "bpmn"


class DiagramLanguage(StrEnum):
    """The language of a diagram's labels."""

    ZH = "zh"
    EN = "en"


def check(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…", exists=True, help="文件或文件夹，默认流程文件夹 · default: the workflows folder"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """核验流程、代码表和日历文件 · Prove workflow, list and calendar files; report every problem at once."""
    from engine.definition.library import check_paths, is_beside
    from runtime.notice_checks import notice_problems
    from runtime.running_rules import publication_problems

    run = the_run(context)
    asked = _files(paths or [run.settings().workflows])
    problems = check_paths([file for file in asked if not is_beside(file)])
    problems += _calendar_problems(asked)
    problems += notice_problems([file for file in asked if _holds_a_workflow(file)])
    if not problems:
        # A map is proved against its workflow, which must be right first.
        problems += _map_problems(asked) + _paper_problems(asked)
    if not problems and not paths:
        # The folder that the database runs by: what was published since must not be said otherwise in it.
        problems += publication_problems(run.settings())
    problems.sort(key=lambda found: (found.file, found.line, found.column))
    if as_json:
        run.terminal.json({"ok": not problems, "problems": [_problem_json(problem) for problem in problems]})
    elif problems:
        for problem in problems:
            run.terminal.complain(_problem_line(run, problem))
        run.terminal.complain(Text(f"✗ 发现 {len(problems)} 处问题", f"✗ {len(problems)} problem(s) found"))
    else:
        run.terminal.say(_all_well(asked))
    if problems:
        raise typer.Exit(1)


def diagram(
    context: typer.Context,
    workflow: Annotated[
        str | None, typer.Argument(metavar="WORKFLOW", help="流程名称，默认全部 · default: all of them")
    ] = None,
    language: Annotated[DiagramLanguage, typer.Option(help="图中文字 · language of the labels")] = DiagramLanguage.ZH,
    kind: Annotated[
        DiagramKind, typer.Option("--format", help="格式；BPMN一次一个流程 · BPMN takes one workflow at a time")
    ] = DiagramKind.MERMAID,
    write: Annotated[
        bool, typer.Option("--write", help="重写各流程文件夹的 README · write the READMEs of the folders anew")
    ] = False,
) -> None:
    """输出流程图（Mermaid或BPMN 2.0） · Print a workflow as a diagram, Mermaid or BPMN 2.0."""
    from documents.bpmn import bpmn
    from engine.definition.diagram import FRONT_PAGES, mermaid, readme, with_picture
    from engine.definition.library import load_folder

    run = the_run(context)
    folder = run.settings().workflows
    rules = load_folder(folder).rulebook()
    chosen = [rules.newest(name) for name in ([workflow] if workflow else rules.names())]
    if kind is DiagramKind.BPMN:
        if workflow is None:
            run.refuse(Text("BPMN一次输出一个流程，请写明流程名称", "BPMN is printed for one workflow: name it"))
        typer.echo(bpmn(chosen[0], "en" if language is DiagramLanguage.EN else "zh"), nl=False)
        return
    for part in chosen:
        if write:
            target = folder / part.name / "README.md"
            target.write_text(readme(part), encoding="utf-8")
            run.terminal.say(Text(f"已写入 {target}", f"Written: {target}"))
            for name, labels in FRONT_PAGES.items():
                front = folder.parent / name
                if front.is_file():
                    front.write_text(with_picture(front.read_text("utf-8"), part, labels), encoding="utf-8")
        else:
            _heading(run, part, among=len(chosen))
            run.terminal.say(mermaid(part, "en" if language is DiagramLanguage.EN else "zh"))


def schema(
    context: typer.Context,
    output: Annotated[Path | None, typer.Option(help="写入文件 · write it to a file")] = None,
) -> None:
    """输出流程文件的 JSON Schema · Print the JSON Schema of a workflow file, for editors."""
    from engine.definition.schema import schema_text

    run = the_run(context)
    if output is None:
        typer.echo(schema_text(), nl=False)
    else:
        output.write_text(schema_text(), encoding="utf-8")
        run.terminal.say(Text(f"已写入 {output}", f"Written: {output}"))


def _heading(run: Run, part: Workflow, *, among: int) -> None:
    if among > 1:
        run.terminal.say(f"%% {run.terminal.read(part.title.text)}")


def _map_problems(files: Sequence[Path]) -> list[Problem]:
    """Return what is wrong in the import maps that workflows bring along."""
    from engine.definition.library import load_folder
    from engine.errors import DefinitionError
    from engine.service.importing.map_checks import check_register_map
    from engine.service.importing.maps import load_register_map

    problems: list[Problem] = []
    known: dict[Path, Rulebook] = {}
    for file in files:
        if file.name != MAP_FILE:
            continue
        folder = file.absolute().parent.parent
        try:
            loaded = load_register_map(file)
            if folder not in known:
                known[folder] = load_folder(folder).rulebook()
            rules = known[folder]
            check_register_map(loaded, rules.for_new(loaded.part.workflow), rules)
        except DefinitionError as error:
            problems += error.problems
    return problems


def _paper_problems(files: Sequence[Path]) -> list[Problem]:
    """Return what is wrong in the papers that workflows bring along, and in those of units."""
    from engine.definition.library import load_folder
    from engine.definition.paper_parts import PAPERS_FILE, UNIT_PAPERS, paper_problems

    def workflow_folder(file: Path) -> Path:
        folder = file.absolute().parent
        return folder.parent if folder.name == UNIT_PAPERS and file.name != PAPERS_FILE else folder

    papers = [file for file in files if file.name == PAPERS_FILE or workflow_folder(file) != file.absolute().parent]
    folders = dict.fromkeys(workflow_folder(file).parent for file in papers)
    rules = {folder: load_folder(folder).rulebook() for folder in folders}
    return [
        problem
        for file in papers
        for problem in paper_problems(file, rules[workflow_folder(file).parent].newest(workflow_folder(file).name))
    ]


def _calendar_problems(files: Sequence[Path]) -> list[Problem]:
    """Return what is wrong in the calendar files beyond their being YAML, which the library has looked at."""
    from engine.calendar.notices import notice_from_mapping, statutory_days_from_mapping
    from engine.definition.loader import load_yaml
    from engine.errors import DefinitionError
    from runtime.rules import PROVISIONAL_FILE

    problems: list[Problem] = []
    for file in files:
        if file.parent.name != "calendars":
            continue
        try:
            data, positions = load_yaml(file)
        except DefinitionError:
            continue
        read = statutory_days_from_mapping if file.name == PROVISIONAL_FILE else notice_from_mapping
        try:
            read(data, str(file), locate=positions.at)
        except DefinitionError as error:
            problems += error.problems
    return problems


def _holds_a_workflow(file: Path) -> bool:
    from engine.definition.library import is_beside

    return not is_beside(file) and file.parent.name not in {"calendars", "lists"}


def _files(paths: Sequence[Path]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])]


def _all_well(files: Sequence[Path]) -> Text:
    from engine.definition.library import is_beside

    rules = (file for file in files if not is_beside(file))
    folders = [file.parent.name for file in dict.fromkeys(file.resolve() for file in rules)]
    lists, calendars = folders.count("lists"), folders.count("calendars")
    workflows = len(folders) - lists - calendars
    return Text(
        f"✓ {workflows} 个流程、{lists} 个代码表、{calendars} 个日历，未发现问题",
        f"✓ {workflows} workflow(s), {lists} list(s), {calendars} calendar file(s): no problem found",
    )


def _problem_line(run: Run, problem: Problem) -> str:
    if run.terminal.language == "zh":
        return str(problem)
    where = f"{problem.file}:{problem.line}:{problem.column}"
    return f"{where}: {problem.text.en}. {problem.remedy.en} ({problem.code})"


def _problem_json(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "text": {"zh": problem.text.zh, "en": problem.text.en},
        "remedy": {"zh": problem.remedy.zh, "en": problem.remedy.en},
    }
