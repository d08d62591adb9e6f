"""All SQL of scans."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from thingcloud.plumbing.db import Tx, metadata
from thingcloud.scans.model import Scan

scans = sa.Table(
    "scans",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("tag_code", sa.String(14), nullable=False),
    sa.Column("thing_id", sa.String(16), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("scanner", sa.String(10), nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("account_id", sa.String(16)),
    sa.Column("case_id", sa.String(16)),
    sa.Index("ix_scans_thing_id_at", "thing_id", "at"),
    sa.Index("ix_scans_case_id", "case_id"),
)

openings = sa.Table(
    "openings",
    metadata,
    sa.Column("tag_code", sa.String(14), primary_key=True),
    sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("thing_id", sa.String(16), nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Index("ix_openings_thing_id", "thing_id"),
)


def add_scan(tx: Tx, scan: Scan) -> None:
    """Store a scan."""
    tx.execute(
        scans.insert().values(
            id=scan.id, tag_code=scan.tag_code, thing_id=scan.thing_id, at=scan.at, scanner=scan.scanner,
            action=scan.action, account_id=scan.account_id, case_id=scan.case_id,
        )
    )  # fmt: skip


def scan(tx: Tx, scan_id: str) -> Scan | None:
    """One scan."""
    row = tx.execute(sa.select(scans).where(scans.c.id == scan_id)).first()
    return _scan(row) if row else None


def scan_of_case(tx: Tx, case_id: str) -> Scan | None:
    """The scan that opened a case."""
    row = tx.execute(sa.select(scans).where(scans.c.case_id == case_id)).first()
    return _scan(row) if row else None


def last_of(tx: Tx, tag_code: str, account_id: str, since: int) -> Scan | None:
    """The newest scan of a tag by an account since a time."""
    wanted = (scans.c.tag_code == tag_code) & (scans.c.account_id == account_id) & (scans.c.at >= since)
    row = tx.execute(sa.select(scans).where(wanted).order_by(scans.c.at.desc()).limit(1)).first()
    return _scan(row) if row else None


def scans_of(tx: Tx, thing_id: str, limit: int) -> list[Scan]:
    """The newest scans of a thing."""
    rows = tx.execute(sa.select(scans).where(scans.c.thing_id == thing_id).order_by(scans.c.at.desc()).limit(limit))
    return [_scan(row) for row in rows]


def _scan(row: Any) -> Scan:
    return Scan(row.id, row.tag_code, row.thing_id, row.at, row.scanner, row.action, row.account_id, row.case_id)


# Both engines know this form; SQLAlchemy has it only per engine.
_ADD_OPENINGS = sa.text(
    "INSERT INTO openings (tag_code, day, thing_id, times, last_at) VALUES (:code, :day, :thing, :times, :at) "
    "ON CONFLICT (tag_code, day) DO UPDATE SET times = openings.times + excluded.times, last_at = excluded.last_at"
)


def add_openings(tx: Tx, rows: Sequence[dict[str, object]]) -> None:
    """Add to how often pages were opened: `code`, `thing`, `day` (days since 1970), `times`, `at`."""
    if rows:
        tx.execute(_ADD_OPENINGS, rows)


def openings_of(tx: Tx, thing_id: str, since_day: int) -> tuple[int, int]:
    """How often the pages of a thing's tags were opened since a day, and when last (0 for never)."""
    total, last = sa.func.sum(openings.c.times), sa.func.max(openings.c.last_at)
    ours = (openings.c.thing_id == thing_id) & (openings.c.day >= since_day)
    row = tx.execute(sa.select(total, last).where(ours)).one()
    return int(row[0] or 0), int(row[1] or 0)
