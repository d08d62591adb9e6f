"""The owner looks at what devices said: readings, the signed packs behind them, and what was refused."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.devices import service as devices
from thingcloud.owners.guard import bearer, signed_in
from thingcloud.owners.model import Account
from thingcloud.plumbing import plots, units
from thingcloud.plumbing.clock import DAY, HOUR
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import NotFound
from thingcloud.plumbing.house import House
from thingcloud.plumbing.ids import b64url
from thingcloud.plumbing.words import iso
from thingcloud.telemetry import service
from thingcloud.telemetry.check import shown
from thingcloud.telemetry.model import PackLine, Value
from thingcloud.things import service as things

_SPANS = {"day": ("Day", DAY), "week": ("Week", 7 * DAY), "month": ("Month", 30 * DAY), "year": ("Year", 365 * DAY)}
_POINTS = 300
_GAP_SHARE = 40
_PACKS_SHOWN = 20
_UNITS = {"Cel": "°C", "/": "", "%RH": "%"}
_PACK_TYPE = 'application/cose; cose-type="cose-sign1"'
_FAR = 2**53


def unit_words(unit: str) -> str:
    """A SenML unit as people write it."""
    return _UNITS.get(unit, unit)


def _readings(tx: Tx, account: Account, thing_id: str, name: str, span: str, now: int) -> dict[str, Any]:
    values = service.latest(tx, thing_id, now)
    names = list(dict.fromkeys(value.name for value in values if not isinstance(value.value, str)))
    chosen = name if name in names else (names[0] if names else "")
    since = now - _SPANS[span][1]
    points = service.series(tx, thing_id, chosen, since, now + HOUR, _POINTS)
    signed_unit = next((value.unit for value in values if value.name == chosen), "")
    factor, unit = units.scale(signed_unit, max((value for _, value in points), default=0))
    line = plots.Line([(at, value * factor) for at, value in points])
    readings, packs = service.counts(tx, thing_id)
    refused = service.refused(tx, _devices(tx, thing_id))
    return {
        "thing": things.seen_by(tx, account.id, thing_id), "values": values, "spoken": units.spoken,
        "names": names, "chosen": chosen, "span": span, "spans": [(key, words) for key, (words, _) in _SPANS.items()],
        "plot": plots.plot([line], since, now, unit=unit, gap=(now - since) // _GAP_SHARE),
        "readings": readings, "packs": packs, "lines": service.newest_packs(tx, thing_id, _PACKS_SHOWN),
        "refused": sum(one.count for one in refused),
        "time_known": all(value.time_known for value in values)
        and not service.undated(tx, thing_id, chosen, since, now + HOUR),
    }  # fmt: skip


def _devices(tx: Tx, thing_id: str) -> list[str]:
    return [device.id for device in devices.devices_of(tx, thing_id)]


def _pack(tx: Tx, account: Account, thing_id: str, pack_id: int) -> dict[str, Any]:
    thing = things.seen_by(tx, account.id, thing_id)
    line = service.pack(tx, thing_id, pack_id)
    verdict, chain = service.check_stored(tx, line)
    return {
        "thing": thing, "line": line, "verdict": verdict, "chain": chain, "unit_words": unit_words, "shown": shown,
        "conflicts": service.conflicts(tx, line),
    }  # fmt: skip


def _aside(tx: Tx, account: Account, thing_id: str) -> dict[str, Any]:
    thing = things.seen_by(tx, account.id, thing_id)
    paired = {device.id: device.paired_at for device in devices.devices_of(tx, thing_id)}
    # A device may have had another owner before: what it said then is not for this one.
    aside = [one for one in service.kept_aside(tx, list(paired)) if one.received >= paired[one.device]]
    return {"thing": thing, "counts": service.refused(tx, list(paired)), "aside": aside}


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(_FAR)):
        raise NotFound("There is no such pack.", hint="Choose one from the list of packs.")
    return int(text)


def pages(house: House) -> list[Route]:
    """The routes of this edge."""

    async def readings(request: Request, account: Account) -> Response:
        thing_id, query = request.path_params["thing"], request.query_params
        span = query.get("span", "day") if query.get("span") in _SPANS else "day"
        now = house.clock.now()
        facts = await house.db.read(lambda tx: _readings(tx, account, thing_id, query.get("name", ""), span, now))
        return house.pages.page(request, "telemetry/readings.html", here="things", now=now, **facts)

    async def pack(request: Request, account: Account) -> Response:
        thing_id, pack_id = request.path_params["thing"], _number(request.path_params["pack"])
        facts = await house.db.read(lambda tx: _pack(tx, account, thing_id, pack_id))
        return house.pages.page(request, "telemetry/pack.html", here="things", **facts)

    async def pack_file(request: Request, account: Account) -> Response:
        thing_id, pack_id = request.path_params["thing"], _number(request.path_params["pack"])
        line = await house.db.read(lambda tx: _line(tx, account, thing_id, pack_id))
        name = f"pack-{line.sequence}.cose"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(line.pack, media_type=_PACK_TYPE, headers=headers)

    async def refused(request: Request, account: Account) -> Response:
        thing_id = request.path_params["thing"]
        facts = await house.db.read(lambda tx: _aside(tx, account, thing_id))
        return house.pages.page(request, "telemetry/refused.html", here="things", **facts)

    base = "/owner/things/{thing}"
    return [
        Route(f"{base}/readings", signed_in(house, readings), methods=["GET"]),
        Route(f"{base}/packs/{{pack}}", signed_in(house, pack), methods=["GET"]),
        Route(f"{base}/packs/{{pack}}/file", signed_in(house, pack_file), methods=["GET"]),
        Route(f"{base}/refused", signed_in(house, refused), methods=["GET"]),
    ]


def _line(tx: Tx, account: Account, thing_id: str, pack_id: int) -> PackLine:
    things.seen_by(tx, account.id, thing_id)
    return service.pack(tx, thing_id, pack_id)


def reading_json(value: Value) -> dict[str, Any]:
    """One reading for programs; an unsigned view of what a pack says."""
    return {
        "stream": value.stream, "name": value.name, "unit": value.unit, "value": value.value,
        "at": iso(value.at), "time_known": value.time_known,
    }  # fmt: skip


def pack_json(line: PackLine, device: str) -> dict[str, Any]:
    """One pack for programs: `pack` is the signed bytes as they came, base64url; `device` says whose key checks it."""
    return {
        "id": line.id, "device": device, "sequence": line.sequence, "stream": line.stream,
        "received": iso(line.received), "pack": b64url(line.pack),
    }  # fmt: skip


def api(house: House) -> APIRouter:
    """The same for programs."""
    router = APIRouter(tags=["readings"])
    reader = Annotated[Account, Depends(bearer(house, "read"))]

    @router.get("/things/{thing}/readings", summary="Readings of a thing, oldest first")
    async def readings(
        thing: str,
        who: reader,
        name: Annotated[str, Query(max_length=32, description="One name, or all")] = "",
        since: Annotated[int, Query(ge=0, le=_FAR, description="ms since 1970")] = 0,
        until: Annotated[int, Query(ge=0, le=_FAR, description="ms since 1970, not included")] = _FAR,
        limit: Annotated[int, Query(ge=1, le=10_000, description="The newest so many")] = 1000,
    ) -> dict[str, Any]:
        def work(tx: Tx) -> list[Value]:
            things.seen_by(tx, who.id, thing)
            return service.readings(tx, thing, name, since, until, limit)

        return {"signed": False, "items": [reading_json(value) for value in await house.db.read(work)]}

    @router.get("/things/{thing}/packs", summary="Signed packs of a thing, in the order its devices numbered them")
    async def packs(
        thing: str,
        who: reader,
        after: Annotated[int, Query(ge=0, le=_FAR, description="The id of the last one seen")] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        def work(tx: Tx) -> list[dict[str, Any]]:
            things.seen_by(tx, who.id, thing)
            found = service.packs(tx, thing, after, limit)
            known = devices.by_rows(tx, {line.device for line in found})
            return [pack_json(line, known[line.device].id) for line in found]

        return {"items": await house.db.read(work)}

    return router
