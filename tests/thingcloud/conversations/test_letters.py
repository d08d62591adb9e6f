"""What passes of a mail: the words, and nothing that says who wrote them."""

import contextlib
import random
from email import message_from_bytes

import pytest

from tests.thingcloud.conversations.replies import ADDRESS, CANARIES, CLIENTS, KEPT, NAME, plain
from thingcloud.conversations import letters, masking, trimming
from thingcloud.plumbing.errors import BadInput


def _decoded(raw: bytes) -> list[bytes]:
    payloads = (part.get_payload(decode=True) for part in message_from_bytes(raw).walk())
    return [payload for payload in payloads if isinstance(payload, bytes)]


@pytest.mark.parametrize("client", CLIENTS)
def test_none_of_23_marks_of_the_writer_gets_through(client: str) -> None:
    raw = CLIENTS[client]()
    held = raw + b"".join(_decoded(raw))
    missing = {mark for mark, text in CANARIES.items() if text.encode() not in held}
    assert missing <= {"pixel"}, "the reply itself must hold the marks"
    mail = letters.read(raw)
    passed = [mark for mark, text in CANARIES.items() if text.lower() in mail.words.lower()]
    assert passed == []
    assert "0123" not in mail.words
    assert len(CANARIES) == 23


@pytest.mark.parametrize("client", CLIENTS)
def test_the_words_themselves_arrive_whole(client: str) -> None:
    mail = letters.read(CLIENTS[client]())
    assert mail.words.startswith(KEPT)
    assert mail.automatic == ""
    assert mail.sender == ADDRESS


@pytest.mark.parametrize("client", CLIENTS)
def test_the_writer_is_told_what_was_left_out(client: str) -> None:
    told = letters.read(CLIENTS[client]()).left_out
    assert {"2 attachments", "a phone number", "an address"} <= set(told)


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("Call 0170 5550123 now", "Call [phone number left out] now"),
        ("Call (030) 555-01.23-4", "Call [phone number left out]"),
        ("Call +49\u200b1\u200b7\u200b0\u200b5\u200b5\u200b5\u200b0123", "Call [phone number left out]"),
        ("Call ٠١٧٠٥٥٥٠١٢٣", "Call [phone number left out]"),
        ("Call 0️⃣1️⃣7️⃣0️⃣5️⃣5️⃣5️⃣0️⃣", "Call [phone number left out]"),
        ("tel0170555012 and more", "tel[phone number left out] and more"),
        ("a.b+c@x-y.example, thanks", "[address left out], thanks"),
        ("a.b\uff20x.example", "[address left out]"),
        ("alice [at] owner [dot] example", "[address left out]"),
        ("alice at owner dot example", "[address left out]"),
        ("I am @alice_canary there", "I am [address left out] there"),
        ("see HTTPS://X.example/a?b=c#d ok", "see [link left out] ok"),
        ("see www.x.example/a ok", "see [link left out] ok"),
        ("see x.example.com/alice ok", "see [link left out] ok"),
        ("see signal://me or mailto:me@x.example", "see [link left out] or [link left out]"),
        ("Bring it to 12 Canary Street, please", "Bring it to [address left out], please"),
        ("We live at 221b Old Baker St. now", "We live at [address left out] now"),
        ("It goes to Canary Lane 7, Bath BA1 2AB.", "It goes to [address left out], Bath [address left out]."),
        ("Kanarienstraße 12a, 10115 Berlin", "[address left out]"),
        ("Lange Straße 5 in 10115 Berlin", "[address left out] in [address left out]"),
        ("au 12 bis rue des Canaris, merci", "au [address left out], merci"),
        ("Calle de los Canarios, 5 por favor", "[address left out] por favor"),
        ("Keizersgracht 123, 1015 CJ Amsterdam", "[address left out]"),
        ("whatsapp.com/me and t.me/alice", "[link left out] and [link left out]"),
    ],
)
def test_contacts_in_the_words_are_replaced(text: str, passes: str) -> None:
    assert masking.without_contacts(text)[0] == passes


@pytest.mark.parametrize(
    "text",
    [
        "It is on shelf 12, box 4, since 14:02.",
        "On 22.11.2026 14:30 or 2026-11-22, between 18:30-19:00 or 18.30 - 19.00.",
        "It costs € 20.50, about 1.5 kg, room 4711.",
        "I come tomorrow.At the desk at 5 or 6.",
        "ok.no problem. Leave it.it is fine.",
        "See you at the dot on the map.",
        "Will he come? I will.",
        "On platform 4 of Central Station, 3 Main Halls further, gate B12, seat 14A.",
        "I paid 20 Euro at 5 Please wait there. Take bus 100 to the Old Square.",
        "I come via the station at 5. There is 1 place for you. The plaza at the corner, 5 steps up.",
        "In 2 Days I drive. 10 people, 3 bags, 1 Street musician.",
    ],
)
def test_harmless_words_stay_as_they_are(text: str) -> None:
    assert masking.without_contacts(text) == (text, {})


def test_a_name_goes_and_the_word_that_looks_like_it_stays() -> None:
    words, found = masking.without_contacts(
        "I will come. will brown is WILL and Will, not willing. Bye, Will", ("Will Brown",)
    )
    assert words == (
        "I will come. [name left out] is [name left out] and [name left out], not willing. Bye, [name left out]"
    )
    assert found["name"] == 4


def test_words_below_and_between_marked_quotes_are_kept() -> None:
    text = "On Monday, X <x@y.example> wrote:\n> one\n\nFirst answer.\n\n> two\n\nSecond answer.\n\n> three\n"
    assert trimming.own_words(text) == "First answer.\n\nSecond answer."


@pytest.mark.parametrize(
    "closing",
    [
        "-- \nAlice", "--\nAlice", "Best regards\nAlice\nCanary Ltd\n+49 1", "Thanks,\nAlice", "Cheers, Alice",
        "LG\nAlice", "Cordialement,\nAlice", "Sent from my phone", "Get Outlook for Android",
        "Von meinem iPhone gesendet",
        "-----Original Message-----\nFrom: x", "*From:* X\n*Sent:* today\n*To:* y", "Von: X\nGesendet: heute",
        "Le 22 nov. 2026 à 14:02, X <x@y.example> a écrit :\nold", "El dom, 22 nov 2026, X escribió:\nold",
    ],
)  # fmt: skip
def test_signatures_and_unmarked_quotes_are_cut(closing: str) -> None:
    assert trimming.own_words(f"Leave it at the desk.\n\n{closing}\n") == "Leave it at the desk."


@pytest.mark.parametrize(
    ("header", "value", "why"),
    [
        ("Auto-Submitted", "auto-replied", "auto-reply"), ("Precedence", "bulk", "bulk"), ("List-Id", "<x>", "bulk"),
        ("X-Autoreply", "yes", "auto-reply"), ("X-Thingcloud-Sent", "1", "loop"), ("Return-Path", "<>", "bounce"),
        ("Subject", "Out of office: call me", "auto-reply"), ("Subject", "Abwesenheitsnotiz", "auto-reply"),
    ],
)  # fmt: skip
def test_what_no_person_wrote_is_known(header: str, value: str, why: str) -> None:
    raw = plain("call me at +49 170 5550123").replace(b"Subject: Re: hello", b"X-Nothing: 1")
    mail = letters.read(f"{header}: {value}\r\n".encode() + raw)
    assert mail.automatic == why
    assert mail.words == ""


def test_a_mail_that_went_round_too_often_is_a_loop() -> None:
    assert letters.read(b"Received: from a by b\r\n" * 41 + plain("hello")).automatic == "loop"


@pytest.mark.parametrize(
    "line",
    [
        f"{NAME} <{ADDRESS}>, Mallory <m@evil.example>", "", "undisclosed", f"<{ADDRESS}", "a@b@c",
        "Group: a@b.example;",
        f'"{ADDRESS}" <m@evil.example> <{ADDRESS}>',
    ],
)  # fmt: skip
def test_a_writer_who_cannot_be_told_is_nobody(line: str) -> None:
    assert letters.read(plain("hello", sender=line)).sender == ""


def test_two_from_lines_are_nobody() -> None:
    assert letters.read(b"From: x@evil.example\r\n" + plain("hello")).sender == ""


def test_the_address_behind_a_misleading_name_is_the_one_that_counts() -> None:
    assert letters.read(plain("hello", sender=f'"{ADDRESS}" <m@evil.example>')).sender == "m@evil.example"


@pytest.mark.parametrize(
    "charset", ["utf-8", "x-unknown", "utf-16", "zip", "idna", "undefined", "\x00", "ascii", "utf-7"]
)
def test_a_wrong_charset_costs_letters_never_more(charset: str) -> None:
    mail = letters.read(plain("Grüße +49 170 5550123\x00", charset=charset))
    assert "\x00" not in mail.words
    assert "5550123" not in mail.words


def test_html_keeps_its_words_and_loses_everything_else() -> None:
    html = (
        '<p>Leave it<b> here</b>.</p><script>steal()</script><div style="display: none">hidden</div>'
        '<a href="https://evil.example">the desk</a><blockquote>old</blockquote><p>Bye &lt;3'
    )
    raw = plain(html).replace(b"text/plain", b"text/html")
    assert letters.read(raw).words == "Leave it here.\nthe desk\nBye <3"


@pytest.mark.parametrize("depth", [10, 39, 41, 3000])
def test_nested_parts_end_in_words_or_in_a_named_refusal(depth: int) -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    raw = b"From: a@b.example\r\n" + raw + b"\r\nhello"
    if depth <= 40:
        assert letters.read(raw).left_out == ()
        return
    with pytest.raises(BadInput) as why:
        letters.read(raw)
    assert why.value.reason == "too-many-parts"


def test_the_same_mail_has_the_same_mark_and_others_have_others() -> None:
    one, two = plain("hello", Message_ID="<1@x>"), plain("hello again", Message_ID="<1@x>")
    assert letters.read(one).mark == letters.read(two).mark != letters.read(plain("hello")).mark


_HOSTILE = [
    "1 " * 100_000, "(" * 200_000, "a." * 100_000, "On " + "x" * 200_000, "> " * 100_000, "\n" * 200_000, "@" * 200_000,
    "1-" * 9_000, "a@" * 9_000, "a at b dot " * 1_800, "-" * 19_000, "<a " * 60_000, '<a "' * 50_000, "<!--" * 50_000,
    "<script>" * 20_000, " \t" * 9_000 + "1", "On wrote:\n" * 4_000, "Aaa " * 5_000, "1 Aa Aa Aa " * 1_800,
    "A" * 20_000, "Calle de Aa " * 1_600, "1 rue de A " * 1_800, "<@" * 9_000, "a.com" * 4_000,
]  # fmt: skip


@pytest.mark.parametrize("kind", [b"text/plain", b"text/html"])
def test_hostile_texts_that_once_took_minutes_are_read_and_cut(kind: bytes) -> None:
    for text in _HOSTILE:
        assert len(letters.read(plain(text).replace(b"text/plain", kind)).words) < 200_000


def test_what_can_be_read_of_a_mangled_mail_is_read() -> None:
    assert _mangled(600) > 300


def _mangled(number: int) -> int:
    """How many of so many mangled replies could be read; each other one was refused with a reason."""
    dice = random.Random(20261122)
    shapes = [client() for client in CLIENTS.values()]
    read = 0
    for _ in range(number):
        raw = bytearray(dice.choice(shapes))
        for _ in range(dice.randint(1, 12)):
            _mangle(raw, dice)
        with contextlib.suppress(BadInput):
            letters.read(bytes(raw))
            read += 1
    return read


def _mangle(raw: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(raw))
    match dice.randrange(4):
        case 0:
            raw[at] = dice.randrange(256)
        case 1:
            del raw[at : at + dice.randint(1, 400)]
        case 2:
            raw[at:at] = dice.choice(
                [b"\x00", b"\r\n", b"\r\n\r\n", b"boundary=", b"=?utf-8?b?", b"\xff\xfe", b";" * 30]
            )
        case _:
            raw[at:at] = raw[at : at + dice.randint(1, 300)]
