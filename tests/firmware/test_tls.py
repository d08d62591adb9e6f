"""TLS with the host's own trust anchor, on both runtimes: the right one is taken, anything else refused."""

import asyncio
import ipaddress
import ssl
import sys
from pathlib import Path

import pytest
from cryptography import x509

from tests.fakes.micropython import ROOT, interpreter
from tests.firmware.certificates import certificate


async def dialled(command: list[str], served: tuple[Path, Path], host: str, anchor: Path) -> str:
    """Return what the device says that dials a server with the certificate `served`."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(5))
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*served)
    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context)
    port = str(server.sockets[0].getsockname()[1])
    words = [*command, port, host, str(anchor)]
    device = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(device.communicate(), 30)
    server.close()
    return said.decode().strip()


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["micropython", "python"])
async def test_only_the_right_anchor_and_name_are_taken(runtime: str, tmp_path: Path) -> None:
    script = "tests/firmware/dial_once.py"
    command = interpreter().command(script, heap="128k") if runtime == "micropython" else [sys.executable, script]
    here: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    good = certificate(tmp_path, "good", here)
    other = certificate(tmp_path, "other", here)
    elsewhere = certificate(tmp_path, "elsewhere", [x509.DNSName("elsewhere.example")])
    assert await dialled(command, good, "localhost", good[0]) == "hello"
    assert (await dialled(command, good, "localhost", other[0])).startswith("refused")
    assert (await dialled(command, elsewhere, "localhost", elsewhere[0])).startswith("refused")


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["micropython", "python"])
async def test_an_address_in_numbers_is_checked_like_a_name(runtime: str, tmp_path: Path) -> None:
    script = "tests/firmware/dial_once.py"
    command = interpreter().command(script, heap="128k") if runtime == "micropython" else [sys.executable, script]
    here = certificate(tmp_path, "here", [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    elsewhere = certificate(tmp_path, "elsewhere", [x509.IPAddress(ipaddress.ip_address("127.0.0.2"))])
    assert await dialled(command, here, "127.0.0.1", here[0]) == "hello"
    assert (await dialled(command, elsewhere, "127.0.0.1", elsewhere[0])).startswith("refused")
