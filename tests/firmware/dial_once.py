"""Dials once over TLS and says how it went: `dial_once.py PORT HOST ANCHOR_FILE`; run by a test, on either runtime."""

import asyncio
import sys

sys.path[:0] = ["", "firmware", "firmware/lib"]

from device.link import Address, Line  # noqa: E402


async def main(port: str, host: str, anchor: str) -> str:
    """Connect, send a line, return what comes back, or the kind of error."""
    with open(anchor) as file:
        pem = file.read()
    try:
        reader, writer = await Line(Address(f"mqtts://{host}:{port}", ("mqtt", "mqtts")), pem, "loopback").open()
        writer.write(b"hello\n")
        await writer.drain()
        return (await asyncio.wait_for(reader.read(5), 5)).decode()
    except (OSError, ValueError) as error:
        return "refused: " + str(error)


print(asyncio.run(main(*sys.argv[1:4])))
