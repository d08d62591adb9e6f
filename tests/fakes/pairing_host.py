"""A host as a device sees it: pairing over HTTP, a scripted broker, receipts; on loopback, at free ports."""

import asyncio
import base64
import json
import ssl
from collections.abc import Callable
from pathlib import Path

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from tests.fakes.broker311 import Broker
from thingseal import keys, topics
from thingseal.pairing import open_pairing
from thingseal.reading import Pack, open_pack
from thingseal.receipt import Receipt, encode_receipt, ranges, seal_receipt
from thingseal.refusal import Refused


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether libsodium takes the signature."""
    try:
        VerifyKey(key).verify(message, signature)
    except BadSignatureError:
        return False
    return True


class PairingHost:
    """Takes in one device with the code, stores its packs, and receipts those that `receipts` says yes to."""

    def __init__(self, code: str = "7K3Q-X9M2", certificate: tuple[Path, Path] | None = None) -> None:
        self.code = code
        self.certificate = certificate
        self.broker = Broker()
        self.broker.answer = self._store
        self.receipts: Callable[[int], bool] = lambda nth: True
        self.key = SigningKey.generate()
        self.secret = b"\x5a" * 32
        self.generation = 1
        self.device_key = b""
        self.arrivals: list[int] = []
        self.stored: dict[int, list[bytes]] = {}
        self.packs: dict[int, Pack] = {}
        self.refusals: list[str] = []
        self.url = self.mqtt = ""
        self._servers: list[asyncio.Server] = []
        self._nonce = b""

    async def start(self) -> None:
        """Listen; `url` and `mqtt` are the addresses then."""
        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
        self._servers.append(await asyncio.start_server(self._http, "127.0.0.1", 0))
        self._servers.append(await asyncio.start_server(self.broker.serve, "127.0.0.1", 0, ssl=context))
        ports = [server.sockets[0].getsockname()[1] for server in self._servers]
        self.url, self.mqtt = f"http://127.0.0.1:{ports[0]}", f"mqtt://127.0.0.1:{ports[1]}"
        if context:
            self.mqtt = f"mqtts://localhost:{ports[1]}"

    async def stop(self) -> None:
        """Stop listening."""
        for server in self._servers:
            server.close()
        await asyncio.sleep(0)

    def receipt(self, numbers: list[int], **changes: object) -> bytes:
        """Make a receipt for the numbers; `changes` forge its device, generation or secret."""
        device = str(changes.get("device", keys.device_id(self.device_key)))
        generation = int(str(changes.get("generation", self.generation)))
        secret = changes.get("secret", self.secret)
        assert isinstance(secret, bytes)
        return seal_receipt(secret, encode_receipt(Receipt(device, generation, ranges(numbers), [])))

    def _store(self, topic: str, message: bytes) -> list[tuple[str, bytes]]:
        if not topic.endswith("/telemetry"):
            return []
        try:
            pack = open_pack(message, self.device_key, verify, topic)
        except Refused as refusal:
            self.refusals.append(refusal.reason)
            return []
        self.arrivals.append(pack.sequence)
        self.packs[pack.sequence] = pack
        known = self.stored.setdefault(pack.sequence, [])
        if message not in known:
            known.append(message)
        if not self.receipts(len(self.arrivals)):
            return []
        return [(topics.receipt(pack.device), self.receipt([pack.sequence]))]

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
        status, answer = self._pair(head.split()[1], await reader.readexactly(length))
        body = json.dumps(answer).encode()
        writer.write(b"HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        writer.close()

    def _pair(self, path: str, body: bytes) -> tuple[int, dict[str, object]]:
        host_key = bytes(self.key.verify_key)
        if path == "/pair/begin":
            self._nonce = b"nonce of pairing"
            return 200, {"nonce": _text(self._nonce), "host": keys.device_id(host_key)}
        try:
            pairing = open_pairing(body, verify, keys.device_id(host_key), self._nonce)
        except Refused as refusal:
            return 400, {"title": "Refused", "detail": refusal.sentence}
        if pairing.code != self.code:
            return 403, {"title": "Refused", "detail": "This code is not, or no longer, valid."}
        self.device_key = pairing.key
        return 200, {
            "mqtt": self.mqtt,
            "username": keys.device_id(pairing.key),
            "password": "a password",
            "receipt_secret": _text(self.secret),
            "generation": self.generation,
            "host_key": _text(host_key),
            "ca": self.certificate[0].read_text() if self.certificate else None,
        }


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
