"""config.json: what the owner decides; read strictly, so that a slip is named and not guessed at."""

import json

from device.disk import read_whole, write_whole
from device.errors import ConfigError

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


class HostConfig:
    """One host: its address, the pairing code the owner was given, and whether its receipts are awaited."""

    def __init__(self, raw: object, where: str) -> None:
        section = _Section(raw, where, ("url", "code", "receipts", "ca"))
        self.url = section.text("url").rstrip("/")
        self.code = section.text("code", "")
        self.receipts = section.text("receipts", "required", ("required", "none"))
        self.ca = section.text("ca", "")
        if not self.url.startswith(("http://", "https://")):
            raise section.refuse("url", "an address such as https://my.example")


class StreamConfig:
    """One stream: its name, the seconds between two packs, and the drivers read for it."""

    def __init__(self, raw: object, where: str) -> None:
        section = _Section(raw, where, ("name", "interval", "drivers"))
        self.name = section.text("name")
        self.interval = section.number("interval", 60, 0.05, 86_400)
        self.drivers: list[str] = []
        for name in section.items("drivers", list(DRIVERS)):
            if not isinstance(name, str) or not _is_name(name, "_"):
                raise section.refuse("drivers", 'a list of driver names, such as ["load"]')
            self.drivers.append(name)
        if not _is_name(self.name, "-") or len(self.name) > 16:
            raise section.refuse("name", "1 to 16 of a-z, 0-9 and -, a letter first")


class Config:
    """Everything in config.json, checked."""

    def __init__(self, raw: object) -> None:
        known = ("hosts", "streams", "batch", "keep", "keepalive", "clear_text")
        top = _Section(raw, "config.json", known)
        self.hosts = [HostConfig(item, "hosts[%d]" % at) for at, item in enumerate(top.items("hosts", []))]
        streams = top.items("streams", [{"name": "machine"}])
        self.streams = [StreamConfig(item, "streams[%d]" % at) for at, item in enumerate(streams)]
        self.batch = top.whole("batch", 8, 1, 64)
        self.keep = top.whole("keep", 2000, 64, 1_000_000)
        self.keepalive = top.whole("keepalive", 60, 5, 3600)
        self.clear_text = top.text("clear_text", "loopback", ("loopback", "anywhere"))
        _no_twins([host.url for host in self.hosts], "hosts")
        _no_twins([stream.name for stream in self.streams], "streams")


def load(path: str) -> Config:
    """Read the file at `path`; an absent file means the defaults and no host."""
    data = read_whole(path)
    if data is None:
        return Config({})
    return Config(parse(data, path))


def save(path: str, raw: "dict[str, object]") -> Config:
    """Check `raw`, write it to `path` in one step and return it as it will be read."""
    config = Config(raw)
    write_whole(path, json.dumps(raw).encode())
    return config


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
