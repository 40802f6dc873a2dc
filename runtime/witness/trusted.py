"""Which logs a witness cosigns: the keys in a small file that its operator keeps, one to a line.

``KEY`` trusts the log whose origin is the name of the key. ``KEY yearly`` trusts the logs of the years after it as
well: a house begins a tree with an origin of its own each year (``banjie/works/2027`` after ``banjie/works/2026``),
signed with the same key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.errors import InputRefused
from engine.ledger.notes import KeyType, VerifierKey, parse_verifier_key
from engine.text import Text

YEARLY: Final = "yearly"
YEARS_MAX: Final = 50
"""So many years after its own a key is trusted for; whoever has stolen it cannot fill a disk with origins."""
_YEAR: Final = re.compile(r"(.+/)(\d{4})")
_HEAD: Final = """\
# 本见证主机为哪些账册联署：每行一把账册的验证密钥（banjie signer --show-key 所示）。
# 行末加 yearly，则以后各年的账册（名称末尾的年份不同、密钥相同）一并认可。改后重新启动。
# The logs that this witness cosigns: a verifier key to a line, as banjie signer --show-key prints it.
# With "yearly" after it, the logs of later years are trusted too. Start the witness anew after a change.
"""


@dataclass(frozen=True, slots=True)
class Trusted:
    """The keys that are trusted, by the origin they sign; those of ``yearly`` by what stands before the year."""

    exact: Mapping[str, tuple[VerifierKey, ...]]
    yearly: Mapping[str, tuple[tuple[int, VerifierKey], ...]] = field(default_factory=dict)

    def keys_of(self, origin: str) -> tuple[VerifierKey, ...]:
        """Return the keys by which a checkpoint of this origin may be signed; none where the origin is not known."""
        keys = list(self.exact.get(origin, ()))
        dated = _YEAR.fullmatch(origin)
        if dated is not None:
            for first, key in self.yearly.get(dated[1], ()):
                if first < int(dated[2]) <= first + YEARS_MAX:
                    keys.append(VerifierKey(name=origin, kind=KeyType.NOTE, public=key.public))
        return tuple(dict.fromkeys(keys))


def read_trusted(path: Path) -> Trusted:
    """Return what the file of a witness declares.

    Raises:
        InputRefused: it cannot be read, or a line is wrong; each such line is named by its number.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused(Text(f"读不到账册清单 {path}", f"The list of logs {path} cannot be read")) from error
    exact: dict[str, tuple[VerifierKey, ...]] = {}
    yearly: dict[str, tuple[tuple[int, VerifierKey], ...]] = {}
    wrong: list[int] = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        declared = _declared(words)
        if declared is None:
            wrong.append(number)
            continue
        key, dated = declared
        exact[key.name] = (*exact.get(key.name, ()), key)
        if dated is not None:
            yearly[dated[1]] = (*yearly.get(dated[1], ()), (int(dated[2]), key))
    if wrong:
        numbers = ", ".join(map(str, wrong))
        raise InputRefused(
            Text(
                f"账册清单 {path} 第 {numbers} 行不对：每行写一把账册的验证密钥，名称以年份结尾的可加 yearly",
                f"The list of logs {path} is wrong in line {numbers}: write one verifier key of a log to a line, and "
                "yearly after it if its name ends in a year",
            )
        )
    return Trusted(exact, yearly)


def trusted_file(keys: Iterable[VerifierKey]) -> str:
    """Return the text of a file that trusts these keys, with the years that follow where their names end in one."""
    return _HEAD + "".join(f"{line}\n" for line in _lines(keys))


def _lines(keys: Iterable[VerifierKey]) -> Iterator[str]:
    for key in keys:
        yield f"{key.text} {YEARLY}" if _YEAR.fullmatch(key.name) else key.text


def _declared(words: list[str]) -> tuple[VerifierKey, re.Match[str] | None] | None:
    """Return the key of a line, and its name taken apart where later years are trusted too; None for a wrong line."""
    try:
        key = parse_verifier_key(words[0])
    except InputRefused:
        return None
    dated = _YEAR.fullmatch(key.name)
    if key.kind is not KeyType.NOTE or words[1:] not in ([], [YEARLY]) or (words[1:] and dated is None):
        return None
    return key, dated if words[1:] else None
