"""Every way the engine says no. It knows no HTTP status; ``api/problems.py`` maps each leaf to one.

::

    BanjieError
    ├── DefinitionError        the file is wrong: all problems at once, each with file, line and what to write
    ├── Refusal                somebody asked for something that cannot be had now
    │   ├── TransitionNotOffered   names what is offered
    │   ├── GuardRefused           the guard, its reason, its source
    │   ├── NotPermitted           the role that would be needed
    │   ├── FormInvalid            every field that is wrong, at once
    │   ├── CaseNotFound           also when it exists and may not be seen
    │   ├── StaleCase              somebody was first: expected and actual version
    │   ├── KeyReused              the same idempotency key with another body
    │   ├── InputRefused           bytes or a value that no field may hold
    │   ├── NotFound               another named thing (workflow, unit, person, measure) is not there
    │   ├── LoginRefused           who asks is not known, or gave a wrong password
    │   └── TooBusy                the queue is full: try again in some seconds
    │       └── TooMany            one asker has asked for more than one may: the others are served
    ├── PaperNotMade           this server lacks what a paper is made with: a font, a library
    ├── ImportRefused          a file that cannot be read as a register
    ├── CalendarEnds           no notice covers that year and the setting says error
    ├── CommandFailed          a defect of ours, known to the caller by an id only
    └── StorageError
        ├── OutcomeUnknown     COMMIT could not be confirmed: repeat with the same key
        ├── KeysUnavailable    the keys of private values are not there, or not those of this database
        ├── SealingStopped     the ledger cannot be sealed: the signer is not there, or refuses what it is shown
        └── StorageUnavailable try later
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.text import Text


class BanjieError(Exception):
    """The root of the tree. ``code`` is stable and part of the API; ``text`` is what a reader is told."""

    code = "banjie_error"

    def __init__(self, text: Text, **details: object) -> None:
        super().__init__(text.en)
        self.text = text
        self.details: Mapping[str, object] = details


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a file: where, what, and what to write instead. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    code: str
    text: Text
    remedy: Text

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text.zh}。{self.remedy.zh}（{self.code}）"


class DefinitionError(BanjieError):
    """A definition, list or calendar file is wrong; ``problems`` holds every problem found."""

    code = "definition_error"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            Text(f"发现 {len(problems)} 处问题", f"{len(problems)} problem(s) found"),
            problems=[str(problem) for problem in problems],
        )


class Refusal(BanjieError):
    """Somebody asked for something that cannot be had now. Nothing was changed."""

    code = "refused"


class TransitionNotOffered(Refusal):
    """The transition is not open from this state to this actor."""

    code = "transition_not_offered"


class GuardRefused(Refusal):
    """A guard of the transition does not hold."""

    code = "guard_refused"


class NotPermitted(Refusal):
    """The actor holds none of the roles that may do this."""

    code = "not_permitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One wrong field of a form. ``path`` is dotted, as ``measures`` or ``co_handlers.0``."""

    path: str
    text: Text


class FormInvalid(Refusal):
    """At least one field is wrong; ``fields`` names all of them."""

    code = "form_invalid"

    def __init__(self, fields: Sequence[FieldProblem]) -> None:
        self.fields = tuple(fields)
        names = "、".join(problem.path for problem in fields)
        super().__init__(
            Text(f"填写有误：{names}", f"Wrong fields: {', '.join(problem.path for problem in fields)}"),
            fields=[{"path": problem.path, "zh": problem.text.zh, "en": problem.text.en} for problem in fields],
        )


class CaseNotFound(Refusal):
    """The case does not exist, or the actor may not see it: the two are never told apart."""

    code = "case_not_found"

    def __init__(self) -> None:
        super().__init__(Text("没有找到该事项", "No such case"))


class StaleCase(Refusal):
    """Somebody was first; look at the case again."""

    code = "stale_case"

    def __init__(self, *, expected: int, actual: int) -> None:
        super().__init__(
            Text(
                f"该事项已被他人更新（您看到的是第 {expected} 版，现为第 {actual} 版），请刷新后再办理",
                f"Somebody changed this case (you saw version {expected}, it is now {actual}); look again",
            ),
            expected=expected,
            actual=actual,
        )


class KeyReused(Refusal):
    """The idempotency key was used before with another body."""

    code = "key_reused"


class InputRefused(Refusal):
    """Bytes or a value that no field may hold: NUL, lone surrogate, NaN, too large, too deep."""

    code = "input_refused"


class NotFound(Refusal):
    """A named thing other than a case is not there."""

    code = "not_found"


class LoginRefused(Refusal):
    """Who asks is not known here; never says which half of the credentials was wrong."""

    code = "login_refused"


class TooBusy(Refusal):
    """The queue is full; ``retry_after_seconds`` says when to try again."""

    code = "too_busy"


class TooMany(TooBusy):
    """Whoever asks has asked for more than one may; nobody else has to wait."""

    code = "too_many"


class PaperNotMade(BanjieError):
    """The server lacks what a paper is made with; the text says what to install."""

    code = "paper_not_made"


class ImportRefused(BanjieError):
    """The file cannot be read as a register; nothing was written."""

    code = "import_refused"


class CalendarEnds(BanjieError):
    """No notice covers the year and the setting ``calendar_missing`` says error."""

    code = "calendar_year_missing"

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(
            Text(f"{year} 年放假安排尚未公布或未录入", f"No holiday notice covers the year {year}"), year=year
        )


class CommandFailed(BanjieError):
    """A defect of ours; the caller learns an id, the log holds the rest."""

    code = "command_failed"

    def __init__(self, incident: str) -> None:
        super().__init__(
            Text(f"系统内部错误，编号 {incident}，请告知管理员", f"Internal error {incident}; tell the administrator"),
            incident=incident,
        )


class StorageError(BanjieError):
    """The database said no, or said nothing."""

    code = "storage_error"


class OutcomeUnknown(StorageError):
    """COMMIT could not be confirmed: repeat with the same key."""

    code = "outcome_unknown"

    def __init__(self) -> None:
        super().__init__(Text("提交结果未知，请用同一幂等键重试", "The outcome is unknown; repeat with the same key"))


class KeysUnavailable(StorageError):
    """The keys of private values cannot be had: the text names the file and what to restore."""

    code = "keys_unavailable"


class SealingStopped(StorageError):
    """The signer cannot be reached or refuses; the text says why and what to do. Entries wait and are not lost."""

    code = "sealing_stopped"


class StorageUnavailable(StorageError):
    """The database cannot be reached now; try later."""

    code = "storage_unavailable"

    def __init__(self) -> None:
        super().__init__(Text("数据库暂不可用，请稍后再试", "The database is not available now; try later"))
