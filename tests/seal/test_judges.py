"""Two COSE libraries that know nothing of us take what we take, and refuse what was not signed."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.seal.vectors import load

ROOT = Path(__file__).parents[2]
PINS = ROOT / "requirements-judges.txt"
FILES = ("packs", "anchors", "pairings", "agreements")
# Known and named: pycose has no algorithm -19 (RFC 9864), which we read and do not write.
NOT_KNOWN_TO_PYCOSE = {"the algorithm by its own name"}

pytestmark = pytest.mark.slow


def environment() -> Path:
    """Python with the judges, set up once beside the tests: cwt needs another cbor2 than the cloud."""
    home = ROOT / "var" / f"judges-{hashlib.sha256(PINS.read_bytes() + sys.version.encode()).hexdigest()[:12]}"
    if not home.exists():
        home.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".judges-", dir=home.parent) as folder:
            made = Path(folder) / "made"
            subprocess.run([sys.executable, "-m", "venv", str(made)], check=True, timeout=120, capture_output=True)
            pip = [str(made / "bin" / "python"), "-m", "pip", "-q", "install", "--require-hashes", "-r", str(PINS)]
            subprocess.run(pip, check=True, timeout=240, capture_output=True)
            try:
                made.rename(home)
            except OSError:
                if not home.exists():
                    raise
    return home / "bin" / "python"


@pytest.fixture(scope="module")
def verdicts() -> dict[str, dict[str, bool]]:
    try:
        python = environment()
    except (OSError, subprocess.SubprocessError) as why:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"the judges are not to be had: {why}")
    files = [str(ROOT / "tests" / "vectors" / f"{name}.json") for name in FILES]
    command = [str(python), str(ROOT / "tests" / "seal" / "judge.py"), *files]
    done = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
    found: dict[str, dict[str, bool]] = json.loads(done.stdout)
    return found


def expected(reason: str) -> set[str]:
    return {v["name"] for file in FILES for v in load(file) if v["expect"] == reason}


@pytest.mark.parametrize(("judge", "unknown"), [("cwt", set()), ("pycose", NOT_KNOWN_TO_PYCOSE)])
def test_a_judge_takes_every_good_message(verdicts: dict[str, dict[str, bool]], judge: str, unknown: set[str]) -> None:
    good = expected("ok")
    assert len(good) >= 30
    assert {name for name in good if not verdicts[judge][name]} == unknown


@pytest.mark.parametrize("judge", ["cwt", "pycose"])
def test_a_judge_refuses_every_bad_signature(verdicts: dict[str, dict[str, bool]], judge: str) -> None:
    bad = expected("bad-signature")
    assert len(bad) >= 10
    assert [name for name in bad if verdicts[judge][name]] == []


@pytest.mark.parametrize("judge", ["cwt", "pycose"])
def test_a_judge_takes_the_signature_of_what_we_refuse_for_its_content(
    verdicts: dict[str, dict[str, bool]], judge: str
) -> None:
    """So those vectors are refused for the reason they name, and not because their signature was wrong all along."""
    for reason in ("bad-name", "bad-number", "wrong-stream"):
        assert [name for name in expected(reason) if not verdicts[judge][name]] == []
