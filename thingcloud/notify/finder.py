"""One click that stops mails, for whoever holds such a mail; no sign-in."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.notify import deliver, service
from thingcloud.plumbing import live
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.house import House

_ACCOUNT = "account:"


def pages(house: House) -> list[Route]:
    """The stop page; looking changes nothing, since mail scanners look."""

    async def look(request: Request) -> Response:
        whom = deliver.whom_to_stop(house.key, request.path_params["whom"])
        stopped = not await house.db.read(lambda tx: _mails(tx, whom))
        return house.pages.page(request, "notify/stop.html", stopped=stopped, owner=whom.startswith(_ACCOUNT))

    async def stop(request: Request) -> Response:
        whom = deliver.whom_to_stop(house.key, request.path_params["whom"])
        await house.db.write(lambda tx: _stop(tx, whom))
        return house.pages.page(request, "notify/stop.html", stopped=True, owner=whom.startswith(_ACCOUNT))

    return [Route("/stop/{whom}", look, methods=["GET"]), Route("/stop/{whom}", stop, methods=["POST"])]


def _mails(tx: Tx, whom: str) -> bool:
    if whom.startswith(_ACCOUNT):
        return service.policy(tx, whom.removeprefix(_ACCOUNT)).mail
    return service.guest_since(tx, whom) is not None


def _stop(tx: Tx, whom: str) -> None:
    if whom.startswith(_ACCOUNT):
        service.set_mail(tx, whom.removeprefix(_ACCOUNT), on=False)
    else:
        service.forget_guest(tx, whom)
        live.announce(tx, whom)
