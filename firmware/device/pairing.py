"""Pairing with a host: the device proves that it holds its key. Needed once, so it is loaded only then."""

import asyncio
import json

from device.errors import DeviceError, PairingError
from device.hosts import Credentials, Pairings, bytes_of, text_of
from device.http import post
from device.identity import Identity
from device.settings import Host
from thingseal import frame, topics
from thingseal.pairing import PAIR, Pairing, encode_pairing, is_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Answers that another try may change: nothing there yet, too slow, too early, too often.
_PASSING = (404, 408, 425, 429)
MODEL = "thing-cloud desktop device"


async def pair(pairings: Pairings, host: Host, identity: Identity, clear_text: str) -> Credentials:
    """Pair with the host and keep what it gives. Raises PairingError, DeviceError, OSError."""
    if not is_code(host.code):
        error = PairingError("No pairing code for %s: get one on the thing's page." % host.url)
        error.final = True
        raise error
    asked = {"device": identity.device}
    begun = await _ask(host, "/pair/begin", "application/json", json.dumps(asked).encode(), clear_text)
    nonce, host_id = bytes_of(begun, "nonce", 16), text_of(begun, "host")
    if not topics.is_device(host_id):
        raise PairingError("The host does not say who it is. Is the address right?")
    answer = Pairing(nonce, host_id, PAIR, host.code, identity.public, None, MODEL)
    payload = encode_pairing(answer)
    protected, message = frame.signing_input(frame.PAIRING, payload, identity.kid, nonce, None)
    body = frame.assemble(protected, payload, await identity.sign(message))
    given = await _ask(host, "/pair", "application/cose", body, clear_text)
    credentials = Credentials(given)
    if credentials.host != host_id:
        raise PairingError("The host that answered is not the one that was asked. Nothing was changed.")
    if credentials.username != identity.device:
        raise PairingError("The host took this device for another one. Get a new code and try again.")
    pairings.keep(host, given)
    return credentials


async def attempt(
    pairings: Pairings, host: Host, identity: Identity, clear_text: str, tell: "Callable[..., None]"
) -> bool:
    """Try once to pair, and tell how it went; return whether all is well or another try may help."""
    try:
        given = await pair(pairings, host, identity, clear_text)
    except DeviceError as error:
        tell("pairing-failed", url=host.url, text=str(error), again=not error.final)
        return not error.final
    except (OSError, EOFError, asyncio.TimeoutError) as error:
        text = "%s cannot be reached: %s" % (host.url, str(error) or "no answer")
        tell("pairing-failed", url=host.url, text=text, again=True)
        return True
    tell("paired", host=given.host, url=host.url)
    return True


async def _ask(host: Host, path: str, kind: str, body: bytes, clear_text: str) -> "dict[str, object]":
    status, answer = await post(host.url + path, kind, body, host.ca, clear_text)
    try:
        raw = json.loads(answer.decode()) if answer else None
    except (ValueError, RuntimeError):
        raw = None
    if not isinstance(raw, dict):
        raw = {}
    if status != 200:
        said = [text for text in (raw.get("title"), raw.get("detail")) if isinstance(text, str) and text]
        text = " ".join(said)[:300] or "It answered %d. Is the address right?" % status
        error = PairingError("%s refuses the pairing: %s" % (host.url, text))
        lapsed = str(raw.get("type")).endswith("#wrong-nonce")
        error.final = 400 <= status < 500 and status not in _PASSING and not lapsed
        raise error
    return raw
