"""What ``banjie doctor`` says of the identity provider: whether it is configured rightly, answers, and can be believed.

It is asked there and then for its configuration and its keys, as at a login; nobody is logged in and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from engine.errors import InputRefused
from engine.service.looks import Look
from engine.text import Text
from runtime.clock import Clock
from runtime.provider import provider_of
from runtime.settings import Settings

if TYPE_CHECKING:
    from api.oidc.settings import ProviderSettings

NAME: Final = "provider"
_AWAY: Final = Text(
    "检查该地址从本机能否访问；恢复之前，大家仍可用账号密码登录",
    "See whether it can be reached from this machine; till then everybody can log in with a password",
)
_REFUSED: Final = Text(
    "改正 BANJIE_OIDC_… 各项，或请认证系统的管理员改正；见 docs/how-to/oidc.md",
    "Correct BANJIE_OIDC_…, or have those who run the provider correct it; see docs/how-to/oidc.md",
)


def provider_looks(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Yield what an attempt to use the identity provider finds; nothing where none is configured."""
    try:
        provider = provider_of(settings)
    except InputRefused as error:
        advice = Text("改正这些环境变量后重新启动", "Correct these variables and start anew")
        yield Look(name=NAME, text=error.text, advice=advice, fatal=True)
        return
    if provider is not None:
        yield _asked(provider, clock)


def _asked(provider: ProviderSettings, clock: Clock) -> Look:
    from api.oidc.discovery import Discovery
    from api.oidc.refusals import ProviderAway, ProviderRefused

    shown = provider.shown_title()
    of_it = Text(f"{shown.zh}（{provider.issuer}）", f"{shown.en} ({provider.issuer})")
    try:
        usable = Discovery(provider, clock.now).usable_keys()
    except ProviderAway as error:
        text = Text(f"{of_it.zh}没有可用的答复：{error.reason}", f"{of_it.en} gives no answer: {error.reason}")
        return Look(name=NAME, text=text, advice=_AWAY)
    except ProviderRefused as error:
        text = Text(f"{of_it.zh}的配置不能采信：{error.reason}", f"{of_it.en} cannot be believed: {error.reason}")
        return Look(name=NAME, text=text, advice=_REFUSED)
    if not usable:
        text = Text(f"{of_it.zh}没有公布可用的签名密钥", f"{of_it.en} publishes no key that may sign")
        return Look(name=NAME, text=text, advice=_REFUSED)
    return Look(
        name=NAME,
        text=Text(f"{of_it.zh}可用，签名密钥 {usable} 个", f"{of_it.en} answers, with {usable} key(s) for signatures"),
    )
