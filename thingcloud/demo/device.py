"""The demo's device: the firmware of firmware/, under MicroPython where it can be had, followed by what it says."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from pathlib import Path

from thingflash import FIRMWARE
from thingflash.desktop import HEAP
from thingflash.interpreter import find_or_fetch

_AGAIN_SECONDS = 2.0


class Device:
    """One running firmware; `seen` fills with its last word on each kind of event."""

    def __init__(self, folder: Path, cache: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        interpreter = find_or_fetch(cache, say)
        script, words = str(FIRMWARE / "main.py"), ("--dir", str(folder))
        self._command = interpreter.command(script, words, HEAP) if interpreter else [sys.executable, script, *words]
        self.runs_on = f"MicroPython {interpreter.version}" if interpreter else f"Python {sys.version.split()[0]}"
        self.is_micropython = interpreter is not None
        self.seen: dict[str, dict[str, object]] = {}
        self._news = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    def configure(self, url: str, code: str, stream: str, interval: float) -> None:
        """Write its config.json: one host, one stream, every reading kept before it is sent."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        config = {
            "hosts": [{"url": url, "code": code}],
            "streams": [{"name": stream, "interval": interval}],
            "batch": 1,
        }
        (self._folder / "config.json").write_text(json.dumps(config))

    def start(self) -> None:
        """Start it, and start it again whenever it ends."""
        self._task = asyncio.create_task(self._run())

    async def heard(self, event: str, seconds: float) -> dict[str, object] | None:
        """The device's last word on `event`, waited for."""
        try:
            async with asyncio.timeout(seconds):
                while event not in self.seen:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return None
        return self.seen[event]

    async def stop(self) -> None:
        """End it; its readings wait in its outbox."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True, env=_environment()
            )
            try:
                if process.stdout is not None:
                    await self._follow(process.stdout)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                await process.wait()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _follow(self, said_by_it: asyncio.StreamReader) -> None:
        async for line in said_by_it:
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict) and isinstance(said.get("event"), str):
                    self.seen[said["event"]] = said
                    self._news.set()


def _environment() -> dict[str, str]:
    """The device's environment: no setting and no secret of the cloud is in it."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
