"""The owner decides who may hear of a thing."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.owners.guard import signed_in
from thingcloud.owners.model import Account
from thingcloud.plumbing import guard, http, once
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput, Conflict, NotFound, ThingcloudError
from thingcloud.plumbing.house import House
from thingcloud.things import service as things
from thingcloud.vendors import service
from thingcloud.vendors.model import EVENTS, ROSTER, SCANNERS, Scope, chosen, not_told, streams, told

_FIELDS = {"event": "events", "scanner": "scanners", "stream": "streams", "bad-payload": "streams"}


@dataclass(frozen=True)
class _Typed:
    vendor: str = ""
    streams: str = ""
    events: tuple[str, ...] = ("scan",)
    scanners: tuple[str, ...] = SCANNERS


def _beside(why: ThingcloudError) -> dict[str, str]:
    named = why.reason.rpartition(":")[2].removeprefix("wrong-")
    return {_FIELDS.get(named, "vendor"): str(why)}


def _facts(tx: Tx, account: Account, thing_id: str) -> dict[str, Any]:
    if things.role(tx, account.id, thing_id) != "owner":
        raise NotFound("This thing is not here.")
    given = service.grants_of(tx, thing_id)
    taken = {vendor.id for _, vendor in given}
    return {
        "thing": things.thing(tx, thing_id),
        "given": [
            (grant, vendor, told(grant.agreement.scope), not_told(grant.agreement.scope)) for grant, vendor in given
        ],
        "free": [(vendor.id, vendor.name) for vendor in service.all_vendors(tx) if vendor.id not in taken],
        "terms": ROSTER["support-only-1"],
        "typed": _Typed(),
        "wrong": {},
    }


def pages(house: House) -> list[Route]:
    """The routes of this edge."""

    async def listeners(request: Request, account: Account) -> Response:
        thing_id = request.path_params["thing"]
        facts = await house.db.read(lambda tx: _facts(tx, account, thing_id))
        return house.pages.page(request, "vendors/listeners.html", here="things", **facts)

    async def give(request: Request, account: Account) -> Response:
        thing_id, form, now = request.path_params["thing"], await http.form(request), house.clock.now()
        typed = _Typed(
            http.text(form, "vendor", most=16), http.text(form, "streams", most=20_000),
            chosen((str(item) for item in form.getlist("events")), EVENTS),
            chosen((str(item) for item in form.getlist("scanners")), SCANNERS),
        )  # fmt: skip
        mark = once.mark(request, form, account.id)

        def work(tx: Tx) -> str:
            scope = Scope(streams(typed.streams), typed.events, typed.scanners)
            base = house.settings.base_url
            return service.give_grant(tx, now, account.id, thing_id, typed.vendor, scope, base_url=base).id

        try:
            await house.db.write(lambda tx: once.once(tx, now, mark, lambda: work(tx)))
        except (BadInput, Conflict) as why:
            facts = await house.db.read(lambda tx: _facts(tx, account, thing_id))
            facts |= {"typed": typed, "wrong": _beside(why)}
            return house.pages.page(request, "vendors/listeners.html", status=guard.status(why), here="things", **facts)
        return http.see(f"/owner/things/{thing_id}/vendors")

    async def stop(request: Request, account: Account) -> Response:
        thing_id = request.path_params["thing"]
        grant_id = request.path_params["grant"]
        await house.db.write(lambda tx: service.withdraw(tx, house.clock.now(), account.id, grant_id))
        return http.see(f"/owner/things/{thing_id}/vendors")

    return [
        Route("/owner/things/{thing}/vendors", signed_in(house, listeners), methods=["GET"]),
        Route("/owner/things/{thing}/vendors", signed_in(house, give), methods=["POST"]),
        Route("/owner/things/{thing}/vendors/{grant}/stop", signed_in(house, stop), methods=["POST"]),
    ]
