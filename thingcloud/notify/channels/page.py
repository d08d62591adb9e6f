"""The channel that needs nothing: the owner's own page."""

from thingcloud.notify.model import Letter
from thingcloud.plumbing import live
from thingcloud.plumbing.house import House


async def send(house: House, account_id: str, letter: Letter) -> None:  # noqa: ARG001 - pages fetch the news themselves
    """Tell the owner's open pages that something new waits there."""
    await house.db.write(lambda tx: live.announce(tx, f"owner:{account_id}"))
