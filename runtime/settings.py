"""What an operator may set, by environment variables that begin with ``BANJIE_``; every one has a working default."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_DATABASE_URL = "sqlite:///data/banjie.db"


class Settings(BaseSettings):
    """The settings of one process.

    ``database_url`` is ``sqlite:///path`` or ``postgresql://…``; ``workflows`` the folder of definitions, lists and
    calendars; ``clock`` an instant the clock is set to (the demo), with its offset; ``calendar_missing`` what a year
    without a notice leads to.
    """

    model_config = SettingsConfigDict(env_prefix="BANJIE_", extra="ignore")

    database_url: str = DEFAULT_DATABASE_URL
    workflows: Path = Field(default_factory=lambda: Path(__file__).resolve().parent.parent / "workflows")
    clock: datetime | None = None
    calendar_missing: Literal["provisional", "error"] = "provisional"
    queue_max: int = Field(default=10_000, ge=16)
    live_batch_max: int = Field(default=256, ge=1, le=4096)

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, None on PostgreSQL."""
        prefix = "sqlite:///"
        return Path(self.database_url.removeprefix(prefix)) if self.database_url.startswith(prefix) else None
