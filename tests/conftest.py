"""What all tests share: coroutine tests run on a loop of their own, and nothing reaches beyond loopback."""

import asyncio
import inspect
import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def test_…` to its end."""
    if not inspect.iscoroutinefunction(pyfuncitem.function):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.function(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


def _loopback(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True
    host = address[0]
    if host in {"localhost", "testserver", ""}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse connections beyond this machine, with the address named."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if not _loopback(address):
            raise AssertionError(f"a test reached out to {address}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test that was left out is a failure: everything it needs must be installed by our own files."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    left_out = reporter.stats.get("skipped", [])
    if left_out and os.environ.get("CI") and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"CI leaves nothing out, but {len(left_out)} tests were skipped.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
