"""A small site around some routes: errors become pages as they do in the whole app, and Alice can be signed in."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.testclient import TestClient

from thingcloud.owners import service
from thingcloud.owners.model import Account
from thingcloud.plumbing import http
from thingcloud.plumbing.errors import BadInput, Conflict, NotAllowed, NotFound, ThingcloudError, TooMuch
from thingcloud.plumbing.house import House

STATUS = {BadInput: 400, NotAllowed: 403, NotFound: 404, Conflict: 409, TooMuch: 429}


def refusal(house: House) -> Callable[[Request, Exception], Awaitable[Response]]:
    """The page, or in the API the JSON, for an error of ours."""

    async def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, ThingcloudError)
        status = STATUS[type(error)]
        if request.url.path.startswith("/api/"):
            return JSONResponse({"title": error.what, "reason": error.reason}, status)
        return house.pages.problem(request, error, status)

    return answer


def site(house: House, routes: Sequence[Route], *more: BaseRoute) -> Starlette:
    """The site of a room."""
    app = Starlette(routes=[*routes, *more])
    app.add_exception_handler(ThingcloudError, refusal(house))
    return app


def browser(app: Any) -> TestClient:
    """A browser on our own page that does not follow redirects by itself."""
    return TestClient(
        app, base_url="http://localhost:8080", follow_redirects=False, headers={"sec-fetch-site": "same-origin"}
    )


def enter(house: House, client: TestClient, account: Account) -> TestClient:
    """Sign the browser in."""
    now = house.clock.now()
    secret = house.db.write_now(lambda tx: service.sign_in_link(tx, now, account.id))
    token = house.db.write_now(lambda tx: service.open_link(tx, now, secret, "owner", "Firefox on Linux"))
    client.cookies.set(http.SESSION_COOKIE, token)
    return client


def program(house: House, router: APIRouter) -> FastAPI:
    """The API of a room."""
    app = FastAPI()
    app.include_router(router)
    app.add_exception_handler(ThingcloudError, refusal(house))
    return app
