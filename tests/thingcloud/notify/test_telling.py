"""An owner is told by their policy until somebody answers, each step once, and nobody's contact shows anywhere."""

import logging
import re
from collections.abc import Callable

import pytest

from tests.fakes.mail import CUT, html_of, text_of
from tests.thingcloud.cast import ALICE
from tests.thingcloud.conversations.street import FINDER_MAIL, Street
from thingcloud.conversations import service as conversations
from thingcloud.notify import deliver, model, service
from thingcloud.notify.channels.email import smarthost
from thingcloud.notify.model import Policy, Step
from thingcloud.owners import service as owners
from thingcloud.plumbing.clock import HOUR, MINUTE, SECOND
from thingcloud.plumbing.errors import BadInput, BadSetting, NotFound
from thingcloud.things import service as things

ALICES_MAIL = ALICE[1]


def subjects(street: Street) -> list[str]:
    return [str(mail["subject"]) for mail in street.sink.mails]


def journal(street: Street) -> str:
    events = street.do(lambda tx, _: things.journal_of(tx, street.suitcase.id))
    return " ".join(f"{event.kind} {event.text} {event.facts}" for event in events)


def jobs_of(street: Street) -> list[tuple[str, str, str]]:
    with street.house.db.reading() as tx:
        rows = tx.exec_driver_sql("SELECT key, state, payload FROM jobs WHERE kind = 'notify.step' ORDER BY id")
        return [(row[0], row[1], row[2]) for row in rows]


def test_the_owner_gets_a_mail_at_once_with_the_finders_words(street: Street) -> None:
    opened = street.find()
    street.work_now()
    (mail,) = street.sink.mails
    assert mail["subject"] == "Someone found your suitcase"
    assert mail["from"].addresses[0].display_name == "The finder, through talk.example"
    assert mail["reply-to"].addresses[0].addr_spec == mail["from"].addresses[0].addr_spec
    local, _, domain = mail["from"].addresses[0].addr_spec.partition("@")
    assert (len(local), domain) == (16, "talk.example")
    assert street.sink.envelopes == [(f"{local}@talk.example", [ALICES_MAIL])]
    for body in (text_of(mail), html_of(mail)):
        assert "Someone found your suitcase." in body
        assert "“Found it on platform 4 under a bench.”" in body
        assert f"http://talk.example/owner/messages/{opened.case_id}" in body
        assert "Only your words go on: your name, address and signature stay here." in body


def test_the_html_part_has_no_picture_and_no_link_but_those_named(street: Street) -> None:
    street.find("See <b>this</b> & http://evil.example")
    street.work_now()
    html = html_of(street.sink.mails[0])
    assert "<img" not in html
    assert "<b>this" not in html
    assert html.count("href=") == 2
    assert 'href="http://evil' not in html


def test_reminders_come_after_two_hours_and_a_day_and_then_it_is_quiet(street: Street) -> None:
    street.find()
    street.work_now()
    street.clock.advance(2 * HOUR - 1)
    street.work_now()
    assert len(street.sink.mails) == 1
    street.clock.advance(1)
    street.work_now()
    street.clock.advance(22 * HOUR)
    street.work_now()
    street.clock.advance(1000 * HOUR)
    street.work_now()
    assert subjects(street) == ["Someone found your suitcase"] + ["Still unanswered: Someone found your suitcase"] * 2
    roots = {str(mail["references"]) for mail in street.sink.mails}
    ids = {str(mail["message-id"]) for mail in street.sink.mails}
    assert len(roots) == 1
    assert len(ids) == 3


def test_an_answer_ends_the_reminders_in_the_same_transaction(street: Street) -> None:
    opened = street.find()
    street.work_now()

    def answered_and_broken(tx, now):  # type: ignore[no-untyped-def]
        conversations.post(tx, now, opened.case_id, "owner", "Thank you!")
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        street.do(answered_and_broken)
    assert [state for _, state, _ in jobs_of(street)] == ["done", "done", "due", "due"]
    street.answer(opened.case_id)
    assert [state for _, state, _ in jobs_of(street)] == ["done", "done", "cancelled", "cancelled"]
    street.clock.advance(48 * HOUR)
    street.work_now()
    assert len(street.sink.mails) == 1


def test_a_step_that_is_claimed_while_the_answer_comes_is_not_sent(street: Street) -> None:
    opened = street.find()
    street.answer(opened.case_id)
    with street.house.db.reading() as tx:
        key = tx.exec_driver_sql("SELECT key FROM jobs WHERE key LIKE 'notify:%email' ORDER BY id LIMIT 1").scalar()
    # What a worker sees that claimed the step a moment before it was cancelled.
    street.house.db.write_now(lambda tx: tx.exec_driver_sql("UPDATE jobs SET state = 'due' WHERE key = ?", (key,)))
    street.work_now()
    assert street.sink.mails == []


def test_news_after_an_answer_is_told_again_and_forgotten_words_stay_forgotten(street: Street) -> None:
    opened = street.find()
    street.work_now()
    street.answer(opened.case_id)
    with street.house.db.reading() as tx:
        assert tx.exec_driver_sql("SELECT facts FROM notices").scalar() == "{}"
    street.do(lambda tx, now: conversations.post(tx, now, opened.case_id, "finder", "It is at the desk."))
    street.work_now()
    assert "It is at the desk." in text_of(street.sink.mails[-1])
    assert len(street.sink.mails) == 2


def test_two_messages_are_two_mails_and_one_row_of_reminders(street: Street) -> None:
    opened = street.find()
    street.do(lambda tx, now: conversations.post(tx, now, opened.case_id, "finder", "And it is wet."))
    street.work_now()
    street.clock.advance(48 * HOUR)
    street.work_now()
    assert len(street.sink.mails) == 2 + 2


def test_planning_the_same_step_again_sends_nothing_more(street: Street) -> None:
    street.find()
    keys = [key for key, _, _ in jobs_of(street)]
    assert len(set(keys)) == len(keys) == 4
    assert all(key.split(":")[:2] == ["notify", "case"] for key in keys)
    assert street.work_now() >= 2
    assert street.work_now() == 0
    assert len(street.sink.mails) == 1


def test_a_host_that_refuses_for_now_is_tried_again(street: Street) -> None:
    street.sink.answers.extend(["451 busy, alice.canary@owner.example", CUT])
    street.find()
    street.work_now()
    assert street.sink.mails == []
    street.clock.advance(5 * SECOND)
    street.work_now()
    assert street.sink.mails == []
    street.clock.advance(10 * SECOND)
    street.work_now()
    assert len(street.sink.mails) == 1


def test_a_host_that_refuses_for_good_is_told_on_the_page_and_in_the_journal(street: Street) -> None:
    street.sink.answers.append("550 no such user alice.canary@owner.example")
    street.find()
    street.work_now()
    assert street.sink.mails == []
    assert "could not be delivered" in journal(street)
    page = street.signed_in(street.alice).get("/owner/settings/notifications").text
    assert "A mail could not be delivered." in page
    street.clock.advance(2 * HOUR)
    street.work_now()
    assert len(street.sink.mails) == 1, "the next step is not held up"


def test_a_host_that_never_takes_it_is_told_on_the_page_in_the_end(street: Street) -> None:
    street.sink.answers.extend(["451 busy"] * 60)
    street.find()
    for _ in range(25):
        street.work_now()
        street.clock.advance(HOUR)
    assert "could not be delivered" in journal(street)
    assert len([line for line in jobs_of(street) if line[1] == "given-up"]) >= 1


def test_no_mail_host_leaves_the_news_on_the_page(street: Street) -> None:
    object.__setattr__(street.house.settings, "smtp", "")
    street.find()
    street.work_now()
    page = street.signed_in(street.alice).get("/owner/settings/notifications").text
    assert "This host has no way to send mail yet." in page
    assert "could not be delivered" not in page + journal(street)
    assert street.do(lambda tx, _: conversations.cases_of(tx, street.alice.id))[0].needs_owner


def test_without_a_way_in_a_mail_offers_no_reply_address(street: Street) -> None:
    object.__setattr__(street.house.settings, "mail_port", 0)
    street.find()
    street.work_now()
    (mail,) = street.sink.mails
    assert mail["reply-to"] is None
    assert mail["from"].addresses[0].addr_spec == "no-reply@talk.example"
    assert "Or answer this mail" not in text_of(mail)


def test_sign_in_mail_carries_a_link_that_opens_once(street: Street) -> None:
    street.do(lambda tx, now: owners.ask_for_link(tx, now, ALICES_MAIL, "owner"))
    street.work_now()
    (mail,) = street.sink.mails
    assert mail["subject"] == "Your way in"
    text = text_of(mail)
    assert "This link opens your things once, within 15 minutes" in text
    assert "Not you? Do nothing; nobody gets in." in text
    secret = text.split("/owner/in/")[1].split()[0]
    now = street.clock.now()
    assert street.house.db.write_now(lambda tx: owners.open_link(tx, now, secret, "owner"))
    assert mail["list-unsubscribe"] is None


def test_one_click_stops_mails_and_looking_does_not(street: Street) -> None:
    street.find()
    street.work_now()
    mail = street.sink.mails[0]
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert re.search(rb"\r\nList-Unsubscribe: <http://talk\.example/stop/[\w.-]{40,}>\r\n", street.sink.raw[0])
    path = str(mail["list-unsubscribe"]).strip("<> ").removeprefix("http://talk.example")
    browser = street.browser()
    assert "Stop these mails?" in browser.get(path).text
    street.find("A second finder.")
    street.work_now()
    assert len(street.sink.mails) == 2
    stopped = browser.post(path, data={"List-Unsubscribe": "One-Click"}, headers={"sec-fetch-site": "cross-site"})
    assert "No more mails." in stopped.text
    street.find("A third finder.")
    street.clock.advance(48 * HOUR)
    street.work_now()
    assert len(street.sink.mails) == 2
    desk = street.signed_in(street.alice)
    assert "Mail is off." in desk.get("/owner/settings/notifications").text
    desk.post("/owner/settings/notifications", data={"mail": "on"})
    assert "Mail is on." in desk.get("/owner/settings/notifications").text


_CHANGES: list[Callable[[str], str]] = [
    lambda path: path[:-1], lambda path: path + "a", lambda path: path.replace(".", ""), lambda _: "x.y",
    lambda _: "é.é",
]  # fmt: skip


@pytest.mark.parametrize("change", _CHANGES)
def test_a_stop_link_that_we_did_not_make_stops_nothing(street: Street, change: Callable[[str], str]) -> None:
    path = deliver.stop_path(street.house.key, f"account:{street.alice.id}").removeprefix("/stop/")
    assert deliver.whom_to_stop(street.house.key, path) == f"account:{street.alice.id}"
    with pytest.raises(NotFound):
        deliver.whom_to_stop(street.house.key, change(path))


def test_the_page_says_what_the_policy_does(street: Street) -> None:
    page = street.signed_in(street.alice).get("/owner/settings/notifications").text
    assert "At once" in page
    assert "on your page and by mail" in page
    assert "Nobody answered after 2 hours" in page
    assert "Nobody answered after 24 hours" in page
    assert street.browser().get("/owner/settings/notifications").headers["location"] == "/owner/sign-in"


def test_a_policy_is_stored_for_each_owner_who_was_told(street: Street) -> None:
    street.find()
    with street.house.db.reading() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM policies").scalar() == 1
    assert street.do(lambda tx, _: service.policy(tx, street.alice.id)) == model.USUAL
    assert street.do(lambda tx, _: service.policy(tx, street.bob.id)) == model.USUAL


def test_a_line_break_in_a_subject_begins_no_header(street: Street) -> None:
    street.do(
        lambda tx, now: service.tell(
            tx, now, street.alice.id, "case:x", "Hello\r\nBcc: mallory@evil.example", {"speaker": "The\nfinder\r\nX: y"}
        )
    )
    street.work_now()
    (mail,) = street.sink.mails
    assert mail["bcc"] is None
    assert mail["x"] is None
    assert street.sink.envelopes[0][1] == [ALICES_MAIL]


def test_no_contact_stands_in_a_log_a_job_an_error_or_a_file_name(
    street: Street, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    street.sink.answers.extend([f"550 {ALICES_MAIL} is unknown", f"451 {ALICES_MAIL}"])
    opened = street.find("Call me: canary-words-in-no-log")
    street.do(lambda tx, now: conversations.answer_by_mail(tx, now, opened.case_id, FINDER_MAIL))
    street.work_now()
    street.clock.advance(2 * HOUR)
    street.work_now()
    street.sink.answers.append(f"550 {FINDER_MAIL} is unknown")
    street.answer(opened.case_id)
    street.work_now()
    records = [record for record in caplog.records if record.name.startswith(("thingcloud", "aiosmtplib"))]
    ours = [record.getMessage() + str(record.exc_text) for record in records]
    with street.house.db.reading() as tx:
        jobs = [str(tuple(row)) for row in tx.exec_driver_sql("SELECT * FROM jobs")]
        events = [str(tuple(row)) for row in tx.exec_driver_sql("SELECT * FROM events")]
    for line in [*ours, *jobs, *events]:
        assert "canary" not in line.lower()
    assert any("given up" in line for line in ours), "the log does say that something was given up"


def test_a_finders_address_that_does_not_work_is_forgotten(street: Street) -> None:
    opened = street.find()
    street.do(lambda tx, now: conversations.answer_by_mail(tx, now, opened.case_id, FINDER_MAIL))
    street.work_now()
    street.sink.answers.append("550 unknown")
    street.answer(opened.case_id)
    street.work_now()
    assert street.do(lambda tx, _: conversations.mail_since(tx, opened.case_id)) is None


def test_steps_repeat_and_wait_for_enough_urgency() -> None:
    urgent, repeated = Step(MINUTE, ("email",), min_urgency=2), Step(5 * MINUTE, ("email",), repeat=2, every=HOUR)
    policy = Policy((Step(0, ("page",)), repeated, urgent))
    assert [(due.after, due.channel) for due in model.plan(policy, 1)] == [
        (0, "page"), (5 * MINUTE, "email"), (65 * MINUTE, "email"), (125 * MINUTE, "email"),
    ]  # fmt: skip
    assert model.plan(policy, 2)[1].after == MINUTE
    assert model.next_mail(policy, 1, 0) == 5 * MINUTE
    assert model.next_mail(policy, 1, 125 * MINUTE) is None
    assert model.from_text(model.to_text(policy), mail=True) == policy


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
    ("", "not-an-address"), ("frida", "not-an-address"), ("frida@", "not-an-address"), ("@x.example", "not-an-address"),
    ("a@b@c.example", "not-an-address"), ("a b@c.example", "not-an-address"),
        ("a@c.example\nBcc: x@y.example", "not-an-address"),
    ("frida@localhost", "no-ending"), ("a" * 250 + "@x.example", "not-an-address"), ("<a@b.example>", "not-an-address"),
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_being_repeated(typed: str, reason: str) -> None:
    with pytest.raises(BadInput) as why:
        model.mail_address(typed)
    assert why.value.reason == reason
    assert not typed or typed not in str(why.value)


@pytest.mark.parametrize(
    "setting", ["mail.example", "http://mail.example", "smtp://", "smtp://u:secret-canary@x:99999"]
)
def test_a_mail_host_that_is_none_is_refused_and_its_password_not_repeated(setting: str) -> None:
    with pytest.raises(BadSetting) as why:
        smarthost(setting)
    assert "canary" not in str(why.value)


def test_a_mail_host_is_read_with_its_name_and_password() -> None:
    host = smarthost("smtps://me%40my.example:p%2Fw@mail.example")
    assert (host.host, host.port, host.tls, host.user, host.password) == (
        "mail.example",
        465,
        True,
        "me@my.example",
        "p/w",
    )
    assert "p/w" not in repr(host)
