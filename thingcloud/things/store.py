"""All SQL of things."""

import json
from typing import Any

import sqlalchemy as sa

from thingcloud.plumbing.db import Database, Prepared, Tx, metadata
from thingcloud.things.model import Event, Route, Tag, TagFacts, Thing

things = sa.Table(
    "things",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("owner_id", sa.String(16), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("lost", sa.Boolean, nullable=False),
    sa.Column("message", sa.String(500), nullable=False),
    sa.Column("reward", sa.String(20), nullable=False),
    sa.Column("place", sa.String(80), nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Index("ix_things_owner_id", "owner_id"),
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("thing_id", sa.String(16), primary_key=True),
    sa.Column("account_id", sa.String(16), primary_key=True),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Index("ix_members_account_id", "account_id"),
)

tags = sa.Table(
    "tags",
    metadata,
    sa.Column("code", sa.String(14), primary_key=True),
    sa.Column("thing_id", sa.String(16), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("visibility", sa.String(8), nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Index("ix_tags_thing_id", "thing_id"),
)

routes = sa.Table(
    "routes",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("tag_code", sa.String(14), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("label", sa.String(40), nullable=False),
    sa.Column("target", sa.String(500), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("audience", sa.String(12), nullable=False),
    sa.Index("ix_routes_tag_code", "tag_code"),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("thing_id", sa.String(16), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", sa.String(16), nullable=False, unique=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
)

FACTS = Prepared.of(
    sa.select(
        tags.c.code, tags.c.state, tags.c.visibility, things.c.id, things.c.owner_id, things.c.kind, things.c.name,
        things.c.lost, things.c.message, things.c.reward,
        routes.c.id, routes.c.kind, routes.c.label, routes.c.target, routes.c.position, routes.c.audience,
    )
    .join_from(tags, things, things.c.id == tags.c.thing_id)
    .outerjoin(routes, routes.c.tag_code == tags.c.code)
    .where(tags.c.code == sa.bindparam("code"))
)  # fmt: skip


def tag_facts(db: Database, code: str) -> TagFacts | None:
    """The hot look-up behind the page of a tag."""
    rows = db.fetch(FACTS, code=code)
    if not rows:
        return None
    code, state, visibility, thing_id, owner_id, kind, name, lost, message, reward = rows[0][:10]
    if len(rows) > 1:
        # Cheaper here than by the engine, which would set up a sorter even for one row.
        rows = sorted(rows, key=lambda row: row[14])
    found = tuple([Route(r[10], code, r[11], r[12], r[13], r[14], r[15]) for r in rows if r[10] is not None])
    return TagFacts(code, state, visibility, thing_id, owner_id, kind, name, bool(lost), message, reward, found)


def _thing(row: Any) -> Thing:
    return Thing(row.id, row.owner_id, row.name, row.kind, row.lost, row.message, row.reward, row.place, row.made_at)


def add_thing(tx: Tx, thing: Thing) -> None:
    """Store a new thing."""
    tx.execute(
        things.insert().values(
            id=thing.id, owner_id=thing.owner_id, name=thing.name, kind=thing.kind, lost=thing.lost,
            message=thing.message, reward=thing.reward, place=thing.place, made_at=thing.made_at,
        )
    )  # fmt: skip


def save_thing(tx: Tx, thing: Thing) -> None:
    """Store what may change of a thing."""
    tx.execute(
        things.update()
        .where(things.c.id == thing.id)
        .values(
            name=thing.name, kind=thing.kind, lost=thing.lost,
            message=thing.message, reward=thing.reward, place=thing.place,
        )
    )  # fmt: skip


def thing(tx: Tx, thing_id: str) -> Thing | None:
    """One thing."""
    row = tx.execute(sa.select(things).where(things.c.id == thing_id)).first()
    return _thing(row) if row else None


def things_of(tx: Tx, account_id: str) -> list[Thing]:
    """What an account owns or is a member of: the lost first, then as they were made."""
    shared = sa.select(members.c.thing_id).where(members.c.account_id == account_id)
    rows = tx.execute(
        sa.select(things)
        .where((things.c.owner_id == account_id) | things.c.id.in_(shared))
        .order_by(things.c.lost.desc(), things.c.made_at, things.c.id)
    )
    return [_thing(row) for row in rows]


def add_member(tx: Tx, now: int, thing_id: str, account_id: str) -> None:
    """Store a member."""
    tx.execute(members.insert().values(thing_id=thing_id, account_id=account_id, since=now))


def drop_member(tx: Tx, thing_id: str, account_id: str) -> bool:
    """Forget a member."""
    row = (members.c.thing_id == thing_id) & (members.c.account_id == account_id)
    return tx.execute(members.delete().where(row)).rowcount == 1


def members_of(tx: Tx, thing_id: str) -> list[str]:
    """The accounts that are members."""
    rows = tx.execute(sa.select(members.c.account_id).where(members.c.thing_id == thing_id).order_by(members.c.since))
    return list(rows.scalars())


def add_tag(tx: Tx, now: int, tag: Tag) -> None:
    """Store a new tag."""
    tx.execute(
        tags.insert().values(
            code=tag.code, thing_id=tag.thing_id, state=tag.state, visibility=tag.visibility, made_at=now
        )
    )


def tag(tx: Tx, code: str) -> Tag | None:
    """One tag."""
    row = tx.execute(sa.select(tags).where(tags.c.code == code)).first()
    return Tag(row.code, row.thing_id, row.state, row.visibility) if row else None


def tags_of(tx: Tx, thing_id: str) -> list[Tag]:
    """The tags of a thing, oldest first."""
    rows = tx.execute(sa.select(tags).where(tags.c.thing_id == thing_id).order_by(tags.c.made_at, tags.c.code))
    return [Tag(row.code, row.thing_id, row.state, row.visibility) for row in rows]


def save_tag(tx: Tx, tag: Tag) -> None:
    """Store what may change of a tag."""
    tx.execute(tags.update().where(tags.c.code == tag.code).values(state=tag.state, visibility=tag.visibility))


def add_route(tx: Tx, route: Route) -> None:
    """Store a new route."""
    tx.execute(
        routes.insert().values(
            id=route.id, tag_code=route.tag_code, kind=route.kind, label=route.label, target=route.target,
            position=route.order, audience=route.audience,
        )
    )  # fmt: skip


def save_route(tx: Tx, route: Route) -> None:
    """Store what may change of a route."""
    tx.execute(
        routes.update()
        .where(routes.c.id == route.id)
        .values(label=route.label, target=route.target, position=route.order, audience=route.audience)
    )


def drop_route(tx: Tx, route_id: str) -> None:
    """Forget a route."""
    tx.execute(routes.delete().where(routes.c.id == route_id))


def routes_of(tx: Tx, code: str) -> list[Route]:
    """The routes of a tag in their order."""
    rows = tx.execute(sa.select(routes).where(routes.c.tag_code == code).order_by(routes.c.position, routes.c.id))
    return [Route(r.id, r.tag_code, r.kind, r.label, r.target, r.position, r.audience) for r in rows]


def _event(row: Any) -> Event:
    return Event(
        row.id, row.thing_id, row.at, row.kind, row.text, json.loads(row.facts), row.private, row.number, row.digest
    )


def last_of(tx: Tx, thing_id: str) -> tuple[int, bytes]:
    """Number and digest of a journal's newest entry; (0, b"") if it has none."""
    row = tx.execute(
        sa.select(events.c.number, events.c.digest)
        .where(events.c.thing_id == thing_id)
        .order_by(events.c.number.desc())
        .limit(1)
    ).first()
    return (row.number, row.digest) if row else (0, b"")


def add_event(tx: Tx, event: Event) -> None:
    """Store a journal entry."""
    tx.execute(
        events.insert().values(
            id=event.id, thing_id=event.thing_id, number=event.number, at=event.at, kind=event.kind, text=event.text,
            facts=json.dumps(event.facts, ensure_ascii=False), private=event.private, digest=event.digest,
        )
    )  # fmt: skip


def event(tx: Tx, event_id: str) -> Event | None:
    """One journal entry."""
    row = tx.execute(sa.select(events).where(events.c.id == event_id)).first()
    return _event(row) if row else None


def events_of(tx: Tx, thing_id: str, limit: int, before: int | None) -> list[Event]:
    """A journal, newest first, from below the number `before`."""
    wanted = sa.select(events).where(events.c.thing_id == thing_id)
    if before is not None:
        wanted = wanted.where(events.c.number < before)
    return [_event(row) for row in tx.execute(wanted.order_by(events.c.number.desc()).limit(limit))]


def counts_since(tx: Tx, account_id: str, since: int) -> dict[str, int]:
    """How many entries of each kind the things an account owns have since a time."""
    rows = tx.execute(
        sa.select(events.c.kind, sa.func.count())
        .join_from(events, things, things.c.id == events.c.thing_id)
        .where(things.c.owner_id == account_id, events.c.at >= since)
        .group_by(events.c.kind)
    )
    return {row[0]: row[1] for row in rows}
