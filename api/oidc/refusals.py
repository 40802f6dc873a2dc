"""How an answer of the identity provider is refused: one text for whoever reads it, and the reason for the operator."""

from __future__ import annotations

import logging

from engine.errors import LoginRefused
from engine.text import Text

_LOG = logging.getLogger(__name__)


class ProviderRefused(LoginRefused):
    """The provider, or what came from it, was not believed. ``reason`` names no person and holds no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            Text(
                "统一身份认证未通过，请重试，或用账号密码登录",
                "That login was not accepted; try again, or log in with your password",
            )
        )
        self.reason = reason
        _LOG.info("a login by the identity provider was refused: %s", reason)


class ProviderAway(LoginRefused):
    """The provider did not answer, or not in a way that can be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            Text(
                "统一身份认证暂时不可用，请用账号密码登录，或稍后再试",
                "The identity provider does not answer; log in with your password, or try later",
            )
        )
        self.reason = reason
        _LOG.warning("the identity provider cannot be used: %s", reason)
