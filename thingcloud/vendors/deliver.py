"""Signed webhooks to vendors: CloudEvents 1.0 in the body, Standard Webhooks signatures in the headers.

`v1` is HMAC-SHA-256 with the vendor's secret, `v1a` is Ed25519 with the host key; a receiver checks either.
"""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import socket
from urllib.parse import urlsplit, urlunsplit

from thingcloud.plumbing.clock import SECOND
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.house import House
from thingcloud.plumbing.jobs import Finish, GivenUp, Handler, Job, Later
from thingcloud.plumbing.keys import HostKey
from thingcloud.plumbing.words import iso
from thingcloud.vendors import store
from thingcloud.vendors.model import Grant, Happening, Hearing, Vendor, may_hear

_PATIENCE = 10
_GONE = 410
_REDIRECTS = range(300, 400)
_GOOD = range(200, 300)


def jobs(house: House) -> dict[str, Handler]:
    """The work this room does when it is due."""

    async def webhook(job: Job) -> Finish:
        return await _webhook(house, job)

    return {"vendors.webhook": webhook}


def event(hearing: Hearing, grant: Grant, host: str) -> dict[str, object]:
    """The scan as a CloudEvent: the vendor's own handle for the thing, and nothing of who the owner is."""
    return {
        "specversion": "1.0",
        "id": hearing.id,
        "source": host,
        "type": "thingcloud.scan",
        "subject": hearing.handle,
        "time": iso(hearing.at),
        "datacontenttype": "application/json",
        "agreement": grant.agreement.id,
        "data": {"kind": hearing.thing_kind, "scanner": hearing.scanner, "words": hearing.words},
    }


def sign(body: bytes, message_id: str, at: int, secret: bytes, key: HostKey) -> dict[str, str]:
    """The three headers of Standard Webhooks; `at` in milliseconds."""
    seconds = str(at // SECOND)
    content = f"{message_id}.{seconds}.".encode() + body
    shared = base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
    own = base64.b64encode(key.sign(content)).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{shared} v1a,{own}",
    }


def _load(tx: Tx, hearing_id: str) -> tuple[Hearing, Grant, Vendor] | None:
    hearing = store.hearing_by_id(tx, hearing_id)
    grant = store.grant(tx, hearing.grant_id) if hearing else None
    vendor = store.vendor(tx, hearing.vendor_id) if hearing else None
    if hearing is None or grant is None or vendor is None:
        return None
    return hearing, grant, vendor


async def _webhook(house: House, job: Job) -> Finish:
    loaded = await house.db.read(lambda tx: _load(tx, job.payload["hearing"]))
    if loaded is None:
        raise GivenUp("the event is gone")
    hearing, grant, vendor = loaded
    # The owner may have withdrawn since this was put: the gate is asked again at the moment of sending.
    if not vendor.webhook_url or not may_hear(grant, Happening(grant.thing_id, "scan", hearing.scanner)):
        return None
    body = json.dumps(event(hearing, grant, house.key.did), separators=(",", ":")).encode()
    headers = sign(body, hearing.id, house.clock.now(), vendor.webhook_secret, house.key)
    await _post(vendor.webhook_url, body, headers, private=house.settings.private_webhooks)
    return None


async def _post(url: str, body: bytes, headers: dict[str, str], *, private: bool) -> None:
    # Imported here: most hosts send no webhook, and it is 5 MB.
    import httpx

    target, host = await _resolved(url, private=private)
    headers = {**headers, "host": host, "content-type": "application/cloudevents+json"}
    name = urlsplit(url).hostname or ""
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE, follow_redirects=False, trust_env=False) as client:
            sni = {"sni_hostname": name}
            # Only the first line of the reply counts: what follows could be of any length.
            async with client.stream("POST", target, content=body, headers=headers, extensions=sni) as reply:
                answered = reply.status_code
    except httpx.HTTPError as error:
        raise Later(f"the vendor's desk did not answer ({type(error).__name__})") from error
    if answered in _GOOD:
        return
    if answered == _GONE or answered in _REDIRECTS:
        raise GivenUp(f"the vendor's desk answered {answered}")
    raise Later(f"the vendor's desk answered {answered}")


async def _resolved(url: str, *, private: bool) -> tuple[str, str]:
    """The address to connect to, looked up once, so that a name cannot be turned to a private one in between."""
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or (parts.scheme == "http" and not private):
        raise GivenUp("a webhook address must be https")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Later("the vendor's desk has no address just now") from error
    address = str(found[0][4][0])
    if not private and not ipaddress.ip_address(address).is_global:
        raise GivenUp("a webhook may not go to a private address")
    place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return urlunsplit((parts.scheme, place, parts.path, parts.query, "")), parts.netloc.rpartition("@")[2]
