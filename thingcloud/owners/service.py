"""The verbs of owners: accounts, one-time ways in, sessions, keys for programs.

Secrets are stored as their SHA-256: all of them have 128 random bits or more.
"""

from thingcloud.owners import contacts, model, store
from thingcloud.owners.model import Account, Door, Link, Session, Token
from thingcloud.plumbing import ids, jobs
from thingcloud.plumbing.db import Database, Tx
from thingcloud.plumbing.errors import Conflict, NotFound

# A used link is remembered for a day, so that who presses it again reads "used", not "unknown".
_REMEMBER_LINKS = 24 * 60 * 60_000
_ASK_AGAIN = 60_000
_LONGEST_SECRET = 200


def create_account(tx: Tx, now: int, name: str, email: str) -> Account:
    """Make an account; its address is kept apart and must be new."""
    account = Account(ids.new_id(), model.person_name(name))
    contacts.keep(tx, account.id, model.address(email))
    store.add_account(tx, now, account)
    return account


def account(tx: Tx, account_id: str) -> Account:
    """One account."""
    found = store.account(tx, account_id)
    if found is None:
        raise NotFound("There is no such account here.", reason="unknown-account")
    return found


def account_by_email(tx: Tx, email: str) -> Account | None:
    """Whose mail address this is; never tell a stranger which answer it was."""
    account_id = contacts.account_id_of(tx, email)
    return store.account(tx, account_id) if account_id else None


def is_address_of(tx: Tx, account_id: str, address: str) -> bool:
    """Whether a mail came from the address of this account."""
    return contacts.account_id_of(tx, address) == account_id


def rename(tx: Tx, account_id: str, name: str) -> None:
    """Give an account another name."""
    store.rename_account(tx, account_id, model.person_name(name))


def ask_for_link(tx: Tx, now: int, email: str, door: Door) -> None:
    """Have a way in mailed, if the address has an account; at most one mail a minute, and no answer either way."""
    # Something is stored each time, so that the wait for the disk does not tell known from unknown addresses.
    store.add_link(tx, ids.digest(ids.new_secret()), Link("", door, now, now))
    account_id = contacts.account_id_of(tx, email)
    if account_id is not None:
        key = f"sign-in:{account_id}:{door}:{now // _ASK_AGAIN}"
        jobs.put(tx, key, "notify.sign_in", {"account": account_id, "door": door}, now)


def sign_in_link(tx: Tx, now: int, account_id: str, door: Door = "owner") -> str:
    """Make a way in that opens once within 15 minutes; returns its secret, for /{door}/in/{secret}."""
    found = account(tx, account_id)
    store.forget_before(tx, now - _REMEMBER_LINKS, now)
    secret = ids.new_secret()
    store.add_link(tx, ids.digest(secret), Link(found.id, door, now + model.LINK_LIFE, None))
    return secret


def check_link(tx: Tx, now: int, secret: str, door: Door) -> None:
    """Refuse a way in that would not open now; looking does not use it up."""
    _link(tx, secret).open_for(door, now)


def open_link(tx: Tx, now: int, secret: str, door: Door, browser: str = "") -> str:
    """Use a way in and open a session; returns the token for the cookie."""
    found = _link(tx, secret)
    found.open_for(door, now)
    if not store.use_link(tx, ids.digest(secret), now):
        raise Conflict("This link was used already.", hint="Ask for a new one.", reason="link-used")
    token = ids.new_secret()
    session = Session(ids.new_id(), browser[:80] or "A browser", now, now + model.SESSION_LIFE)
    store.add_session(tx, ids.digest(token), found.account_id, session)
    return token


def _link(tx: Tx, secret: str) -> Link:
    found = store.link(tx, ids.digest(secret)) if len(secret) <= _LONGEST_SECRET else None
    if found is None:
        raise NotFound("This link is not known here.", hint="Ask for a new one.", reason="link-unknown")
    return found


def session(db: Database, now: int, token: str) -> Account | None:
    """Who a session's token belongs to; one prepared look-up."""
    if len(token) > _LONGEST_SECRET:
        return None
    for row in db.fetch(store.SESSION, digest=ids.digest(token), now=now):
        return Account(row[0], row[1])
    return None


def current(db: Database, now: int, token: str | None) -> Account | None:
    """Who is signed in with this cookie, if anybody."""
    return session(db, now, token) if token else None


def sign_out(tx: Tx, token: str) -> None:
    """End the session of a cookie."""
    store.end_session(tx, ids.digest(token))


def sessions_of(tx: Tx, now: int, account_id: str, token: str | None) -> list[tuple[Session, bool]]:
    """The signed-in browsers of an account, newest first, each with whether it is the one that asks."""
    own = ids.digest(token) if token else b""
    return [(found, digest == own) for digest, found in store.sessions_of(tx, account_id, now)]


def end_session(tx: Tx, account_id: str, session_id: str) -> None:
    """Sign out one browser of an account."""
    if not store.end_session_of(tx, account_id, session_id):
        raise NotFound("This browser is signed out already.", reason="unknown-session")


def api_token(
    tx: Tx, now: int, account_id: str, scopes: tuple[str, ...], name: str = "A program", secret: str = ""
) -> str:
    """Make a key for programs, of a new random text unless one is given; only its digest is stored."""
    secret = secret or model.TOKEN_PREFIX + ids.new_secret()
    token = Token(ids.new_id(), model.person_name(name), model.scopes(tuple(scopes)), now)
    store.add_token(tx, ids.digest(secret), account_id, token)
    return secret


def tokens_of(tx: Tx, account_id: str) -> list[Token]:
    """The keys of an account, newest first, without their secrets."""
    return store.tokens_of(tx, account_id)


def end_token(tx: Tx, account_id: str, token_id: str) -> None:
    """Take back one key of an account."""
    if not store.end_token_of(tx, account_id, token_id):
        raise NotFound("This key was taken back already.", reason="unknown-token")


def bearer(db: Database, now: int, token: str) -> tuple[Account, tuple[str, ...]] | None:  # noqa: ARG001 - keys do not end by time
    """Who a key for programs belongs to, and what it may."""
    if not token.startswith(model.TOKEN_PREFIX) or len(token) > _LONGEST_SECRET:
        return None
    for row in db.fetch(store.BEARER, digest=ids.digest(token)):
        return Account(row[0], row[1]), tuple(row[2].split())
    return None
