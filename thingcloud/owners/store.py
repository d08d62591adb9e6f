"""All SQL of owners but the contacts, which are kept apart."""

from typing import Any

import sqlalchemy as sa

from thingcloud.owners.model import Account, Link, Session, Token, door
from thingcloud.plumbing.db import Prepared, Tx, metadata

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
)

sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("account_id", sa.String(16), nullable=False),
    sa.Column("door", sa.String(8), nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("used_at", sa.BigInteger),
    sa.Index("ix_sign_in_links_expires_at", "expires_at"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("id", sa.String(16), nullable=False, unique=True),
    sa.Column("account_id", sa.String(16), nullable=False),
    sa.Column("browser", sa.String(80), nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Index("ix_sessions_account_id", "account_id"),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("id", sa.String(16), nullable=False, unique=True),
    sa.Column("account_id", sa.String(16), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("scopes", sa.String(40), nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Index("ix_api_tokens_account_id", "account_id"),
)

SESSION = Prepared.of(
    sa.select(accounts.c.id, accounts.c.name)
    .join_from(sessions, accounts, accounts.c.id == sessions.c.account_id)
    .where(sessions.c.digest == sa.bindparam("digest"), sessions.c.expires_at > sa.bindparam("now"))
)
BEARER = Prepared.of(
    sa.select(accounts.c.id, accounts.c.name, api_tokens.c.scopes)
    .join_from(api_tokens, accounts, accounts.c.id == api_tokens.c.account_id)
    .where(api_tokens.c.digest == sa.bindparam("digest"))
)


def add_account(tx: Tx, now: int, account: Account) -> None:
    """Store a new account."""
    tx.execute(accounts.insert().values(id=account.id, name=account.name, made_at=now))


def account(tx: Tx, account_id: str) -> Account | None:
    """One account."""
    row = tx.execute(sa.select(accounts.c.id, accounts.c.name).where(accounts.c.id == account_id)).first()
    return Account(row.id, row.name) if row else None


def rename_account(tx: Tx, account_id: str, name: str) -> None:
    """Give an account another name."""
    tx.execute(accounts.update().where(accounts.c.id == account_id).values(name=name))


def add_link(tx: Tx, digest: bytes, link: Link) -> None:
    """Store a new way in."""
    tx.execute(
        sign_in_links.insert().values(
            digest=digest, account_id=link.account_id, door=link.door, expires_at=link.expires_at, used_at=link.used_at
        )
    )


def link(tx: Tx, digest: bytes) -> Link | None:
    """One way in, by the digest of its secret."""
    row = tx.execute(sa.select(sign_in_links).where(sign_in_links.c.digest == digest)).first()
    return Link(row.account_id, door(row.door), row.expires_at, row.used_at) if row else None


def use_link(tx: Tx, digest: bytes, now: int) -> bool:
    """Mark a way in as used; False if somebody was faster."""
    unused = (sign_in_links.c.digest == digest) & sign_in_links.c.used_at.is_(None)
    return tx.execute(sign_in_links.update().where(unused).values(used_at=now)).rowcount == 1


def forget_before(tx: Tx, links_before: int, now: int) -> None:
    """Drop links that ended before `links_before` and sessions that are over."""
    tx.execute(sign_in_links.delete().where(sign_in_links.c.expires_at < links_before))
    tx.execute(sessions.delete().where(sessions.c.expires_at <= now))


def add_session(tx: Tx, digest: bytes, account_id: str, session: Session) -> None:
    """Store a signed-in browser."""
    tx.execute(
        sessions.insert().values(
            digest=digest, id=session.id, account_id=account_id, browser=session.browser,
            made_at=session.made_at, expires_at=session.expires_at,
        )
    )  # fmt: skip


def sessions_of(tx: Tx, account_id: str, now: int) -> list[tuple[bytes, Session]]:
    """The signed-in browsers of an account, newest first, each with the digest of its cookie."""
    rows = tx.execute(
        sa.select(sessions)
        .where(sessions.c.account_id == account_id, sessions.c.expires_at > now)
        .order_by(sessions.c.made_at.desc(), sessions.c.id)
    )
    return [(row.digest, Session(row.id, row.browser, row.made_at, row.expires_at)) for row in rows]


def end_session(tx: Tx, digest: bytes) -> None:
    """Forget one signed-in browser by its cookie."""
    tx.execute(sessions.delete().where(sessions.c.digest == digest))


def end_session_of(tx: Tx, account_id: str, session_id: str) -> bool:
    """Forget one signed-in browser by its id, only if it is that account's."""
    ours = (sessions.c.id == session_id) & (sessions.c.account_id == account_id)
    return tx.execute(sessions.delete().where(ours)).rowcount == 1


def add_token(tx: Tx, digest: bytes, account_id: str, token: Token) -> None:
    """Store a key for programs."""
    tx.execute(
        api_tokens.insert().values(
            digest=digest, id=token.id, account_id=account_id, name=token.name,
            scopes=" ".join(token.scopes), made_at=token.made_at,
        )
    )  # fmt: skip


def tokens_of(tx: Tx, account_id: str) -> list[Token]:
    """The keys of an account, newest first."""
    rows: Any = tx.execute(
        sa.select(api_tokens)
        .where(api_tokens.c.account_id == account_id)
        .order_by(api_tokens.c.made_at.desc(), api_tokens.c.id)
    )
    return [Token(row.id, row.name, tuple(row.scopes.split()), row.made_at) for row in rows]


def end_token_of(tx: Tx, account_id: str, token_id: str) -> bool:
    """Forget one key, only if it is that account's."""
    ours = (api_tokens.c.id == token_id) & (api_tokens.c.account_id == account_id)
    return tx.execute(api_tokens.delete().where(ours)).rowcount == 1
