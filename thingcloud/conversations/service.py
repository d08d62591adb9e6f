"""The verbs of conversations: open a masked case, speak in it, answer by mail, close it."""

from dataclasses import replace

from thingcloud.conversations import deliver, masking, model, store
from thingcloud.conversations.letters import Mail
from thingcloud.conversations.model import FINDER, FOUND, OWNER, Alias, Case, CaseLine, Message, Opened
from thingcloud.notify import service as notify
from thingcloud.notify.model import Progress
from thingcloud.owners import service as owners
from thingcloud.plumbing import ids, live
from thingcloud.plumbing import jobs as due
from thingcloud.plumbing.db import Database, Tx
from thingcloud.plumbing.errors import BadInput, Conflict, NotAllowed, NotFound, TooMuch
from thingcloud.plumbing.house import House
from thingcloud.things import kinds
from thingcloud.things import service as things

_LONGEST_SECRET = 64
_MOST_LINES = 200
_GONE = "This conversation is not here."
_GONE_HINT = f"Links end {model.KEPT_DAYS} days after a thing is settled."


def open_case(
    tx: Tx, now: int, *, thing_id: str, tag_code: str, owner_id: str, kind: str, opener: str, words: str,
    left_at: str | None = None, place: str | None = None, once: str = "", desk: str = "", told: str = "Somebody wrote",
) -> Opened:  # fmt: skip
    """Open a case with its first message and tell the owner; returns the secret for /c/{secret}.

    `once` is an unguessable value that is fresh for every form: the same one and the same words, sent again, open the
    same case. `desk` names the vendor of a support case, `told` is the line of the journal.
    """
    mark = ids.digest("\n".join((tag_code, opener, once, words, left_at or "", place or ""))) if once else None
    known = store.case_by_once(tx, mark) if mark else None
    if known is not None:
        return Opened(known.id, new_key(tx, known.id))
    model.check_party(model.check_kind(kind), opener)
    opened = Case(ids.new_id(), thing_id, tag_code, owner_id, kind, model.OPEN, now, desk=desk)
    store.add_case(tx, opened, mark)
    parties = (OWNER, FINDER) if kind == FOUND else (OWNER,)
    store.add_aliases(tx, [Alias(ids.new_id(), opened.id, party) for party in parties])
    things.journal(tx, now, thing_id, "case.opened", told, {"case": opened.id, "kind": kind})
    post(tx, now, opened.id, opener, words, left_at=left_at, place=place)
    return Opened(opened.id, new_key(tx, opened.id))


def new_key(tx: Tx, case_id: str) -> str:
    """One more secret that opens a case for its finder."""
    secret = ids.new_secret()
    store.add_key(tx, ids.digest(secret), case_id)
    return secret


def post(
    tx: Tx, now: int, case_id: str, party: str, words: str, via: str = "page", *, left_at: str | None = None,
    place: str | None = None, once: str = "", left_out: tuple[str, ...] = (),
) -> Message:  # fmt: skip
    """Say something; the other side is told. The same `once` from the same case is the same message."""
    found = case(tx, case_id)
    mark = ids.digest(f"{party} {once}") if once else None
    known = store.message_by_once(tx, case_id, mark) if mark else None
    if known is not None:
        return known
    model.may_speak(found, party)
    said = model.check_words(words, left_at or "", place or "")
    _check_pace(tx, now, case_id, party)
    message = Message(0, case_id, party, said[0], now, via, said[1], said[2], left_out)
    message = replace(message, number=store.add_message(tx, message, mark))
    if party != FINDER:
        # The finder's page marks itself when it is shown, which is right after.
        store.mark_read(tx, case_id, party, message.number, now)
    live.announce(tx, found.key)
    live.announce(tx, f"owner:{found.owner_id}")
    if party == OWNER:
        _owner_spoke(tx, now, found, message)
    else:
        _tell_owner(tx, now, found, message)
    return message


def _check_pace(tx: Tx, now: int, case_id: str, party: str) -> None:
    count, first = store.count_since(tx, case_id, party, now - model.IN_THIS_TIME)
    if count >= model.MOST_MESSAGES:
        wait = first + model.IN_THIS_TIME - now
        minutes = max(1, -(-wait // 60_000))
        raise TooMuch(f"That was a lot in a short time. Please try again in {minutes} minutes.", again_in=wait)


def _owner_spoke(tx: Tx, now: int, found: Case, message: Message) -> None:
    notify.acknowledge(tx, now, found.key)
    if found.kind == FOUND:
        _answered(tx, now, found)
        if notify.guest_since(tx, found.key) is not None:
            payload = {"case": found.id, "message": message.number}
            due.put(tx, f"conversations.answer:{found.id}:{message.number}", "conversations.answer", payload, now)


def _answered(tx: Tx, now: int, found: Case) -> None:
    if found.answered_at is None:
        store.save_case(tx, replace(found, state=model.ANSWERED, answered_at=now))
        things.journal(tx, now, found.thing_id, "case.answered", "An answer went out", {"case": found.id})


def _tell_owner(tx: Tx, now: int, found: Case, message: Message) -> None:
    if message.party != FINDER:
        _answered(tx, now, found)
    thing = things.thing(tx, found.thing_id)
    kind = kinds.kind(thing.kind)
    speaker = model.name_of(message.party)
    title = kind.told if thing.lost and message.party == FINDER else f"{kind.wrote}."
    if message.party != FINDER:
        title = f"{speaker} answered."
    facts = {
        "title": title, "speaker": speaker, "words": message.words or message.left_at, "with": _with(message),
        "path": f"/owner/messages/{found.id}", "button": "Answer", "thing": found.thing_id,
        "alias": store.alias_of(tx, found.id, OWNER),
    }  # fmt: skip
    notify.tell(tx, now, found.owner_id, found.key, title.removesuffix("."), facts)


def _with(message: Message) -> str:
    parts = []
    if message.left_at and message.words:
        parts.append(f"It was left at: {message.left_at}")
    if message.place:
        parts.append(f"The place: {message.place}")
    return ". ".join(parts)


def case(tx: Tx, case_id: str) -> Case:
    """One case, whoever asks."""
    found = store.case(tx, case_id)
    if found is None:
        raise NotFound(_GONE, hint=_GONE_HINT, reason="unknown-case")
    return found


def case_for(tx: Tx, account_id: str, case_id: str) -> Case:
    """One case of this owner, or of a member who asked; anybody else's is not here, nor a former member's."""
    found = store.case(tx, case_id)
    if found is None or found.owner_id != account_id or things.role(tx, account_id, found.thing_id) is None:
        raise NotFound(_GONE, hint=_GONE_HINT, reason="unknown-case")
    return found


def case_by_secret(db: Database, now: int, secret: str) -> Case | None:
    """The case that a finder's secret opens; None for anything else. One prepared look-up."""
    found = store.case_by_key(db, ids.digest(secret)) if len(secret) <= _LONGEST_SECRET else None
    ended = found is not None and found.closed_at is not None and now >= found.closed_at + model.KEPT
    return None if ended else found


def cases_of(tx: Tx, owner_id: str, open_only: bool = True) -> list[CaseLine]:
    """The cases of an owner, or of a member who asked, with the newest thing said in each, newest first."""
    lines = store.lines_of(tx, owner_id, open_only=open_only, most=_MOST_LINES)
    # Who is no longer with a thing reads no more of what is said about it.
    known = {thing.id for thing in things.things_of(tx, owner_id)} if lines else set()
    return [line for line in lines if line.case.thing_id in known]


def messages(tx: Tx, case_id: str) -> list[Message]:
    """All that was said in a case, oldest first."""
    return store.messages(tx, case_id)


def progress(tx: Tx, found: Case) -> Progress:
    """When the owner was told of a case, and last reminded."""
    return notify.progress(tx, found.key)


def read_up_to(tx: Tx, case_id: str) -> dict[str, int]:
    """Up to which message each party has read."""
    return store.read_up_to(tx, case_id)


def mark_read(tx: Tx, now: int, case_id: str, party: str, up_to: int) -> None:
    """A party has seen everything up to a message."""
    if store.read_up_to(tx, case_id).get(party, 0) < up_to:
        store.mark_read(tx, case_id, party, up_to, now)
        live.announce(tx, f"case:{case_id}")
        live.announce(tx, f"owner:{case(tx, case_id).owner_id}")


def close(tx: Tx, now: int, case_id: str, how: str) -> Case:
    """Close a case as returned, not-found or abuse; what was said is erased 30 days later.

    Returned means that the thing is back: it is no longer marked as lost.
    """
    found = case(tx, case_id)
    if found.state == model.CLOSED:
        return found
    closed = replace(found, state=model.CLOSED, closed_at=now, outcome=model.outcome(how))
    store.save_case(tx, closed)
    notify.acknowledge(tx, now, found.key)
    things.journal(tx, now, found.thing_id, "case.closed", "A conversation was closed", {"case": found.id, "how": how})
    if how == model.RETURNED and found.kind == FOUND:
        things.mark_found(tx, now, found.thing_id)
    due.put(tx, f"conversations.erase:{found.id}", "conversations.erase", {"case": found.id}, now + model.KEPT)
    return closed


def answer_by_mail(tx: Tx, now: int, case_id: str, email: str) -> None:
    """The finder wants the answers by mail too; the owner never sees the address."""
    found = case(tx, case_id)
    model.may_speak(found, FINDER)
    notify.remember_guest(tx, now, found.key, email)
    live.announce(tx, found.key)


def no_more_mail(tx: Tx, case_id: str) -> None:
    """The finder wants no more mail; the address is forgotten."""
    notify.forget_guest(tx, case(tx, case_id).key)
    live.announce(tx, f"case:{case_id}")


def mail_since(tx: Tx, case_id: str) -> int | None:
    """Since when the finder wants answers by mail; None if they do not."""
    return notify.guest_since(tx, case(tx, case_id).key)


def alias(tx: Tx, local: str) -> Alias:
    """The masked address with this local part, if mail to it may still be said in its case."""
    found = store.alias(tx, local.lower())
    if found is None:
        raise NotFound("There is no such address here.", reason="unknown-alias")
    if case(tx, found.case_id).state == model.CLOSED:
        raise Conflict("This conversation is closed.", reason="closed")
    return found


def hear_mail(tx: Tx, now: int, local: str, mail: Mail) -> Message | None:
    """Say in its case what a mail to a masked address said; None for what no person wrote."""
    to = alias(tx, local)
    found = case(tx, to.case_id)
    if mail.automatic:
        return None
    if not _speaks_from(tx, found, to.party, mail.sender):
        raise NotAllowed(
            "Answers are taken from the address that we wrote to.",
            hint="Send it again from that address, or answer on the page that our mail links to.",
            reason="other-sender",
        )
    words, left_out = mail.words, mail.left_out
    if to.party == OWNER:
        words, named = masking.without_contacts(words, (owners.account(tx, found.owner_id).name,))
        left_out = (*left_out, *(one for one in masking.told(named) if one not in left_out))
    _check_length(words)
    message = post(tx, now, found.id, to.party, words, "mail", once=mail.mark, left_out=left_out)
    if left_out:
        payload = {"case": found.id, "message": message.number}
        due.put(tx, f"conversations.left_out:{found.id}:{message.number}", "conversations.left_out", payload, now)
    return message


def _check_length(words: str) -> None:
    if not words:
        raise BadInput(
            "No words of yours were found in this mail.", hint="Write them above the quoted mail.", reason="empty"
        )
    if len(words) > model.MOST_WORDS:
        fit = f"{model.MOST_WORDS:,} characters fit. Yours has {len(words):,}."
        raise BadInput(fit, hint="Send less, or several mails.", reason="too-long")


def _speaks_from(tx: Tx, found: Case, party: str, address: str) -> bool:
    if party == OWNER:
        with_it = things.role(tx, found.owner_id, found.thing_id) is not None
        return with_it and owners.is_address_of(tx, found.owner_id, address)
    return notify.is_guest(tx, found.key, address)


def jobs(house: House) -> dict[str, due.Handler]:
    """The work of this room: answers mailed to finders, notes to writers, what is erased after its time."""
    return deliver.handlers(house)
