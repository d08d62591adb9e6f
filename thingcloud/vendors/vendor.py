"""An agent at the desk: the queue, the scan, the answer."""

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.conversations import service as conversations
from thingcloud.owners import service as owners
from thingcloud.plumbing import http
from thingcloud.plumbing.clock import MINUTE, SECOND
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput, NotAllowed
from thingcloud.plumbing.house import House
from thingcloud.vendors import service
from thingcloud.vendors.model import Agent, Hearing, told

_SOON = 2 * MINUTE
_URGENT = 10 * MINUTE


def _agent(house: House, tx: Tx, request: Request) -> Agent:
    account = owners.current(house.db, house.clock.now(), request.cookies.get(http.SESSION_COOKIE))
    found = service.agent(tx, account.id) if account else None
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


def _queue_facts(house: House, tx: Tx, who: Agent) -> dict[str, object]:
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


def _scan_facts(house: House, tx: Tx, who: Agent, hearing_id: str) -> dict[str, object]:
    hearing, grant = service.hearing(tx, who.vendor_id, hearing_id)
    said = conversations.messages(tx, hearing.case_id) if hearing.case_id else []
    return {
        **_queue_facts(house, tx, who),
        "chosen": hearing,
        "grant": grant,
        "told": told(grant.agreement.scope),
        "values": service.visible(tx, grant),
        "answers": service.answers_to(tx, hearing.id),
        "messages": said,
    }


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

    async def desk(request: Request) -> Response:
        facts = await house.db.read(lambda tx: _queue_facts(house, tx, _agent(house, tx, request)))
        return house.pages.page(request, "vendors/desk.html", **facts)

    async def scan(request: Request) -> Response:
        hearing_id = request.path_params["hearing"]
        facts = await house.db.read(lambda tx: _scan_facts(house, tx, _agent(house, tx, request), hearing_id))
        return house.pages.page(request, "vendors/desk.html", **facts)

    async def news(request: Request) -> Response:
        who = await house.db.read(lambda tx: _agent(house, tx, request))
        return http.live_stream(house.live, f"vendor:{who.vendor_id}")

    async def act(request: Request) -> Response:
        http.same_origin(request, house.settings)
        form = await http.form(request)
        now, hearing_id, verb = house.clock.now(), request.path_params["hearing"], request.path_params["verb"]
        title, words = http.text(form, "title", most=200), http.text(form, "words")
        back = until(http.text(form, "until", most=5), now)

        def work(tx: Tx) -> None:
            who = _agent(house, tx, request)
            if verb == "take":
                service.take(tx, now, who, hearing_id)
            elif verb == "answer":
                service.answer(tx, now, who, hearing_id, title=title, words=words, until=back)
            elif verb == "write":
                service.write(tx, now, who, hearing_id, words)
            else:
                service.done(tx, who, hearing_id)

        await house.db.write(work)
        return http.see("/vendor" if verb == "done" else f"/vendor/scans/{hearing_id}")

    return [
        Route("/vendor", desk, methods=["GET"]),
        Route("/vendor/live", news, methods=["GET"]),
        Route("/vendor/scans/{hearing}", scan, methods=["GET"]),
        Route("/vendor/scans/{hearing}/{verb:str}", act, methods=["POST"]),
    ]
