"""An agent at the desk: the queue, the scan, the answer."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.owners.guard import bearer, signed_in
from thingcloud.owners.model import Account
from thingcloud.plumbing import http
from thingcloud.plumbing.clock import MINUTE, SECOND
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput, NotAllowed, NotFound
from thingcloud.plumbing.house import House
from thingcloud.plumbing.ids import b64url, from_b64url
from thingcloud.plumbing.units import spoken
from thingcloud.vendors import service
from thingcloud.vendors.model import Agent, Hearing, Value, heard

_SOON = 2 * MINUTE
_URGENT = 10 * MINUTE


def _agent(tx: Tx, account: Account) -> Agent:
    found = service.agent(tx, account.id)
    if found is None:
        raise NotAllowed("This is a support desk's page.", hint="Sign in with the link that your desk sent you.")
    return found


def urgency(hearing: Hearing, now: int) -> str:
    """How long a scan has waited, as a mark: wait, soon or urgent."""
    if hearing.state == "answered":
        return "wait"
    waited = now - hearing.at
    return "urgent" if waited >= _URGENT else "soon" if waited >= _SOON else "wait"


def waited(at: int, now: int) -> str:
    """Waiting time as minutes and seconds: 3:40."""
    seconds = max(0, now - at) // SECOND
    return f"{seconds // 60}:{seconds % 60:02}"


def _queue_facts(house: House, tx: Tx, who: Agent) -> dict[str, Any]:
    now = house.clock.now()
    waiting = service.queue(tx, who.vendor_id)
    open_ones = [hearing for hearing in waiting if hearing.state != "answered"]
    return {
        "agent": who,
        "vendor": service.vendor(tx, who.vendor_id),
        "queue": [(hearing, urgency(hearing, now), waited(hearing.at, now)) for hearing in waiting],
        "waiting": len(open_ones),
        "longest": waited(min((hearing.at for hearing in open_ones), default=now), now),
        "chosen": None,
    }


def _scan_facts(house: House, tx: Tx, who: Agent, hearing_id: str) -> dict[str, Any]:
    hearing, grant = service.hearing(tx, who.vendor_id, hearing_id)
    return {
        **_queue_facts(house, tx, who),
        "chosen": hearing,
        "grant": grant,
        "told": heard(grant.agreement.scope),
        "values": [(value.name, *measured(value)) for value in service.visible(tx, grant)],
        "answers": service.answers_to(tx, hearing.id),
        "messages": service.said(tx, hearing),
    }


def measured(value: Value) -> tuple[str, str]:
    """A reading and its unit in words; the signed text may be a number or not."""
    try:
        return spoken(float(value.value), value.unit)
    except ValueError:
        return value.value, ""


def until(text: str, now: int) -> int | None:
    """The next time a clock in the host's zone shows `18:30`, in milliseconds; None for nothing."""
    if not text:
        return None
    try:
        hour, minute = (int(part) for part in text.split(":"))
        start = datetime.fromtimestamp(now / SECOND).astimezone()
        then = start.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError as error:
        raise BadInput("This is not a time of day.", hint="Example: 18:30", reason="until") from error
    if then <= start:
        then += timedelta(days=1)
    return int(then.timestamp()) * SECOND


def pages(house: House) -> list[Route]:
    """The routes of this edge."""

    async def desk(request: Request, account: Account) -> Response:
        facts = await house.db.read(lambda tx: _queue_facts(house, tx, _agent(tx, account)))
        return house.pages.page(request, "vendors/desk.html", view="queue", **facts)

    async def scan(request: Request, account: Account) -> Response:
        hearing_id = request.path_params["hearing"]
        facts = await house.db.read(lambda tx: _scan_facts(house, tx, _agent(tx, account), hearing_id))
        view = "context" if request.url.path.endswith("/context") else "case"
        return house.pages.page(request, "vendors/desk.html", view=view, **facts)

    async def news(_request: Request, account: Account) -> Response:
        who = await house.db.read(lambda tx: _agent(tx, account))
        return http.live_stream(house.live, f"vendor:{who.vendor_id}")

    async def act(request: Request, account: Account) -> Response:
        form = await http.form(request)
        now, hearing_id, verb = house.clock.now(), request.path_params["hearing"], request.path_params["verb"]
        title, words = http.text(form, "title", most=200), http.text(form, "words")
        back = until(http.text(form, "until", most=5), now)

        def work(tx: Tx) -> None:
            who = _agent(tx, account)
            if verb == "take":
                service.take(tx, now, who, hearing_id)
            elif verb == "answer":
                service.answer(tx, now, who, hearing_id, title=title, words=words, until=back)
            elif verb == "write":
                service.write(tx, now, who, hearing_id, words)
            elif verb == "done":
                service.done(tx, who, hearing_id)
            else:
                raise NotFound("There is nothing to do here by this name.")

        await house.db.write(work)
        return http.see("/vendor" if verb == "done" else f"/vendor/scans/{hearing_id}")

    return [
        Route("/vendor", signed_in(house, desk, "vendor"), methods=["GET"]),
        Route("/vendor/live", signed_in(house, news, "vendor"), methods=["GET"]),
        Route("/vendor/scans/{hearing}", signed_in(house, scan, "vendor"), methods=["GET"]),
        Route("/vendor/scans/{hearing}/context", signed_in(house, scan, "vendor"), methods=["GET"]),
        Route("/vendor/scans/{hearing}/{verb:str}", signed_in(house, act, "vendor"), methods=["POST"]),
    ]


class Offer(BaseModel):
    """An agreement that waits for the vendor's signature; byte strings as base64url."""

    agreement: str
    terms: str
    handle: str
    payload: str
    nonce: str
    owner_signed: str


class Signature(BaseModel):
    """The vendor's own COSE_Sign1 over the agreement, as base64url."""

    signed: str


class Accepted(BaseModel):
    """The agreement is in force."""

    agreement: str
    handle: str


def api(house: House) -> APIRouter:
    """What a vendor's own system may call with a key of one of its agents."""
    router = APIRouter(prefix="/vendor", tags=["vendor"])
    may_read, may_write = Depends(bearer(house, "read")), Depends(bearer(house, "write"))

    @router.get("/offers", summary="Agreements that wait for the vendor's signature")
    async def offers(account: Account = may_read) -> list[Offer]:
        found = await house.db.read(lambda tx: service.offers(tx, _agent(tx, account).vendor_id))
        return [
            Offer(
                agreement=grant.agreement.id, terms=grant.agreement.terms, handle=grant.handle,
                payload=b64url(grant.agreement.payload), nonce=b64url(nonce),
                owner_signed=b64url(grant.agreement.owner_signed),
            )
            for grant, nonce in found
        ]  # fmt: skip

    @router.post("/offers/{agreement}", summary="Sign an agreement; from then on its events are told")
    async def accept(agreement: str, given: Signature, account: Account = may_write) -> Accepted:
        try:
            signed = from_b64url(given.signed)
        except ValueError as error:
            raise BadInput("The signature is not base64url.", reason="not-base64url") from error
        grant = await house.db.write(lambda tx: service.accept(tx, _agent(tx, account).vendor_id, agreement, signed))
        return Accepted(agreement=grant.agreement.id, handle=grant.handle)

    return router
