"""What the product says when it says no, read from its source: every Chinese wording that goes into an error.

A wording is a string with Chinese in it that reaches an *error*: the arguments of an exception of the ``BanjieError``
tree, of a problem or a finding, of what is printed on standard error; or whatever is raised. It may come there by a
helper, by a constant, a table of reasons or a local name, or as what a function returns. Names are followed as they
are written, without types: rather one wording too many than one too few."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from pydantic import BaseModel

from engine.definition.parts import Alternative, GuardPart
from tests.support.proved_rules import load_once
from tests.support.quoted import REPOSITORY, source_files, tree_of

FOLDERS = ("engine", "notifications", "runtime", "api", "web")
SEEDS = frozenset({"Problem", "FieldProblem", "Misread", "complain"})
"""Makers of errors that are no exception themselves; every class called …Finding is one too."""
HINTS = frozenset({"advice", "remedy"})
"""Keywords whose value says what would help: it belongs to the error."""
NO_ERRORS = ("web/texts", "runtime/demo/")
"""What pages say in general, by a key (which of it is an error is asked elsewhere), and the words of the sample."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_EDGES = " \n\t，。；：、！？,.;:!?（）()“”—…→✗"
_HELD = re.compile(r"\bText\b|FieldProblem|tuple\[str, str\]")


class Wording(NamedTuple):
    """One fixed wording of an error, and where it stands."""

    file: str
    line: int
    fixed: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.fixed}"


Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = tuple[str, str]
"""A name as others reach it: with its module where it is private, with none where it is not."""


def _scope(module: str, name: str) -> Scope:
    return (module if name.startswith("_") else "", name)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


@dataclass(frozen=True, slots=True)
class _Place:
    """A function, or the body of a module, with what its local names were given."""

    module: str
    node: Function | ast.Module
    owner: str = ""
    locals: dict[str, list[ast.expr]] = field(default_factory=dict)
    raised: list[ast.expr] = field(default_factory=list)
    calls: list[ast.Call] = field(default_factory=list)

    @property
    def name(self) -> str:
        return "" if isinstance(self.node, ast.Module) else self.node.name

    def inside(self) -> Iterator[ast.AST]:
        """Walk what stands here; what a module holds in functions and classes is not here but there."""
        waiting: list[ast.AST] = list(ast.iter_child_nodes(self.node))
        while waiting:
            node = waiting.pop()
            yield node
            if not (isinstance(self.node, ast.Module) and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
                waiting.extend(ast.iter_child_nodes(node))

    def learn(self) -> None:
        """Note what is raised and called here, and what every name may hold."""
        for node in self.inside():
            match node:
                case ast.Raise(exc=ast.expr() as raised):
                    self.raised.append(raised)
                case ast.Call() as call:
                    self.calls.append(call)
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self._give(target, value)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    self._give(target, value)
                case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                    self._give(target, value)
                case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                    self._give(target, value)
                case ast.Call(func=ast.Attribute(value=ast.Name() as target, attr="append" | "extend"), args=[value]):
                    self._give(target, value)

    def _give(self, target: ast.expr, value: ast.expr) -> None:
        for name in ast.walk(target):
            if isinstance(name, ast.Name):
                self.locals.setdefault(name.id, []).append(value)


class _Finder:
    """Follows every wording of the whole product to the errors it goes into."""

    def __init__(self) -> None:
        self.places: list[_Place] = []
        self.bodies: dict[str, _Place] = {}
        self.functions: dict[Scope, list[_Place]] = {}
        self.constants: dict[str, list[_Place]] = {}
        self.bases: dict[str, set[str]] = {}
        for file in source_files(*FOLDERS):
            self._read(file.relative_to(REPOSITORY).as_posix(), tree_of(file))
        self.errors = self._tree_of_errors()
        self.makers: set[Scope] = {("", name) for name in self.errors | SEEDS}
        self.makers |= {("", name) for name in self.bases if name.endswith("Finding")}
        self.given = [
            (place, texts)
            for place in self.places
            if not isinstance(place.node, ast.Module) and place.name != "__init__"
            if (texts := _text_parameters(place.node))
        ]
        self.seen: set[int] = set()
        self.wordings: set[Wording] = set()
        while self._learn_makers():
            pass
        for place in self.places:
            for sink in self._sinks(place):
                self._follow(sink, place)

    def _read(self, module: str, tree: ast.Module) -> None:
        body = _Place(module, tree)
        self.bodies[module] = body
        self._keep(body)
        for name in body.locals:
            self.constants.setdefault(name, []).append(body)
        owners: dict[ast.AST, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                owners |= dict.fromkeys(node.body, node.name)
                self.bases.setdefault(node.name, set()).update(
                    base.id if isinstance(base, ast.Name) else base.attr
                    for base in node.bases
                    if isinstance(base, ast.Name | ast.Attribute)
                )
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._keep(_Place(module, node, owners.get(node, "")))

    def _keep(self, place: _Place) -> None:
        place.learn()
        self.places.append(place)
        if place.name:
            self.functions.setdefault(_scope(place.module, place.name), []).append(place)

    def _tree_of_errors(self) -> set[str]:
        found = {"BanjieError"}
        while more := {name for name, bases in self.bases.items() if bases & found} - found:
            found |= more
        return found

    def _is_maker(self, call: ast.Call, place: _Place) -> bool:
        name = _called(call)
        if name == "__init__":
            return place.owner in self.errors
        return _scope(place.module, name) in self.makers

    def _sinks(self, place: _Place) -> Iterator[ast.expr]:
        """Return every expression whose wordings somebody is told as an error."""
        yield from place.raised
        for call in place.calls:
            if self._is_maker(call, place):
                yield from call.args
                yield from (word.value for word in call.keywords)
            else:
                yield from (word.value for word in call.keywords if word.arg in HINTS)

    def _learn_makers(self) -> bool:
        """Find the helpers whose own parameters go into an error; whoever calls them makes one."""
        before = len(self.makers)
        for place, texts in self.given:
            if any(_holds(sink, texts) for sink in self._sinks(place)):
                self.makers.add(_scope(place.module, place.name))
        return len(self.makers) > before

    def _follow(self, expression: ast.AST, place: _Place) -> None:
        """Keep every wording that an expression may come to."""
        if id(expression) in self.seen:
            return
        self.seen.add(id(expression))
        match expression:
            case ast.Compare():
                return
            case ast.Constant(value=str(said)):
                self._note(place.module, expression.lineno, [said])
            case ast.JoinedStr(values=values):
                self._note(place.module, expression.lineno, [v.value for v in values if isinstance(v, ast.Constant)])
            case ast.Name(id=name):
                self._follow_name(name, place)
            case ast.Attribute(attr=name) if name.isupper():
                self._follow_constants(name, self.constants.get(name, ()))
            case ast.Call() as call:
                self._follow_call(call, place)
        for part in ast.iter_child_nodes(expression):
            if not isinstance(part, ast.Constant) or not isinstance(expression, ast.JoinedStr):
                self._follow(part, place)

    def _follow_all(self, expressions: Sequence[ast.expr], place: _Place) -> None:
        for expression in expressions:
            self._follow(expression, place)

    def _follow_name(self, name: str, place: _Place) -> None:
        if name in place.locals:
            self._follow_all(place.locals[name], place)
        elif name.lstrip("_").isupper():
            here = self.bodies[place.module]
            self._follow_constants(name, [here] if name in here.locals else self.constants.get(name, ()))

    def _follow_constants(self, name: str, bodies: Sequence[_Place]) -> None:
        """Follow what a constant holds: a text, or a table of texts; a table of anything else says no error."""
        for body in bodies:
            for value in body.locals[name]:
                self._follow_all(list(_texts_in(value)), body)

    def _follow_call(self, call: ast.Call, place: _Place) -> None:
        for called in self.functions.get(_scope(place.module, _called(call)), ()):
            assert not isinstance(called.node, ast.Module)
            if called.node.returns is None or not _HELD.search(ast.unparse(called.node.returns)):
                continue
            for node in called.inside():
                if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) and node.value is not None:
                    self._follow(node.value, called)

    def _note(self, file: str, line: int, pieces: Sequence[object]) -> None:
        fixed = longest([str(piece) for piece in pieces])
        if fixed and not file.startswith(NO_ERRORS):
            self.wordings.add(Wording(file, line, fixed))


def longest(pieces: Sequence[str]) -> str:
    """Return the longest piece with at least two Chinese characters, without the signs at its ends; else nothing."""
    stripped = (piece.strip(_EDGES) for piece in pieces)
    return max((piece for piece in stripped if len(_CHINESE.findall(piece)) > 1), key=len, default="")


def _text_parameters(node: Function) -> set[str]:
    """Return the parameters of a function that bring a wording: texts, and strings given to ``Text`` as they are."""
    parameters = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    found = {one.arg for one in parameters if one.annotation is not None and _HELD.search(ast.unparse(one.annotation))}
    names = {one.arg for one in parameters}
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and _called(call) == "Text" and call.args:
            first = call.args[0]
            if isinstance(first, ast.Name) and first.id in names:
                found.add(first.id)
    return found


def _texts_in(value: ast.expr) -> Iterator[ast.expr]:
    match value:
        case ast.Call() if _called(value) in {"Text", "filled"}:
            yield value
        case ast.Call(args=args) if _called(value) in {"MappingProxyType", "dict", "tuple", "frozenset"}:
            for part in args:
                yield from _texts_in(part)
        case ast.Constant() | ast.JoinedStr() | ast.Name():
            yield value
        case ast.Dict(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _texts_in(part)
        case ast.BinOp(left=left, right=right):
            yield from _texts_in(left)
            yield from _texts_in(right)


def _holds(expression: ast.expr, names: set[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(expression))


def _guards(part: object) -> Iterator[GuardPart]:
    """Return every guard inside a part of a definition, however deep."""
    match part:
        case GuardPart():
            yield part
        case Alternative():
            return  # where its guards do not hold the next way is asked, and the last has none: nobody is told
        case BaseModel():
            for name in type(part).model_fields:
                yield from _guards(getattr(part, name))
        case Mapping():
            for value in part.values():
                yield from _guards(value)
        case tuple() | list():
            for value in part:
                yield from _guards(value)


@cache
def wordings_of_source() -> frozenset[Wording]:
    """Return every wording of an error in the source of the product."""
    return frozenset(_Finder().wordings)


@cache
def wordings_of_definitions() -> frozenset[Wording]:
    """Return the wording of every refusal that the definitions declare, the placeholders cut out."""
    found: set[Wording] = set()
    for workflow in load_once(REPOSITORY / "workflows").workflows:
        for guard in _guards(workflow):
            fixed = longest(re.split(r"\{\w+\}", guard.refuse.zh))
            found.add(Wording(f"workflows/{workflow.name}/v{workflow.version}.yaml", 0, fixed))
    return frozenset(found)
