"""The vectors of what messages are made of: items of CBOR, keys, topics, signatures."""
# fmt: off - one vector a line, as in the files

import json
from typing import Any

from tests.vectors.packs import ID, TOPIC
from tests.vectors.writer import PREFIX, Key, L, did, ident, thumbprint

HOST = Key("host")
SECRET = bytes(range(32))
RECEIPT_HEAD = {1: 5, 3: PREFIX + "receipt+cbor"}
NONCE = bytes(range(100, 116))


def items() -> list[dict[str, Any]]:
    """Single items: the examples of RFC 8949 (appendix A) that the wire knows, and forms of them that it refuses."""
    taken = {
        "00": 0,
        "01": 1,
        "0a": 10,
        "17": 23,
        "1818": 24,
        "1819": 25,
        "1864": 100,
        "1903e8": 1000,
        "1a000f4240": 1000000,
        "1b000000e8d4a51000": 1000000000000,
        "1bffffffffffffffff": 18446744073709551615,
        "3bffffffffffffffff": -18446744073709551616,
        "20": -1,
        "29": -10,
        "3863": -100,
        "3903e7": -1000,
        "f4": False,
        "f5": True,
        "40": {"bytes": ""},
        "4401020304": {"bytes": "01020304"},
        "60": "",
        "6161": "a",
        "6449455446": "IETF",
        "62225c": '"\\',
        "62c3bc": "\u00fc",
        "63e6b0b4": "\u6c34",
        "64f0908591": "\U00010151",
        "80": [],
        "83010203": [1, 2, 3],
        "8301820203820405": [1, [2, 3], [4, 5]],
        "98190102030405060708090a0b0c0d0e0f101112131415161718181819": list(range(1, 26)),
        "a0": {"map": []},
        "a201020304": {"map": [[1, 2], [3, 4]]},
        "a3000120022103": {"map": [[0, 1], [-1, 2], [-2, 3]]},
        "c48221190859": {"decimal": "21.37"},
        "c4822020": {"decimal": "-0.1"},
        "c4822e1b001fffffffffffff": {"decimal": "9.007199254740991"},
    }
    good = [{"name": f"item {text}", "hex": text, "expect": "ok", "decoded": value} for text, value in taken.items()]
    bad = {
        "truncated": [
            "",
            "18",
            "19ff",
            "1a000000",
            "1b00000000000000",
            "41",
            "4201",
            "61",
            "62c3",
            "81",
            "8201",
            "a1",
            "a101",
            "9bffffffffffffffff",
            "5bffffffffffffffff",
            "bb7fffffffffffffff",
            "c4",
        ],
        "trailing-bytes": ["0000", "6000", "8000", "f5f5"],
        "not-canonical": [
            "1800",
            "1817",
            "190018",
            "1900ff",
            "1a0000ffff",
            "1b00000000ffffffff",
            "3817",
            "390017",
            "5800",
            "580101",
            "780161",
            "9800",
            "980101",
            "b800",
            "a203040102",
            "a220000000",
            "d80400",
            "c4822000",
            "c482200a",
        ],
        "indefinite": ["5f4100ff", "7f6161ff", "9fff", "9f01ff", "bfff", "bf0102ff", "ff", "81ff", "5fff"],
        "float": ["f90000", "f93c00", "f97c00", "f97e00", "fa47c35000", "fb3ff199999999999a", "f90001", "81f93c00"],
        "unsupported": [
            "f6",
            "f7",
            "f0",
            "f818",
            "f8ff",
            "1c",
            "3d",
            "5e",
            "7c",
            "9d",
            "bc",
            "dc",
            "fc",
            "fd",
            "1f",
            "3f",
            "c000",
            "c100",
            "c249010000000000000000",
            "d74401020304",
            "d818456449455446",
            "d9d9f700",
            "a1616101",
            "a1410001",
            "a18000",
            "a1f500",
            "c400",
            "c48120",
            "c483200100",
            "c482410101",
        ],
        "duplicate-key": ["a201000100", "a3000001000000", "a220002000"],
        "bad-text": [
            "61ff",
            "62c080",
            "62c1bf",
            "63e08080",
            "63eda080",
            "63edbfbf",
            "64f0808080",
            "64f4908080",
            "64f8888080",
            "6180",
            "61c3",
            "62c328",
            "63e28228",
            "64f09f9828",
        ],
        "too-deep": ["81818181818181818100", "a100a100a100a100a100a100a100a100a10000", "d2d2d2d2d2d2d2d2d200"],
        "bad-number": ["c4820001", "c4820101", "c4822f01", "c482201b0020000000000000"],
    }
    return good + [
        {"name": f"{reason} {text}", "hex": text, "expect": reason} for reason, texts in bad.items() for text in texts
    ]


def keys() -> list[dict[str, Any]]:
    found = []
    for name in ("device", "other device", "host", "first", "second", "third"):
        public = Key(name).public
        found.append(
            {
                "name": name,
                "key": public.hex(),
                "thumbprint": thumbprint(public).hex(),
                "id": ident(public),
                "did": did(public),
            }
        )
    return found


def topics() -> list[dict[str, Any]]:
    good = [
        TOPIC,
        f"devices/{ID}/status",
        f"devices/{ID}/command",
        f"devices/{ID}/result",
        f"devices/{ID}/receipt",
        "things/boiler/pack",
        "things/a/readings",
        "things/0-9/events",
        f"things/{'a' * 40}/pack",
    ]
    bad = [
        "",
        "/",
        "#",
        "+",
        "$MQTT/#",
        "$SYS/broker",
        "devices",
        f"devices/{ID}",
        f"devices/{ID}/",
        f"/devices/{ID}/telemetry",
        f"devices/{ID}/telemetry/",
        f"devices/{ID}/#",
        "devices/+/telemetry",
        "devices/#",
        f"devices/{ID}/shell",
        f"devices/{ID.upper()}/telemetry",
        f"devices/{ID[:-1]}/telemetry",
        f"devices/{ID}a/telemetry",
        f"devices/{ID[:-1]}1/telemetry",
        f"devices/{ID[:-1]}*/telemetry",
        f"devices/{ID[:-1]}>/telemetry",
        f"devices/{ID[:-1]}./telemetry",
        f"devices/{ID[:-1]} /telemetry",
        f"devices/{ID}/telemetry\x00",
        "things//pack",
        "things/-a/pack",
        "things/a.b/pack",
        "things/a b/pack",
        "things/\u00fc/pack",
        "things/A/pack",
        "things/a/telemetry",
        f"things/{'a' * 41}/pack",
        f"Devices/{ID}/telemetry",
    ]
    return [{"topic": t, "expect": "ok"} for t in good] + [{"topic": t, "expect": "bad-topic"} for t in bad]


# RFC 8032, 7.1: tests 1, 2, 3 and SHA(abc), as seed, public key, message, signature.
_RFC8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


def signatures() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": f"RFC 8032, {n}", "seed": seed, "key": key, "message": message, "signature": signature, "expect": "ok"}
        for n, (seed, key, message, signature) in enumerate(_RFC8032, 1)
    ]
    for n in range(12):
        key = Key(f"signer {n}")
        message = (b"message " + str(n).encode()) * (n * n)
        found.append(
            {
                "name": f"a message of {len(message)} bytes",
                "seed": key.seed.hex(),
                "key": key.public.hex(),
                "message": message.hex(),
                "signature": key.sign(message).hex(),
                "expect": "ok",
            }
        )
    _, public, message, signature = (bytes.fromhex(part) for part in _RFC8032[2])
    high = signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")
    trap = {"key": (b"\x01" + bytes(31)).hex(), "message": message.hex(), "signature": (b"\x01" + bytes(63)).hex()}
    return found + [
        {
            "name": "S + L",
            "key": public.hex(),
            "message": message.hex(),
            "signature": high.hex(),
            "expect": "bad-signature",
        },
        {"name": "the identity as key", **trap, "expect": "weak-key"},
        {
            "name": "another message",
            "key": public.hex(),
            "message": "af83",
            "signature": signature.hex(),
            "expect": "bad-signature",
        },
    ]


def text(rows: list[dict[str, Any]]) -> str:
    """One vector a line, so that a change shows as the lines that it changes."""
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"
