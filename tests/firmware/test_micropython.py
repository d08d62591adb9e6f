"""Runs the device's tests once more under MicroPython, a process for each file."""

from pathlib import Path

import pytest

from tests.fakes import micropython

_ON_BOTH = ("test_boot", "test_config", "test_courier", "test_link", "test_mqtt", "test_outbox", "test_sensors")
# The tests and their fakes are as large again as the device: they get more room than it has.
_HEAP = "1m"


@pytest.mark.slow
@pytest.mark.parametrize("name", _ON_BOTH)
def test_the_same_file_passes_on_micropython(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVICE_TEST_FOLDER", str(tmp_path))
    told = micropython.run("tests/firmware/on_micropython.py", f"tests.firmware.{name}", heap=_HEAP)
    passed = [line for line in told.splitlines() if line.startswith("ok ")]
    assert len(passed) == Path(__file__).with_name(f"{name}.py").read_text().count("def test_")
