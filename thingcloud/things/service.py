"""The verbs of things: make, change, lose and find; tags and their routes; the journal."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from talktag import code as codes
from thingcloud.plumbing import ids, live
from thingcloud.plumbing import jobs as due
from thingcloud.plumbing.db import Database, Tx
from thingcloud.plumbing.errors import BadInput, Conflict, NotAllowed, NotFound
from thingcloud.plumbing.house import House
from thingcloud.things import model, store
from thingcloud.things.model import Event, Role, Route, Tag, TagFacts, Thing

Publish = Callable[[str, bytes], None]
_MOST_TAGS = 20
_MOST_ROUTES = 12


def create_thing(tx: Tx, now: int, owner_id: str, name: str, kind: str, place: str = "") -> Thing:
    """Make a thing with an empty journal."""
    thing = Thing(
        ids.new_id(), owner_id, model.thing_name(name), model.thing_kind(kind),
        place=model.thing_place(place), made_at=now,
    )  # fmt: skip
    store.add_thing(tx, thing)
    journal(tx, now, thing.id, "thing.made", "The journal begins")
    return thing


def thing(tx: Tx, thing_id: str) -> Thing:
    """One thing, whoever asks."""
    found = store.thing(tx, thing_id)
    if found is None:
        raise NotFound("This thing is not here.", reason="unknown-thing")
    return found


def things_of(tx: Tx, account_id: str) -> list[Thing]:
    """What an account owns or is a member of: the lost first, then as they were made."""
    return store.things_of(tx, account_id)


def role(tx: Tx, account_id: str, thing_id: str) -> Role | None:
    """What an account is to a thing."""
    found = store.thing(tx, thing_id)
    if found is None:
        return None
    if found.owner_id == account_id:
        return "owner"
    return "member" if account_id in store.members_of(tx, thing_id) else None


def seen_by(tx: Tx, account_id: str, thing_id: str) -> Thing:
    """The thing, for its owner and members; for anybody else it is not here."""
    if role(tx, account_id, thing_id) is None:
        raise NotFound("This thing is not here.", reason="unknown-thing")
    return thing(tx, thing_id)


def owned_by(tx: Tx, account_id: str, thing_id: str) -> Thing:
    """The thing, for its owner alone; a member is told so, for anybody else it is not here."""
    found = seen_by(tx, account_id, thing_id)
    if found.owner_id != account_id:
        raise NotAllowed("Only the owner can change this.", hint="Ask the owner.", reason="not-the-owner")
    return found


def change_thing(tx: Tx, now: int, thing_id: str, name: str, kind: str, place: str = "") -> Thing:
    """Give a thing another name, kind or place."""
    before = thing(tx, thing_id)
    after = replace(before, name=model.thing_name(name), kind=model.thing_kind(kind), place=model.thing_place(place))
    if after == before:
        return before
    store.save_thing(tx, after)
    said = f"Renamed from {before.name}" if after.name != before.name else "Its description changed"
    journal(tx, now, thing_id, "thing.changed", said)
    return after


def mark_lost(tx: Tx, now: int, thing_id: str, message: str = "", reward: str = "") -> Thing:
    """Mark a thing as lost; whoever scans it sees the message and the reward. Doing it again changes both."""
    before = thing(tx, thing_id)
    said = model.words(message, "message", model.LONGEST_MESSAGE)
    after = replace(before, lost=True, message=said, reward=model.line(reward, "reward", model.LONGEST_REWARD))
    if after != before:
        store.save_thing(tx, after)
        told = "What finders see changed" if before.lost else "Marked as lost"
        journal(tx, now, thing_id, "thing.lost", told, {"reward": after.reward} if after.reward else {})
    return after


def mark_found(tx: Tx, now: int, thing_id: str) -> Thing:
    """It is back; message and reward are no longer shown."""
    before = thing(tx, thing_id)
    after = replace(before, lost=False, message="", reward="")
    if after != before:
        store.save_thing(tx, after)
        journal(tx, now, thing_id, "thing.found", "It is back")
    return after


def add_member(tx: Tx, now: int, thing_id: str, account_id: str) -> None:
    """Let somebody see the thing and answer when the owner cannot."""
    if role(tx, account_id, thing_id) is not None:
        raise Conflict("This person is with the thing already.", reason="known-member")
    store.add_member(tx, now, thing_id, account_id)
    journal(tx, now, thing_id, "member.added", "Somebody may answer with you")


def remove_member(tx: Tx, now: int, thing_id: str, account_id: str) -> None:
    """Take that back."""
    if not store.drop_member(tx, thing_id, account_id):
        raise NotFound("This person is not with the thing.", reason="unknown-member")
    journal(tx, now, thing_id, "member.removed", "Somebody no longer answers with you")


def members_of(tx: Tx, thing_id: str) -> list[str]:
    """The account ids of the members."""
    return store.members_of(tx, thing_id)


def new_tag(tx: Tx, now: int, thing_id: str, code: str | None = None) -> Tag:
    """Make a tag for a thing, with a lost-and-found route; a code that is given must be new here."""
    if len(store.tags_of(tx, thing(tx, thing_id).id)) >= _MOST_TAGS:
        raise Conflict(f"A thing has {_MOST_TAGS} tags at most.", hint="Print one again.", reason="too-many-tags")
    tag = Tag(model.code(code) if code is not None else codes.new().text, thing_id)
    if store.tag(tx, tag.code) is not None:
        raise Conflict("This code is on another thing already.", hint="Make a new tag.", reason="code-taken")
    store.add_tag(tx, now, tag)
    store.add_route(tx, Route(ids.new_id(), tag.code, model.LOST_AND_FOUND, "Send to the owner", order=1))
    journal(tx, now, thing_id, "tag.made", "A tag was made")
    return tag


def tag(tx: Tx, code: str) -> Tag:
    """One tag by its code, as typed."""
    found = store.tag(tx, model.code(code))
    if found is None:
        raise NotFound("This tag is not here.", reason="unknown-tag")
    return found


def tag_of(tx: Tx, thing_id: str, code: str) -> Tag:
    """One tag of that thing; a tag of another one is not here."""
    try:
        found = tag(tx, code)
    except BadInput as error:
        raise NotFound("This tag is not here.", reason="unknown-tag") from error
    if found.thing_id != thing_id:
        raise NotFound("This tag is not here.", reason="unknown-tag")
    return found


def tags_of(tx: Tx, thing_id: str) -> list[Tag]:
    """The tags of a thing, oldest first."""
    return store.tags_of(tx, thing_id)


def disable_tag(tx: Tx, now: int, code: str) -> Tag:
    """Switch a tag off: the printed code stops answering."""
    return _switch(tx, now, code, model.OFF, "tag.disabled", "A tag was switched off")


def enable_tag(tx: Tx, now: int, code: str) -> Tag:
    """Switch a tag on again."""
    return _switch(tx, now, code, model.ON, "tag.enabled", "A tag was switched on again")


def _switch(tx: Tx, now: int, code: str, state: str, kind: str, said: str) -> Tag:
    before = tag(tx, code)
    after = replace(before, state=state)
    if after != before:
        store.save_tag(tx, after)
        journal(tx, now, after.thing_id, kind, said)
    return after


def show_tag(tx: Tx, now: int, code: str, visibility: str) -> Tag:
    """Choose how much a tag tells a stranger: open, contact (not even the kind) or private (nothing)."""
    before = tag(tx, code)
    after = replace(before, visibility=model.visibility(visibility))
    if after != before:
        store.save_tag(tx, after)
        journal(tx, now, after.thing_id, "tag.changed", f"A tag is now {_SHOWN[after.visibility]}")
    return after


_SHOWN = {model.OPEN: "shown with its kind", model.CONTACT: "for contact only", model.PRIVATE: "private"}


def add_route(
    tx: Tx, now: int, code: str, kind: str, label: str, target: str = "", audience: str | None = None
) -> Route:
    """Put a button on a tag's page, last in order; of lost-and-found and emergency a tag has one, which is changed."""
    own = tag(tx, code)
    kind = model.route_kind(kind)
    label = model.line(label, "label", model.LONGEST_LABEL, needed=True)
    seen_by = model.audience(audience) if audience is not None else model.default_audience(kind)
    known = store.routes_of(tx, own.code)
    target = model.route_target(kind, target)
    for route in known:
        if route.kind == kind and model.once_a_tag(kind):
            changed = replace(route, label=label, target=target, audience=seen_by)
            store.save_route(tx, changed)
            return changed
    if len(known) >= _MOST_ROUTES:
        raise Conflict(f"A tag has {_MOST_ROUTES} buttons at most.", hint="Take one away.", reason="too-many-routes")
    order = max((route.order for route in known), default=0) + 1
    made = Route(ids.new_id(), own.code, kind, label, target, order, seen_by)
    store.add_route(tx, made)
    journal(tx, now, own.thing_id, "route.made", f"A button was put on a tag: {made.label}")
    return made


def remove_route(tx: Tx, now: int, code: str, route_id: str) -> None:
    """Take a button off a tag's page."""
    own = tag(tx, code)
    gone = {route.id: route for route in store.routes_of(tx, own.code)}.get(route_id)
    if gone is None:
        raise NotFound("This button is not there.", reason="unknown-route")
    store.drop_route(tx, route_id)
    journal(tx, now, own.thing_id, "route.removed", f"A button was taken off a tag: {gone.label}")


def raise_route(tx: Tx, code: str, route_id: str) -> None:
    """Move a button one place up."""
    own = tag(tx, code)
    known = {route.id: route for route in store.routes_of(tx, own.code)}
    if route_id not in known:
        raise NotFound("This button is not there.", reason="unknown-route")
    for order, one in enumerate(model.moved(list(known), route_id), start=1):
        store.save_route(tx, replace(known[one], order=order))
    live.announce(tx, f"thing:{own.thing_id}")


def routes_of(tx: Tx, code: str) -> list[Route]:
    """The routes of a tag in their order."""
    return store.routes_of(tx, model.code(code))


def tag_facts(db: Database, code: str) -> TagFacts | None:
    """All that the page of a tag needs; `code` in its one form (14 capitals). One prepared look-up."""
    return store.tag_facts(db, code)


def journal(
    tx: Tx, now: int, thing_id: str, kind: str, text: str, facts: Mapping[str, Any] | None = None, private: bool = True
) -> Event:
    """Append an entry, chained to the one before; it is announced and handed on after the commit."""
    number, before = store.last_of(tx, thing_id)
    told = Event(ids.new_id(), thing_id, now, kind, model.event_text(text), dict(facts or {}), private, number + 1)
    event = replace(told, digest=model.chained(before, told))
    store.add_event(tx, event)
    live.announce(tx, f"thing:{thing_id}")
    for account_id in [thing(tx, thing_id).owner_id, *store.members_of(tx, thing_id)]:
        live.announce(tx, f"owner:{account_id}")
    due.put(tx, f"things.event:{event.id}", "things.event", {"event": event.id}, now)
    return event


def note(tx: Tx, now: int, thing_id: str, text: str) -> Event:
    """Write a note into the journal."""
    return journal(tx, now, thing_id, "note", model.words(text, "note", model.LONGEST_NOTE, needed=True))


def journal_of(tx: Tx, thing_id: str, limit: int = 50, before: int | None = None) -> list[Event]:
    """A journal, newest first, from below the entry number `before`."""
    return store.events_of(tx, thing_id, limit, before)


def broken_at(tx: Tx, thing_id: str, newest: int = model.CHECKED) -> int | None:
    """The number of the first of the newest entries that does not fit the one before it; None if all do.

    Whoever can write to the database can make a whole new chain: what pins it are the digests that were handed on.
    """
    entries = store.events_of(tx, thing_id, newest + 1, None)[::-1]
    return model.first_misfit(entries, begun=len(entries) <= newest)


def counts_since(tx: Tx, account_id: str, since: int) -> dict[str, int]:
    """How many journal entries of each kind the things of an owner have since a time."""
    return store.counts_since(tx, account_id, since)


def jobs(house: House, publish: Publish) -> dict[str, due.Handler]:
    """The work of this room that leaves the process: events on `things/{thing}/events`."""

    async def hand_on(job: due.Job) -> None:
        found = await house.db.read(lambda tx: store.event(tx, job.payload["event"]))
        if found is not None:
            publish(f"things/{found.thing_id}/events", model.cloud_event(found, house.settings.base_url))

    return {"things.event": hand_on}
