"""Names and secrets: random, lower case, safe in a URL and in an MQTT topic."""

import base64
import hashlib
import secrets

_BYTES_OF_A_NAME = 10
_BYTES_OF_A_SECRET = 16


def new_id() -> str:
    """A new random name of 16 characters (80 bits), `[a-z2-7]`."""
    return base64.b32encode(secrets.token_bytes(_BYTES_OF_A_NAME)).decode().lower()


def new_secret() -> str:
    """A new random secret of 26 characters (128 bits), `[a-z2-7]`."""
    return base64.b32encode(secrets.token_bytes(_BYTES_OF_A_SECRET)).decode().lower().rstrip("=")


def digest(secret: str) -> bytes:
    """What is stored in place of a secret: SHA-256, enough for 128 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    """The bytes behind `b64url`; raises ValueError for anything else."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
