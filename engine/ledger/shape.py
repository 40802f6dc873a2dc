"""The strict schema of an entry: which parts it has, of which type, by the kind of event. What they mean is not asked.

Verification asks it of every entry of a ledger. So it is declared for the core of pydantic, which is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

from engine.case.case import ClockState
from engine.case.codec import at_from
from engine.case.commands import BasisKind, ErasureBasis
from engine.case.events import EventType
from engine.errors import InputRefused
from engine.ledger.canonical import parse_once
from engine.ledger.chain import INSTANT
from engine.ledger.entries import VERSION
from engine.ledger.erasures import PART as ERASURE
from engine.ledger.streams import FACTS
from engine.text import Text


def shape_problems(body: Mapping[str, object]) -> Iterator[Text]:
    """Yield what is wrong with the shape of an entry: parts that are missing, unknown, out of place or of a wrong type.

    >>> [str(text) for text in shape_problems({"v": 1})][0]
    '条目缺少 ledger'
    """
    kind = body.get("type")
    try:
        _schema_of(kind if isinstance(kind, str) and kind in _BY_TYPE else "").validate_python(body)
    except ValidationError as error:
        yield from _told(error, f"{kind!s:.40}")


def stream_problems(data: object, root: str) -> Iterator[Text]:
    """Yield what is wrong with an entry of a stream: its shape, its ledger, or that it is no stream's entry at all.

    Bytes that are no canonical object are a finding of the chain.
    """
    try:
        body = parse_once(data) if type(data) is bytes else None
    except InputRefused:
        return
    if isinstance(body, dict):
        yield from shape_problems(body)
        if body.get("type") not in FACTS:
            yield Text("不是系统条目", "no entry of the engine's own")
        if body.get("ledger") != root:
            said = f"{body.get('ledger')!r:.80}"
            yield Text(f"内容中的账册是 {said}", f"the body says ledger {said}")


def _told(error: ValidationError, kind: str) -> Iterator[Text]:
    """Yield what the schema found wrong, each part of the entry once."""
    told: dict[str, Text] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(one["loc"][0])
        if one["loc"] != (name,) or one["type"] not in ("missing", "extra_forbidden"):
            text = Text(f"条目的 {name} 形式不对", f"the part {name} of the entry has a wrong form")
        elif one["type"] == "missing":
            text = Text(f"条目缺少 {name}", f"the entry has no {name}")
        elif name in _PARTS:
            text = Text(f"{kind} 类条目不应有 {name}", f"an entry of type {kind} has no {name}")
        else:
            text = Text(f"条目中有不明内容 {name[:40]!r}", f"the entry has an unknown part {name[:40]!r}")
        told.setdefault(name, text)
    yield from told.values()


@cache
def _schema_of(kind: str) -> SchemaValidator:
    """Return the schema of the entries of a type; "" stands for every type there is not."""
    required, optional = _BY_TYPE.get(kind, ((), ()))
    required = (*_ALWAYS, *required)
    parts = {name: _PARTS[name] for name in (*required, *optional)}
    return SchemaValidator(_object(tuple(parts.keys() - set(required)), **parts))


# Strict: 1 is not true, and a number is no text. Patterns are those of Rust's regex, where $ is the very end.


def _like(pattern: str) -> CoreSchema:
    return core_schema.str_schema(strict=True, pattern=f"^(?:{pattern})$")


def _one_of(*values: object) -> CoreSchema:
    # Compared as Python does, to which 1 equals true: of texts alone this is strict.
    return core_schema.literal_schema(list(values))


def _list(item: CoreSchema) -> CoreSchema:
    return core_schema.list_schema(item, strict=True, fail_fast=True)


def _tuple(*items: CoreSchema) -> CoreSchema:
    # Not strict itself: JSON has no tuples, and a list is one here.
    return core_schema.tuple_schema(list(items), fail_fast=True)


def _map(item: CoreSchema) -> CoreSchema:
    return core_schema.dict_schema(_TEXT, item, strict=True, fail_fast=True)


def _object(optional: tuple[str, ...] = (), **parts: CoreSchema) -> CoreSchema:
    fields = {name: core_schema.typed_dict_field(part, required=name not in optional) for name, part in parts.items()}
    return core_schema.typed_dict_schema(fields, strict=True, extra_behavior="forbid")


_TEXT = core_schema.str_schema(strict=True)
_SOME_TEXT = core_schema.str_schema(strict=True, min_length=1)
_COUNT = core_schema.int_schema(strict=True, ge=0)
_BOOL = core_schema.bool_schema(strict=True)
_TRUE = core_schema.chain_schema([_BOOL, _one_of(True)])
_ANYTHING = core_schema.any_schema()
_HASH = _like("[0-9a-f]{64}")
_ID = _like("[0-9a-f]{32}")
_PSEUDONYM = _like("P[1-9][0-9]{0,8}")
_DAY = _like("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = core_schema.no_info_after_validator_function(at_from, _like(INSTANT))
_ROLE = _one_of("lead", "co_handler")
_PARTY = _object(optional=("via",), role=_SOME_TEXT, who=_PSEUDONYM, via=_SOME_TEXT)
_CLOCK = _object(
    optional=(
        "provisional",
        "suspensions",
        "extensions",
        "cap_on",
        "ended_at",
        "rungs",
        "withdrawn",
        "rung_at",
        "unwatched",
    ),
    name=_SOME_TEXT,
    state=_one_of(*(str(state) for state in ClockState)),
    started_at=_INSTANT,
    term=_SOME_TEXT,
    promised_on=_DAY,
    nominal_on=_DAY,
    due_on=_DAY,
    due_at=_INSTANT,
    calendar=_TEXT,
    provisional=_TRUE,
    suspensions=_list(core_schema.union_schema([_tuple(_DAY), _tuple(_DAY, _DAY)])),
    extensions=_list(_COUNT),
    cap_on=_DAY,
    ended_at=_INSTANT,
    rungs=_list(_SOME_TEXT),
    withdrawn=_list(_SOME_TEXT),
    rung_at=_INSTANT,
    unwatched=_TRUE,
)


def _fact(parts: Mapping[str, str]) -> CoreSchema:
    """Return the schema of one type of fact, from how it is declared."""
    optional = tuple(name for name, kind in parts.items() if kind.endswith("?"))
    return _object(optional, **{name: _KINDS[kind.removesuffix("?")] for name, kind in parts.items()})


_KINDS: Mapping[str, CoreSchema] = {
    "text": _SOME_TEXT,
    "count": _COUNT,
    "day": _DAY,
    "hash": _HASH,
    "texts": _list(_SOME_TEXT),
}
_PARTS: Mapping[str, CoreSchema] = {
    "v": core_schema.int_schema(strict=True, ge=VERSION, le=VERSION),
    "ledger": _SOME_TEXT,
    "case": _SOME_TEXT,
    "seq": _COUNT,
    "prev": _HASH,
    "id": _ID,
    "type": _one_of(*(str(kind) for kind in EventType), *FACTS),
    "at": _INSTANT,
    "actor": _like("system|import|person|P[1-9][0-9]{0,8}"),
    "by": _SOME_TEXT,
    "acting_for": _PSEUDONYM,
    "role": _SOME_TEXT,
    "unit": _SOME_TEXT,
    "command": _HASH,
    "stated": _object(occurred_at=_INSTANT, basis=_SOME_TEXT),
    "behalf": _object(
        optional=("who", "scan"), kind=_one_of(*(str(kind) for kind in BasisKind)), who=_PSEUDONYM, scan=_HASH
    ),
    "opening": _object(
        optional=("congress_session", "parent", "child_role", "batch"),
        root=_SOME_TEXT,
        workflow=_SOME_TEXT,
        version=_COUNT,
        definition=_SOME_TEXT,
        lists=_map(_SOME_TEXT),
        calendar=_TEXT,
        unit=_SOME_TEXT,
        congress_session=_SOME_TEXT,
        parent=_SOME_TEXT,
        child_role=_ROLE,
        batch=_COUNT,
    ),
    "transition": _SOME_TEXT,
    "to": _SOME_TEXT,
    "guards": _list(_tuple(_SOME_TEXT, _BOOL)),
    "cause": _object(case=_SOME_TEXT, transition=_SOME_TEXT),
    "pub": _map(_ANYTHING),
    "unset": _list(_SOME_TEXT),
    "joined": _list(_PARTY),
    "left": _list(_PARTY),
    "clocks": _list(_CLOCK),
    "children": _list(_object(case=_SOME_TEXT, workflow=_SOME_TEXT, role=_ROLE, unit=_SOME_TEXT, batch=_COUNT)),
    "merge": _TEXT,
    "resume": _SOME_TEXT,
    "merged_from": _list(_SOME_TEXT),
    "linked": _list(_SOME_TEXT),
    "published": _TRUE,
    "notices": _list(_SOME_TEXT),
    "rungs": _list(_tuple(_SOME_TEXT, _SOME_TEXT)),
    "withdrawn": _list(_tuple(_SOME_TEXT, _SOME_TEXT)),
    "priv": _map(_HASH),
    ERASURE: _object(
        optional=("approver", "approver_role"),
        basis=_one_of(*(str(basis) for basis in ErasureBasis)),
        values=_list(_object(entry=_ID, seq=_COUNT, key=_TEXT, paths=_list(_SOME_TEXT))),
        approver=_PSEUDONYM,
        approver_role=_SOME_TEXT,
    ),
    "migration": _object(
        version=_COUNT,
        definition=_SOME_TEXT,
        lists=_map(_SOME_TEXT),
        reason=_SOME_TEXT,
    ),
    **{name: _fact(parts) for name, parts in FACTS.items()},
}

_ALWAYS = ("v", "ledger", "case", "seq", "prev", "id", "type", "at", "actor")
_WHO = ("acting_for", "command", "stated", "priv")
_CHANGES = (
    "joined",
    "left",
    "clocks",
    "merged_from",
    "linked",
    "published",
    "notices",
    "rungs",
    "withdrawn",
    "pub",
    "unset",
)
_MOVES = (*_WHO, *_CHANGES, "role", "unit", "cause", "children", "merge", "resume")
_BY_TYPE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    str(EventType.OPENED): (("opening", "to"), (*_MOVES, "behalf")),
    str(EventType.FIRED): (("transition", "role"), (*_MOVES, "to", "guards", "behalf")),
    str(EventType.CHANGED): ((), (*_WHO, *_CHANGES, "cause")),
    str(EventType.NOTED): ((), _WHO),
    str(EventType.ERASED): ((ERASURE,), (*_WHO, "role", "unit")),
    str(EventType.MIGRATED): (("migration",), (*_WHO, "to", "resume", "clocks")),
    **{name: ((name,), ("by",)) for name in FACTS},
}
"""Beside what every entry has: the parts that an entry of this type must have, and those it may have."""
