"""Grants under agreements, what vendors hear, and what they answer."""

import os
from collections.abc import Iterable

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from thingcloud.conversations import service as conversations
from thingcloud.conversations.model import AGENT, OWNER, SUPPORT, Message
from thingcloud.plumbing import ids, jobs, live
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput, Conflict, NotAllowed, NotFound
from thingcloud.things import service as things
from thingcloud.vendors import store
from thingcloud.vendors.model import (
    ROSTER,
    Agent,
    Agreement,
    Answer,
    Grant,
    Happening,
    Hearing,
    Scope,
    Value,
    Vendor,
    agreement_payload,
    check_agreement,
    may_hear,
    sign_agreement,
    tells_something,
)

_NONCE_BYTES = 16
_MOST_WAITING = 200
_HELPED = ("yes", "not-yet")


def create_vendor(
    tx: Tx, now: int, name: str, domain: str, *, webhook_url: str = "", public: bytes | None = None
) -> Vendor:
    """A new vendor. With `public` it signs agreements itself; without, this host keeps a key for its desk here."""
    seed = None if public else os.urandom(32)
    made = Vendor(
        id=ids.new_id(), name=name, domain=domain, checked=False, seed=seed,
        public=public or bytes(SigningKey(seed or b"").verify_key),
        webhook_url=webhook_url, webhook_secret=os.urandom(32), accepts=tuple(ROSTER),
    )  # fmt: skip
    store.add_vendor(tx, made, now)
    return made


def add_agent(tx: Tx, vendor_id: str, account_id: str, label: str) -> Agent:
    """Let an account answer for a vendor as `label`, such as "Agent Kim"."""
    made = Agent(account_id, vendor_id, label)
    store.add_agent(tx, made)
    return made


def desk_for(tx: Tx, now: int, name: str, domain: str, account_id: str, label: str, *, webhook_url: str = "") -> Vendor:
    """The vendor of this name and domain, made if it is new, with this account among its agents."""
    known = [one for one in store.all_vendors(tx) if (one.name, one.domain) == (name, domain)]
    desk = known[0] if known else create_vendor(tx, now, name, domain, webhook_url=webhook_url)
    there = store.agent(tx, account_id)
    if there is None:
        add_agent(tx, desk.id, account_id, label)
    elif there.vendor_id != desk.id:
        raise Conflict("This agent answers for another vendor.", hint="Give another mail address.")
    return desk


def agent(tx: Tx, account_id: str) -> Agent | None:
    """The agent behind an account, if it is one."""
    return store.agent(tx, account_id)


def vendor(tx: Tx, vendor_id: str) -> Vendor:
    """A vendor by its id; raises NotFound."""
    found = store.vendor(tx, vendor_id)
    if found is None:
        raise NotFound("There is no such vendor here.")
    return found


def all_vendors(tx: Tx) -> list[Vendor]:
    """Every vendor an owner can choose from, by name."""
    return store.all_vendors(tx)


def give_grant(
    tx: Tx,
    now: int,
    account_id: str,
    thing_id: str,
    vendor_id: str,
    scope: Scope,
    *,
    base_url: str,
    terms: str = "support-only-1",
) -> Grant:
    """Offer a vendor the owner's terms for one thing, signed; a vendor that accepts them signs at once."""
    if things.role(tx, account_id, thing_id) != "owner":
        raise NotFound("This thing is not here.")
    tells_something(scope)
    chosen, second = ROSTER.get(terms), vendor(tx, vendor_id)
    if chosen is None:
        raise BadInput("These terms are not on the roster.", hint="Choose a text that the page offers.", reason="terms")
    if any(given.vendor_id == vendor_id for given in store.grants_of(tx, thing_id)):
        raise Conflict(
            f"{second.name} may hear of this thing already.", hint="End that permission first to give another."
        )
    key, handle, nonce = _owner_key(tx, account_id, vendor_id), ids.new_id(), os.urandom(_NONCE_BYTES)
    address = f"{base_url}/terms/{terms}"
    payload = agreement_payload(address, chosen, bytes(key.verify_key), second.public, handle, scope)
    signed = sign_agreement(payload, nonce, now, bytes(key.verify_key), lambda message: key.sign(message).signature)
    agreement = Agreement(
        ids.new_id(),
        thing_id,
        vendor_id,
        terms,
        scope,
        payload,
        signed,
        _signed_at_once(second, terms, payload, nonce, now),
        now,
    )
    grant = Grant(ids.new_id(), thing_id, vendor_id, handle, agreement, now, None)
    store.add_grant(tx, grant, nonce)
    things.journal(
        tx, now, thing_id, "grant.given", f'{second.name} may hear of it under "{chosen.title}".', {"vendor": vendor_id}
    )
    live.announce(tx, f"vendor:{vendor_id}")
    return grant


def _owner_key(tx: Tx, account_id: str, vendor_id: str) -> SigningKey:
    seed = store.owner_seed(tx, account_id, vendor_id)
    if seed is None:
        seed = os.urandom(32)
        store.add_owner_seed(tx, account_id, vendor_id, seed)
    return SigningKey(seed)


def _signed_at_once(second: Vendor, terms: str, payload: bytes, nonce: bytes, now: int) -> bytes | None:
    if second.seed is None or terms not in second.accepts:
        return None
    key = SigningKey(second.seed)
    return sign_agreement(payload, nonce, now, second.public, lambda message: key.sign(message).signature)


def offers(tx: Tx, vendor_id: str) -> list[tuple[Grant, bytes]]:
    """What owners offered this vendor and it has not signed, with the nonce to sign with."""
    return store.offered_to(tx, vendor_id)


def accept(tx: Tx, vendor_id: str, agreement_id: str, signed: bytes) -> Grant:
    """Take a vendor's own signature under an offered agreement; only then does it hear anything."""
    found = store.grant_of_agreement(tx, agreement_id)
    if found is None or found[0].vendor_id != vendor_id or found[0].withdrawn_at is not None:
        raise NotFound("This agreement is not here.")
    grant, nonce = found
    check_agreement(signed, grant.agreement.payload, nonce, vendor(tx, vendor_id).public, _verifies)
    if not store.accept(tx, agreement_id, signed):
        raise Conflict("This agreement is signed already.")
    live.announce(tx, f"thing:{grant.thing_id}")
    return grant


def _verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True


def withdraw(tx: Tx, now: int, account_id: str, grant_id: str) -> None:
    """End a grant: nothing more is told, and what waits to be told is not sent."""
    grant = store.grant(tx, grant_id)
    if grant is None or things.role(tx, account_id, grant.thing_id) != "owner":
        raise NotFound("This permission is not here.")
    if not store.withdraw(tx, grant_id, now):
        return
    jobs.cancel(tx, f"vendors:{grant_id}:")
    name = vendor(tx, grant.vendor_id).name
    things.journal(
        tx, now, grant.thing_id, "grant.withdrawn", f"{name} hears nothing of it any more.", {"vendor": grant.vendor_id}
    )
    live.announce(tx, f"vendor:{grant.vendor_id}")


def grants_of(tx: Tx, thing_id: str) -> list[tuple[Grant, Vendor]]:
    """Who may hear of a thing now, with the vendor's card."""
    return [(grant, vendor(tx, grant.vendor_id)) for grant in store.grants_of(tx, thing_id)]


def support_vendors(tx: Tx, thing_id: str, scanner: str = "owner") -> list[Vendor]:
    """The vendors that hear the scans of a thing by its owner, or by a member."""
    asked = Happening(thing_id, "scan", scanner)
    return [who for grant, who in grants_of(tx, thing_id) if may_hear(grant, asked)]


def hear_scan(
    tx: Tx, now: int, *, scan_id: str, tag_code: str, thing_id: str, scanner: str, asker_id: str, words: str
) -> list[str]:
    """Tell the vendors that may hear of this scan, as rows and due webhooks; returns their ids.

    Each gets a conversation of its own with the account that asks: no vendor reads what is said with another.
    """
    happening = Happening(thing_id, "scan", scanner)
    heard = [grant for grant in store.grants_of(tx, thing_id) if may_hear(grant, happening)]
    for grant in heard:
        opened = conversations.open_case(
            tx, now, thing_id=thing_id, tag_code=tag_code, owner_id=asker_id, kind=SUPPORT, opener=OWNER, words=words,
            **_named(vendor(tx, grant.vendor_id).name, scanner),
        )  # fmt: skip
        hearing = Hearing(
            id=ids.new_id(), vendor_id=grant.vendor_id, grant_id=grant.id, scan_id=scan_id, handle=grant.handle,
            thing_kind=things.thing(tx, thing_id).kind, scanner=scanner, words=words, case_id=opened.case_id, at=now,
            state="waiting", agent_id=None, taken_at=None,
        )  # fmt: skip
        _tell(tx, now, grant, hearing)
    return [grant.vendor_id for grant in heard]


def _named(desk: str, scanner: str) -> dict[str, str]:
    who = "You" if scanner == "owner" else "A member"
    return {"desk": desk, "told": f"{who} asked {desk} for help"}


def _tell(tx: Tx, now: int, grant: Grant, hearing: Hearing) -> None:
    store.add_hearing(tx, hearing)
    jobs.put(tx, f"vendors:{grant.id}:{hearing.id}", "vendors.webhook", {"hearing": hearing.id}, now)
    live.announce(tx, f"vendor:{grant.vendor_id}")


def hears_readings(tx: Tx) -> set[str]:
    """The things of which some vendor may hear readings; for telemetry to keep and look into."""
    return store.things_heard(tx)


def hear_readings(tx: Tx, thing_id: str, stream: str, newest: Iterable[Value]) -> None:
    """Show the vendors that may see this stream its newest values."""
    happening = Happening(thing_id, "reading", stream=stream)
    allowed = [grant for grant in store.grants_of(tx, thing_id) if may_hear(grant, happening)]
    for grant in allowed:
        for value in newest:
            store.put_value(tx, grant.id, value)
        live.announce(tx, f"vendor:{grant.vendor_id}")


def queue(tx: Tx, vendor_id: str) -> list[Hearing]:
    """What waits at a vendor, the longest waiting first."""
    return store.queue(tx, vendor_id, _MOST_WAITING)


def hearing(tx: Tx, vendor_id: str, hearing_id: str) -> tuple[Hearing, Grant]:
    """One hearing with its grant; raises NotAllowed once the owner has withdrawn."""
    found = store.hearing(tx, vendor_id, hearing_id)
    grant = store.grant(tx, found.grant_id) if found else None
    if found is None or grant is None:
        raise NotFound("This is not in your queue.")
    if grant.withdrawn_at is not None:
        raise NotAllowed("The owner withdrew.", hint="You no longer see this thing; your notes stay.")
    return found, grant


def visible(tx: Tx, grant: Grant) -> list[Value]:
    """The newest readings the vendor may see under this grant."""
    return store.values(tx, grant.id)


def take(tx: Tx, now: int, who: Agent, hearing_id: str) -> None:
    """An agent takes a waiting scan; the second one to try is told who was first."""
    found, _ = hearing(tx, who.vendor_id, hearing_id)
    if store.move_hearing(tx, hearing_id, "taken", who.account_id, now, was=("waiting",)):
        live.announce(tx, f"vendor:{who.vendor_id}")
        return
    if found.agent_id != who.account_id:
        other = store.agent(tx, found.agent_id or "")
        raise Conflict(f"{other.label if other else 'A colleague'} took this one.")


def answer(tx: Tx, now: int, who: Agent, hearing_id: str, *, title: str, words: str, until: int | None) -> str:
    """Put an answer card on the phone of the one who scanned; returns its id."""
    if not title:
        raise BadInput("Write what the cause is, and what is fine.", reason="empty")
    found, _ = hearing(tx, who.vendor_id, hearing_id)
    answer_id = ids.new_id()
    store.add_answer(
        tx, id=answer_id, hearing_id=found.id, scan_id=found.scan_id, agent=who.label, title=title, words=words,
        until=until, at=now, seen_at=None, helped="",
    )  # fmt: skip
    store.move_hearing(tx, hearing_id, "answered", who.account_id, now, was=("waiting", "taken", "answered"))
    live.announce(tx, f"scan:{found.scan_id}")
    live.announce(tx, f"vendor:{who.vendor_id}")
    return answer_id


def write(tx: Tx, now: int, who: Agent, hearing_id: str, words: str) -> None:
    """Write to the one who scanned, in the masked conversation that the scan opened."""
    found, grant = hearing(tx, who.vendor_id, hearing_id)
    if found.case_id is None:
        raise BadInput("This scan opened no conversation.", hint="Send an answer card.", reason="no-case")
    conversations.post(tx, now, found.case_id, _party(who, vendor(tx, grant.vendor_id)), words)
    store.move_hearing(tx, hearing_id, "answered", who.account_id, now, was=("waiting", "taken"))
    live.announce(tx, f"vendor:{who.vendor_id}")


def said(tx: Tx, found: Hearing) -> list[Message]:
    """What was said in the conversation of a hearing."""
    return conversations.messages(tx, found.case_id) if found.case_id else []


def desks(tx: Tx, scan_id: str) -> list[tuple[Vendor, str]]:
    """The vendors that a scan was told to and that may still hear, each with the conversation to write to it in."""
    told = [(store.grant(tx, one.grant_id), one) for one in store.hearings_of_scan(tx, scan_id) if one.case_id]
    return [
        (vendor(tx, one.vendor_id), one.case_id or "")
        for grant, one in told
        if grant is not None and grant.withdrawn_at is None
    ]


def _party(who: Agent, of: Vendor) -> str:
    return f"{AGENT}{who.label} of {of.name}"


def done(tx: Tx, who: Agent, hearing_id: str) -> None:
    """Take a scan out of the queue."""
    hearing(tx, who.vendor_id, hearing_id)
    store.move_hearing(tx, hearing_id, "done", None, None, was=("waiting", "taken", "answered"))
    live.announce(tx, f"vendor:{who.vendor_id}")


def answers_for(tx: Tx, scan_id: str) -> list[Answer]:
    """The answer cards for a scan, oldest first; the caller has made sure who is asking."""
    return store.answers_of_scan(tx, scan_id)


def answers_to(tx: Tx, hearing_id: str) -> list[Answer]:
    """The answer cards a vendor gave to one hearing."""
    return store.answers_of_hearing(tx, hearing_id)


def seen(tx: Tx, now: int, scan_id: str) -> None:
    """The one who scanned has the cards on the screen."""
    if store.mark_seen(tx, scan_id, now):
        _tell_desk(tx, scan_id)


def helped(tx: Tx, scan_id: str, answer_id: str, said: str) -> None:
    """Whether a card helped: `yes` or `not-yet`."""
    if said not in _HELPED:
        raise BadInput("Choose Yes or Not yet.", reason="helped")
    if not store.mark_answer(tx, answer_id, scan_id, helped=said):
        raise NotFound("This answer is not here.")
    _tell_desk(tx, scan_id)


def _tell_desk(tx: Tx, scan_id: str) -> None:
    for card in store.answers_of_scan(tx, scan_id):
        found = store.hearing_by_id(tx, card.hearing_id)
        if found is not None:
            live.announce(tx, f"vendor:{found.vendor_id}")
