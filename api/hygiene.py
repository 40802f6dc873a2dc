"""What bytes and texts may come in at all, before any model looks at them; the same on both databases.

It knows JSON, forms and addresses, but nothing of what the values mean. Texts leave it in Unicode NFC; nobody
normalises again.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn, cast
from unicodedata import is_normalized, normalize
from urllib.parse import parse_qsl

from pydantic import JsonValue

from api.limits import FORM_FIELDS_MAX, INTEGER_MAX, NESTING_MAX, TEXT_CHARACTERS_MAX
from engine.errors import InputRefused
from engine.text import Text

# Control characters but for line feed, tab and carriage return; surrogates that stand alone.
_REFUSED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_INTEGER_DIGITS_MAX: Final = len(str(INTEGER_MAX))


class Unreadable(InputRefused):
    """The bytes are not what they say they are: no UTF-8, no JSON, no form."""

    code = "unreadable"


def parse_json(body: bytes) -> JsonValue:
    """Return the JSON of a body, every text in NFC.

    Raises:
        Unreadable: no UTF-8, no JSON, or the same name twice in one object.
        InputRefused: a number, a character, a length or a depth that no field may hold.
    """
    try:
        value: JsonValue = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Unreadable(Text("内容不是有效的 UTF-8", "The body is not valid UTF-8")) from error
    except RecursionError as error:
        raise _too_deep() from error
    except json.JSONDecodeError as error:
        raise Unreadable(
            Text("内容不是有效的 JSON", "The body is not valid JSON"), line=error.lineno, column=error.colno
        ) from error
    return _cleaned(value, 1)


def parse_form(body: bytes, characters_max: int = TEXT_CHARACTERS_MAX) -> dict[str, list[str]]:
    """Return the fields of a form sent as ``application/x-www-form-urlencoded``, each with its values in order.

    Line ends become single line feeds: browsers send two characters for what was typed as one.
    """
    fields: dict[str, list[str]] = {}
    for name, value in _pairs(body):
        fields.setdefault(clean_text(name), []).append(clean_text(value.replace("\r\n", "\n"), characters_max))
    return fields


def clean_query(query: bytes) -> list[tuple[str, str]]:
    """Return the pairs of a query string, every text in NFC; refuses like ``parse_form``."""
    return [(clean_text(name), clean_text(value)) for name, value in _pairs(query)]


def clean_text(text: str, characters_max: int = TEXT_CHARACTERS_MAX) -> str:
    """Return the text in NFC; raises InputRefused for characters and lengths that no field may hold."""
    found = _REFUSED.search(text)
    if found is not None:
        shown = f"U+{ord(found[0]):04X}"
        raise InputRefused(
            Text(
                f"含有不允许的控制字符 {shown}，请删去后再提交",
                f"Contains the character {shown}, which no field may hold; take it out and send again",
            ),
            character=shown,
        )
    clean = text if is_normalized("NFC", text) else normalize("NFC", text)
    if len(clean) > characters_max:
        raise InputRefused(
            Text(f"文字不得超过 {characters_max} 个字符", f"A text has at most {characters_max} characters")
        )
    return clean


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    try:
        text = encoded.decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS_MAX)
    except UnicodeDecodeError as error:
        raise Unreadable(
            Text(
                "地址或表单中有无法识别的字符（不是有效的 UTF-8）",
                "The address or form has characters that cannot be read (it is not valid UTF-8)",
            )
        ) from error
    except ValueError as error:
        raise InputRefused(
            Text(f"最多 {FORM_FIELDS_MAX} 个字段", f"At most {FORM_FIELDS_MAX} fields are read")
        ) from error


def _cleaned(value: JsonValue, depth: int) -> JsonValue:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        if depth > NESTING_MAX:
            raise _too_deep()
        clean = {clean_text(name): _cleaned(inner, depth + 1) for name, inner in value.items()}
        if len(clean) != len(value):
            raise _twice()
        return clean
    if isinstance(value, list):
        if depth > NESTING_MAX:
            raise _too_deep()
        return [_cleaned(inner, depth + 1) for inner in value]
    return value


def _once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _twice()
    return value


def _integer(text: str) -> int:
    # The length comes first: turning a million digits into a number takes for ever.
    if len(text.lstrip("-")) > _INTEGER_DIGITS_MAX or abs(int(text)) > INTEGER_MAX:
        raise InputRefused(
            Text("数字超出允许范围（±2^53），请改用文字", "The number is beyond 2^53; send it as text"),
            maximum=INTEGER_MAX,
        )
    return int(text)


def _no_fraction(text: str) -> NoReturn:
    raise InputRefused(
        Text("不接受小数，请用整数或文字", "No field holds a fraction; send whole numbers or text"), number=text[:40]
    )


def _no_constant(text: str) -> NoReturn:
    raise InputRefused(Text(f"不接受 {text}", f"No field holds {text}"), number=text)


def _twice() -> Unreadable:
    return Unreadable(Text("同一对象内有重复的名称", "An object names the same member twice"))


def _too_deep() -> InputRefused:
    return InputRefused(
        Text(f"嵌套不得超过 {NESTING_MAX} 层", f"Nested more than {NESTING_MAX} levels deep"), maximum=NESTING_MAX
    )


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_once,
    parse_int=_integer,
    parse_float=cast("type[float]", _no_fraction),
    parse_constant=_no_constant,
)
