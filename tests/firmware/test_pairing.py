"""Pairing, against a host on loopback."""

import asyncio
import json
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from device.errors import DeviceError, PairingError
from device.hosts import Pairings
from device.identity import Identity, create, load, read_table
from device.pairing import pair
from device.settings import Host
from tests.fakes.pairing_host import PairingHost
from thingflash import FIRMWARE

TABLE = read_table(str(FIRMWARE / "lib/thingseal/comb.bin"))


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return create(str(tmp_path / "identity"), TABLE)


@pytest.fixture
def pairings(tmp_path: Path) -> Pairings:
    return Pairings(str(tmp_path / "hosts"))


async def test_a_device_with_the_code_is_given_what_it_needs(identity: Identity, pairings: Pairings) -> None:
    there = PairingHost()
    await there.start()
    host = Host(there.url, there.code, "required", "")
    given = await pair(pairings, host, identity, "loopback")
    assert there.device_key == identity.public
    assert (given.mqtt, given.secret, given.generation) == (there.mqtt, there.secret, 1)
    kept = pairings.find(host)
    assert kept is not None
    assert kept.password == given.password
    await there.stop()


async def test_a_new_code_from_the_owner_asks_for_a_new_pairing(identity: Identity, pairings: Pairings) -> None:
    there = PairingHost()
    await there.start()
    await pair(pairings, Host(there.url, there.code, "required", ""), identity, "loopback")
    assert pairings.find(Host(there.url, "NEW-C0DE", "required", "")) is None
    assert pairings.find(Host(there.url, "", "required", "")) is not None
    await there.stop()


async def test_a_wrong_code_is_final_and_says_so(identity: Identity, pairings: Pairings) -> None:
    there = PairingHost()
    await there.start()
    with pytest.raises(PairingError, match="This code is not, or no longer, valid") as refused:
        await pair(pairings, Host(there.url, "WR0NG", "required", ""), identity, "loopback")
    assert refused.value.final
    assert "WR0NG" not in str(refused.value)
    await there.stop()


async def test_without_a_code_nothing_is_asked(identity: Identity, pairings: Pairings) -> None:
    with pytest.raises(PairingError, match="get one on the thing's page"):
        await pair(pairings, Host("http://127.0.0.1:9", "", "required", ""), identity, "loopback")


async def test_a_host_with_another_key_than_it_said_is_refused_and_nothing_kept(
    identity: Identity, pairings: Pairings, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = PairingHost()
    await there.start()
    honest = there._pair

    def swapped(path: str, body: bytes) -> tuple[int, dict[str, object]]:
        answer = honest(path, body)
        there.key = SigningKey.generate()
        return answer if path == "/pair/begin" else (200, {**answer[1], "host_key": "A" * 43})

    monkeypatch.setattr(there, "_pair", swapped)
    host = Host(there.url, there.code, "required", "")
    with pytest.raises(PairingError):
        await pair(pairings, host, identity, "loopback")
    assert pairings.find(host) is None
    await there.stop()


@pytest.mark.parametrize("missing", ["mqtt", "username", "password", "receipt_secret", "generation", "host_key"])
async def test_an_answer_with_something_missing_is_named(
    identity: Identity, pairings: Pairings, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    there = PairingHost()
    await there.start()
    honest = there._pair

    def lacking(path: str, body: bytes) -> tuple[int, dict[str, object]]:
        status, answer = honest(path, body)
        return status, {name: value for name, value in answer.items() if name != missing}

    monkeypatch.setattr(there, "_pair", lacking)
    with pytest.raises(PairingError, match=missing):
        await pair(pairings, Host(there.url, there.code, "required", ""), identity, "loopback")
    await there.stop()


@pytest.mark.parametrize("said", [b"SSH-2.0-server\r\n", "HTTP/1.1 ²²² OK\r\n\r\n".encode(), b"\xff\r\n\r\n"])
async def test_what_is_no_host_is_told_apart(identity: Identity, pairings: Pairings, said: bytes) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Closing before the request was read would reset the connection instead.
        await reader.read(4096)
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(DeviceError, match="not a host"):
        await pair(pairings, Host(url, "7K3Q", "required", ""), identity, "loopback")
    server.close()


def test_damaged_credentials_are_as_good_as_none(pairings: Pairings) -> None:
    host = Host("https://my.example", "", "required", "")
    pairings.keep(host, {"mqtt": "mqtt://127.0.0.1"})
    assert pairings.find(host) is None


def test_the_key_is_made_once_and_never_leaves_its_file(tmp_path: Path) -> None:
    path = tmp_path / "identity"
    made = create(str(path), TABLE)
    again = load(str(path), TABLE)
    assert again is not None
    assert again.device == made.device
    assert again.did.startswith("did:key:z6Mk")
    signature = asyncio.run(again.sign(b"message"))
    seed = bytes.fromhex(path.read_text().split()[1])
    assert bytes(SigningKey(seed).sign(b"message").signature) == signature


@pytest.mark.parametrize("place", [0, 12, 80, 135])
def test_a_damaged_key_file_stops_the_device(tmp_path: Path, place: int) -> None:
    path = tmp_path / "identity"
    create(str(path), TABLE)
    text = path.read_text()
    path.write_text(text[:place] + ("1" if text[place] != "1" else "2") + text[place + 1 :])
    with pytest.raises(DeviceError, match="lost its key"):
        load(str(path), TABLE)


def test_credentials_and_key_are_kept_apart_from_the_configuration(tmp_path: Path, pairings: Pairings) -> None:
    pairings.keep(Host("https://my.example", "C0DE", "required", ""), {"password": "p"})
    kept = next((tmp_path / "hosts").iterdir())
    assert "my.example" not in kept.name
    assert "C0DE" not in kept.read_text()
    assert json.loads(kept.read_text())["password"] == "p"


@pytest.mark.parametrize(
    ("status", "kind", "final"),
    [
        (400, "about:blank#bad-body", True),
        (409, "about:blank#wrong-nonce", False),
        (429, "about:blank#too-much", False),
        (503, "about:blank", False),
        (404, "about:blank", False),
    ],
)
async def test_what_may_pass_is_tried_again_and_what_may_not_is_left_to_the_owner(
    identity: Identity, pairings: Pairings, monkeypatch: pytest.MonkeyPatch, status: int, kind: str, final: bool
) -> None:
    there = PairingHost()
    await there.start()
    answer: dict[str, object] = {"type": kind, "title": "What happened.", "detail": "What to do."}
    monkeypatch.setattr(there, "_pair", lambda path, body: (status, answer))
    with pytest.raises(PairingError, match=r"What happened\. What to do\.") as refused:
        await pair(pairings, Host(there.url, there.code, "required", ""), identity, "loopback")
    assert refused.value.final == final
    await there.stop()
