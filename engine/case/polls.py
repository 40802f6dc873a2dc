"""Polls: what is asked, what a ballot may say, and what ballots come to. Pure; where they lie stands with the database.

A ballot is a text of nothing but what was chosen. The ballots of a poll lie in one box that says of each text how
often it was cast, so that neither place nor time nor order of a single one is kept anywhere. How a poll is declared
stands in ``engine.definition.poll_parts``.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from engine.case.case import Case
from engine.case.drafting import Building
from engine.case.events import Event, EventType
from engine.case.scope import Moment, table_rows
from engine.definition.compiled import Definition
from engine.definition.poll_parts import PollPart
from engine.errors import FieldProblem, InputRefused
from engine.text import Text

Box = Mapping[str, int]
"""How often each ballot was cast, by its text."""


class Question(NamedTuple):
    """One thing that is asked: ``key`` is by what a ballot answers it, ``value`` what the totals call it."""

    key: str
    value: str | int
    title: Text


class PollRefused(InputRefused):
    """A poll cannot be opened or closed as things stand."""

    code = "poll_refused"


def questions_of(part: PollPart, definition: Definition, fields: Mapping[str, JsonValue]) -> tuple[Question, ...]:
    """Return what a poll asks, in order: the rows of its table, the codes of its list, or the fixed questions."""
    if part.rows is not None:
        return tuple(_of_rows(part.rows.key, part.rows.title, table_rows(fields.get(part.rows.table))))
    if part.list is not None:
        items = definition.lists[definition.workflow.lists[part.list]].items
        return tuple(Question(item.code, item.code, item.title.text) for item in items if item.until_on is None)
    return tuple(Question(key, key, label.text) for key, label in part.asks.items())


def _of_rows(key: str, title: str, rows: Sequence[Mapping[str, JsonValue]]) -> Iterator[Question]:
    for row in rows:
        value, shown = row.get(key), str(row.get(title) or "")
        yield Question(str(value), value if isinstance(value, int) else str(value), Text(shown, shown))


def ballot_problems(
    part: PollPart, questions: Sequence[Question], answers: Mapping[str, JsonValue]
) -> Iterator[FieldProblem]:
    """Yield what is wrong with a ballot: what nobody asked, choices that are none, and what must not be left blank."""
    known = {question.key for question in questions}
    for key, choice in answers.items():
        if key not in known:
            yield FieldProblem(path=key[:60], text=Text("没有这个表决事项或者问题", "Nobody asked this"))
        elif not isinstance(choice, str) or choice not in part.choices:
            zh = "、".join(label.zh for label in part.choices.values())
            en = ", ".join(label.en for label in part.choices.values())
            yield FieldProblem(path=key, text=Text(f"请在“{zh}”中选一个", f"Choose one of: {en}"))
    missing = [question for question in questions if question.key not in answers]
    if part.every:
        for question in missing:
            yield FieldProblem(path=question.key, text=Text("这一项还没有选", "Nothing is chosen here yet"))
    elif len(missing) == len(questions):
        yield FieldProblem(path="", text=Text("一项都没有选，请至少选一项", "Nothing is chosen; choose one at least"))


def ballot_text(answers: Mapping[str, JsonValue]) -> str:
    """Return a ballot as it is kept: nothing but what was chosen, in one order for all."""
    return json.dumps(dict(answers), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def proof_of(box: Box) -> str:
    """Return the hash of all ballots, one a line, in an order that says nothing of when each was cast."""
    digest = hashlib.sha256()
    for text in sorted(box):
        digest.update(f"{text}\n".encode() * box[text])
    return digest.hexdigest()


def totals_of(
    part: PollPart, definition: Definition, questions: Sequence[Question], box: Box
) -> list[dict[str, JsonValue]]:
    """Return the rows of the totals: each question with how many chose what.

    What fewer than ``least`` have answered is left out: who said so could be guessed.
    """
    columns = definition.workflow.fields[part.totals].columns
    counts: dict[str, Counter[str]] = {question.key: Counter() for question in questions}
    for text, times in box.items():
        ballot = json.loads(text)
        for key, choice in ballot.items() if isinstance(ballot, dict) else ():
            if key in counts and choice in part.choices:
                counts[key][str(choice)] += times
    rows: list[dict[str, JsonValue]] = []
    for question in questions:
        if counts[question.key].total() < part.least:
            continue
        row: dict[str, JsonValue] = {part.key: question.value, **part.always}
        if part.titled is not None:
            row[part.titled] = question.title.zh
        row.update({choice: counts[question.key][choice] for choice in part.choices if choice in columns})
        if part.answered is not None:
            row[part.answered] = counts[question.key].total()
        rows.append(row)
    return rows


def take_polls(building: Building, moment: Moment, move: str) -> None:
    """Fill in what the opening or the closing of a poll comes to. What nobody asked for but another move is refused.

    Raises PollRefused: fewer than may be asked or counted, or nothing to ask.
    """
    for name, part in building.definition.workflow.polls.items():
        place = (building.case.id, name)
        if move == part.opens:
            _open(building, part, moment.situation.electors.get(place))
        elif move == part.closes:
            _close(building, part, moment.situation.boxes.get(place))


def _open(building: Building, part: PollPart, electors: int | None) -> None:
    if electors is None:
        raise PollRefused(Text("网上投票只能由人发起", "Only somebody can open a poll"))
    questions = questions_of(part, building.definition, {**building.case.data, **building.form})
    if len({question.key for question in questions}) < max(len(questions), 1):
        raise PollRefused(
            Text(
                f"“{part.title.zh}”没有可投的事项，或者有重号，请先核对",
                f"{part.title.en}: there is nothing to ask, or a number stands there twice",
            )
        )
    if electors < part.least:
        raise PollRefused(
            Text(
                f"可以参加“{part.title.zh}”的只有 {electors} 人，不足 {part.least} 人，填了什么容易猜出是谁，"
                "不能在网上进行；请改用其他办法",
                f"Only {electors} may answer {part.title.en}, fewer than {part.least}: who said what could be guessed."
                " It cannot be taken on line",
            ),
            electors=electors,
            least=part.least,
        )
    building.form[part.eligible_count] = building.fields[part.eligible_count] = electors


def _close(building: Building, part: PollPart, box: Box | None) -> None:
    if box is None:
        raise PollRefused(Text("网上投票没有在进行，不能结束", "No poll is open that could be closed"))
    returned = sum(box.values())
    if returned < part.least:
        raise PollRefused(
            Text(
                f"“{part.title.zh}”只收回 {returned} 份，不足 {part.least} 份，不能汇总；请等更多人提交，或者作废",
                f"{part.title.en}: {returned} came back, fewer than {part.least}, and are not added up. Wait for more,"
                " or give it up",
            ),
            returned=returned,
            least=part.least,
        )
    questions = questions_of(part, building.definition, building.case.data)
    filled: dict[str, JsonValue] = {
        part.totals: [dict(row) for row in totals_of(part, building.definition, questions, box)],
        part.returned_count: returned,
        part.proof: proof_of(box),
    }
    building.form.update(filled)
    building.fields.update(filled)


def is_taken(part: PollPart, case: Case | None) -> bool:
    """Return whether the poll is open while a case stands as it does."""
    return case is not None and case.state in part.taken_in


def polls_moved(
    before: Case | None, after: Case, event: Event, definition: Definition
) -> Iterator[tuple[str, PollPart, bool]]:
    """Yield the polls that an event opens (true) or ends (false): by being closed, or given up with their ballots."""
    for name, part in definition.workflow.polls.items():
        if event.type is EventType.FIRED and event.transition == part.opens:
            yield name, part, True
        elif is_taken(part, before) and not is_taken(part, after):
            yield name, part, False
