"""`thingcloud demo`: the whole of it on this machine, with real parts, until Ctrl-C."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import uvloop

from thingcloud import app
from thingcloud.demo import cast
from thingcloud.demo.device import Device
from thingcloud.demo.mail import Sink, pages
from thingcloud.demo.terminal import Doors, Screen, keyboard
from thingcloud.devices import service as devices
from thingcloud.plumbing.broker.process import free_port
from thingcloud.plumbing.clock import SystemClock
from thingcloud.plumbing.errors import Unavailable
from thingcloud.plumbing.settings import Settings
from thingcloud.plumbing.units import spoken
from thingcloud.telemetry import service as telemetry
from thingcloud.telemetry.model import Value
from thingflash import CACHE

_INTERVAL = 5.0
_PATIENCE = 60.0
_NOT_OURS = ("192.0.2.1", 9)


@dataclass(frozen=True)
class Stage:
    """What stands once the demo is up."""

    cloud: app.Cloud
    cast: cast.Cast
    device: Device
    doors: Doors


def main(settings: Settings) -> int:
    """Run the demo until it is told to stop."""
    with keyboard():
        uvloop.run(_main(settings, Screen()))
    return 0


async def _main(settings: Settings, screen: Screen) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    screen.title()
    _facts(settings).unlink(missing_ok=True)
    parts = app.Parts()
    async with _stage(settings, screen, stopped, parts) as stage:
        if stage is not None:
            screen.invite(stage.cloud.settings.front_url, stage.cast.tag_code, stage.doors)
            await stopped.wait()
    _facts(settings).unlink(missing_ok=True)
    print()
    screen.say(f"Stopped. {parts} closed, data in {settings.data}/.")


@asynccontextmanager
async def _stage(
    settings: Settings, screen: Screen, stopped: asyncio.Event, parts: app.Parts
) -> AsyncIterator[Stage | None]:
    """Everything up, in order, each told as it happens; None when it was stopped half-way."""
    async with AsyncExitStack() as stack:
        up = asyncio.ensure_future(_raise(settings, screen, stack, parts))
        stop = asyncio.ensure_future(stopped.wait())
        await asyncio.wait({up, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not up.done():
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)
            yield None
            return
        stop.cancel()
        yield up.result()


async def _raise(settings: Settings, screen: Screen, stack: AsyncExitStack, parts: app.Parts) -> Stage:
    stack.enter_context(parts.part("mail host"))
    sink = Sink(SystemClock().now)
    mail_host = await sink.start()
    stack.push_async_callback(sink.stop)
    settings = _for_the_demo(settings, mail_host)
    cloud = app.Cloud(settings)
    cloud.parts = parts
    await stack.enter_async_context(cloud.running(extra=pages(cloud.house, sink)))
    port = cloud.address.mqtt_port
    if settings.mqtt_port and port != settings.mqtt_port:
        screen.say(f"Port {settings.mqtt_port} is taken, so MQTT listens on {port}.")
    screen.done("broker", f"listening on port {port}")
    now = cloud.house.clock.now()
    people = await cloud.house.db.write(lambda tx: cast.enter(tx, now, settings.base_url))
    screen.done("cloud", f"data in {settings.data}/, SQLite")
    stack.enter_context(parts.part("device"))
    device = await _device(cloud, people, screen, stack)
    screen.done("vendor", f"{cast.VENDOR}, may hear scans under “Support only”")
    doors = _doors(settings, people)
    _write_facts(settings, cloud, people, doors, str(device.seen["key"]["device"]))
    return Stage(cloud, people, device, doors)


def _for_the_demo(settings: Settings, mail_host: int) -> Settings:
    lan = _lan_address()
    front = settings.front or (f"http://{lan}:{settings.port}" if lan else "")
    return replace(
        settings, smtp=f"smtp://127.0.0.1:{mail_host}", mail_port=free_port(0), mail_domain="demo.example.org",
        lan=bool(lan), front=front, private_webhooks=True, url=settings.url or f"http://localhost:{settings.port}",
    )  # fmt: skip


def _lan_address() -> str:
    """This machine's address on its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_NOT_OURS)
        except OSError:
            return ""
        address = str(asking.getsockname()[0])
    return "" if address.startswith("127.") else address


async def _device(cloud: app.Cloud, people: cast.Cast, screen: Screen, stack: AsyncExitStack) -> Device:
    data = cloud.settings.data
    device = await asyncio.to_thread(Device, data / "device", CACHE, screen.say)
    if not device.is_micropython:
        screen.say("No MicroPython here: the device runs the same files on Python.")
    device.configure(f"http://127.0.0.1:{cloud.settings.port}", people.pairing_code, cast.STREAM, _INTERVAL)
    device.start()
    stack.push_async_callback(device.stop)
    if await device.heard("key", _PATIENCE) is None:
        raise Unavailable("The device did not start.", hint=f"Look into {data}/device/, then run it again.")
    screen.done("device", f"{device.runs_on} made its key and signs")
    if await device.heard("receipt", _PATIENCE) is None:
        raise Unavailable(
            "No reading of the device arrived.", hint=f"Run it again; if it stays so, delete {data}/device/."
        )
    values = await _first_values(cloud, people.thing_id)
    screen.done("reading", f"{' · '.join(_shown(value) for value in values)}, checked and stored")
    return device


async def _first_values(cloud: app.Cloud, thing_id: str) -> Sequence[Value]:
    """The readings of the first pack; they are there within a second of its receipt."""
    for _ in range(100):
        found = await cloud.house.db.read(lambda tx: telemetry.latest(tx, thing_id, cloud.house.clock.now()))
        wanted = [value for value in found if value.name in {"load", "memory"}]
        if wanted:
            return wanted
        await asyncio.sleep(0.02)
    raise Unavailable("The first reading was stored but cannot be read.")


def _shown(value: Value) -> str:
    return " ".join((value.name, *spoken(value.value, value.unit))).strip()


def _doors(settings: Settings, people: cast.Cast) -> Doors:
    return Doors(
        finder=f"{settings.front_url}/t/{people.tag_code.lower()}",
        owner=f"{settings.base_url}/owner/in/{people.owner_secret}",
        vendor=f"{settings.base_url}/vendor/in/{people.vendor_secret}",
        mail=f"{settings.base_url}/mail",
        lan=settings.lan,
        data=str(settings.data),
    )


def _write_facts(settings: Settings, cloud: app.Cloud, people: cast.Cast, doors: Doors, device_id: str) -> None:
    """var/demo.json, for programs that want to join in; it holds ways in, so only its owner may read it."""
    with cloud.house.db.reading() as tx:
        did = devices.device(tx, device_id).did
    facts = {
        "base_url": settings.base_url,
        "lan_url": settings.front_url if settings.lan else None,
        "tag_url": doors.finder,
        "tag_code": people.tag_code,
        "owner_url": doors.owner,
        "owner_name": cast.OWNER,
        "owner_email": cast.MAIL,
        "vendor_url": doors.vendor,
        "thing_id": people.thing_id,
        "device_id": device_id,
        "device_did": did,
        "api_token": people.api_token,
        "mqtt_url": f"mqtt://127.0.0.1:{cloud.address.mqtt_port}",
        "smtp_view_url": doors.mail,
    }
    descriptor = os.open(_facts(settings), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(facts, file, indent=2)


def _facts(settings: Settings) -> Path:
    return settings.data / "demo.json"
