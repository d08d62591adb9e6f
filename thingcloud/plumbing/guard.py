"""ASGI layers around every page: which pages the local network may see, and errors turned into words."""

import ipaddress
import logging
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

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
# What asks these brings a key, a code or nothing of its own: no browser lends it a cookie.
_FOR_PROGRAMS = ("/api", "/pair", "/healthz", "/readyz")
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


class KnownNames:
    """Pages of this machine's people answer to this host's own names only.

    A page elsewhere can make its own name lead to this machine and then read what a browser here may read; a number
    for a name cannot be made to.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to a name that is not ours, where a cookie or this machine alone lets somebody in."""
        if scope["type"] == "http" and not _for_all(scope["path"]) and not self._ours(scope):
            await PlainTextResponse("Not by this name. The operator sets it: THINGCLOUD_URL.", 421)(
                scope, receive, send
            )
            return
        await self._app(scope, receive, send)

    def _ours(self, scope: Scope) -> bool:
        said = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        try:
            name = urlsplit(f"//{said}").hostname or ""
            return name in self._names or name == "localhost" or bool(ipaddress.ip_address(name))
        except ValueError:
            return False


class SmallBodies:
    """Programs send little: what is longer, or does not say how long it is, is not read at all."""

    def __init__(self, app: ASGIApp, most: int = 256 * 1024) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 or 411 before the first byte of the body."""
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        length = headers.get(b"content-length", b"0")
        if b"transfer-encoding" in headers:
            refused = BadInput("The body does not say how long it is.", hint="Send Content-Length.", reason="no-length")
            await problem(refused, 411)(scope, receive, send)
        elif not length.isdigit() or int(length) > self._most:
            refused = BadInput("The body is too large.", hint=f"{self._most:,} bytes fit.", reason="too-large")
            await problem(refused, 413)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _for_all(path: str) -> bool:
    return _for_the_network(path) or _under(path.lower(), _FOR_PROGRAMS)


def _loopback(scope: Scope) -> bool:
    try:
        return ipaddress.ip_address(scope["server"][0]).is_loopback
    except (KeyError, TypeError, ValueError):
        return False


def _for_the_network(path: str) -> bool:
    path = path.lower()
    return path == "/" or _under(path, FOR_THE_NETWORK)


def _under(path: str, allowed: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(one + "/") for one in allowed)


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
