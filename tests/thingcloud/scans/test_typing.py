import pytest

from tests.thingcloud.scans.conftest import Street
from thingcloud.things import service as things

CODE = "7K3QX9M2PDRZ"


def test_the_form_asks_for_the_code_beside_the_square(street: Street) -> None:
    page = street.stranger().get("/t")
    assert page.status_code == 200
    assert "Code beside the square" in page.text
    assert "Write ? for each one you cannot read, two at most." in page.text


def test_a_typed_code_leads_to_its_tag(street: Street) -> None:
    answer = street.stranger().get("/t", params={"code": f" {street.tag.grouped.lower()} "})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/t/{street.tag.code}"


def test_two_letters_that_cannot_be_read_are_filled_in(street: Street) -> None:
    code = street.tag.code
    answer = street.stranger().get("/t", params={"code": "?" + code[1:6] + "?" + code[7:]})
    assert answer.headers["location"] == f"/t/{code}"


def test_one_letter_off_is_proposed_with_the_change_marked(street: Street) -> None:
    code = street.tag.code
    typed = ("A" if code[0] != "A" else "B") + code[1:]
    for page in (street.stranger().get("/t", params={"code": typed}), street.stranger().get(f"/t/{typed}")):
        assert page.status_code == 404
        assert "Did you mean" in page.text
        assert f'<mark class="sun">{code[0]}</mark>' in page.text
        assert f'href="/t/{code}"' in page.text
        assert "suitcase" not in page.text


def test_a_proposal_is_made_only_for_a_tag_that_answers(street: Street) -> None:
    code = street.tag.code
    typed = ("A" if code[0] != "A" else "B") + code[1:]
    street.write(lambda tx, now: things.disable_tag(tx, now, code))
    page = street.stranger().get("/t", params={"code": typed})
    assert "Did you mean" not in page.text
    assert "This tag does not answer." in page.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("7K3Q", "A code has 14 letters and digits. Yours has more or fewer."),
        ("7K3Q-X9M2-PDRZ-S!", "A code has only letters and digits."),
        ("???K-X9M2-PDRZ-S7", "Two that you cannot read are the most."),
        ("x" * 5000, "A code has 14 letters and digits."),
        ("7K3Q-X9M2-PDRZ-\x00", "A code has 14 letters and digits."),
        ("<script>alert(1)", "A code has only letters and digits."),
    ],
)
def test_what_is_no_code_is_said_beside_the_field_and_stays(street: Street, typed: str, words: str) -> None:
    page = street.stranger().get("/t", params={"code": typed})
    assert page.status_code == 404
    assert words in page.text
    assert "<script>alert" not in page.text


def test_guessing_codes_has_to_wait(street: Street) -> None:
    client = street.stranger()
    seen = [client.get("/t/7K3Q-X9M2-PDRZ-S7").status_code for _ in range(31)]
    assert seen == [404] * 30 + [429]
    assert client.get(f"/t/{street.tag.code}").status_code == 200


def test_looking_at_one_tag_too_often_has_to_wait(street: Street) -> None:
    client = street.stranger()
    seen = [client.get(f"/t/{street.tag.code}").status_code for _ in range(31)]
    assert seen == [200] * 30 + [429]
    street.house.clock.advance(60_000)  # type: ignore[attr-defined]
    assert client.get(f"/t/{street.tag.code}").status_code == 200
