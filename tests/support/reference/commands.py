"""The page of the commands, from the parser that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from typer.main import get_command

from engine.text import Text
from runtime.cli.main import app
from tests.support.reference.marks import code, page, table

_KINDS = {"int": "N", "str": "TEXT", "Path": "FILE", "float": "N"}
_TITLE = Text("全部命令", "All commands")
_BEGINS = Text(
    "`banjie` 的全部命令和选项，和 `banjie 命令 --help` 显示的一样。退出码：0 完成，1 拒绝或有发现，2 用法不对，"
    "130 被中断。",
    "Every command of `banjie` with its options, as `banjie COMMAND --help` shows them. Exit codes: 0 done, 1 a "
    "refusal "
    "or a finding, 2 wrong use, 130 interrupted.",
)


def commands_page() -> str:
    """Return the page: the options for all commands, then command by command."""
    top: Any = get_command(app)
    lines = ["## 各命令通用 · For all commands", "", *_options(top)]
    for name, command in _leaves(top, "banjie"):
        says, *more = [each.replace("\n", " ") for each in (command.help or "").split("\n\n")]
        lines += [f"## {name}", "", says, "", code(_usage(name, command)), "", *_options(command)]
        lines += [line for each in more for line in (each, "")]
    return page(_TITLE, _BEGINS, lines[:-1])


def options_of_commands() -> dict[str, set[str]]:
    """Return every command by its whole name, with the options that it takes beside those for all commands."""
    return {
        name: {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        for name, command in _leaves(get_command(app), "banjie")
    }


def _leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, by its whole name, in the order of the help."""
    for word, below in command.commands.items():
        if hasattr(below, "commands"):
            yield from _leaves(below, f"{name} {word}")
        else:
            yield f"{name} {word}", below


def _usage(name: str, command: Any) -> str:
    words = [name]
    for each in command.params:
        if each.param_type_name == "argument":
            word = _value(each)
            words.append(word if each.required else f"[{word}]")
        elif each.required:
            words.append(f"{each.opts[0]} {_value(each)}")
    optional = any(each.param_type_name == "option" and not each.required for each in command.params)
    return " ".join([*words, *(["[…]"] if optional else [])])


def _options(command: Any) -> list[str]:
    shown = [each for each in command.params if not getattr(each, "hidden", False) and "--help" not in each.opts]
    rows = [(_named(each), _default(each), " ".join((each.help or "").split())) for each in shown]
    return table(("参数 Parameter", "默认 Default", "含义 Meaning"), rows)


def _named(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return code(_value(parameter))
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return code(names if parameter.is_flag else f"{names} {_value(parameter)}")


def _value(parameter: Any) -> str:
    """Return what stands for the value: as the help shows it, else the words it may be, else its kind."""
    if parameter.metavar:
        return str(parameter.metavar)
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(each.value) for each in kind)
    return _KINDS.get(getattr(kind, "__name__", ""), "TEXT")


def _default(parameter: Any) -> str:
    if parameter.required:
        return "必填 required"
    value = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    if parameter.envvar:
        return code(f"${parameter.envvar}") + ("" if value is None else f" / {code(value)}")
    return "–" if value in (None, False, "") or value == [] else code(value)
