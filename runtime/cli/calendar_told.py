"""The change of a calendar as ``banjie calendar import`` tells it: days, deadlines that move, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from engine.text import Text
from runtime.cli.terminal import Terminal

if TYPE_CHECKING:
    from engine.calendar.calendar import Day
    from engine.errors import BanjieError
    from engine.service.calendar_change import Carried, Change, ChangedDay, Move
    from runtime.rules import NoticeFile

Json = dict[str, object]

DAYS_HEAD: Final = (
    Text("日期", "Date"),
    Text("原为", "Was"),
    Text("改为", "Is now"),
    Text("依据", "By"),
)
MOVES_HEAD: Final = (
    Text("编号", "Number"),
    Text("期限", "Deadline"),
    Text("原截止日期", "Was due"),
    Text("新截止日期", "Is due"),
    Text("原因", "Because of"),
)
MOVES_SHOWN_MAX: Final = 1_000
"""Nobody reads more lines, and laying out a hundred thousand took longer than finding them."""
KINDS: Final = {
    "worked": Text("工作日", "worked"),
    "rest": Text("休息", "off"),
    "holiday": Text("放假", "off"),
    "make_up": Text("上班", "worked"),
}
EARLIER: Final = Text("此前的放假安排变更", "an earlier change of the calendar")


def tell(terminal: Terminal, notice: NoticeFile, changes: Sequence[Change], carried: Sequence[Carried] | None) -> None:
    """Print what a notice changes, or what it has changed when it was carried out."""
    terminal.say(notice.citation)
    if not changes:
        terminal.say(Text("数据库中尚无组织，没有期限可看", "No organisation yet, so no deadline to look at"))
    for place, change in enumerate(changes):
        _tell_change(terminal, change, None if carried is None else carried[place])
    if carried is not None:
        terminal.say(Text("已录入该通知", "The notice is on file"))
    elif any(change.moves or not change.is_empty for change in changes):
        terminal.say(
            Text("以上为预览，没有写入任何内容；加 --apply 实施", "A preview: nothing was written; add --apply")
        )


def told_json(notice: NoticeFile, changes: Sequence[Change], carried: Sequence[Carried] | None) -> Json:
    """Return the same for a machine."""
    done = [None] * len(changes) if carried is None else list(carried)
    return {
        "notice": {"year": notice.year, "title": _text(notice.citation), "unit": notice.unit},
        "applied": carried is not None,
        "organisations": [_change_json(change, one) for change, one in zip(changes, done, strict=True)],
    }


def _tell_change(terminal: Terminal, change: Change, carried: Carried | None) -> None:
    for year in change.settled:
        terminal.say(Text(f"{year} 年由暂定转为确定", f"{year} is provisional no longer"))
    if change.is_empty and not change.moves:
        terminal.say(Text("该通知不改变任何一天，没有期限变动", "This notice changes no day, so no deadline moves"))
        return
    if change.days:
        terminal.table(DAYS_HEAD, [_day_row(terminal, day) for day in change.days])
    shown = change.moves if carried is None else carried.moved
    moves = [move for move in shown if move.moves]
    if moves:
        terminal.table(MOVES_HEAD, [_move_row(terminal, move) for move in moves[:MOVES_SHOWN_MAX]])
    if len(moves) > MOVES_SHOWN_MAX:
        more = len(moves) - MOVES_SHOWN_MAX
        terminal.say(
            Text(
                f"以上为前 {MOVES_SHOWN_MAX} 项，其余 {more} 项用 --json 列出",
                f"The first {MOVES_SHOWN_MAX}; --json lists the other {more}",
            )
        )
    terminal.say(_summary(change, len(moves), len(shown) - len(moves), done=carried is not None))
    for move, why in () if carried is None else carried.left:
        terminal.complain(_left(move, why))


def _summary(change: Change, moved: int, settled: int, *, done: bool) -> Text:
    zh, en = ("已变动", "moved") if done else ("将变动", "would move")
    return Text(
        f"查看未结期限 {change.looked} 项，{zh} {moved} 项，另有 {settled} 项日期不变、暂定与否改变",
        f"{change.looked} open deadline(s) looked at, {moved} {en}, "
        f"{settled} keep their date and are provisional or no longer so",
    )


def _left(move: Move, why: BanjieError | None) -> Text:
    reason = Text("期间已另有变动", "the case has changed meanwhile") if why is None else why.text
    return Text(
        f"✗ {move.number or move.case} {move.title.zh}：未变动，{reason.zh}",
        f"✗ {move.number or move.case} {move.title.en}: not moved, {reason.en}",
    )


def _day_row(terminal: Terminal, day: ChangedDay) -> tuple[str, ...]:
    from engine.calendar.wording import weekday_text

    weekday = weekday_text(day.on)
    source = day.now.source or day.was.source
    return (
        terminal.read(Text(f"{day.on}（{weekday.zh}）", f"{day.on} ({weekday.en})")),
        terminal.read(_kind(day.was)),
        terminal.read(_kind(day.now)),
        "" if source is None else terminal.read(source),
    )


def _move_row(terminal: Terminal, move: Move) -> tuple[str, ...]:
    causes = [_cause(day) for day in move.causes] or [EARLIER]
    return (
        move.number or move.case,
        terminal.read(move.title),
        terminal.read(_due(move.old_on.isoformat(), provisional=move.was_provisional)),
        terminal.read(_due(move.new_on.isoformat(), provisional=move.provisional)),
        terminal.read(Text("、".join(cause.zh for cause in causes), ", ".join(cause.en for cause in causes))),
    )


def _due(on: str, *, provisional: bool) -> Text:
    return Text(f"{on}（暂定）", f"{on} (provisional)") if provisional else Text(on, on)


def _cause(day: ChangedDay) -> Text:
    kind = _kind(day.now)
    return Text(f"{day.on.month}月{day.on.day}日改为{kind.zh}", f"{day.on} is now {kind.en}")


def _kind(day: Day) -> Text:
    kind = KINDS[str(day.kind)]
    if day.name is None or str(day.kind) == "make_up":
        return kind
    return Text(f"{kind.zh}（{day.name.zh}）", f"{kind.en} ({day.name.en})")


def _change_json(change: Change, carried: Carried | None) -> Json:
    shown = change.moves if carried is None else carried.moved
    left = () if carried is None else carried.left
    return {
        "root": change.root,
        "settled": list(change.settled),
        "days": [_day_json(day) for day in change.days],
        "looked": change.looked,
        "moves": [_move_json(move) for move in shown],
        "left": [{**_move_json(move), "why": None if why is None else _text(why.text)} for move, why in left],
    }


def _day_json(day: ChangedDay) -> Json:
    source = day.now.source or day.was.source
    return {
        "on": day.on.isoformat(),
        "was": str(day.was.kind),
        "now": str(day.now.kind),
        "name": None if day.now.name is None else _text(day.now.name),
        "source": None if source is None else _text(source),
    }


def _move_json(move: Move) -> Json:
    return {
        "case": move.case,
        "number": move.number,
        "workflow": move.workflow,
        "deadline": move.deadline,
        "title": _text(move.title),
        "old_on": move.old_on.isoformat(),
        "new_on": move.new_on.isoformat(),
        "was_provisional": move.was_provisional,
        "provisional": move.provisional,
        "causes": [_day_json(day) for day in move.causes],
    }


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
