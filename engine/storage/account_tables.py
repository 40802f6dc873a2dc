"""The tables of what logging in needs beside accounts and sessions: tries, one-time secrets, second factors, links.

No secret stands here readable: codes and links as hashes, the secrets of second factors sealed (``SecretBox``).
"""

from __future__ import annotations

from sqlalchemy import Index, Table

from engine.storage.columns import ident, key, key_number, metadata, number, octets

# A bucket is made of marks: neither a login name nor an address can be read from it. Kept for a day at most.
attempt = Table("attempt", metadata, key("bucket"), key_number("at"), number("times"), sqlite_with_rowid=False)
Index("ix_attempt_at", attempt.c.at)

# Failed logins of an hour, until they are told as a fact. An empty root counts names that there are not.
failed_login = Table(
    "failed_login",
    metadata,
    key("root"),
    key("person"),
    key_number("hour_at"),
    number("times"),
    sqlite_with_rowid=False,
)

# The first administrator's link belongs to nobody yet: its root and person are empty.
one_time = Table(
    "one_time",
    metadata,
    key("secret_hash"),
    ident("root"),
    ident("person"),
    ident("purpose"),
    number("made_at"),
    number("expires_at"),
    sqlite_with_rowid=False,
)
Index("ix_one_time_person", one_time.c.root, one_time.c.person)

# Without ``enrolled_at`` it was shown and not yet confirmed by a code.
second_factor = Table(
    "second_factor",
    metadata,
    key("root"),
    key("person"),
    octets("sealed"),
    number("enrolled_at", null=True),
    number("last_step"),
    sqlite_with_rowid=False,
)

# Whom the identity provider calls what stands here as a keyed mark of issuer and subject: it is looked up, never shown.
linked_login = Table(
    "linked_login",
    metadata,
    key("mark"),
    ident("root"),
    ident("person"),
    ident("issuer"),
    number("linked_at"),
    sqlite_with_rowid=False,
)
Index("uq_linked_login_person", linked_login.c.root, linked_login.c.person, unique=True)

recovery_code = Table("recovery_code", metadata, key("root"), key("person"), key("code_hash"), sqlite_with_rowid=False)
