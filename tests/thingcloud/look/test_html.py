import base64
import hashlib
import re

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.thingcloud.look import specimen
from thingcloud.plumbing import icons
from thingcloud.plumbing.errors import NotFound, TooMuch
from thingcloud.plumbing.html import Pages
from thingcloud.plumbing.kept import Kept, hole
from thingcloud.plumbing.settings import Settings

PAGES = Pages(Settings(name="talktag"))


def rendered(source: str, **facts: object) -> str:
    return PAGES._environments["en"].from_string(source).render(facts)


def client() -> TestClient:
    kept = Kept("<p>words</p>" * 200 + hole("name") + "<p>more</p>" * 200 + hole("name"), PAGES.headers)

    async def problem(request: Request) -> Response:
        return PAGES.problem(request, TooMuch("That was a lot in a short time.", again_in=61_000, hint="Wait."), 429)

    async def missing(request: Request) -> Response:
        return PAGES.problem(request, NotFound("<b>This</b> is not here."), 404, back="/owner")

    async def broken(request: Request) -> Response:
        return PAGES.broken(request, "K7Q")

    async def ready(request: Request) -> Response:
        asked = request.query_params
        name = asked.get("name", "") * int(asked.get("times", "1"))
        small = "gzip" in request.headers["accept-encoding"]
        return kept.response(
            {"name": name, "other": "x"}, compressed=small, cookie="once=1" if "cookie" in asked else ""
        )

    named = {"/problem": problem, "/missing": missing, "/broken": broken, "/kept": ready}
    return TestClient(Starlette(routes=[Route(path, page) for path, page in named.items()] + PAGES.routes()))


def test_the_specimen_shows_every_component() -> None:
    page = rendered(specimen.SOURCE, **specimen.facts())
    for marks in (
        "tag",
        "cord",
        "owner",
        "tiles",
        "says own",
        "says",
        "said",
        "steps",
        "thing tag",
        "thing empty",
        "empty",
    ):
        assert f'class="{marks}' in page
    for marks in (
        "pill warn",
        "pill bad",
        "disc sun",
        "m soon",
        "m urgent",
        "seal bad",
        "answer",
        "tabs",
        "plot",
        "value",
    ):
        assert marks in page
    assert "style=" not in page


def test_a_fact_that_is_missing_is_a_fault_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError):
        rendered("{{ owner_name }}")


def test_words_of_people_never_become_markup() -> None:
    assert "<script>" not in rendered('{% from "macros.html" import tag %}{{ tag("dog", name) }}', name="<script>")
    box = rendered('{% from "macros.html" import field %}{{ field("a", "A", words, rows=3) }}', words="</textarea><b>")
    assert "</textarea><b>" not in box
    assert "&lt;/textarea&gt;" in box


def test_what_was_typed_keeps_its_first_empty_line() -> None:
    box = rendered('{% from "macros.html" import field %}{{ field("a", "A", words, rows=3) }}', words="\nsecond")
    assert ">\n\nsecond</textarea>" in box


def test_the_policy_allows_the_inline_sheet_by_its_digest_and_nothing_else_inline() -> None:
    page = PAGES.render("en", "problem.html", title="T", text="", number="", back="")
    sheet = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert sheet
    digest = base64.b64encode(hashlib.sha256(sheet[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in PAGES.headers["Content-Security-Policy"]
    assert "unsafe" not in PAGES.headers["Content-Security-Policy"]


def test_static_files_change_their_address_with_their_content_and_are_kept_for_ever() -> None:
    answer = client().get(PAGES.static("talktag.css"))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    assert client().get("/static/000000000000/talktag.css").status_code == 404
    assert client().get("/static/x/..%2f..%2fhtml.py").status_code == 404


def test_a_problem_says_what_happened_and_when_to_try_again() -> None:
    answer = client().get("/problem")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "61"
    assert "That was a lot in a short time." in answer.text
    assert "&lt;b&gt;This&lt;/b&gt;" in client().get("/missing").text
    assert "Nothing you sent before is lost." in client().get("/broken").text


def test_a_kept_page_is_sent_plain_or_compressed_and_may_carry_a_cookie() -> None:
    plain = client().get("/kept", headers={"accept-encoding": "identity"})
    small = client().get("/kept?cookie", headers={"accept-encoding": "gzip"})
    assert plain.text == small.text
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"])
    assert "set-cookie" not in plain.headers
    assert small.headers["set-cookie"] == "once=1"


@pytest.mark.parametrize(
    ("name", "times"), [("", 1), ("Ä & <b>", 1), ("x", 70_000), ("\ue000name\ue000", 1), ("\n\x00", 1)]
)
@pytest.mark.parametrize("way", ["gzip", "identity"])
def test_what_fills_a_hole_arrives_escaped_in_every_encoding(name: str, times: int, way: str) -> None:
    seen = client().get("/kept", params={"name": name, "times": str(times)}, headers={"accept-encoding": way})
    filled = str(escape(name.replace("\ue000", ""))) * times
    assert seen.text == "<p>words</p>" * 200 + filled + "<p>more</p>" * 200 + filled


def test_every_icon_is_drawn_and_an_unknown_kind_is_a_box() -> None:
    assert len({str(icons.icon(name)) for name in icons.names()}) == len(icons.names())
    assert icons.icon("something new") == icons.icon("box")
    assert isinstance(icons.icon("suitcase"), Markup)
    for name in icons.names():
        assert 'aria-hidden="true"' in icons.icon(name)


def test_every_kind_of_thing_has_a_picture_of_its_own() -> None:
    from thingcloud.things.kinds import KINDS

    drawn = [icons.icon(kind) for kind in KINDS]
    assert len(set(drawn)) == len(drawn)
