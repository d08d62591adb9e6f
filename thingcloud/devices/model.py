"""What a paired device is, and the decisions of pairing."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from thingcloud.plumbing.errors import BadInput, Conflict
from thingseal.keys import did_key

CODE_MINUTES: Final = 15
CODE_LIFE: Final = CODE_MINUTES * 60_000
NONCE_LIFE: Final = 2 * 60_000
MOST_DEVICES: Final = 16
MOST_CODES: Final = 5
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None})
_CODE_LETTERS: Final = 8
_HEAD_BYTES: Final = 8
_NONCE_BYTES: Final = 16


@dataclass(frozen=True)
class Device:
    """A device that was paired here; times in ms. `row` is its short name inside the database."""

    id: str
    row: int
    thing_id: str
    public: bytes
    generation: int
    receipt_secret: bytes = field(repr=False)
    revoked: bool
    last_seen: int | None
    paired_at: int = 0
    name: str = ""
    model: str = ""
    released: bool = False

    @property
    def did(self) -> str:
        """Its key as did:key, the spelling for people and third parties."""
        return did_key(self.public)


@dataclass(frozen=True)
class Claim:
    """A pairing message whose signature verified: this key asks to be taken in with this code."""

    device: str
    public: bytes
    nonce: bytes
    code: str = field(repr=False)
    name: str = ""
    model: str = ""


@dataclass(frozen=True)
class Credentials:
    """What a device is given at pairing, once."""

    device: str
    password: str = field(repr=False)
    receipt_secret: bytes = field(repr=False)
    generation: int


@dataclass(frozen=True)
class PairingCode:
    """An owner's code as it is stored; times in ms."""

    thing_id: str
    expires_at: int
    used_at: int | None

    def open_for(self, now: int) -> None:
        """Refuse a code that was used or is old."""
        if self.used_at is not None:
            raise Conflict("This pairing code was used already.", hint=_ANOTHER, reason="code-used")
        if now >= self.expires_at:
            raise Conflict(f"This pairing code is older than {CODE_MINUTES} minutes.", hint=_ANOTHER, reason="code-old")


_ANOTHER: Final = "Get a new one on the thing's page."


def unknown_code() -> BadInput:
    """The refusal of a code that nobody was given."""
    return BadInput(
        "This pairing code is not known here.", hint="Compare it with the thing's page.", reason="code-unknown"
    )


def claimed() -> Conflict:
    """The refusal of a device that belongs to somebody else here."""
    return Conflict(
        "This device belongs to somebody else.", hint="Its owner has to release it first.", reason="claimed"
    )


def new_code() -> str:
    """A new code of 40 random bits, as it is shown: two groups of four characters without I, L, O and U."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LETTERS))
    return f"{letters[:4]}-{letters[4:]}"


def code_digest(code: str) -> bytes:
    """What is stored of a code; hyphens, case, and O, I, L for 0 and 1 make no difference."""
    return hashlib.sha256(code.upper().translate(_READ_AS).encode()).digest()


def nonce_for(key: bytes, now: int, device: str) -> bytes:
    """A nonce for this device that the host recognises later without having kept it."""
    head = (now // 1000).to_bytes(4, "big") + secrets.token_bytes(_HEAD_BYTES - 4)
    return head + _mark(key, head, device)


def check_nonce(key: bytes, now: int, device: str, nonce: bytes) -> None:
    """Refuse a nonce that is not ours, was for another device, or is older than two minutes."""
    head, mark = nonce[:_HEAD_BYTES], nonce[_HEAD_BYTES:]
    if len(nonce) != _NONCE_BYTES or not hmac.compare_digest(mark, _mark(key, head, device)):
        raise BadInput("This answers no question of this host.", hint="Begin the pairing again.", reason="wrong-nonce")
    if not 0 <= now - int.from_bytes(head[:4], "big") * 1000 < NONCE_LIFE:
        raise BadInput(
            "This answer took longer than two minutes.", hint="Begin the pairing again.", reason="wrong-nonce"
        )


def _mark(key: bytes, head: bytes, device: str) -> bytes:
    size = _NONCE_BYTES - _HEAD_BYTES
    return hashlib.blake2b(head + device.encode(), digest_size=size, key=key, person=b"pairing nonce").digest()
