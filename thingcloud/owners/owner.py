"""The owner's way in and out, and the owner's settings."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.owners import model, service
from thingcloud.owners.guard import Handler, signed_in
from thingcloud.owners.model import Account, Door
from thingcloud.plumbing import http, once
from thingcloud.plumbing.bucket import Bucket, Pace
from thingcloud.plumbing.clock import MINUTE
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput, Conflict, NotFound
from thingcloud.plumbing.house import House

_ASKS = Pace(5, 10 * MINUTE)
_GONE = 410


def pages(house: House) -> list[Route]:
    """Every page of this room."""
    asks = Bucket(house.clock, _ASKS)
    doors = [route for door in model.DOORS for route in _door(house, door, asks)]
    return [*doors, *_settings(house)]


def _door(house: House, door: Door, asks: Bucket) -> list[Route]:
    async def ask(request: Request) -> Response:
        return house.pages.page(request, "owners/sign_in.html", door=door, wrong="", email="")

    async def asked(request: Request) -> Response:
        return await _asked(house, request, door, asks)

    async def look(request: Request) -> Response:
        return await _look(house, request, door)

    async def enter(request: Request) -> Response:
        return await _enter(house, request, door)

    return [
        Route(f"/{door}/sign-in", ask, methods=["GET"]),
        Route(f"/{door}/sign-in", asked, methods=["POST"]),
        Route(f"/{door}/in/{{secret}}", look, methods=["GET"]),
        Route(f"/{door}/in/{{secret}}", enter, methods=["POST"]),
    ]


async def _asked(house: House, request: Request, door: Door, asks: Bucket) -> Response:
    http.same_origin(request, house.settings)
    now = house.clock.now()
    asks.spend(http.client_key(request, house.settings))
    email = http.text(await http.form(request), "email", most=400)
    try:
        address = model.address(email)
    except BadInput:
        wrong = "An ending is missing, such as .com." if "@" in email else "A mail address has an @ in it."
        return house.pages.page(request, "owners/sign_in.html", status=400, door=door, wrong=wrong, email=email)
    await house.db.write(lambda tx: service.ask_for_link(tx, now, address, door))
    return house.pages.page(request, "owners/asked.html", door=door, minutes=model.LINK_MINUTES)


async def _look(house: House, request: Request, door: Door) -> Response:
    secret, now = request.path_params["secret"], house.clock.now()
    try:
        await house.db.read(lambda tx: service.check_link(tx, now, secret, door))
    except (Conflict, NotFound) as why:
        return house.pages.page(request, "owners/spent.html", status=_GONE, door=door, title=why.what)
    return house.pages.page(request, "owners/way_in.html", door=door, secret=secret)


async def _enter(house: House, request: Request, door: Door) -> Response:
    http.same_origin(request, house.settings)
    secret, now = request.path_params["secret"], house.clock.now()
    browser = model.browser(request.headers.get("user-agent", ""))
    try:
        token = await house.db.write(lambda tx: service.open_link(tx, now, secret, door, browser))
    except (Conflict, NotFound) as why:
        return house.pages.page(request, "owners/spent.html", status=_GONE, door=door, title=why.what)
    response = http.see(f"/{door}")
    http.set_cookie(response, house.settings, http.SESSION_COOKIE, token, path="/", days=model.SESSION_DAYS)
    return response


def _settings(house: House) -> list[Route]:
    async def show(request: Request, account: Account) -> Response:
        return await _show(house, request, account)

    async def rename(request: Request, account: Account) -> Response:
        name = http.text(await http.form(request), "name")
        try:
            await house.db.write(lambda tx: service.rename(tx, account.id, name))
        except BadInput as why:
            return await _show(house, request, Account(account.id, name), wrong={"name": str(why)})
        return http.see("/owner/settings")

    async def end_session(request: Request, account: Account) -> Response:
        session_id = request.path_params["session"]
        await house.db.write(lambda tx: service.end_session(tx, account.id, session_id))
        return http.see("/owner/settings")

    async def make_token(request: Request, account: Account) -> Response:
        form, now = await http.form(request), house.clock.now()
        name, scopes = http.text(form, "token"), tuple(str(scope) for scope in form.getlist("scope"))
        mark = once.mark(request, form, account.id)
        secret = model.TOKEN_PREFIX + once.secret(house.key.seed, mark)

        def work(tx: Tx) -> str:
            service.api_token(tx, now, account.id, scopes, name, secret)
            return ""

        try:
            await house.db.write(lambda tx: once.once(tx, now, mark, lambda: work(tx)))
        except BadInput as why:
            return await _show(house, request, account, token=name, wrong={"token": str(why)})
        return await _show(house, request, account, secret=secret)

    async def end_token(request: Request, account: Account) -> Response:
        token_id = request.path_params["token"]
        await house.db.write(lambda tx: service.end_token(tx, account.id, token_id))
        return http.see("/owner/settings")

    async def sign_out(request: Request, account: Account) -> Response:  # noqa: ARG001 - the cookie says it all
        token = request.cookies[http.SESSION_COOKIE]
        await house.db.write(lambda tx: service.sign_out(tx, token))
        response = http.see("/owner/sign-in")
        response.delete_cookie(http.SESSION_COOKIE, path="/")
        return response

    posts: dict[str, Handler] = {
        "/owner/settings/name": rename,
        "/owner/settings/sessions/{session}/end": end_session,
        "/owner/settings/tokens": make_token,
        "/owner/settings/tokens/{token}/end": end_token,
        "/owner/sign-out": sign_out,
    }
    return [
        Route("/owner/settings", signed_in(house, show), methods=["GET"]),
        *(Route(path, signed_in(house, handler), methods=["POST"]) for path, handler in posts.items()),
    ]


async def _show(
    house: House,
    request: Request,
    account: Account,
    *,
    secret: str = "",
    token: str = "",
    wrong: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    now, cookie = house.clock.now(), request.cookies.get(http.SESSION_COOKIE)
    with house.db.reading() as tx:
        sessions = service.sessions_of(tx, now, account.id, cookie)
        tokens = service.tokens_of(tx, account.id)
    return house.pages.page(
        request,
        "owners/settings.html",
        status=400 if wrong else 200,
        account=account,
        sessions=sessions,
        tokens=tokens,
        secret=secret,
        token=token,
        wrong=wrong,
        scopes=model.SCOPES,
    )
