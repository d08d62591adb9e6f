"""config.json: what the owner decides; read strictly, so that a slip is named and not guessed at."""

import json

from device.disk import read_whole, write_whole
from device.errors import ConfigError
from device.settings import Host, Settings, Stream

DRIVERS = ("load", "memory", "disk", "temperature", "uptime")


class _Section:
    # One object of the file: hands out checked values, then knows whether anything else was in it.
    def __init__(self, raw: object, where: str, known: "tuple[str, ...]") -> None:
        if not isinstance(raw, dict):
            raise ConfigError("%s must be an object of named settings." % where)
        for key in raw:
            if key not in known:
                raise ConfigError("%s has no setting %r. It knows: %s." % (where, key, ", ".join(sorted(known))))
        self.raw = raw
        self.where = where

    def refuse(self, key: str, wanted: str) -> ConfigError:
        return ConfigError("%s: %s must be %s." % (self.where, key, wanted))

    def text(self, key: str, default: "str | None" = None, choices: "tuple[str, ...]" = ()) -> str:
        value = self.raw.get(key, default)
        if not isinstance(value, str) or (choices and value not in choices):
            raise self.refuse(key, " or ".join(choices) if choices else "a text")
        return value

    def number(self, key: str, default: float, least: float, most: float) -> float:
        value = self.raw.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise self.refuse(key, "a number from %s to %s" % (least, most))
        return value

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        value = self.number(key, default, least, most)
        if not isinstance(value, int):
            raise self.refuse(key, "a whole number")
        return value

    def items(self, key: str, default: "list[object]") -> "list[object]":
        value = self.raw.get(key, default)
        if not isinstance(value, list):
            raise self.refuse(key, "a list")
        return value


def check(raw: object) -> Settings:
    """Return the settings that the parsed file holds. Raises ConfigError, which names what is wrong."""
    top = _Section(raw, "config.json", ("hosts", "streams", "batch", "keep", "keepalive", "clear_text"))
    hosts = [_host(item, "hosts[%d]" % at) for at, item in enumerate(top.items("hosts", []))]
    streams = top.items("streams", [{"name": "machine"}])
    found = Settings(hosts, [_stream(item, "streams[%d]" % at) for at, item in enumerate(streams)])
    found.batch = top.whole("batch", found.batch, 1, 64)
    found.keep = top.whole("keep", found.keep, 64, 1_000_000)
    found.keepalive = top.whole("keepalive", found.keepalive, 5, 3600)
    found.clear_text = top.text("clear_text", found.clear_text, ("loopback", "anywhere"))
    _no_twins([host.url for host in found.hosts], "hosts")
    _no_twins([stream.name for stream in found.streams], "streams")
    return found


def _host(raw: object, where: str) -> Host:
    section = _Section(raw, where, ("url", "code", "receipts", "ca"))
    url = section.text("url").rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise section.refuse("url", "an address such as https://my.example")
    receipts = section.text("receipts", "required", ("required", "none"))
    return Host(url, section.text("code", ""), receipts, section.text("ca", ""))


def _stream(raw: object, where: str) -> Stream:
    section = _Section(raw, where, ("name", "interval", "drivers"))
    name = section.text("name")
    if not _is_name(name, "-") or len(name) > 16:
        raise section.refuse("name", "1 to 16 of a-z, 0-9 and -, a letter first")
    drivers: list[str] = []
    for driver in section.items("drivers", list(DRIVERS)):
        if not isinstance(driver, str) or not _is_name(driver, "_"):
            raise section.refuse("drivers", 'a list of driver names, such as ["load"]')
        drivers.append(driver)
    return Stream(name, section.number("interval", 60, 0.05, 86_400), drivers)


def load(path: str) -> Settings:
    """Read the file at `path`; an absent file means the defaults and no host."""
    data = read_whole(path)
    if data is None:
        return check({})
    return check(parse(data, path))


def save(path: str, raw: "dict[str, object]") -> Settings:
    """Check `raw`, write it to `path` in one step and return it as it will be read."""
    found = check(raw)
    write_whole(path, json.dumps(raw).encode())
    return found


def parse(data: bytes, path: str) -> object:
    """Read JSON strictly; `path` is named where it is broken."""
    try:
        text = data.decode()
        if not _closed(text):
            raise ValueError
        raw: object = json.loads(text)
    except (ValueError, RuntimeError):
        raise ConfigError("%s is not JSON. Write it again with `thingflash configure`." % path) from None
    return raw


def _closed(text: str) -> bool:
    # MicroPython's json takes a file that ends too early for a whole one.
    depth = 0
    quoted = escaped = False
    for char in text:
        if escaped:
            escaped = False
        elif quoted:
            escaped = char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
    return depth == 0 and not quoted


def _is_name(text: str, joint: str) -> bool:
    letters = "abcdefghijklmnopqrstuvwxyz"
    allowed = letters + "0123456789" + joint
    return bool(text) and text[0] in letters and all(char in allowed for char in text)


def _no_twins(values: "list[str]", what: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ConfigError("config.json: %s has %s twice." % (what, value))
