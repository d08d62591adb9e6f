"""What every HTTP edge shares: forms with limits, same-origin posts, cookies, live streams."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Message, Receive

from thingcloud.plumbing.clock import SECOND
from thingcloud.plumbing.errors import BadInput, NotAllowed
from thingcloud.plumbing.live import Live
from thingcloud.plumbing.settings import Settings

SESSION_COOKIE = "session"
_MOST_FORM_BYTES = 64 * 1024
_MOST_FIELDS = 40
_HEARTBEAT = 20 * SECOND


async def form(request: Request, *, most: int = _MOST_FORM_BYTES) -> FormData:
    """The posted form; too large, too many fields or not a form at all is refused with a reason."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise BadInput("This form is too large.", hint="Please send a shorter text.", reason="too-large")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        raise BadInput("This is not a form.", hint="Please send it from the page.", reason="not-a-form")
    return await _parsed(Request(request.scope, _replay(await _body(request, most))))


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise BadInput("This form is too large.", hint="Please send a shorter text.", reason="too-large")
    except ClientDisconnect as error:
        # Nobody is there to read it; without it each phone that loses its network would be a fault in the log.
        raise BadInput("Only a part of this form came.", hint="Please send it again.", reason="cut-off") from error
    return bytes(body)


async def _parsed(request: Request) -> FormData:
    try:
        found = await request.form(max_files=1, max_fields=_MOST_FIELDS)
        # A charset of the sender's choice can make half a letter, which nothing could store or show.
        "".join(value for value in found.values() if isinstance(value, str)).encode()
    except Exception as error:
        raise BadInput("This form came broken.", hint="Please send it again.", reason="broken-form") from error
    return found


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def text(found: FormData, name: str, *, most: int = 2000) -> str:
    """One field as text: trimmed, without NUL, at most `most` characters."""
    value = found.get(name, "")
    if not isinstance(value, str):
        raise BadInput("A file came where words were expected.", reason="not-text")
    value = value.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(value) > most:
        raise BadInput(f"{most:,} characters fit. Yours has {len(value):,}.", reason="too-long")
    return value


def same_origin(request: Request, settings: Settings) -> None:
    """Refuse a signed-in POST that another site made the browser send (Fetch Metadata, then Origin)."""
    site = request.headers.get("sec-fetch-site")
    if site in {"same-origin", "none"}:
        return
    origin = request.headers.get("origin")
    own = {request.headers.get("host"), urlsplit(settings.base_url).netloc}
    if site is None and (origin is None or _netloc(origin) in own):
        return
    raise NotAllowed("This came from another site.", hint="Open the page here and press the button again.")


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def see(path: str) -> RedirectResponse:
    """Go on to a page after a POST (303)."""
    return RedirectResponse(path, status_code=303)


def set_cookie(response: Response, settings: Settings, name: str, value: str, *, path: str, days: int) -> None:
    """A cookie that scripts cannot read and other sites cannot send along with a POST."""
    response.set_cookie(
        name, value, max_age=days * 86400, path=path, secure=settings.secure, httponly=True, samesite="lax"
    )


def client_key(request: Request, settings: Settings) -> str:
    """Whom to count for limits: the peer, or what the named proxy says of it; never stored or logged."""
    peer = request.client.host if request.client else ""
    if settings.proxy and peer == settings.proxy:
        peer = request.headers.get("x-forwarded-for", peer).rpartition(",")[2].strip()
    return _network(peer) if ":" in peer else peer


def _network(address: str) -> str:
    """One customer has a whole /64 of IPv6 and may take another address of it for each request."""
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))


def live_stream(hub: Live, *topics: str) -> Response:
    """Server-sent events: one `changed` for each change of a topic, a heartbeat between."""
    return StreamingResponse(
        _events(hub, topics),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(hub: Live, topics: tuple[str, ...]) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    changes = hub.watch(*topics)
    upcoming = asyncio.ensure_future(anext(changes))
    try:
        while True:
            done, _ = await asyncio.wait({upcoming}, timeout=_HEARTBEAT / SECOND)
            if not done:
                yield ": still here\n\n"
                continue
            _, said = upcoming.result()
            yield f"event: changed\ndata: {said}\n\n"
            upcoming = asyncio.ensure_future(anext(changes))
    finally:
        upcoming.cancel()
