"""The owner's pages of a thing: make, change, lose and find it, and its journal. Its tags are in tags.py."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
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
from thingcloud.plumbing.words import iso
from thingcloud.things import kinds, model, service, tags
from thingcloud.things.model import Event, Thing

_PAGE = 50
_FAR = 2**31 - 1
_NOTHING_WRONG: MappingProxyType[str, str] = MappingProxyType({})


def pages(house: House) -> list[Route]:
    """Every page of this file."""
    desk = _Desk(house)
    at = "/owner/things/{thing}"
    gets = {
        "/owner/things": desk.all,
        "/owner/things/new": desk.new,
        f"{at}/edit": desk.edit,
        f"{at}/lost": desk.lost,
        f"{at}/journal": desk.journal,
        f"{at}/live": desk.live,
    }
    posts = {
        "/owner/things/new": desk.make,
        f"{at}/edit": desk.change,
        f"{at}/lost": desk.lose,
        f"{at}/found": desk.find,
        f"{at}/notes": desk.note,
    }
    return [
        *(Route(path, signed_in(house, handler), methods=["GET"]) for path, handler in gets.items()),
        *(Route(path, signed_in(house, handler), methods=["POST"]) for path, handler in posts.items()),
        *tags.pages(house),
    ]


class _Desk:
    def __init__(self, house: House) -> None:
        self.house = house

    async def all(self, request: Request, account: Account) -> Response:
        with self.house.db.reading() as tx:
            things = service.things_of(tx, account.id)
        return self.house.pages.page(request, "things/all.html", things=things, kinds=kinds.KINDS)

    async def new(self, request: Request, account: Account) -> Response:  # noqa: ARG002 - anybody signed in may
        return self._form(request, Thing("", "", "", "suitcase"))

    async def make(self, request: Request, account: Account) -> Response:
        form, now = await http.form(request), self.house.clock.now()
        name, kind, place = (http.text(form, field) for field in ("name", "kind", "place"))

        def work(tx: Tx) -> str:
            thing = service.create_thing(tx, now, account.id, name, kind, place)
            service.new_tag(tx, now, thing.id)
            return thing.id

        mark = once.mark(request, form, account.id)
        try:
            thing_id = await self.house.db.write(lambda tx: once.once(tx, now, mark, lambda: work(tx)))
        except BadInput as why:
            return self._form(request, Thing("", "", name, kind, place=place), _wrong(why))
        return http.see(f"/owner/things/{thing_id}/tags")

    async def edit(self, request: Request, account: Account) -> Response:
        return self._form(request, self._thing(request, account, service.owned_by))

    async def change(self, request: Request, account: Account) -> Response:
        before = self._thing(request, account, service.owned_by)
        form, now = await http.form(request), self.house.clock.now()
        name, kind, place = (http.text(form, field) for field in ("name", "kind", "place"))
        try:
            await self.house.db.write(lambda tx: service.change_thing(tx, now, before.id, name, kind, place))
        except BadInput as why:
            return self._form(request, Thing(before.id, account.id, name, kind, place=place), _wrong(why))
        return http.see(f"/owner/things/{before.id}")

    async def lost(self, request: Request, account: Account) -> Response:
        thing = self._thing(request, account, service.owned_by)
        return self._lost(request, thing, thing.message, thing.reward)

    async def lose(self, request: Request, account: Account) -> Response:
        thing = self._thing(request, account, service.owned_by)
        form, now = await http.form(request), self.house.clock.now()
        message, reward = http.text(form, "message"), http.text(form, "reward")
        try:
            await self.house.db.write(lambda tx: service.mark_lost(tx, now, thing.id, message, reward))
        except BadInput as why:
            return self._lost(request, thing, message, reward, _wrong(why))
        return http.see(f"/owner/things/{thing.id}")

    async def find(self, request: Request, account: Account) -> Response:
        thing, now = self._thing(request, account, service.owned_by), self.house.clock.now()
        await self.house.db.write(lambda tx: service.mark_found(tx, now, thing.id))
        return http.see(f"/owner/things/{thing.id}")

    async def journal(self, request: Request, account: Account) -> Response:
        return self._journal(request, self._thing(request, account, service.seen_by))

    async def note(self, request: Request, account: Account) -> Response:
        thing, now = self._thing(request, account, service.seen_by), self.house.clock.now()
        form = await http.form(request)
        note, mark = http.text(form, "note"), once.mark(request, form, account.id)
        try:
            await self.house.db.write(
                lambda tx: once.once(tx, now, mark, lambda: service.note(tx, now, thing.id, note).id)
            )
        except BadInput as why:
            return self._journal(request, thing, note, _wrong(why))
        return http.see(f"/owner/things/{thing.id}/journal")

    async def live(self, request: Request, account: Account) -> Response:
        thing = self._thing(request, account, service.seen_by)
        return http.live_stream(self.house.live, f"thing:{thing.id}")

    def _thing(self, request: Request, account: Account, allowed: Callable[[Tx, str, str], Thing]) -> Thing:
        with self.house.db.reading() as tx:
            return allowed(tx, account.id, request.path_params["thing"])

    def _form(self, request: Request, thing: Thing, wrong: Any = _NOTHING_WRONG) -> Response:
        choices = [(kind.slug, kind.word) for kind in kinds.KINDS.values()]
        status = 400 if wrong else 200
        return self.house.pages.page(
            request, "things/form.html", status=status, thing=thing, choices=choices, wrong=wrong
        )

    def _lost(self, request: Request, thing: Thing, message: str, reward: str, wrong: Any = _NOTHING_WRONG) -> Response:
        return self.house.pages.page(
            request, "things/lost.html", status=400 if wrong else 200, thing=thing, message=message, reward=reward,
            wrong=wrong,
        )  # fmt: skip

    def _journal(self, request: Request, thing: Thing, note: str = "", wrong: Any = _NOTHING_WRONG) -> Response:
        asked = request.query_params.get("before", "")
        before = int(asked) if asked.isdecimal() and len(asked) < 10 else None
        with self.house.db.reading() as tx:
            events = service.journal_of(tx, thing.id, _PAGE + 1, before)
            broken = service.broken_at(tx, thing.id)
        return self.house.pages.page(
            request, "things/journal.html", status=400 if wrong else 200, thing=thing, events=events[:_PAGE],
            earlier=events[_PAGE - 1].number if len(events) > _PAGE else 0, broken=broken, note=note, wrong=wrong,
            note_room=model.LONGEST_NOTE,
        )  # fmt: skip


def _wrong(why: BadInput) -> dict[str, str]:
    return {why.reason.partition("-")[0]: str(why)}


class About(BaseModel):
    """What a program says of a thing; what is left out stays as it is."""

    name: str | None = Field(default=None, max_length=200, examples=["Suitcase"])
    kind: str | None = Field(default=None, max_length=40, examples=["suitcase"])
    place: str | None = Field(default=None, max_length=200)


class Loss(BaseModel):
    """What finders read on a lost thing."""

    message: str = Field(default="", max_length=2000)
    reward: str = Field(default="", max_length=100)


class Note(BaseModel):
    """A note for the journal."""

    text: str = Field(max_length=4000)


def thing_json(thing: Thing) -> dict[str, Any]:
    """A thing for programs."""
    return {
        "id": thing.id, "name": thing.name, "kind": thing.kind, "place": thing.place, "lost": thing.lost,
        "message": thing.message, "reward": thing.reward, "made": iso(thing.made_at),
    }  # fmt: skip


def event_json(event: Event) -> dict[str, Any]:
    """A journal entry for programs; `number` counts from 1 per thing, `digest` is SHA-256 over it and all before."""
    return {
        "id": event.id, "number": event.number, "at": iso(event.at), "kind": event.kind, "text": event.text,
        "facts": event.facts, "private": event.private, "digest": event.digest.hex(),
    }  # fmt: skip


def api(house: House) -> APIRouter:
    """The same for programs."""
    router = APIRouter(tags=["things"])
    _things(house, router)
    _journal(house, router)
    router.include_router(tags.api(house))
    return router


def _things(house: House, router: APIRouter) -> None:
    reader = Annotated[Account, Depends(bearer(house, "read"))]
    writer = Annotated[Account, Depends(bearer(house, "write"))]

    async def change(who: Account, thing: str, verb: Callable[[Tx, int, Thing], Thing]) -> dict[str, Any]:
        now = house.clock.now()
        return thing_json(await house.db.write(lambda tx: verb(tx, now, service.owned_by(tx, who.id, thing))))

    @router.get("/things", summary="Your things, the lost first")
    async def all_things(who: reader) -> dict[str, Any]:
        with house.db.reading() as tx:
            return {"items": [thing_json(one) for one in service.things_of(tx, who.id)]}

    @router.post("/things", status_code=201, summary="Make a thing")
    async def make(who: writer, new: About) -> dict[str, Any]:
        name, kind, place, now = new.name or "", new.kind or "thing", new.place or "", house.clock.now()
        return thing_json(await house.db.write(lambda tx: service.create_thing(tx, now, who.id, name, kind, place)))

    @router.get("/things/{thing}", summary="One thing with its tags")
    async def one(who: reader, thing: str) -> dict[str, Any]:
        with house.db.reading() as tx:
            found = service.seen_by(tx, who.id, thing)
            return {**thing_json(found), "tags": tags.all_json(house, tx, found.id)}

    @router.patch("/things/{thing}", summary="Change name, kind or place")
    async def edit(who: writer, thing: str, new: About) -> dict[str, Any]:
        said = new.model_dump(exclude_none=True)
        return await change(
            who, thing, lambda tx, now, old: service.change_thing(
                tx, now, old.id, **{"name": old.name, "kind": old.kind, "place": old.place, **said}
            )
        )  # fmt: skip

    @router.post("/things/{thing}/lost", summary="Mark as lost, or change what finders see")
    async def lose(who: writer, thing: str, loss: Loss) -> dict[str, Any]:
        return await change(
            who, thing, lambda tx, now, old: service.mark_lost(tx, now, old.id, loss.message, loss.reward)
        )

    @router.post("/things/{thing}/found", summary="It is back")
    async def find(who: writer, thing: str) -> dict[str, Any]:
        return await change(who, thing, lambda tx, now, old: service.mark_found(tx, now, old.id))


def _journal(house: House, router: APIRouter) -> None:
    reader = Annotated[Account, Depends(bearer(house, "read"))]
    writer = Annotated[Account, Depends(bearer(house, "write"))]

    @router.get("/things/{thing}/events", summary="The journal of a thing, newest first")
    async def events(
        who: reader,
        thing: str,
        before: Annotated[int | None, Query(ge=1, le=_FAR, description="Only numbers below this one")] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        with house.db.reading() as tx:
            found = service.seen_by(tx, who.id, thing)
            return {"items": [event_json(event) for event in service.journal_of(tx, found.id, limit, before)]}

    @router.post("/things/{thing}/events", status_code=201, summary="Write a note into the journal")
    async def write(who: writer, thing: str, note: Note) -> dict[str, Any]:
        def work(tx: Tx) -> Event:
            return service.note(tx, house.clock.now(), service.seen_by(tx, who.id, thing).id, note.text)

        return event_json(await house.db.write(work))
