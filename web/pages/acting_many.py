"""Many cases at once: all that match the filter of a list, or what was done or skipped in long work before.

Which cases these are is asked each time from the database, and fixed when it is confirmed: only then, and only if they
are still as many as were shown, does long work begin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from engine.case.identity import CaseId
from engine.errors import StorageError
from engine.service.board import Board
from engine.service.board_ports import BoardOrder
from engine.service.bulk_moves import bulk_moves
from engine.service.long_work import ITEMS_MAX, JOB, LongWork, Work, WorkTooLarge
from engine.service.long_work_ports import Which
from engine.service.measures import Planned, measure_called, plan
from engine.service.overdue import OverdueList
from engine.service.selecting import Selection
from web.pages.board import board_asked
from web.pages.overdue import filter_of
from web.shell import Shell, Visit
from web.words import Words

AT_ONCE_MAX: Final = 20
"""So many cases are done while one waits; more become long work."""
LOOKED_AT_MAX: Final = 200
"""Of many cases so many are looked at to know what is asked for; the first ``AT_ONCE_MAX`` are shown and rehearsed."""
_OF_WORK: Final = {"done": Which.DONE, "skipped": Which.SKIPPED}

Cases = Callable[[Shell, Visit], Sequence[CaseId]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """The cases that were chosen without a tick for each. ``hidden`` are the fields by which a form says so again."""

    cases: tuple[CaseId, ...]
    hidden: tuple[tuple[str, str], ...]

    @property
    def looked_at(self) -> tuple[CaseId, ...]:
        return self.cases[:LOOKED_AT_MAX]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyView:
    """How many cases there are, how many of them are not shown, and the hidden fields of the form."""

    total: int
    more: int
    title: str
    hint: str
    hidden: tuple[tuple[str, str], ...]


def many_view(many: Many, words: Words) -> ManyView:
    """Return what a page says of many cases."""
    total = len(many.cases)
    more = max(0, total - AT_ONCE_MAX)
    of_work = many.hidden[0][0] == "work"
    return ManyView(
        total=total,
        more=more,
        title=words.t("many_of_work" if of_work else "many_of_filter", n=total),
        hint=words.t("many_hint", shown=total - more, more=more) if more else words.t("many_hint_all"),
        hidden=(*many.hidden, ("count", str(total))),
    )


def many_asked(shell: Shell, visit: Visit, matching: Cases, fields: Mapping[str, Sequence[str]]) -> Many | None:
    """Return the cases that an address or a form asks for in one word, None where each is named.

    Raises:
        WorkTooLarge: there are more than may be done at once.
        NoSuchWork: what was done before is not this person's, or over.
    """
    first = {name: values[0] for name, values in fields.items() if values}
    if first.get("everything") == "1":
        found = matching(shell, visit)
        hidden = [("everything", "1"), ("filter", urlencode(_filter(visit)))]
    elif first.get("work"):
        of = first.get("of", "") if first.get("of") in _OF_WORK else "done"
        asker = visit.known
        long_work = LongWork(shell.edge.desk)
        work = long_work.one(asker.root, asker.person, first["work"])
        lines = long_work.every_line(work, _OF_WORK[of])
        found = [line.outcome.case for line in lines if line.outcome is not None and line.outcome.case is not None]
        hidden = [("work", work.id), ("of", of)]
    else:
        return None
    if len(found) > ITEMS_MAX:
        raise WorkTooLarge(len(found))
    return Many(cases=tuple(dict.fromkeys(found)), hidden=tuple(hidden))


def as_open(planned: Sequence[Planned], measure: str) -> list[Planned]:
    """Return those whose workflow has the move, as if it were open for them: of many cases some others may be open."""
    known = (one for one in planned if one.definition is not None)
    return [
        replace(one, refusal=None) for one in known if one.definition and measure in one.definition.workflow.transitions
    ]


def begun(
    shell: Shell,
    visit: Visit,
    selection: Selection,
    versions: Mapping[CaseId, int | None],
    *,
    key: str,
    section: str,
    back: str,
) -> Response:
    """Begin long work on what was confirmed, and lead to where its progress is shown."""
    asker, desk = visit.known, shell.edge.desk
    rules, some = shell.world(visit).rules, list(versions)[:LOOKED_AT_MAX]
    measure = measure_called(rules, selection.measure, any_move=selection.any_move)
    planned = plan(desk, asker.root, selection.actor, measure, some, any_move=selection.any_move)
    asked = bulk_moves(selection, versions, rules, section=section, back=back, planned=planned)
    work = LongWork(desk).begin(asker.root, asker.person, asked, key=key)
    hint_of_work(shell)
    return RedirectResponse(address_of(work), status_code=303)


def versions_now(shell: Shell, visit: Visit, cases: Sequence[CaseId]) -> dict[CaseId, int | None]:
    """Return the cases with the versions in which they stand, in their order."""
    known = shell.edge.desk.reads.case_versions(visit.known.root, cases)
    return {case: known.get(case) for case in cases}


def hint_of_work(shell: Shell) -> None:
    """Ask for the job at once; without it the work begins by itself some seconds later."""
    if shell.edge.jobs is not None:
        with suppress(StorageError):
            shell.edge.jobs.schedule(JOB)


def address_of(work: Work) -> str:
    """Return where the progress of a piece of work is shown."""
    return f"/long-work/{work.id}"


def matching_board(shell: Shell, visit: Visit) -> Sequence[CaseId]:
    """Return the cases of the board under its filter, and one more than may be done at once."""
    asker, asked = visit.known, board_asked(shell, visit)
    board = Board(shell.edge.desk, asker.root, asker.actor)
    if not asked.text:
        return board.ids(asked.where, limit=ITEMS_MAX + 1)
    worded = board.with_words(asked.where, BoardOrder.DUE, asked.text)
    return [line.id for line in worded.all(limit=ITEMS_MAX + 1)]


def matching_overdue(shell: Shell, visit: Visit) -> Sequence[CaseId]:
    """Return the cases of the list of deadlines under its filter, each once."""
    listed = OverdueList(shell.edge.desk, visit.known.root, visit.known.actor)
    return [line.case.id for line in listed.lines(filter_of(shell, visit)[1], limit=ITEMS_MAX + 1)]


def _filter(visit: Visit) -> list[tuple[str, str]]:
    """Return the filter of the list as it stands in the address."""
    not_filter = {"measure", "case", "draft", "everything", "work", "of", "again"}
    return [(name, value) for name, value in visit.request.query_params.multi_items() if name not in not_filter]
