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
from thingcloud.plumbing import guard, http, once
from thingcloud.plumbing.clock import MINUTE, SECOND
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput, Conflict, NotAllowed, NotFound, ThingcloudError, TooMuch
from thingcloud.plumbing.house import House
from thingcloud.plumbing.ids import b64url, from_b64url
from thingcloud.plumbing.units import spoken
from thingcloud.vendors import service
from thingcloud.vendors.model import Agent, Hearing, Value, fits, heard

_SOON = 2 * MINUTE
_URGENT = 10 * MINUTE
_VERBS = ("take", "answer", "write", "done")
_TYPED = ("answer", "write")
_MOST = {"title": 200, "words": 2000, "until": 5, "message": 2000}
_MOST_TYPED = 20_000


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
        "typed": {},
        "wrong": {},
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
        raise BadInput("This is not a time of day.", hint="Example: 18:30", reason="not-a-time:until") from error
    if then <= start:
        then += timedelta(days=1)
    return int(then.timestamp()) * SECOND


def _act(tx: Tx, now: int, who: Agent, hearing_id: str, verb: str, typed: dict[str, str]) -> None:
    for name, most in _MOST.items():
        fits(name, typed[name], most)
    if verb == "take":
        service.take(tx, now, who, hearing_id)
    elif verb == "answer":
        back = until(typed["until"], now)
        service.answer(tx, now, who, hearing_id, title=typed["title"], words=typed["words"], until=back)
    elif verb == "write":
        service.write(tx, now, who, hearing_id, typed["message"])
    else:
        service.done(tx, who, hearing_id)


def _beside(why: ThingcloudError, verb: str) -> dict[str, str]:
    named = why.reason.rpartition(":")[2]
    usual = "title" if verb == "answer" else "message"
    return {named if named in _MOST else usual: str(why)}


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

    async def scan_news(request: Request, account: Account) -> Response:
        hearing_id = request.path_params["hearing"]
        who = await house.db.read(lambda tx: _agent(tx, account))
        found, _ = await house.db.read(lambda tx: service.hearing(tx, who.vendor_id, hearing_id))
        return http.live_stream(house.live, f"vendor:{who.vendor_id}", f"case:{found.case_id}")

    async def act(request: Request, account: Account) -> Response:
        verb, hearing_id = request.path_params["verb"], request.path_params["hearing"]
        if verb not in _VERBS:
            raise NotFound("There is nothing to do here by this name.")
        form, now = await http.form(request), house.clock.now()
        typed = {name: http.text(form, name, most=_MOST_TYPED) for name in _MOST}
        mark = once.mark(request, form, account.id)

        def work(tx: Tx) -> str:
            _act(tx, now, _agent(tx, account), hearing_id, verb, typed)
            return ""

        try:
            await house.db.write(lambda tx: once.once(tx, now, mark, lambda: work(tx)))
        except (BadInput, TooMuch, Conflict) as why:
            if verb not in _TYPED:
                raise
            facts = await house.db.read(lambda tx: _scan_facts(house, tx, _agent(tx, account), hearing_id))
            facts |= {"typed": {verb: typed}, "wrong": {verb: _beside(why, verb)}}
            return house.pages.page(request, "vendors/desk.html", status=guard.status(why), view="case", **facts)
        return http.see("/vendor" if verb == "done" else f"/vendor/scans/{hearing_id}")

    return [
        Route("/vendor", signed_in(house, desk, "vendor"), methods=["GET"]),
        Route("/vendor/live", signed_in(house, news, "vendor"), methods=["GET"]),
        Route("/vendor/scans/{hearing}/live", signed_in(house, scan_news, "vendor"), methods=["GET"]),
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
