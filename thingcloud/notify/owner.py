"""When and how the signed-in owner is told."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.notify import model, service
from thingcloud.owners import service as owners
from thingcloud.plumbing import http
from thingcloud.plumbing.house import House

_PATH = "/owner/settings/notifications"


def pages(house: House) -> list[Route]:
    """The policy in words, and one switch for mail."""

    async def look(request: Request) -> Response:
        who = owners.current(house.db, house.clock.now(), request.cookies.get(http.SESSION_COOKIE))
        if who is None:
            return http.see("/owner/sign-in")
        policy = await house.db.read(lambda tx: service.policy(tx, who.id))
        missed = await house.db.read(lambda tx: service.undelivered(tx, who.id))
        return house.pages.page(
            request, "notify/settings.html", steps=model.sentences(policy), mail=policy.mail, missed=missed,
            can_mail=bool(house.settings.smtp), can_answer=bool(house.settings.mail_port),
        )  # fmt: skip

    async def change(request: Request) -> Response:
        http.same_origin(request, house.settings)
        who = owners.current(house.db, house.clock.now(), request.cookies.get(http.SESSION_COOKIE))
        if who is None:
            return http.see("/owner/sign-in")
        on = http.text(await http.form(request), "mail") == "on"
        await house.db.write(lambda tx: service.set_mail(tx, who.id, on=on))
        return http.see(_PATH)

    return [Route(_PATH, look, methods=["GET"]), Route(_PATH, change, methods=["POST"])]
