"""Canonical bytes of a value: RFC 8785 (JCS) in a stricter profile, so that any language can verify them.

Objects with string keys, arrays, strings, booleans and integers within ±(2^53−1); no floats, no null, no lone
surrogates, at most 20 levels. Texts are not normalised here: that happens once, at input.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from pydantic_core import PydanticSerializationError, from_json, to_json

from engine.errors import InputRefused
from engine.text import Text

INTEGER_MAX: Final = 2**53 - 1
DEPTH_MAX: Final = 20

_LEAVES: Final = frozenset({str, bool})
"""Most values are of these, and are spared a call."""


def canonical(value: object) -> bytes:
    """Return the one byte string that stands for this value.

    Raises:
        InputRefused: The value holds what the profile does not.

    Example:
        >>> canonical({"b": [1, True], "a": "办结"}).decode()
        '{"a":"办结","b":[1,true]}'
    """
    ordered = _ordered(value, 1)
    try:
        # It escapes exactly what RFC 8785 says: the quote, the backslash, and control characters (short form where
        # JSON has one, else lower-case hex).
        return to_json(ordered)
    except PydanticSerializationError as error:
        raise InputRefused(Text("文本中有不成对的代理字符", "a text holds a lone surrogate")) from error


def parse_canonical(body: bytes) -> object:
    """Return the value that these bytes stand for.

    Raises:
        InputRefused: The bytes are not the canonical bytes of any value: other spacing, key order, escapes or
            numbers, a duplicate key, null, a float, too deep, or no JSON at all.
    """
    try:
        value: object = from_json(body)
    except ValueError as error:
        raise InputRefused(Text("不是 JSON 文本", "no JSON text")) from error
    # Whatever spelling JSON allows beside the canonical one is lost in the value, so writing it again shows it.
    if not _in_order(value, 1) or to_json(value) != body:
        raise InputRefused(
            Text(
                "不是规范字节：空白、键的次序、重复的键或转义写法不合 RFC 8785",
                "not canonical: spacing, key order, a duplicate key or an escape differs from RFC 8785",
            )
        )
    return value


@lru_cache(maxsize=2048)  # more than a stream of a day holds, which has a sweep for every minute
def parse_once(body: bytes) -> object:
    """Return what ``parse_canonical`` does, and remember it a while: for those who each look at the same bytes.

    The value is shared: nobody may change it.
    """
    return parse_canonical(body)


def own_id(body: object) -> str | None:
    """Return the id an entry gives itself; None where its bytes are not canonical, which verification finds."""
    try:
        entry = parse_once(body) if type(body) is bytes else None
    except InputRefused:
        return None
    own = entry.get("id") if isinstance(entry, dict) else None
    return own if isinstance(own, str) else None


def _in_order(value: object, depth: int) -> bool:
    """Return whether the keys of every object stand in their order; refuse what the profile does not hold."""
    if isinstance(value, dict):
        if not _stand_in_order(tuple(value)):
            return False
        items: Iterable[object] = value.values()
    elif isinstance(value, list):
        items = value
    else:
        _ordered(value, depth)
        return True
    deeper = _deeper(depth)
    for item in items:  # noqa: SIM110 - every value of every entry comes by here, and a loop costs half of all(...)
        if type(item) not in _LEAVES and not _in_order(item, deeper):
            return False
    return True


@lru_cache(maxsize=512)  # entries of one kind have the same keys
def _stand_in_order(keys: tuple[str, ...]) -> bool:
    return list(keys) == _sorted_keys(keys)


def _ordered(value: object, depth: int) -> object:
    """Return the value with the keys of every object in their order; refuse what the profile does not hold."""
    if isinstance(value, dict):
        keys, deeper = _keys_in_order(tuple(value)), _deeper(depth)
        return {key: item if type(item := value[key]) in _LEAVES else _ordered(item, deeper) for key in keys}
    if isinstance(value, list | tuple):
        deeper = _deeper(depth)
        return [item if type(item) in _LEAVES else _ordered(item, deeper) for item in value]
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise InputRefused(Text("整数超出 ±(2^53−1)", "an integer lies beyond ±(2^53−1)"))
        return value
    name = "null" if value is None else type(value).__name__
    raise InputRefused(
        Text(
            f"账册不能记录 {name}；只有对象、数组、文本、整数和是否",
            f"the ledger holds no {name}; only objects, arrays, text, integers and booleans",
        )
    )


@lru_cache(maxsize=512)  # entries of one kind have the same keys
def _keys_in_order(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_sorted_keys(keys))


def _deeper(depth: int) -> int:
    if depth > DEPTH_MAX:
        raise InputRefused(Text(f"嵌套超过 {DEPTH_MAX} 层", f"nested deeper than {DEPTH_MAX}"))
    return depth + 1


def _sorted_keys(value: Iterable[str]) -> list[str]:
    """Return the keys in the order of their UTF-16 code units, which for ASCII is that of their characters."""
    try:
        keys = sorted(value)
        if "".join(keys).isascii():
            return keys
    except TypeError as error:
        raise InputRefused(Text("对象的键必须是文本", "the keys of an object must be text")) from error
    try:
        return sorted(keys, key=lambda key: key.encode("utf-16-be"))
    except UnicodeEncodeError as error:
        raise InputRefused(Text("文本中有不成对的代理字符", "a text holds a lone surrogate")) from error
