"""The verbs of notify: tell an owner by their policy until somebody answers.

Each sending is a row that a worker claims; its key (case, news, step, repeat, channel) makes it one sending however
often it is planned.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace

from thingcloud.notify import deliver, model, store
from thingcloud.notify.model import Due, Notice, Policy, Progress
from thingcloud.plumbing import ids, live
from thingcloud.plumbing import jobs as due
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.house import House

_LONGEST_SUBJECT = 120


def policy(tx: Tx, account_id: str) -> Policy:
    """How this owner is reached; the usual policy until they chose another."""
    return store.policy(tx, account_id) or model.USUAL


def set_mail(tx: Tx, account_id: str, *, on: bool) -> None:
    """Switch mail to an owner on or off; what is waiting stays on their page."""
    store.keep_policy(tx, account_id, replace(policy(tx, account_id), mail=on))


def tell(
    tx: Tx, now: int, account_id: str, case_key: str, subject: str, facts: Mapping[str, str], urgency: int = 1
) -> None:
    """Plan every step of the owner's policy for this news; `case_key` is also the live topic that hears of it.

    Facts, all optional: `title` (a sentence), `speaker` ("The finder"), `words` (of that person), `with` (what came
    along), `path` and `button` (where the owner answers), `alias` (local part that a mail answers to), `thing` (id).
    """
    chosen = store.policy(tx, account_id)
    if chosen is None:
        chosen = model.USUAL
        store.keep_policy(tx, account_id, chosen)
    line = " ".join(subject.split())[:_LONGEST_SUBJECT]
    notice = Notice(ids.new_id(), account_id, case_key, store.next_number(tx, case_key), line, facts, now, None)
    if notice.number > 1:
        # Newer news brings reminders of its own; what was to go out at once still goes out.
        due.cancel(tx, f"notify:{case_key}:again:")
    store.add_notice(tx, notice, urgency)
    for one in model.plan(chosen, urgency):
        due.put(tx, _key(notice, one), "notify.step", {"notice": notice.id, **asdict(one)}, now + one.after)


def _key(notice: Notice, one: Due) -> str:
    when = "again" if one.again else "first"
    return f"notify:{notice.case_key}:{when}:{notice.number}:{one.step}:{one.repeat}:{one.channel}"


def acknowledge(tx: Tx, now: int, case_key: str) -> None:
    """Somebody answered: nothing more is sent about this case until there is other news."""
    due.cancel(tx, f"notify:{case_key}:")
    store.acknowledge(tx, case_key, now)
    live.announce(tx, case_key)


def progress(tx: Tx, case_key: str) -> Progress:
    """When the owner was told of a case, and last reminded."""
    return store.progress(tx, case_key)


def undelivered(tx: Tx, account_id: str) -> list[tuple[str, str, int]]:
    """News that waits and that a channel could not hand over: (subject, channel, at)."""
    return store.undelivered(tx, account_id)


def remember_guest(tx: Tx, now: int, case_key: str, email: str) -> None:
    """Keep where the finder of a case wants answers by mail."""
    store.keep_guest(tx, case_key, model.mail_address(email), now)


def guest_since(tx: Tx, case_key: str) -> int | None:
    """Since when the finder of a case wants answers by mail; None if they do not."""
    found = store.guest(tx, case_key)
    return found[1] if found else None


def is_guest(tx: Tx, case_key: str, address: str) -> bool:
    """Whether a mail came from the address that the finder of this case left."""
    found = store.guest(tx, case_key)
    return found is not None and found[0].casefold() == address.strip().casefold()


def forget_guest(tx: Tx, case_key: str) -> bool:
    """Forget where the finder wanted answers."""
    return store.forget_guest(tx, case_key)


def forget_case(tx: Tx, case_key: str) -> None:
    """Drop all that is kept for a case."""
    due.cancel(tx, f"notify:{case_key}:")
    store.forget_case(tx, case_key)


def jobs(house: House) -> dict[str, due.Handler]:
    """The work of this room: steps that are due, and mails that let somebody in."""
    return deliver.handlers(house)
