"""The identity provider that an operator has configured; half a configuration, or one without its extra, is refused."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urlsplit

from api.oidc.settings import ProviderSettings
from engine.errors import InputRefused
from engine.text import Text
from notifications.origins import Origin, is_origin
from runtime.settings import Settings

NEEDED = ("joserfc", "itsdangerous")
"""What the extra brings along; it is imported where a provider is configured only."""
_ADDRESS = Text("须为 https 地址，不带用户名、参数", "give an https address without user and query")


def provider_of(settings: Settings) -> ProviderSettings | None:
    """Return the identity provider of the settings, None where none is configured.

    Raises:
        InputRefused: settings are missing or wrong, or the extra is not installed; all of it is told at once.
    """
    secret = settings.oidc_secret.get_secret_value()
    begun = (settings.oidc_issuer, settings.oidc_client, secret)
    if not any(begun):
        return None
    internal = tuple(settings.internal_origins.split())
    origins = tuple(settings.oidc_origins.split())
    asked = {"OIDC_ISSUER": (settings.oidc_issuer,), "OIDC_ORIGINS": origins}
    wrong: list[Text] = []
    if not all(map(is_origin, internal)):
        wrong.append(_named("INTERNAL_ORIGINS", _ADDRESS))
        internal = ()
    wrong += [_named(name, _ADDRESS) for name, addresses in asked.items() if not _may_all_be_asked(addresses, internal)]
    if not settings.oidc_client:
        wrong.append(_named("OIDC_CLIENT", Text("须填写在该处登记的客户端", "name the client registered there")))
    if not secret:
        wrong.append(_named("OIDC_SECRET", Text("须填写客户端密钥", "give the client's secret")))
    if not is_origin(settings.pages_url):
        text = Text("须填写网页地址，登录后由此返回", "give the address of the pages: people come back there")
        wrong.append(_named("PAGES_URL", text))
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        text = Text("需要先安装 banjie[oidc]", "install banjie[oidc] first")
        wrong.append(_named("OIDC_ISSUER", text))
    if wrong:
        zh, en = "；".join(text.zh for text in wrong), "; ".join(text.en for text in wrong)
        raise InputRefused(
            Text(f"统一身份认证设置有误：{zh}", f"The settings of the identity provider are wrong. {en}")
        )
    return ProviderSettings(
        issuer=settings.oidc_issuer,
        client=settings.oidc_client,
        secret=secret,
        pages_url=settings.pages_url,
        title=settings.oidc_title.strip(),
        origins=origins,
        internal_origins=internal,
        second_factors=frozenset(settings.oidc_second_factor.split()),
    )


def _may_all_be_asked(addresses: tuple[str, ...], internal: tuple[str, ...]) -> bool:
    """Tell whether all are asked over https, or are inside the house and were named as such."""
    inside = {Origin.of(one) for one in internal}
    return all(
        is_origin(one) and not set("?#") & set(one) and (urlsplit(one).scheme == "https" or Origin.of(one) in inside)
        for one in addresses
    )


def _named(variable: str, text: Text) -> Text:
    return Text(f"BANJIE_{variable} {text.zh}", f"BANJIE_{variable}: {text.en}")
