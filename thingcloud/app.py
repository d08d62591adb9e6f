"""Where the parts are put together: pages, calls, jobs and listeners of every room, in one running cloud."""

import asyncio
import fcntl
import logging
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote, urlsplit

import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from thingcloud.conversations import finder as case_finder
from thingcloud.conversations import mail as case_mail
from thingcloud.conversations import owner as case_owner
from thingcloud.conversations import service as conversations
from thingcloud.dashboard import owner as dashboard_owner
from thingcloud.devices import device as device_pairing
from thingcloud.devices import owner as device_owner
from thingcloud.devices import service as devices
from thingcloud.notify import finder as notify_finder
from thingcloud.notify import owner as notify_owner
from thingcloud.notify import service as notify
from thingcloud.owners import owner as owners_owner
from thingcloud.plumbing import guard, http, migrations
from thingcloud.plumbing import routes as listing
from thingcloud.plumbing.broker import CONSUMER, STREAM, Broker, BrokerAddress
from thingcloud.plumbing.broker.admission import Permissions
from thingcloud.plumbing.clock import Clock, SystemClock
from thingcloud.plumbing.db import Database
from thingcloud.plumbing.errors import BadInput, BadSetting, NotFound, Unavailable
from thingcloud.plumbing.house import House
from thingcloud.plumbing.html import Pages
from thingcloud.plumbing.jobs import Handler, Worker, take_over
from thingcloud.plumbing.keys import load_or_make
from thingcloud.plumbing.live import Live
from thingcloud.plumbing.routes import Way
from thingcloud.plumbing.settings import Settings
from thingcloud.scans import finder as scan_finder
from thingcloud.scans import owner as scan_owner
from thingcloud.scans import vendor as scan_vendor
from thingcloud.telemetry import owner as telemetry_owner
from thingcloud.telemetry import receipts
from thingcloud.telemetry.device import Ear, Listening, Spreader
from thingcloud.telemetry.pull import Pull
from thingcloud.things import owner as things_owner
from thingcloud.things import service as things
from thingcloud.vendors import deliver as vendor_deliver
from thingcloud.vendors import finder as vendor_finder
from thingcloud.vendors import owner as vendor_owner
from thingcloud.vendors import vendor as vendor_desk

log = logging.getLogger(__name__)
Publish = Callable[[str, bytes], None]

# Who hears or says what is on a topic; the grammar is docs/wire.md.
_TOPICS: dict[str, Callable[..., object]] = {
    "devices/{device}/telemetry": Ear.hear,
    "devices/{device}/receipt": receipts.seal,
    "things/{thing}/pack": Spreader.work,
    "things/{thing}/readings": Spreader.work,
    "things/{thing}/events": things.journal,
}
_ALL = "0.0.0.0"  # noqa: S104 - only with THINGCLOUD_LAN, and then tag pages only
_GRACE_SECONDS = 2
_BAD_REQUEST = 400


@dataclass(frozen=True)
class Reach:
    """What the rooms may do to the broker without knowing it."""

    publish: Publish
    kick: Callable[..., object]
    address: Callable[[], BrokerAddress]


def pages(house: House, reach: Reach) -> list[BaseRoute]:
    """Every page of every room; the tag's page first, since it is asked for most."""
    return [
        *scan_finder.pages(house, (scan_owner.view(house), scan_vendor.view(house))),
        *case_finder.pages(house),
        *notify_finder.pages(house),
        *vendor_finder.pages(house),
        *device_pairing.pages(house, reach.address),
        *owners_owner.pages(house),
        *things_owner.pages(house),
        *dashboard_owner.pages(house),
        *device_owner.pages(house),
        *telemetry_owner.pages(house),
        *case_owner.pages(house),
        *notify_owner.pages(house),
        *scan_owner.pages(house),
        *scan_vendor.pages(house),
        *vendor_owner.pages(house),
        *vendor_desk.pages(house),
        *house.pages.routes(),
    ]


def api(house: House) -> FastAPI:
    """Everything programs can call, with errors as problem+json."""
    app = FastAPI(
        title="thingcloud", version="1", openapi_url="/openapi.json", docs_url=None, redoc_url=None,
        redirect_slashes=False,
        exception_handlers=guard.for_programs(),  # type: ignore[arg-type]
        responses={"4XX": {"description": "RFC 9457 problem", "content": {"application/problem+json": {}}}},
    )  # fmt: skip

    async def malformed(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return guard.problem(BadInput(f"Not understood: {where}.", hint=first["msg"], reason="malformed"), 400)

    async def unknown(_request: Request, error: HTTPException) -> Response:
        if error.status_code == _BAD_REQUEST:
            return guard.problem(BadInput("The body is not JSON in UTF-8.", reason="malformed"), _BAD_REQUEST)
        return guard.problem(NotFound("There is no such call.", reason="no-such-call"), error.status_code)

    app.add_exception_handler(RequestValidationError, malformed)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, unknown)  # type: ignore[arg-type]
    for router in (
        things_owner.api(house),
        device_owner.api(house),
        telemetry_owner.api(house),
        case_owner.api(house),
        vendor_desk.api(house),
    ):
        app.include_router(router)
    return app


def jobs(house: House, reach: Reach) -> dict[str, Handler]:
    """The handlers of all due work."""
    return {
        **things.jobs(house, reach.publish),
        **devices.jobs(reach.kick),
        **notify.jobs(house),
        **conversations.jobs(house),
        **vendor_deliver.jobs(house),
    }


def web(house: House, reach: Reach, ready: Callable[[], bool], extra: Sequence[BaseRoute] = ()) -> Starlette:
    """The whole web side as one ASGI application."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("alive")

    async def readyz(_request: Request) -> Response:
        return PlainTextResponse("ready") if ready() else PlainTextResponse("starting", 503)

    async def root(request: Request) -> Response:
        return http.see("/owner" if http.SESSION_COOKIE in request.cookies else "/t")

    async def missing(request: Request, _error: HTTPException) -> Response:
        path: str = request.scope["path"]
        if request.method == "GET" and path.endswith("/") and not path.startswith("//"):
            return http.see(quote(path.rstrip("/")) or "/")
        nothing = NotFound("There is nothing here.", hint="Look at the address once more.")
        return house.pages.problem(request, nothing, 404)

    routes: list[BaseRoute] = [
        *pages(house, reach),
        *extra,
        Route("/", root, methods=["GET"]),
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Mount("/api/v1", api(house), middleware=[Middleware(guard.SmallBodies)]),
    ]
    own = {urlsplit(url).hostname or "" for url in (house.settings.base_url, house.settings.front_url)}
    only = [scan_finder.ahead(routes)]
    only += [Middleware(guard.TagPagesOnly)] if house.settings.lan else []
    only.append(Middleware(guard.KnownNames, names=own))
    handlers: dict[Any, Any] = {**guard.for_people(house.pages), 404: missing, 405: missing}
    made = Starlette(routes=routes, middleware=only, exception_handlers=handlers)
    # Its own way of dropping a last slash believes the request about name and scheme of this host.
    made.router.redirect_slashes = False
    return made


def ways() -> Iterator[Way]:
    """Every page, call, MQTT topic and job, with the line behind it; nothing is started."""
    with tempfile.TemporaryDirectory() as folder:
        house = build_house(Settings(data=Path(folder)), SystemClock())
        reach = Reach(lambda _topic, _data: None, lambda _client: 0, lambda: BrokerAddress("", 0, 0, "", ""))
        yield from listing.http(web(house, reach, lambda: True).routes)
        yield from listing.named("MQTT", _TOPICS)
        yield from listing.named("JOB", jobs(house, reach))


class Parts:
    """Which parts were started, and which of them were closed without trouble."""

    def __init__(self) -> None:
        self._closed: dict[str, bool] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what is started and closed inside as one part."""
        self._closed[name] = False
        yield
        self._closed[name] = True

    def __str__(self) -> str:
        return f"{sum(self._closed.values())} of {len(self._closed)} parts"


class Cloud:
    """One running host: `async with Cloud(settings).running()`."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.house = build_house(settings, clock or SystemClock())
        self.broker = Broker(settings, self._admit, self.house.clock)
        self.reach = Reach(self.broker.publish, self.broker.kick, lambda: self.address)
        self.address: BrokerAddress
        self.parts = Parts()
        self._ready = False

    def _admit(self, client_id: str, user: str, password: str) -> Permissions | None:
        return devices.admit(self.house.db, self.house.clock.now(), client_id, user, password)

    def ready(self) -> bool:
        """Whether devices are heard and pages are answered."""
        return self._ready and self.broker.ready

    @asynccontextmanager
    async def running(self, extra: Sequence[BaseRoute] = ()) -> AsyncIterator["Cloud"]:
        """Start every part in order; on the way out stop them in reverse."""
        with _alone(self.settings.data), self.parts.part("data"), _open(self.house.db), self.parts.part("broker"):
            self.address = await asyncio.to_thread(self.broker.start)
            try:
                async with self._ear(), self._mail_door(), self._worker():
                    with self.parts.part("pages"):
                        async with self._http(extra):
                            self._ready = True
                            yield self
            finally:
                self._ready = False
                await asyncio.to_thread(self.broker.stop)

    @asynccontextmanager
    async def _ear(self) -> AsyncIterator[None]:
        source = Pull(lambda: self.address.nats_url, STREAM, CONSUMER)
        listening = Listening(self.house, source, self.broker.publish)
        listening.start()
        watching = asyncio.create_task(listening.watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.to_thread(listening.stop)

    @asynccontextmanager
    async def _mail_door(self) -> AsyncIterator[None]:
        if not self.settings.mail_port:
            yield
            return
        door = case_mail.Door(self.house)
        await door.start()
        try:
            yield
        finally:
            await door.stop()

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[None]:
        # One process writes in this folder (`_alone`), so what an earlier one held is free.
        await self.house.db.write(take_over)
        worker = Worker(self.house.db, self.house.clock, self.house.live, jobs(self.house, self.reach))
        task = asyncio.create_task(worker.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def _http(self, extra: Sequence[BaseRoute]) -> AsyncIterator[None]:
        server = _Server(_config(web(self.house, self.reach, self.ready, extra)))
        listening = [_listener(self.settings)]
        task = asyncio.create_task(server.serve(sockets=listening))
        try:
            while not server.started:
                if task.done():
                    raise Unavailable("The pages did not start.") from task.exception()
                await asyncio.sleep(0.01)
            yield
        finally:
            server.should_exit = True
            await asyncio.gather(task, return_exceptions=True)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the whole cloud, not for its web side."""
        yield


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS, ws="none",
    )  # fmt: skip


def build_house(settings: Settings, clock: Clock) -> House:
    """The parts that every edge stands on; nothing is started."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    hub = Live()
    return House(
        settings=settings, db=Database(settings.database, hub), clock=clock, live=hub,
        key=load_or_make(settings.data / "host.key"), pages=Pages(settings),
    )  # fmt: skip


@contextmanager
def opened(settings: Settings) -> Iterator[House]:
    """The database of a folder with nothing else running, for the operator's own commands."""
    house = build_house(settings, SystemClock())
    with _alone(settings.data), _open(house.db):
        yield house


@contextmanager
def _open(db: Database) -> Iterator[None]:
    migrations.upgrade(db.engine)
    db.start()
    try:
        yield
    finally:
        db.close()


@contextmanager
def _alone(data: Path) -> Iterator[TextIO]:
    """Only one cloud writes in a folder: a second one is told so."""
    with (data / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            hint = "Stop it, or set THINGCLOUD_DATA."
            raise BadSetting(f"Another thingcloud works in {data}/.", hint=hint) from error
        yield file


def _listener(settings: Settings) -> socket.socket:
    host = _ALL if settings.lan else settings.bind
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, settings.port))
    except OSError as error:
        made.close()
        raise BadSetting(
            f"Port {settings.port} is taken.", hint=f"Try: make run PORT={settings.port + 1}", reason="port-taken"
        ) from error
    made.listen(2048)
    made.setblocking(False)
    return made
