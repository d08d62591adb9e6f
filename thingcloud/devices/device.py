"""A device asks to be taken in: two calls over HTTP, specified in docs/wire.md."""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from thingcloud.devices import service
from thingcloud.devices.model import Claim, Credentials
from thingcloud.plumbing import guard, http
from thingcloud.plumbing.broker import BrokerAddress
from thingcloud.plumbing.bucket import Bucket, Pace
from thingcloud.plumbing.clock import MINUTE
from thingcloud.plumbing.errors import BadInput, Conflict, NotAllowed, ThingcloudError
from thingcloud.plumbing.house import House
from thingcloud.plumbing.ids import b64url

_MOST_BYTES = 1024
_EACH, _ALL = Pace(20, MINUTE), Pace(600, MINUTE)
_NO_STORE = {"Cache-Control": "no-store"}
Ask = Callable[[Request], Awaitable[Response]]


def pages(house: House, address: Callable[[], BrokerAddress]) -> list[Route]:
    """Every call of this file."""
    door = _Door(house, address)
    return [
        Route("/pair/begin", door.begin, methods=["POST"]),
        Route("/pair", door.pair, methods=["POST"]),
    ]


class _Door:
    def __init__(self, house: House, address: Callable[[], BrokerAddress]) -> None:
        self._house = house
        self._address = address
        self._each = Bucket(house.clock, _EACH)
        self._all = Bucket(house.clock, _ALL)

    async def begin(self, request: Request) -> Response:
        """Answer with a nonce and the host's id."""
        return await self._answered(request, self._begin)

    async def pair(self, request: Request) -> Response:
        """Take in the device that signed the body, and answer with its credentials."""
        return await self._answered(request, self._pair)

    async def _answered(self, request: Request, ask: Ask) -> Response:
        try:
            self._admit(request)
            return await ask(request)
        except ThingcloudError as error:
            return guard.problem(error, guard.status(error))

    def _admit(self, request: Request) -> None:
        said = "Too many devices ask at once."
        self._each.spend(http.client_key(request, self._house.settings), said=said)
        self._all.spend(said=said)
        if not self._local(request) and not self._house.settings.secure:
            raise NotAllowed(
                "Pairing over the network needs https.", hint="docs/settings.md tells how.", reason="no-tls"
            )

    def _local(self, request: Request) -> bool:
        return _loopback(http.client_key(request, self._house.settings)) and _loopback(request.url.hostname or "")

    async def _begin(self, request: Request) -> Response:
        body = await _body(request, "application/json")
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadInput("This is not JSON.", hint='Example: {"device": "…"}', reason="not-json") from error
        if not isinstance(asked, dict) or asked.keys() != {"device"} or not isinstance(asked["device"], str):
            raise BadInput(
                "The body names one device and nothing else.", hint='Example: {"device": "…"}', reason="bad-body"
            )
        nonce = service.begin_pairing(self._house.key.seed, self._house.clock.now(), asked["device"])
        return JSONResponse({"nonce": b64url(nonce), "host": self._house.key.id}, headers=_NO_STORE)

    async def _pair(self, request: Request) -> Response:
        claim = service.claim(await _body(request, "application/cose"), self._house.key.id)
        return JSONResponse(self._told(request, await self._taken(claim)), headers=_NO_STORE)

    async def _taken(self, claim: Claim) -> Credentials:
        db, now, key = self._house.db, self._house.clock.now(), self._house.key.seed
        try:
            return await db.write(lambda tx: service.pair(tx, now, claim, key))
        except Conflict as error:
            if error.reason == "claimed":
                await db.write(lambda tx: service.note_attempt(tx, now, claim.device))
            raise

    def _told(self, request: Request, given: Credentials) -> dict[str, object]:
        local, at = self._local(request), self._address()
        host = urlsplit(self._house.settings.base_url).hostname
        return {
            "mqtt": f"mqtt://127.0.0.1:{at.mqtt_port}" if local else f"mqtts://{host}:{at.tls_port}",
            "username": given.device,
            "password": given.password,
            "receipt_secret": b64url(given.receipt_secret),
            "generation": given.generation,
            "host_key": b64url(self._house.key.public),
            "ca": None if local else at.anchor,
            "pin": None if local else at.pin,
        }


async def _body(request: Request, kind: str) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise BadInput(f"This call takes {kind}.", reason="wrong-type")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise BadInput(f"{_MOST_BYTES} bytes fit.", reason="too-large")
    return bytes(body)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
