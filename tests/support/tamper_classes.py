"""Every table and column of the database with its class: history, of which any change must be found, or beside it, with
the reason. A column that stands in no list fails a test: whoever adds one decides what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy import Table

from engine.storage.columns import metadata
from engine.storage.store import open_store
from runtime.jobs.table import JOB

assert open_store.__module__, "importing the store makes every table known"


class TableClass(NamedTuple):
    """The columns of a table that are history, and the others by the reason why they are not.

    ``rows`` says in SQL which rows are history where not all of them are.
    """

    history: tuple[str, ...] = ()
    beside: Mapping[str, str] = {}
    rows: str = ""


def _history(columns: str, rows: str = "", **beside: str) -> TableClass:
    return TableClass(tuple(columns.split()), beside, rows)


def _beside(columns: str, reason: str) -> TableClass:
    return TableClass((), dict.fromkeys(columns.split(), reason))


_LOGIN: Final = "a means to log in: that it was set, made or used is told in the ledger, itself it proves nothing"
_WORK: Final = "work that waits or is done: what it tells people of stands in the ledger"
_SIGHT: Final = "who sees a case now: worked out from the case and the house whenever they change; reads are told"
_NAME: Final = "a name stands in no entry, as nothing there can be erased: what is called so is named by its id"
_POLL: Final = "open polls: numbers that do not agree are found; who has answered what nobody can know (ADR 0026)"
_PROOF: Final = "a witness's own: a wrong one is found by the witness's key; if one is gone, the witness has the head"

CLASSES: Final[Mapping[str, TableClass]] = {
    # Entries, what is sealed of them, and the values behind their commitments.
    "ledger_entry": _history("root case seq body hash"),
    "unsealed": _history("root at case seq"),
    "leaf": _history("root idx case seq at hash"),
    "tree": _history("root year first origin"),
    "checkpoint": _history("root n year size at peaks note"),
    "cosignature": _beside("root n name line", _PROOF),
    "private_value": _history("root case seq path key ciphertext"),
    # What is worked out from them.
    "cases": _history(
        "root id workflow definition_version unit lead_unit congress_session state phase number subject category "
        "parent merged_into version seq head opened_at changed_at next_due_at body"
    ),
    "span": _history("root case kind seq value from_at until_at until_seq"),
    "deadline": _history("root case name state started_at due_at promised_on due_on provisional rungs rung_at"),
    "roster_line": _history("root roster key case name unit facets"),
    "roster_reach": _history("root reach key case line unit day slot planned excused"),
    "poll": _beside("root case name electors returned box", _POLL),
    "poll_token": _beside("root case poll token spent", _POLL),
    "attachment": _history(
        "root id case seq path who expires_at key sealed address",
        rows='"case" IS NOT NULL AND NOT (expires_at IS NOT NULL AND length(sealed) = 0)',  # erased: to be cleared
        mark="finds the same content twice in one case; a wrong one finds nothing",
    ),
    "reader": _beside("root principal case due_at", _SIGHT),
    "recused": _beside("root case principal", _SIGHT),
    "found": _beside("root case n version", "the search: worked out from the cases, and made anew at any time"),
    "not_alike": _beside("root one other one_mark other_mark person at", "a help to look: keeps a hint away"),
    "counter": _beside(
        "root series value", "the next number: one given twice or left out shows in the numbers, which are history"
    ),
    # The house and its rules, as far as the ledger was told of them.
    "unit": _history("root id parent code title_zh title_en from_on until_on successor"),
    "person": _history("root id unit active", name=_NAME, login=_NAME),
    "granting": _history("root person role unit from_on until_on"),
    "deputation": _history(
        "root deputy principal from_on until_on", note="typed for the two of them, who read it; no entry holds it"
    ),
    "congress_session": _history(
        "root id unit term meeting title_zh title_en opens_on closes_on call_opens_on call_closes_on reply_due_on lists"
    ),
    "delegation": _history("root congress_session code members", title_zh=_NAME, title_en=_NAME),
    "definition": _history("name version hash text"),
    "list_version": _history("name version hash text"),
    "calendar_notice": _history("year position text"),
    "publication": _history(
        "kind name version hash reason",
        published_at="shown on a page; the entry of the ledger says when",
        by="shown on a page; the entry of the ledger says by whom",
    ),
    "directory_epoch": _history(
        "root", epoch="counts changes, so that caches know of them", position="the order in which lists show houses"
    ),
    # Logging in.
    "account": _beside("login root person password_hash password_due_at", _LOGIN),
    "login": _beside(
        "token_hash root person kind title opened_at expires_at used_at idle device scope vouched_at", _LOGIN
    ),
    "attempt": _beside("bucket at times", _LOGIN),
    "failed_login": _beside("root person hour_at times", _LOGIN),
    "one_time": _beside("secret_hash root person purpose made_at expires_at", _LOGIN),
    "second_factor": _beside("root person sealed enrolled_at last_step", _LOGIN),
    "linked_login": _beside("mark root person issuer linked_at", _LOGIN),
    "recovery_code": _beside("root person code_hash", _LOGIN),
    # Work under way, and what was told to whom.
    "outbox": _beside("root id case seq kind name at", _WORK),
    "told": _beside("root outbox case seq kind name at told_at people reason", _WORK),
    "notice": _beside(
        "root person outbox case seq kind name role acting_for at told_at read_at acknowledged_at", _WORK
    ),
    "delivery": _beside(
        "root id outbox person channel address language case seq urgent bundle state attempts due_at at message_id "
        "lease until_at reason settled_at",
        _WORK,
    ),
    "preference": _beside("root person channel address active digest quiet_from quiet_until language", _WORK),
    "sweep": _beside(
        "root at calendar open looked raised failed", "when the newest sweep was; the ledger tells of every sweep"
    ),
    "idempotency": _beside(
        "root actor key request_hash case seq hash at",
        "what a command that comes again is answered; the entry it led to names the command itself",
    ),
    "deposit": _beside(
        "root id who sealed",
        "an anonymous submission before its release: it is on no record yet, and sealed by a key outside the database; "
        "whoever sent it has a receipt",
    ),
    "figures_kept": _beside(
        "root id asked until_at as_of kept_at body",
        "counted from the spans, which are history, and dropped after a while: whoever doubts a number counts it anew "
        "with banjie figures",
    ),
    "draft": _beside(
        "root who id expires_at sealed",
        "a form that was begun and not sent: it is on no record yet, and sealed by a key outside the database",
    ),
    "long_work": _beside("root id who state total done skipped attempts turn_at expires_at sealed", _WORK),
    "long_work_part": _beside("root work number items settled done skipped sealed", _WORK),
    "banjie_jobs.job": _beside(
        "number kind subject single state wish due_at attempts claim worker lease_until started_at ended_at done "
        "reason",
        _WORK,
    ),
    "banjie_jobs.job_period": _beside("kind slot", _WORK),
}


def every_table() -> Mapping[str, Table]:
    """Return every table of the product by its name, those of jobs with their schema."""
    return {**metadata.tables, **JOB.metadata.tables}


def class_of(table: str, column: str) -> str | None:
    """Return ``history``, or the reason why a column is beside it; None where it has no class."""
    found = CLASSES.get(table)
    if found is not None and column in found.history:
        return "history"
    return None if found is None else found.beside.get(column)


HISTORY: Final = tuple(name for name, found in CLASSES.items() if found.history)
