"""What is proved of a definition's notices beyond the engine's proofs: that there are words for them.

``banjie check`` asks it of files, and publishing of what somebody typed. The engine decides who is told; the
templates stand in ``notifications``, of which it knows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.definition.loader import Loaded, load_workflow
from engine.definition.model import NoticePart, Workflow
from engine.definition.parts import Privacy
from engine.errors import DefinitionError, Problem
from engine.text import Text
from notifications.rendering import is_shipped


def notice_problems(files: Sequence[Path]) -> list[Problem]:
    """Return what is wrong with the notices of workflow files; files that cannot be read are told of elsewhere."""
    problems: list[Problem] = []
    for file in files:
        try:
            loaded = load_workflow(file)
        except DefinitionError:
            continue
        for name, notice in loaded.part.notices.items():
            problems += _of_notice(loaded, name, notice)
    return problems


def _of_notice(loaded: Loaded[Workflow], name: str, notice: NoticePart) -> Iterator[Problem]:
    if notice.template is not None and not is_shipped(notice.template):
        yield _problem(
            loaded,
            ("notices", name, "template"),
            "template_missing",
            Text(f"没有名为“{notice.template}”的通知模板", f"There is no template called {notice.template!r}"),
            Text(
                "请改用已有模板，或不写 template，改写 says: {happened: …, next: …}",
                "Name one that is there, or say it here: says: {happened: …, next: …}",
            ),
        )
    if notice.reason is None:
        return
    field = loaded.part.fields.get(notice.reason)
    if field is None or field.privacy is not Privacy.INTERNAL or field.list is not None:
        yield _problem(
            loaded,
            ("notices", name, "reason"),
            "reason_not_tellable",
            Text(
                f"通知要写明的理由“{notice.reason}”不是内部（internal）的文字字段",
                f"The reason to be told, {notice.reason!r}, is no text field that is internal",
            ),
            Text(
                "请写填报理由的字段；个人、保密字段不得写入对外消息",
                "Name the field the reason is written in; personal and confidential ones never leave the house",
            ),
        )


def _problem(loaded: Loaded[Workflow], place: tuple[str, ...], code: str, text: Text, remedy: Text) -> Problem:
    line, column = loaded.positions.at(place)
    return Problem(file=loaded.file, line=line, column=column, code=code, text=text, remedy=remedy)
