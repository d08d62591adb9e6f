"""Reaching a host: addresses, TLS with the host's own trust anchor, and no clear text beyond this machine."""

import asyncio
import binascii
import sys

from device.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

_PORTS = {"http": 80, "https": 443, "mqtt": 1883, "mqtts": 8883}
_PATIENCE = 20


class Address:
    """A host's address in parts."""

    def __init__(self, text: str, schemes: "tuple[str, str]") -> None:
        scheme, mark, rest = text.partition("://")
        place, _, path = rest.partition("/")
        if not mark or scheme not in schemes or not place or "@" in place:
            raise ConfigError("%r is not an address such as %s://my.example" % (text, schemes[1]))
        self.secure = scheme.endswith("s")
        self.host, port = _split(place)
        self.path = "/" + path if path else ""
        self.place = place
        if port and not (port.isdigit() and 0 < int(port) < 65536):
            raise ConfigError("%r has no usable port." % text)
        self.port = int(port) if port else _PORTS[scheme]

    def on_loopback(self) -> bool:
        """Say whether the address is this very machine."""
        parts = self.host.split(".")
        numeric = len(parts) == 4 and all(part.isdigit() for part in parts)
        return self.host in ("localhost", "::1") or (numeric and parts[0] == "127")


def _split(place: str) -> "tuple[str, str]":
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        return host, port[1:]
    host, _, port = place.partition(":")
    return host, port


class Line:
    """The way to one address; made once, since what TLS needs for it is best asked for early and kept."""

    def __init__(self, address: Address, ca: str, clear_text: str) -> None:
        if not address.secure and clear_text != "anywhere" and not address.on_loopback():
            raise ConfigError(
                "%s is beyond this machine and not encrypted. Use its https or mqtts address, or set "
                '"clear_text": "anywhere" in config.json if the network itself is trusted.' % address.place
            )
        self._address = address
        self._context = trusting(ca) if address.secure else None

    async def open(self) -> "tuple[asyncio.StreamReader, asyncio.StreamWriter]":
        """Connect; over TLS when the address says so, never over less. Raises OSError, TimeoutError."""
        host, port = self._address.host, self._address.port
        if self._context is None:
            return await asyncio.wait_for(asyncio.open_connection(host, port), _PATIENCE)
        opening = asyncio.open_connection(host, port, ssl=self._context, server_hostname=host)
        return await asyncio.wait_for(opening, _PATIENCE)


def trusting(ca: str) -> "ssl.SSLContext":
    """Return a TLS context that verifies against the PEM anchor `ca`; without one, against the system's own."""
    # `ssl` is not in every MicroPython; `tls` is what it is made of.
    library = __import__("tls" if sys.implementation.name == "micropython" else "ssl")
    context: ssl.SSLContext = library.SSLContext(library.PROTOCOL_TLS_CLIENT)
    context.verify_mode = library.CERT_REQUIRED
    if ca:
        _trust(context, _der(ca))
    elif hasattr(context, "load_default_certs"):
        context.load_default_certs()
    else:
        raise ConfigError('This device knows no certificates of its own: give the host\'s as "ca" in config.json.')
    return context


def _trust(context: "ssl.SSLContext", anchor: bytes) -> None:
    try:
        if sys.implementation.name == "micropython":
            context.load_verify_locations(anchor)
        else:
            context.load_verify_locations(cadata=anchor)
    except (ValueError, OSError):
        raise ConfigError("The host's certificate cannot be read: ask for it again.") from None


def _der(pem: str) -> bytes:
    # The binary form is what every build reads, boards included.
    _, begin, rest = pem.partition("-----BEGIN CERTIFICATE-----")
    body, end, _ = rest.partition("-----END CERTIFICATE-----")
    try:
        if not begin or not end:
            raise ValueError
        return binascii.a2b_base64("".join(body.split()))
    except ValueError:
        raise ConfigError("The host's certificate is not in PEM form: ask for it again.") from None


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close the connection at once, whatever the other side does."""
    transport = getattr(writer, "transport", None)
    if transport is not None:
        transport.abort()
        return
    try:
        writer.close()
        await writer.wait_closed()
    except OSError:
        pass
