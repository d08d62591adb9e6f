"""All SQL of notify: policies, notices, and the mail addresses that finders left."""

import json
from collections.abc import Mapping

import sqlalchemy as sa

from thingcloud.notify import model
from thingcloud.notify.model import Notice, Policy, Progress
from thingcloud.plumbing.db import Tx, metadata

policies = sa.Table(
    "policies",
    metadata,
    sa.Column("account_id", sa.String(16), primary_key=True),
    sa.Column("steps", sa.Text, nullable=False),
    sa.Column("mail", sa.Boolean, nullable=False),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("account_id", sa.String(16), nullable=False),
    sa.Column("case_key", sa.String(80), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    # Words and an alias; emptied as soon as somebody answered.
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("urgency", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("told_at", sa.BigInteger),
    sa.Column("reminded_at", sa.BigInteger),
    sa.Column("undelivered", sa.String(10)),
    sa.Column("acknowledged_at", sa.BigInteger),
    sa.UniqueConstraint("case_key", "number"),
    sa.Index("ix_notices_account_id", "account_id"),
)

guests = sa.Table(
    "guests",
    metadata,
    sa.Column("case_key", sa.String(80), primary_key=True),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("asked_at", sa.BigInteger, nullable=False),
)


def policy(tx: Tx, account_id: str) -> Policy | None:
    """The policy of an owner, if one was stored."""
    row = tx.execute(sa.select(policies).where(policies.c.account_id == account_id)).first()
    return model.from_text(row.steps, mail=row.mail) if row else None


def keep_policy(tx: Tx, account_id: str, kept: Policy) -> None:
    """Store or replace the policy of an owner."""
    tx.execute(policies.delete().where(policies.c.account_id == account_id))
    tx.execute(policies.insert().values(account_id=account_id, steps=model.to_text(kept), mail=kept.mail))


def add_notice(tx: Tx, notice: Notice, urgency: int) -> None:
    """Store news."""
    tx.execute(
        notices.insert().values(
            id=notice.id, account_id=notice.account_id, case_key=notice.case_key, number=notice.number,
            subject=notice.subject, facts=json.dumps(dict(notice.facts)), urgency=urgency, at=notice.at,
        )
    )  # fmt: skip


def notice(tx: Tx, notice_id: str) -> tuple[Notice, int] | None:
    """One piece of news and its urgency."""
    row = tx.execute(sa.select(notices).where(notices.c.id == notice_id)).first()
    if row is None:
        return None
    facts: Mapping[str, str] = json.loads(row.facts)
    found = Notice(row.id, row.account_id, row.case_key, row.number, row.subject, facts, row.at, row.acknowledged_at)
    return found, row.urgency


def next_number(tx: Tx, case_key: str) -> int:
    """The number of the next news of a case, from 1."""
    last = tx.execute(sa.select(sa.func.max(notices.c.number)).where(notices.c.case_key == case_key)).scalar()
    return (last or 0) + 1


def mark_told(tx: Tx, notice_id: str, now: int, *, again: bool) -> None:
    """Remember when a notice was first handed over, or last repeated."""
    values = {"reminded_at": now} if again else {"told_at": sa.func.coalesce(notices.c.told_at, now)}
    tx.execute(notices.update().where(notices.c.id == notice_id).values(values))


def mark_undelivered(tx: Tx, notice_id: str, channel: str) -> bool:
    """Remember that a channel gave up on a notice; True the first time."""
    fresh = (notices.c.id == notice_id) & notices.c.undelivered.is_(None)
    return tx.execute(notices.update().where(fresh).values(undelivered=channel)).rowcount == 1


def acknowledge(tx: Tx, case_key: str, now: int) -> None:
    """Close the notices of a case and forget what they said."""
    waiting = (notices.c.case_key == case_key) & notices.c.acknowledged_at.is_(None)
    tx.execute(notices.update().where(waiting).values(acknowledged_at=now, facts="{}"))


def progress(tx: Tx, case_key: str) -> Progress:
    """When a case was first told, and when the owner was last reminded of what waits."""
    told = tx.execute(sa.select(sa.func.min(notices.c.told_at)).where(notices.c.case_key == case_key)).scalar()
    waiting = (notices.c.case_key == case_key) & notices.c.acknowledged_at.is_(None)
    return Progress(told, tx.execute(sa.select(sa.func.max(notices.c.reminded_at)).where(waiting)).scalar())


def undelivered(tx: Tx, account_id: str) -> list[tuple[str, str, int]]:
    """What could not be handed over and still waits: (subject, channel, at), newest first."""
    waiting = (notices.c.account_id == account_id) & notices.c.undelivered.is_not(None)
    query = sa.select(notices.c.subject, notices.c.undelivered, notices.c.at)
    rows = tx.execute(query.where(waiting, notices.c.acknowledged_at.is_(None)).order_by(notices.c.at.desc()).limit(20))
    return [(row.subject, row.undelivered, row.at) for row in rows]


def keep_guest(tx: Tx, case_key: str, email: str, now: int) -> None:
    """Store or replace where the finder of a case wants answers."""
    forget_guest(tx, case_key)
    tx.execute(guests.insert().values(case_key=case_key, email=email, asked_at=now))


def guest(tx: Tx, case_key: str) -> tuple[str, int] | None:
    """Where the finder of a case wants answers, and since when."""
    row = tx.execute(sa.select(guests.c.email, guests.c.asked_at).where(guests.c.case_key == case_key)).first()
    return (row.email, row.asked_at) if row else None


def forget_guest(tx: Tx, case_key: str) -> bool:
    """Forget it; True if there was something to forget."""
    return tx.execute(guests.delete().where(guests.c.case_key == case_key)).rowcount == 1


def forget_case(tx: Tx, case_key: str) -> None:
    """Drop every notice of a case and the finder's address."""
    forget_guest(tx, case_key)
    tx.execute(notices.delete().where(notices.c.case_key == case_key))
