"""The `thingcloud` command."""

import argparse
import asyncio
import base64
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import uvloop

from thingcloud import app
from thingcloud.demo import run as demo
from thingcloud.owners import service as owners
from thingcloud.owners.model import LINK_MINUTES, Account
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput, ThingcloudError
from thingcloud.plumbing.settings import Settings, from_environment
from thingcloud.telemetry import check
from thingcloud.vendors import service as vendors

_EXAMPLES = """\
examples:
  thingcloud demo                        everything on this machine, to try it
  thingcloud owner "Robin" r@my.example  the first owner, before it is served
  thingcloud vendor "Example Cable" example.net "Agent Kim" kim@example.net
  thingcloud serve                       a cloud of your own, data in var/
  thingcloud verify pack.cose --key K    who signed this pack, without any cloud
  thingcloud routes                      every way in, with its file and line

Settings are THINGCLOUD_… variables; docs/settings.md lists them.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it did what was asked, 1 when not, 2 for words it does not know."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        return int(chosen.run(chosen))
    except ThingcloudError as error:
        print(f"thingcloud: {error.what}", file=sys.stderr)
        if error.hint:
            print(f"thingcloud: {error.hint}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read us has read enough, such as `| head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="thingcloud", description="A cloud for every thing you own.", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the cloud")
    serve.add_argument("--port", type=int, help="where pages are answered (THINGCLOUD_PORT)")
    serve.set_defaults(run=_serve)
    shown = commands.add_parser("demo", help="run cloud, device, tag and vendor on this machine")
    shown.add_argument("--port", type=int, help="where pages are answered (8080)")
    shown.set_defaults(run=_demo)
    let_in = commands.add_parser("owner", help="make an owner, or let one in again: prints a way in that opens once")
    let_in.add_argument("name", help="what the pages call them; finders never see it")
    let_in.add_argument("mail", help="where news go")
    let_in.set_defaults(run=_owner, port=None)
    desk = commands.add_parser("vendor", help="make a vendor's desk with an agent: prints a way in that opens once")
    desk.add_argument("name", help="the vendor, as owners see it")
    desk.add_argument("domain", help="its domain, such as example.net")
    desk.add_argument("agent", help='the agent, as owners see them, such as "Agent Kim"')
    desk.add_argument("mail", help="where the agent's ways in go")
    desk.add_argument("--webhook", default="", metavar="URL", help="where scans are sent to as well, signed")
    desk.set_defaults(run=_vendor, port=None)
    listed = commands.add_parser("routes", help="list every page, call, topic and job with its file and line")
    listed.set_defaults(run=_routes)
    verify = commands.add_parser("verify", help="say who signed a pack, from the file and the device's key alone")
    verify.add_argument("file", type=Path, help="a signed pack, as exported")
    verify.add_argument("--key", required=True, help="the device's key: did:key:…, base64url, or a file that holds it")
    verify.set_defaults(run=_verify)
    return parser


def _settings(chosen: argparse.Namespace) -> Settings:
    found = from_environment(os.environ)
    return replace(found, port=chosen.port) if chosen.port is not None else found


def _serve(chosen: argparse.Namespace) -> int:
    uvloop.run(_until_stopped(_settings(chosen)))
    return 0


async def _until_stopped(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    cloud = app.Cloud(settings)
    async with cloud.running():
        print(f"thingcloud: ready at {settings.base_url}, MQTT on port {cloud.address.mqtt_port}", flush=True)
        await stopped.wait()
    print("thingcloud: stopped", flush=True)


def _owner(chosen: argparse.Namespace) -> int:
    """The first owner, or one whom no mail reaches; the cloud of this folder must not be running."""
    settings = _settings(chosen)
    with app.opened(settings) as house:
        now = house.clock.now()
        secret = house.db.write_now(
            lambda tx: owners.sign_in_link(tx, now, _account(tx, now, chosen.name, chosen.mail).id)
        )
    return _said(f"{settings.base_url}/owner/in/{secret}")


def _vendor(chosen: argparse.Namespace) -> int:
    """A desk on this host with one agent; a known name and domain only lets another agent in."""
    settings = _settings(chosen)

    def hire(tx: Tx) -> tuple[str, bytes]:
        now = house.clock.now()
        agent = _account(tx, now, chosen.agent, chosen.mail)
        desk = vendors.desk_for(tx, now, chosen.name, chosen.domain, agent.id, chosen.agent, webhook_url=chosen.webhook)
        return owners.sign_in_link(tx, now, agent.id, "vendor"), desk.webhook_secret

    with app.opened(settings) as house:
        secret, shared = house.db.write_now(hire)
    if chosen.webhook:
        print(f"Secret for checking our webhooks (v1): whsec_{base64.b64encode(shared).decode()}")
    return _said(f"{settings.base_url}/vendor/in/{secret}")


def _account(tx: Tx, now: int, name: str, mail: str) -> Account:
    return owners.account_by_email(tx, mail) or owners.create_account(tx, now, name, mail)


def _said(link: str) -> int:
    print(f"Opens once, within {LINK_MINUTES} minutes, while `thingcloud serve` runs:\n{link}")
    return 0


def _demo(chosen: argparse.Namespace) -> int:
    return demo.main(_settings(chosen))


def _routes(_chosen: argparse.Namespace) -> int:
    for way in app.ways():
        print(way)
    return 0


def _verify(chosen: argparse.Namespace) -> int:
    kept = Path(chosen.key)
    key = check.read_key(_read(kept) if kept.is_file() else chosen.key)
    verdict = check.check(_read(chosen.file), key)
    for line in verdict.lines():
        print(line)
    return 0 if verdict.holds else 1


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).", reason="unreadable") from error


if __name__ == "__main__":
    sys.exit(main())
