"""The two servers that tests.bench.scans compares: `python -m tests.bench.scans_served ours|bare FOLDER TAGS`."""

import socket
import sqlite3
import sys
from pathlib import Path

import jinja2
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from talktag import code as codes

_BARE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title><style>body{margin:0;
font:16px/1.5 system-ui,sans-serif;background:#f4f4ee;color:#13252b}main{max-width:512px;margin:auto;padding:16px}
h1{font-size:26px}textarea{width:100%;height:90px}button{width:100%;min-height:52px;background:#0b5b59}</style></head>
<body><main><h1>You found a lost {{ kind }}.</h1><p>Thank you! Please tell its owner where it is. You stay
anonymous.</p>{% if message %}<blockquote>{{ message }}</blockquote>{% endif %}{% if reward %}<p>{{ reward }}
thank-you promised</p>{% endif %}<form method="post" action="/t/{{ code }}/message"><label for="words">Where is it?
</label><textarea id="words" name="words"></textarea><button>Send to the owner</button></form><p>The owner sees only
what you send. No app, no sign-in, no number.</p><ul><li>Meet where there are people, or leave it at a desk.</li>
<li>You never have to pay or sign in.</li><li>Opening this page alerts nobody. Only sending does.</li></ul><p>This
page is run by {{ host }}, {{ code }}</p></main></body></html>"""
_MESSAGE = "Dark blue, red ribbon on the handle. Nothing in it is worth much, but it means a lot to us."


def bare(folder: Path, tags: int) -> Starlette:
    """One route, one look-up, one template; no more than such a page needs."""
    made = [codes.new().text for _ in range(tags)]
    db = sqlite3.connect(folder / "bare.db")
    db.execute("CREATE TABLE tags (code TEXT PRIMARY KEY, kind TEXT, message TEXT, reward TEXT) WITHOUT ROWID")
    db.executemany("INSERT INTO tags VALUES (?, 'suitcase', ?, '€ 20')", [(code, _MESSAGE) for code in made])
    db.commit()
    (folder / "codes").write_text(" ".join(made))
    template = jinja2.Environment(autoescape=True).from_string(_BARE)

    async def page(request: Request) -> Response:
        code = request.path_params["code"]
        row = db.execute("SELECT kind, message, reward FROM tags WHERE code = ?", (code,)).fetchone()
        if row is None:
            return HTMLResponse("", 404)
        kind, message, reward = row
        return HTMLResponse(
            template.render(title="Tag", kind=kind, message=message, reward=reward, code=code, host="localhost")
        )

    return Starlette(routes=[Route("/t/{code}", page)])


def ours(folder: Path, tags: int) -> Starlette:
    """The whole web side as it is served; only the pace of one client is wide, since here one asks for all."""
    from thingcloud import app
    from thingcloud.owners import service as owners
    from thingcloud.plumbing import migrations
    from thingcloud.plumbing.broker.broker import BrokerAddress
    from thingcloud.plumbing.bucket import Pace
    from thingcloud.plumbing.clock import SystemClock
    from thingcloud.plumbing.db import Tx
    from thingcloud.plumbing.settings import Settings
    from thingcloud.scans import service as scans
    from thingcloud.things import service as things

    house = app.build_house(Settings(data=folder), SystemClock())
    migrations.upgrade(house.db.engine)
    house.db.start()
    now = house.clock.now()

    def fill(tx: Tx) -> list[str]:
        owner = owners.create_account(tx, now, "Bench", "bench@owner.example")
        made = []
        for _ in range(tags):
            thing = things.create_thing(tx, now, owner.id, "Suitcase", "suitcase")
            things.mark_lost(tx, now, thing.id, _MESSAGE, "€ 20")
            made.append(things.new_tag(tx, now, thing.id).code)
        return made

    (folder / "codes").write_text(" ".join(house.db.write_now(fill)))
    scans.VIEWS = Pace(10**9, 1000)
    reach = app.Reach(lambda _topic, _data: None, lambda _client: 0, lambda: BrokerAddress("", 0, 0, "", ""))
    return app.web(house, reach, lambda: True)


def main() -> None:
    """Fill, listen, say the port, serve until told to stop."""
    which, folder, tags = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    served = {"ours": ours, "bare": bare}[which](folder, tags)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(served, log_config=None, access_log=False, lifespan="off", server_header=False, ws="none")
    print(listening.getsockname()[1], flush=True)
    uvloop.run(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    main()
