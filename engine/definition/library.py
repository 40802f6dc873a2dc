"""A folder of procedures: workflows, code lists and calendar files, read together and proved against each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from engine.definition.checks import prove, prove_list
from engine.definition.loader import Loaded, P, load_list, load_workflow, load_yaml
from engine.definition.model import CodeList, Workflow
from engine.definition.reading import Positions
from engine.definition.rulebook import Rulebook
from engine.errors import DefinitionError, Problem
from engine.text import Text

BESIDE: Final = frozenset({"import.yaml", "sample.yaml", "papers.yaml"})
"""Files that stand beside definitions and are none: maps of registers, lives of sample cases, papers."""
BESIDE_FOLDERS: Final = frozenset({"papers"})
"""Folders beside definitions, whose files are none: the papers of units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """Plain data of a file whose meaning another package knows: the calendar's notices."""

    data: JsonValue
    file: str
    positions: Positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A folder of procedures: workflows and code lists by name and version, calendar files as plain data."""

    workflows: Mapping[tuple[str, int], Loaded[Workflow]]
    lists: Mapping[tuple[str, int], Loaded[CodeList]]
    notices: tuple[RawFile, ...]

    def rulebook(self) -> Rulebook:
        """Return what running cases ask: every workflow and list with its hash."""
        return Rulebook(
            {key: (loaded.part, loaded.hash) for key, loaded in self.workflows.items()},
            {key: (loaded.part, loaded.hash) for key, loaded in self.lists.items()},
        )


def is_beside(file: Path) -> bool:
    """Tell whether a file stands beside definitions and is none."""
    folder = file.absolute().parent
    # A workflow may have the name of such a folder: what it lies in holds no definition.
    return file.name in BESIDE or (folder.name in BESIDE_FOLDERS and any(folder.parent.glob("v*.yaml")))


def load_folder(folder: Path) -> Library:
    """Read and prove everything in a folder: ``*/v*.yaml``, ``lists/*.yaml`` and ``calendars/*.yaml``.

    Raises:
        DefinitionError: Every problem of every file. The calendar files are read as plain data only.
    """
    gathering = _Gathering()
    gathering.read(_procedures(folder), proved=True)
    gathering.finish()
    if gathering.problems:
        raise DefinitionError(gathering.problems)
    return Library(
        workflows={key: loaded for key, (loaded, _) in gathering.workflows.items()},
        lists={key: loaded for key, (loaded, _) in gathering.lists.items()},
        notices=tuple(gathering.notices),
    )


def check_paths(paths: Sequence[Path]) -> list[Problem]:
    """Return every problem of the files named and of all files in the folders named, in order of file and line.

    Workflows and lists beside a file are known to its proofs, their own problems are reported only when asked for.
    """
    asked = list(dict.fromkeys(file for path in paths for file in _files(path)))
    problems: list[Problem] = []
    for folder in dict.fromkeys(_surroundings(file) for file in asked):
        gathering = _Gathering()
        here = [file for file in asked if _surroundings(file) == folder]
        known = {file.resolve() for file in here}
        gathering.read((file for file in _procedures(folder) if file.resolve() not in known), proved=False)
        gathering.read(here, proved=True)
        gathering.finish()
        problems += gathering.problems
    return sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))


class _Gathering:
    """Files read one by one; what is wrong is noted for those that are to be proved."""

    def __init__(self) -> None:
        self.workflows: dict[tuple[str, int], tuple[Loaded[Workflow], bool]] = {}
        self.lists: dict[tuple[str, int], tuple[Loaded[CodeList], bool]] = {}
        self.notices: list[RawFile] = []
        self.problems: list[Problem] = []

    def read(self, files: Iterable[Path], *, proved: bool) -> None:
        for file in files:
            try:
                self._read(file, proved)
            except DefinitionError as error:
                self.problems += error.problems if proved else ()

    def _read(self, file: Path, proved: bool) -> None:
        match file.parent.name:
            case "calendars":
                data, positions = load_yaml(file)
                self.notices.append(RawFile(data=data, file=str(file), positions=positions))
            case "lists":
                code_list = load_list(file)
                key = (code_list.part.name, code_list.part.version)
                self._note_twice(self.lists.get(key), code_list, proved)
                self.lists[key] = (code_list, proved)
            case _:
                workflow = load_workflow(file)
                key = (workflow.part.name, workflow.part.version)
                self._note_twice(self.workflows.get(key), workflow, proved)
                self.workflows[key] = (workflow, proved)

    def _note_twice(self, known: tuple[Loaded[P], bool] | None, loaded: Loaded[P], proved: bool) -> None:
        if known is None or not (proved and known[1]):
            return
        line, column = loaded.positions.at(("name",))
        part, first = loaded.part, known[0].file
        self.problems.append(
            Problem(
                file=loaded.file,
                line=line,
                column=column,
                code="defined_twice",
                text=Text(
                    f"“{part.name}”第 {part.version} 版已在 {first} 中定义",
                    f"{part.name} version {part.version} is already defined in {first}",
                ),
                remedy=Text("请改用新的版本号或名称", "Give it a new version or another name"),
            )
        )

    def finish(self) -> None:
        """Prove what is to be proved, against the newest version of everything else."""
        workflows = {name: loaded.part for (name, _), (loaded, _) in sorted(self.workflows.items(), key=_key)}
        lists = {name: loaded.part for (name, _), (loaded, _) in sorted(self.lists.items(), key=_key)}
        for workflow, proved in self.workflows.values():
            if proved:
                self.problems += prove(workflow.part, lists, workflows, workflow.positions, workflow.file)
        for code_list, proved in self.lists.values():
            if proved:
                self.problems += prove_list(code_list.part, code_list.positions, code_list.file)


def _key(entry: tuple[tuple[str, int], object]) -> tuple[str, int]:
    return entry[0]


def _procedures(folder: Path) -> Iterator[Path]:
    found = (sorted(folder.glob(pattern)) for pattern in ("lists/*.yaml", "calendars/*.yaml", "*/v*.yaml"))
    yield from dict.fromkeys(file for files in found for file in files)  # a list called v… is no procedure


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in sorted(path.rglob("*.yaml")) if not is_beside(file))
    else:
        yield path


def _surroundings(file: Path) -> Path:
    """Return the folder whose ``lists`` and workflows a file may refer to."""
    return next((folder for folder in list(file.absolute().parents)[:2] if (folder / "lists").is_dir()), file.parent)
