"""The owner's side of a case: the list of conversations, the answer, and how it ended."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.conversations import model, service
from thingcloud.conversations.model import OWNER, Case, CaseLine, Message
from thingcloud.owners.guard import bearer, signed_in
from thingcloud.owners.model import Account
from thingcloud.plumbing import http, ids
from thingcloud.plumbing.db import Tx
from thingcloud.plumbing.errors import BadInput, Conflict, TooMuch
from thingcloud.plumbing.house import House
from thingcloud.plumbing.words import iso
from thingcloud.things import service as things

_STATUS = {BadInput: 400, TooMuch: 429, Conflict: 409}


def pages(house: House) -> list[Route]:
    """Every page of this side."""
    desk = _Desk(house)
    at = "/owner/messages/{case}"
    return [
        Route("/owner/messages", signed_in(house, desk.all), methods=["GET"]),
        Route("/owner/messages/live", signed_in(house, desk.live), methods=["GET"]),
        Route(at, signed_in(house, desk.look), methods=["GET"]),
        Route(f"{at}/say", signed_in(house, desk.say), methods=["POST"]),
        Route(f"{at}/close", signed_in(house, desk.close), methods=["POST"]),
        Route(f"{at}/live", signed_in(house, desk.case_live), methods=["GET"]),
    ]


class _Desk:
    def __init__(self, house: House) -> None:
        self.house = house

    async def all(self, request: Request, account: Account) -> Response:
        with self.house.db.reading() as tx:
            lines = service.cases_of(tx, account.id, open_only=False)
            owned = {thing.id: thing for thing in things.things_of(tx, account.id)}
        return self.house.pages.page(
            request, "conversations/messages.html", now=self.house.clock.now(), owned=owned, name_of=model.name_of,
            lines=[line for line in lines if line.case.state != model.CLOSED],
            past=[line for line in lines if line.case.state == model.CLOSED], me=OWNER,
        )  # fmt: skip

    async def live(self, request: Request, account: Account) -> Response:  # noqa: ARG002 - the topic names who asks
        return http.live_stream(self.house.live, f"owner:{account.id}")

    async def look(self, request: Request, account: Account) -> Response:
        return await self._page(request, self._case(request, account))

    async def say(self, request: Request, account: Account) -> Response:
        case, now = self._case(request, account), self.house.clock.now()
        form = await http.form(request)
        words, once = http.text(form, "words", most=20_000), http.text(form, "once", most=64)
        try:
            await self.house.db.write(lambda tx: service.post(tx, now, case.id, OWNER, words, once=once))
        except (BadInput, TooMuch, Conflict) as why:
            return await self._page(request, case, words, why.what, _STATUS[type(why)])
        return http.see(f"/owner/messages/{case.id}")

    async def close(self, request: Request, account: Account) -> Response:
        case, now = self._case(request, account), self.house.clock.now()
        how = http.text(await http.form(request), "how")
        await self.house.db.write(lambda tx: service.close(tx, now, case.id, how))
        return http.see(f"/owner/messages/{case.id}")

    async def case_live(self, request: Request, account: Account) -> Response:
        return http.live_stream(self.house.live, self._case(request, account).key)

    def _case(self, request: Request, account: Account) -> Case:
        with self.house.db.reading() as tx:
            return service.case_for(tx, account.id, request.path_params["case"])

    async def _page(
        self, request: Request, case: Case, words: str = "", wrong: str = "", status: int = 200
    ) -> Response:
        house, now = self.house, self.house.clock.now()
        with house.db.reading() as tx:
            messages = service.messages(tx, case.id)
            reads = service.read_up_to(tx, case.id)
            thing = things.thing(tx, case.thing_id)
        newest = messages[-1].number if messages else 0
        if reads.get(OWNER, 0) < newest:
            await house.db.write(lambda tx: service.mark_read(tx, now, case.id, OWNER, newest))
        others = [up_to for party, up_to in reads.items() if party != OWNER]
        return house.pages.page(
            request, "conversations/answer.html", status=status, case=case, messages=messages, thing=thing,
            read=max(others, default=0), words=words, wrong=wrong, once=ids.new_secret(), me=OWNER,
            closed=case.state == model.CLOSED, name_of=model.name_of, list_of=model.list_of, most=model.MOST_WORDS,
            days=model.KEPT_DAYS,
        )  # fmt: skip


class Words(BaseModel):
    """What a program says for the owner; the same `once`, sent again, is the same message."""

    words: str = Field(max_length=model.MOST_WORDS, examples=["Thank you! The desk is perfect."])
    once: str = Field(default="", max_length=64)


class Ending(BaseModel):
    """How a case ended."""

    how: str = Field(examples=list(model.OUTCOMES))


def case_json(case: Case) -> dict[str, Any]:
    """A case for programs; times as RFC 3339, null where it has not come so far."""
    return {
        "id": case.id, "thing": case.thing_id, "kind": case.kind, "state": case.state, "opened": iso(case.opened_at),
        "answered": iso(case.answered_at) if case.answered_at is not None else None,
        "closed": iso(case.closed_at) if case.closed_at is not None else None, "outcome": case.outcome,
        "desk": case.desk,
    }  # fmt: skip


def message_json(message: Message) -> dict[str, Any]:
    """A message for programs; `party` is a pseudonym."""
    return {
        "number": message.number, "party": message.party, "at": iso(message.at), "words": message.words,
        "left_at": message.left_at, "place": message.place, "via": message.via,
    }  # fmt: skip


def _line_json(line: CaseLine) -> dict[str, Any]:
    return {**case_json(line.case), "needs_you": line.needs_owner, "unread": line.unread}


def api(house: House) -> APIRouter:
    """The same for programs."""
    router = APIRouter(tags=["cases"])
    reader = Annotated[Account, Depends(bearer(house, "read"))]
    writer = Annotated[Account, Depends(bearer(house, "write"))]

    @router.get("/cases", summary="Your conversations, the newest first")
    async def all_cases(who: reader) -> dict[str, Any]:
        with house.db.reading() as tx:
            return {"items": [_line_json(line) for line in service.cases_of(tx, who.id, open_only=False)]}

    @router.get("/cases/{case}", summary="One conversation with all that was said")
    async def one(who: reader, case: str) -> dict[str, Any]:
        with house.db.reading() as tx:
            found = service.case_for(tx, who.id, case)
            return {**case_json(found), "messages": [message_json(said) for said in service.messages(tx, found.id)]}

    @router.post("/cases/{case}/messages", status_code=201, summary="Answer")
    async def say(who: writer, case: str, said: Words) -> dict[str, Any]:
        now = house.clock.now()

        def work(tx: Tx) -> Message:
            found = service.case_for(tx, who.id, case)
            return service.post(tx, now, found.id, OWNER, said.words, "api", once=said.once)

        return message_json(await house.db.write(work))

    @router.post("/cases/{case}/close", summary="Say how it ended")
    async def close(who: writer, case: str, ending: Ending) -> dict[str, Any]:
        now = house.clock.now()

        def work(tx: Tx) -> Case:
            return service.close(tx, now, service.case_for(tx, who.id, case).id, ending.how)

        return case_json(await house.db.write(work))

    return router
