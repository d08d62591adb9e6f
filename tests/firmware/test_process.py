"""The device as a process of its own, under MicroPython with a board's heap, against a host on loopback."""

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509

from tests.fakes.micropython import interpreter
from tests.fakes.pairing_host import PairingHost
from tests.firmware.certificates import certificate
from thingflash import FIRMWARE
from thingflash.desktop import HEAP
from thingseal import keys
from thingseal.reading import digest

ROUNDS = 50 if os.environ.get("FAULTS") else 5


class Device:
    """A running device and everything that it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[dict[str, object]] = []

    def events(self, name: str) -> list[dict[str, object]]:
        return [said for said in self.said if said["event"] == name]

    async def until(self, name: str, count: int = 1) -> dict[str, object]:
        """Listen until the device has said this so many times; returns the last."""
        while len(self.events(name)) < count:
            await self._hear()
        return self.events(name)[count - 1]

    async def rest(self) -> None:
        """Listen until nothing is held any more."""
        while self.said[-1].get("held") != 0:
            await self._hear()

    async def _hear(self) -> None:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 30)
        assert line, f"the device ended, {self.said}"
        self.said.append(json.loads(line))

    async def kill(self) -> None:
        """kill -9; what it said before is heard."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        assert self.process.stdout is not None
        for line in (await self.process.stdout.read()).splitlines():
            with contextlib.suppress(ValueError):
                self.said.append(json.loads(line))
        await self.process.wait()


def command(runtime: str, folder: Path) -> list[str]:
    script, words = str(FIRMWARE / "main.py"), ["--dir", str(folder)]
    if runtime == "python":
        return [sys.executable, script, *words]
    return interpreter().command(script, words, HEAP)


@contextlib.asynccontextmanager
async def started(runtime: str, folder: Path) -> AsyncIterator[Device]:
    line = command(runtime, folder)
    process = await asyncio.create_subprocess_exec(*line, stdout=asyncio.subprocess.PIPE)
    device = Device(process)
    try:
        yield device
    finally:
        await device.kill()


@contextlib.asynccontextmanager
async def hosted(folder: Path, **more: object) -> AsyncIterator[PairingHost]:
    host = PairingHost()
    await host.start()
    streams = [{"name": "machine", "interval": more.pop("interval", 0.05), "drivers": ["load", "uptime"]}]
    raw = {"hosts": [{"url": host.url, "code": host.code}], "streams": streams, "batch": 1, **more}
    (folder / "config.json").write_text(json.dumps(raw))
    try:
        yield host
    finally:
        await host.stop()


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["micropython", "python"])
async def test_it_makes_a_key_pairs_and_comes_to_rest(runtime: str, tmp_path: Path) -> None:
    async with hosted(tmp_path, interval=1) as host, started(runtime, tmp_path) as device:
        device_id = (await device.until("key"))["device"]
        assert (await device.until("paired"))["url"] == host.url
        await device.until("receipt", 2)
        await device.rest()
        assert keys.device_id(host.device_key) == device_id
        assert host.refusals == []
        assert host.broker.said("status")[0] == b"online"
    for name in ("identity", "sequence", "hosts", "outbox"):
        assert os.stat(tmp_path / name).st_mode & 0o077 == 0, name


@pytest.mark.slow
async def test_kill_9_at_any_moment_reuses_no_number_and_loses_no_reading(tmp_path: Path) -> None:
    announced: list[int] = []
    async with hosted(tmp_path) as host:
        host.receipts = lambda nth: nth % 3 != 0
        for round_ in range(ROUNDS):
            async with started("micropython", tmp_path) as device:
                await device.until("pack", 1 + 7 * round_ % 20)
            announced += [int(str(said["sequence"])) for said in device.events("pack")]
        host.receipts = lambda nth: True
        (tmp_path / "config.json").write_text((tmp_path / "config.json").read_text().replace("0.05", "30"))
        async with started("micropython", tmp_path) as device:
            await device.until("receipt")
            await device.rest()
            announced += [int(str(said["sequence"])) for said in device.events("pack")]
    assert len(announced) == len(set(announced))
    assert set(announced) <= set(host.stored)
    assert all(len(versions) == 1 for versions in host.stored.values())
    assert host.refusals == []
    numbers = sorted(host.stored)
    assert host.packs[numbers[0]].previous is None
    for before, after in itertools.pairwise(numbers):
        assert host.packs[after].previous == digest(host.stored[before][0])


@pytest.mark.slow
async def test_two_hosts_over_tls_are_served_the_same_packs_from_one_small_heap(tmp_path: Path) -> None:
    served = certificate(tmp_path, "host", [x509.DNSName("localhost")])
    hosts = [PairingHost(certificate=served), PairingHost(certificate=served)]
    for host in hosts:
        await host.start()
    (tmp_path / "device").mkdir()
    raw = {
        "hosts": [{"url": host.url, "code": host.code} for host in hosts],
        "streams": [{"name": "machine", "interval": 0.2}],
        "batch": 1,
    }
    (tmp_path / "device" / "config.json").write_text(json.dumps(raw))
    async with started("micropython", tmp_path / "device") as device:
        await device.until("receipt", 20)
    assert device.events("disconnected") == []
    first, second = (host.stored for host in hosts)
    assert len(first) >= 9
    assert all(second[number] == message for number, message in first.items() if number in second)
    assert len(set(first) & set(second)) >= 9
    for host in hosts:
        await host.stop()


@pytest.mark.slow
async def test_a_second_device_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with hosted(tmp_path), started("micropython", tmp_path) as first:
        await first.until("pack")
        async with started("micropython", tmp_path) as second:
            said = await second.until("error")
            assert "already runs in this folder" in str(said["text"])
            assert await asyncio.wait_for(second.process.wait(), 10) == 2


@pytest.mark.slow
async def test_a_slip_in_the_configuration_is_named_and_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"hots": []}')
    async with started("micropython", tmp_path) as device:
        assert "no setting 'hots'" in str((await device.until("error"))["text"])
        assert await asyncio.wait_for(device.process.wait(), 10) == 2
    assert not (tmp_path / "identity").exists()


@pytest.mark.slow
async def test_secrets_are_never_printed(tmp_path: Path) -> None:
    async with hosted(tmp_path) as host, started("micropython", tmp_path) as device:
        await device.until("receipt", 3)
    text = json.dumps(device.said)
    for secret in (host.code, "a password", host.secret.hex(), (tmp_path / "identity").read_text().split()[1]):
        assert secret not in text
