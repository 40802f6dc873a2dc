"""Canonical bytes of a value: RFC 8785 (JCS) in a stricter profile, so that any language can verify them.

Objects with string keys, arrays, strings, booleans and integers within ±(2^53−1); no floats, no null, no lone
surrogates, at most 20 levels. Texts are not normalised here: that happens once, at input.
"""

from __future__ import annotations

import json
from typing import Final

from engine.errors import InputRefused
from engine.text import Text

INTEGER_MAX: Final = 2**53 - 1
DEPTH_MAX: Final = 20

# Both escape exactly what RFC 8785 says: the quote, the backslash, and control characters (short form where JSON has
# one, else lower-case hex). Keys are sorted by code point by the first; that is the order of UTF-16 code units unless
# a key lies beyond ASCII, and then we sort ourselves and use the second.
_SORTING = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)
_KEEPING_ORDER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=False, separators=(",", ":")
)


def canonical(value: object) -> bytes:
    """Return the one byte string that stands for this value.

    Raises:
        InputRefused: The value holds what the profile does not.

    Example:
        >>> canonical({"b": [1, True], "a": "办结"}).decode()
        '{"a":"办结","b":[1,true]}'
    """
    ascii_keys = _checked(value, 1)
    try:
        if ascii_keys:
            return _SORTING.encode(value).encode()
        return _KEEPING_ORDER.encode(_ordered(value)).encode()
    except UnicodeEncodeError as error:
        raise InputRefused(
            Text("文本中有不成对的代理字符", "a text holds a lone surrogate"), position=error.start
        ) from error


def parse_canonical(body: bytes) -> object:
    """Return the value that these bytes stand for.

    Raises:
        InputRefused: The bytes are not the canonical bytes of any value: other spacing, key order, escapes or
            numbers, a duplicate key, null, a float, too deep, or no JSON at all.
    """
    try:
        value: object = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise InputRefused(Text("不是 JSON 文本", "no JSON text")) from error
    # Whatever spelling JSON allows beside the canonical one is lost in the value, so writing it again shows it.
    if canonical(value) != body:
        raise InputRefused(
            Text(
                "不是规范字节：空白、键的次序、重复的键或转义写法不合 RFC 8785",
                "not canonical: spacing, key order, a duplicate key or an escape differs from RFC 8785",
            )
        )
    return value


def _checked(value: object, depth: int) -> bool:
    """Refuse what the profile does not hold; say whether all keys are ASCII."""
    if isinstance(value, dict):
        _check_depth(depth)
        ascii_keys = True
        for key, item in value.items():
            if not isinstance(key, str):
                raise InputRefused(Text("对象的键必须是文本", "the keys of an object must be text"))
            ascii_keys = ascii_keys and key.isascii()
            if type(item) is not str:  # most values are text: spare them the call
                ascii_keys = _checked(item, depth + 1) and ascii_keys
        return ascii_keys
    if isinstance(value, list | tuple):
        _check_depth(depth)
        return all([_checked(item, depth + 1) for item in value])  # noqa: C419 - every item must be looked at
    if isinstance(value, str | bool):
        return True
    if isinstance(value, int):
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise InputRefused(Text("整数超出 ±(2^53−1)", "an integer lies beyond ±(2^53−1)"))
        return True
    name = "null" if value is None else type(value).__name__
    raise InputRefused(
        Text(
            f"账册不能记录 {name}；只有对象、数组、文本、整数和是否",
            f"the ledger holds no {name}; only objects, arrays, text, integers and booleans",
        )
    )


def _check_depth(depth: int) -> None:
    if depth > DEPTH_MAX:
        raise InputRefused(Text(f"嵌套超过 {DEPTH_MAX} 层", f"nested deeper than {DEPTH_MAX}"))


def _ordered(value: object) -> object:
    """Return the value with the keys of every object in the order of their UTF-16 code units."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf_16)}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    return value


def _utf_16(key: str) -> bytes:
    return key.encode("utf-16-be")
