"""The laptop's tool, and where the device's own files are: inside an installed package, around it in a checkout."""

import os
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_INSTALLED = (_HERE / "firmware" / "main.py").is_file()

FIRMWARE = _HERE / "firmware" if _INSTALLED else _HERE.parent
_KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "thingflash"
CACHE = (_KEPT if _INSTALLED else FIRMWARE.parent / "var") / "micropython"

# `device` is imported from the very files that go onto a board; last on the path, so that they hide nothing.
if str(FIRMWARE) not in sys.path:
    sys.path.append(str(FIRMWARE))
