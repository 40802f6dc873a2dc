"""Words for the browser that somebody logs in with, so that they know their sessions apart; nothing finer is kept."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

# In this order: every browser names those it wants to be taken for.
_BROWSERS: Final = (
    ("wxwork", "WeCom"),
    ("dingtalk", "DingTalk"),
    ("lark/", "Feishu"),
    ("micromessenger", "WeChat"),
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("firefox", "Firefox"),
    ("qqbrowser", "QQ Browser"),
    ("huaweibrowser", "Huawei Browser"),
    ("ucbrowser", "UC Browser"),
    ("chrom", "Chrome"),
    ("safari", "Safari"),
)
_SYSTEMS: Final = (
    ("harmonyos", "HarmonyOS"),
    ("openharmony", "HarmonyOS"),
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("cros", "ChromeOS"),
    ("linux", "Linux"),
)


def device_words(request: Request) -> str:
    """Return browser and system, as "Chrome, Windows"; "" where neither is known."""
    said = request.headers.get("user-agent", "").lower()
    found = (next((name for mark, name in kinds if mark in said), "") for kinds in (_BROWSERS, _SYSTEMS))
    return ", ".join(name for name in found if name)
