"""Pairing over HTTP: who holds the key and the owner's code is taken in, everybody else is refused with a reason."""

import json
from dataclasses import replace
from typing import Any

import pytest
from nacl.signing import SigningKey
from starlette.testclient import TestClient

from tests.thingcloud.devices.conftest import AT, Board, code_for, nonce_from, paired
from tests.thingcloud.owners.site import site
from thingcloud.devices import device as door
from thingcloud.devices import service
from thingcloud.plumbing.clock import FakeClock
from thingcloud.plumbing.errors import BadInput
from thingcloud.plumbing.house import House
from thingcloud.plumbing.ids import from_b64url
from thingcloud.things import service as things
from thingcloud.things.model import Thing

COSE = {"content-type": "application/cose"}
JSON = {"content-type": "application/json"}


def wait(house: House, milliseconds: int) -> None:
    assert isinstance(house.clock, FakeClock)
    house.clock.advance(milliseconds)


def answer(wire: TestClient, body: bytes) -> Any:
    return wire.post("/pair", content=body, headers=COSE)


def reason(said: Any) -> str:
    assert said.headers["content-type"] == "application/problem+json"
    return str(said.json()["type"]).partition("#")[2]


def kinds(house: House, thing: Thing) -> list[str]:
    with house.db.reading() as tx:
        return [event.kind for event in things.journal_of(tx, thing.id)]


def test_a_device_with_key_and_code_is_taken_in(house: House, wire: TestClient, board: Board, fridge: Thing) -> None:
    code = code_for(house, fridge)
    said = answer(wire, board.message(house.key.id, nonce_from(wire, board), code))
    assert said.status_code == 200
    told = said.json()
    assert told["mqtt"] == "mqtt://127.0.0.1:1883"
    assert (told["username"], told["generation"], told["ca"]) == (board.id, 1, None)
    assert from_b64url(told["host_key"]) == house.key.public
    assert len(from_b64url(told["receipt_secret"])) == 32
    assert said.headers["cache-control"] == "no-store"
    with house.db.reading() as tx:
        (kept,) = service.devices_of(tx, fridge.id)
    assert (kept.id, kept.public, kept.name, kept.model) == (board.id, board.public, "Fridge sensor", "desk")
    assert kept.receipt_secret == from_b64url(told["receipt_secret"])
    assert service.admit(house.db, house.clock.now(), board.id, board.id, told["password"])
    assert kinds(house, fridge) == ["device.paired", "thing.made"]


def test_a_code_may_be_typed_as_people_type(house: House, wire: TestClient, board: Board, fridge: Thing) -> None:
    code = code_for(house, fridge)
    typed = code.replace("0", "O").replace("1", "I").replace("-", "")
    assert answer(wire, board.message(house.key.id, nonce_from(wire, board), typed)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"signer": SigningKey(b"\x09" * 32)}, "bad-signature"),
        ({"key": bytes(SigningKey(b"\x09" * 32).verify_key)}, "bad-signature"),
        ({"key": b"\x01" + bytes(31)}, "weak-key"),
        ({"host": "a" * 24}, "wrong-host"),
        ({"purpose": "succeed"}, "wrong-purpose"),
        ({"nonce": bytes(16)}, "wrong-nonce"),
        ({"code": "AAAA-AAAA"}, "code-unknown"),
    ],
)
def test_a_pairing_that_is_not_right_in_one_place_changes_nothing(
    house: House, wire: TestClient, board: Board, fridge: Thing, changes: dict[str, object], why: str
) -> None:
    code, nonce = code_for(house, fridge), nonce_from(wire, board)
    said = answer(wire, board.message(house.key.id, nonce, code, **changes))
    assert (said.status_code, reason(said)) == (400, why)
    with house.db.reading() as tx:
        assert service.devices_of(tx, fridge.id) == []
    assert answer(wire, board.message(house.key.id, nonce, code)).status_code == 200


def test_every_cut_and_every_flipped_bit_of_a_pairing_is_refused(
    house: House, wire: TestClient, board: Board, fridge: Thing
) -> None:
    whole = board.message(house.key.id, nonce_from(wire, board), code_for(house, fridge))
    forged = [whole[:end] for end in range(len(whole))] + [whole + b"\x00"]
    forged += [
        whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] for at in range(len(whole)) for bit in (0, 5)
    ]
    for body in forged:
        with pytest.raises(BadInput) as refused:
            service.claim(body, house.key.id)
        assert refused.value.reason


@pytest.mark.parametrize("late", [2 * 60_000, -2_000])
def test_a_stale_nonce_is_refused(house: House, wire: TestClient, board: Board, fridge: Thing, late: int) -> None:
    nonce, code = nonce_from(wire, board), code_for(house, fridge)
    wait(house, late)
    assert reason(answer(wire, board.message(house.key.id, nonce, code))) == "wrong-nonce"


def test_a_nonce_serves_one_device_once(house: House, wire: TestClient, board: Board, fridge: Thing) -> None:
    nonce = nonce_from(wire, board)
    body = board.message(house.key.id, nonce, code_for(house, fridge))
    assert reason(answer(wire, Board(2).message(house.key.id, nonce, code_for(house, fridge)))) == "wrong-nonce"
    assert answer(wire, body).status_code == 200
    assert (answer(wire, body).status_code, reason(answer(wire, body))) == (409, "code-used")
    again = board.message(house.key.id, nonce, code_for(house, fridge))
    assert (answer(wire, again).status_code, reason(answer(wire, again))) == (409, "wrong-nonce")


def test_a_code_serves_one_device_for_a_quarter_of_an_hour(
    house: House, wire: TestClient, board: Board, fridge: Thing
) -> None:
    code = code_for(house, fridge)
    wait(house, 15 * 60_000)
    said = answer(wire, board.message(house.key.id, nonce_from(wire, board), code))
    assert (said.status_code, reason(said)) == (409, "code-old")
    code = code_for(house, fridge)
    assert answer(wire, board.message(house.key.id, nonce_from(wire, board), code)).status_code == 200
    other = Board(2)
    said = answer(wire, other.message(house.key.id, nonce_from(wire, other), code))
    assert (said.status_code, reason(said)) == (409, "code-used")


def test_of_one_thing_only_the_newest_codes_open(house: House, wire: TestClient, board: Board, fridge: Thing) -> None:
    codes = []
    for _ in range(6):
        codes.append(code_for(house, fridge))
        wait(house, 1000)
    assert reason(answer(wire, board.message(house.key.id, nonce_from(wire, board), codes[0]))) == "code-unknown"
    assert answer(wire, board.message(house.key.id, nonce_from(wire, board), codes[1])).status_code == 200


def test_a_device_of_another_owner_is_refused_and_its_owner_hears_of_it(
    house: House, wire: TestClient, board: Board, fridge: Thing, bicycle: Thing
) -> None:
    mine = paired(house, board, fridge)
    for _ in range(3):
        said = answer(wire, board.message(house.key.id, nonce_from(wire, board), code_for(house, bicycle)))
        assert (said.status_code, reason(said)) == (409, "claimed")
    assert kinds(house, fridge) == ["device.attempt", "device.paired", "thing.made"]
    assert kinds(house, bicycle) == ["thing.made"]
    assert service.admit(house.db, house.clock.now(), board.id, board.id, mine.password)
    house.db.write_now(lambda tx: service.revoke(tx, house.clock.now(), board.id))
    said = answer(wire, board.message(house.key.id, nonce_from(wire, board), code_for(house, bicycle)))
    assert reason(said) == "claimed"


def test_a_released_device_can_be_taken_in_by_another_owner(
    house: House, wire: TestClient, board: Board, fridge: Thing, bicycle: Thing
) -> None:
    paired(house, board, fridge)
    house.db.write_now(lambda tx: service.release(tx, house.clock.now(), board.id))
    said = answer(wire, board.message(house.key.id, nonce_from(wire, board), code_for(house, bicycle)))
    assert (said.status_code, said.json()["generation"]) == (200, 2)
    with house.db.reading() as tx:
        assert service.devices_of(tx, fridge.id) == []
        assert [one.id for one in service.devices_of(tx, bicycle.id)] == [board.id]


def test_pairing_again_gives_new_credentials_and_a_higher_generation(house: House, board: Board, fridge: Thing) -> None:
    first, second = paired(house, board, fridge), paired(house, board, fridge)
    assert (first.generation, second.generation) == (1, 2)
    assert first.receipt_secret != second.receipt_secret
    now = house.clock.now()
    assert service.admit(house.db, now, board.id, board.id, first.password) is None
    assert service.admit(house.db, now, board.id, board.id, second.password) is not None


def test_a_device_may_go_to_another_thing_of_its_owner(
    house: House, board: Board, fridge: Thing, suitcase: Thing
) -> None:
    paired(house, board, fridge)
    paired(house, board, suitcase)
    with house.db.reading() as tx:
        assert service.devices_of(tx, fridge.id) == []
        assert service.device(tx, board.id).thing_id == suitcase.id
    assert kinds(house, fridge)[0] == "device.revoked"


def test_a_thing_has_sixteen_devices_at_most(house: House, wire: TestClient, fridge: Thing) -> None:
    for seed in range(1, 17):
        paired(house, Board(seed), fridge)
    last = Board(17)
    said = answer(wire, last.message(house.key.id, nonce_from(wire, last), code_for(house, fridge)))
    assert (said.status_code, reason(said)) == (409, "too-many-devices")


@pytest.mark.parametrize(
    ("body", "headers", "why"),
    [
        (b"", JSON, "not-json"),
        (b"{", JSON, "not-json"),
        (b"\xff", JSON, "not-json"),
        (b"[" * 900, JSON, "not-json"),
        (b"[]", JSON, "bad-body"),
        (b"{}", JSON, "bad-body"),
        (b'{"device": 1}', JSON, "bad-body"),
        (b'{"device": "short"}', JSON, "not-a-device"),
        (b'{"device": "AAAAAAAAAAAAAAAAAAAAAAAA"}', JSON, "not-a-device"),
        (json.dumps({"device": "a" * 24, "more": 1}).encode(), JSON, "bad-body"),
        (b" " * 1025, JSON, "too-large"),
        (b"{}", {"content-type": "text/plain"}, "wrong-type"),
    ],
)
def test_a_question_in_another_form_is_refused(
    wire: TestClient, body: bytes, headers: dict[str, str], why: str
) -> None:
    said = wire.post("/pair/begin", content=body, headers=headers)
    assert (said.status_code, reason(said)) == (400, why)


@pytest.mark.parametrize(("body", "why"), [(b"", "truncated"), (b"\xd2\x84", "truncated"), (bytes(1025), "too-large")])
def test_an_answer_in_another_form_is_refused(wire: TestClient, body: bytes, why: str) -> None:
    said = answer(wire, body)
    assert (said.status_code, reason(said)) == (400, why)


def test_too_many_questions_are_put_off(wire: TestClient, board: Board) -> None:
    for _ in range(20):
        nonce_from(wire, board)
    said = wire.post("/pair/begin", content=b"{}", headers=JSON)
    assert (said.status_code, reason(said)) == (429, "too-much")


def test_over_the_network_a_device_pairs_by_https_only(house: House) -> None:
    far = ("192.0.2.7", 50000)
    plain = TestClient(site(house, door.pages(house, lambda: AT)), base_url="http://my.example:8080", client=far)
    said = plain.post("/pair/begin", content=b"{}", headers=JSON)
    assert (said.status_code, reason(said)) == (403, "no-tls")
    posing = TestClient(site(house, door.pages(house, lambda: AT)), base_url="http://127.0.0.1:8080", client=far)
    assert reason(posing.post("/pair/begin", content=b"{}", headers=JSON)) == "no-tls"


def test_over_the_network_a_device_is_given_the_anchor(house: House, board: Board, fridge: Thing) -> None:
    public = replace(house, settings=replace(house.settings, url="https://my.example", proxy="127.0.0.1"))
    wire = TestClient(
        site(public, door.pages(public, lambda: AT)), base_url="https://my.example", client=("127.0.0.1", 5),
        headers={"x-forwarded-for": "192.0.2.7"},
    )  # fmt: skip
    told = answer(wire, board.message(house.key.id, nonce_from(wire, board), code_for(house, fridge))).json()
    assert (told["mqtt"], told["ca"], told["pin"]) == ("mqtts://my.example:8883", AT.anchor, AT.pin)


def test_no_secret_is_in_what_is_stored(house: House, wire: TestClient, board: Board, fridge: Thing) -> None:
    code = code_for(house, fridge)
    told = answer(wire, board.message(house.key.id, nonce_from(wire, board), code)).json()
    house.db.close()
    kept = b"".join(path.read_bytes() for path in house.settings.data.iterdir() if path.is_file())
    assert told["password"].encode() not in kept
    assert code.encode() not in kept
    assert code.replace("-", "").encode() not in kept
