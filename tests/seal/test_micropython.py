"""The same tests, run by the device's interpreter."""

import pytest

from tests.fakes.micropython import run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("part", range(2))
def test_vectors_fare_alike_on_micropython(part: int) -> None:
    assert "tests ran" in run("tests/seal/on_both.py", "tests.seal.test_vectors", f"{part}/2", heap="512k")


def test_signing_works_alike_on_micropython() -> None:
    assert "tests ran" in run("tests/seal/on_both.py", "tests.seal.test_ed25519", heap="512k")


def test_messages_are_written_alike_on_micropython() -> None:
    assert "tests ran" in run("tests/seal/on_both.py", "tests.seal.test_writing", heap="512k")


def test_a_pack_is_signed_within_a_heap_of_24_kilobytes() -> None:
    assert run("tests/seal/small_heap.py", heap="24k").strip() == "signed"


def test_the_native_kernel_is_the_one_in_use_where_words_have_32_bits() -> None:
    assert run("tests/seal/which_sha512.py").strip() == "native 64"
