"""How proposals come to each of their states in scenarios."""

from __future__ import annotations

from tests.support.lives import WAYS, Do, Step, Way

ASSIGN = Do("工会办公室", "assign", {"lead": "{lead}", "co_handlers": "{co_handlers}"})

PROPOSALS = Way(
    opener="提案人",
    states={
        "draft": Step(None),
        "seconding": Step("draft", (Do("提案人", "start_seconding"),)),
        "delegation_review": Step("seconding", (Do("提案人", "submit"),)),
        "submitted": Step(
            "seconding",
            (
                Do("提案人", "invite_seconder", {"invitee": "附议人甲"}),
                Do("提案人", "invite_seconder", {"invitee": "附议人乙"}),
                Do("附议人甲", "second"),
                Do("附议人乙", "second"),
                Do("提案人", "submit"),
            ),
        ),
        "under_review": Step("submitted", (Do("提案委", "begin_review"),)),
        "returned_for_revision": Step("under_review", (Do("提案委", "return_for_revision"),)),
        "referred_to_presidium": Step("under_review", (Do("提案委", "refer_to_presidium"),)),
        "filed": Step("under_review", (Do("提案委", "file"),)),
        "converted": Step("under_review", (Do("提案委", "convert"),)),
        "refused": Step("under_review", (Do("提案委", "refuse"),)),
        "assigned": Step("filed", (ASSIGN,)),
        "handling": Step(
            "assigned",
            (Do("{unit}承办人", "acknowledge", of="lead"), Do("{unit}承办人", "acknowledge", of="co_handler")),
        ),
        "counter_signing": Step("handling", (Do("{lead}承办人", "draft_reply"),)),
        "reply_review": Step(
            "counter_signing", (Do("{unit}负责人", "counter_sign", of="co_handler"), Do("{lead}负责人", "sign_off"))
        ),
        "replied": Step("reply_review", (Do("提案委", "release_reply"),)),
        "evaluated": Step("replied", (Do("提案人", "evaluate"),)),
        "closed": Step("evaluated", (Do("提案委", "close"),)),
        "follow_up": Step("closed", (Do("工会办公室", "begin_follow_up"),)),
        "archived": Step("closed", (Do("工会办公室", "archive"),)),
    },
)
WAYS["proposal"] = PROPOSALS
