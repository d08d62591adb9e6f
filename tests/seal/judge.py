"""Runs in the judges' own environment: what cwt and pycose say of every message in the files of vectors that are named.

Prints {"cwt": {name: verdict, ...}, "pycose": {...}}, a verdict being true when the signature by the key was accepted.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import cwt  # type: ignore[import-not-found]
from pycose.keys import OKPKey  # type: ignore[import-not-found]
from pycose.messages import Sign1Message  # type: ignore[import-not-found]


def by_cwt(data: bytes, key: bytes) -> bool:
    kid = hashlib.sha256(bytes.fromhex("a301012006215820") + key).digest()[:8]
    try:
        keys = [cwt.COSEKey.new({1: 1, 2: kid, 3: algorithm, -1: 6, -2: key}) for algorithm in (-8, -19)]
        cwt.COSE.new().decode(data, keys)
    except Exception:
        return False
    return True


def by_pycose(data: bytes, key: bytes) -> bool:
    try:
        message: Any = Sign1Message.decode(data)
        message.key = OKPKey(crv="ED25519", x=key)
        return bool(message.verify_signature())
    except Exception:
        return False


verdicts: dict[str, dict[str, bool]] = {"cwt": {}, "pycose": {}}
for file in sys.argv[1:]:
    for vector in json.loads(Path(file).read_text("utf-8")):
        data, key = bytes.fromhex(vector["hex"]), bytes.fromhex(vector["key"])
        verdicts["cwt"][vector["name"]] = by_cwt(data, key)
        verdicts["pycose"][vector["name"]] = by_pycose(data, key)
print(json.dumps(verdicts))
