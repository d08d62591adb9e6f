"""The address in the square: the front in capitals, `/T/`, the code."""

import re
from urllib.parse import SplitResult, urlsplit

from talktag.code import Code, parse
from talktag.refusal import Refused

_PATH = "/T/"
_LABEL = r"(?!-)[A-Z0-9-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LONGEST_NAME = 253


def address(front: str, code: Code) -> str:
    """The address to print: `HTTPS://MY.EXAMPLE/T/7K3QX9M2PDRZS7`.

    `front` is a host or the address of one, with a port if need be; https unless it says http. Raises Refused with
    reason `front`.
    """
    return _origin(front) + _PATH + code.text


def shown(front: str) -> str:
    """The short address to print beside the code, where a person types it: `my.example/t`."""
    return (_origin(front).partition("://")[2] + "/t").lower()


def advice(front: str) -> list[str]:
    """What is worth a warning before this front is printed."""
    name = _origin(front).partition("://")[2].partition(":")[0]
    if name == "LOCALHOST" or name.startswith("127."):
        return ["this front leads to this machine only: no phone can follow it"]
    return []


def code_in(text: str) -> Code:
    """The code in a scanned address. Raises Refused with reason `address`, `front`, or as `parse` does."""
    scheme, _, rest = text.partition("://")
    host, _, path = rest.partition("/")
    if path[:2].lower() != "t/":
        raise Refused("address", "this square is no talk-tag: its address has no /t/ and a code")
    _origin(f"{scheme}://{host}")
    return parse(path[2:])


def _origin(front: str) -> str:
    try:
        parts = urlsplit(front.strip() if "://" in front else f"https://{front.strip()}")
        name = (parts.hostname or "").encode("idna").decode().upper()
        port = parts.port
    except ValueError as error:
        raise _not_a_front(front, str(error)) from None
    if _more_than_a_host(parts):
        raise _not_a_front(front, "it has more than a host and a port")
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise _not_a_front(front, "its host is neither a name nor an IPv4 address")
    if parts.scheme not in ("https", "http"):
        raise _not_a_front(front, "it starts with neither https:// nor http://")
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme.upper()}://{name}" + (f":{port}" if port not in (None, usual) else "")


def _more_than_a_host(parts: SplitResult) -> bool:
    return "@" in parts.netloc or bool(parts.query or parts.fragment) or parts.path not in ("", "/")


def _not_a_front(front: str, why: str) -> Refused:
    shown_front = "this front" if "@" in front else repr(front)  # a password may stand before the @
    return Refused("front", f"{shown_front} cannot be printed as an address: {why}", "example: https://my.example")
