"""Bugs put into what looks things up by an id on purpose, one at a time: the scan must find each.

Each takes an id for what it names and forgets to ask whose it is, or in what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

from engine.case.actors import SYSTEM
from engine.case.identity import PersonId
from engine.errors import CaseNotFound, NotFound
from engine.service.absences import taken_back
from engine.service.filing.cabinet import Cabinet
from engine.service.known_files import file_mark
from engine.service.own_account import end_own, end_token
from engine.service.queries import Queries
from tests.authorisation.fields import Kind
from tests.authorisation.forms import scan_forms
from tests.authorisation.idor import pairs, questions, scanning, some_of
from tests.authorisation.things import OWNER, Estate

SAMPLE: Final = 1_000
_OPEN: Final[Callable[..., Any]] = Cabinet.open
_VISIBLE: Final[Callable[..., Any]] = Queries._visible


def _ends_anybodys(desk: Any, whose: Any, kind: str, number: str) -> None:
    if kind == "token":
        end_token(desk, whose.root, number, whose.person)
        return
    end_own(desk, whose, kind, number)


def _takes_back_anybodys(reads: Any, root: Any, person: Any, key: str, today: Any) -> Any:
    try:
        return taken_back(reads, root, person, key, today)
    except NotFound:
        return taken_back(reads, root, PersonId(OWNER), key, today)


def _opens_from_anywhere(self: Cabinet, root: Any, case: Any, actor: Any, world: Any, id_: str) -> Any:
    self._desk.queries.case(root, case, actor, world)
    row = next(iter(self._desk.reads.files(root, [id_])), None)
    if row is None or row.case is None:
        return _OPEN(self, root, case, actor, world, id_)
    return _OPEN(self, root, row.case, SYSTEM, world, id_)


def _knows_of_all(self: Cabinet, root: Any, case: Any, _actor: Any, _world: Any, sha256: str) -> bool:
    return bool(self._desk.reads.case_marks(root, case, file_mark(self._desk.box.mark, root, case, sha256)))


def _sees_all(*_asked: object) -> bool:
    return True


def _forgets_nothing(*_asked: object) -> None:
    return None


def _everybodys_key(_command: object) -> str:
    return "everybody"


def _tells_of_recusals(self: Queries, root: Any, case_id: Any, actor: Any) -> Any:
    """Look a case up by its readers and forget the recused."""
    from engine.access.readers import principals_of

    try:
        return _VISIBLE(self, root, case_id, actor)
    except CaseNotFound:
        case = next(iter(self.reads.cases(root, [case_id])), None)
        offices = {one for one in principals_of(actor) if one.startswith("role:")}
        if case is None or not offices & {f"role:{actor_role}@{case.unit}" for actor_role in ("union_office",)}:
            raise
        return case


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A bug: the things it is about, what is replaced and by what; ``at`` and ``thing`` say where to look for it.

    One ``in_forms`` shows in the forms of definitions alone.
    """

    kind: Kind
    targets: tuple[str, ...]
    instead: object
    at: str = ""
    thing: str = ""
    in_forms: bool = False


BUGS: Final[Mapping[str, Bug]] = {
    "a token is ended whoever's it is": Bug(
        kind=Kind.TOKEN,
        targets=("api.routes.accounts.end_own", "web.pages.account.end_own"),
        instead=_ends_anybodys,
    ),
    "an absence is taken back whoever's it is": Bug(
        kind=Kind.ABSENCE, targets=("api.routes.own.taken_back",), instead=_takes_back_anybodys
    ),
    "a file is given from any case": Bug(
        kind=Kind.FILE, targets=("engine.service.filing.cabinet.Cabinet.open",), instead=_opens_from_anywhere
    ),
    "an upload is told what a hidden case holds": Bug(
        kind=Kind.CASE,
        targets=("engine.service.filing.cabinet.Cabinet.is_known",),
        instead=_knows_of_all,
        at="POST /uploads",
        thing="sibling",
    ),
    "a list of moves goes round the readers": Bug(
        kind=Kind.CASE, targets=("engine.case.decide.may_see",), instead=_sees_all, at="POST /transitions"
    ),
    "a merge reaches what its maker may not see": Bug(
        kind=Kind.CASE, targets=("engine.case.decide.forget_unseen",), instead=_forgets_nothing, in_forms=True
    ),
    "one key is the key of all": Bug(
        kind=Kind.KEY, targets=("engine.service.claims.actor_scope",), instead=_everybodys_key, at="POST /cases:"
    ),
    "who is recused looks a case up all the same": Bug(
        kind=Kind.CASE,
        targets=("engine.service.queries.Queries._visible",),
        instead=_tells_of_recusals,
        at="GET /cases/{case_id}:",
        thing="recused",
    ),
}


@contextmanager
def seeded(name: str) -> Iterator[None]:
    """Put a bug in for the length of a block."""
    bug = BUGS[name]
    with ExitStack() as stack:
        for target in bug.targets:
            stack.enter_context(patch(target, bug.instead))
        yield


def finds(estate: Estate, name: str, number: int) -> bool:
    """Put a bug in, scan for it, and say whether it was found."""
    bug = BUGS[name]
    with seeded(name), scanning(estate) as scan:
        if bug.in_forms:
            return bool(scan_forms(scan) and scan.findings)
        asked = [
            each
            for each in pairs(estate, questions(estate))
            if each[2].kind is bug.kind and bug.at in str(each[0]) and bug.thing in each[2].name
        ]
        return any(scan.judge(*each) is not None for each in some_of(asked, SAMPLE, number))
