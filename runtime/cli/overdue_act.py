"""``banjie overdue --act``: a measure of supervision on single cases or on all that are listed, previewed first.

The preview asks every guard and writes nothing; what it finds can be done is what is carried out, after a yes. One case
that is refused keeps none of the others back; each is told with what became of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import typer

from engine.text import Text
from runtime.cli.cases import case_called
from runtime.cli.run import Run

if TYPE_CHECKING:
    from pydantic import JsonValue

    from engine.case.actors import Actor
    from engine.case.identity import CaseId, RootId
    from engine.errors import BanjieError
    from engine.service.desk import Desk
    from engine.service.measures import Planned
    from engine.service.office import Answer
    from engine.service.overdue import OverdueAsk

_PLAN_HEAD: Final = (Text("编号", "Number"), Text("案由", "Subject"), Text("将要办理", "What will be done"))
_DONE_HEAD: Final = (Text("编号", "Number"), Text("案由", "Subject"), Text("结果", "Result"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for; ``fields`` are written ``name=value``, no ``cases`` mean all that are listed."""

    measure: str
    reason: str | None
    fields: tuple[str, ...]
    cases: tuple[str, ...]
    login: str | None


def act_on(
    run: Run, desk: Desk, root: RootId, ask: OverdueAsk, wanted: Wanted, *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Take the measure, or with ``dry_run`` only show it; leaves with 1 when anything was refused."""
    from engine.service.measures import measure_called, measures_of, plan
    from engine.service.selecting import Selection, confirm, preview

    rules = desk.world(root).rules
    measure = measure_called(rules, wanted.measure)
    title = measures_of(rules)[measure]
    actor = _actor(run, desk, root, wanted.login)
    cases = tuple(_chosen(desk, root, actor, ask, wanted.cases))
    offered = [one for one in plan(desk, root, actor, measure, cases) if one.refusal is None]
    form = _form(run, offered, measure, wanted)
    selection = Selection(root=root, actor=actor, measure=measure, form=form, cases=cases)
    planned = preview(desk, selection)
    ready = [one for one in planned if one.refusal is None]
    answers: Mapping[CaseId, Answer] = {}
    if not as_json:
        run.terminal.table(_PLAN_HEAD, [(*_named(one), run.terminal.read(_what(one, title))) for one in planned])
    if ready and not dry_run:
        if len(ready) > 1 and not yes:
            question = Text(f"对以上 {len(ready)} 件{title.zh}？", f"{title.en}: {len(ready)} cases?")
            typer.confirm(run.terminal.read(question), abort=True, err=as_json)
        versions = {one.id: one.version for one in ready}
        agreed = confirm(desk, selection, versions, key=secrets.token_urlsafe(16))
        given = desk.office.carry_out(agreed.commands)
        answers = {command.case: answer for command, answer in zip(agreed.commands, given, strict=True)}
    if as_json:
        run.terminal.json({"measure": measure, "cases": [_one_json(one, answers.get(one.id)) for one in planned]})
    else:
        _tell(run, planned, answers, dry_run=dry_run)
    refused = [one for one in planned if _refusal(one, answers.get(one.id)) is not None]
    if not planned or (refused and not dry_run):
        raise typer.Exit(1)


def _actor(run: Run, desk: Desk, root: RootId, login: str | None) -> Actor:
    account = None if login is None else desk.reads.account(login)
    if account is None or account.root != root:
        run.refuse(
            Text("没有指明由谁办理", "Nobody is named who takes the measure")
            if login is None
            else Text(f"没有账号“{login}”", f"There is no account {login!r}"),
            Text("请用 --as 写明办理人的账号", "Name the account of the one who acts with --as"),
        )
    return desk.queries.actor(root, account.person, desk.office.now())


def _chosen(desk: Desk, root: RootId, actor: Actor, ask: OverdueAsk, named: Sequence[str]) -> list[CaseId]:
    from engine.service.overdue import OverdueList

    if named:
        return [case_called(desk, root, name) for name in named]
    return [entry.line.case.id for entry in OverdueList(desk, root, actor).all(ask)]


def _form(run: Run, ready: Sequence[Planned], measure: str, wanted: Wanted) -> dict[str, JsonValue]:
    """Return what was filled in: the reason where each definition has it, and the other fields as their kind asks."""
    from engine.service.measures import asked_fields, reason_fields
    from web.forms.filled import PREFIX, filled

    posted: dict[str, list[str]] = {}
    for text in wanted.fields:
        name, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"{text} → NAME=VALUE")
        posted.setdefault(f"{PREFIX}{name.strip()}", []).append(value)
    reasons = reason_fields(ready, measure)
    if wanted.reason is not None:
        posted.update({f"{PREFIX}{name}": [wanted.reason] for name in reasons})
    elif any(f"{PREFIX}{name}" not in posted for name in reasons):
        run.refuse(
            Text("此项措施须写明理由", "This measure needs a reason"),
            Text("请用 --reason 填写", "Give it with --reason"),
        )
    form: dict[str, JsonValue] = {}
    asked = asked_fields(ready, measure)
    for name, definition in asked.items():
        mine = {key: values for key, values in posted.items() if key == f"{PREFIX}{name}"}
        form.update(filled(definition, {name: "optional"}, mine))
    unknown = [key.removeprefix(PREFIX) for key in posted if key.removeprefix(PREFIX) not in asked]
    if ready and unknown:
        fields = ", ".join(asked) or "—"
        run.refuse(
            Text(f"此项措施不填写“{'、'.join(unknown)}”", f"This measure does not ask for {', '.join(unknown)}"),
            Text(f"可以填写：{fields}", f"It asks for {fields}"),
        )
    return form


def _named(one: Planned) -> tuple[str, str]:
    return one.number or one.id, one.subject or ""


def _what(one: Planned, title: Text) -> Text:
    if one.refusal is not None:
        return _reason(one.refusal)
    zh = "；".join(
        [
            title.zh,
            *(f"开出{opened.zh}" for opened in one.opens),
            *(f"升为“{raised.zh}”" for raised in one.raises),
            *(["通知" + "、".join(told.zh for told in one.tells)] if one.tells else []),
        ]
    )
    en = "; ".join(
        [
            title.en,
            *(f"opens: {opened.en}" for opened in one.opens),
            *(f"raises “{raised.en}”" for raised in one.raises),
            *(["tells " + ", ".join(told.en for told in one.tells)] if one.tells else []),
        ]
    )
    return Text(zh, en)


def _tell(run: Run, planned: Sequence[Planned], answers: Mapping[CaseId, Answer], *, dry_run: bool) -> None:
    terminal = run.terminal
    if not planned:
        terminal.complain(Text("没有可办理的事项", "There is nothing to act on"))
        return
    if dry_run:
        ready = sum(one.refusal is None for one in planned)
        terminal.say(
            Text(
                f"可以办理 {ready} 件，不能办理 {len(planned) - ready} 件；以上只是核对，均未办理",
                f"{ready} could be done, {len(planned) - ready} could not; this is a preview, nothing was done",
            )
        )
        return
    rows = []
    for one in planned:
        refusal = _refusal(one, answers.get(one.id))
        result = Text("✓ 已办理", "✓ done") if refusal is None else _reason(refusal)
        rows.append((*_named(one), terminal.read(result)))
    terminal.table(_DONE_HEAD, rows)
    refused = sum(_refusal(one, answers.get(one.id)) is not None for one in planned)
    done = len(planned) - refused
    terminal.say(Text(f"已办理 {done} 件，未办理 {refused} 件", f"{done} done, {refused} refused"))


def _refusal(one: Planned, answer: Answer | None) -> BanjieError | None:
    from engine.errors import BanjieError

    return answer if isinstance(answer, BanjieError) else one.refusal


def _reason(refusal: BanjieError) -> Text:
    """Return why not, with the fields that are wrong and the document it stands on."""
    from engine.errors import FormInvalid

    zh, en = [f"✗ {refusal.text.zh}"], [f"✗ {refusal.text.en}"]
    if isinstance(refusal, FormInvalid):
        zh += [problem.text.zh for problem in refusal.fields]
        en += [problem.text.en for problem in refusal.fields]
    source = refusal.details.get("source")
    if isinstance(source, dict):
        zh.append(f"依据：{source['zh']}")
        en.append(f"source: {source['en']}")
    return Text("；".join(zh), "; ".join(en))


def _one_json(one: Planned, answer: Answer | None) -> dict[str, object]:
    from api.overdue import planned_json
    from api.rendering import done_json, text_json
    from engine.service.execute import Done

    refusal = _refusal(one, answer)
    return {
        **planned_json(one),
        "done": done_json(answer) if isinstance(answer, Done) else None,
        "refusal": None if refusal is None else {"code": refusal.code, **text_json(refusal.text)},
    }
