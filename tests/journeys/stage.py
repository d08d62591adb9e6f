"""The stage of the journeys: what `make run` starts, on free ports and in a folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FREE_PORTS = {"THINGCLOUD_MQTT_PORT": "0", "THINGCLOUD_MQTT_TLS_PORT": "0"}
_START_SECONDS = 120
_STOP_SECONDS = 15


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


@dataclass
class Demo:
    """A running demo: its process, its folder, and what it wrote into demo.json."""

    process: "subprocess.Popen[str]"
    folder: Path
    facts: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.facts[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def tag_page(self) -> str:
        """The tag's page on this machine's loopback."""
        return f"{self.base_url}/t/{self.tag_code}"

    def api(self, path: str) -> Any:
        """What a program with the owner's key is told."""
        asked = urllib.request.Request(
            f"{self.base_url}/api/v1{path}", headers={"Authorization": f"Bearer {self.api_token}"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)

    def signed_in(self, link: str) -> dict[str, Any]:
        """Press the one button behind a link that opens once; the browser's state after it."""
        jar = CookieJar()
        urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar)).open(link, data=b"", timeout=10).close()
        cookies = [
            {"name": kept.name, "value": kept.value, "domain": "localhost", "path": kept.path, "httpOnly": True}
            for kept in jar
        ]
        if not cookies:
            raise AssertionError("the link opened nothing")
        return {"cookies": cookies, "origins": []}

    def stop(self) -> tuple[int, str]:
        """Ctrl-C; the exit code and all that was printed."""
        self.process.send_signal(signal.SIGINT)
        printed, _ = self.process.communicate(timeout=_STOP_SECONDS)
        return self.process.returncode, printed


def start(folder: Path, **settings: str) -> Demo:
    """Start the demo and wait until it is ready; what it printed is in the failure if it is not."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THINGCLOUD_")}
    environment |= {
        **FREE_PORTS,
        "THINGCLOUD_DATA": str(folder),
        "THINGCLOUD_PROXY": "127.0.0.1",
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "thingcloud.cli", "demo", "--port", str(free_port())],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    facts, began = folder / "demo.json", time.monotonic()
    while process.poll() is None and time.monotonic() - began < _START_SECONDS:
        if facts.exists() and facts.read_text().endswith("}"):
            return Demo(process, folder, json.loads(facts.read_text()))
        time.sleep(0.05)
    process.kill()
    raise AssertionError(f"the demo did not start:\n{process.communicate()[0]}")


def status(url: str, **headers: str) -> int:
    """The HTTP status of a page."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
