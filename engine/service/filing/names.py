"""What a file is called once it is here: its name is for people, never a path, and its ending is its true one."""

from __future__ import annotations

import unicodedata
from typing import Final

NAME_CHARACTERS_MAX: Final = 200
_RESERVED: Final = frozenset('\\/:*?"<>|')
"""Characters that mean something in paths of some system."""
_UNSEEN: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Control and format characters (bidi overrides, zero-width signs), surrogates, line ends."""
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))]
)
NAMELESS: Final = "附件"


def stem_of(given: str) -> str:
    """Return the name without path and ending, as it may be shown and saved; never empty, never a device.

    >>> stem_of("C:\\\\tmp\\\\照片\\u202egpj.exe")
    '照片gpj'
    >>> stem_of("../../etc/passwd")
    'passwd'
    """
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    clean = "".join(sign for sign in name if unicodedata.category(sign) not in _UNSEEN and sign not in _RESERVED)
    stem, dot, _ending = clean.rpartition(".")
    stem = (stem if dot else clean).strip(" .\u3000")
    if stem.partition(".")[0].strip().lower() in _DEVICES:
        stem = f"_{stem}"
    return stem or NAMELESS


def ending_of(given: str) -> str:
    """Return what a name ends with, in small letters: what somebody says a file is."""
    return given.rpartition(".")[2].strip().lower()[:16] if "." in given else ""


def file_name(given: str, ending: str) -> str:
    """Return the whole name, with the ending that belongs to the content."""
    suffix = f".{ending}"
    return stem_of(given)[: NAME_CHARACTERS_MAX - len(suffix)].rstrip(" .") + suffix
