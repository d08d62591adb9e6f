"""The verbs of scans: record a person's action on a tag, count page views, keep the pace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from thingcloud.conversations import service as conversations
from thingcloud.conversations.model import FINDER, FOUND
from thingcloud.plumbing import ids, live
from thingcloud.plumbing.bucket import Bucket, Pace
from thingcloud.plumbing.clock import DAY, HOUR, MINUTE, Clock
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import NotAllowed, NotFound
from thingcloud.scans import model, store
from thingcloud.scans.model import MEMBER, OWNER, STRANGER, Recorded, Scan
from thingcloud.things import service as things
from thingcloud.things.model import LOST_AND_FOUND, SUPPORT, TagFacts
from thingcloud.vendors import service as vendors
from thingcloud.vendors.model import ROSTER, Answer, Value, Vendor, not_told, told

# An owner's question stays on the tag's page for this long.
_RECENT = 12 * HOUR

_TOLD = {
    STRANGER: "Scanned by a stranger, who wrote",
    OWNER: "Scanned by you, to ask for help",
    MEMBER: "Scanned by a member, to ask for help",
}


def _record(tx: Tx, facts: TagFacts, made: Scan, tie: dict[str, str]) -> None:
    store.add_scan(tx, made)
    tie = {"scan": made.id, "scanner": made.scanner, "action": made.action, **tie}
    things.journal(tx, made.at, facts.thing_id, "scan", _TOLD[made.scanner], tie)
    live.announce(tx, f"scan:{made.id}")


def send(
    tx: Tx, now: int, facts: TagFacts, action: str, *, words: str, left_at: str, place: str, once: str
) -> Recorded:
    """A stranger sends words to the owner, if the tag lets them: the scan, the journal and a case, all or nothing.

    `action` is `message`, `left-at` or `location`. The same `once` with the same words is the same scan.
    """
    model.needs_something(words, left_at, place)
    if not facts.answers or not any(route.kind == LOST_AND_FOUND for route in facts.routes):
        raise NotFound("This tag does not answer.", reason="unknown-tag")
    opened = conversations.open_case(
        tx, now, thing_id=facts.thing_id, tag_code=facts.code, owner_id=facts.owner_id, kind=FOUND, opener=FINDER,
        words=words, left_at=left_at, place=place, once=once,
    )  # fmt: skip
    known = store.scan_of_case(tx, opened.case_id)
    if known is not None:
        return Recorded(known.id, opened.case_id, opened.secret)
    made = Scan(ids.new_id(), facts.code, facts.thing_id, now, STRANGER, action, case_id=opened.case_id)
    _record(tx, facts, made, {"case": opened.case_id})
    return Recorded(made.id, opened.case_id, opened.secret)


def ask_support(tx: Tx, now: int, facts: TagFacts, account_id: str, words: str) -> str:
    """Owner or member ask each vendor that may hear, in a conversation of its own; returns the id of the scan.

    A tag without a support route asks nobody.
    """
    scanner = things.role(tx, account_id, facts.thing_id)
    if scanner is None:
        # The same words as for a code that nobody has: whether a tag exists is not told.
        raise NotFound("This tag is not here.", reason="unknown-tag")
    if not any(route.kind == SUPPORT for route in facts.routes):
        raise NotAllowed("This tag has no button for support.", hint="Put one on it first.", reason="no-support")
    if not vendors.support_vendors(tx, facts.thing_id, scanner):
        raise NotAllowed("Nobody listens yet.", hint="Allow a maker to hear of this thing first.", reason="no-vendor")
    made = Scan(ids.new_id(), facts.code, facts.thing_id, now, scanner, "support", account_id)
    _record(tx, facts, made, {})
    vendors.hear_scan(
        tx, now, scan_id=made.id, tag_code=facts.code, thing_id=facts.thing_id, scanner=scanner, asker_id=account_id,
        words=words or "I scanned the tag and would like help.",
    )  # fmt: skip
    return made.id


def scan(tx: Tx, scan_id: str) -> Scan:
    """One scan."""
    found = store.scan(tx, scan_id)
    if found is None:
        raise NotFound("This scan is not here.", reason="unknown-scan")
    return found


def scans_of(tx: Tx, thing_id: str, limit: int = 50) -> list[Scan]:
    """The newest scans of a thing."""
    return store.scans_of(tx, thing_id, limit)


def opened_since(tx: Tx, now: int, thing_id: str, days: int = 7) -> tuple[int, int]:
    """How often pages of a thing's tags were opened lately, perhaps by robots, and when last (0 for never)."""
    return store.openings_of(tx, thing_id, (now - days * DAY) // DAY)


@dataclass(frozen=True)
class Own:
    """What owner or member see of a tag that they scan: who listens, and what was answered to their last question.

    `desks` are the vendors they asked, each with the conversation to write to it in.
    """

    role: str
    listeners: Sequence[Vendor]
    asked: Scan | None
    answers: Sequence[Answer]
    told: Sequence[str]
    not_told: Sequence[str]
    desks: Sequence[tuple[Vendor, str]]


def own_view(tx: Tx, now: int, facts: TagFacts, account_id: str) -> Own | None:
    """The own view of a tag for this account; None for whoever is a stranger to the thing."""
    role = things.role(tx, account_id, facts.thing_id)
    if role is None:
        return None
    asked = store.last_of(tx, facts.code, account_id, now - _RECENT)
    answers = vendors.answers_for(tx, asked.id) if asked else []
    desks = vendors.desks(tx, asked.id) if asked else []
    if not any(route.kind == SUPPORT for route in facts.routes):
        return Own(role, (), asked, answers, (), (), desks)
    scopes = [grant.agreement.scope for grant, _ in vendors.grants_of(tx, facts.thing_id) if grant.agreement.accepted]
    return Own(
        role, vendors.support_vendors(tx, facts.thing_id, role), asked, answers,
        told=_each(line for scope in scopes for line in told(scope)),
        not_told=_each(line for scope in scopes for line in not_told(scope)),
        desks=desks,
    )  # fmt: skip


def _each(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))


def own_scan(tx: Tx, account_id: str, scan_id: str) -> Scan:
    """A scan that this account made; anybody else's is not here."""
    found = scan(tx, scan_id)
    if found.account_id != account_id:
        raise NotFound("This scan is not here.", reason="unknown-scan")
    return found


def say_helped(tx: Tx, account_id: str, scan_id: str, answer_id: str, said: str) -> Scan:
    """Whether an answer helped: `yes` or `not-yet`; the vendor sees it."""
    found = own_scan(tx, account_id, scan_id)
    vendors.helped(tx, scan_id, answer_id, said)
    live.announce(tx, f"scan:{scan_id}")
    return found


@dataclass(frozen=True)
class Agents:
    """What a vendor's agent may know of a thing whose tag they scan."""

    label: str
    vendor: Vendor
    terms: str
    values: Sequence[Value]


def agent_view(tx: Tx, facts: TagFacts, account_id: str) -> Agents | None:
    """What this account may know as an agent; None without a grant for the thing."""
    agent = vendors.agent(tx, account_id)
    if agent is None:
        return None
    for grant, vendor in vendors.grants_of(tx, facts.thing_id):
        if vendor.id == agent.vendor_id and grant.agreement.accepted:
            return Agents(agent.label, vendor, ROSTER[grant.agreement.terms].title, vendors.visible(tx, grant))
    return None


SENDS = Pace(3, 10 * MINUTE)  # by one client, to one tag
VIEWS = Pace(30, MINUTE)  # of one tag by one client
MISSES = Pace(30, MINUTE)  # codes that do not answer, by one client


class Limits:
    """What a phone that nobody knows may do, by its address: send words to a tag, look at it, try codes."""

    def __init__(self, clock: Clock) -> None:
        self.sends = Bucket(clock, SENDS)
        self.views = Bucket(clock, VIEWS)
        self.misses = Bucket(clock, MISSES)


Counted = dict[tuple[str, str, int], tuple[int, int]]


class Openings:
    """Counts page views in memory, for one transaction now and then; they alert nobody and may be lost."""

    def __init__(self) -> None:
        self._seen: Counted = {}

    def add(self, facts: TagFacts, now: int) -> bool:
        """Count one; True if it is the first since the last `take`."""
        first = not self._seen
        key = (facts.code, facts.thing_id, now // DAY)
        times, _ = self._seen.get(key, (0, 0))
        self._seen[key] = (times + 1, now)
        return first

    def take(self) -> Counted:
        """Hand out what was counted and begin anew."""
        seen, self._seen = self._seen, {}
        return seen


def store_openings(tx: Tx, counted: Counted) -> None:
    """Add what was counted to the tables."""
    rows = [
        {"code": code, "thing": thing, "day": day, "times": times, "at": at}
        for (code, thing, day), (times, at) in counted.items()
    ]
    store.add_openings(tx, rows)
