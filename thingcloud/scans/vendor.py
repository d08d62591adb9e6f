"""A vendor's agent scans a tag: what the owner lets the vendor know of this thing, and the way to the desk."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from thingcloud.owners.model import Account
from thingcloud.plumbing.house import House
from thingcloud.scans import model, service
from thingcloud.things.model import TagFacts

View = Callable[[Request, TagFacts, Account], Awaitable[Response | None]]


def view(house: House) -> View:
    """The page of a tag for an agent whose vendor holds a grant for it; for any other it is the stranger's."""

    async def agent(request: Request, facts: TagFacts, account: Account) -> Response | None:
        seen = await house.db.read(lambda tx: service.agent_view(tx, facts, account.id))
        if seen is None or not facts.answers:
            return None
        return house.pages.page(request, "scans/agent.html", face=model.face(facts), seen=seen)

    return agent
