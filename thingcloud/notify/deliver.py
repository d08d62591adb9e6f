"""Due steps are handed to their channels here; beside `owners.service` the only reader of contacts.

An address goes from the table to the channel and nowhere else: not into a payload, a log line or an error.
"""

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from typing import Final

from thingcloud.notify import model, store
from thingcloud.notify.channels import email, page
from thingcloud.notify.model import EMAIL, PAGE, Due, Letter, Notice
from thingcloud.owners import contacts
from thingcloud.owners import model as accounts
from thingcloud.owners import service as owners
from thingcloud.plumbing import ids, live, words
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import NotFound
from thingcloud.plumbing.house import House
from thingcloud.plumbing.jobs import Finish, GivenUp, Handler, Job, Later
from thingcloud.plumbing.keys import HostKey
from thingcloud.things import service as things

log = logging.getLogger(__name__)

Channel = Callable[[House, str, Letter], Awaitable[None]]
CHANNELS: Final[dict[str, Channel]] = {PAGE: page.send, EMAIL: email.send}

_ANSWER_HERE: Final = "Or answer this mail. Only your words go on: your name, address and signature stay here."
_STOP: Final = b"thingcloud: stop these mails\x00"
_MAC_BYTES: Final = 12


def handlers(house: House) -> dict[str, Handler]:
    """What to do for each kind of job of this room."""

    async def step(job: Job) -> Finish:
        return await _step(house, job)

    async def sign_in(job: Job) -> Finish:
        return await _sign_in(house, job)

    return {"notify.step": step, "notify.sign_in": sign_in}


async def _step(house: House, job: Job) -> Finish:
    due = Due(**{item.name: job.payload[item.name] for item in fields(Due)})
    found = await house.db.read(lambda tx: store.notice(tx, job.payload["notice"]))
    if found is None or found[0].acknowledged_at is not None:
        return None
    notice, urgency = found
    policy = await house.db.read(lambda tx: store.policy(tx, notice.account_id)) or model.USUAL
    if due.channel == EMAIL and not (policy.mail and house.settings.smtp):
        return None
    upcoming = model.next_mail(policy, urgency, due.after)
    letter = _letter(house, notice, due, upcoming)
    try:
        await CHANNELS[due.channel](house, await _reach(house, notice.account_id, due.channel), letter)
    except (GivenUp, Later) as why:
        if isinstance(why, GivenUp) or job.attempts >= why.most:
            await house.db.write(lambda tx: _undelivered(tx, house.clock.now(), notice, due.channel))
        raise
    return lambda tx: _told(tx, house.clock.now(), notice, again=due.again)


async def _reach(house: House, account_id: str, channel: str) -> str:
    if channel != EMAIL:
        return account_id
    return await house.db.read(lambda tx: contacts.email_of(tx, account_id))


def _told(tx: Tx, now: int, notice: Notice, *, again: bool) -> None:
    store.mark_told(tx, notice.id, now, again=again)
    live.announce(tx, notice.case_key)
    live.announce(tx, f"owner:{notice.account_id}")


def _undelivered(tx: Tx, now: int, notice: Notice, channel: str) -> None:
    if not store.mark_undelivered(tx, notice.id, channel):
        return
    live.announce(tx, f"owner:{notice.account_id}")
    thing_id = notice.facts.get("thing")
    if thing_id:
        said = "A mail about it could not be delivered to you. The news waits on your page."
        things.journal(tx, now, thing_id, "note", said, {"channel": channel})


def _letter(house: House, notice: Notice, due: Due, upcoming: int | None) -> Letter:
    facts = notice.facts
    small = []
    if upcoming is not None:
        small.append(f"Nobody answered yet? We write again on {words.day(notice.at + upcoming)}.")
    small.append("Change when we write or stop it: one click, no sign-in.")
    return Letter(
        id=f"{notice.id}.{due.step}.{due.repeat}",
        subject=f"Still unanswered: {notice.subject}" if due.again else notice.subject,
        title=facts.get("title") or f"{notice.subject}.",
        speaker=facts.get("speaker", ""),
        words=facts.get("words", ""),
        lines=(facts["with"],) if facts.get("with") else (),
        button=(facts.get("button") or "Answer", facts["path"]) if facts.get("path") else None,
        after=(_ANSWER_HERE,),
        small=tuple(small),
        alias=facts.get("alias", ""),
        thread=_thread(notice.case_key, notice.account_id),
        stop=stop_path(house.key, f"account:{notice.account_id}"),
    )


def _thread(case_key: str, party: str) -> str:
    return hashlib.sha256(f"{case_key} {party}".encode()).hexdigest()[:24]


async def _sign_in(house: House, job: Job) -> Finish:
    door = accounts.door(job.payload["door"])
    account_id: str = job.payload["account"]
    now = house.clock.now()
    secret = await house.db.write(lambda tx: owners.sign_in_link(tx, now, account_id, door))
    to = await house.db.read(lambda tx: contacts.email_of(tx, account_id))
    path = f"/{door}/in/{secret}"
    letter = Letter(
        id=f"{ids.new_id()}.in", subject="Your way in", title="Your way in.",
        lines=(f"This link opens your things once, within {accounts.LINK_MINUTES} minutes.",),
        button=("Sign in", path), small=("Not you? Do nothing; nobody gets in.",), automatic=True,
    )  # fmt: skip
    await email.send(house, to, letter)
    return None


async def to_account(house: House, account_id: str, case_key: str, letter: Letter) -> None:
    """Mail one letter to an owner outside their policy, such as what was left out of their own mail."""
    to = await house.db.read(lambda tx: contacts.email_of(tx, account_id))
    await email.send(house, to, replace(letter, thread=_thread(case_key, account_id)))


async def to_guest(house: House, case_key: str, letter: Letter) -> None:
    """Mail one letter to the finder of a case, if they asked for mail."""
    found = await house.db.read(lambda tx: store.guest(tx, case_key))
    if found is None:
        return
    stop = stop_path(house.key, case_key)
    try:
        await email.send(house, found[0], replace(letter, thread=_thread(case_key, "finder"), stop=stop, public=True))
    except GivenUp:
        # The address does not work: keeping it any longer would serve nobody.
        await house.db.write(lambda tx: _forget_guest(tx, case_key))
        raise


def _forget_guest(tx: Tx, case_key: str) -> None:
    store.forget_guest(tx, case_key)
    live.announce(tx, case_key)


def stop_path(key: HostKey, whom: str) -> str:
    """Where one click stops mails to `whom`: `account:…` or a case's key; nothing about them is stored for it."""
    return f"/stop/{ids.b64url(whom.encode())}.{_mac(key, whom)}"


def whom_to_stop(key: HostKey, text: str) -> str:
    """Who a stop link is for; anything that we did not make is not here."""
    name, _, mac = text.partition(".")
    try:
        whom = ids.from_b64url(name).decode()
    except ValueError:
        whom = ""
    if not whom or not hmac.compare_digest(_mac(key, whom).encode(), mac.encode()):
        raise NotFound("This link is not known here.", hint="Open the newest mail and press its link.")
    return whom


def _mac(key: HostKey, whom: str) -> str:
    return ids.b64url(hmac.new(key.seed, _STOP + whom.encode(), hashlib.sha256).digest()[:_MAC_BYTES])
