"""The page of a sheet: what the figures come to, which units have reported, and the file of all levels below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from engine.case.identity import CaseId
from engine.case.sheets import Asked, Sum
from engine.definition.wording import title_of
from engine.service.exported import record_export
from engine.service.queries import CaseView
from engine.service.sheets import Sheet, SheetDesk, SheetLine, Standing
from web.exports import EXPORT_ROWS_MAX, Cell, Kind, file_of, kind_of
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.sheets import asked_words, item_title


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One item and what it comes to; ``own`` stands alone for what is not added up, ``now`` only where it differs."""

    title: str
    asks: str
    own: str
    below: str
    total: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """One unit right below: its standing, and its totals in the order of the items."""

    unit: str
    address: str
    state: str
    tone: str
    amounts: tuple[str, ...]


def sheet_pages(shell: Shell) -> Pages:
    """Return the addresses of sheets."""
    router = Pages()

    @router.get("/cases/{case_id}/sheets/{name}")
    def show(request: Request, case_id: str, name: str) -> Response:
        visit = shell.visit(request)
        here = _Here(shell, visit, case_id, name)
        words, sheet = visit.words, here.sheet
        counted, awaited, spared = here.counts()
        return shell.page(
            visit,
            "sheet.html",
            section="cases",
            title=words.say(sheet.part.title.text),
            subject=here.subject,
            address=f"/cases/{case_id}",
            items=list(here.item_rows()),
            heads=[item_title(item) for item in here.added],
            units=list(here.unit_rows()),
            counts=words.t("sheet_counts", due=counted + awaited, counted=counted, awaited=awaited, spared=spared),
            has_units=bool(sheet.lines or sheet.hidden),
            hidden=sheet.hidden,
            is_kept=bool(sheet.kept),
            is_outdated=sheet.is_outdated,
            exports=[(words.t(f"export_{kind}"), f"/cases/{case_id}/sheets/{name}/export.{kind}") for kind in Kind],
            export_max=EXPORT_ROWS_MAX,
        )

    @router.get("/cases/{case_id}/sheets/{name}/export.{kind}")
    def export(request: Request, case_id: str, name: str, kind: str) -> Response:
        """Send the sheets of all levels as a file; that it was taken along is recorded."""
        visit = shell.visit(request)
        wanted = kind_of(kind)
        here = _Here(shell, visit, case_id, name)
        rows = [line for line, _n in zip(here.export_rows(), range(EXPORT_ROWS_MAX), strict=False)]
        known = visit.known
        record_export(shell.edge.desk, known.root, known.person, "sheet", rows=len(rows), scope=case_id)
        return file_of(wanted, f"sheet-{name.replace('_', '-')}", here.export_heads(), rows)

    return router


class _Here:
    """One sheet and its reader."""

    def __init__(self, shell: Shell, visit: Visit, case_id: str, name: str) -> None:
        self._words, self._world = visit.words, shell.world(visit)
        desk, known = shell.edge.desk, visit.known
        view = desk.queries.case(known.root, CaseId(case_id), known.actor, self._world)
        self._sheets = SheetDesk(desk.reads, known.root, self._world, known.actor)
        self.sheet: Sheet = self._sheets.sheet(view, name)
        self.subject = _subject(view)
        self._name = name
        self.added = [item for item in self.sheet.items if item.adds_up]

    def counts(self) -> tuple[int, int, int]:
        """Return how many units right below have reported, are awaited, and are spared."""
        count = self.sheet.count
        return count(Standing.COUNTED), count(Standing.AWAITED), count(Standing.SPARED)

    def item_rows(self) -> Iterator[ItemRow]:
        sheet, words = self.sheet, self._words
        kept = {one.code: one for one in sheet.kept}
        now = {one.code: one for one in sheet.now or ()}
        for item in sheet.items:
            shown, live = kept.get(item.code) or now.get(item.code), now.get(item.code)
            differs = sheet.is_outdated and live is not None and live != kept.get(item.code)
            yield ItemRow(
                title=item_title(item),
                asks=asked_words(item, words),
                own=self._own(item, shown),
                below=words.t("sheet_not_added")
                if not item.adds_up
                else _number(None if shown is None else shown.below),
                total="" if not item.adds_up else _number(None if shown is None else shown.total),
                now=_number(live.total) if differs and live is not None else "",
            )

    def _own(self, item: Asked, shown: Sum | None) -> str:
        if item.adds_up and shown is not None:
            return _number(shown.own)
        return _number(self.sheet.own.get(item.code))

    def unit_rows(self) -> Iterator[UnitRow]:
        for line in self.sheet.lines:
            yield UnitRow(
                unit=self._unit(line),
                address=f"/cases/{line.case.id}/sheets/{self._name}",
                state=self._state(line),
                tone={Standing.COUNTED: "done", Standing.SPARED: "", Standing.AWAITED: "soon"}[line.standing],
                amounts=tuple(_number(line.totals.get(item.code)) for item in self.added),
            )

    def export_heads(self) -> list[str]:
        words = self._words
        heads = [words.t("sheet_level"), words.t("unit"), words.t("sheet_state")]
        for item in self.sheet.items:
            heads.append(words.t("sheet_unit_own", item=item_title(item)))
            if item.adds_up:
                heads.append(words.t("sheet_unit_total", item=item_title(item)))
        return heads

    def export_rows(self) -> Iterator[list[Cell]]:
        for line in self._sheets.tree(self.sheet):
            row: list[Cell] = [line.level, self._unit(line), self._state(line)]
            for item in self.sheet.items:
                row.append(line.own.get(item.code))
                if item.adds_up:
                    row.append(line.totals.get(item.code))
            yield row

    def _unit(self, line: SheetLine) -> str:
        known = self._world.surroundings.units.get(line.case.unit)
        return line.case.unit if known is None else self._words.say(known.title)

    def _state(self, line: SheetLine) -> str:
        workflow = self._world.rules.pinned(line.case.pins.definition, line.case.pins.lists).workflow
        return self._words.say(title_of(line.case.state, workflow.states))


def _subject(view: CaseView) -> str:
    return str(view.fields.get(view.definition.workflow.subject_field) or view.case.id)


def _number(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"
