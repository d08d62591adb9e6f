"""All SQL of vendors, grants, agreements, hearings and answers."""

import json
from typing import Any, TypeAlias

import sqlalchemy as sa

from thingcloud.plumbing.db import Tx, metadata
from thingcloud.vendors.model import Agent, Agreement, Answer, Grant, Hearing, Scope, Value, Vendor

Row: TypeAlias = Any

vendors = sa.Table(
    "vendors",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("domain", sa.String(200), nullable=False),
    sa.Column("checked", sa.Boolean, nullable=False),
    sa.Column("public", sa.LargeBinary, nullable=False),
    sa.Column("seed", sa.LargeBinary),
    sa.Column("webhook_url", sa.String(500), nullable=False),
    sa.Column("webhook_secret", sa.LargeBinary, nullable=False),
    sa.Column("accepts", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)
agents = sa.Table(
    "agents",
    metadata,
    sa.Column("account_id", sa.String(16), primary_key=True),
    sa.Column("vendor_id", sa.String(16), nullable=False, index=True),
    sa.Column("label", sa.String(80), nullable=False),
)
owner_keys = sa.Table(
    "owner_keys",
    metadata,
    sa.Column("owner_id", sa.String(16), primary_key=True),
    sa.Column("vendor_id", sa.String(16), primary_key=True),
    sa.Column("seed", sa.LargeBinary, nullable=False),
)
agreements = sa.Table(
    "agreements",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("thing_id", sa.String(16), nullable=False, index=True),
    sa.Column("vendor_id", sa.String(16), nullable=False),
    sa.Column("terms", sa.String(40), nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("nonce", sa.LargeBinary, nullable=False),
    sa.Column("owner_signed", sa.LargeBinary, nullable=False),
    sa.Column("vendor_signed", sa.LargeBinary),
    sa.Column("at", sa.BigInteger, nullable=False),
)
grants = sa.Table(
    "grants",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("thing_id", sa.String(16), nullable=False, index=True),
    sa.Column("vendor_id", sa.String(16), nullable=False, index=True),
    sa.Column("handle", sa.String(16), nullable=False, unique=True),
    sa.Column("agreement_id", sa.String(16), nullable=False, unique=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("withdrawn_at", sa.BigInteger),
)
hearings = sa.Table(
    "hearings",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("vendor_id", sa.String(16), nullable=False),
    sa.Column("grant_id", sa.String(16), nullable=False),
    sa.Column("scan_id", sa.String(16), nullable=False),
    sa.Column("handle", sa.String(16), nullable=False),
    sa.Column("thing_kind", sa.String(40), nullable=False),
    sa.Column("scanner", sa.String(10), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("case_id", sa.String(16), index=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("agent_id", sa.String(16)),
    sa.Column("taken_at", sa.BigInteger),
    sa.UniqueConstraint("grant_id", "scan_id", name="uq_hearings_grant_id_scan_id"),
    sa.Index("ix_hearings_vendor_id_state_at", "vendor_id", "state", "at"),
)
answers = sa.Table(
    "answers",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("hearing_id", sa.String(16), nullable=False, index=True),
    sa.Column("scan_id", sa.String(16), nullable=False, index=True),
    sa.Column("agent", sa.String(80), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger),
    sa.Column("helped", sa.String(10), nullable=False),
)
vendor_values = sa.Table(
    "vendor_values",
    metadata,
    sa.Column("grant_id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("unit", sa.String(20), nullable=False),
    sa.Column("value", sa.String(130), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)


def _vendor(row: Row) -> Vendor:
    fields = {name: getattr(row, name) for name in Vendor.__dataclass_fields__}
    return Vendor(**{**fields, "accepts": tuple(json.loads(row.accepts))})


def _scope(text: str) -> Scope:
    return Scope(**{name: tuple(items) for name, items in json.loads(text).items()})


def _agreement(row: Row) -> Agreement:
    return Agreement(
        row.agreement_id, row.thing_id, row.vendor_id, row.terms, _scope(row.scope), row.payload,
        row.owner_signed, row.vendor_signed, row.agreed_at,
    )  # fmt: skip


def _grant(row: Row) -> Grant:
    return Grant(row.id, row.thing_id, row.vendor_id, row.handle, _agreement(row), row.at, row.withdrawn_at)


def _hearing(row: Row) -> Hearing:
    return Hearing(**{name: getattr(row, name) for name in Hearing.__dataclass_fields__})


_GRANTS = sa.select(
    grants.c.id, grants.c.thing_id, grants.c.vendor_id, grants.c.handle, grants.c.at, grants.c.withdrawn_at,
    grants.c.agreement_id, agreements.c.terms, agreements.c.scope, agreements.c.payload, agreements.c.owner_signed,
    agreements.c.vendor_signed, agreements.c.at.label("agreed_at"),
).join(agreements, agreements.c.id == grants.c.agreement_id)  # fmt: skip


def add_vendor(tx: Tx, vendor: Vendor, at: int) -> None:
    """Keep a new vendor."""
    tx.execute(vendors.insert().values(**{**vars(vendor), "accepts": json.dumps(vendor.accepts)}, at=at))


def vendor(tx: Tx, vendor_id: str) -> Vendor | None:
    """The vendor with this id."""
    row = tx.execute(sa.select(vendors).where(vendors.c.id == vendor_id)).first()
    return _vendor(row) if row else None


def all_vendors(tx: Tx) -> list[Vendor]:
    """Every vendor known here, by name."""
    return [_vendor(row) for row in tx.execute(sa.select(vendors).order_by(vendors.c.name))]


def add_agent(tx: Tx, agent: Agent) -> None:
    """Keep a new agent."""
    tx.execute(agents.insert().values(**vars(agent)))


def agent(tx: Tx, account_id: str) -> Agent | None:
    """The agent behind an account, if it is one."""
    row = tx.execute(sa.select(agents).where(agents.c.account_id == account_id)).first()
    return Agent(row.account_id, row.vendor_id, row.label) if row else None


def owner_seed(tx: Tx, owner_id: str, vendor_id: str) -> bytes | None:
    """The seed of the key an owner uses with this vendor alone."""
    mine = (owner_keys.c.owner_id == owner_id) & (owner_keys.c.vendor_id == vendor_id)
    return tx.execute(sa.select(owner_keys.c.seed).where(mine)).scalar()


def add_owner_seed(tx: Tx, owner_id: str, vendor_id: str, seed: bytes) -> None:
    """Keep it."""
    tx.execute(owner_keys.insert().values(owner_id=owner_id, vendor_id=vendor_id, seed=seed))


def add_grant(tx: Tx, grant: Grant, nonce: bytes) -> None:
    """Keep a grant and the agreement it stands under."""
    made = grant.agreement
    scope = json.dumps({"streams": made.scope.streams, "events": made.scope.events, "scanners": made.scope.scanners})
    tx.execute(
        agreements.insert().values(
            id=made.id, thing_id=made.thing_id, vendor_id=made.vendor_id, terms=made.terms, scope=scope,
            payload=made.payload, nonce=nonce, owner_signed=made.owner_signed,
            vendor_signed=made.vendor_signed, at=made.at,
        )
    )  # fmt: skip
    tx.execute(
        grants.insert().values(
            id=grant.id, thing_id=grant.thing_id, vendor_id=grant.vendor_id, handle=grant.handle,
            agreement_id=made.id, at=grant.at, withdrawn_at=grant.withdrawn_at,
        )
    )  # fmt: skip


def grant(tx: Tx, grant_id: str) -> Grant | None:
    """The grant with this id."""
    row = tx.execute(_GRANTS.where(grants.c.id == grant_id)).first()
    return _grant(row) if row else None


def grant_of_agreement(tx: Tx, agreement_id: str) -> tuple[Grant, bytes] | None:
    """The grant under an agreement, and the agreement's nonce."""
    row = tx.execute(_GRANTS.add_columns(agreements.c.nonce).where(agreements.c.id == agreement_id)).first()
    return (_grant(row), row.nonce) if row else None


def grants_of(tx: Tx, thing_id: str, *, withdrawn: bool = False) -> list[Grant]:
    """The grants of a thing, oldest first; withdrawn ones only if asked for."""
    query = _GRANTS.where(grants.c.thing_id == thing_id).order_by(grants.c.at)
    if not withdrawn:
        query = query.where(grants.c.withdrawn_at.is_(None))
    return [_grant(row) for row in tx.execute(query)]


def offered_to(tx: Tx, vendor_id: str) -> list[tuple[Grant, bytes]]:
    """What owners offered a vendor that it has not signed yet, with each agreement's nonce."""
    query = _GRANTS.add_columns(agreements.c.nonce).where(
        grants.c.vendor_id == vendor_id, agreements.c.vendor_signed.is_(None), grants.c.withdrawn_at.is_(None)
    )
    return [(_grant(row), row.nonce) for row in tx.execute(query)]


def things_heard(tx: Tx) -> set[str]:
    """The things of which some vendor may hear readings."""
    return set(tx.execute(sa.select(grants.c.thing_id).where(grants.c.withdrawn_at.is_(None))).scalars())


def accept(tx: Tx, agreement_id: str, signed: bytes) -> bool:
    """Add the vendor's signature; False if it was there already."""
    open_ = (agreements.c.id == agreement_id) & agreements.c.vendor_signed.is_(None)
    return tx.execute(agreements.update().where(open_).values(vendor_signed=signed)).rowcount == 1


def withdraw(tx: Tx, grant_id: str, at: int) -> bool:
    """End a grant; False if it had ended. What was shown of its readings goes."""
    open_ = (grants.c.id == grant_id) & grants.c.withdrawn_at.is_(None)
    ended = tx.execute(grants.update().where(open_).values(withdrawn_at=at)).rowcount == 1
    tx.execute(vendor_values.delete().where(vendor_values.c.grant_id == grant_id))
    return ended


def add_hearing(tx: Tx, hearing: Hearing) -> None:
    """Keep what a vendor was told."""
    tx.execute(hearings.insert().values(**vars(hearing)))


def hearing(tx: Tx, vendor_id: str, hearing_id: str) -> Hearing | None:
    """One hearing of this vendor."""
    mine = (hearings.c.id == hearing_id) & (hearings.c.vendor_id == vendor_id)
    row = tx.execute(sa.select(hearings).where(mine)).first()
    return _hearing(row) if row else None


def hearing_by_id(tx: Tx, hearing_id: str) -> Hearing | None:
    """One hearing of whichever vendor."""
    row = tx.execute(sa.select(hearings).where(hearings.c.id == hearing_id)).first()
    return _hearing(row) if row else None


def hearings_of_scan(tx: Tx, scan_id: str) -> list[Hearing]:
    """What vendors were told of one scan, the oldest permission first."""
    query = sa.select(hearings).join(grants, grants.c.id == hearings.c.grant_id).where(hearings.c.scan_id == scan_id)
    return [_hearing(row) for row in tx.execute(query.order_by(grants.c.at, hearings.c.id))]


def queue(tx: Tx, vendor_id: str, most: int) -> list[Hearing]:
    """What this vendor still has to do, the longest waiting first; withdrawn grants are gone from it."""
    query = (
        sa.select(hearings)
        .join(grants, grants.c.id == hearings.c.grant_id)
        .where(hearings.c.vendor_id == vendor_id, hearings.c.state != "done", grants.c.withdrawn_at.is_(None))
        .order_by(hearings.c.at)
        .limit(most)
    )
    return [_hearing(row) for row in tx.execute(query)]


def move_hearing(
    tx: Tx, hearing_id: str, state: str, agent_id: str | None, at: int | None, *, was: tuple[str, ...]
) -> bool:
    """Take a hearing to another state if it is in one of `was`."""
    here = (hearings.c.id == hearing_id) & hearings.c.state.in_(was)
    values: dict[str, object] = {"state": state}
    if agent_id is not None:
        values.update(agent_id=agent_id, taken_at=at)
    return tx.execute(hearings.update().where(here).values(values)).rowcount == 1


_ANSWERS = (
    sa.select(
        answers, vendors.c.name.label("vendor_name"), vendors.c.domain.label("vendor_domain"),
        vendors.c.checked.label("vendor_checked"),
    )
    .join(hearings, hearings.c.id == answers.c.hearing_id)
    .join(vendors, vendors.c.id == hearings.c.vendor_id)
    .order_by(answers.c.at, answers.c.id)
)  # fmt: skip


def _answer(row: Row) -> Answer:
    return Answer(**{name: getattr(row, name) for name in Answer.__dataclass_fields__})


def add_answer(tx: Tx, **values: object) -> None:
    """Keep an answer card."""
    tx.execute(answers.insert().values(**values))


def answers_of_scan(tx: Tx, scan_id: str) -> list[Answer]:
    """The cards for one scan."""
    return [_answer(row) for row in tx.execute(_ANSWERS.where(answers.c.scan_id == scan_id))]


def answers_of_hearing(tx: Tx, hearing_id: str) -> list[Answer]:
    """The cards a vendor gave."""
    return [_answer(row) for row in tx.execute(_ANSWERS.where(answers.c.hearing_id == hearing_id))]


def mark_answer(tx: Tx, answer_id: str, scan_id: str, **values: object) -> bool:
    """Note that a card was seen, or whether it helped."""
    this = (answers.c.id == answer_id) & (answers.c.scan_id == scan_id)
    return tx.execute(answers.update().where(this).values(**values)).rowcount == 1


def mark_seen(tx: Tx, scan_id: str, at: int) -> int:
    """Note when the cards of a scan were first seen."""
    new = (answers.c.scan_id == scan_id) & answers.c.seen_at.is_(None)
    return tx.execute(answers.update().where(new).values(seen_at=at)).rowcount


def put_value(tx: Tx, grant_id: str, value: Value) -> None:
    """Keep the newest reading a vendor may see."""
    this = (vendor_values.c.grant_id == grant_id) & (vendor_values.c.name == value.name)
    new = {"unit": value.unit, "value": value.value, "at": value.at}
    if tx.execute(vendor_values.update().where(this).values(new)).rowcount == 0:
        tx.execute(vendor_values.insert().values(grant_id=grant_id, name=value.name, **new))


def values(tx: Tx, grant_id: str) -> list[Value]:
    """The newest readings this grant shows."""
    query = sa.select(vendor_values).where(vendor_values.c.grant_id == grant_id).order_by(vendor_values.c.name)
    return [Value(row.name, row.unit, row.value, row.at) for row in tx.execute(query)]
