"""The `thingflash` tool: what an owner does with a device from the laptop."""

import argparse
import sys
from pathlib import Path

from device.config import load
from device.errors import DeviceError
from device.hosts import Pairings
from thingflash import CACHE, board, desktop
from thingflash.interpreter import command
from thingseal import keys
from thingseal.refusal import Refused


def main(words: list[str] | None = None) -> int:
    """Run one command; return 0, or 2 with a line on stderr that says what to try."""
    asked = _parser().parse_args(words)
    try:
        asked.act(asked)
    except (DeviceError, Refused) as error:
        print(f"thingflash: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"thingflash: {error.filename or ''}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="thingflash", description="Make and look after devices.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    configure = commands.add_parser("configure", help="tell a device which host it talks to, and how often")
    _folder(configure)
    configure.add_argument("--host", required=True, metavar="URL", help="the host's address")
    configure.add_argument("--code", default="", help="the pairing code from the thing's page")
    configure.add_argument("--ca", type=Path, metavar="FILE", help="the host's certificate (PEM), for https")
    configure.add_argument("--no-receipts", action="store_true", help="a plain broker: best effort")
    configure.add_argument("--interval", type=_number, metavar="S", help="seconds between two packs")
    configure.add_argument("--batch", type=int, metavar="N", help="packs kept in memory at most while offline")
    configure.set_defaults(act=_configure)

    run = commands.add_parser("run", help="be the device on this machine")
    _folder(run)
    run.add_argument("--cache", type=Path, default=CACHE, help="where MicroPython is kept")
    run.set_defaults(act=_run)

    key = commands.add_parser("key", help="print the device's id and key")
    _folder(key)
    key.set_defaults(act=_key)

    hosts = commands.add_parser("hosts", help="list the hosts of a device")
    _folder(hosts)
    hosts.set_defaults(act=_hosts)

    interpreter = commands.add_parser("interpreter", help="print the command that starts MicroPython")
    interpreter.add_argument("--cache", type=Path, default=CACHE, help="where MicroPython is kept")
    interpreter.set_defaults(act=_interpreter)

    flash = commands.add_parser("flash", help="put MicroPython and the firmware on a board")
    flash.add_argument("--port", help="the board's serial port; found where there is only one")
    flash.add_argument("--chip", default="esp32c3", choices=sorted(board.OFFSETS))
    flash.add_argument("--image", type=Path, metavar="FILE", help="stock MicroPython; without it only our files go")
    flash.add_argument("--config", type=Path, metavar="FOLDER", help="folder with the config.json to copy")
    flash.set_defaults(act=lambda asked: board.flash(asked.port, asked.chip, asked.image, asked.config))
    return parser


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dir", type=Path, required=True, metavar="FOLDER", help="where the device lives")


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() else value


def _configure(asked: argparse.Namespace) -> None:
    host: dict[str, object] = {"url": asked.host}
    if asked.code:
        host["code"] = asked.code
    if asked.ca:
        host["ca"] = _certificate(asked.ca)
    if asked.no_receipts:
        host["receipts"] = "none"
    written = desktop.configure(asked.dir, host, asked.interval, asked.batch)
    print(f"{asked.dir / 'config.json'}: {len(written.hosts)} host(s), {len(written.streams)} stream(s)")


def _certificate(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        raise DeviceError(f"{path} is not a certificate in PEM form: ask the host's owner for authority.pem.") from None


def _run(asked: argparse.Namespace) -> None:
    load(str(asked.dir / "config.json"))
    desktop.run(asked.dir, asked.cache, lambda line: print(line, file=sys.stderr, flush=True))


def _key(asked: argparse.Namespace) -> None:
    public = desktop.public_key(asked.dir)
    print(keys.device_id(public))
    print(keys.did_key(public))


def _hosts(asked: argparse.Namespace) -> None:
    pairings = Pairings(str(asked.dir / "hosts"))
    for host in load(str(asked.dir / "config.json")).hosts:
        found = pairings.find(host)
        print(f"{host.url}  receipts {host.receipts}  {f'paired, host {found.host}' if found else 'not paired'}")


def _interpreter(asked: argparse.Namespace) -> None:
    print(*command(asked.cache, "FILE", heap=desktop.HEAP))


if __name__ == "__main__":
    sys.exit(main())
