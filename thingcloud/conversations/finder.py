"""The finder's side of a case, for a phone without app or sign-in: the secret of the link is all it takes.

`GET /c/{secret}` trades the secret for a cookie that is sent to this one case only: no later address holds it.
"""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thingcloud.conversations import deliver, model, service
from thingcloud.conversations.model import FINDER, FOUND, Case
from thingcloud.plumbing import http, ids
from thingcloud.plumbing.errors import BadInput, Conflict, NotFound, TooMuch
from thingcloud.plumbing.house import House

_COOKIE = "case"
_DAYS = 180
_STATUS = {BadInput: 400, TooMuch: 429, Conflict: 409}


@dataclass(frozen=True)
class Typed:
    """What stands in the forms again when something has to be put right."""

    words: str = ""
    left_at: str = ""
    email: str = ""
    wrong: str = ""
    wrong_mail: str = ""


def pages(house: House) -> list[Route]:
    """Every page of this side."""
    desk = _Desk(house)
    at = "/c/at/{case}"
    return [
        Route("/c/{secret}", desk.enter, methods=["GET"]),
        Route(at, desk.look, methods=["GET"]),
        Route(f"{at}/say", desk.say, methods=["POST"]),
        Route(f"{at}/mail", desk.mail, methods=["POST"]),
        Route(f"{at}/live", desk.live, methods=["GET"]),
    ]


class _Desk:
    def __init__(self, house: House) -> None:
        self.house = house

    async def enter(self, request: Request) -> Response:
        secret = request.path_params["secret"]
        case = service.case_by_secret(self.house.db, self.house.clock.now(), secret)
        if case is None or case.kind != FOUND:
            raise _gone()
        path = f"/c/at/{case.id}"
        response = http.see(path)
        http.set_cookie(response, self.house.settings, _COOKIE, secret, path=path, days=_DAYS)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    async def look(self, request: Request) -> Response:
        return await self._page(request, self._case(request))

    async def say(self, request: Request) -> Response:
        http.same_origin(request, self.house.settings)
        case, now = self._case(request), self.house.clock.now()
        form = await http.form(request)
        typed = Typed(words=http.text(form, "words", most=20_000), left_at=http.text(form, "left_at", most=20_000))
        once = http.text(form, "once", most=64)
        try:
            await self.house.db.write(
                lambda tx: service.post(tx, now, case.id, FINDER, typed.words, left_at=typed.left_at, once=once)
            )
        except (BadInput, TooMuch, Conflict) as why:
            return await self._page(request, case, replace(typed, wrong=why.what), _STATUS[type(why)])
        return http.see(f"/c/at/{case.id}")

    async def mail(self, request: Request) -> Response:
        http.same_origin(request, self.house.settings)
        case, now = self._case(request), self.house.clock.now()
        form = await http.form(request)
        email = http.text(form, "email", most=400)
        try:
            if http.text(form, "stop"):
                await self.house.db.write(lambda tx: service.no_more_mail(tx, case.id))
            else:
                await self.house.db.write(lambda tx: service.answer_by_mail(tx, now, case.id, email))
        except (BadInput, Conflict) as why:
            return await self._page(request, case, Typed(email=email, wrong_mail=why.what), _STATUS[type(why)])
        return http.see(f"/c/at/{case.id}")

    async def live(self, request: Request) -> Response:
        return http.live_stream(self.house.live, self._case(request).key)

    def _case(self, request: Request) -> Case:
        secret = request.cookies.get(_COOKIE, "")
        case = service.case_by_secret(self.house.db, self.house.clock.now(), secret)
        if case is None or case.id != request.path_params["case"] or case.kind != FOUND:
            raise _gone()
        return case

    async def _page(self, request: Request, case: Case, typed: Typed | None = None, status: int = 200) -> Response:
        house, now = self.house, self.house.clock.now()
        with house.db.reading() as tx:
            case = service.case(tx, case.id)
            messages = service.messages(tx, case.id)
            reads = service.read_up_to(tx, case.id)
            progress = service.progress(tx, case)
            kind, lost = deliver.shown_kind(tx, case)
            mail_since = service.mail_since(tx, case.id)
        newest = messages[-1].number if messages else 0
        if reads.get(FINDER, 0) < newest:
            await house.db.write(lambda tx: service.mark_read(tx, now, case.id, FINDER, newest))
        title, sentence = model.headline(case, progress.told_at, progress.reminded_at)
        heading = kind.heading if lost else kind.word
        return house.pages.page(
            request, "conversations/case.html", status=status, case=case, messages=messages, title=title,
            sentence=sentence or f"{heading} · you are “the finder”", icon_of=kind.slug, mail_since=mail_since,
            steps=model.steps(case, progress.told_at), read=reads.get(model.OWNER, 0), typed=typed or Typed(),
            once=ids.new_secret(), link=f"{house.settings.front_url}/c/{request.cookies[_COOKIE]}",
            can_mail=bool(house.settings.smtp), closed=case.state == model.CLOSED, me=FINDER, days=model.KEPT_DAYS,
            most=model.MOST_WORDS, name_of=model.name_of,
        )  # fmt: skip


def _gone() -> NotFound:
    hint = f"Links end {model.KEPT_DAYS} days after a thing is settled."
    return NotFound("This conversation is not here.", hint=hint, reason="gone")
