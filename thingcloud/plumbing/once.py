"""A form that comes twice, by two taps or a lost answer, does its work once.

Every page puts a fresh secret into its form (`{{ once() }}` in macros.html); the mark of a post covers that secret, who
posts, where to, and all that was typed. The mark and the work are one transaction.
"""

import base64
import hmac
from collections.abc import Callable

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request

from thingcloud.plumbing import ids
from thingcloud.plumbing.clock import DAY
from thingcloud.plumbing.db import Tx, metadata

FIELD = "once"
_SECRET_BYTES = 16

posted = sa.Table(
    "posted",
    metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),
    sa.Column("made", sa.String(80), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("ix_posted_at", "at"),
)


def mark(request: Request, form: FormData, account_id: str) -> bytes | None:
    """What this post has in common with its repeats; None for a form without the field."""
    if not form.get(FIELD):
        return None
    said = sorted((name, value) for name, value in form.multi_items() if isinstance(value, str))
    return ids.digest(repr((request.url.path, account_id, said)))


def secret(key: bytes, marked: bytes | None) -> str:
    """A secret that every repeat of a post is told again, without being stored; `key` is known to this host alone."""
    if marked is None:
        return ids.new_secret()
    made = hmac.digest(key, b"thingcloud once" + marked, "sha256")[:_SECRET_BYTES]
    return base64.b32encode(made).decode().lower().rstrip("=")


def once(tx: Tx, now: int, marked: bytes | None, work: Callable[[], str]) -> str:
    """Do `work` unless a post with this mark did; returns what it returned then, such as an id."""
    if marked is None:
        return work()
    known = tx.execute(sa.select(posted.c.made).where(posted.c.mark == marked)).scalar()
    if known is not None:
        return str(known)
    made = work()
    tx.execute(posted.delete().where(posted.c.at < now - DAY))
    tx.execute(posted.insert().values(mark=marked, made=made, at=now))
    return made
