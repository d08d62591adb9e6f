"""Answers that come by mail: heard from the right address only, said in their case, and never more than the words."""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosmtplib
import pytest

from tests.fakes.mail import html_of, text_of
from tests.thingcloud.cast import ALICE, BOB
from tests.thingcloud.conversations.replies import plain
from tests.thingcloud.conversations.street import FINDER_MAIL, Street
from thingcloud.conversations import letters, service
from thingcloud.conversations.mail import Door
from thingcloud.conversations.model import Opened
from thingcloud.plumbing.errors import Unavailable

ALICES = f"{ALICE[0]} <{ALICE[1]}>"


@asynccontextmanager
async def door(street: Street) -> AsyncIterator[int]:
    made = Door(street.house)
    port = await made.start(0)
    try:
        yield port
    finally:
        await made.stop()


async def send(port: int, to: str, raw: bytes, sender: str = ALICE[1]) -> str:
    """Hand a mail in by real SMTP; "" when it was taken, else what was said."""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
    async with client:
        try:
            await client.sendmail(sender, [to], raw)
        except aiosmtplib.SMTPResponseException as error:
            return f"{error.code} {error.message}"
        except aiosmtplib.SMTPRecipientsRefused as error:
            return f"{error.recipients[0].code} {error.recipients[0].message}"
    return ""


def reply_address(street: Street) -> str:
    return str(street.sink.mails[-1]["reply-to"].addresses[0].addr_spec)


def hand_in(street: Street, raw: bytes, to: str = "", sender: str = ALICE[1]) -> str:
    async def run() -> str:
        async with door(street) as port:
            return await send(port, to or reply_address(street), raw, sender)

    return asyncio.run(run())


def told(street: Street) -> Opened:
    opened = street.find()
    street.work_now()
    return opened


def said(street: Street, opened: Opened) -> list[str]:
    return [message.words for message in street.do(lambda tx, _: service.messages(tx, opened.case_id))]


def test_an_answer_by_mail_appears_on_the_finders_page(street: Street) -> None:
    opened = told(street)
    assert hand_in(street, plain(f"The desk is perfect.\n\n-- \n{ALICES}", sender=ALICES)) == ""
    page = street.phone(opened).get(f"/c/at/{opened.case_id}").text
    assert "The owner answered." in page
    assert "The desk is perfect." in page
    assert "canary" not in page.lower()


def test_an_answer_by_mail_ends_the_reminders(street: Street) -> None:
    told(street)
    hand_in(street, plain("Thank you!", sender=ALICES))
    street.clock.advance(48 * 3_600_000)
    street.work_now()
    assert [str(mail["subject"]) for mail in street.sink.mails] == ["Someone found your suitcase"]


def test_the_same_mail_twice_is_one_message(street: Street) -> None:
    opened = told(street)
    raw = plain("Thank you!", sender=ALICES, Message_ID="<one@owner.example>")
    assert [hand_in(street, raw), hand_in(street, raw)] == ["", ""]
    assert said(street, opened)[1:] == ["Thank you!"]


def test_the_owners_name_is_left_out_also_where_the_mail_does_not_give_it(street: Street) -> None:
    opened = told(street)
    hand_in(street, plain("It is mine, says Alice Appleby-Canary. Ask for Appleby.", sender=ALICE[1]))
    assert said(street, opened)[1:] == ["It is mine, says [name left out]. Ask for [name left out]."]


def test_an_unknown_address_is_refused_before_the_mail_is_sent(street: Street) -> None:
    told(street)
    assert hand_in(street, plain("hello"), "abcdefghijklmnop@talk.example").startswith("550 5.1.1")
    assert hand_in(street, plain("hello"), "no-reply@talk.example").startswith("550 5.1.1")
    local = reply_address(street).partition("@")[0]
    assert hand_in(street, plain("hello"), f"{local}@elsewhere.example").startswith("550 5.7.1")


def test_the_address_may_come_in_any_case(street: Street) -> None:
    opened = told(street)
    assert hand_in(street, plain("Thank you!", sender=ALICES), reply_address(street).upper()) == ""
    assert said(street, opened)[1:] == ["Thank you!"]


def test_a_reply_from_another_address_gets_a_helpful_refusal_and_goes_nowhere(street: Street) -> None:
    opened = told(street)
    refusal = hand_in(street, plain("Send it to me!", sender=f"{BOB[0]} <{BOB[1]}>"), sender=BOB[1])
    assert refusal.startswith("550 5.7.1")
    assert "answer on the page" in refusal
    assert "canary" not in refusal
    assert said(street, opened) == ["Found it on platform 4 under a bench."]
    street.work_now()
    assert len(street.sink.mails) == 1, "no bounce to an address that may be forged"


def test_the_writer_is_told_by_mail_and_on_the_page_what_was_left_out(street: Street) -> None:
    opened = told(street)
    hand_in(street, plain("Call me: +49 170 5550123", sender=ALICES))
    street.work_now()
    note = street.sink.mails[-1]
    assert street.sink.envelopes[-1][1] == [ALICE[1]]
    assert "We left out a phone number. To send it on purpose, answer on the page." in text_of(note)
    assert note["auto-submitted"] == "auto-generated"
    assert note["reply-to"] is None
    assert "left out: a phone number" in street.signed_in(street.alice).get(f"/owner/messages/{opened.case_id}").text
    assert "left out: " not in street.phone(opened).get(f"/c/at/{opened.case_id}").text


def test_our_own_note_sent_back_to_us_is_not_said(street: Street) -> None:
    opened = told(street)
    note = street.sink.mails[0].as_bytes()
    assert hand_in(street, re.sub(rb"From: .*", b"From: " + ALICES.encode(), note)) == ""
    assert said(street, opened) == ["Found it on platform 4 under a bench."]


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes"])
def test_automatic_replies_are_dropped(street: Street, header: str) -> None:
    opened = told(street)
    assert hand_in(street, header.encode() + b"\r\n" + plain("I am away, call +49 170 5550123", sender=ALICES)) == ""
    assert len(said(street, opened)) == 1


def test_a_bounce_is_taken_and_dropped(street: Street) -> None:
    opened = told(street)
    assert hand_in(street, plain("undeliverable", sender="<>"), sender="") == ""
    assert len(said(street, opened)) == 1


def test_a_mail_without_words_is_refused_with_what_to_do(street: Street) -> None:
    told(street)
    refusal = hand_in(street, plain("> old\n> words\n", sender=ALICES))
    assert refusal.startswith("550 5.6.0")
    assert "Write them above the quoted mail." in refusal


def test_a_mail_of_too_many_words_is_refused_with_the_limit(street: Street) -> None:
    told(street)
    assert "2,000 characters fit." in hand_in(street, plain("word " * 1000, sender=ALICES))


def test_a_mail_with_a_megabyte_of_pictures_keeps_its_words(street: Street) -> None:
    opened = told(street)
    picture = (
        b"Content-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + (b"QUJD" * 19 + b"\r\n") * 13000
    )
    raw = (
        f"From: {ALICES}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
        "Content-Type: text/plain\r\n\r\nHere is a picture.\r\n--x\r\n".encode()
        + picture
        + b"\r\n--x--\r\n"
    )
    assert len(raw) > 1_000_000
    assert hand_in(street, raw) == ""
    assert said(street, opened)[1:] == ["Here is a picture."]


def test_a_mail_that_is_too_large_is_refused(street: Street) -> None:
    told(street)
    raw = plain("hello", sender=ALICES) + b"x" * 70 + b"\r\n" + (b"y" * 900 + b"\r\n") * (letters.MOST_BYTES // 900)
    assert hand_in(street, raw).startswith("552")


def test_a_closed_case_takes_no_mail(street: Street) -> None:
    opened = told(street)
    street.do(lambda tx, now: service.close(tx, now, opened.case_id, "returned"))
    assert "closed" in hand_in(street, plain("one more thing", sender=ALICES))


def test_too_many_mails_are_put_off_and_not_lost(street: Street) -> None:
    told(street)
    answers = [hand_in(street, plain(f"number {number}", sender=ALICES)) for number in range(11)]
    assert answers[:10] == [""] * 10
    assert answers[10].startswith("450 4.7.1")


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00\x00\x00", b"From: \xff\xfe\r\n\r\nhi", b"Content-Type: multipart/mixed\r\n\r\nhi", b"\r\n" * 500,
     b"From: " + ALICES.encode() + b"\r\nContent-Type: multipart/mixed; boundary=\"\r\n\r\n--\r\nhi"],
)  # fmt: skip
def test_broken_mails_are_refused_with_a_reason_or_taken(street: Street, raw: bytes) -> None:
    opened = told(street)
    answer = hand_in(street, raw)
    assert answer == "" or re.match(r"5\d\d \d\.\d\.\d .{10}", answer)
    assert hand_in(street, plain("Still listening.", sender=ALICES)) == ""
    assert said(street, opened)[-1] == "Still listening."


def test_the_finder_hears_by_mail_and_answers_by_mail(street: Street) -> None:
    opened = told(street)
    phone = street.phone(opened)
    asked = phone.post(f"/c/at/{opened.case_id}/mail", data={"email": FINDER_MAIL})
    assert asked.status_code == 303
    street.answer(opened.case_id, "The desk is perfect.")
    street.work_now()
    mail = street.sink.mails[-1]
    assert street.sink.envelopes[-1][1] == [FINDER_MAIL]
    assert mail["subject"] == "The owner of the suitcase answered"
    assert mail["from"].addresses[0].display_name == "The owner, through talk.example"
    for body in (text_of(mail), html_of(mail)):
        assert "“The desk is perfect.”" in body
        assert "The owner does not see your address." in body
        assert "canary" not in body.lower()
    raw = plain("I leave it there. Call 0171 5550199.", sender=f"Frida Finder <{FINDER_MAIL}>")
    assert hand_in(street, raw, sender=FINDER_MAIL) == ""
    assert said(street, opened)[-1] == "I leave it there. Call [phone number left out]."
    street.work_now()
    to_alice = next(mail for mail in reversed(street.sink.mails) if ALICE[1] in str(mail["to"]))
    assert "I leave it there." in text_of(to_alice)
    assert "frida" not in to_alice.as_string().lower()


def test_the_link_in_the_finders_mail_opens_the_case(street: Street) -> None:
    opened = told(street)
    street.do(lambda tx, now: service.answer_by_mail(tx, now, opened.case_id, FINDER_MAIL))
    street.answer(opened.case_id)
    street.work_now()
    secret = text_of(street.sink.mails[-1]).split("/c/")[1].split()[0]
    assert secret != opened.secret
    assert street.browser().get(f"/c/{secret}").headers["location"] == f"/c/at/{opened.case_id}"


def test_a_finder_who_did_not_ask_gets_no_mail_and_one_who_stopped_gets_no_more(street: Street) -> None:
    opened = told(street)
    street.answer(opened.case_id, "one")
    street.work_now()
    assert len(street.sink.mails) == 1
    phone = street.phone(opened)
    phone.post(f"/c/at/{opened.case_id}/mail", data={"email": FINDER_MAIL})
    street.answer(opened.case_id, "two")
    street.work_now()
    assert len(street.sink.mails) == 2
    assert "Answers also come by mail, since" in phone.get(f"/c/at/{opened.case_id}").text
    path = str(street.sink.mails[-1]["list-unsubscribe"]).strip("<> ").removeprefix("http://talk.example")
    assert "Your address is forgotten." in street.browser().post(path).text
    street.answer(opened.case_id, "three")
    street.work_now()
    assert len(street.sink.mails) == 2


def test_the_owner_cannot_speak_through_the_finders_address_nor_the_finder_through_the_owners(street: Street) -> None:
    opened = told(street)
    owners_alias = reply_address(street)
    street.do(lambda tx, now: service.answer_by_mail(tx, now, opened.case_id, FINDER_MAIL))
    street.answer(opened.case_id)
    street.work_now()
    finders_alias = reply_address(street)
    assert owners_alias != finders_alias
    assert hand_in(street, plain("x", sender=ALICES), finders_alias).startswith("550 5.7.1")
    assert hand_in(street, plain("x", sender=FINDER_MAIL), owners_alias).startswith("550 5.7.1")


def test_several_recipients_are_each_heard_and_too_many_refused(street: Street) -> None:
    one, two = told(street), told(street)
    first, second = (str(mail["reply-to"].addresses[0].addr_spec) for mail in street.sink.mails)

    async def run() -> None:
        async with door(street) as port:
            client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
            async with client:
                await client.sendmail(ALICE[1], [first, second], plain("To both.", sender=ALICES))

    asyncio.run(run())
    assert said(street, one)[-1] == said(street, two)[-1] == "To both."


def test_no_address_stands_in_the_log(street: Street, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told(street)
    hand_in(street, plain("canary-words", sender=ALICES))
    hand_in(street, plain("canary-words", sender=BOB[1]), sender=BOB[1])
    hand_in(street, b"\x00")
    lines = [record.getMessage() + str(record.exc_text) for record in caplog.records if record.name != "asyncio"]
    assert not [line for line in lines if "canary" in line.lower() and "mail.log" not in line]


def test_a_taken_port_is_named(street: Street) -> None:
    async def run() -> None:
        async with door(street) as port:
            with pytest.raises(Unavailable, match=f"Port {port} is taken"):
                await Door(street.house).start(port)

    asyncio.run(run())


async def _dialogue(port: int, lines: list[bytes], last: bytes = b"") -> bytes:
    """What a host hears that says these lines, each answered by one, something last, and hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    with contextlib.suppress(ConnectionError):
        for line in lines:
            writer.write(line)
            await writer.drain()
            heard += await asyncio.wait_for(reader.readline(), 10)
        writer.write(last)
        await writer.drain()
    writer.close()
    return heard


@pytest.mark.parametrize(
    "lines",
    [
        [b"\x00\xff\r\n"] * 3, [b"GET / HTTP/1.1\r\n"], [b"x" * 100_000 + b"\r\n"], [b"EHLO \xff\r\n"],
        [b"HELO a\r\n", b"DATA\r\n"], [b"HELO a\r\n", b"RCPT TO:<\x00@talk.example>\r\n"],
        [b"HELO a\r\n", b"MAIL FROM:<" + b"a" * 5000 + b">\r\n"], [b"HELO a\r\n", b"RCPT TO:<x@talk.example>\r\n"],
        [b"HELO a\r\n", b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<@talk.example>\r\n"], [b"AUTH PLAIN AGEAYg==\r\n"],
    ],
)  # fmt: skip
def test_a_host_that_talks_nonsense_is_answered_and_harms_nobody(street: Street, lines: list[bytes]) -> None:
    opened = told(street)

    async def run() -> str:
        async with door(street) as port:
            await _dialogue(port, lines)
            return await send(port, reply_address(street), plain("Still listening.", sender=ALICES))

    assert asyncio.run(run()) == ""
    assert said(street, opened)[-1] == "Still listening."


def test_a_host_that_hangs_up_half_way_has_said_nothing(street: Street) -> None:
    opened = told(street)
    to = reply_address(street).encode()
    half = [b"HELO a\r\n", b"MAIL FROM:<" + ALICE[1].encode() + b">\r\n", b"RCPT TO:<" + to + b">\r\n", b"DATA\r\n"]

    async def run() -> None:
        async with door(street) as port:
            await _dialogue(port, half, plain("Half a mail", sender=ALICES)[:-20])

    asyncio.run(run())
    assert len(said(street, opened)) == 1


def test_the_fifty_first_host_at_once_is_turned_away(street: Street) -> None:
    async def run() -> tuple[bytes, bytes, bytes]:
        async with door(street) as port:
            lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
            fiftieth = [await reader.readline() for reader, _ in lines][-1]
            last, writer = await asyncio.open_connection("127.0.0.1", port)
            turned_away = await last.read()
            for _, one in [*lines, (last, writer)]:
                one.close()
                await one.wait_closed()
            for _ in range(200):
                if later := await _dialogue(port, [b"NOOP\r\n"]):
                    break
            return fiftieth, turned_away, later

    greeting = b"220 talk.example thingcloud\r\n"
    assert asyncio.run(run()) == (greeting, b"", greeting)
