"""What ``banjie doctor`` says of the ways out of the house: which there are, and what waits for one that is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.errors import InputRefused
from engine.service.looks import Look
from engine.service.notice_ports import WaitingChannel
from engine.text import Text
from runtime.channels import outlets
from runtime.cli.looking import asked
from runtime.settings import Settings


def channel_looks(settings: Settings) -> Iterator[Look]:
    """Yield whether the settings of the channels are right, and what each channel leaves waiting."""
    try:
        names = tuple(outlets(settings).channels)
    except InputRefused as error:
        yield Look(
            name="channels",
            text=error.text,
            advice=Text("改正这些环境变量后重新启动", "Correct these variables and start anew"),
            fatal=True,
        )
        return
    yield configured_look(names)
    yield from waiting_looks(_waiting(settings), names)


def configured_look(names: Sequence[str]) -> Look:
    """Say which channels there are; none is well too, as the inbox tells of everything."""
    if not names:
        return Look(
            name="channels",
            text=Text("未设置站外消息渠道，通知只进收件箱", "No channel is configured: notices go to the inbox only"),
        )
    return Look(
        name="channels", text=Text(f"站外消息渠道：{'、'.join(names)}", f"Channels configured: {', '.join(names)}")
    )


def waiting_looks(found: Sequence[WaitingChannel], names: Sequence[str]) -> Iterator[Look]:
    """Yield one look for each channel that leaves deliveries waiting which it should not."""
    for waiting in found:
        if waiting.channel not in names:
            yield Look(
                name="deliveries",
                text=Text(
                    f"{waiting.deliveries}条通知要发往未设置的渠道 {waiting.channel}",
                    f"{waiting.deliveries} deliveries are addressed to {waiting.channel}, which is not configured",
                ),
                advice=Text(
                    "设置该渠道，或请有关人员改用其他渠道；一天后这些通知记为发送失败，收件箱中仍可阅读",
                    "Configure it, or have people choose another; after a day they fail, and stay in the inbox",
                ),
            )
        elif waiting.troubled:
            yield Look(
                name="deliveries",
                text=Text(
                    f"渠道 {waiting.channel} 有{waiting.troubled}条通知暂未发出，正在重试",
                    f"{waiting.troubled} deliveries by {waiting.channel} met trouble and are tried again",
                ),
                advice=Text(
                    "对方服务恢复后会自动发出；长时间如此，请检查该渠道的设置，原因见服务日志",
                    "They go when the other side is back; if it lasts, look at the settings and at the log",
                ),
            )


def _waiting(settings: Settings) -> list[WaitingChannel]:
    """Return what waits in all organisations; nothing where there is no database, which is told elsewhere."""
    found = asked(
        settings, lambda reads: [waiting for root in reads.roots() for waiting in reads.waiting_channels(root)]
    )
    return found or []
