"""What leaves a conversation by mail, and what is erased when its time is over."""

from datetime import UTC, datetime

from thingcloud.conversations import model, store
from thingcloud.conversations.model import FINDER, FOUND, OWNER, Case, Message
from thingcloud.notify import deliver as post_office
from thingcloud.notify import service as notify
from thingcloud.notify.model import Letter
from thingcloud.plumbing import ids, live
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.house import House
from thingcloud.plumbing.jobs import Finish, Handler, Job
from thingcloud.things import kinds
from thingcloud.things import model as tags
from thingcloud.things import service as things
from thingcloud.things.kinds import Kind

_NO_ADDRESS = "Or answer this mail. The owner does not see your address."


def handlers(house: House) -> dict[str, Handler]:
    """What to do for each kind of job of this room."""

    async def answer(job: Job) -> Finish:
        return await _answer(house, job)

    async def left_out(job: Job) -> Finish:
        return await _left_out(house, job)

    async def erase(job: Job) -> Finish:
        return lambda tx: _erase(tx, job.payload["case"])

    return {"conversations.answer": answer, "conversations.left_out": left_out, "conversations.erase": erase}


def _erase(tx: Tx, case_id: str) -> None:
    store.erase(tx, case_id)
    notify.forget_case(tx, f"case:{case_id}")
    live.announce(tx, f"case:{case_id}")


def shown_kind(tx: Tx, case: Case) -> tuple[Kind, bool]:
    """What a finder may know of the thing: its kind, and whether it is lost; nothing where the tag is contact only."""
    thing = things.thing(tx, case.thing_id)
    hidden = any(tag.code == case.tag_code and tag.visibility != tags.OPEN for tag in things.tags_of(tx, case.thing_id))
    return (kinds.UNKNOWN, False) if hidden else (kinds.kind(thing.kind), thing.lost)


async def _answer(house: House, job: Job) -> Finish:
    def prepare(tx: Tx) -> tuple[Message, str, Kind, str, int] | None:
        case, message = store.case(tx, job.payload["case"]), store.message(tx, job.payload["message"])
        since = notify.guest_since(tx, case.key) if case else None
        if case is None or message is None or since is None:
            return None
        # The secret of the finder's own page is not known here: only its digest is kept. So the mail brings a new one.
        secret = ids.new_secret()
        store.add_key(tx, ids.digest(secret), case.id)
        return message, secret, shown_kind(tx, case)[0], store.alias_of(tx, case.id, FINDER), since

    found = await house.db.write(prepare)
    if found is None:
        return None
    message, secret, kind, alias, since = found
    asked = datetime.fromtimestamp(since / 1000, UTC).astimezone()
    letter = Letter(
        id=f"{message.case_id}.{message.number}", subject=kind.answered.removesuffix("."), title="The owner answered.",
        speaker=model.name_of(OWNER), words=message.words, button=("Open your page", f"/c/{secret}"),
        after=(_NO_ADDRESS,), alias=alias,
        small=(f"You get this because you asked for answers by mail on {asked.day} {asked:%b}.",
               f"We forget your address {model.KEPT_DAYS} days after this is settled. Stop now: one click."),
    )  # fmt: skip
    await post_office.to_guest(house, f"case:{message.case_id}", letter)
    return None


async def _left_out(house: House, job: Job) -> Finish:
    found = await house.db.read(
        lambda tx: (store.case(tx, job.payload["case"]), store.message(tx, job.payload["message"]))
    )
    case, message = found
    if case is None or message is None:
        return None
    owner = message.party == OWNER
    letter = Letter(
        id=f"{case.id}.{message.number}.left-out", subject="Your words went on, without some of it",
        title="Your words went on.", automatic=True,
        lines=(f"We left out {model.list_of(message.left_out)}. To send it on purpose, answer on the page.",),
        button=("Open the page", f"/owner/messages/{case.id}") if owner else None,
    )  # fmt: skip
    if owner:
        await post_office.to_account(house, case.owner_id, case.key, letter)
    elif case.kind == FOUND:
        await post_office.to_guest(house, case.key, letter)
    return None
