"""A case from the first words to the last, on the finder's phone and on the owner's page."""

import re

import pytest

from tests.thingcloud.cast import ALICE, BOB
from tests.thingcloud.conversations.street import FINDER_MAIL, Street
from thingcloud.conversations import service
from thingcloud.plumbing.clock import DAY, MINUTE
from thingcloud.plumbing.errors import BadInput, Conflict, NotAllowed, NotFound, TooMuch
from thingcloud.things import service as things


def once_of(page: str) -> str:
    found = re.search(r'name="once" value="([a-z2-7]+)"', page)
    assert found is not None
    return found[1]


def test_the_secret_is_traded_for_a_cookie_and_stands_in_no_later_address(street: Street) -> None:
    opened = street.find()
    phone = street.browser()
    entered = phone.get(f"/c/{opened.secret}")
    assert entered.status_code == 303
    assert opened.secret not in entered.headers["location"]
    assert entered.headers["referrer-policy"] == "no-referrer"
    assert "httponly" in entered.headers["set-cookie"].lower()
    page = phone.get(entered.headers["location"])
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "Found it on platform 4" in page.text


def test_only_a_digest_of_the_secret_is_stored(street: Street) -> None:
    opened = street.find()
    street.work_now()
    assert opened.secret.encode() not in street.house.db.path.read_bytes()
    log = street.house.db.path.with_name(street.house.db.path.name + "-wal")
    assert opened.secret.encode() not in log.read_bytes()


def test_the_owners_answer_appears_on_the_finders_page(street: Street) -> None:
    opened = street.find()
    phone, desk = street.phone(opened), street.signed_in(street.alice)
    before = phone.get(f"/c/at/{opened.case_id}").text
    assert "Sent. Thank you!" in before
    page = desk.get(f"/owner/messages/{opened.case_id}").text
    assert "Found it on platform 4" in page
    sent = desk.post(
        f"/owner/messages/{opened.case_id}/say", data={"words": "The desk is perfect.", "once": once_of(page)}
    )
    assert sent.status_code == 303
    after = phone.get(f"/c/at/{opened.case_id}").text
    assert "The owner answered." in after
    assert "The desk is perfect." in after
    assert "Lost suitcase · you are “the finder”" in after


def test_the_steps_tell_when_each_was_reached(street: Street) -> None:
    opened = street.find()
    phone = street.phone(opened)
    assert "The owner is being told." in phone.get(f"/c/at/{opened.case_id}").text
    street.work_now()
    told = phone.get(f"/c/at/{opened.case_id}").text
    assert "The owner has been told." in told
    assert re.search(r'class="done" aria-current="step">Owner told', told)
    street.do(lambda tx, now: service.close(tx, now, opened.case_id, "returned"))
    home = phone.get(f"/c/at/{opened.case_id}").text
    assert "It is home again. Thank you!" in home
    assert re.search(r'class="done" aria-current="step">Returned', home)


def test_a_double_tap_makes_one_message(street: Street) -> None:
    opened = street.find()
    phone = street.phone(opened)
    once = once_of(phone.get(f"/c/at/{opened.case_id}").text)
    for _ in range(2):
        assert (
            phone.post(f"/c/at/{opened.case_id}/say", data={"words": "At the desk now.", "once": once}).status_code
            == 303
        )
    said = street.do(lambda tx, _: service.messages(tx, opened.case_id))
    assert [message.words for message in said] == ["Found it on platform 4 under a bench.", "At the desk now."]


def test_the_same_form_sent_twice_opens_one_case_with_two_keys(street: Street) -> None:
    first = street.find(once="a-fresh-and-unguessable-value")
    second = street.find(once="a-fresh-and-unguessable-value")
    other = street.find("Something else.", once="a-fresh-and-unguessable-value")
    assert first.case_id == second.case_id != other.case_id
    assert street.phone(second).get(f"/c/at/{first.case_id}").status_code == 200
    assert first.secret != second.secret


def test_several_finders_of_one_tag_have_cases_of_their_own(street: Street) -> None:
    one, two = street.find("I am the first."), street.find("I am the second.")
    phone = street.phone(one)
    assert "I am the second." not in phone.get(f"/c/at/{one.case_id}").text
    assert phone.get(f"/c/at/{two.case_id}").status_code == 404
    assert phone.post(f"/c/at/{two.case_id}/say", data={"words": "hello"}).status_code == 404


def test_one_phone_can_hold_two_cases_and_each_reply_reaches_its_own(street: Street) -> None:
    one, two = street.find("first"), street.find("second")
    phone = street.phone(one)
    phone.get(f"/c/{two.secret}")
    phone.post(f"/c/at/{one.case_id}/say", data={"words": "for the first"})
    said = street.do(lambda tx, _: service.messages(tx, one.case_id))
    assert [message.words for message in said] == ["first", "for the first"]


@pytest.mark.parametrize("secret", ["", "a", "x" * 26, "a" * 5000, "..", "%00", "a\u00e9", "aaaa%2Fbbbb"])
def test_a_wrong_secret_opens_nothing(street: Street, secret: str) -> None:
    street.find()
    assert street.browser().get(f"/c/{secret}").status_code == 404


def test_what_was_typed_stays_when_something_has_to_be_put_right(street: Street) -> None:
    opened = street.find()
    phone = street.phone(opened)
    at = f"/c/at/{opened.case_id}"
    empty = phone.post(f"{at}/say", data={"words": "   "})
    assert empty.status_code == 400
    assert "Write a few words" in empty.text
    long = phone.post(f"{at}/say", data={"words": "long " * 500})
    assert long.status_code == 400
    assert "2,000 characters fit. Yours has 2,499." in long.text
    assert "long long" in long.text
    mail = phone.post(f"{at}/mail", data={"email": "frida@phone"})
    assert mail.status_code == 400
    assert "An ending is missing, such as .com." in mail.text
    assert "frida@phone" in mail.text


def test_too_many_messages_are_refused_with_a_wait_and_nothing_is_lost(street: Street) -> None:
    opened = street.find()
    phone = street.phone(opened)
    codes = [phone.post(f"/c/at/{opened.case_id}/say", data={"words": f"number {n}"}).status_code for n in range(10)]
    assert codes == [303] * 9 + [429]
    last = phone.post(f"/c/at/{opened.case_id}/say", data={"words": "still here"})
    assert "Please try again in 10 minutes." in last.text
    assert "still here" in last.text
    street.clock.advance(10 * MINUTE)
    assert phone.post(f"/c/at/{opened.case_id}/say", data={"words": "again"}).status_code == 303


def test_another_owner_and_a_stranger_see_nothing_of_a_case(street: Street) -> None:
    opened = street.find()
    bob, nobody = street.signed_in(street.bob), street.browser()
    at = f"/owner/messages/{opened.case_id}"
    assert bob.get(at).status_code == 404
    assert bob.get(f"{at}/live").status_code == 404
    assert bob.post(f"{at}/say", data={"words": "hello"}).status_code == 404
    assert bob.post(f"{at}/close", data={"how": "returned"}).status_code == 404
    assert "platform" not in bob.get("/owner/messages").text
    assert nobody.get(at).headers["location"] == "/owner/sign-in"
    assert nobody.get(f"/c/at/{opened.case_id}").status_code == 404
    assert nobody.get(f"/c/at/{opened.case_id}/live").status_code == 404


def test_a_post_from_another_site_is_refused(street: Street) -> None:
    opened = street.find()
    phone, desk = street.phone(opened), street.signed_in(street.alice)
    elsewhere = {"sec-fetch-site": "cross-site"}
    at = f"/owner/messages/{opened.case_id}"
    assert phone.post(f"/c/at/{opened.case_id}/say", data={"words": "x"}, headers=elsewhere).status_code == 403
    assert desk.post(f"{at}/say", data={"words": "x"}, headers=elsewhere).status_code == 403
    assert desk.post(f"{at}/close", data={"how": "returned"}, headers=elsewhere).status_code == 403


def test_a_returned_thing_is_no_longer_lost_and_the_case_takes_no_more_words(street: Street) -> None:
    opened = street.find()
    desk = street.signed_in(street.alice)
    assert desk.post(f"/owner/messages/{opened.case_id}/close", data={"how": "returned"}).status_code == 303
    assert not street.do(lambda tx, _: things.thing(tx, street.suitcase.id)).lost
    with pytest.raises(Conflict):
        street.answer(opened.case_id)
    phone = street.phone(opened)
    assert phone.post(f"/c/at/{opened.case_id}/say", data={"words": "wait"}).status_code == 409
    kinds = [event.kind for event in street.do(lambda tx, _: things.journal_of(tx, street.suitcase.id))]
    assert {"case.opened", "case.closed", "thing.found"} <= set(kinds)


def test_a_case_does_not_end_in_unknown_ways(street: Street) -> None:
    opened = street.find()
    with pytest.raises(BadInput):
        street.do(lambda tx, now: service.close(tx, now, opened.case_id, "sold"))


def test_words_are_erased_thirty_days_after_the_end(street: Street) -> None:
    opened = street.find()
    street.do(lambda tx, now: service.answer_by_mail(tx, now, opened.case_id, FINDER_MAIL))
    street.answer(opened.case_id)
    street.work_now()
    street.do(lambda tx, now: service.close(tx, now, opened.case_id, "not-found"))
    street.clock.advance(30 * DAY - 1)
    street.work_now()
    assert len(street.do(lambda tx, _: service.messages(tx, opened.case_id))) == 2
    street.clock.advance(1)
    street.work_now()
    assert street.do(lambda tx, _: service.messages(tx, opened.case_id)) == []
    assert street.do(lambda tx, _: service.mail_since(tx, opened.case_id)) is None
    assert street.browser().get(f"/c/{opened.secret}").status_code == 404
    with street.house.db.reading() as tx:
        for table in ("case_messages", "case_keys", "case_aliases", "case_reads", "guests", "notices"):
            assert tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0, table


def test_agents_speak_in_support_cases_only_and_finders_never_there(street: Street) -> None:
    found = street.find()
    with pytest.raises(NotAllowed):
        street.do(lambda tx, now: service.post(tx, now, found.case_id, "agent:Kim of Example Cable", "Pay first."))
    support = street.do(
        lambda tx, now: service.open_case(
            tx, now, thing_id=street.suitcase.id, tag_code=street.tag.code, owner_id=street.alice.id, kind="support",
            opener="owner", words="No signal.",
        )
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        street.do(lambda tx, now: service.post(tx, now, support.case_id, "finder", "hello"))
    street.do(
        lambda tx, now: service.post(tx, now, support.case_id, "agent:Kim of Example Cable", "There is an outage.")
    )
    page = street.signed_in(street.alice).get(f"/owner/messages/{support.case_id}").text
    assert "Agent Kim of Example Cable" in page
    assert "There is an outage." in page
    assert street.browser().get(f"/c/{support.secret}").status_code == 404


def test_the_list_says_who_waits_for_the_owner(street: Street) -> None:
    waiting, answered = street.find("first words"), street.find("second words")
    street.answer(answered.case_id)
    lines = {line.case.id: line for line in street.do(lambda tx, _: service.cases_of(tx, street.alice.id))}
    assert lines[waiting.case_id].needs_owner
    assert lines[waiting.case_id].unread == 1
    assert not lines[answered.case_id].needs_owner
    desk = street.signed_in(street.alice)
    desk.get(f"/owner/messages/{waiting.case_id}")
    lines = {line.case.id: line for line in street.do(lambda tx, _: service.cases_of(tx, street.alice.id))}
    assert lines[waiting.case_id].unread == 0
    street.do(lambda tx, now: service.close(tx, now, waiting.case_id, "abuse"))
    assert [line.case.id for line in street.do(lambda tx, _: service.cases_of(tx, street.alice.id))] == [
        answered.case_id
    ]
    assert "Closed" in desk.get("/owner/messages").text


def test_the_writer_sees_that_the_other_side_has_read(street: Street) -> None:
    opened = street.find()
    phone = street.phone(opened)
    assert ">read<" not in phone.get(f"/c/at/{opened.case_id}").text.replace("</svg>read", ">read")
    street.signed_in(street.alice).get(f"/owner/messages/{opened.case_id}")
    assert "</svg>read<" in phone.get(f"/c/at/{opened.case_id}").text


def test_a_contact_only_tag_tells_the_finder_not_even_the_kind(street: Street) -> None:
    opened = street.find()
    street.do(lambda tx, now: things.show_tag(tx, now, street.tag.code, "contact"))
    street.answer(opened.case_id)
    page = street.phone(opened).get(f"/c/at/{opened.case_id}").text
    assert "uitcase" not in page


def test_nothing_the_finder_obtains_names_the_owner_and_the_other_way_round(street: Street) -> None:
    opened = street.find()
    phone, desk = street.phone(opened), street.signed_in(street.alice)
    at = f"/c/at/{opened.case_id}"
    obtained = [phone.post(f"{at}/mail", data={"email": FINDER_MAIL})]
    street.answer(opened.case_id)
    street.work_now()
    seen = [desk.get(f"/owner/messages/{opened.case_id}"), desk.get("/owner/messages")]
    obtained += [phone.get(at), phone.get(f"{at}/nothing"), phone.post(f"{at}/say", data={}), phone.get("/c/wrong")]
    street.do(lambda tx, now: service.close(tx, now, opened.case_id, "returned"))
    obtained.append(phone.get(at))
    told = "".join(answer.text + str(answer.headers) for answer in obtained).lower()
    assert "canary" not in told.replace(FINDER_MAIL, "")
    for private in (*ALICE, *BOB, street.suitcase.name, street.alice.id):
        assert private.lower() not in told
    assert "frida" not in "".join(answer.text + str(answer.headers) for answer in seen).lower()


def test_words_cannot_become_markup_or_hide_control_characters(street: Street) -> None:
    opened = street.find("<script>alert(1)</script>\x00\x1b[31m\u202ered")
    page = street.signed_in(street.alice).get(f"/owner/messages/{opened.case_id}").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\x00" not in page
    assert "\u202e" not in page


def test_an_unknown_case_is_not_here(street: Street) -> None:
    with pytest.raises(NotFound):
        street.do(lambda tx, _: service.case(tx, "nothing"))


def test_ten_messages_are_a_party_and_not_a_case_limit(street: Street) -> None:
    opened = street.find()
    for number in range(9):
        street.write(opened.case_id, f"{number}")
    street.answer(opened.case_id)
    with pytest.raises(TooMuch):
        street.write(opened.case_id, "one more")
