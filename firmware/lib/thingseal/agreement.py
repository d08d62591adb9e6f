"""What an owner and a vendor agree on: one payload that both sign, read back strictly (docs/wire.md)."""

try:
    from collections.abc import Callable
except ImportError:
    pass

from thingseal import cbor, frame, keys
from thingseal.record import is_stream
from thingseal.refusal import Refused
from thingseal.topics import is_thing

EVENTS = ("reading", "scan")
SCANNERS = ("member", "owner")
MOST_STREAMS = 64
_LONGEST_ADDRESS = 255


class Agreement:
    """What is agreed: under which terms, between which keys, and what of which thing the vendor may hear."""

    def __init__(
        self,
        terms: str,
        digest: bytes,
        owner: bytes,
        vendor: bytes,
        thing: str,
        streams: list[str],
        events: list[str],
        scanners: list[str],
    ) -> None:
        self.terms = terms
        self.digest = digest
        self.owner = owner
        self.vendor = vendor
        self.thing = thing
        self.streams = streams
        self.events = events
        self.scanners = scanners


def encode_agreement(agreement: Agreement) -> bytes:
    """The payload that both sign, its lists brought into order; raises Refused for what the wire does not allow."""
    body: dict[int, object] = {
        1: agreement.terms, 2: agreement.digest, 3: agreement.owner, 4: agreement.vendor, 5: agreement.thing,
        6: sorted(set(agreement.streams)), 7: sorted(set(agreement.events)), 8: sorted(set(agreement.scanners)),
    }  # fmt: skip
    _agreement(body)
    return cbor.encode(body)


def decode_agreement(payload: bytes) -> Agreement:
    """What a payload says; raises Refused unless it is the one byte form of an agreement that the wire allows."""
    return _agreement(cbor.decode(payload))


def open_agreement(
    data: bytes, key: bytes, verify: "Callable[[bytes, bytes, bytes], bool]"
) -> "tuple[Agreement, frame.Frame]":
    """What one side signed with this key, which must be the owner's or the vendor's; two halves are one agreement
    when payload and `cti` of their frames are the same and each key has signed."""
    opened = frame.open_frame(data, frame.AGREEMENT, key, verify)
    agreement = decode_agreement(opened.payload)
    if key not in (agreement.owner, agreement.vendor):
        raise Refused("wrong-key", "the agreement is between others")
    return agreement, opened


def _agreement(body: object) -> Agreement:
    if not isinstance(body, dict) or sorted(body) != [1, 2, 3, 4, 5, 6, 7, 8]:
        raise Refused("bad-payload")
    if not isinstance(body[1], str) or not _is_address(body[1]):
        raise Refused("bad-payload", "the address of the terms")
    if not isinstance(body[2], bytes) or len(body[2]) != 32:
        raise Refused("bad-payload", "the digest of the terms")
    for label in (3, 4):
        if not isinstance(body[label], bytes) or len(body[label]) != 32:
            raise Refused("bad-payload", "a key")
        keys.check(body[label])
    if body[3] == body[4]:
        raise Refused("bad-payload", "both sides have one key")
    if not isinstance(body[5], str) or not is_thing(body[5]):
        raise Refused("bad-payload", "the thing")
    streams, events, scanners = (_words(body[label]) for label in (6, 7, 8))
    _check_scope(streams, events, scanners)
    return Agreement(body[1], body[2], body[3], body[4], body[5], streams, events, scanners)


def _words(value: object) -> list[str]:
    """A list of texts in ascending order, none of them twice."""
    if not isinstance(value, list):
        raise Refused("bad-payload", "a list")
    before = ""
    for word in value:
        if not isinstance(word, str) or not before < word:
            raise Refused("bad-payload", "a list out of order")
        before = word
    return value


def _check_scope(streams: list[str], events: list[str], scanners: list[str]) -> None:
    for stream in streams:
        if not is_stream(stream):
            raise Refused("wrong-stream")
    if len(streams) > MOST_STREAMS:
        raise Refused("bad-payload", "the streams")
    if not events or any(event not in EVENTS for event in events):
        raise Refused("bad-payload", "the events")
    if any(scanner not in SCANNERS for scanner in scanners):
        raise Refused("bad-payload", "the kinds of scanner")


def _is_address(text: str) -> bool:
    if not (text.startswith("https://") or text.startswith("http://")) or len(text) > _LONGEST_ADDRESS:  # noqa: PIE810
        return False
    return all(33 <= ord(character) <= 126 for character in text)
