"""Signing on the device: the standard's vectors, every digest, a damaged table; on CPython and on MicroPython."""

import hashlib
from binascii import hexlify, unhexlify

from tests.bench import textbook_ed25519
from tests.seal.vectors import FOLDER, load
from thingseal import curve, ed25519, points, sha512
from thingseal.sha512_portable import portable
from thingseal.verify import verify

TABLE_FILE = FOLDER[: -len("tests/vectors/")] + "firmware/lib/thingseal/comb.bin"

with open(TABLE_FILE, "rb") as file:
    POINTS = file.read()
TABLE = ed25519.Table(POINTS)


def refused(action: object, *args: object) -> bool:
    """Whether the call raises ValueError."""
    try:
        action(*args)  # type: ignore[operator]
    except ValueError:
        return True
    return False


def test_signatures_are_those_of_the_standard() -> None:
    count = 0
    for vector in load("signatures"):
        if "seed" in vector:
            signer = ed25519.Signer(vector["seed"], TABLE)
            assert signer.public == vector["key"], vector["name"]
            assert signer.sign(vector["message"]) == vector["signature"], vector["name"]
            count += 1
    assert count >= 16


def test_the_functions_do_as_the_signer_does() -> None:
    seed = bytes(range(32))
    assert ed25519.public_key(seed, TABLE) == textbook_ed25519.public_key(seed)
    assert ed25519.sign(seed, b"hello", TABLE) == ed25519.Signer(seed, TABLE).sign(b"hello")


def test_scalars_at_the_edges_give_the_points_of_the_textbook() -> None:
    order = curve.L
    for scalar in (1, 2, 3, 4, 2**64, 2**128 - 1, order // 2, order - 2, order - 1):
        steps = curve.multiplied(scalar, TABLE)
        point = textbook_ed25519._times(scalar, textbook_ed25519.BASE)
        assert curve.finished(points.encoded(*curve.finished(steps))) == textbook_ed25519._bytes(point)


def test_signing_pauses_some_seventy_times_and_gives_the_same_signature() -> None:
    signer = ed25519.Signer(bytes(32), TABLE)
    steps = signer.steps(b"a message")
    pauses = 0
    try:
        while True:
            next(steps)
            pauses += 1
    except StopIteration as end:
        signature = end.value
    # One for each sum and doubling, and some while the last division goes on.
    assert 4 <= pauses - (curve.COLUMNS * (curve.TABLES + 1) - 1) <= 20
    assert signature == signer.sign(b"a message")


def test_a_table_may_be_read_piece_by_piece() -> None:
    read = []

    def piece(offset: int, size: int) -> bytes:
        read.append(size)
        return POINTS[offset : offset + size]

    signer = ed25519.Signer(bytes(32), ed25519.Table(piece))
    assert signer.sign(b"x") == ed25519.Signer(bytes(32), TABLE).sign(b"x")
    assert max(read) == curve.POINT_SIZE


def test_a_damaged_table_is_refused() -> None:
    for place in (0, 3000, len(POINTS) - 1):
        damaged = POINTS[:place] + bytes([POINTS[place] ^ 1]) + POINTS[place + 1 :]
        assert refused(ed25519.Table, damaged)
    assert refused(ed25519.Table, POINTS[:-96])
    assert refused(ed25519.Table, b"")


def test_a_seed_of_another_size_is_refused() -> None:
    assert refused(ed25519.Signer, bytes(31), TABLE)
    assert refused(ed25519.Signer, bytes(64), TABLE)


def test_verdicts_on_signatures_are_as_written() -> None:
    for vector in load("signatures"):
        verdict = verify(vector["key"], vector["message"], vector["signature"], TABLE)
        assert verdict is (vector["expect"] == "ok"), vector["name"]


def test_a_malformed_signature_or_key_does_not_verify() -> None:
    signer = ed25519.Signer(bytes(32), TABLE)
    good = signer.sign(b"x")
    assert verify(signer.public, b"x", good, TABLE)
    for key, signature in (
        (signer.public, good[:-1]),
        (signer.public, good + b"\x00"),
        (signer.public, b""),
        (signer.public[:31], good),
        (bytes([2]) + bytes(31), good),
        (b"\xff" * 32, good),
        (signer.public, bytes(64)),
        (signer.public, b"\x01" + bytes(63)),
        (signer.public, good[:32] + bytes(32)),
    ):
        assert not verify(key, b"x", signature, TABLE)


def test_the_known_answers_of_sha512() -> None:
    known = {
        b"": "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
        b"hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu": (
            "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
            "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"
        ),
    }
    for message, digest in known.items():
        for function in (sha512.sha512, portable):
            assert hexlify(function(message)).decode() == digest


def test_every_way_of_hashing_agrees_at_every_length() -> None:
    for size in list(range(0, 260, 7)) + [111, 112, 113, 127, 128, 129, 239, 240, 241, 500]:
        message = bytes([(7 * place + size) & 255 for place in range(size)])
        assert sha512.sha512(message) == portable(message), size


class _Wide:
    """A native kernel as a port with 64-bit words would have it: wrong answers."""

    def digest(self, _message: bytes) -> bytes:
        return bytes(64)


def test_a_kernel_with_wrong_answers_is_not_taken() -> None:
    assert sha512.proven(_Wide) is None


class _Right:
    """A kernel with right answers."""

    def digest(self, message: bytes) -> bytes:
        return portable(message)


class _Unchained:
    """A kernel that is right for one block only."""

    def digest(self, message: bytes) -> bytes:
        return portable(message) if len(message) < 112 else bytes(64)


def test_a_kernel_with_right_answers_is_taken() -> None:
    native = sha512.proven(_Right)
    assert native is not None
    assert native(b"hello") == portable(b"hello")
    assert sha512.proven(_Unchained) is None


def test_macs_are_those_of_the_standard() -> None:
    from thingseal.mac import hmac_sha256, same

    # RFC 4231, test cases 1, 2 and 3
    for key, message, expected in (
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    ):
        assert hmac_sha256(key, message) == unhexlify(expected)
        assert same(hmac_sha256(key, message), unhexlify(expected))
    assert not same(b"abc", b"abd")
    assert not same(b"abc", b"ab")
    assert refused(hmac_sha256, bytes(65), b"")
    assert hashlib.sha256(b"").digest() != hmac_sha256(b"", b"")
