"""Devices that speak: keys, packs and the memory of what was receipted, without a board or a broker."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from nacl.signing import SigningKey

from thingcloud.devices import service as devices
from thingcloud.plumbing.db import Tx
from thingcloud.telemetry.source import Arrival
from thingseal import frame, keys, pairing, reading
from thingseal.reading import Reading
from thingseal.receipt import Receipt, open_receipt

HOST = keys.device_id(b"\x2a" * 32)
NOON = 1_795_000_000
PAIRING_KEY = b"the host's secret for nonces"


@dataclass
class Voice:
    """One device: it signs packs with rising numbers and holds each until a receipt names it."""

    seed: bytes
    sequence: int = 0
    held: dict[int, bytes] = field(default_factory=dict)
    previous: bytes | None = None
    secret: bytes = b""
    generation: int = 0

    def __post_init__(self) -> None:
        self.key = SigningKey(self.seed)
        self.public = bytes(self.key.verify_key)
        self.id = keys.device_id(self.public)

    def sign(self, message: bytes) -> bytes:
        """The raw signature."""
        return self.key.sign(message).signature

    def seal(self, payload: bytes, sequence: int, iat: int | None, kind: int | str = frame.PACK) -> bytes:
        """A signed message of any payload."""
        return frame.seal(kind, payload, keys.kid(self.public), sequence.to_bytes(8, "big"), iat, self.sign)

    def pack(
        self,
        *readings: Reading,
        iat: int | None = NOON,
        stream: str = "host",
        sequence: int | None = None,
        boot: int | None = None,
        uptime: int | None = None,
    ) -> bytes:
        """The next pack, held until it is receipted; a pack with a number of its own is not held."""
        number = self.sequence + 1 if sequence is None else sequence
        said = list(readings) or [Reading("load", "1", 1)]
        content = reading.Pack(self.id, stream, number, iat, boot, uptime, self.previous, said)
        data = self.seal(reading.encode_pack(content), number, iat)
        if sequence is None:
            self.sequence, self.previous, self.held[number] = number, reading.digest(data), data
        return data

    def says(self, data: bytes) -> Arrival:
        """The pack as it arrives on this device's topic."""
        return Arrival(self.id, data, hashlib.sha256(data).digest()[:4])

    def hears(self, message: bytes) -> Receipt:
        """Check a receipt as the device does, and free exactly what it names."""
        said = open_receipt(message, self.secret, device=self.id, generation=self.generation)
        self.held = {number: pack for number, pack in self.held.items() if not said.covers(number)}
        return said

    def pair(self, tx: Tx, now: int, thing_id: str) -> str:
        """Be taken in for a thing, by proof of possession; returns the broker's password."""
        nonce = devices.begin_pairing(PAIRING_KEY, now, self.id)
        asked = pairing.Pairing(nonce, HOST, pairing.PAIR, devices.pairing_code(tx, now, thing_id), self.public)
        body = frame.seal(frame.PAIRING, pairing.encode_pairing(asked), keys.kid(self.public), nonce, None, self.sign)
        given = devices.pair(tx, now, devices.claim(body, HOST), PAIRING_KEY)
        self.secret, self.generation = given.receipt_secret, given.generation
        return given.password


def voice(name: str) -> Voice:
    """A device with a key of its own, the same for the same name."""
    return Voice(hashlib.sha256(name.encode()).digest())


@dataclass
class Played:
    """A `Source` that brings what a test puts in."""

    batches: list[list[Arrival]] = field(default_factory=list)
    acknowledged: list[bytes] = field(default_factory=list)

    def receive(self, seconds: float) -> list[Arrival]:
        """The next batch."""
        return self.batches.pop(0) if self.batches else []

    def acknowledge(self, tokens: Sequence[bytes]) -> None:
        """Note what was said to be done."""
        self.acknowledged += tokens

    def close(self) -> None:
        """There is nothing to let go of."""
