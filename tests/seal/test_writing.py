"""What the wire's writers make and refuse to make; on CPython and on MicroPython."""

from thingseal import cbor, frame, keys, pairing, reading, receipt, topics
from thingseal.cbor import Fraction10, Tag, rounded
from thingseal.reading import Pack, Reading
from thingseal.refusal import REASONS, Refused

KEY = bytes(range(32))
DEVICE = keys.device_id(KEY)
NOW = 1790000000


def pack(**changes: object) -> Pack:
    given = {
        "device": DEVICE, "stream": "climate", "sequence": 7, "iat": NOW, "boot": None, "uptime": None,
        "previous": None, "readings": [Reading("temperature", "Cel", Fraction10(2137, -2))], "dropped": 0,
    }  # fmt: skip
    given.update(changes)
    return Pack(**given)  # type: ignore[arg-type]


def reason(action: object, *args: object) -> str:
    """The reason of the refusal that the call must end in."""
    try:
        action(*args)  # type: ignore[operator]
    except Refused as refused:
        return refused.reason if str(refused).startswith(refused.reason + ": ") else "no sentence"
    raise AssertionError("it was taken")


def no_signature(_message: bytes) -> bytes:
    return bytes(64)


def test_every_reason_has_a_sentence_for_people() -> None:
    for word in REASONS:
        assert Refused(word).sentence.endswith(".")


def test_a_word_that_is_no_reason_is_a_mistake_of_the_programmer() -> None:
    try:
        Refused("because")
    except KeyError:
        return
    raise AssertionError("it was taken")


def test_numbers_have_one_form() -> None:
    assert Fraction10(21370, -3).normal() == Fraction10(2137, -2)
    assert Fraction10(2100, -2).normal() == 21
    assert Fraction10(0, -2).normal() == 0
    assert Fraction10(3, 2).normal() == 300
    assert rounded(21.374, 2) == Fraction10(2137, -2)
    assert rounded(-0.5, 1) == Fraction10(-5, -1)
    assert rounded(3.0, 2) == 3
    assert [str(Fraction10(*pair)) for pair in ((5, -3), (-5, -1), (2137, -2), (1, 2))] == [
        "0.005",
        "-0.5",
        "21.37",
        "100",
    ]
    assert abs(float(Fraction10(2137, -2)) - 21.37) < 0.00001


def test_readings_are_brought_into_their_one_form() -> None:
    payload = reading.encode_pack(pack(readings=[Reading("x", None, Fraction10(2100, -2), Fraction10(-50, -1))]))
    assert payload.endswith(
        b"\x02\x15\x06\x24" + b"\x21\x78\x21" + (DEVICE + "/climate/").encode() + b"\x22\x1a\x6a\xb1\x3b\x80"
    )


def test_what_the_wire_does_not_allow_is_not_written() -> None:
    for changes, expected in (
        ({"readings": []}, "bad-payload"),
        ({"stream": "Climate"}, "wrong-stream"),
        ({"stream": "a/b"}, "bad-payload"),
        ({"iat": None}, "bad-time"),
        ({"boot": 1}, "bad-payload"),
        ({"previous": b"short"}, "bad-payload"),
        ({"dropped": -1}, "bad-payload"),
        ({"readings": [Reading("Temperature", None, 1)]}, "bad-name"),
        ({"readings": [Reading("x", "deg C", 1)]}, "bad-name"),
        ({"readings": [Reading("x", None, 2**53)]}, "bad-number"),
        ({"readings": [Reading("x", None, Fraction10(1, -16))]}, "bad-number"),
        ({"readings": [Reading("x", None, "a" * 129)]}, "bad-payload"),
        ({"readings": [Reading("x", None, 1, 1)]}, "bad-time"),
        ({"readings": [Reading("x", None, 1)] * 65}, "bad-payload"),
    ):
        assert reason(reading.encode_pack, pack(**changes)) == expected, changes


def test_a_float_is_not_written() -> None:
    assert reason(reading.encode_pack, pack(readings=[Reading("x", None, 21.37)])) == "bad-payload"  # type: ignore[arg-type]
    try:
        cbor.encode(1.5)
    except TypeError:
        return
    raise AssertionError("it was written")


def test_a_message_beyond_its_limit_is_not_sealed() -> None:
    hint, number = keys.kid(KEY), frame.sequence_bytes(7)
    assert reason(frame.seal, frame.PACK, bytes(950), hint, number, NOW, no_signature) == "too-large"
    assert len(frame.seal(frame.UPDATE, bytes(2000), hint, number, NOW, no_signature)) > 2000


def test_a_header_that_no_reader_would_take_is_not_written() -> None:
    hint, number = keys.kid(KEY), frame.sequence_bytes(7)
    assert reason(frame.seal, frame.PACK, b"", hint, number, 0, no_signature) == "bad-time"
    assert reason(frame.seal, frame.PACK, b"", hint, bytes(8), NOW, no_signature) == "bad-sequence"
    assert reason(frame.seal, frame.PACK, b"", hint[:7], number, NOW, no_signature) == "bad-frame"
    assert reason(frame.seal, frame.PAIRING, b"", hint, number, NOW, no_signature) == "bad-sequence"
    assert reason(frame.sequence_bytes, 0) == "bad-sequence"
    assert reason(frame.sequence_bytes, 2**63) == "bad-sequence"


def test_signing_in_two_steps_gives_the_same_message() -> None:
    payload = reading.encode_pack(pack())
    arguments = (frame.PACK, payload, keys.kid(KEY), frame.sequence_bytes(7), NOW)
    protected, message = frame.signing_input(*arguments)
    whole = frame.seal(*arguments, no_signature)
    assert frame.assemble(protected, payload, bytes(64)) == whole
    assert frame.parse(whole, frame.PACK).to_be_signed() == message


def test_each_kind_is_taken_as_itself_only() -> None:
    for kind in frame.KINDS:
        number = bytes(15) + b"\x01" if kind in (frame.PAIRING, frame.AGREEMENT) else frame.sequence_bytes(1)
        data = frame.seal(kind, b"\xa0", keys.kid(KEY), number, NOW, no_signature)
        for expected in frame.KINDS:
            if expected == kind:
                assert frame.parse(data, expected).kind == kind
            else:
                assert reason(frame.parse, data, expected) == "wrong-kind"


def test_ranges_name_exactly_the_numbers_given() -> None:
    assert receipt.ranges([]) == []
    assert receipt.ranges([5]) == [(5, 5)]
    assert receipt.ranges([7, 1, 3, 2, 3, 9, 8]) == [(1, 3), (7, 9)]


def test_a_receipt_covers_what_it_names() -> None:
    found = receipt.Receipt(DEVICE, 1, [(1, 3), (7, 7)], [(5, "float")])
    assert [n for n in range(1, 10) if found.covers(n)] == [1, 2, 3, 5, 7]


def test_a_receipt_out_of_form_is_not_written() -> None:
    for stored, refused in (
        ([(1, 3), (4, 5)], []),
        ([(3, 1)], []),
        ([(0, 1)], []),
        ([(1, 3)], [(2, "float")]),
        ([], [(1, "why")]),
    ):
        assert reason(receipt.encode_receipt, receipt.Receipt(DEVICE, 1, stored, refused)) == "bad-payload"


def test_a_pairing_out_of_form_is_not_written() -> None:
    def made(code: str = "7K3Q-X9M2", host: str = DEVICE, name: str | None = None) -> pairing.Pairing:
        return pairing.Pairing(bytes(16), host, pairing.PAIR, code, KEY, name)

    assert pairing.encode_pairing(made())
    assert reason(pairing.encode_pairing, made(code="abc")) == "bad-payload"
    assert reason(pairing.encode_pairing, made(host="example.org")) == "bad-payload"
    assert reason(pairing.encode_pairing, made(name="n" * 65)) == "bad-payload"


def test_topics_are_built_only_from_ids() -> None:
    for build in (topics.telemetry, topics.status, topics.command, topics.result, topics.receipt):
        assert topics.parse(build(DEVICE))[1] == DEVICE
        for wrong in ("+", "#", "", DEVICE + "/x", DEVICE.upper(), DEVICE[:-1] + "*"):
            assert reason(build, wrong) == "bad-topic"
    for named in (topics.thing_pack, topics.thing_readings, topics.thing_events):
        assert topics.parse(named("boiler-1"))[1] == "boiler-1"
        for wrong in ("+", "#", "", "a/b", "A", "a.b", "a b", "-a", "a" * 41):
            assert reason(named, wrong) == "bad-topic"


def test_values_and_tags_compare_by_content() -> None:
    assert Tag(18, [1]) == Tag(18, [1]) != Tag(17, [1])
    assert Fraction10(1, -1) == Fraction10(1, -1) != Fraction10(1, -2)
    assert pack() == pack() != pack(sequence=8)
    assert Reading("x", None, True) != Reading("x", None, 1)
