"""Owner and members scan their own tag: one big button that asks the vendors who may hear, and their answers."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.owners import guard
from thingcloud.owners.model import Account
from thingcloud.plumbing import http, once
from thingcloud.plumbing.errors import NotFound
from thingcloud.plumbing.house import House
from thingcloud.scans import service
from thingcloud.things import kinds
from thingcloud.things import service as things
from thingcloud.things.model import TagFacts
from thingcloud.vendors import service as vendors
from thingcloud.vendors.model import Answer

View = Callable[[Request, TagFacts, Account], Awaitable[Response | None]]


def view(house: House) -> View:
    """The page of a tag for its owner and members; it sends nothing until a button is pressed."""

    async def own(request: Request, facts: TagFacts, account: Account) -> Response | None:
        now = house.clock.now()
        seen = await house.db.read(lambda tx: service.own_view(tx, now, facts, account.id))
        if seen is None:
            return None
        if seen.asked is not None and any(card.seen_at is None for card in seen.answers):
            scan_id = seen.asked.id
            await house.db.write(lambda tx: vendors.seen(tx, now, scan_id))
        return house.pages.page(
            request, "scans/own.html", facts=facts, own=seen, word=kinds.kind(facts.kind).word, now=now,
            cards=[(card, _bar(card, now)) for card in reversed(seen.answers)],
        )  # fmt: skip

    return own


def _bar(card: Answer, now: int) -> int | None:
    """How much of the time until the promised end went by, in per cent; None without an end."""
    if card.until is None or card.until <= card.at:
        return None
    return round(100 * min(1.0, max(0.0, (now - card.at) / (card.until - card.at))))


def pages(house: House) -> list[Route]:
    """The routes of this edge."""

    async def ask(request: Request, account: Account) -> Response:
        found = await http.form(request)
        facts = things.tag_facts(house.db, request.path_params["code"].upper())
        if facts is None:
            raise NotFound("This tag is not here.", reason="unknown-tag")
        now, words = house.clock.now(), http.text(found, "words", most=500)
        mark = once.mark(request, found, account.id)
        await house.db.write(
            lambda tx: once.once(tx, now, mark, lambda: service.ask_support(tx, now, facts, account.id, words))
        )
        return http.see(f"/t/{facts.code}")

    async def helped(request: Request, account: Account) -> Response:
        found = await http.form(request)
        scan_id, said = request.path_params["scan"], http.text(found, "helped", most=10)
        answer_id = http.text(found, "answer", most=40)
        scan = await house.db.write(lambda tx: service.say_helped(tx, account.id, scan_id, answer_id, said))
        return http.see(f"/t/{scan.tag_code}")

    async def live(request: Request, account: Account) -> Response:
        scan_id = request.path_params["scan"]
        await house.db.read(lambda tx: service.own_scan(tx, account.id, scan_id))
        return http.live_stream(house.live, f"scan:{scan_id}")

    return [
        Route("/t/{code}/support", guard.signed_in(house, ask), methods=["POST"]),
        Route("/owner/scans/{scan}/helped", guard.signed_in(house, helped), methods=["POST"]),
        Route("/owner/scans/{scan}/live", guard.signed_in(house, live), methods=["GET"]),
    ]
