"""ASGI layers around every page: which pages the local network may see, and errors turned into words."""

import ipaddress
import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from thingcloud.plumbing.errors import (
    BadInput,
    Conflict,
    NotAllowed,
    NotFound,
    ThingcloudError,
    TooMuch,
    Unavailable,
)
from thingcloud.plumbing.html import Pages
from thingcloud.plumbing.ids import new_id

log = logging.getLogger(__name__)

FOR_THE_NETWORK = ("/t", "/c", "/kept", "/static", "/terms", "/.well-known", "/stop")
_STATUS: tuple[tuple[type[ThingcloudError], int], ...] = (
    (NotFound, 404), (NotAllowed, 403), (BadInput, 400), (TooMuch, 429), (Conflict, 409), (Unavailable, 503),
)  # fmt: skip


def status(error: ThingcloudError) -> int:
    """The HTTP status of an error; who has not signed in yet reads 401, who may not reads 403."""
    if error.reason == "signed-out":
        return 401
    return next((code for kind, code in _STATUS if isinstance(error, kind)), 500)


class TagPagesOnly:
    """Beyond this machine only tag pages are shown: owner, vendor and mail pages stay on loopback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 404 to what the network may not see."""
        if scope["type"] == "http" and not _loopback(scope) and not _for_the_network(scope["path"]):
            await PlainTextResponse("Not here.", 404)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _loopback(scope: Scope) -> bool:
    try:
        return ipaddress.ip_address(scope["server"][0]).is_loopback
    except (KeyError, TypeError, ValueError):
        return False


def _for_the_network(path: str) -> bool:
    path = path.lower()
    return path == "/" or any(path == allowed or path.startswith(allowed + "/") for allowed in FOR_THE_NETWORK)


def problem(error: ThingcloudError, code: int) -> Response:
    """An error for programs: RFC 9457 problem+json."""
    body = {
        "type": f"about:blank#{error.reason or 'refused'}",
        "title": error.what,
        "status": code,
        "detail": error.hint,
    }
    headers = {"Retry-After": str(max(1, error.again_in // 1000))} if isinstance(error, TooMuch) else {}
    if code == 401:  # RFC 9110, section 15.5.2
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, code, headers=headers, media_type="application/problem+json")


def for_people(pages: Pages) -> dict[type[Exception], Callable[..., object]]:
    """Exception handlers of the pages."""

    async def refused(request: Request, error: ThingcloudError) -> Response:
        return pages.problem(request, error, status(error))

    async def broken(request: Request, error: Exception) -> Response:
        number = _noted(error)
        return pages.broken(request, number)

    return {ThingcloudError: refused, Exception: broken}


def for_programs() -> dict[type[Exception], Callable[..., object]]:
    """Exception handlers of the API."""

    async def refused(_request: Request, error: ThingcloudError) -> Response:
        return problem(error, status(error))

    async def broken(_request: Request, error: Exception) -> Response:
        return problem(
            Unavailable("Something broke on our side.", hint=f"Number {_noted(error)}.", reason="broken"), 500
        )

    return {ThingcloudError: refused, Exception: broken}


def _noted(error: Exception) -> str:
    """Log a fault under a number; neither the address nor what was sent is in the log."""
    number = new_id()[:8]
    log.error("fault %s", number, exc_info=error)
    return number
