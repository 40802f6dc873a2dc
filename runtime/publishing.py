"""Publishing rules from a page: a text is proved among all that is in force, and put in force where it is sound.

It is proved beside what is in force now, published or from the folder, and the others are proved with it: a definition
is held against those that open its cases or are opened by it, a list against those that choose from it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.case.identity import PersonId, RootId
from engine.case.scope import SHANGHAI
from engine.definition.checks import prove, prove_list
from engine.definition.loader import Loaded, list_of_json, load_workflow
from engine.definition.model import CodeList, Workflow
from engine.definition.reading import Positions
from engine.definition.rulebook import Rulebook
from engine.errors import DefinitionError, InputRefused, Problem
from engine.service.plain import KeepText
from engine.service.publications import REASON_CHARACTERS_MAX, Kind, PublishRules, WithdrawRules
from engine.service.rules_door import ProposedRules
from engine.text import Text
from runtime.clock import Clock
from runtime.notice_checks import notice_problems
from runtime.settings import Settings
from runtime.wiring import Opened

PUBLISHED: Final = "published.yaml"
"""What a text that was typed into a page is called in what is said of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """Implements ``engine.service.rules_door.RulesDoor``."""

    opened: Opened
    settings: Settings
    clock: Clock

    def proposed_rules(self, root: RootId, kind: Kind, text: bytes) -> ProposedRules:
        """Return what would be published."""
        book = self._book(root)
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / PUBLISHED
            file.write_bytes(text)
            loaded = list_of_json(text, PUBLISHED) if kind == "list" else _workflow(file)
            before = _newest(book, kind, loaded.part.name)
            self._refuse_wrong(loaded.part, before)
            told = [] if kind == "list" else notice_problems([file])
        problems = [*_problems(loaded, book), *(_without_place(problem) for problem in told)]
        if problems:
            raise DefinitionError(problems)
        return ProposedRules(kind=kind, part=loaded.part, hash=loaded.hash, before=before)

    def publish_rules(self, root: RootId, kind: Kind, text: bytes, reason: str, by: PersonId) -> ProposedRules:
        """Keep the text and put it in force, in one transaction."""
        why, proposed = _reason(reason), self.proposed_rules(root, kind, text)
        part, now = proposed.part, self.clock.now()
        said = part.model_dump_json(by_alias=True, exclude_unset=True)
        self.opened.desk.office.write(
            [
                KeepText(kind, part.name, part.version, proposed.hash, said, by=by, at=now),
                PublishRules(
                    kind=kind,
                    name=part.name,
                    version=part.version,
                    content_hash=proposed.hash,
                    reason=why,
                    at=now,
                    by=by,
                ),
            ]
        )
        return proposed

    def withdraw_rules(self, root: RootId, kind: Kind, name: str, version: int, reason: str, by: PersonId) -> None:
        """Take a version out of force."""
        self._book(root)
        write = WithdrawRules(kind=kind, name=name, version=version, reason=_reason(reason), at=self.clock.now(), by=by)
        self.opened.desk.office.write([write])

    def _book(self, root: RootId) -> Rulebook:
        desk = self.opened.desk
        if len(desk.reads.roots()) > 1:
            raise InputRefused(
                Text(
                    "本库有多个组织，流程和代码表对各组织都生效，请由系统管理员在流程文件夹中更新",
                    "This database holds several organisations, and rules count for all of them: the system "
                    "administrator changes them in the workflows folder",
                )
            )
        return desk.world(root).rules

    def _refuse_wrong(self, part: Workflow | CodeList, before: Workflow | CodeList | None) -> None:
        """Raise InputRefused for what could be proved and may not be published all the same."""
        wanted = 1 if before is None else before.version + 1
        if part.version != wanted:
            raise InputRefused(
                Text(
                    f"版本号应为 {wanted}（现行最新版的下一个），文件中为 {part.version}",
                    f"The version must be {wanted}, the next one; the file says {part.version}",
                )
            )
        if isinstance(part, Workflow):
            if part.in_force_from > self.clock.now().astimezone(SHANGHAI).date():
                raise InputRefused(
                    Text(
                        f"施行日期 {part.in_force_from.isoformat()} 未到。发布后即对新立事项生效，"
                        "请到该日再发布，或改为今天",
                        f"It is in force from {part.in_force_from.isoformat()}, which has not come. New cases go by "
                        "what is published at once: publish it on that day, or write today",
                    )
                )
        elif isinstance(before, CodeList):
            _refuse_changed_codes(before, part)
        else:
            raise InputRefused(
                Text(
                    f"没有名为“{part.name}”的代码表；新代码表请随流程文件夹增加",
                    f"There is no list called {part.name}; a new one comes with the workflows folder",
                )
            )


def _refuse_changed_codes(before: CodeList, after: CodeList) -> None:
    """Raise InputRefused where codes are gone, or mean something else to guards and figures."""
    kept = {item.code for item in after.items}
    gone = [item.code for item in before.items if item.code not in kept]
    if gone:
        raise InputRefused(
            Text(
                f"代码不能删除：{'、'.join(gone)}。不再使用的，请填写可选至的日期",
                f"Codes stay: {', '.join(gone)}. Give a last day to those that are no longer used",
            )
        )
    known = {item.code: item.flags for item in before.items}
    changed = [item.code for item in after.items if item.code in known and item.flags != known[item.code]]
    if changed:
        raise InputRefused(
            Text(
                f"代码 {'、'.join(changed)} 的标记与现行版本不同；标记决定统计和保密，不能在此修改",
                f"The flags of {', '.join(changed)} differ: figures and secrecy go by them, and they are not changed "
                "here",
            )
        )


def _reason(reason: str) -> str:
    """Return the reason as it is kept; raises InputRefused for one that is none."""
    kept = " ".join(reason.split())
    if not kept or len(kept) > REASON_CHARACTERS_MAX:
        raise InputRefused(
            Text(
                f"请填写理由，不超过 {REASON_CHARACTERS_MAX} 字",
                f"Say why, in at most {REASON_CHARACTERS_MAX} characters",
            )
        )
    return kept


def _newest(book: Rulebook, kind: Kind, name: str) -> Workflow | CodeList | None:
    if kind == "list":
        return next((part for part in book.every_list() if part.name == name), None)
    return book.newest(name) if name in book.names() else None


def _workflow(file: Path) -> Loaded[Workflow]:
    """Read what was typed; raises DefinitionError, which does not name the place of the copy on this machine."""
    try:
        return load_workflow(file)
    except DefinitionError as error:
        raise DefinitionError([_without_place(problem) for problem in error.problems]) from error


def _problems(loaded: Loaded[Workflow] | Loaded[CodeList], book: Rulebook) -> Iterator[Problem]:
    """Yield what is wrong with the text, and what would be with the definitions in force beside it."""
    part = loaded.part
    workflows = {name: book.newest(name) for name in book.names()}
    lists = {one.name: one for one in reversed(book.every_list())}
    others = [one for name, one in workflows.items() if name != part.name]
    if isinstance(part, CodeList):
        lists[part.name] = part
        users = {one.name for one in others if part.name in one.lists.values()}
        others = _concerned(others, users)
        found = prove_list(part, loaded.positions, PUBLISHED)
    else:
        before = workflows.get(part.name)
        named = {*_words(part.model_dump()), *(() if before is None else _words(before.model_dump()))}
        others = _concerned(others, {part.name}, named)
        workflows[part.name] = part
        found = prove(part, lists, workflows, loaded.positions, PUBLISHED)
    yield from found
    for other in others:
        for problem in prove(other, lists, workflows, Positions(), PUBLISHED):
            yield _of_other(problem, other)


def _concerned(
    workflows: Sequence[Workflow], changed: Collection[str], named: Collection[str] = frozenset()
) -> list[Workflow]:
    """Return the definitions that a change can matter to: those changed or named by it, those that name one of them.

    What a definition says of another stands there by its name, so that a name is looked for anywhere in it; proving all
    of them takes seconds.
    """
    return [
        one
        for one in workflows
        if one.name in changed or one.name in named or not {*changed}.isdisjoint(_words(one.model_dump()))
    ]


def _words(value: object) -> Iterator[str]:
    """Yield every text and every key within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (str(key) for key in value)
        yield from (word for each in value.values() for word in _words(each))
    elif isinstance(value, tuple | list):
        yield from (word for each in value for word in _words(each))


def _of_other(problem: Problem, other: Workflow) -> Problem:
    """Return a problem that another definition would have, named by that one: it has no line of this text."""
    title = other.title.text
    text = Text(f"流程“{title.zh}”将不成立：{problem.text.zh}", f"{title.en} would fail: {problem.text.en}")
    return Problem(file=PUBLISHED, line=1, column=1, code=problem.code, text=text, remedy=problem.remedy)


def _without_place(problem: Problem) -> Problem:
    return Problem(
        file=PUBLISHED,
        line=problem.line,
        column=problem.column,
        code=problem.code,
        text=problem.text,
        remedy=problem.remedy,
    )
