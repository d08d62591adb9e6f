import asyncio
import re
from functools import partial

import httpx
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from tests.thingcloud.scans.conftest import Street
from thingcloud.conversations import service as conversations
from thingcloud.conversations.model import CaseLine
from thingcloud.plumbing.db import Tx
from thingcloud.scans import service
from thingcloud.things import service as things

WORDS = "Platform 4, under a bench. Wet but closed."


def posted(client: TestClient, street: Street, **fields: str) -> Response:
    return client.post(f"/t/{street.tag.code}/message", data={"words": WORDS} | fields)


def cases(street: Street) -> list[CaseLine]:
    return street.write(lambda tx, now: conversations.cases_of(tx, street.alice.id))


def test_a_stranger_sees_what_was_found_and_one_box_and_one_button(street: Street) -> None:
    page = street.stranger().get(f"/t/{street.tag.code}")
    assert page.status_code == 200
    assert "You found a lost suitcase." in page.text
    assert "Dark blue, red ribbon" in page.text
    assert "€ 20 thank-you promised" in page.text
    assert page.text.count("<textarea") == 1
    assert page.text.count("b fill") == 1


def test_the_code_is_read_in_any_case_with_dashes_and_with_look_alikes(street: Street) -> None:
    code = street.tag.code
    for written in (
        code.lower(),
        street.tag.grouped,
        street.tag.grouped.lower(),
        code.replace("0", "O").replace("1", "l"),
    ):
        assert "You found a lost suitcase." in street.stranger().get(f"/t/{written}").text
    assert street.stranger().get(f"/T/{code}").status_code == 200


def test_words_open_a_case_and_lead_to_its_page(street: Street) -> None:
    answer = posted(street.stranger(), street)
    assert answer.status_code == 303
    secret = re.fullmatch(r"/c/([a-z2-7]{26})", answer.headers["location"])
    assert secret
    case = conversations.case_by_secret(street.house.db, street.house.clock.now(), secret[1])
    assert case is not None
    assert [m.words for m in street.write(lambda tx, now: conversations.messages(tx, case.id))] == [WORDS]
    kinds = [event.kind for event in street.write(lambda tx, now: things.journal_of(tx, street.suitcase.id))]
    assert "scan" in kinds
    assert "case.opened" in kinds


def test_two_taps_open_one_case(street: Street) -> None:
    client = street.stranger()
    client.get(f"/t/{street.tag.code}")
    first, second = posted(client, street), posted(client, street)
    assert {first.status_code, second.status_code} == {303}
    assert len(cases(street)) == 1
    assert len(street.write(lambda tx, now: service.scans_of(tx, street.suitcase.id))) == 1


def test_opening_the_page_alerts_nobody_and_is_only_counted(street: Street) -> None:
    client = street.stranger()
    for _ in range(3):
        client.get(f"/t/{street.tag.code}", headers={"user-agent": "facebookexternalhit/1.1"})
    assert cases(street) == []
    assert street.write(lambda tx, now: service.scans_of(tx, street.suitcase.id)) == []
    assert "scan" not in [e.kind for e in street.write(lambda tx, now: things.journal_of(tx, street.suitcase.id))]


def stored(taken: service.Counted, tx: Tx, _now: int) -> None:
    service.store_openings(tx, taken)


def test_openings_are_added_up_per_day(street: Street) -> None:
    facts = things.tag_facts(street.house.db, street.tag.code)
    assert facts is not None
    for _ in range(2):
        counted = service.Openings()
        assert [counted.add(facts, street.house.clock.now()) for _ in range(3)] == [True, False, False]
        taken = counted.take()
        street.write(partial(stored, taken))
        assert counted.take() == {}
    assert street.write(lambda tx, now: service.opened_since(tx, now, street.suitcase.id)) == (
        6,
        street.house.clock.now(),
    )


def test_where_it_was_left_is_handed_on(street: Street) -> None:
    fields = {"words": "", "kind": "lost-property", "which": "Central station", "receipt": "A 17"}
    answer = street.stranger().post(f"/t/{street.tag.code}/left-at", data=fields)
    assert answer.status_code == 303
    (line,) = cases(street)
    (said,) = street.write(lambda tx, now: conversations.messages(tx, line.case.id))
    assert said.left_at == "Lost property office: Central station, number A 17"
    (scan,) = street.write(lambda tx, now: service.scans_of(tx, street.suitcase.id))
    assert (scan.action, scan.scanner) == ("left-at", "stranger")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"words": ""}, "Write a few words, then send."),
        ({"words": "x" * 2140}, "2,000 characters fit. Yours has 2,140."),
        ({"which": "Central station"}, "Please choose the kind of place too."),
        ({"kind": "moon"}, "Please choose a kind of place from the list."),
        ({"place": "y" * 121}, "120 characters fit. Yours has 121."),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_stays(
    street: Street, fields: dict[str, str], words: str
) -> None:
    answer = posted(street.stranger(), street, **fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    for name, typed in fields.items():
        assert typed in answer.text or name == "kind"
    assert cases(street) == []


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("Found it. Call me: 0170 000 00 00", "You wrote a phone number."),
        ("Mail me at someone@finder.example please", "You wrote an address."),
        ("See https://photos.example/1", "You wrote a link."),
        ("I want 50 € for it", "You wrote about money."),
    ],
)
def test_a_number_address_link_or_money_is_asked_about_before_it_goes(street: Street, words: str, title: str) -> None:
    client = street.stranger()
    asked = posted(client, street, words=words)
    assert asked.status_code == 200
    assert title in asked.text
    assert words in asked.text.replace("&#39;", "'")
    assert cases(street) == []
    assert posted(client, street, words=words, risk="anyway").status_code == 303


def test_take_it_out_leaves_the_other_words(street: Street) -> None:
    kept = posted(street.stranger(), street, words="Platform 4. Call 0170 000 00 00 or a@b.example.", risk="out")
    assert "Platform 4. Call or" in kept.text
    assert "0170" not in kept.text
    assert "a@b.example" not in kept.text


def test_platform_numbers_times_and_dates_are_no_phone_numbers(street: Street) -> None:
    assert (
        posted(street.stranger(), street, words="Platform 4, at 14:02 on 22.11.2026, train ICE 1517").status_code == 303
    )


def test_the_fourth_message_in_ten_minutes_has_to_wait_and_keeps_its_words(street: Street) -> None:
    client = street.stranger()
    for number in range(3):
        assert posted(client, street, words=f"{WORDS} {number}").status_code == 303
    late = posted(client, street, words="One more thing")
    assert late.status_code == 429
    assert "That was a lot in a short time. Please try again in 4 minutes." in late.text
    assert "One more thing" in late.text
    assert int(late.headers["retry-after"]) > 60
    street.house.clock.advance(4 * 60_000)  # type: ignore[attr-defined]
    assert posted(client, street, words="One more thing").status_code == 303


def test_unknown_switched_off_and_private_tags_answer_alike(street: Street) -> None:
    def seen(code: str) -> tuple[int, str, list[str]]:
        page = street.stranger().get(f"/t/{code}")
        grouped = "-".join(code[at : at + 4] for at in range(0, 14, 4))
        return page.status_code, page.text.replace(grouped, "CODE"), sorted(page.headers)

    from talktag import code as codes

    unknown = seen(codes.new().text)
    assert unknown[0] == 404
    assert "This tag does not answer." in unknown[1]
    street.write(lambda tx, now: things.show_tag(tx, now, street.tag.code, "private"))
    assert seen(street.tag.code) == unknown
    street.write(lambda tx, now: things.show_tag(tx, now, street.tag.code, "open"))
    street.write(lambda tx, now: things.disable_tag(tx, now, street.tag.code))
    assert seen(street.tag.code) == unknown
    assert posted(street.stranger(), street).status_code == 404
    assert cases(street) == []


def test_a_change_by_the_owner_shows_at_once(street: Street) -> None:
    client = street.stranger()
    client.get(f"/t/{street.tag.code}")
    street.write(lambda tx, now: things.mark_found(tx, now, street.suitcase.id))
    page = client.get(f"/t/{street.tag.code}").text
    assert "You scanned a suitcase." in page
    assert "Dark blue" not in page


def test_contact_only_does_not_even_tell_the_kind(street: Street) -> None:
    street.write(lambda tx, now: things.show_tag(tx, now, street.tag.code, "contact"))
    page = street.stranger().get(f"/t/{street.tag.code}").text
    assert "You scanned a talk-tag." in page
    assert "suitcase" not in page
    assert "Dark blue" not in page


def test_a_form_from_another_site_is_refused(street: Street) -> None:
    path = f"/t/{street.tag.code}/message"
    answer = street.stranger().post(path, data={"words": WORDS}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert cases(street) == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "application/json", 400),
        (b"words=" + b"x" * 70_000, "application/x-www-form-urlencoded", 400),
        (b"\x00\xff\xfe", "multipart/form-data; boundary=x", 400),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 400),
        (b"words=%00%00a%00", "application/x-www-form-urlencoded", 303),
    ],
)
def test_broken_forms_are_refused_in_words(street: Street, content: bytes, kind: str, status: int) -> None:
    path = f"/t/{street.tag.code}/message"
    answer = street.stranger().post(path, content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_the_page_fits_into_the_first_flight_and_needs_no_second_request(street: Street) -> None:
    page = street.stranger().get(f"/t/{street.tag.code}", headers={"accept-encoding": "gzip"})
    headers = sum(len(name) + len(value) + 4 for name, value in page.headers.raw)
    assert int(page.headers["content-length"]) + headers <= 14_336
    assert "<style>" in page.text
    assert 'rel="stylesheet"' not in page.text


def test_nothing_is_for_caches_frames_robots_or_referrers(street: Street) -> None:
    headers = street.stranger().get(f"/t/{street.tag.code}").headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_machines_get_links_by_type_and_nothing_of_the_owner(street: Street) -> None:
    asked = {"accept": "application/linkset+json"}
    answer = street.stranger().get(f"/t/{street.tag.code}", headers=asked)
    assert answer.headers["content-type"] == "application/linkset+json"
    (context,) = answer.json()["linkset"]
    assert context["anchor"].endswith(f"/t/{street.tag.code}")
    assert any(name.endswith("/rel/lost-and-found") for name in context)


def test_words_far_too_long_are_counted_before_anything_looks_into_them(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_words: str) -> list[object]:
        raise AssertionError("the patterns saw words that do not fit")

    monkeypatch.setattr("thingcloud.scans.model.risks", slow)
    monkeypatch.setattr("thingcloud.scans.model.without_risks", slow)
    for risk in ("", "out"):
        answer = posted(street.stranger(), street, words="a" * 60_000, risk=risk)
        assert answer.status_code == 400
        assert "2,000 characters fit. Yours has 60,000." in answer.text
        assert "a" * 60_000 in answer.text


def test_the_same_words_after_it_was_settled_open_a_new_case(street: Street) -> None:
    client = street.stranger()
    client.get(f"/t/{street.tag.code}")
    posted(client, street)
    [first] = cases(street)
    street.write(lambda tx, now: conversations.close(tx, now, first.case.id, "returned"))
    posted(client, street)
    [second] = cases(street)
    assert second.case.id != first.case.id


def test_whether_a_private_tag_exists_is_told_to_nobody_who_asks_for_support(street: Street) -> None:
    street.write(lambda tx, now: things.show_tag(tx, now, street.tag.code, "private"))
    bob = street.signed_in(street.bob)
    own = {"sec-fetch-site": "same-origin"}
    known, unknown = (
        bob.post(f"/t/{code}/support", data={"words": "hi"}, headers=own) for code in (street.tag.code, "0" * 14)
    )
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)


async def test_addresses_are_forgotten_once_they_no_longer_count(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets = (street.limits.views, street.limits.misses)
    for bucket in buckets:
        monkeypatch.setattr(bucket, "_forget_after", 0)
    transport = httpx.ASGITransport(street.app, client=("192.0.2.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as phone:
        await phone.get(f"/t/{street.tag.code}")
        await phone.get(f"/t/{'0' * 14}")
        assert all("192.0.2.7" in str(vars(bucket)) for bucket in buckets)
        street.house.clock.advance(service.VIEWS.span)  # type: ignore[attr-defined]
        for _ in range(5):
            await asyncio.sleep(0)
    assert not any("192.0.2.7" in str(vars(bucket)) for bucket in buckets)
