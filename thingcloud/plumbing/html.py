"""Pages: templates of every room, one stylesheet, one small script, and the headers that keep a page to itself."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import BytecodeCache, Environment, FunctionLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thingcloud.plumbing import ids, words
from thingcloud.plumbing.errors import ThingcloudError, TooMuch
from thingcloud.plumbing.icons import icon
from thingcloud.plumbing.settings import Settings

_HERE: Final = Path(__file__).parent
_KINDS: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_SPOKEN: Final = {"en": "en-GB"}  # days and times are written the British way
_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})

# place, words, icon, address: what stands in the owner's navigation
NAVIGATION: Final = (
    ("home", "Home", "home", "/owner"),
    ("things", "Things", "box", "/owner/things"),
    ("messages", "Messages", "chat", "/owner/messages"),
    ("settings", "Settings", "sliders", "/owner/settings"),
)


def _load(name: str) -> tuple[str, str, None] | None:
    room, _, file = name.rpartition("/")
    path = _HERE.parent / (room or "plumbing") / "templates" / file
    if ".." in name or not path.is_file():
        return None
    return path.read_text(encoding="utf-8"), str(path), None


class _Compiled(BytecodeCache):
    """Templates compiled in this process, shared by all languages."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


_compiled: Final = _Compiled()


class Pages:
    """Renders a page for a request; built once, shared by every edge."""

    languages: Final = ("en",)

    def __init__(self, settings: Settings, navigation: Sequence[tuple[str, str, str, str]] = NAVIGATION) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted((_HERE / "static").iterdir()) if path.is_file()}
        self._marks = {name: hashlib.sha256(body).hexdigest()[:12] for name, body in self._files.items()}
        sheet = self._files["talktag.css"].decode().strip()
        self.headers = _headers(sheet)
        self._facts: dict[str, object] = {
            "site": settings.name, "operator": settings.operator, "navigation": navigation, "icon": icon,
            "new_once": ids.new_secret,
            "static": self.static, "sheet": Markup(sheet), "languages": self.languages,
        }  # fmt: skip
        self._environments = {lang: self._environment(lang) for lang in self.languages}

    def _environment(self, lang: str) -> Environment:
        made = Environment(
            loader=FunctionLoader(_load), autoescape=True, undefined=StrictUndefined, auto_reload=False,
            extensions=["jinja2.ext.i18n"], cache_size=-1, bytecode_cache=_compiled,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
        made.globals.update(self._facts, lang=_SPOKEN.get(lang, lang), dir="rtl" if lang in _RIGHT_TO_LEFT else "ltr")
        made.filters.update(words.FILTERS)
        return made

    def language(self, request: Request) -> str:
        """The best of our languages for this request."""
        return self.best_of(request.headers.get("accept-language", ""))

    def best_of(self, wanted: str) -> str:
        """The best of our languages for an Accept-Language header."""
        return _chosen(wanted, self.languages)

    def render(self, lang: str, template: str, **facts: object) -> str:
        """Fill in a template, named `room/name.html`; an unknown fact is a fault, never an empty place."""
        return self._environments[lang].get_template(template).render(facts)

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **facts: object,
    ) -> Response:
        """A page nobody may keep a copy of, with our content policy."""
        html = self.render(self.language(request), template, **facts)
        return HTMLResponse(html, status, headers={**self.headers, **(headers or {})})

    def problem(self, request: Request, error: ThingcloudError, status: int, *, back: str = "") -> Response:
        """What happened and what to try, as a page."""
        headers = {"Retry-After": str(max(1, error.again_in // 1000))} if isinstance(error, TooMuch) else {}
        facts = {"title": error.what, "text": error.hint, "number": "", "back": back}
        return self.page(request, "problem.html", status=status, headers=headers, **facts)

    def broken(self, request: Request, number: str) -> Response:
        """Our own fault, with the number under which the log tells more."""
        title, text = words.BROKEN
        return self.page(request, "problem.html", status=500, title=title, text=text, number=number, back="")

    def static(self, name: str) -> str:
        """The address of a static file, which changes with its content."""
        return f"/static/{self._marks[name]}/{name}"

    def routes(self) -> list[Route]:
        """Static files, to be kept by browsers for as long as they like."""
        return [Route("/static/{mark}/{name}", self._static, methods=["GET"])]

    async def _static(self, request: Request) -> Response:
        name, mark = request.path_params["name"], request.path_params["mark"]
        if self._marks.get(name) != mark:
            return Response(status_code=404)
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(self._files[name], media_type=_KINDS[Path(name).suffix], headers=headers)


@lru_cache(maxsize=256)
def _chosen(wanted: str, ours: tuple[str, ...]) -> str:
    return words.choose(wanted, ours)


def _headers(sheet: str) -> dict[str, str]:
    mark = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'self' 'sha256-{mark}'; img-src 'self' data:; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
    }
