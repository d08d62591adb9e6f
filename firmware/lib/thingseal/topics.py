"""The MQTT topics of docs/wire.md: built here, and read back strictly."""

from thingseal.refusal import Refused

_DEVICE_LEAVES = ("telemetry", "status", "command", "result", "receipt")
_THING_LEAVES = ("pack", "readings", "events")
_DEVICE_CHARACTERS = "abcdefghijklmnopqrstuvwxyz234567"
_THING_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def is_device(text: str) -> bool:
    """Whether the text has the form of a device id."""
    return len(text) == 24 and _only(text, _DEVICE_CHARACTERS)


def is_thing(text: str) -> bool:
    """Whether the text has the form of a thing's id or of a vendor's handle for it."""
    return 1 <= len(text) <= 40 and text[0] != "-" and _only(text, _THING_CHARACTERS + "-")


def _only(text: str, characters: str) -> bool:
    for character in text:
        if character not in characters:
            return False
    return True


def _device(device: str, leaf: str) -> str:
    if not is_device(device):
        raise Refused("bad-topic")
    return "devices/" + device + "/" + leaf


def _thing(thing: str, leaf: str) -> str:
    if not is_thing(thing):
        raise Refused("bad-topic")
    return "things/" + thing + "/" + leaf


def telemetry(device: str) -> str:
    """Where a device publishes packs and clock anchors."""
    return _device(device, "telemetry")


def status(device: str) -> str:
    """Where a device says `online` and its last will says `offline`, retained."""
    return _device(device, "status")


def command(device: str) -> str:
    """Where a device hears commands."""
    return _device(device, "command")


def result(device: str) -> str:
    """Where a device answers commands."""
    return _device(device, "result")


def receipt(device: str) -> str:
    """Where a host tells a device what it has stored."""
    return _device(device, "receipt")


def thing_pack(thing: str) -> str:
    """Where a host hands on packs as they came."""
    return _thing(thing, "pack")


def thing_readings(thing: str) -> str:
    """Where a host hands on readings as SenML-JSON."""
    return _thing(thing, "readings")


def thing_events(thing: str) -> str:
    """Where a host hands on a thing's events as CloudEvents."""
    return _thing(thing, "events")


def parse(topic: str) -> tuple[str, str, str]:
    """Family (`devices` or `things`), id and leaf of a topic; raises Refused for anything out of grammar."""
    levels = topic.split("/")
    if len(levels) == 3:
        family, owner, leaf = levels
        if family == "devices" and leaf in _DEVICE_LEAVES and is_device(owner):
            return family, owner, leaf
        if family == "things" and leaf in _THING_LEAVES and is_thing(owner):
            return family, owner, leaf
    raise Refused("bad-topic")
