"""The tables of units, persons, sessions, rules kept by hash, and logins. Dates are text, ``YYYY-MM-DD``.

``root`` leads every key but those of LOOKED_UP_BEFORE_ROOT and COMMON_TO_ALL.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Table

from engine.storage.columns import flag, ident, key, key_number, metadata, number, words

unit = Table(
    "unit",
    metadata,
    key("root"),
    key("id"),
    ident("parent", null=True),
    ident("code"),
    words("title_zh"),
    words("title_en"),
    ident("from_on", null=True),
    ident("until_on", null=True),
    ident("successor", null=True),
    sqlite_with_rowid=False,
)

person = Table(
    "person",
    metadata,
    key("root"),
    key("id"),
    words("name"),
    ident("login", null=True),
    ident("unit", null=True),
    flag("active"),
    CheckConstraint("active IN (0, 1)", name="active"),
    sqlite_with_rowid=False,
)

account = Table(
    "account",
    metadata,
    key("login"),
    ident("root"),
    ident("person"),
    ident("password_hash", null=True),
    number("password_due_at", null=True),
    sqlite_with_rowid=False,
)
Index("uq_account_person", account.c.root, account.c.person, unique=True)

# ``password_due_at``: since then the next login must set another password. ``idle`` is how many microseconds a session
# may lie unused; ``device`` are words such as "Chrome, Windows", never an address. ``vouched_at``: an identity provider
# that is trusted with it has checked a second factor then.
login = Table(
    "login",
    metadata,
    key("token_hash"),
    ident("root"),
    ident("person"),
    ident("kind"),
    words("title"),
    number("opened_at"),
    number("expires_at"),
    number("used_at", null=True),
    number("idle", null=True),
    words("device", null=True),
    ident("scope", null=True),
    number("vouched_at", null=True),
    CheckConstraint("kind IN ('login', 'token')", name="kind"),
    sqlite_with_rowid=False,
)
Index("ix_login_person", login.c.root, login.c.person)

# An empty ``from_on`` means since ever: a key may hold no NULL.
granting = Table(
    "granting",
    metadata,
    key("root"),
    key("person"),
    key("role"),
    key("unit"),
    key("from_on"),
    ident("until_on", null=True),
    sqlite_with_rowid=False,
)

deputation = Table(
    "deputation",
    metadata,
    key("root"),
    key("deputy"),
    key("principal"),
    key("from_on"),
    ident("until_on", null=True),
    words("note", null=True),
    sqlite_with_rowid=False,
)

congress_session = Table(
    "congress_session",
    metadata,
    key("root"),
    key("id"),
    ident("unit"),
    number("term"),
    number("meeting"),
    words("title_zh"),
    words("title_en"),
    ident("opens_on", null=True),
    ident("closes_on", null=True),
    ident("call_opens_on", null=True),
    ident("call_closes_on", null=True),
    ident("reply_due_on", null=True),
    words("lists", null=True),
    sqlite_with_rowid=False,
)

delegation = Table(
    "delegation",
    metadata,
    key("root"),
    key("congress_session"),
    key("code"),
    words("title_zh"),
    words("title_en"),
    words("members"),
    sqlite_with_rowid=False,
)

definition = Table(
    "definition", metadata, key("name"), key_number("version"), key("hash"), words("text"), sqlite_with_rowid=False
)

list_version = Table(
    "list_version", metadata, key("name"), key_number("version"), key("hash"), words("text"), sqlite_with_rowid=False
)

# A corrected notice is kept beside the one it corrects: cases pinned to the old calendar are verified with it.
calendar_notice = Table(
    "calendar_notice",
    metadata,
    key_number("year"),
    key_number("position"),
    words("text"),
    sqlite_with_rowid=False,
)

directory_epoch = Table(
    "directory_epoch", metadata, key("root"), number("epoch"), number("position"), sqlite_with_rowid=False
)

COMMON_TO_ALL = frozenset({"definition", "list_version", "calendar_notice", "publication"})
LOOKED_UP_BEFORE_ROOT = frozenset({"account", "login", "attempt", "one_time", "linked_login"})
