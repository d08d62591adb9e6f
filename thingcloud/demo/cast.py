"""The people and things of the demo: one owner with a suitcase and its tag, one vendor with one agent."""

from dataclasses import dataclass

from thingcloud.devices import service as devices
from thingcloud.owners import service as owners
from thingcloud.plumbing.db import Tx
from thingcloud.things import service as things
from thingcloud.things.model import ON, PRIVATE, Tag
from thingcloud.vendors import service as vendors
from thingcloud.vendors.model import Scope

OWNER = "Robin Keller"
MAIL = "robin.keller@example.org"
AGENT = "Agent Kim"
AGENT_MAIL = "kim@example.net"
VENDOR = "Example Cable"
STREAM = "machine"
_KEY = "The demo"
_MESSAGE = "Dark blue, red ribbon on the handle. Nothing in it is worth much, but it means a lot to us."


@dataclass(frozen=True)
class Cast:
    """Who and what is on the stage, with ways in that open once."""

    owner_id: str
    agent_id: str
    vendor_id: str
    thing_id: str
    tag_code: str
    pairing_code: str
    api_token: str
    owner_secret: str
    vendor_secret: str


def enter(tx: Tx, now: int, base_url: str) -> Cast:
    """Bring everybody on, or find them where an earlier run left them; codes and ways in are new each time."""
    owner = owners.account_by_email(tx, MAIL) or owners.create_account(tx, now, OWNER, MAIL)
    # The first one made: whoever tries the demo makes more, and loses them.
    thing = min(things.things_of(tx, owner.id), key=lambda one: one.made_at, default=None)
    if thing is None:
        thing = things.create_thing(tx, now, owner.id, "Suitcase", "suitcase")
        _set_the_stage(tx, now, owner.id, thing.id, base_url)
    agent = owners.account_by_email(tx, AGENT_MAIL)
    desk = vendors.agent(tx, agent.id) if agent else None
    if agent is None or desk is None:
        raise LookupError("the stage of an earlier run is half set")
    return Cast(
        owner_id=owner.id,
        agent_id=agent.id,
        vendor_id=desk.vendor_id,
        thing_id=thing.id,
        tag_code=_answering(tx, now, thing.id).code,
        pairing_code=devices.pairing_code(tx, now, thing.id),
        api_token=_key(tx, now, owner.id),
        owner_secret=owners.sign_in_link(tx, now, owner.id, "owner"),
        vendor_secret=owners.sign_in_link(tx, now, agent.id, "vendor"),
    )


def _answering(tx: Tx, now: int, thing_id: str) -> Tag:
    """A tag that answers whoever scans it: somebody may have switched the first one off."""
    on = (tag for tag in things.tags_of(tx, thing_id) if tag.state == ON and tag.visibility != PRIVATE)
    return next(on, None) or things.new_tag(tx, now, thing_id)


def _key(tx: Tx, now: int, owner_id: str) -> str:
    """A new key for programs; those of earlier runs end."""
    for token in owners.tokens_of(tx, owner_id):
        if token.name == _KEY:
            owners.end_token(tx, owner_id, token.id)
    return owners.api_token(tx, now, owner_id, ("read", "write"), _KEY)


def _set_the_stage(tx: Tx, now: int, owner_id: str, thing_id: str, base_url: str) -> None:
    tag = things.new_tag(tx, now, thing_id)
    things.add_route(tx, now, tag.code, "lost-and-found", "Tell the owner")
    things.add_route(tx, now, tag.code, "support", f"Ask {VENDOR}")
    things.mark_lost(tx, now, thing_id, _MESSAGE, "€ 20")
    vendor = vendors.create_vendor(tx, now, VENDOR, "example.net")
    agent = owners.create_account(tx, now, AGENT, AGENT_MAIL)
    vendors.add_agent(tx, vendor.id, agent.id, AGENT)
    scope = Scope(streams=(STREAM,), events=("scan", "reading"))
    vendors.give_grant(tx, now, owner_id, thing_id, vendor.id, scope, base_url=base_url)
