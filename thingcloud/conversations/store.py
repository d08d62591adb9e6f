"""All SQL of conversations."""

import json
from typing import Any

import sqlalchemy as sa

from thingcloud.conversations.model import CLOSED, OWNER, Alias, Case, CaseLine, Message
from thingcloud.plumbing.db import Database, Prepared, Tx, metadata

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("thing_id", sa.String(16), nullable=False),
    sa.Column("tag_code", sa.String(14), nullable=False),
    sa.Column("owner_id", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("opened_at", sa.BigInteger, nullable=False),
    sa.Column("answered_at", sa.BigInteger),
    sa.Column("closed_at", sa.BigInteger),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("once", sa.LargeBinary, unique=True),
    sa.Column("desk", sa.String(80), nullable=False, server_default=""),
    sa.Index("ix_cases_owner_id", "owner_id"),
)

case_keys = sa.Table(
    "case_keys",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("case_id", sa.String(16), nullable=False),
    sa.Index("ix_case_keys_case_id", "case_id"),
)

case_aliases = sa.Table(
    "case_aliases",
    metadata,
    sa.Column("local", sa.String(16), primary_key=True),
    sa.Column("case_id", sa.String(16), nullable=False),
    sa.Column("party", sa.String(10), nullable=False),
    sa.UniqueConstraint("case_id", "party"),
)

case_messages = sa.Table(
    "case_messages",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("case_id", sa.String(16), nullable=False),
    sa.Column("party", sa.String(200), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("via", sa.String(10), nullable=False),
    sa.Column("left_at", sa.String(300), nullable=False),
    sa.Column("place", sa.String(300), nullable=False),
    sa.Column("left_out", sa.Text, nullable=False),
    sa.Column("once", sa.LargeBinary),
    sa.UniqueConstraint("case_id", "once"),
)

case_reads = sa.Table(
    "case_reads",
    metadata,
    sa.Column("case_id", sa.String(16), primary_key=True),
    sa.Column("party", sa.String(200), primary_key=True),
    sa.Column("up_to", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

_CASE = [column for column in cases.c if column.name != "once"]
BY_SECRET = Prepared.of(
    sa.select(*_CASE).join_from(case_keys, cases, cases.c.id == case_keys.c.case_id).where(
        case_keys.c.digest == sa.bindparam("digest")
    )
)  # fmt: skip


def add_case(tx: Tx, case: Case, once: bytes | None) -> None:
    """Store a new case."""
    tx.execute(
        cases.insert().values(
            id=case.id, thing_id=case.thing_id, tag_code=case.tag_code, owner_id=case.owner_id, kind=case.kind,
            state=case.state, opened_at=case.opened_at, outcome=case.outcome, once=once, desk=case.desk,
        )
    )  # fmt: skip


def save_case(tx: Tx, case: Case) -> None:
    """Store how far a case has come."""
    values: dict[str, object] = {
        "state": case.state, "answered_at": case.answered_at, "closed_at": case.closed_at, "outcome": case.outcome,
    }  # fmt: skip
    if case.state == CLOSED:
        # Who finds the thing again and says the same words from the same browser opens a new case.
        values["once"] = None
    tx.execute(cases.update().where(cases.c.id == case.id).values(values))


def case(tx: Tx, case_id: str) -> Case | None:
    """One case."""
    row = tx.execute(sa.select(*_CASE).where(cases.c.id == case_id)).first()
    return Case(*row) if row else None


def case_by_once(tx: Tx, once: bytes) -> Case | None:
    """The case that a form opened already."""
    row = tx.execute(sa.select(*_CASE).where(cases.c.once == once)).first()
    return Case(*row) if row else None


def case_by_key(db: Database, digest: bytes) -> Case | None:
    """The case behind a secret; one prepared look-up."""
    for row in db.fetch(BY_SECRET, digest=digest):
        return Case(*row)
    return None


def add_key(tx: Tx, digest: bytes, case_id: str) -> None:
    """Let one more secret open a case."""
    tx.execute(case_keys.insert().values(digest=digest, case_id=case_id))


def add_aliases(tx: Tx, made: list[Alias]) -> None:
    """Store masked addresses."""
    tx.execute(case_aliases.insert(), [{"local": a.local, "case_id": a.case_id, "party": a.party} for a in made])


def alias(tx: Tx, local: str) -> Alias | None:
    """The masked address with this local part."""
    row = tx.execute(sa.select(case_aliases).where(case_aliases.c.local == local)).first()
    return Alias(row.local, row.case_id, row.party) if row else None


def alias_of(tx: Tx, case_id: str, party: str) -> str:
    """The local part that a party writes to; empty where it has none."""
    ours = (case_aliases.c.case_id == case_id) & (case_aliases.c.party == party)
    return tx.execute(sa.select(case_aliases.c.local).where(ours)).scalar() or ""


def add_message(tx: Tx, message: Message, once: bytes | None) -> int:
    """Store what was said; returns its number."""
    outcome = tx.execute(
        case_messages.insert().values(
            case_id=message.case_id, party=message.party, words=message.words, at=message.at, via=message.via,
            left_at=message.left_at, place=message.place, left_out=json.dumps(message.left_out), once=once,
        )
    )  # fmt: skip
    number: int = outcome.inserted_primary_key[0] if outcome.inserted_primary_key else 0
    return number


def messages(tx: Tx, case_id: str) -> list[Message]:
    """All that was said in a case, oldest first."""
    rows = tx.execute(
        sa.select(case_messages).where(case_messages.c.case_id == case_id).order_by(case_messages.c.number)
    )
    return [_message(row) for row in rows]


def message(tx: Tx, number: int) -> Message | None:
    """One message by its number."""
    row = tx.execute(sa.select(case_messages).where(case_messages.c.number == number)).first()
    return _message(row) if row else None


def message_by_once(tx: Tx, case_id: str, once: bytes) -> Message | None:
    """What a form or a mail said already."""
    ours = (case_messages.c.case_id == case_id) & (case_messages.c.once == once)
    row = tx.execute(sa.select(case_messages).where(ours)).first()
    return _message(row) if row else None


def count_since(tx: Tx, case_id: str, party: str, since: int) -> tuple[int, int]:
    """How many messages a party wrote since a time, and when the first of them was."""
    ours = (case_messages.c.case_id == case_id) & (case_messages.c.party == party) & (case_messages.c.at > since)
    row = tx.execute(sa.select(sa.func.count(), sa.func.min(case_messages.c.at)).where(ours)).one()
    return row[0], row[1] or since


def _message(row: Any) -> Message:
    left_out = tuple(json.loads(row.left_out))
    return Message(row.number, row.case_id, row.party, row.words, row.at, row.via, row.left_at, row.place, left_out)


def lines_of(tx: Tx, owner_id: str, *, open_only: bool, most: int) -> list[CaseLine]:
    """The cases of an owner with the newest thing said in each, newest first."""
    last, newer = case_messages.alias("last"), case_messages.alias("newer")
    newest = sa.select(sa.func.max(newer.c.number)).where(newer.c.case_id == cases.c.id).correlate(cases)
    unread = (
        sa.select(sa.func.count(newer.c.number))
        .where(newer.c.case_id == cases.c.id, newer.c.party != OWNER)
        .where(newer.c.number > sa.func.coalesce(case_reads.c.up_to, 0))
        .correlate(cases, case_reads)
    )
    query = (
        sa.select(*_CASE, last.c.words, last.c.left_at, last.c.party, last.c.at, unread.scalar_subquery())
        .join_from(cases, last, last.c.number == newest.scalar_subquery())
        .outerjoin(case_reads, (case_reads.c.case_id == cases.c.id) & (case_reads.c.party == OWNER))
        .where(cases.c.owner_id == owner_id)
        .order_by(last.c.number.desc())
        .limit(most)
    )
    if open_only:
        query = query.where(cases.c.state != CLOSED)
    return [_line(row) for row in tx.execute(query)]


def _line(row: Any) -> CaseLine:
    words, left_at, party, at, unread = row[len(_CASE) :]
    return CaseLine(Case(*row[: len(_CASE)]), words or left_at, party, at, unread)


def read_up_to(tx: Tx, case_id: str) -> dict[str, int]:
    """Up to which number each party has read."""
    rows = tx.execute(sa.select(case_reads.c.party, case_reads.c.up_to).where(case_reads.c.case_id == case_id))
    return {row.party: row.up_to for row in rows}


def mark_read(tx: Tx, case_id: str, party: str, up_to: int, now: int) -> None:
    """Remember how far a party has read."""
    ours = (case_reads.c.case_id == case_id) & (case_reads.c.party == party)
    tx.execute(case_reads.delete().where(ours))
    tx.execute(case_reads.insert().values(case_id=case_id, party=party, up_to=up_to, at=now))


def erase(tx: Tx, case_id: str) -> None:
    """Drop what was said, the secrets, the masked addresses and the read marks; the bare case stays."""
    for table in (case_messages, case_keys, case_aliases, case_reads):
        tx.execute(table.delete().where(table.c.case_id == case_id))
