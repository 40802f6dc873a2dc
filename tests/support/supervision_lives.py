"""How supervision orders come to each of their states in scenarios. They are opened by the matter they are about."""

from __future__ import annotations

from tests.support.lives import WAYS, Do, Step, Way

SUPERVISION = Way(
    opener="督办人",
    states={
        "issued": Step(None),
        "received": Step("issued", (Do("{unit}承办人", "acknowledge", of="lead"),)),
        "answered": Step("received", (Do("{lead}负责人", "answer"),)),
        "checked": Step("answered", (Do("督办人", "accept_answer"),)),
        "closed": Step("checked", (Do("督办人", "close"),)),
        "withdrawn": Step("issued", (Do("督办人", "withdraw"),)),
    },
)
WAYS["supervision"] = SUPERVISION
