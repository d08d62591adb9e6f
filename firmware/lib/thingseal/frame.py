"""The one frame of every signed message: COSE_Sign1 with everything in the protected header (docs/wire.md)."""

try:
    from collections.abc import Callable
except ImportError:
    pass

from thingseal import cbor, keys
from thingseal.refusal import Refused

_OWN = "application/vnd.thingcloud."

PACK = 112
ANCHOR = _OWN + "anchor+cbor"
RESULT = _OWN + "result+cbor"
COMMAND = _OWN + "command+cbor"
PAIRING = _OWN + "pairing+cbor"
SUCCESSION = _OWN + "succession+cbor"
REVOCATION = _OWN + "revocation+cbor"
UPDATE = _OWN + "update+cbor"
AGREEMENT = _OWN + "agreement+cbor"
RECEIPT = _OWN + "receipt+cbor"

KINDS = (PACK, ANCHOR, RESULT, COMMAND, PAIRING, SUCCESSION, REVOCATION, UPDATE, AGREEMENT)
_LONG = (SUCCESSION, REVOCATION, UPDATE, AGREEMENT)
_NONCED = (PAIRING, AGREEMENT)

EDDSA = -8
ED25519 = -19
EARLIEST = 1704067200
LATEST = 4294967295
MAX_SEQUENCE = 2**63 - 1


class Frame:
    """A message that was taken apart; nothing in it is to be believed before its signature was verified."""

    def __init__(
        self,
        kind: int | str,
        kid: bytes,
        cti: bytes,
        iat: int | None,
        protected: bytes,
        payload: bytes,
        signature: bytes,
    ) -> None:
        self.kind = kind
        self.kid = kid
        self.cti = cti
        self.iat = iat
        self.protected = protected
        self.payload = payload
        self.signature = signature

    @property
    def sequence(self) -> int:
        """The number in `cti`, for kinds that count."""
        return int.from_bytes(self.cti, "big")

    def to_be_signed(self) -> bytes:
        """The bytes under the signature, built from the received ones."""
        return _to_be_signed(self.protected, self.payload)


def limit(kind: int | str) -> int:
    """The greatest length of a message of this kind, in bytes."""
    return 4096 if kind in _LONG else 1024


def sequence_bytes(number: int) -> bytes:
    """A sequence number as the `cti` of a message; raises Refused when it is out of range."""
    if not 1 <= number <= MAX_SEQUENCE:
        raise Refused("bad-sequence")
    return number.to_bytes(8, "big")


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor.encode(["Signature1", protected, b"", payload])


def signing_input(kind: int | str, payload: bytes, kid: bytes, cti: bytes, iat: int | None) -> tuple[bytes, bytes]:
    """The protected header and the bytes to be signed; `assemble` puts the signature to them."""
    claims: dict[int, object] = {7: cti}
    if iat is not None:
        claims[6] = iat
    protected = cbor.encode({1: EDDSA, 3: kind, 4: kid, 15: claims})
    _header(protected, kind)
    return protected, _to_be_signed(protected, payload)


def assemble(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """The finished message."""
    return cbor.encode(cbor.Tag(18, [protected, {}, payload, signature]))


def seal(
    kind: int | str, payload: bytes, kid: bytes, cti: bytes, iat: int | None, sign: "Callable[[bytes], bytes]"
) -> bytes:
    """A signed message; `sign` makes the 64-byte signature of the bytes it is given."""
    protected, message = signing_input(kind, payload, kid, cti, iat)
    data = assemble(protected, payload, sign(message))
    if len(data) > limit(kind):
        raise Refused("too-large")
    return data


def parse(data: bytes, kind: int | str) -> Frame:
    """Take a message of the expected kind apart without believing it: steps 1 to 3 of the verification."""
    if len(data) > limit(kind):
        raise Refused("too-large")
    protected, payload, signature = parts(data, 18, 64)
    key_hint, cti, iat = _header(protected, kind)
    return Frame(kind, key_hint, cti, iat, protected, payload, signature)


def parts(data: bytes, tag: int, seal_size: int) -> tuple[bytes, bytes, bytes]:
    """Protected header, payload and signature (or MAC) of a COSE message with this tag."""
    message = cbor.decode(data)
    if not isinstance(message, cbor.Tag) or message.number != tag:
        raise Refused("wrong-tag")
    if not isinstance(message.value, list) or len(message.value) != 4:
        raise Refused("bad-frame")
    protected, unprotected, payload, signature = message.value
    if not (
        isinstance(protected, bytes)
        and isinstance(unprotected, dict)
        and isinstance(payload, bytes)
        and isinstance(signature, bytes)
    ):
        raise Refused("bad-frame")
    if unprotected:
        raise Refused("unprotected-not-empty")
    if len(signature) != seal_size:
        raise Refused("bad-frame", "a signature of another size")
    return protected, payload, signature


def _header(protected: bytes, kind: int | str) -> tuple[bytes, bytes, int | None]:
    header = cbor.decode(protected)
    if not isinstance(header, dict) or sorted(header) != [1, 3, 4, 15]:
        raise Refused("bad-frame", "the header")
    if header[1] not in (EDDSA, ED25519):
        raise Refused("wrong-algorithm")
    if not is_kind(header[3], kind):
        raise Refused("wrong-kind")
    key_hint, claims = header[4], header[15]
    if not isinstance(key_hint, bytes) or len(key_hint) != 8:
        raise Refused("bad-frame", "the key's hint")
    if not isinstance(claims, dict) or sorted(claims) not in ([7], [6, 7]):
        raise Refused("bad-frame", "the claims")
    return key_hint, _cti(claims[7], kind), _iat(claims)


def is_kind(value: object, kind: int | str) -> bool:
    """Whether a header's label 3 names this kind."""
    return type(value) is type(kind) and value == kind


def _cti(value: object, kind: int | str) -> bytes:
    if not isinstance(value, bytes) or len(value) != (16 if kind in _NONCED else 8):
        raise Refused("bad-sequence")
    if kind not in _NONCED and not 1 <= int.from_bytes(value, "big") <= MAX_SEQUENCE:
        raise Refused("bad-sequence")
    return value


def _iat(claims: dict[int, object]) -> int | None:
    if 6 not in claims:
        return None
    iat = claims[6]
    if not isinstance(iat, int) or not cbor.is_whole(iat) or not EARLIEST <= iat <= LATEST:
        raise Refused("bad-time")
    return iat


def open_frame(data: bytes, kind: int | str, key: bytes, verify: "Callable[[bytes, bytes, bytes], bool]") -> Frame:
    """A message whose signature by this key verified; `verify(key, message, signature)` says whether it does."""
    frame = parse(data, kind)
    check_signature(frame, key, verify)
    return frame


def check_signature(frame: Frame, key: bytes, verify: "Callable[[bytes, bytes, bytes], bool]") -> None:
    """Steps 4 to 6 of the verification: hint, key and signature."""
    if frame.kid != keys.kid(key):
        raise Refused("wrong-key")
    keys.check(key)
    if not verify(key, frame.to_be_signed(), frame.signature):
        raise Refused("bad-signature")
