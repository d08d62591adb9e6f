"""The owner's pages and calls of a thing's devices: add one, see them, switch off, release."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.devices import service
from thingcloud.devices.model import CODE_MINUTES, Device
from thingcloud.owners.guard import bearer, signed_in
from thingcloud.owners.model import READ, WRITE, Account
from thingcloud.plumbing import http
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.house import House
from thingcloud.plumbing.ids import b64url
from thingcloud.plumbing.words import iso
from thingcloud.things import service as things

Verb = Callable[[Tx, int, str], None]


def pages(house: House) -> list[Route]:
    """Every page of this file."""
    desk = _Desk(house)
    at = "/owner/things/{thing}/device"
    gets = {at: desk.devices, f"{at}/{{device}}/off": desk.ask_off, f"{at}/{{device}}/release": desk.ask_release}
    posts = {at: desk.code, f"{at}/{{device}}/off": desk.off, f"{at}/{{device}}/release": desk.release}
    return [
        *(Route(path, signed_in(house, handler), methods=["GET"]) for path, handler in gets.items()),
        *(Route(path, signed_in(house, handler), methods=["POST"]) for path, handler in posts.items()),
    ]


class _Desk:
    def __init__(self, house: House) -> None:
        self.house = house

    async def devices(self, request: Request, account: Account) -> Response:
        return self._page(request, account)

    async def code(self, request: Request, account: Account) -> Response:
        thing_id, now = request.path_params["thing"], self.house.clock.now()

        def work(tx: Tx) -> str:
            things.owned_by(tx, account.id, thing_id)
            return service.pairing_code(tx, now, thing_id)

        return self._page(request, account, await self.house.db.write(work))

    async def ask_off(self, request: Request, account: Account) -> Response:
        return self._ask(request, account, "off")

    async def ask_release(self, request: Request, account: Account) -> Response:
        return self._ask(request, account, "release")

    async def off(self, request: Request, account: Account) -> Response:
        return await self._end(request, account, service.revoke)

    async def release(self, request: Request, account: Account) -> Response:
        return await self._end(request, account, service.release)

    async def _end(self, request: Request, account: Account, verb: Verb) -> Response:
        thing_id, device_id = request.path_params["thing"], request.path_params["device"]
        await ended(self.house, account, device_id, verb, thing_id)
        return http.see(f"/owner/things/{thing_id}/device")

    def _page(self, request: Request, account: Account, code: str = "") -> Response:
        with self.house.db.reading() as tx:
            thing = things.seen_by(tx, account.id, request.path_params["thing"])
            devices = service.devices_of(tx, thing.id)
        return self.house.pages.page(
            request, "devices/device.html", thing=thing, devices=devices, code=code, minutes=CODE_MINUTES,
            own=thing.owner_id == account.id, host=self.house.settings.base_url, now=self.house.clock.now(),
        )  # fmt: skip

    def _ask(self, request: Request, account: Account, act: str) -> Response:
        with self.house.db.reading() as tx:
            thing = things.owned_by(tx, account.id, request.path_params["thing"])
            device = service.device_of(tx, thing.id, request.path_params["device"])
        return self.house.pages.page(request, "devices/ask.html", thing=thing, device=device, act=act)


async def ended(house: House, account: Account, device_id: str, verb: Verb, thing_id: str = "") -> None:
    """Switch a device off or release it."""
    now = house.clock.now()

    def work(tx: Tx) -> None:
        found = service.device_of(tx, thing_id or service.device(tx, device_id).thing_id, device_id)
        things.owned_by(tx, account.id, found.thing_id)
        verb(tx, now, found.id)

    await house.db.write(work)


def device_json(device: Device) -> dict[str, Any]:
    """A device for programs; `key` is its public key, base64url."""
    return {
        "id": device.id, "did": device.did, "key": b64url(device.public), "thing": device.thing_id,
        "name": device.name, "model": device.model, "paired": iso(device.paired_at),
        "last_seen": iso(device.last_seen) if device.last_seen is not None else None, "revoked": device.revoked,
    }  # fmt: skip


def api(house: House) -> APIRouter:
    """The calls of this file."""
    router = APIRouter(tags=["devices"])
    Reader = Annotated[Account, Depends(bearer(house, READ))]  # noqa: N806 - a type
    Writer = Annotated[Account, Depends(bearer(house, WRITE))]  # noqa: N806 - a type

    def own_device(tx: Tx, account: Account, device_id: str) -> Device:
        found = service.device(tx, device_id)
        things.seen_by(tx, account.id, found.thing_id)
        return found

    @router.get("/devices/{device}", summary="One device with its public key")
    async def one(device: str, account: Reader) -> dict[str, Any]:
        return device_json(await house.db.read(lambda tx: own_device(tx, account, device)))

    @router.get("/things/{thing}/devices", summary="The devices of a thing")
    async def of_thing(thing: str, account: Reader) -> dict[str, Any]:
        def work(tx: Tx) -> list[Device]:
            return service.devices_of(tx, things.seen_by(tx, account.id, thing).id)

        return {"items": [device_json(found) for found in await house.db.read(work)]}

    @router.post("/things/{thing}/pairing-codes", status_code=201, summary="A code that takes one device in, once")
    async def new_code(thing: str, account: Writer) -> dict[str, Any]:
        now = house.clock.now()

        def work(tx: Tx) -> str:
            return service.pairing_code(tx, now, things.owned_by(tx, account.id, thing).id)

        return {"code": await house.db.write(work), "minutes": CODE_MINUTES}

    @router.post("/devices/{device}/revoke", status_code=204, summary="Switch a device off")
    async def switch_off(device: str, account: Writer) -> None:
        await ended(house, account, device, service.revoke)

    @router.post("/devices/{device}/release", status_code=204, summary="Give a device up for another owner")
    async def give_up(device: str, account: Writer) -> None:
        await ended(house, account, device, service.release)

    return router
