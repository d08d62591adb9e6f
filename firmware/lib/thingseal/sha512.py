"""SHA-512: hashlib's where there is one, else a native kernel that proved itself, else portable code."""

import hashlib
from binascii import unhexlify

try:
    from collections.abc import Callable
    from typing import Any
except ImportError:
    pass

# The second message is padded into a second block, so that chaining is proved too.
_SHORT = (
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
)
_LONG = (
    "670aeaeaa58aa195a48a59c957abab5e8080b2bf121e1c0b7df19911b164776a"
    "1c7a3a50b0e2f4207e9e3686fa0358c9a4f91b2c8f25e5f9b17cc19de50dc20f"
)
_KNOWN_ANSWERS = ((b"abc", _SHORT), (b"abc" * 38, _LONG))


def _host(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()


def proven(kernel: "Callable[[], Any]") -> "Callable[[bytes], bytes] | None":
    """The digest by this kernel, if it is right: where native words do not have 32 bits it gives wrong ones."""
    digest: Callable[[bytes], bytes] = kernel().digest
    for message, answer in _KNOWN_ANSWERS:
        if digest(message) != unhexlify(answer):
            return None
    return digest


def _chosen() -> "Callable[[bytes], bytes]":
    if hasattr(hashlib, "sha512"):
        return _host
    try:
        from thingseal.sha512_native import Kernel

        native = proven(Kernel)
    except (ImportError, SyntaxError):
        native = None
    if native is not None:
        return native
    from thingseal.sha512_portable import portable

    return portable


sha512 = _chosen()
