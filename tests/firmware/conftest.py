"""Gives the device's tests a folder that is removed afterwards."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _device_test_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "DEVICE_TEST_FOLDER", str(tmp_path))
