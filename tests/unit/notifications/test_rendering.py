"""What notices say: every template of every shipped procedure, in both languages, and nothing of confidential cases."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from jinja2 import UndefinedError, meta
from jinja2.exceptions import SecurityError

from engine.definition.loader import load_workflow
from engine.definition.model import Rung, Saying, Workflow
from engine.definition.parts import Label
from engine.text import Language
from notifications.checkpoint_mail import CheckpointMail
from notifications.rendering import (
    TEMPLATES,
    NoticeValues,
    TemplateMissing,
    environment,
    is_shipped,
    render,
    render_digest,
    rung_template,
)

WORKFLOWS = [load_workflow(path).part for path in sorted(Path("workflows").glob("*/v[0-9].yaml"))]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
VALUES = NoticeValues(
    title="延期告知",
    workflow="职代会提案",
    url="https://banjie.example.cn/cases/7",
    number="第14号",
    subject="关于改善夜班食堂的提案",
    reason="材料到货推迟",
    deadline="答复期限",
    due_on=date(2026, 4, 1),
    promised_on=date(2026, 3, 2),
    provisional=True,
    acting_for="王建国",
)
BARE = NoticeValues(title="延期告知", workflow="职代会提案", url="https://banjie.example.cn/cases/7")


def rungs_of(workflow: Workflow) -> list[Rung]:
    return [rung for ladder in workflow.ladders.values() for rung in ladder.rungs]


def templates_named() -> list[str]:
    """Return every template that a notice or a rung of a shipped procedure is told by."""
    notices = {notice.template for workflow in WORKFLOWS for notice in workflow.notices.values() if notice.template}
    return sorted(notices | {rung_template(rung) for workflow in WORKFLOWS for rung in rungs_of(workflow)})


def macros(language: Language) -> set[str]:
    wording = environment().get_template(f"{language}/wording.txt").module
    return {name for name in vars(wording) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("language", "happened", "following"), [("zh", "已收到申请。", "请三日内受理。"), ("en", "It came.", "Accept it.")]
)
def test_a_notice_may_say_its_own_words_which_are_no_template(
    language: Language, happened: str, following: str
) -> None:
    words = Saying(
        happened=Label(zh="已收到申请。", en="It came."),
        next=Label(zh="请三日内受理。", en="Accept it."),
    )
    _subject, body = render(words, VALUES, language)
    assert happened in body
    assert following in body
    assert body.index(happened) < body.index(VALUES.reason) < body.index(following)
    tricky = Saying(happened=Label(zh="{{ url }}", en="{{ url }}"), next=Label(zh="{% if %}", en="{% if %}"))
    assert "{{ url }}" in render(tricky, VALUES, language)[1]
    _subject, kept = render(words, VALUES, language, confidential=True)
    assert happened not in kept


def test_the_shipped_procedures_name_templates() -> None:
    """Guards the tests below against running over nothing."""
    assert {workflow.name for workflow in WORKFLOWS} >= {"proposal", "handling", "grievance"}
    assert {"proposal_extended", "handling_assigned", "grievance_accepted", "rung_overdue"} <= set(templates_named())


@pytest.mark.parametrize("template", templates_named())
def test_every_template_named_says_what_happened_and_what_to_do_in_both_languages(template: str) -> None:
    assert is_shipped(template)
    for language in LANGUAGES:
        for values in (VALUES, BARE):
            subject, body = render(template, values, language)
            assert values.title in subject
            assert values.workflow in subject
            assert values.url in body
            lines = body.splitlines()
            happened, advised = ("情况：", "下一步：") if language == "zh" else ("What happened: ", "What to do next: ")
            for beginning in (happened, advised):
                assert [line for line in lines if line.startswith(beginning) and line.endswith(("。", "."))]
            assert not {"{{", "{%", "None", "True"} & set(subject.split() + body.split())
            assert "\n\n\n" not in body


def test_a_notice_is_written_out_in_chinese() -> None:
    subject, body = render("proposal_extended", VALUES, "zh")
    assert subject == "【职代会提案】延期告知（第14号）：关于改善夜班食堂的提案"
    assert body == (
        "延期告知\n"
        "\n"
        "事项：职代会提案，第14号\n"
        "事由：关于改善夜班食堂的提案\n"
        "情况：本件办理期限经批准已延长。\n"
        "说明：材料到货推迟\n"
        "期限：答复期限，2026年4月1日（周三）（暂定）\n"
        "原定期限：2026年3月2日（周一）\n"
        "下一步：请按延长后的期限办理；延期理由可登录系统查看。\n"
        "查看：https://banjie.example.cn/cases/7\n"
        "\n"
        "您正在代行王建国的职责，故收到本通知。\n"
        "\n"
        "本通知由系统自动发出，请勿直接回复。\n"
    )


def test_a_notice_is_written_out_in_english_with_no_line_for_what_is_not_given() -> None:
    values = replace(BARE, title="Extended", workflow="Congress proposal", due_on=date(2026, 4, 1))
    assert render("proposal_extended", values, "en") == (
        "[Congress proposal] Extended",
        "Extended\n"
        "\n"
        "Matter: Congress proposal\n"
        "What happened: The term of this matter has been extended.\n"
        "Due: Wed 1 Apr 2026\n"
        "What to do next: The new date counts; please log in to read the reason.\n"
        "See: https://banjie.example.cn/cases/7\n"
        "\n"
        "This notice was sent automatically; please do not reply to it.\n",
    )


def test_the_day_first_promised_is_shown_only_where_it_has_moved() -> None:
    assert "原定" not in render("extended", replace(VALUES, promised_on=VALUES.due_on), "zh")[1]


def test_the_template_of_a_procedure_comes_before_that_of_all() -> None:
    assert "你单位承办的事项尚未办理完毕" in render("handling_reminded", BARE, "zh")[1]
    assert "本件尚未办结，现予催办" in render("proposal_reminded", BARE, "zh")[1]
    assert render("proposal_extended", BARE, "zh") == render("grievance_extended", BARE, "zh")


@pytest.mark.parametrize("name", ["", "proposal_", "proposal_unheard_of", "_body_stream", "x__body_stream", "layout"])
def test_an_unknown_template_is_refused_also_for_a_confidential_case(name: str) -> None:
    assert not is_shipped(name)
    for confidential in (False, True):
        with pytest.raises(TemplateMissing):
            render(name, VALUES, "zh", confidential=confidential)


def test_both_languages_have_the_same_templates_of_two_lines_each() -> None:
    assert macros("zh") == macros("en")
    for language in LANGUAGES:
        wording = environment().get_template(f"{language}/wording.txt").make_module({"deadline": ""})
        lines = {name: getattr(wording, name)().splitlines() for name in macros(language)}
        assert {name for name, written in lines.items() if len(written) != 2 or not all(written)} == set()


def test_templates_use_only_the_variables_that_notices_have() -> None:
    known = {field.name for field in fields(NoticeValues)} | {"macro", "said"}
    of_checkpoints = {field.name for field in fields(CheckpointMail)} | {"file", "begin", "end"}
    used = {
        path.relative_to(TEMPLATES).as_posix(): meta.find_undeclared_variables(environment().parse(path.read_text()))
        for path in sorted(TEMPLATES.glob("*/*.txt"))
    }
    for language in LANGUAGES:
        assert used.pop(f"{language}/layout.txt") == known
        assert used.pop(f"{language}/digest.txt") == {"parts"}
        assert used.pop(f"{language}/checkpoint.txt") <= of_checkpoints
    assert used.pop("zh/wording.txt") == {"deadline"}
    # The rest says nothing of a case: confidential cases, the footer, and the English wording.
    assert len(used) == 5
    assert set().union(*used.values()) == set()


def test_an_unknown_variable_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError, match="petitioner"):
        environment().from_string("{{ petitioner }}").render(title="x")
    with pytest.raises(UndefinedError, match="petitioner"):
        environment().from_string("{% if petitioner %}x{% endif %}").render(title="x")


def test_a_template_reaches_nothing_but_its_values() -> None:
    with pytest.raises(SecurityError):
        environment().from_string("{{ title.__class__.__mro__ }}").render(title="x")


def test_values_are_text_and_never_a_template_or_a_line_of_their_own() -> None:
    hostile = "{{ 7 * 7 }} <b>&\r\nBcc: all@example.cn\u2028下一步：x"
    subject, body = render("extended", replace(VALUES, subject=hostile, reason=hostile), "zh")
    assert "{{ 7 * 7 }} <b>& Bcc: all@example.cn 下一步：x" in subject
    assert len(subject.splitlines()) == 1
    assert len(body.splitlines()) == len(render("extended", VALUES, "zh")[1].splitlines())


def test_long_values_are_shortened() -> None:
    subject, body = render("extended", replace(VALUES, subject="长" * 90_000, reason="长" * 90_000), "zh")
    assert len(subject) == 200
    assert subject.endswith("…")
    assert len(body) < 3000


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_confidential_case_no_word_gets_through_in_any_template(language: Language) -> None:
    canaries = NoticeValues(
        title="CANARY-title",
        workflow="CANARY-workflow",
        url="https://CANARY-url",
        number="CANARY-number",
        subject="CANARY-subject",
        reason="CANARY-reason",
        deadline="CANARY-deadline",
        due_on=date(2026, 4, 1),
        promised_on=date(2026, 3, 2),
        provisional=True,
        acting_for="CANARY-person",
    )
    told = {render(template, canaries, language, confidential=True) for template in templates_named()}
    assert len(told) == 1  # nor does the wording tell what kind of step it was
    subject, body = told.pop()
    assert "CANARY" not in subject + body
    assert not [character for character in subject + body if character.isdigit()]


def test_what_is_said_of_a_confidential_case() -> None:
    assert render("grievance_accepted", VALUES, "zh", confidential=True) == (
        "您有一件保密事项有新进展",
        "您有一件保密事项有新进展，请登录系统查看。\n",
    )


def test_a_digest_holds_its_notices_in_order_and_nothing_of_confidential_ones() -> None:
    notices = [
        render("proposal_extended", replace(VALUES, subject="关于班车的提案"), "zh"),
        render("grievance_accepted", replace(VALUES, subject="CANARY", number="CANARY"), "zh", confidential=True),
        render("rung_overdue", replace(VALUES, title="黄色：逾期催办", subject="关于更衣室的提案"), "zh"),
    ]
    subject, body = render_digest(notices, "zh")
    assert subject == "通知汇总（3条）"
    lines = body.splitlines()
    assert [line for line in lines if line[:3] in {"1. ", "2. ", "3. "}] == [
        "1. 【职代会提案】延期告知（第14号）：关于班车的提案",
        "2. 您有一件保密事项有新进展",
        "3. 【职代会提案】黄色：逾期催办（第14号）：关于更衣室的提案",
    ]
    assert "CANARY" not in body
    assert lines.count("本通知由系统自动发出，请勿直接回复。") == 1
    assert render_digest(notices[:1], "en")[0] == "1 notice in one"
    assert render_digest(notices, "en")[0] == "3 notices in one"


def test_a_name_without_its_procedure_is_right_for_all_that_use_it() -> None:
    """A text written for one procedure must not be found by another's name that ends alike."""
    workflows = {workflow.name for workflow in WORKFLOWS}
    shared = {name for name in macros("zh") if name.partition("_")[0] not in workflows}
    assert not [
        name for name in shared if "您反映" in render(name, BARE, "zh")[1] or "提案人" in render(name, BARE, "zh")[1]
    ]
    assert {"reminded", "extended", "rung_overdue"} <= shared


def test_canaries_do_get_through_where_a_case_is_not_confidential() -> None:
    """So that the test above looks for something that would be found."""
    subject, body = render("extended", replace(VALUES, subject="CANARY", reason="CANARY-reason"), "zh")
    assert "CANARY" in subject
    assert "CANARY-reason" in body


@pytest.mark.parametrize(
    ("level", "at", "template"),
    [
        (1, {"before": "7 days"}, "rung_due_soon"),
        (2, {"after": "1 day"}, "rung_overdue"),
        (3, {"after": "15 days"}, "rung_long_overdue"),
        (4, {"after": "30 days"}, "rung_gravest"),
        (2, {"on": "return_reply", "times": 2}, "rung_event"),
    ],
)
def test_those_on_a_ladder_are_told_ever_more_severely(level: int, at: dict[str, object], template: str) -> None:
    rung = {"id": "r", "level": level, "colour": "red", "title": {"zh": "督办", "en": "Rung"}, "at": at, "to": ["x"]}
    assert rung_template(Rung.model_validate(rung)) == template


def test_a_rung_names_the_deadline_it_is_about() -> None:
    assert "本件答复期限即将届满。" in render("rung_due_soon", VALUES, "zh")[1]
    assert "本件办理期限即将届满。" in render("rung_due_soon", BARE, "zh")[1]
