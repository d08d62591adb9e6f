"""A reader of packs that shares nothing with ours, as a third party would write it from docs/wire.md."""

import hashlib
import re
from base64 import b32encode
from decimal import Decimal
from typing import Any

import cbor2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.seal.vectors import load


def read(data: bytes, public: bytes) -> dict[str, Any]:
    protected, unprotected, payload, signature = cbor2.loads(data).value
    header = cbor2.loads(protected)
    print_of_key = hashlib.sha256(cbor2.dumps({1: 1, -1: 6, -2: public}, canonical=True)).digest()
    if unprotected or header[1] not in (-8, -19) or header[3] != 112 or header[4] != print_of_key[:8]:
        raise ValueError("not a pack by this key")
    Ed25519PublicKey.from_public_bytes(public).verify(signature, cbor2.dumps(["Signature1", protected, b"", payload]))
    records = cbor2.loads(payload)
    device, stream, _ = records[0][-2].split("/")
    if device != b32encode(print_of_key[:15]).decode().lower():
        raise ValueError("not a pack of this device")
    said = {r[0]: r.get(2, r.get(8)) for r in records if r[0].startswith("_")}
    readings = [
        [r[0], r.get(1), next(r[k] for k in (2, 3, 4) if k in r), r.get(6, 0)] for r in records if r[0] not in said
    ]
    return {
        "sequence": int.from_bytes(header[15][7]), "iat": header[15].get(6), "stream": stream, "readings": readings,
        "boot": said.get("_boot"), "uptime": said.get("_uptime"), "previous": said.get("_previous"),
        "dropped": said.get("_dropped", 0),
    }  # fmt: skip


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"decimal": f"{value:f}"}
    return (
        [plain(item) for item in value]
        if isinstance(value, list)
        else value.hex()
        if isinstance(value, bytes)
        else value
    )


def test_it_reads_every_good_pack_as_we_do() -> None:
    count = 0
    for vector in load("packs"):
        if vector["expect"] == "ok":
            found = read(vector["hex"], vector["key"])
            assert {key: plain(value) for key, value in found.items()} == vector["decoded"], vector["name"]
            count += 1
    assert count >= 25


def test_it_refuses_every_bad_signature_as_we_do() -> None:
    for vector in load("packs"):
        if vector["expect"] == "bad-signature":
            with pytest.raises(InvalidSignature):
                read(vector["hex"], vector["key"])


def resolved(payload: bytes, now: float) -> list[tuple[str, float, Any]]:
    """Records as a SenML library resolves them (RFC 8428, 4.6), knowing nothing of our names."""
    base, base_time, found = "", 0.0, []
    for record in cbor2.loads(payload):
        base, base_time = record.get(-2, base), record.get(-3, base_time)
        time = base_time + float(record.get(6, 0))
        value = next((record[label] for label in (2, 3, 4, 8) if label in record), None)
        found.append((base + record[0], time if time >= 2**28 else now + time, value))
    return found


def test_a_reader_of_senml_finds_names_and_times_without_our_help() -> None:
    legal = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")
    for vector in load("packs"):
        if vector["expect"] == "ok":
            said, payload = vector["decoded"], cbor2.loads(vector["hex"]).value[2]
            records = [r for r in resolved(payload, now=2e9) if "/_" not in r[0]]
            assert all(legal.fullmatch(name) for name, _, _ in records)
            made = 2e9 if said["iat"] is None else said["iat"]
            ages = [t if isinstance(t, int) else float(t["decimal"]) for _, _, _, t in said["readings"]]
            assert [time for _, time, _ in records] == [made + age for age in ages], vector["name"]
