"""What anyone may read: the roster's texts, and who this host is."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from thingcloud.plumbing.errors import NotFound
from thingcloud.plumbing.house import House
from thingcloud.plumbing.ids import b64url
from thingcloud.vendors.model import ROSTER

_FOR_ALL = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=3600"}


def pages(house: House) -> list[Route]:
    """The routes of this edge."""

    async def terms(request: Request) -> Response:
        found = ROSTER.get(request.path_params["name"])
        if found is None:
            raise NotFound("These terms are not on the roster.")
        return PlainTextResponse(found.text, headers={**_FOR_ALL, "X-Digest-Sha256": found.digest.hex()})

    async def well_known(_request: Request) -> Response:
        return JSONResponse(
            {
                "host": house.key.id,
                "did": house.key.did,
                "key": b64url(house.key.public),
                "rotations": [],
                "operator": house.settings.operator,
                "agreements": [{"terms": name, "sha256": item.digest.hex()} for name, item in ROSTER.items()],
            },
            headers=_FOR_ALL,
        )

    return [
        Route("/terms/{name}", terms, methods=["GET"]),
        Route("/.well-known/thingcloud", well_known, methods=["GET"]),
    ]
