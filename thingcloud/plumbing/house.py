"""The parts every edge stands on, put together once in `thingcloud.app` and handed down by name."""

from dataclasses import dataclass

from thingcloud.plumbing.clock import Clock
from thingcloud.plumbing.db import Database
from thingcloud.plumbing.html import Pages
from thingcloud.plumbing.keys import HostKey
from thingcloud.plumbing.live import Live
from thingcloud.plumbing.settings import Settings


@dataclass(frozen=True)
class House:
    """What a page, a listener or a job needs besides its own room."""

    settings: Settings
    db: Database
    clock: Clock
    live: Live
    key: HostKey
    pages: Pages
