"""Mail against a real SMTP server: what it took and what the channel says of it agree, whatever happens."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from notifications.channels.mail import MailChannel, MailServer, Security
from notifications.message import Failed, Held, Message, Outcome, Sent
from tests.support.hook_server import unused_port
from tests.support.mail_server import Ending, Post, client_tls, mail_server

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def a_message(number: int = 1, *, to: str = "wang@example.cn", thread: str | None = None) -> Message:
    return Message(id=f"d{number}", address=to, subject="【职代会提案】交办书", body="请按期签收。\n", thread=thread)


def a_channel(post: Post, *, timeout_seconds: float = 10.0, security: Security = Security.PLAIN) -> MailChannel:
    server = MailServer(
        host="localhost" if security is not Security.PLAIN else "127.0.0.1",
        port=post.port,
        sender="notice@union.example.cn",
        sender_name="工会办公室",
        security=security,
        username="notice" if post.password else None,
        password=post.password,
        timeout_seconds=timeout_seconds,
    )
    return MailChannel(server, now=lambda: NOW, tls=client_tls())


def ids_taken(post: Post) -> list[str]:
    return [str(mail["Message-ID"]) for mail in post.taken]


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content())


def test_a_mail_arrives_with_its_chinese_subject_and_names() -> None:
    with mail_server(Post()) as post:
        assert a_channel(post).deliver([a_message(thread="c7")]) == [Sent("d1")]
    mail = post.taken[0]
    assert mail["Subject"] == "【职代会提案】交办书"
    assert mail["From"].addresses[0].display_name == "工会办公室"
    assert mail["To"] == "wang@example.cn"
    assert mail["Date"].datetime == NOW
    assert text_of(mail).splitlines() == ["请按期签收。"]
    assert mail["Message-ID"] == "<d1@union.example.cn>"
    assert mail["In-Reply-To"] == mail["References"] == "<case-c7@union.example.cn>"


def test_long_ids_reach_the_server_as_they_are() -> None:
    """The email package would encode them, and no mail box would put the mails of a case together."""
    long = "0123456789abcdef" * 3
    with mail_server(Post()) as post:
        message = Message(id=long, address="wang@example.cn", subject="x", body="x", thread=long)
        assert a_channel(post).deliver([message]) == [Sent(long)]
    assert post.taken[0]["Message-ID"] == f"<{long}@union.example.cn>"
    assert post.taken[0]["References"] == f"<case-{long}@union.example.cn>"


def test_many_messages_go_over_one_connection() -> None:
    with mail_server(Post()) as post:
        outcomes = a_channel(post).deliver([a_message(number) for number in range(40)])
    assert outcomes == [Sent(f"d{number}") for number in range(40)]
    assert ids_taken(post) == [f"<d{number}@union.example.cn>" for number in range(40)]
    assert len(post.sessions) == 1


@pytest.mark.parametrize(
    ("answer", "again"), [("451 try later", True), ("450 greylisted", True), ("550 nobody here", False)]
)
def test_a_refused_recipient_leaves_the_others_alone(answer: str, again: bool) -> None:
    with mail_server(Post(recipients={"li@example.cn": answer})) as post:
        outcomes = a_channel(post).deliver([a_message(1), a_message(2, to="li@example.cn"), a_message(3)])
    assert outcomes == [Sent("d1"), Failed("d2", f"smtp {answer[:3]}", again), Sent("d3")]
    assert ids_taken(post) == ["<d1@union.example.cn>", "<d3@union.example.cn>"]
    assert len(post.sessions) == 1


@pytest.mark.parametrize(("answer", "again"), [("452 no room", True), ("554 not wanted", False)])
def test_a_text_refused_after_data_is_not_sent(answer: str, again: bool) -> None:
    with mail_server(Post(data_answer=answer)) as post:
        assert a_channel(post).deliver([a_message()]) == [Failed("d1", f"smtp {answer[:3]}", again)]
    assert post.taken == []


def test_a_refused_sender_is_a_wrong_setting_and_loses_no_message() -> None:
    with mail_server(Post(sender_answer="550 not from you")) as post:
        outcomes = a_channel(post).deliver([a_message(1), a_message(2)])
    assert outcomes == [Failed(id_, "smtp 550 for the sender", True) for id_ in ("d1", "d2")]


def test_a_server_that_says_goodbye_is_called_again() -> None:
    with mail_server(Post(recipients={"li@example.cn": "421 closing"})) as post:
        outcomes = a_channel(post).deliver([a_message(1), a_message(2, to="li@example.cn"), a_message(3)])
    assert outcomes == [Sent("d1"), Failed("d2", "smtp 421", True), Sent("d3")]
    assert len(post.sessions) == 2


def test_a_lost_250_is_unknown_and_the_repeat_carries_the_same_message_id() -> None:
    with mail_server(Post(endings=["lose answer", "answer"])) as post:
        channel = a_channel(post)
        first = channel.deliver([a_message()])
        second = channel.deliver([a_message()])
    assert first == [Failed("d1", "connection lost after DATA: outcome unknown", True)]
    assert second == [Sent("d1")]
    assert ids_taken(post) == ["<d1@union.example.cn>"] * 2


def test_a_connection_dropped_after_data_delays_only_its_own_message() -> None:
    with mail_server(Post(endings=["answer", "drop", "answer"])) as post:
        outcomes = a_channel(post).deliver([a_message(number) for number in (1, 2, 3)])
    assert outcomes == [Sent("d1"), Failed("d2", "connection lost after DATA: outcome unknown", True), Sent("d3")]
    assert ids_taken(post) == ["<d1@union.example.cn>", "<d3@union.example.cn>"]


def test_later_mails_of_a_case_wait_for_the_one_that_failed() -> None:
    messages = [
        a_message(1, thread="a"),
        a_message(2, thread="a"),
        a_message(3, thread="b"),
        a_message(4, thread="a", to="li@example.cn"),
        a_message(5),
    ]
    with mail_server(Post(endings=["drop", "answer"])) as post:
        outcomes = a_channel(post).deliver(messages)
    lost = Failed("d1", "connection lost after DATA: outcome unknown", True)
    assert outcomes == [lost, Held("d2", "held back"), Sent("d3"), Sent("d4"), Sent("d5")]


def test_a_silent_server_costs_one_time_out_and_not_one_per_message() -> None:
    with mail_server(Post(endings=["hang"])) as post:
        outcomes = a_channel(post, timeout_seconds=1.0).deliver([a_message(number) for number in range(20)])
    assert outcomes[0] == Failed("d0", "connection lost after DATA: outcome unknown (timeout)", True)
    assert outcomes[1:] == [Held(f"d{number}", "not tried: server does not answer") for number in range(1, 20)]
    assert post.taken == []


def test_a_slow_server_is_waited_for() -> None:
    with mail_server(Post(endings=["answer late"])) as post:
        assert a_channel(post, timeout_seconds=10.0).deliver([a_message()]) == [Sent("d1")]
    assert ids_taken(post) == ["<d1@union.example.cn>"]


def test_a_server_that_keeps_dropping_is_given_up_for_the_batch() -> None:
    with mail_server(Post(endings=["drop"])) as post:
        outcomes = a_channel(post).deliver([a_message(number) for number in range(20)])
    lost, untried = "connection lost after DATA: outcome unknown", "not tried: server does not answer"
    assert outcomes[:3] == [Failed(f"d{number}", lost, again=True) for number in range(3)]
    assert outcomes[3:] == [Held(f"d{number}", untried) for number in range(3, 20)]
    assert post.texts == 3


def test_a_refused_connection_costs_no_message_an_attempt() -> None:
    outcomes = a_channel(Post(port=unused_port())).deliver([a_message(1), a_message(2)])
    assert outcomes == [Held("d1", "connection failed"), Held("d2", "connection failed")]


def test_an_address_that_is_none_is_final_and_touches_no_header() -> None:
    addresses = ["", "王建国", "a b@example.cn", "wang@example.cn\r\nBcc: all@example.cn", "wang@", "<wang@example.cn>"]
    with mail_server(Post()) as post:
        outcomes = a_channel(post).deliver([a_message(number, to=to) for number, to in enumerate(addresses)])
    assert outcomes == [Failed(f"d{number}", "not a mail address", False) for number in range(len(addresses))]
    assert post.taken == []


def test_a_line_break_in_a_subject_makes_no_header() -> None:
    message = Message(id="d1", address="wang@example.cn", subject="延期\r\nBcc: all@example.cn", body=".\n..\n尾\n")
    with mail_server(Post()) as post:
        assert a_channel(post).deliver([message]) == [Sent("d1")]
    assert post.taken[0]["Bcc"] is None
    assert post.taken[0]["Subject"] == "延期 Bcc: all@example.cn"
    assert text_of(post.taken[0]).splitlines() == [".", "..", "尾"]


@pytest.mark.parametrize(("security", "tls"), [(Security.STARTTLS, "starttls"), (Security.TLS, "implicit")])
def test_mail_goes_over_tls_with_a_login(security: Security, tls: str) -> None:
    with mail_server(Post(password="geheim"), "starttls" if tls == "starttls" else "implicit") as post:
        assert a_channel(post, security=security).deliver([a_message()]) == [Sent("d1")]
    assert ids_taken(post) == ["<d1@union.example.cn>"]
    assert post.logins == 1


def test_a_server_without_tls_gets_no_mail_in_the_clear() -> None:
    with mail_server(Post()) as post:
        outcomes = a_channel(post, security=Security.STARTTLS).deliver([a_message()])
    assert outcomes == [Held("d1", "server lacks what is configured")]
    assert post.taken == []


@pytest.mark.parametrize(("security", "tls"), [(Security.STARTTLS, "starttls"), (Security.TLS, "implicit")])
def test_a_certificate_nobody_vouches_for_gets_no_mail(security: Security, tls: str) -> None:
    with mail_server(Post(), "starttls" if tls == "starttls" else "implicit") as post:
        server = MailServer(host="localhost", port=post.port, sender="a@union.example.cn", security=security)
        outcomes = MailChannel(server, now=lambda: NOW).deliver([a_message()])
    assert outcomes == [Held("d1", "connection failed")]
    assert post.taken == []


def test_a_refused_login_loses_no_message() -> None:
    with mail_server(Post(password="right"), "implicit") as post:
        channel = a_channel(post, security=Security.TLS)
        post.password = "changed"
        assert channel.deliver([a_message()]) == [Held("d1", "smtp 535 on connecting")]
    assert post.taken == []


@pytest.mark.parametrize("ending", ["answer", "lose answer", "drop", "hang"])
def test_nothing_is_called_sent_that_the_server_did_not_take(ending: Ending) -> None:
    """Whatever happens to every third text: the ids called sent are among those taken, and the rest is to be tried."""
    endings: list[Ending] = ["answer", "answer", ending, "answer", "answer", "answer"]
    recipients = {"li@example.cn": "451 later", "zhao@example.cn": "550 gone"}
    addresses = ["wang@example.cn", "li@example.cn", "zhao@example.cn"]
    messages = [a_message(number, to=addresses[number % 3]) for number in range(12)]
    with mail_server(Post(recipients=recipients, endings=endings)) as post:
        outcomes: list[Outcome] = a_channel(post, timeout_seconds=1.0).deliver(messages)
    taken = {mail_id.partition("@")[0].lstrip("<") for mail_id in ids_taken(post)}
    sent = {outcome.id for outcome in outcomes if isinstance(outcome, Sent)}
    assert [outcome.id for outcome in outcomes] == [message.id for message in messages]
    assert sent <= taken
    final = {outcome.id for outcome in outcomes if isinstance(outcome, Failed) and not outcome.again}
    assert {message.address for message in messages if message.id in final} <= {"zhao@example.cn"}
    assert not final & taken


def test_no_reason_holds_anything_of_the_message_or_of_the_answer() -> None:
    with mail_server(Post(data_answer="554 wang@example.cn said CANARY")) as post:
        outcome = a_channel(post).deliver([a_message()])[0]
    assert outcome == Failed("d1", "smtp 554", False)
