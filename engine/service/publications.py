"""Rules that were published on a page: what is kept of them, and the writes that put one in force or undo it.

What they say is kept as every text of a definition or a list is (``KeepText``); here stands which of those texts are in
force beside the ones of the workflows folder. They are common to all organisations of a database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple, Protocol

from pydantic import JsonValue

from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId, RootId
from engine.errors import InputRefused, NotFound
from engine.ledger.streams import Fact
from engine.text import Text

Kind = Literal["definition", "list"]
REASON_CHARACTERS_MAX: Final = 200


class PublicationRow(NamedTuple):
    """A version that is in force because somebody published it. ``hash`` is that of its text ("sha256:…")."""

    kind: str
    name: str
    version: int
    hash: str
    published_at: int
    by: str | None
    reason: str


class PublicationReads(Protocol):
    """The part of ``Reads`` that is about publications."""

    def publications(self) -> Sequence[PublicationRow]:
        """Return what is published, by kind, name and version."""

    def running_of_workflow(self, root: RootId, workflow: str, limit: int) -> int:
        """Return how many cases of a workflow are not over, at most ``limit``."""

    def running_under(self, root: RootId, workflow: str, version: int, *, after: str, limit: int) -> Sequence[CaseId]:
        """Return the cases that go by a version and are not over, in the order of their ids, from after one on."""

    def runs_under(self, workflow: str, version: int) -> bool:
        """Return whether any case of any organisation, running or over, was opened under a version."""


class PublicationWrites(Protocol):
    """The part of ``DirectoryWrites`` that is about publications."""

    def publish(self, row: PublicationRow) -> bool:
        """Put a version in force; False when one of its kind, name and number is. Every epoch advances."""

    def unpublish(self, row: PublicationRow) -> bool:
        """Take a version out of force; False when it is not published with this text. Every epoch advances."""

    def publications_of(self, kind: str, name: str) -> Sequence[PublicationRow]:
        """Return what is published of one name, by version, seen by nobody else until the end of the transaction."""

    def is_run_under(self, workflow: str, version: int) -> bool:
        """Return whether any case was opened under a version."""

    def tell_all(self, at: datetime, fact: Fact) -> None:
        """Make something a fact of each organisation's ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRules:
    """Put a version in force, whose text is kept in the same transaction."""

    kind: str
    name: str
    version: int
    content_hash: str
    reason: str
    at: datetime
    by: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRules:
    """Take a published version out of force again."""

    kind: str
    name: str
    version: int
    reason: str
    at: datetime
    by: PersonId | None = None


PublicationWrite = PublishRules | WithdrawRules


def apply_publication_write(write: PublicationWrite, writes: PublicationWrites) -> None:
    """Carry out one write in the transaction behind ``writes``.

    Raises:
        InputRefused: somebody was faster, or a case runs under what would be withdrawn.
        NotFound: what would be withdrawn is not published.
    """
    match write:
        case PublishRules():
            row = PublicationRow(
                write.kind,
                write.name,
                write.version,
                write.content_hash,
                microseconds(write.at),
                write.by,
                write.reason,
            )
            if not writes.publish(row):
                raise published_meanwhile(write.version)
            writes.tell_all(write.at, published_fact(row, write.by))
        case WithdrawRules():
            withdrawn = _withdrawn(write, writes)._replace(reason=write.reason)
            writes.tell_all(write.at, Fact(type="rules_withdrawn", details=_details(withdrawn), by=write.by))


def published_meanwhile(version: int) -> InputRefused:
    """Return what is said to whoever was second."""
    return InputRefused(
        Text(
            f"第 {version} 版刚由他人发布。请查看其内容；仍需修改的，改用下一个版本号再发布",
            f"Somebody has just published version {version}. Look at it; if there is more to change, take the next "
            "number",
        )
    )


def run_under(version: int) -> InputRefused:
    """Return why a version cannot be withdrawn under which cases were opened."""
    return InputRefused(
        Text(
            f"已有事项按第 {version} 版立项，不能撤回。需要恢复原规定的，请以下一个版本号发布原内容",
            f"Cases were opened under version {version}, so it stays. To go back, publish what was before under the "
            "next number",
        )
    )


def _withdrawn(write: WithdrawRules, writes: PublicationWrites) -> PublicationRow:
    published = writes.publications_of(write.kind, write.name)
    row = next((one for one in published if one.version == write.version), None)
    if row is None:
        raise NotFound(Text("没有发布过这一版，或已经撤回", "This version is not published, or was withdrawn"))
    if published[-1].version > row.version:
        raise InputRefused(
            Text(
                "其后还发布过新的版本，请先撤回最新一版", "A later version was published: withdraw the newest one first"
            )
        )
    # Which cases go by a version of a list stands in no column: a list is changed by its next version alone.
    if write.kind == "list" or writes.is_run_under(write.name, write.version):
        raise run_under(write.version)
    writes.unpublish(row)
    return row


def published_fact(row: PublicationRow, by: PersonId | None) -> Fact:
    """Return what tells that a version is in force."""
    return Fact(type="rules_published", details=_details(row), by=by)


def _details(row: PublicationRow) -> dict[str, JsonValue]:
    return {
        "kind": row.kind,
        "name": row.name,
        "version": row.version,
        "hash": row.hash.removeprefix("sha256:"),
        "reason": row.reason,
    }
