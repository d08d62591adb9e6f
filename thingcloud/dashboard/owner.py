"""The owner's home page and the first page of a thing."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.dashboard import model, service
from thingcloud.owners.guard import signed_in
from thingcloud.owners.model import Account
from thingcloud.plumbing import http
from thingcloud.plumbing.house import House
from thingcloud.things import service as things


def pages(house: House) -> list[Route]:
    """Every page of this room."""

    async def home(request: Request, account: Account) -> Response:
        now = house.clock.now()
        found = await house.db.read(lambda tx: service.home(tx, now, account.id))
        greeting = f"{model.greeting(now)} {model.waiting(len(found.needs))}"
        return house.pages.page(request, "dashboard/home.html", home=found, greeting=greeting, now=now)

    async def live(request: Request, account: Account) -> Response:  # noqa: ARG001 - the topics name who asks
        with house.db.reading() as tx:
            shown = things.things_of(tx, account.id)[: service.CARDS]
        return http.live_stream(house.live, f"owner:{account.id}", *(f"thing:{thing.id}" for thing in shown))

    async def thing(request: Request, account: Account) -> Response:
        now, asked, thing_id = house.clock.now(), request.query_params, request.path_params["thing"]
        name, span = asked.get("name", ""), asked.get("span", "")
        found = await house.db.read(lambda tx: service.overview(tx, now, account.id, thing_id, name, span))
        spans: list[tuple[str, str]] = [(key, words) for key, (words, _) in model.SPANS.items()]
        facts: dict[str, Any] = {"found": found, "thing": found.thing, "spans": spans, "now": now}
        return house.pages.page(request, "dashboard/thing.html", headers=None, **facts)

    return [
        Route("/owner", signed_in(house, home), methods=["GET"]),
        Route("/owner/live", signed_in(house, live), methods=["GET"]),
        Route("/owner/things/{thing}", signed_in(house, thing), methods=["GET"]),
    ]
