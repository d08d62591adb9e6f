"""PROTECTED: how people are reached. Only `owners.service` and `notify.deliver` may import this."""

import sqlalchemy as sa

from thingcloud.owners.model import same_address
from thingcloud.plumbing.db import Tx, metadata
from thingcloud.plumbing.errors import Conflict, NotFound

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("account_id", sa.String(16), primary_key=True),
    sa.Column("email", sa.String(254), nullable=False),
    # Compared without regard to case; what is written to keeps the case its owner gave.
    sa.Column("email_key", sa.String(254), nullable=False, unique=True),
)


def keep(tx: Tx, account_id: str, email: str) -> None:
    """Keep the mail address of a new account; one address belongs to one account."""
    key = same_address(email)
    if account_id_of(tx, key) is not None:
        raise Conflict("This mail address has an account already.", hint="Sign in instead.", reason="address-taken")
    tx.execute(contacts.insert().values(account_id=account_id, email=email, email_key=key))


def email_of(tx: Tx, account_id: str) -> str:
    """Where mail for this account goes."""
    email = tx.execute(sa.select(contacts.c.email).where(contacts.c.account_id == account_id)).scalar()
    if email is None:
        raise NotFound("This account has no mail address.", reason="no-address")
    return str(email)


def account_id_of(tx: Tx, email: str) -> str | None:
    """Whose address this is."""
    key = same_address(email)
    return tx.execute(sa.select(contacts.c.account_id).where(contacts.c.email_key == key)).scalar()
