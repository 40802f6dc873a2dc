"""The strict schema of an entry: which parts it has, of which type, by the kind of event. What they mean is not asked.

Written by hand and not as JSON Schema, because verification asks it of every entry of a ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from engine.case.case import ClockState
from engine.case.commands import BasisKind, ErasureBasis
from engine.case.events import EventType
from engine.errors import InputRefused
from engine.ledger.canonical import parse_once
from engine.ledger.chain import parse_instant
from engine.ledger.entries import VERSION
from engine.ledger.erasures import PART as ERASURE
from engine.ledger.streams import FACTS
from engine.text import Text

Check = Callable[[object], bool]


def shape_problems(body: Mapping[str, object]) -> Iterator[Text]:
    """Yield what is wrong with the shape of an entry: parts that are missing, unknown, out of place or of a wrong type.

    >>> [str(text) for text in shape_problems({"v": 1})][0]
    '条目缺少 ledger'
    """
    kind = body.get("type")
    required, optional = _BY_TYPE.get(kind, ((), ())) if isinstance(kind, str) else ((), ())
    for name in (*_ALWAYS, *required):
        if name not in body:
            yield Text(f"条目缺少 {name}", f"the entry has no {name}")
    allowed = {*_ALWAYS, *required, *optional}
    for name, value in body.items():
        check = _PARTS.get(name)
        if check is None:
            yield Text(f"条目中有不明内容 {name[:40]!r}", f"the entry has an unknown part {name[:40]!r}")
        elif not check(value):
            yield Text(f"条目的 {name} 形式不对", f"the part {name} of the entry has a wrong form")
        elif name not in allowed:
            yield Text(f"{kind} 类条目不应有 {name}", f"an entry of type {kind} has no {name}")


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


def _text(value: object) -> bool:
    return isinstance(value, str)


def _some_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _count(value: object) -> bool:
    return type(value) is int and value >= 0


def _true(value: object) -> bool:
    return value is True


def _anything(_value: object) -> bool:
    return True


def _instant(value: object) -> bool:
    try:
        return isinstance(value, str) and parse_instant(value) is not None
    except InputRefused:
        return False


def _like(pattern: str) -> Check:
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _one_of(*values: object) -> Check:
    return lambda value: any(type(value) is type(one) and value == one for one in values)


def _list(item: Check) -> Check:
    return lambda value: isinstance(value, list) and all(item(one) for one in value)


def _tuple(*items: Check) -> Check:
    return lambda value: (
        isinstance(value, list)
        and len(value) == len(items)
        and all(check(one) for check, one in zip(items, value, strict=True))
    )


def _either(first: Check, second: Check) -> Check:
    return lambda value: first(value) or second(value)


def _map(item: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(item(one) for one in value.values())


def _object(optional: tuple[str, ...] = (), **parts: Check) -> Check:
    required = parts.keys() - set(optional)

    def check(value: object) -> bool:
        return (
            isinstance(value, dict)
            and required <= value.keys() <= parts.keys()
            and all(parts[name](one) for name, one in value.items())
        )

    return check


_HASH = _like(r"[0-9a-f]{64}")
_ID = _like(r"[0-9a-f]{32}")
_PSEUDONYM = _like(r"P[1-9]\d{0,8}")
_DAY = _like(r"\d{4}-\d\d-\d\d")
_ROLE = _one_of("lead", "co_handler")
_PARTY = _object(optional=("via",), role=_some_text, who=_PSEUDONYM, via=_some_text)

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
    name=_some_text,
    state=_one_of(*(str(state) for state in ClockState)),
    started_at=_instant,
    term=_some_text,
    promised_on=_DAY,
    nominal_on=_DAY,
    due_on=_DAY,
    due_at=_instant,
    calendar=_text,
    provisional=_true,
    suspensions=_list(_either(_tuple(_DAY), _tuple(_DAY, _DAY))),
    extensions=_list(_count),
    cap_on=_DAY,
    ended_at=_instant,
    rungs=_list(_some_text),
    withdrawn=_list(_some_text),
    rung_at=_instant,
    unwatched=_true,
)


def _fact(parts: Mapping[str, str]) -> Check:
    """Return the check of one type of fact, from how it is declared."""
    optional = tuple(name for name, kind in parts.items() if kind.endswith("?"))
    return _object(optional, **{name: _KINDS[kind.removesuffix("?")] for name, kind in parts.items()})


_KINDS: Mapping[str, Check] = {
    "text": _some_text,
    "count": _count,
    "day": _DAY,
    "hash": _HASH,
    "texts": _list(_some_text),
}
_PARTS: Mapping[str, Check] = {
    "v": _one_of(VERSION),
    "ledger": _some_text,
    "case": _some_text,
    "seq": _count,
    "prev": _HASH,
    "id": _ID,
    "type": _one_of(*(str(kind) for kind in EventType), *FACTS),
    "at": _instant,
    "actor": _like(r"system|import|person|P[1-9]\d{0,8}"),
    "by": _some_text,
    "acting_for": _PSEUDONYM,
    "role": _some_text,
    "unit": _some_text,
    "command": _HASH,
    "stated": _object(occurred_at=_instant, basis=_some_text),
    "behalf": _object(
        optional=("who", "scan"), kind=_one_of(*(str(kind) for kind in BasisKind)), who=_PSEUDONYM, scan=_HASH
    ),
    "opening": _object(
        optional=("congress_session", "parent", "child_role", "batch"),
        root=_some_text,
        workflow=_some_text,
        version=_count,
        definition=_some_text,
        lists=_map(_some_text),
        calendar=_text,
        unit=_some_text,
        congress_session=_some_text,
        parent=_some_text,
        child_role=_ROLE,
        batch=_count,
    ),
    "transition": _some_text,
    "to": _some_text,
    "guards": _list(_tuple(_some_text, lambda value: isinstance(value, bool))),
    "cause": _object(case=_some_text, transition=_some_text),
    "pub": _map(_anything),
    "unset": _list(_some_text),
    "joined": _list(_PARTY),
    "left": _list(_PARTY),
    "clocks": _list(_CLOCK),
    "children": _list(_object(case=_some_text, workflow=_some_text, role=_ROLE, unit=_some_text, batch=_count)),
    "merge": _text,
    "resume": _some_text,
    "merged_from": _list(_some_text),
    "linked": _list(_some_text),
    "published": _true,
    "notices": _list(_some_text),
    "rungs": _list(_tuple(_some_text, _some_text)),
    "withdrawn": _list(_tuple(_some_text, _some_text)),
    "priv": _map(_HASH),
    ERASURE: _object(
        optional=("approver", "approver_role"),
        basis=_one_of(*(str(basis) for basis in ErasureBasis)),
        values=_list(_object(entry=_ID, seq=_count, key=_text, paths=_list(_some_text))),
        approver=_PSEUDONYM,
        approver_role=_some_text,
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
    **{name: ((name,), ("by",)) for name in FACTS},
}
"""Beside what every entry has: the parts that an entry of this type must have, and those it may have."""
