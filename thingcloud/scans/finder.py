"""What an anonymous phone can reach: the page of a tag, the form for its code, and sending words to the owner."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from talktag.code import GROUP, LENGTH, Reading
from thingcloud.conversations import model as conversations
from thingcloud.owners import service as owners
from thingcloud.owners.model import Account
from thingcloud.plumbing import http
from thingcloud.plumbing.errors import BadInput, NotAllowed, TooMuch
from thingcloud.plumbing.house import House
from thingcloud.plumbing.kept import Kept, hole
from thingcloud.scans import model, service
from thingcloud.scans.model import Face
from thingcloud.things import service as things
from thingcloud.things.model import TagFacts

# How the page of a tag looks to somebody signed in; None leaves it to the stranger's page.
View = Callable[[Request, TagFacts, Account], Awaitable[Response | None]]

ACTIONS: Final = ("message", "left-at", "location")
_ONCE: Final = b"once="
_SESSION: Final = f"{http.SESSION_COOKIE}=".encode()
_FOR_TAGS: Final = "Path=/t; HttpOnly; SameSite=Lax"
_SECURE: Final = "; Secure"
_LINKS: Final = b"application/linkset+json"
_MOST_KEPT: Final = 256
_STORE_OPENINGS_AFTER: Final = 30.0  # seconds
_NO_ANSWER: Final = ("This tag does not answer.", "It may be new, switched off or mistyped.")
_FIELDS: Final = ("words", "place", "kind", "which", "receipt")


@dataclass(frozen=True)
class Typed:
    """What somebody typed into the form, kept whatever happens."""

    words: str = ""
    place: str = ""
    kind: str = ""
    which: str = ""
    receipt: str = ""

    @classmethod
    def of(cls, found: FormData) -> "Typed":
        """The fields of a posted form as they were typed, without NUL."""
        values = {name: found.get(name, "") for name in _FIELDS}
        texts = {name: value if isinstance(value, str) else "" for name, value in values.items()}
        return cls(**{name: text.replace("\r\n", "\n").replace("\x00", "").strip() for name, text in texts.items()})


@dataclass(frozen=True)
class Said:
    """A notice above the form; `choices` offers to take something out or to send it anyway."""

    title: str
    text: str
    choices: bool = False


@dataclass
class _Desk:
    """Everything the handlers of this edge share."""

    house: House
    views: Sequence[View]
    limits: service.Limits
    openings: service.Openings = field(default_factory=service.Openings)
    kept: dict[tuple[object, ...], Kept] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = self.house.settings
        named = settings.operator if settings.operator != "this host" else ""
        self.for_tags = _FOR_TAGS + (_SECURE if settings.secure else "")
        self.host = named or urlsplit(settings.front_url).hostname or "this host"

    async def tag(self, request: Request) -> Response:
        """`GET /t/{code}`: the page for whoever scans."""
        facts = self.facts(request.path_params["code"])
        asked = dict(request.scope["headers"])
        # `?as=stranger`: the owner looks at exactly what a stranger sees.
        preview = b"cookie" in asked and request.query_params.get("as") == "stranger"
        if facts is not None and not preview and _SESSION in asked.get(b"cookie", b""):
            own = await self._own(request, facts)
            if own is not None:
                return own
        if facts is None or not facts.answers:
            return self._no_answer(request, request.path_params["code"])
        self._count(request, facts, preview=preview)
        if _LINKS in asked.get(b"accept", b""):
            return self._linkset(facts)
        return self._stranger(asked, facts)

    def plainly(self, scope: Scope) -> Response | None:
        """The page of a tag in its plain case, a stranger's phone; None for all else, which the routes answer."""
        path, asked = scope["path"], dict(scope["headers"])
        if scope["method"] != "GET" or scope["query_string"] or len(path) != len("/t/") + LENGTH:
            return None
        if _SESSION in asked.get(b"cookie", b"") or _LINKS in asked.get(b"accept", b""):
            return None
        facts = things.tag_facts(self.house.db, path[len("/t/") :].upper())
        if facts is None or not facts.answers:
            return None
        try:
            self._count(Request(scope), facts)
        except TooMuch:
            return None
        return self._stranger(asked, facts)

    def _client(self, request: Request) -> str:
        return http.client_key(request, self.house.settings)

    def _count(self, request: Request, facts: TagFacts, *, preview: bool = False) -> None:
        self.limits.views.spend(self._client(request), facts.code)
        if not preview and self.openings.add(facts, self.house.clock.now()):
            asyncio.get_running_loop().call_later(_STORE_OPENINGS_AFTER, self._store_openings)

    async def ask(self, request: Request) -> Response:
        """`GET /t`: the form for typing a code."""
        typed = request.query_params.get("code", "")[:64].replace("\x00", "").strip()
        if not typed:
            return self._asking(request, ("Which tag is it?", "Type the code beside the square."))
        try:
            reading = model.read_code(typed)
        except BadInput as why:
            return self._asking(request, _NO_ANSWER, typed, wrong=why.what, status=404)
        if reading.kind == "proposal":
            return self._no_answer(request, typed)
        return http.see(f"/t/{reading.code.text}")

    async def send(self, request: Request) -> Response:
        """`POST /t/{code}/{message, left-at, location}`: words go to the owner, the finder goes to the case."""
        if request.headers.get("sec-fetch-site") == "cross-site":
            raise NotAllowed("This came from another site.", hint="Open the page of the tag and send it from there.")
        facts = self.facts(request.path_params["code"])
        if facts is None or not facts.answers:
            return self._no_answer(request, request.path_params["code"])
        found = await http.form(request)
        typed = Typed.of(found)
        try:
            # First of all: the patterns below take a time that grows faster than the words.
            model.fits("words", typed.words, model.MOST_WORDS)
            if found.get("risk") == "out":
                return self._form(request, facts, replace(typed, words=model.without_risks(typed.words)))
            risks = model.risks(typed.words) if found.get("risk") != "anyway" else []
            if risks:
                return self._form(request, facts, typed, Said(risks[0].title, risks[0].text, choices=True))
            recorded = await self._send(request, facts, typed)
        except BadInput as why:
            return self._form(request, facts, typed, wrong=_beside(why), status=400)
        except TooMuch as why:
            return self._form(request, facts, typed, Said(why.what, ""), status=429, again_in=why.again_in)
        answer = http.see(f"/c/{recorded.secret}")
        # Read by the page's script, which then forgets the draft: what arrived is no draft any more.
        answer.set_cookie("sent", facts.code, max_age=600, path="/t", samesite="lax", secure=self.house.settings.secure)
        return answer

    async def what_is_kept(self, request: Request) -> Response:
        """`GET /kept`: what this host keeps of a finder, and for how long."""
        return self.house.pages.page(request, "scans/kept.html", host=self.host, days=conversations.KEPT_DAYS)

    async def _send(self, request: Request, facts: TagFacts, typed: Typed) -> model.Recorded:
        now, action = self.house.clock.now(), request.url.path.rpartition("/")[2]
        left_at = model.left_at(typed.kind, typed.which, typed.receipt)
        model.fits("place", typed.place, model.MOST_LINE)
        model.needs_something(typed.words, left_at, typed.place)
        self.limits.sends.spend(self._client(request), facts.code)
        once = request.cookies.get("once", "")[:64]
        return await self.house.db.write(
            lambda tx: service.send(
                tx, now, facts, action, words=typed.words, left_at=left_at, place=typed.place, once=once
            )
        )

    def facts(self, code: str) -> TagFacts | None:
        """The tag behind a code in any case; a code that was typed needs its one form first."""
        found = things.tag_facts(self.house.db, code.upper()) if len(code) == LENGTH else None
        if found is not None and found.answers:
            return found
        # From here on a tag that is off takes about the steps of a code that nobody has, and so about its time.
        try:
            reading = model.read_code(code)
        except BadInput:
            return found
        if reading.kind != "exact" or found is not None:
            return found
        return things.tag_facts(self.house.db, reading.code.text)

    async def _own(self, request: Request, facts: TagFacts) -> Response | None:
        account = owners.current(self.house.db, self.house.clock.now(), request.cookies.get(http.SESSION_COOKIE))
        if account is None:
            return None
        for view in self.views:
            answer = await view(request, facts, account)
            if answer is not None:
                return answer
        return None

    def _stranger(self, asked: dict[bytes, bytes], facts: TagFacts) -> Response:
        lang = self.house.pages.best_of(asked.get(b"accept-language", b"").decode("latin-1"))
        routes = tuple([(route.kind, route.label, route.target, route.audience) for route in facts.routes])
        shape = (lang, facts.kind, facts.lost, facts.visibility, bool(facts.message), bool(facts.reward), routes)
        kept = self.kept.get(shape) or self._keep(shape, lang, facts)
        # A stored code is 14 capitals and digits, so it needs no escaping.
        code, grouped = facts.code.encode(), _grouped(facts.code).encode()
        holes: dict[str, str | bytes] = {
            "code": code, "grouped": grouped, "words": facts.message, "reward": facts.reward,
        }  # fmt: skip
        once = "" if _ONCE in asked.get(b"cookie", b"") else f"once={secrets.token_hex(16)}; {self.for_tags}"
        return kept.response(holes, compressed=b"gzip" in asked.get(b"accept-encoding", b""), cookie=once)

    def _keep(self, shape: tuple[object, ...], lang: str, facts: TagFacts) -> Kept:
        """Render the page of all tags that look like this one, with holes for what is this one's own."""
        if len(self.kept) >= _MOST_KEPT:
            del self.kept[next(iter(self.kept))]
        face = model.face(facts)
        words, reward = face.words and hole("words"), face.reward and hole("reward")
        shared = replace(face, code=hole("code"), words=words, reward=reward)
        shown = self._shown(shared, Typed()) | {"grouped": hole("grouped")}
        html = self.house.pages.render(lang, "scans/stranger.html", **shown)
        kept = self.kept[shape] = Kept(html, self.house.pages.headers)
        return kept

    def _shown(self, face: Face, typed: Typed) -> dict[str, object]:
        return {
            "face": face, "typed": typed, "wrong": {}, "said": None, "host": self.host,
            "grouped": _grouped(face.code), "places": (("", "—"), *model.PLACES),
        }  # fmt: skip

    def _form(
        self, request: Request, facts: TagFacts, typed: Typed, said: Said | None = None, *,
        wrong: dict[str, str] | None = None, status: int = 200, again_in: int = 0,
    ) -> Response:  # fmt: skip
        shown = self._shown(model.face(facts), typed) | {"said": said, "wrong": wrong or {}}
        headers = {"Retry-After": str(max(1, again_in // 1000))} if again_in else {}
        return self.house.pages.page(request, "scans/stranger.html", status=status, headers=headers, **shown)

    def _no_answer(self, request: Request, code: str) -> Response:
        """Unknown, switched off, private and archived tags read alike, byte for byte."""
        self.limits.misses.spend(self._client(request))
        typed = code[:64].replace("\x00", "").strip()
        try:
            reading = model.read_code(typed)
        except BadInput as why:
            return self._asking(request, _NO_ANSWER, typed, wrong=why.what, status=404)
        if reading.kind == "exact":
            return self._asking(request, _NO_ANSWER, reading.code.grouped, status=404)
        meant = things.tag_facts(self.house.db, reading.code.text)
        answers = meant is not None and meant.answers
        return self._asking(request, _NO_ANSWER, typed, proposal=reading if answers else None, status=404)

    def _asking(
        self, request: Request, words: tuple[str, str], typed: str = "", *,
        wrong: str = "", proposal: Reading | None = None, status: int = 200,
    ) -> Response:  # fmt: skip
        return self.house.pages.page(
            request, "scans/ask.html", status=status, title=words[0], text=words[1], typed=typed, wrong=wrong,
            proposal=model.marked(proposal) if proposal else None,
            proposed=proposal.code.text if proposal else "", host=self.host,
        )  # fmt: skip

    def _linkset(self, facts: TagFacts) -> Response:
        """RFC 9264: what this tag offers, by type alone."""
        base = self.house.settings.front_url
        here, face = f"{base}/t/{facts.code}", model.face(facts)
        context: dict[str, object] = {"anchor": here}
        if face.writes:
            context[f"{base}/rel/lost-and-found"] = [{"href": here, "type": "text/html"}]
        for kind, _, target in face.links:
            context.setdefault(f"{base}/rel/{kind}", []).append({"href": target})  # type: ignore[attr-defined]
        headers = {**self.house.pages.headers, "Vary": "Accept"}
        return JSONResponse({"linkset": [context]}, media_type=_LINKS.decode(), headers=headers)

    def _store_openings(self) -> None:
        counted = self.openings.take()
        _running.add(task := asyncio.ensure_future(self.house.db.write(lambda tx: service.store_openings(tx, counted))))
        task.add_done_callback(_forget)


_running: set["asyncio.Future[None]"] = set()


def _forget(task: "asyncio.Future[None]") -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()


class _TagPage:
    """`GET /t/{code}`, for whoever scans."""

    def __init__(self, desk: _Desk) -> None:
        self.desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page for whoever scans."""
        answer = await self.desk.tag(Request(scope, receive))
        await answer(scope, receive, send)


class Ahead:
    """Answers the plain case of the page asked for most before any routing; everything else goes on to the routes."""

    def __init__(self, app: ASGIApp, page: _TagPage) -> None:
        self._app = app
        self._desk = page.desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        plain = scope["type"] == "http" and scope["path"].startswith(("/t/", "/T/"))
        answer = self._desk.plainly(scope) if plain else None
        if answer is None:
            await self._app(scope, receive, send)
        else:
            await answer(scope, receive, send)


def ahead(routes: Iterable[BaseRoute]) -> Middleware:
    """The middleware that goes with these routes; it belongs in front of all others."""
    page = next(one.endpoint for one in routes if isinstance(one, Route) and isinstance(one.endpoint, _TagPage))
    return Middleware(Ahead, page=page)


def _grouped(code: str) -> str:
    return "-".join([code[at : at + GROUP] for at in range(0, len(code), GROUP)])


def _beside(why: BadInput) -> dict[str, str]:
    """The field that a refusal stands beside."""
    at = why.reason.partition(":")[2]
    return {at if at in _FIELDS else "words": f"{why.what} {why.hint}".strip()}


def pages(house: House, views: Sequence[View] = (), limits: service.Limits | None = None) -> list[Route]:
    """The routes of this edge; `views` are tried first for whoever is signed in."""
    desk = _Desk(house, views, limits or service.Limits(house.clock))
    page = _TagPage(desk)
    return [
        Route("/t/{code}", page, methods=["GET"]),
        Route("/T/{code}", page, methods=["GET"]),
        Route("/t", desk.ask, methods=["GET"]),
        Route("/T", desk.ask, methods=["GET"]),
        *(Route(f"/t/{{code}}/{action}", desk.send, methods=["POST"]) for action in ACTIONS),
        Route("/kept", desk.what_is_kept, methods=["GET"]),
    ]
