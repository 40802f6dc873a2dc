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

KEY_CHARACTERS_MAX: Final = 200
TOKEN_CHARACTERS_MAX: Final = 200
LOGIN_CHARACTERS_MAX: Final = 100
PASSWORD_CHARACTERS_MAX: Final = 1_000

PAGE_LINES: Final = 50
PAGE_LINES_MAX: Final = 200
BATCH_COMMANDS_MAX: Final = 256
NEAR_WORKING_DAYS_MAX: Final = 250

LOGIN_HOURS: Final = 12
LOGIN_FAILURES_MAX: Final = 10
LOGIN_FAILURES_MINUTES: Final = 15
PASSWORD_CHECKS_AT_ONCE: Final = 2
"""A check takes 64 MiB and 0.1 s; more at once would let strangers fill the memory."""
IDENTITY_SECONDS: Final = 2.0
"""How long somebody is known without asking the database again; so long a revoked login may still act."""
