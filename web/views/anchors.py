"""What of the ledger lies in other people's hands: the daily mails on record, and what nobody else has yet."""

from __future__ import annotations

from dataclasses import dataclass

from engine.case.identity import RootId
from engine.service.anchoring import Anchored, anchorings, is_as_sent, standing
from engine.service.ports import Reads
from web.shell import Visit
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """A checkpoint that was mailed; ``note`` says what is not well about it, ``is_wrong`` that it is an alarm."""

    day: str
    checkpoint: int
    size: int
    at: str
    recipients: int
    note: str
    is_wrong: bool
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorsView:
    """What the page says of anchors, and the mails of the last month."""

    said: str
    is_open: bool
    mails: tuple[MailView, ...]


def anchors_view(reads: Reads, root: RootId, visit: Visit) -> AnchorsView:
    """Return what is anchored and what is not yet."""
    words, told = visit.words, anchorings(reads, root, visit.now)
    held = standing(reads, root, told)
    if held is None:
        said = words.t("anchors_none")
    else:
        whose = words.t("anchors_by_mail") if held.by == "mail" else words.t("anchors_by_witness")
        parts = {"n": held.head.n, "size": held.head.size, "at": words.instant(held.since), "whose": whose}
        said = words.t("anchors_upto", **parts)
        said += words.t("anchors_rest", n=held.rest) if held.rest else words.t("anchors_all")
    return AnchorsView(
        said=said,
        is_open=held is None or held.rest > 0,
        mails=tuple(_mail(one, words, is_as_sent=is_as_sent(reads, root, one)) for one in told),
    )


def _mail(one: Anchored, words: Words, *, is_as_sent: bool) -> MailView:
    notes = [words.t("anchors_left", n=one.left)] if one.left else []
    notes += [words.t("anchors_refused", n=one.refused)] if one.refused else []
    notes += [] if is_as_sent else [words.t("anchors_other")]
    return MailView(
        day=words.date(one.day),
        checkpoint=one.checkpoint,
        size=one.size,
        at=words.short_instant(one.at),
        recipients=one.recipients,
        note=words.t("comma").join(notes),
        is_wrong=not is_as_sent,
        address=f"/ledger/checkpoints/{one.checkpoint}",
    )
