"""The dossier of a case as a plain value: all that its page shows to the same reader, in the order of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import JsonValue

from api.rendering import number_of
from documents.booklet import Booklet, Chapter, Grid, Part, Rows, Said
from documents.paper import PaperRow, official_date
from engine.case.codec import at_from
from engine.case.events import EventType
from engine.case.scope import SHANGHAI
from engine.definition.parts import Phase
from engine.definition.wording import title_of
from engine.service.anchoring import is_all_sealed, newest_head
from engine.service.filing.cabinet import Cabinet, HeldFile
from engine.service.queries import CaseView, TimelineLine
from web.views.case_parts import party_rows, said_fields
from web.views.case_reading import CaseReader, case_writer
from web.views.clocks import clock_view
from web.views.fields import FieldWriter
from web.views.files import file_links, size_of
from web.views.papers import CHINESE, papers_of
from web.views.relatives import relatives_of
from web.views.timeline import HASH_CHARACTERS, EntryView, entry_view

HISTORY_HEAD = ("dossier_seq", "dossier_when", "dossier_who", "dossier_what", "dossier_said")
DEADLINE_HEAD = (
    "dossier_deadline", "dossier_started", "dossier_due", "dossier_done", "dossier_standing", "dossier_notes",
)  # fmt: skip
FILE_HEAD = ("dossier_file", "dossier_size", "dossier_sha256", "dossier_notes")
PAPER_HEAD = ("dossier_number", "dossier_paper", "dossier_dated", "dossier_from")
"""Names of texts: the heads of tables."""
HASH_LINE = 16
"""So many characters of a hash stand in one line of a narrow column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRead:
    """A case as somebody read it just now, with what puts it into words; one reading is recorded for all of it."""

    reader: CaseReader
    view: CaseView
    lines: Sequence[TimelineLine]
    files: Sequence[HeldFile]
    writer: FieldWriter


def case_read(reader: CaseReader, view: CaseView, lines: Sequence[TimelineLine]) -> CaseRead:
    """Return a case as its reader may see it, in Chinese, as papers are."""
    reader = replace(reader, words=CHINESE)
    files = Cabinet(reader.desk).held(reader.root, view, lines)
    values = [view.fields, *(line.fields for line in lines)]
    # A file is called by its name alone: no address leads anywhere from paper.
    named = {
        key: replace(link, address=None) for key, link in file_links(str(view.case.id), files, reader.words).items()
    }
    return CaseRead(reader=reader, view=view, lines=lines, files=files, writer=case_writer(reader, view, values, named))


def dossier_of(read: CaseRead, folder: Path) -> Booklet:
    """Return the dossier of a case; ``folder`` holds the papers of its workflow."""
    view, words = read.view, CHINESE
    last = read.lines[-1]
    entries = [entry_view(line, read.writer, read.reader.world.rules) for line in read.lines]
    chapters = [
        Chapter(title=words.t("dossier_content"), parts=tuple(_content(read))),
        Chapter(title=words.t("dossier_history"), parts=(_history(read, entries),)),
        Chapter(title=words.t("dossier_deadlines"), parts=(_deadlines(read),)),
        *_relatives(read),
        Chapter(title=words.t("dossier_files"), parts=tuple(_files(read.files))),
        Chapter(title=words.t("dossier_papers"), parts=(_papers(read, folder),)),
        Chapter(title=words.t("dossier_proof"), parts=tuple(_proof(read))),
    ]
    return Booklet(
        title=words.t("dossier_title"),
        heading=words.say(view.definition.workflow.title.text),
        number=number_of(view) or words.t("no_number"),
        cover=tuple(_cover(read)),
        chapters=tuple(chapters),
        dated=official_date(read.reader.now.astimezone(SHANGHAI).date()),
        origin=words.t("paper_origin", seq=last.seq, hash=last.hash[:HASH_CHARACTERS]),
    )


def _cover(read: CaseRead) -> Iterator[PaperRow]:
    view, writer, words = read.view, read.writer, CHINESE
    case, workflow = view.case, view.definition.workflow
    session = None
    if case.congress_session is not None:
        session = read.reader.world.surroundings.sessions.get(case.congress_session)
    # The last entry may be a note on what was over before.
    moved = [line for line in read.lines if line.to_state is not None]
    ended = moved[-1] if moved and case.phase is Phase.FINAL else None
    first, last = read.lines[0], read.lines[-1]
    rows = [
        (words.t("dossier_subject"), str(view.fields.get(workflow.subject_field) or words.t("no_subject"))),
        (words.t("case_session"), None if session is None else words.say(session.title)),
        (words.t("unit"), writer.unit(case.unit)),
        (words.t("lead_unit"), None if case.lead_unit is None else writer.unit(case.lead_unit)),
        *((party.role, party.names) for party in party_rows(view, words)),
        (words.t("opened_on"), words.day(case.opened_at)),
        (words.t("dossier_state"), words.say(title_of(case.state, workflow.states))),
        (words.t("dossier_ended"), None if ended is None else words.day(at_from(ended.at))),
        (
            words.t("dossier_ledger"),
            words.t("dossier_entries", first=first.seq, last=last.seq, hash=last.hash[:HASH_CHARACTERS]),
        ),
        (words.t("dossier_checkpoint"), _checkpoint(read)),
    ]
    return (PaperRow(title=title, text=text) for title, text in rows if text is not None)


def _checkpoint(read: CaseRead) -> str | None:
    """Return the newest checkpoint, and whether it covers all that the case says; None where nothing is sealed yet."""
    reads, root = read.reader.desk.reads, read.reader.root
    head = newest_head(reads, root)
    if head is None:
        return None
    is_sealed = is_all_sealed(reads, root, at_from(read.lines[-1].at))
    said = CHINESE.t(
        "figures_checkpoint", origin=head.origin, size=head.size, short=head.short, at=CHINESE.instant(head.at)
    )
    return f"{said}{CHINESE.t('dossier_sealed' if is_sealed else 'dossier_unsealed')}"


def _content(read: CaseRead) -> Iterator[Part]:
    """Yield the fields that the reader may see, one table for each degree of privacy."""
    groups = read.writer.groups(said_fields(read.view))
    for group in groups:
        rows = tuple(PaperRow(title=row.title, text=_text(row.text, row.files)) for row in group.rows)
        yield Rows(title=CHINESE.t("dossier_privacy", privacy=group.title), rows=rows)
    if not groups:
        yield Said(text=CHINESE.t("dossier_nothing"))


def _text(text: str, files: Iterable[object]) -> str:
    names = CHINESE.listed(str(getattr(file, "name", "")) for file in files)
    return text or names


def _history(read: CaseRead, entries: Sequence[EntryView]) -> Grid:
    rows = [
        (str(entry.seq), entry.at, entry.who, entry.title, "\n".join(_said_in(line, entry, read.view.fields)))
        for line, entry in zip(read.lines, entries, strict=True)
    ]
    return Grid(
        head=_head(*HISTORY_HEAD),
        rows=tuple(rows),
        widths=(5, 15, 15, 14, 39),
        numbers=(0,),
    )


def _said_in(line: TimelineLine, entry: EntryView, now: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield what an entry says: where the case went, what was written, why and for whom."""
    if entry.state is not None:
        yield CHINESE.t("entry_to", state=entry.state)
    # What was filed and still stands so is not printed twice.
    is_above = line.type == EventType.OPENED and all(now.get(name) == value for name, value in line.fields.items())
    if is_above and entry.fields:
        yield CHINESE.t("dossier_above")
    for shown in () if is_above else entry.fields:
        yield f"{shown.title}：{_text(shown.text, shown.files)}"
    yield from filter(None, (entry.occurred, entry.cause, *entry.entered))


def _deadlines(read: CaseRead) -> Part:
    view, reader = read.view, read.reader
    calendar = reader.world.calendar_of(view.case.unit)
    clocks = [clock_view(clock, view.definition, calendar, reader.now, CHINESE) for clock in view.clocks]
    if not clocks:
        return Said(text=CHINESE.t("case_deadlines_none"))
    dash = CHINESE.t("dash")
    return Grid(
        head=_head(*DEADLINE_HEAD),
        rows=tuple(
            (
                clock.title,
                clock.started,
                clock.due,
                clock.ended or dash,
                clock.standing.text,
                "\n".join([*([f"{CHINESE.t('promised')}{clock.promised}"] if clock.promised else []), *clock.notes])
                or dash,
            )
            for clock in clocks
        ),
        widths=(15, 16, 16, 16, 13, 16),
    )


def _relatives(read: CaseRead) -> Iterator[Chapter]:
    """Yield the cases around this one, where there are any."""
    found = relatives_of(read.view, read.reader)
    links = [
        *([(CHINESE.t("case_parent"), found.parent.title)] if found.parent else []),
        *([(CHINESE.t("case_merged_into"), found.merged_into.title)] if found.merged_into else []),
        *((CHINESE.t("case_merged_from"), link.title) for link in found.merged_from),
        *((f"{child.role}：{child.unit}", child.state) for child in found.children),
    ]
    if links:
        rows = tuple(PaperRow(title=title, text=text) for title, text in links)
        yield Chapter(title=CHINESE.t("dossier_relatives"), parts=(Rows(rows=rows),))


def _files(files: Sequence[HeldFile]) -> Iterator[Part]:
    if not files:
        yield Said(text=CHINESE.t("dossier_no_files"))
        return
    dash = CHINESE.t("dash")
    links = file_links("", files, CHINESE)
    yield Grid(
        head=_head(*FILE_HEAD),
        rows=tuple(
            (file.name, size_of(file.size), _broken(file.sha256) if file.sha256 else dash, links[file.id].note or dash)
            for file in files
        ),
        widths=(40, 12, 26, 22),
        numbers=(1,),
    )
    yield Said(text=CHINESE.t("dossier_files_note"), is_note=True)


def _head(*names: str) -> tuple[str, ...]:
    return tuple(CHINESE.t(name) for name in names)


def _broken(sha256: str) -> str:
    return "\n".join(sha256[at : at + HASH_LINE] for at in range(0, len(sha256), HASH_LINE))


def _papers(read: CaseRead, folder: Path) -> Part:
    """Return which papers can be made of the case, and from which of its entries."""
    rows = []
    for number, part in enumerate(
        papers_of(folder, read.view, read.lines, read.reader.world.surroundings).values(), start=1
    ):
        act = next((line for line in reversed(read.lines) if line.transition in part.after), read.lines[-1])
        made = CHINESE.t("dossier_entry", seq=act.seq)
        day = CHINESE.day(at_from(act.at)) if part.after else CHINESE.t("dash")
        rows.append((str(number), part.title.zh, day, made))
    if not rows:
        return Said(text=CHINESE.t("dossier_no_papers"))
    return Grid(
        head=_head(*PAPER_HEAD),
        rows=tuple(rows),
        widths=(8, 46, 26, 20),
        numbers=(0,),
    )


def _proof(read: CaseRead) -> Iterator[Part]:
    yield Said(text=CHINESE.t("dossier_made", at=CHINESE.instant(read.reader.now)))
    yield Said(text=_checkpoint(read) or CHINESE.t("figures_unsealed"))
    yield Said(text=CHINESE.t("dossier_verify"))
