"""Importing a foreign event log: a real municipal one, and small ones that show each rule."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from engine.access.directory import Unit
from engine.case.case import Case, ClockState
from engine.case.identity import RootId, SessionId, UnitId
from engine.errors import DefinitionError, ImportRefused, NotFound
from engine.figures.report import figures
from engine.service.desk import Desk
from engine.service.importing import logs
from engine.service.importing.logs import import_log
from engine.service.importing.reports import LogReport
from engine.service.plain import AddUnit
from engine.service.verify import verify
from engine.text import Text
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of

REPOSITORY = Path(__file__).parents[2]
PERMIT = REPOSITORY / "tests" / "data" / "permit"
REAL_LOG = REPOSITORY.parent / "shared" / "data" / "permit-receipt-log.csv"
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
COLUMNS = (
    "case:concept:name",
    "case:startdate",
    "case:enddate",
    "case:deadline",
    "case:channel",
    "case:department",
    "concept:name",
    "time:timestamp",
    "org:resource",
    "org:group",
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A database whose workflows folder holds the permit definition alone, beside the calendars."""
    folder = tmp_path_factory.mktemp("log")
    workflows = folder / "workflows"
    (workflows / "permit").mkdir(parents=True)
    (workflows / "lists").mkdir()
    shutil.copy(PERMIT / "definition.yaml", workflows / "permit" / "v1.yaml")
    shutil.copytree(REPOSITORY / "workflows" / "calendars", workflows / "calendars")
    settings = Settings(database_url=f"sqlite:///{folder / 'banjie.db'}", workflows=workflows, clock=NOW)
    with desk_of(settings) as there:
        yield there


@pytest.fixture
def desk(opened: Opened) -> Desk:
    return opened.desk


@pytest.fixture
def root(desk: Desk) -> RootId:
    """A new organisation of one unit."""
    root = RootId(uuid4().hex)
    desk.office.write([AddUnit(Unit(root=root, id=UnitId(root), parent=None, code="top", title=Text("市", "City")))])
    return root


def event(case: str, name: str, at: str, **cells: str) -> dict[str, str]:
    plain = {
        "case:concept:name": case,
        "case:startdate": "2011-10-03 09:00:00+02:00",
        "case:enddate": "2011-10-20 16:00:00+02:00",
        "case:deadline": "2011-11-01 00:00:00+01:00",
        "case:channel": "Desk",
        "case:department": "General",
        "org:resource": "Resource21",
        "org:group": "Group 1",
    }
    return {**plain, "concept:name": name, "time:timestamp": at, **cells}


def run(desk: Desk, root: RootId, folder: Path, events: Sequence[Mapping[str, str]]) -> LogReport:
    path = folder / f"{uuid4().hex}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(events)
    return import_log(desk, root, path, map_path=PERMIT / "map.yaml", unit=UnitId(root))


def the_case(desk: Desk, root: RootId) -> Case:
    (case,) = desk.reads.cases(root, list(desk.reads.all_case_ids(root)))
    return case


def steps(desk: Desk, root: RootId) -> list[tuple[str, str | None]]:
    """Return what the chain of the one case tells: kind and transition of each entry."""
    case = the_case(desk, root)
    entries = desk.reads.entries(root, case.id)
    bodies = [entry.body.decode() for entry in entries]
    return [(_value(body, "type") or "", _value(body, "transition")) for body in bodies]


def _value(body: str, name: str) -> str | None:
    _before, found, rest = body.partition(f'"{name}":"')
    return rest.partition('"')[0] if found else None


@pytest.mark.slow
def test_a_real_municipal_log_comes_to_the_numbers_counted_by_hand(opened: Opened, root: RootId) -> None:
    if not REAL_LOG.is_file():
        pytest.skip("../shared/data/permit-receipt-log.csv is not there: its licence does not let it be copied here")
    desk = opened.desk
    report = import_log(desk, root, REAL_LOG, map_path=PERMIT / "map.yaml", unit=UnitId(root))
    assert (report.cases, report.events, report.created, report.refused) == (1434, 8577, 1434, ())
    assert desk.reads.count_cases(root, None, "permit") == {"closed": 1329, "in_hand": 105}
    cases = desk.reads.cases(root, list(desk.reads.all_case_ids(root)))
    clocks = [clock for case in cases if (clock := case.clock("decision")) is not None]
    in_time = Counter(
        clock.ended_at <= clock.due_at
        for clock in clocks
        if clock.state is ClockState.MET and clock.ended_at is not None
    )
    assert in_time == {True: 952, False: 377}
    measures = {
        measure.name: (measure.total.numerator, measure.total.denominator)
        for measure in figures(desk.reads, desk.world(root), root, "permit", desk.office.now()).measures
    }
    assert measures == {"closing_rate": (1329, 1434), "on_time_closing_rate": (952, 1329)}
    verified = verify(desk.reads, desk.world(root).rules, root, desk.sealer)
    assert (verified.cases, verified.findings) == (1434, ())
    again = import_log(desk, root, REAL_LOG, map_path=PERMIT / "map.yaml", unit=UnitId(root))
    assert (again.created, again.repeated, again.moves, again.notes) == (0, 1434, 0, 0)


def test_events_become_moves_in_the_order_of_time(desk: Desk, root: RootId, tmp_path: Path) -> None:
    report = run(
        desk,
        root,
        tmp_path,
        [
            event("c1", "T02 Check confirmation of receipt", "2011-10-05 10:00:00+02:00"),
            event("c1", "Confirmation of receipt", "2011-10-04 10:00:00+02:00"),
            event("c1", "T02 Check confirmation of receipt", "2011-10-06 10:00:00+02:00"),
        ],
    )
    assert (report.created, report.moves, report.notes, report.refused) == (1, 4, 0, ())
    assert steps(desk, root) == [
        ("opened", None),
        ("fired", "confirm"),
        ("fired", "check"),
        ("fired", "check"),
        ("fired", "close"),
    ]
    case = the_case(desk, root)
    assert case.milestones["closed"] == datetime(2011, 10, 20, 14, tzinfo=UTC)
    clock = case.clock("decision")
    assert clock is not None
    assert clock.due_at == datetime(2011, 10, 31, 23, tzinfo=UTC)


def test_events_the_map_does_not_name_are_kept_as_notes(desk: Desk, root: RootId, tmp_path: Path) -> None:
    report = run(desk, root, tmp_path, [event("c1", "T99 Coffee", "2011-10-05 10:00:00+02:00")])
    assert (report.moves, report.notes) == (1, 1)
    assert steps(desk, root) == [("opened", None), ("noted", None), ("fired", "close")]


def test_events_outside_the_life_of_a_case_are_kept_as_notes(desk: Desk, root: RootId, tmp_path: Path) -> None:
    report = run(
        desk,
        root,
        tmp_path,
        [
            event("c1", "Confirmation of receipt", "2011-10-01 10:00:00+02:00"),
            event("c1", "T02 Check confirmation of receipt", "2011-10-25 10:00:00+02:00"),
        ],
    )
    assert (report.moves, report.notes, report.refused) == (1, 2, ())
    assert steps(desk, root) == [("opened", None), ("noted", None), ("fired", "close"), ("noted", None)]
    kept = [note for line in desk.reads.privates(root, the_case(desk, root).id) if (note := line.path) == "note"]
    assert len(kept) == 2


def test_a_case_without_an_end_stays_open(desk: Desk, root: RootId, tmp_path: Path) -> None:
    row = event("c1", "Confirmation of receipt", "2011-10-04 10:00:00+02:00", **{"case:enddate": ""})
    assert run(desk, root, tmp_path, [row]).refused == ()
    assert the_case(desk, root).state == "in_hand"


def test_an_end_before_the_start_is_moved_to_it_and_says_so(desk: Desk, root: RootId, tmp_path: Path) -> None:
    cells = {"case:enddate": "2011-10-03 08:00:00+02:00"}
    report = run(desk, root, tmp_path, [event("c1", "Confirmation of receipt", "2011-10-04 10:00:00+02:00", **cells)])
    assert (report.moved_later, report.refused) == (1, ())
    case = the_case(desk, root)
    assert case.milestones["closed"] == datetime(2011, 10, 3, 7, tzinfo=UTC)
    bodies = b"".join(entry.body for entry in desk.reads.entries(root, case.id))
    assert b";stated 2011-10-03T06:00:00+00:00" in bodies


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"time:timestamp": "gestern"}, "第 2 行“time:timestamp”：“gestern”不是日期"),
        ({"time:timestamp": ""}, "第 2 行没有时间"),
        ({"case:startdate": ""}, "没有打开案件的事件"),
        ({"case:concept:name": ""}, "“case:concept:name”未填写"),
        ({"case:deadline": ""}, "填写有误"),
        ({"concept:name": "T99\x07"}, "不可用的字符"),
    ],
)
def test_a_case_that_cannot_be_placed_is_refused_and_the_others_imported(
    desk: Desk, root: RootId, tmp_path: Path, cells: dict[str, str], words: str
) -> None:
    good = event("c2", "Confirmation of receipt", "2011-10-04 10:00:00+02:00")
    bad = {**event("c1", "Confirmation of receipt", "2011-10-04 10:00:00+02:00"), **cells}
    report = run(desk, root, tmp_path, [bad, good])
    (refused,) = report.refused
    assert refused.number == 2
    assert words in refused.reason.zh
    assert report.created == 1


def test_a_move_the_workflow_does_not_offer_is_refused_before_it_is_written(
    desk: Desk, root: RootId, tmp_path: Path
) -> None:
    events = [event("c1", "T02 Check confirmation of receipt", "2011-10-04 10:00:00+02:00")]
    report = run(desk, root, tmp_path, events)
    assert report.refused[0].reason.zh.startswith("“check”：")
    assert (report.created, list(desk.reads.all_case_ids(root))) == (0, [])


def test_events_that_came_later_are_added_by_the_next_import(desk: Desk, root: RootId, tmp_path: Path) -> None:
    first = event("c1", "Confirmation of receipt", "2011-10-04 10:00:00+02:00", **{"case:enddate": ""})
    run(desk, root, tmp_path, [first])
    more = event("c1", "T02 Check confirmation of receipt", "2011-10-05 10:00:00+02:00", **{"case:enddate": ""})
    report = run(desk, root, tmp_path, [first, more])
    assert (report.created, report.repeated, report.moves) == (0, 1, 1)


def test_progress_counts_cases(desk: Desk, root: RootId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "CHUNK_CASES", 1)
    path = tmp_path / "log.csv"
    rows = [event(f"c{n}", "Confirmation of receipt", "2011-10-04 10:00:00+02:00") for n in range(3)]
    rows[1]["time:timestamp"] = "never"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    told: list[tuple[int, int]] = []
    import_log(
        desk,
        root,
        path,
        map_path=PERMIT / "map.yaml",
        unit=UnitId(root),
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (3, 3)


def test_a_log_without_the_columns_of_the_map_is_refused(desk: Desk, root: RootId, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("case:concept:name,concept:name\nc1,T02\n", encoding="utf-8")
    with pytest.raises(ImportRefused) as refused:
        import_log(desk, root, path, map_path=PERMIT / "map.yaml", unit=UnitId(root))
    assert refused.value.text.zh.startswith("缺少列：")
    assert "time:timestamp" in refused.value.text.zh


def test_what_is_not_there_is_refused_before_the_log_is_read(desk: Desk, root: RootId, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.csv"
    with pytest.raises(NotFound):
        import_log(desk, root, nowhere, map_path=PERMIT / "map.yaml", unit=UnitId("nowhere"))
    with pytest.raises(NotFound):
        import_log(desk, root, nowhere, map_path=PERMIT / "map.yaml", unit=UnitId(root), session=SessionId("9-9"))
    wrong = tmp_path / "map.yaml"
    wrong.write_text((PERMIT / "map.yaml").read_text(encoding="utf-8").replace(": confirm", ": konfirm"), "utf-8")
    with pytest.raises(DefinitionError):
        import_log(desk, root, nowhere, map_path=wrong, unit=UnitId(root))


def test_an_event_nobody_named_can_be_a_reason_to_refuse(desk: Desk, root: RootId, tmp_path: Path) -> None:
    text = (PERMIT / "map.yaml").read_text(encoding="utf-8").replace("otherwise: note", "otherwise: refuse")
    map_path = tmp_path / "map.yaml"
    map_path.write_text(text, encoding="utf-8")
    path = tmp_path / "log.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerow(event("c1", "T99 Coffee", "2011-10-05 10:00:00+02:00"))
    report = import_log(desk, root, path, map_path=map_path, unit=UnitId(root))
    assert report.refused[0].reason.zh == "映射中没有事件“T99 Coffee”"
