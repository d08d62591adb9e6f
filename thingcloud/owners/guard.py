"""The check before every page and call of somebody who is signed in; edges of all rooms wrap their handlers in it."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request
from starlette.responses import Response

from thingcloud.owners import service
from thingcloud.owners.model import Account, Door
from thingcloud.plumbing import http
from thingcloud.plumbing.errors import NotAllowed
from thingcloud.plumbing.house import House

Handler = Callable[[Request, Account], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]
_BEARER = HTTPBearer(auto_error=False, description="A key made under Settings")


def signed_in(house: House, handler: Handler, door: Door = "owner") -> Endpoint:
    """Run `handler` with the account of the session; a POST must come from our own page, others go to the door."""

    async def endpoint(request: Request) -> Response:
        if request.method == "POST":
            http.same_origin(request, house.settings)
        account = service.current(house.db, house.clock.now(), request.cookies.get(http.SESSION_COOKIE))
        if account is None:
            return http.see(f"/{door}/sign-in")
        return await handler(request, account)

    endpoint.__name__, endpoint.__module__ = handler.__name__, handler.__module__
    endpoint.__wrapped__ = handler  # type: ignore[attr-defined]  # the route table names the handler's file and line
    return endpoint


def bearer(house: House, scope: str) -> Callable[..., Awaitable[Account]]:
    """A dependency of API calls: the account behind the key, if the key may `scope`."""

    async def who(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Account:
        found = service.bearer(house.db, house.clock.now(), given.credentials) if given else None
        if found is None:
            raise NotAllowed(
                "This call needs a key.",
                hint="Make one under Settings; send it as a bearer token.",
                reason="signed-out",
            )
        account, scopes = found
        if scope not in scopes:
            raise NotAllowed(f"This key may not {scope}.", hint=f'Make one that may "{scope}".', reason="scope")
        return account

    return who
