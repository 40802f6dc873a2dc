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
    that may be spoken to, divided by blanks. ``anchor_mail`` are those who are mailed the ledger's checkpoint each day
    beside the auditors, ``address [zh|en]`` divided by semicolons. Settings that hold a secret or somebody's address
    are never shown; an empty one is none.
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
    anchor_mail: SecretStr = SecretStr("")


class Settings(ChannelSettings):
    """The settings of one process.

    ``database_url`` is ``sqlite:///path`` or ``postgresql://…``; ``workflows`` the folder of definitions, lists and
    calendars; ``keys`` and ``epoch_keys`` the two files of the keys of private values, by default in the folder
    ``keys`` beside the database (see ``runtime.keys.places``); ``clock`` an instant the clock is set to (the demo),
    with its offset; ``calendar_missing`` what a year without a notice leads to; ``cache`` a folder that remembers
    which rules were proved, by default beside the database file, on PostgreSQL none: then they are proved at every
    start. ``signer`` is where a signer listens that the operator runs, a path or ``tcp://127.0.0.1:port`` with
    ``signer_token``; without it a child of ours signs, whose key and heads stand in ``signer_folder``.
    ``ledger_origin`` begins the origin of every checkpoint: a name of the house on the internet. ``witnesses`` are
    other hosts that cosign checkpoints, ``address KEY`` each, divided by semicolons
    (``runtime.witness.configured``). ``small_installation`` lets one person belong to several of the three
    administrations (system, security, audit), which ``banjie doctor`` then shows. ``register_open`` shows the
    public register of what was published to everybody, without a login. ``retention`` says whether what was kept
    long enough is erased by itself once a day; without it ``banjie doctor`` only tells how much that is.
    ``metrics_token`` is what a reader of ``GET /metrics`` shows as a bearer token; without it there is no such page.
    ``log_format`` is how lines of the log are written, ``log_requests`` whether each request leaves one
    (``runtime.logs``, ``runtime.request_log``).
    ``oidc_…`` name the identity provider (see ``runtime.provider``): ``oidc_origins`` are further origins of it,
    ``oidc_second_factor`` the values of acr or amr that stand for a second factor, both divided by blanks.
    """

    model_config = SettingsConfigDict(env_prefix="BANJIE_", extra="ignore", hide_input_in_errors=True)

    database_url: str = DEFAULT_DATABASE_URL
    workflows: Path = Field(default_factory=lambda: Path(__file__).resolve().parent.parent / "workflows")
    keys: Path | None = None
    epoch_keys: Path | None = None
    clock: datetime | None = None
    calendar_missing: Literal["provisional", "error"] = "provisional"
    queue_max: int = Field(default=10_000, ge=16)
    live_batch_max: int = Field(default=256, ge=1, le=4096)
    signer: str = ""
    signer_token: SecretStr = SecretStr("")
    signer_folder: Path | None = None
    ledger_origin: str = Field(default="banjie", pattern=r"^[^\s+/]+(/[^\s+/]+)*$", max_length=120)
    witnesses: str = ""

    files: Path | None = None
    cache: Path | None = None
    accounts_key: Path | None = None
    staff_roles: Path | None = None
    second_factor: Literal["required", "offered"] = "required"
    small_installation: bool = False
    register_open: bool = False
    metrics_token: SecretStr = SecretStr("")
    log_format: Literal["text", "json"] = "text"
    log_requests: bool = False
    retention: Literal["report", "apply"] = "report"
    staff_idle_minutes: int = Field(default=30, ge=1, le=24 * 60)
    login_hours: int = Field(default=12, ge=1, le=7 * 24)

    oidc_issuer: str = ""
    oidc_client: str = ""
    oidc_secret: SecretStr = SecretStr("")
    oidc_title: str = Field(default="", max_length=40)
    oidc_origins: str = ""
    oidc_second_factor: str = ""

    @property
    def accounts_key_file(self) -> Path:
        """The key of second factors: beside the database file, or beside the other keys."""
        if self.accounts_key is not None:
            return self.accounts_key
        if self.sqlite_path is not None:
            return self.sqlite_path.parent / "accounts.key"
        return (Path("data") if self.keys is None else self.keys.parent) / "accounts.key"

    @property
    def files_folder(self) -> Path:
        """The folder of the files of cases: beside the database file, or beside the keys."""
        if self.files is not None:
            return self.files
        if self.sqlite_path is not None:
            return self.sqlite_path.parent / "files"
        return (Path("data") if self.keys is None else self.keys.parent.parent) / "files"

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, None on PostgreSQL."""
        prefix = "sqlite:///"
        return Path(self.database_url.removeprefix(prefix)) if self.database_url.startswith(prefix) else None

    @property
    def rules_cache(self) -> Path | None:
        """The folder that remembers which rules were proved: beside the database file, or where it is said to be."""
        if self.cache is not None:
            return self.cache
        return None if self.sqlite_path is None else self.sqlite_path.parent / "cache"
