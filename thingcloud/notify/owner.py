"""When and how the signed-in owner is told."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.notify import model, service
from thingcloud.owners.guard import signed_in
from thingcloud.owners.model import Account
from thingcloud.plumbing import http
from thingcloud.plumbing.house import House

_PATH = "/owner/settings/notifications"


def pages(house: House) -> list[Route]:
    """The policy in words, and one switch for mail."""

    async def look(request: Request, account: Account) -> Response:
        with house.db.reading() as tx:
            policy = service.policy(tx, account.id)
            missed = service.undelivered(tx, account.id)
        return house.pages.page(
            request, "notify/settings.html", steps=model.sentences(policy), mail=policy.mail, missed=missed,
            can_mail=bool(house.settings.smtp), can_answer=bool(house.settings.mail_port),
        )  # fmt: skip

    async def change(request: Request, account: Account) -> Response:
        on = http.text(await http.form(request), "mail") == "on"
        await house.db.write(lambda tx: service.set_mail(tx, account.id, on=on))
        return http.see(_PATH)

    return [
        Route(_PATH, signed_in(house, look), methods=["GET"]),
        Route(_PATH, signed_in(house, change), methods=["POST"]),
    ]
