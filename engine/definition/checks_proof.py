"""What every proof works on: one workflow, what it may refer to, and the problems found so far.

The questions themselves stand in the ``checks_*`` modules beside this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from engine.definition.model import CodeList, Workflow
from engine.definition.parts import Effect, GuardPart, Part, TransitionPart
from engine.definition.reading import Path, Place, Positions, meant
from engine.errors import Problem
from engine.text import Text

FIELD = Text("字段", "field")
COLUMN = Text("栏目", "column")
ROLE = Text("角色", "role")
STATE = Text("状态", "state")
TRANSITION = Text("流转", "transition")
DEADLINE = Text("期限", "deadline")
LADDER = Text("督办层级", "ladder")
RUNG = Text("督办层级中的一级", "rung")
NOTICE = Text("通知", "notice")
SERIES = Text("编号序列", "number series")
LIST = Text("代码表", "list")
TALLY = Text("计数", "tally")
PARAMETER = Text("参数", "parameter")
GUARD = Text("条件", "guard")
DOCUMENT = Text("依据文件", "document")
WORKFLOW = Text("流程", "workflow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Collects problems of one file; nothing found stops the next question."""

    file: str
    positions: Positions
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: Path, code: str, text: Text, remedy: Text) -> None:
        """Add a problem at a value, or at the key of a whole part."""
        self.add_at(self.positions.at(path), code, text, remedy)

    def add_at(self, place: Place, code: str, text: Text, remedy: Text) -> None:
        """Add a problem at a place of the file."""
        line, column = place
        self.problems.append(Problem(file=self.file, line=line, column=column, code=code, text=text, remedy=remedy))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A workflow to be proved. ``lists`` and ``workflows`` hold by name the newest version of what is known."""

    workflow: Workflow
    lists: Mapping[str, CodeList]
    workflows: Mapping[str, Workflow]
    findings: Findings

    def add(self, path: Path, code: str, text: Text, remedy: Text) -> None:
        """Add a problem at a value, or at the key of a whole part."""
        self.findings.add(path, code, text, remedy)

    def known(self, path: Path, kind: Text, name: str, names: Iterable[str], *, is_key: bool = False) -> bool:
        """Return whether the name is declared; if it is not, add the problem, with the name probably meant."""
        among = list(names)
        if name in among:
            return True
        positions = self.findings.positions
        code = f"{kind.en.replace(' ', '_')}_unknown"
        text = Text(f"没有名为“{name}”的{kind.zh}", f"No {kind.en} is called '{name}'")
        self.findings.add_at(positions.key(path) if is_key else positions.at(path), code, text, meant(name, among))
        return False

    def all_known(self, path: Path, kind: Text, named: Iterable[str], names: Iterable[str]) -> None:
        """Ask ``known`` for each entry of a list."""
        among = list(names)
        for index, name in enumerate(named):
            self.known((*path, index), kind, name, among)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsPlace:
    """A list of effects, where it stands, and the form whose fields it may use; ``move`` is None for the opening."""

    path: Path
    effects: tuple[Effect, ...]
    form: Mapping[str, str]
    move: str | None


def effect_places(workflow: Workflow) -> Iterator[EffectsPlace]:
    """Yield every list of effects of a workflow."""
    yield EffectsPlace(path=("on_open",), effects=workflow.on_open, form=workflow.opening, move=None)
    if workflow.on_behalf is not None:
        yield EffectsPlace(path=("on_behalf", "effects"), effects=workflow.on_behalf.effects, form={}, move=None)
    for name, part in workflow.transitions.items():
        path: Path = ("transitions", name)
        yield EffectsPlace(path=(*path, "effects"), effects=part.effects, form=part.form, move=name)
        for index, alternative in enumerate(part.alternatives):
            place = (*path, "alternatives", index, "effects")
            yield EffectsPlace(path=place, effects=alternative.effects, form=part.form, move=name)


def guard_places(name: str, part: TransitionPart) -> Iterator[tuple[Path, GuardPart]]:
    """Yield every guard of a transition, those of its alternatives included, with its path."""
    path: Path = ("transitions", name)
    for index, guard in enumerate(part.guards):
        yield (*path, "guards", index), guard
    for way, alternative in enumerate(part.alternatives):
        for index, guard in enumerate(alternative.guards):
            yield (*path, "alternatives", way, "guards", index), guard


def walk(part: object, path: Path = ()) -> Iterator[tuple[Path, Part]]:
    """Yield every part within a part, itself included, with its path in the file."""
    if isinstance(part, BaseModel):
        if isinstance(part, Part):
            yield path, part
        for name, info in type(part).model_fields.items():
            yield from walk(getattr(part, name), (*path, info.alias or name))
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from walk(value, (*path, key))
    elif isinstance(part, tuple):
        for index, value in enumerate(part):
            yield from walk(value, (*path, index))
