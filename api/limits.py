"""Every limit on what may come in over HTTP, declared once. Who enforces them stands in ``api.hygiene``."""

from __future__ import annotations

from typing import Final

BODY_BYTES_MAX: Final = 1024 * 1024
PATH_BYTES_MAX: Final = 1024
QUERY_BYTES_MAX: Final = 8 * 1024
TEXT_CHARACTERS_MAX: Final = 100_000
NESTING_MAX: Final = 20
INTEGER_MAX: Final = 2**53 - 1
"""Beyond it JSON numbers of different programs stop being the same number (RFC 8259, section 6)."""
FORM_FIELDS_MAX: Final = 200
UPLOADS_OF_FORM_MAX: Final = 20
PART_HEADER_BYTES_MAX: Final = 4 * 1024

KEY_CHARACTERS_MAX: Final = 200
TOKEN_CHARACTERS_MAX: Final = 200
LOGIN_CHARACTERS_MAX: Final = 100
PASSWORD_CHARACTERS_MAX: Final = 1_000

PAGE_LINES: Final = 50
PAGE_LINES_MAX: Final = 200
BATCH_COMMANDS_MAX: Final = 256
NEAR_WORKING_DAYS_MAX: Final = 250

KNOWN_BROWSER_DAYS: Final = 180
"""How long a browser that was let in to an account keeps the bucket of tries that strangers cannot fill."""
PASSWORD_CHECKS_AT_ONCE: Final = 2
"""A check takes 64 MiB and 0.1 s; more at once would let strangers fill the memory."""
IDENTITY_SECONDS: Final = 2.0
"""How long somebody is known without asking the database again; so long a login that another process has revoked may
still act. What this process revokes is over at once."""
TOUCHED_SECONDS: Final = 60
"""How exactly it is noted when a session was used last."""
