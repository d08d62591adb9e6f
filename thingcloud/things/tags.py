"""The owner's pages of a thing's tags: print, show, switch off; the buttons on their page."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.owners.guard import bearer, signed_in
from thingcloud.owners.model import Account
from thingcloud.plumbing import http, once
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput
from thingcloud.plumbing.house import House
from thingcloud.things import label, model, service
from thingcloud.things.model import Tag, Thing

_ROUTES = (
    ("support", "Ask a maker or service you allowed"),
    ("manual", "Manual"),
    ("emergency", "Emergency"),
    ("link", "Another link"),
    ("lost-and-found", "Write to the owner"),
)
_SHOWN = (
    ("open", "What it is, and a way to write to you"),
    ("contact", "Only a way to write to you"),
    ("private", "Nothing, as if the code were unknown"),
)
_ALONE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
_AUDIENCES = (("everyone", "Whoever scans"), ("household", "Only you and your people"))


def pages(house: House) -> list[Route]:
    """Every page of this file."""
    desk = _Desk(house)
    at = "/owner/things/{thing}/tags"
    gets = {at: desk.tags, f"{at}/{{code}}/off": desk.ask_off, f"{at}/{{code}}/label.{{kind}}": desk.label}
    posts = {
        at: desk.make,
        f"{at}/{{code}}/off": desk.off,
        f"{at}/{{code}}/on": desk.on,
        f"{at}/{{code}}/shown": desk.show,
        f"{at}/{{code}}/routes": desk.add_route,
        f"{at}/{{code}}/routes/{{route}}/up": desk.raise_route,
        f"{at}/{{code}}/routes/{{route}}/remove": desk.remove_route,
    }
    return [
        *(Route(path, signed_in(house, handler), methods=["GET"]) for path, handler in gets.items()),
        *(Route(path, signed_in(house, handler), methods=["POST"]) for path, handler in posts.items()),
    ]


class _Desk:
    def __init__(self, house: House) -> None:
        self.house = house

    async def tags(self, request: Request, account: Account) -> Response:
        return self._tags(request, account)

    async def make(self, request: Request, account: Account) -> Response:
        thing, now = self._owned(request, account), self.house.clock.now()
        mark = once.mark(request, await http.form(request), account.id)
        await self.house.db.write(lambda tx: once.once(tx, now, mark, lambda: service.new_tag(tx, now, thing.id).code))
        return http.see(f"/owner/things/{thing.id}/tags")

    async def ask_off(self, request: Request, account: Account) -> Response:
        thing, tag = self._owned(request, account), self._tag(request)
        return self.house.pages.page(request, "things/off.html", thing=thing, tag=tag)

    async def off(self, request: Request, account: Account) -> Response:
        return await self._switched(request, account, service.disable_tag)

    async def on(self, request: Request, account: Account) -> Response:
        return await self._switched(request, account, service.enable_tag)

    async def show(self, request: Request, account: Account) -> Response:
        shown = http.text(await http.form(request), "visibility")
        return await self._switched(request, account, lambda tx, now, code: service.show_tag(tx, now, code, shown))

    async def add_route(self, request: Request, account: Account) -> Response:
        tag = self._owned_tag(request, account)
        form, now = await http.form(request), self.house.clock.now()
        kind, words, target, audience = (http.text(form, one) for one in ("route", "label", "target", "audience"))
        mark = once.mark(request, form, account.id)

        def work(tx: Tx) -> str:
            return service.add_route(tx, now, tag.code, kind, words, target, audience or None).id

        try:
            await self.house.db.write(lambda tx: once.once(tx, now, mark, lambda: work(tx)))
        except BadInput as why:
            typed = {"code": tag.code, "route": kind, "label": words, "target": target, "audience": audience}
            return self._tags(request, account, typed, {why.reason.partition("-")[0]: str(why)})
        return http.see(f"/owner/things/{tag.thing_id}/tags")

    async def raise_route(self, request: Request, account: Account) -> Response:
        tag, route = self._owned_tag(request, account), request.path_params["route"]
        await self.house.db.write(lambda tx: service.raise_route(tx, tag.code, route))
        return http.see(f"/owner/things/{tag.thing_id}/tags")

    async def remove_route(self, request: Request, account: Account) -> Response:
        tag, route, now = self._owned_tag(request, account), request.path_params["route"], self.house.clock.now()
        await self.house.db.write(lambda tx: service.remove_route(tx, now, tag.code, route))
        return http.see(f"/owner/things/{tag.thing_id}/tags")

    async def label(self, request: Request, account: Account) -> Response:
        with self.house.db.reading() as tx:
            service.seen_by(tx, account.id, request.path_params["thing"])
        tag, kind, asked = self._tag(request), request.path_params["kind"], request.query_params
        start = asked.get("start", "1")
        wish = label.Wish(
            tag.code, self.house.settings.front_url, asked.get("stock", label.STOCK),
            model.line(asked.get("line", ""), "line", model.LONGEST_LABEL),
            int(start) if start.isdecimal() and len(start) < 5 else 0,
        )  # fmt: skip
        data = await asyncio.to_thread(label.draw, wish, kind)
        # The name of the file tells nothing of its owner, its thing or its code.
        headers = {**_ALONE, "Content-Disposition": f'inline; filename="talk-tag.{kind}"'}
        return Response(data, media_type=label.KINDS[kind], headers=headers)

    async def _switched(self, request: Request, account: Account, verb: Callable[[Tx, int, str], Tag]) -> Response:
        tag, now = self._owned_tag(request, account), self.house.clock.now()
        await self.house.db.write(lambda tx: verb(tx, now, tag.code))
        return http.see(f"/owner/things/{tag.thing_id}/tags")

    def _owned(self, request: Request, account: Account) -> Thing:
        with self.house.db.reading() as tx:
            return service.owned_by(tx, account.id, request.path_params["thing"])

    def _tag(self, request: Request) -> Tag:
        with self.house.db.reading() as tx:
            return service.tag_of(tx, request.path_params["thing"], request.path_params["code"])

    def _owned_tag(self, request: Request, account: Account) -> Tag:
        self._owned(request, account)
        return self._tag(request)

    def _tags(self, request: Request, account: Account, typed: Any = None, wrong: Any = None) -> Response:
        with self.house.db.reading() as tx:
            thing = service.seen_by(tx, account.id, request.path_params["thing"])
            tags = [(tag, service.routes_of(tx, tag.code)) for tag in service.tags_of(tx, thing.id)]
        return self.house.pages.page(
            request, "things/tags.html", status=400 if wrong else 200, thing=thing, tags=tags,
            own=thing.owner_id == account.id, routes=_ROUTES, shown=_SHOWN,
            audiences=_AUDIENCES, stocks=label.stocks(), typed=typed or {"code": ""}, wrong=wrong or {},
        )  # fmt: skip


class Show(BaseModel):
    """What a program changes of a tag; what is left out stays as it is."""

    state: Literal["on", "off"] | None = None
    visibility: Literal["open", "contact", "private"] | None = None


class Button(BaseModel):
    """A button for a tag's page."""

    kind: str = Field(max_length=40, examples=["support"])
    label: str = Field(max_length=200, examples=["Ask Example Cable"])
    target: str = Field(default="", max_length=1000)
    audience: Literal["everyone", "household"] | None = None


def tag_json(house: House, tx: Tx, tag: Tag) -> dict[str, Any]:
    """A tag for programs, with the address in its square and the buttons on its page in their order."""
    return {
        "code": tag.code, "printed": tag.grouped, "address": f"{house.settings.front_url}/t/{tag.code}",
        "state": tag.state, "visibility": tag.visibility,
        "routes": [
            {"id": one.id, "kind": one.kind, "label": one.label, "target": one.target, "audience": one.audience}
            for one in service.routes_of(tx, tag.code)
        ],
    }  # fmt: skip


def all_json(house: House, tx: Tx, thing_id: str) -> list[dict[str, Any]]:
    """The tags of a thing for programs."""
    return [tag_json(house, tx, tag) for tag in service.tags_of(tx, thing_id)]


def api(house: House) -> APIRouter:
    """Tags for programs."""
    router = APIRouter()
    writer = Annotated[Account, Depends(bearer(house, "write"))]
    at = "/things/{thing}/tags"

    async def change(who: Account, thing: str, verb: Callable[[Tx, int], Tag]) -> dict[str, Any]:
        def work(tx: Tx) -> dict[str, Any]:
            service.owned_by(tx, who.id, thing)
            return tag_json(house, tx, verb(tx, house.clock.now()))

        return await house.db.write(work)

    @router.post(at, status_code=201, summary="Make a tag")
    async def make(who: writer, thing: str) -> dict[str, Any]:
        return await change(who, thing, lambda tx, now: service.new_tag(tx, now, thing))

    @router.patch(at + "/{code}", summary="Switch a tag on or off, choose what strangers see")
    async def show(who: writer, thing: str, code: str, new: Show) -> dict[str, Any]:
        def verb(tx: Tx, now: int) -> Tag:
            tag = service.tag_of(tx, thing, code)
            if new.visibility is not None:
                tag = service.show_tag(tx, now, tag.code, new.visibility)
            if new.state is not None:
                tag = (service.enable_tag if new.state == model.ON else service.disable_tag)(tx, now, tag.code)
            return tag

        return await change(who, thing, verb)

    @router.post(at + "/{code}/routes", status_code=201, summary="Put a button on a tag's page")
    async def add_route(who: writer, thing: str, code: str, new: Button) -> dict[str, Any]:
        def verb(tx: Tx, now: int) -> Tag:
            tag = service.tag_of(tx, thing, code)
            service.add_route(tx, now, tag.code, new.kind, new.label, new.target, new.audience)
            return tag

        return await change(who, thing, verb)

    @router.delete(at + "/{code}/routes/{route}", summary="Take a button off a tag's page")
    async def remove_route(who: writer, thing: str, code: str, route: str) -> dict[str, Any]:
        def verb(tx: Tx, now: int) -> Tag:
            tag = service.tag_of(tx, thing, code)
            service.remove_route(tx, now, tag.code, route)
            return tag

        return await change(who, thing, verb)

    return router
