"""A vendor's agent scans a tag: what the owner lets the vendor know of this thing, and the way to the desk."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.owners import guard
from thingcloud.owners.model import Account
from thingcloud.plumbing import http
from thingcloud.plumbing.errors import NotFound
from thingcloud.plumbing.house import House
from thingcloud.scans import model, service
from thingcloud.scans.service import Agents
from thingcloud.things import service as things
from thingcloud.things.model import TagFacts

View = Callable[[Request, TagFacts, Account], Awaitable[Response | None]]


async def _seen(house: House, facts: TagFacts | None, account: Account) -> Agents | None:
    if facts is None or not facts.answers:
        return None
    return await house.db.read(lambda tx: service.agent_view(tx, facts, account.id))


def view(house: House) -> View:
    """Send an agent whose vendor holds a grant for the tag's thing to the page below; any other gets the stranger's."""

    async def agent(_request: Request, facts: TagFacts, account: Account) -> Response | None:
        seen = await _seen(house, facts, account)
        return http.see(f"/vendor/tags/{facts.code}") if seen else None

    return agent


def pages(house: House) -> list[Route]:
    """The routes of this edge."""

    async def scanned(request: Request, account: Account) -> Response:
        facts = things.tag_facts(house.db, request.path_params["code"].upper())
        seen = await _seen(house, facts, account)
        if facts is None or seen is None:
            raise NotFound("This tag is not for your desk.", hint="Its owner may allow that.", reason="unknown-tag")
        return house.pages.page(request, "scans/agent.html", face=model.face(facts), seen=seen)

    return [Route("/vendor/tags/{code}", guard.signed_in(house, scanned, "vendor"), methods=["GET"])]
