"""Papers of many cases as long work: which cases is fixed when it is asked for, each is made with the rights of then.

How a paper is made is not here (the pages and ``documents`` know). What was made is kept sealed for who asked, and
given as long as they may see the case.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from pydantic import JsonValue

from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.identity import CaseId, PersonId, RootId
from engine.errors import BanjieError, CaseNotFound, InputRefused
from engine.ledger.erasures import erased_places
from engine.service.desk import Desk
from engine.service.exported import record_export
from engine.service.long_work import Asked, LongWork, NoSuchWork, Outcome, Work
from engine.service.long_work_ports import Which
from engine.service.long_work_waves import Wave
from engine.text import Text

KIND: Final = "papers-out"
CASES_MAX: Final = 500
"""So many cases at a time: what is made of them is kept in the database until the work is forgotten."""
PART_CASES: Final = 5
"""So many cases are one wave, and one row of the database."""
GONE: Final = Text("该事项已不再由您查看", "You do not see this case any more")
NOTHING: Final = Text("该事项现在没有可出具的文书", "No paper can be made of this case now")


class PapersWanted(StrEnum):
    """DOSSIER: one file for each case, with all of it. PAPERS: every paper that can be made of it now."""

    DOSSIER = "dossier"
    PAPERS = "papers"


WANTED_TITLES: Final = {
    PapersWanted.DOSSIER: Text("下载案卷", "Dossiers taken along"),
    PapersWanted.PAPERS: Text("下载文书", "Papers taken along"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFile:
    """A file that was made, by the name it is saved under."""

    name: str
    content: bytes


Maker = Callable[[Wave, CaseId], Sequence[MadeFile]]
"""Makes the files of one case, for the person of a wave; raises CaseNotFound where they do not see it."""


class TooManyPapers(InputRefused):
    """More cases were asked for than are made at a time."""

    code = "too_many_papers"

    def __init__(self) -> None:
        super().__init__(
            Text(
                f"一次最多下载 {CASES_MAX} 件事项的文书，请按届次、单位或状态缩小范围，分几次下载",
                f"Papers of at most {CASES_MAX} cases at a time: narrow it down by session, unit or state",
            ),
            maximum=CASES_MAX,
        )


def ask(
    desk: Desk, root: RootId, actor: Actor, cases: Sequence[CaseId], wanted: PapersWanted, file_kind: str, *, key: str
) -> Work:
    """Ask for the papers of cases, and record that they were.

    Raises:
        TooManyPapers: there are too many cases.
        TooMuchWork: too much of this person's is not over yet.
    """
    assert actor.person is not None, "who takes papers along is logged in"
    if len(cases) > CASES_MAX:
        raise TooManyPapers
    mark = desk.box.mark(f"papers out {root} {actor.person} {key}")[:32]
    asked = Asked(
        kind=KIND,
        title=WANTED_TITLES[wanted],
        payload={
            "wanted": str(wanted),
            "kind": file_kind,
            "back": "/cases",
            "result": f"/cases/papers/{mark}",
            "mark": mark,
        },
        items=list(cases),
        part_items=PART_CASES,
    )
    work = LongWork(desk).begin(root, actor.person, asked, key=key)
    record_export(desk, root, actor.person, str(wanted), rows=len(cases))
    return work


def make_some(desk: Desk, wave: Wave, maker: Maker) -> Sequence[Outcome]:
    """Make the papers of some cases: a kind of long work, with what makes them."""
    return [_made(desk, wave, CaseId(str(item)), maker) for item in wave.items.values()]


def papers_asked(desk: Desk, root: RootId, person: PersonId, mark: str) -> Work:
    """Return the work by which papers were made; raises NoSuchWork, also for somebody else's."""
    works = (work for work in LongWork(desk).of(root, person) if work.kind == KIND)
    found = next((work for work in works if work.payload.get("mark") == mark), None)
    if found is None:
        raise NoSuchWork
    return found


def papers_made(desk: Desk, work: Work, actor: Actor) -> Iterator[MadeFile]:
    """Yield what was made so far, of those cases that the actor may still see and of which nothing was erased since."""
    principals = principals_of(actor)
    for line in LongWork(desk).every_line(work, Which.DONE):
        outcome = line.outcome
        if outcome is None or outcome.case is None:
            continue
        made = cast("Mapping[str, JsonValue]", outcome.output)
        seen = desk.reads.visible_cases(work.root, [outcome.case], principals)
        if not seen or _erased_since(desk, work.root, outcome.case, cast("int", made["seq"])):
            continue
        for name, content in cast("Sequence[tuple[str, str]]", made["files"]):
            yield MadeFile(name=name, content=b64decode(content))


def _erased_since(desk: Desk, root: RootId, case: CaseId, seq: int) -> bool:
    places = erased_places(row.body for row in desk.reads.entries(root, case))
    return any(at > seq for at in places.values())


def _made(desk: Desk, wave: Wave, case: CaseId, maker: Maker) -> Outcome:
    # Looked at before: what is erased while it is made counts as erased since.
    seq = max((row.seq for row in desk.reads.entries(wave.work.root, case)), default=0)
    try:
        files = maker(wave, case)
    except CaseNotFound:
        return Outcome(is_done=False, case=case, reason=GONE)
    except BanjieError as refusal:  # no font, no maker: told of each, so that the work comes to its end
        return Outcome(is_done=False, case=case, reason=refusal.text)
    if not files:
        return Outcome(is_done=False, case=case, reason=NOTHING)
    made: list[JsonValue] = [[file.name, b64encode(file.content).decode()] for file in files]
    return Outcome(is_done=True, case=case, output={"seq": seq, "files": made})
