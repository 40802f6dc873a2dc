"""How grievances come to each of their states in scenarios."""

from __future__ import annotations

from tests.support.lives import WAYS, Do, Step, Way

BRIEF = "请核实有关情况，与职工沟通后提出处理意见"
DISPATCH = Do("工会办公室", "dispatch", {"lead": "{lead}", "co_handlers": "{co_handlers}"})

GRIEVANCES = Way(
    opener="反映人",
    form={"channel": "mailbox", "grievance_type": "claim"},
    states={
        "registered": Step(None),
        "screened": Step("registered", (Do("工会办公室", "screen", {"brief": BRIEF}),)),
        "transferred": Step("screened", (Do("工会办公室", "transfer"),)),
        "mandated": Step("screened", (Do("工会办公室", "mandate", {"report_due_on": "2026-06-30"}),)),
        "redirected": Step("screened", (Do("工会办公室", "redirect"),)),
        "rejected": Step("screened", (Do("工会办公室", "reject"),)),
        "accepted": Step("screened", (Do("工会办公室", "accept", {"legal_route_checked": True}),)),
        "dispatched": Step("accepted", (DISPATCH,)),
        "objected": Step("dispatched", (Do("{unit}承办人", "hand_back", of="lead"),)),
        "handling": Step(
            "dispatched",
            (Do("{unit}承办人", "acknowledge", of="lead"), Do("{unit}承办人", "acknowledge", of="co_handler")),
        ),
        "hearing": Step("handling", (Do("工会办公室", "hold_hearing"),)),
        "opinion_issued": Step(
            "handling",
            (
                Do("{unit}承办人", "give_opinion", of="co_handler"),
                Do("{lead}负责人", "issue_opinion", {"opinion_result": "supported"}),
            ),
        ),
        "delivered": Step("opinion_issued", (Do("工会办公室", "deliver"),)),
        "called_back": Step("delivered", (Do("工会办公室", "call_back"),)),
        "evaluated": Step("delivered", (Do("反映人", "evaluate"),)),
        "closed": Step("evaluated", (Do("工会办公室", "close"),)),
        "review_appeal": Step("delivered", (Do("反映人", "request_review"),)),
        "final_appeal": Step("review_appeal", (Do("分管领导", "decide_review"), Do("反映人", "request_final_review"))),
        "terminated": Step("final_appeal", (Do("督办人", "decide_final"),)),
        "withdrawn": Step("registered", (Do("反映人", "withdraw"),)),
    },
)
WAYS["grievance"] = GRIEVANCES
