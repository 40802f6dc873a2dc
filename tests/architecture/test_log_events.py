"""What goes into a line of the log: codes, kinds, counts and ids, never the words of an exception or of somebody."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

LOGGERS = ("_LOG", "REQUESTS", "log", "logger", "logging")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
FOLDERS = ("engine", "api", "web", "notifications", "documents", "runtime")
SAID = {
    # what may stand in a line, by the last name of the argument
    "attempts", "case", "channel", "code", "count", "deliveries", "held", "incident", "kind", "level", "n", "name",
    "number", "origin", "place", "root", "seq", "size", "__name__", "REFUSED",
}  # fmt: skip
EXCEPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "api/oidc/refusals.py reason": "written by us; of the provider's own words only its error code",
        "engine/service/notices.py reason": "one of the words of notices, as nobody",
        "runtime/jobs/worker.py reason": "told() of what failed: class, code and place",
        "runtime/request_log.py extra=": "method, template of the address, status and milliseconds",
        "runtime/jobs/anchoring.py reason": "in the words of the protocol, as smtp 451",
        "runtime/keys/sealer.py en": "which file of keys is missing or damaged: all that the operator needs",
        "engine/definition/paper_parts.py join": "file, line and code of each problem",
    }
)
"""What else may, by file, each with why it holds nobody's words."""


def events(folder: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls that log something, with their file."""
    for path in sorted(Path(folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in LEVELS
                and is_logger(node.func.value)
            ):
                yield path.as_posix(), node


def is_logger(value: ast.expr) -> bool:
    """Whether an expression is a logger: by one of the names that they have here, or got on the spot."""
    match value:
        case ast.Name(id=name):
            return name in LOGGERS
        case ast.Call(func=ast.Attribute(attr="getLogger")):
            return True
        case _:
            return False


def last_name(argument: ast.expr) -> str:
    """Return the last name of an argument: ``code`` of ``error.code``, ``len`` of ``len(told)``."""
    match argument:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=func):
            return last_name(func)
        case _:
            return ast.unparse(argument)


def free_values(call: ast.Call) -> list[str]:
    """Return the arguments of a call that might hold somebody's words."""
    message, *given = call.args[1:] if call.func.attr == "log" else call.args  # type: ignore[attr-defined]  # seen above
    found = [] if isinstance(message, ast.Constant) and isinstance(message.value, str) else [ast.unparse(message)]
    found += [name for one in given if (name := last_name(one)) not in SAID | {"len"}]
    # An exception's class and places are told and never its words: see runtime/logs.py.
    return found + [f"{named.arg}=" for named in call.keywords if named.arg != "exc_info"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_line_of_the_log_takes_the_words_of_anybody(folder: str) -> None:
    wrong = [
        f"{file}:{call.lineno}: {name}"
        for file, call in events(folder)
        for name in free_values(call)
        if f"{file} {name}" not in EXCEPTIONS
    ]
    assert not wrong, "tell a code, a kind or an id instead:\n" + "\n".join(wrong)


def test_every_exception_is_still_one() -> None:
    needed = {f"{file} {name}" for folder in FOLDERS for file, call in events(folder) for name in free_values(call)}
    assert set(EXCEPTIONS) == needed


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_logger_has_a_name_by_which_its_lines_are_found(folder: str) -> None:
    """A logger under another name, or one of an object, would log past the tests above."""
    named: list[str] = []
    for path in sorted(Path(folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case (
                    ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value)
                ):
                    if isinstance(value, ast.Call) and ast.unparse(value.func).endswith("getLogger"):
                        named.append(ast.unparse(target))
                case _:
                    pass
    assert set(named) <= {*LOGGERS, "root"}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("_LOG.warning('it failed: %s', error)", ["error"]),
        ("_LOG.warning('it failed: %s', error.text.en)", ["en"]),
        ("_LOG.warning(f'it failed: {error}')", ["f'it failed: {error}'"]),
        ("_LOG.log(level, 'case %s: %s', case, str(error))", ["str"]),
        ("_LOG.error('job %s: %s, %d', claim.number, error.code, len(told))", []),
        ("_LOG.exception('incident %s', incident)", []),
        ("_LOG.error('incident %s', incident, exc_info=error)", []),
        ("_LOG.info('asked', extra={'data': words})", ["extra="]),
    ],
)
def test_a_free_value_is_found(line: str, found: list[str]) -> None:
    (statement,) = ast.parse(line).body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    assert free_values(statement.value) == found
