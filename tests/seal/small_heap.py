"""One signature of a message of 200 bytes, the table read by seek: started with a small heap, under MicroPython."""

import sys

sys.path[:0] = ["firmware/lib"]

from thingseal.ed25519 import Signer, Table  # noqa: E402 - the path comes first

with open("firmware/lib/thingseal/comb.bin", "rb") as file:

    def read(offset: int, size: int) -> bytes:
        file.seek(offset)
        return file.read(size)

    signer = Signer(bytes(range(32)), Table(read))
    print("signed" if len(signer.sign(bytes(200))) == 64 else "not signed")
