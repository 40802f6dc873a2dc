"""What an operator may set, by environment variables that begin with ``BANJIE_``; every one has a working default."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_DATABASE_URL = "sqlite:///data/banjie.db"


class ChannelSettings(BaseSettings):
    """By which ways people are told outside the house; without any, the inbox is all (see ``runtime.channels``).

    ``pages_url`` is where the pages are reached from a reader's desk. Bots are ``name token [secret]`` and webhooks
    ``name address secret``, several divided by semicolons. ``internal_origins`` are the origins in private networks
    that may be spoken to, divided by blanks. Settings that hold a secret are never shown; an empty one is none.
    """

    pages_url: str = ""
    mail_host: str = ""
    mail_port: int | None = Field(default=None, ge=1, le=65535)
    mail_security: Literal["starttls", "tls", "plain"] = "starttls"
    mail_user: str = ""
    mail_password: SecretStr = SecretStr("")
    mail_from: str = ""
    mail_from_name: str = "办结"
    wecom_bots: SecretStr = SecretStr("")
    wecom_url: str = "https://qyapi.weixin.qq.com"
    dingtalk_bots: SecretStr = SecretStr("")
    dingtalk_url: str = "https://oapi.dingtalk.com"
    feishu_bots: SecretStr = SecretStr("")
    feishu_url: str = "https://open.feishu.cn"
    webhooks: SecretStr = SecretStr("")
    internal_origins: str = ""


class Settings(ChannelSettings):
    """The settings of one process.

    ``database_url`` is ``sqlite:///path`` or ``postgresql://…``; ``workflows`` the folder of definitions, lists and
    calendars; ``clock`` an instant the clock is set to (the demo), with its offset; ``calendar_missing`` what a year
    without a notice leads to.
    """

    model_config = SettingsConfigDict(env_prefix="BANJIE_", extra="ignore", hide_input_in_errors=True)

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
