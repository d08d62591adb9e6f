"""The one exception of the wire: what was refused, by a word from a closed list, and why in a sentence."""

SENTENCES = {
    "too-large": "The message is longer than its kind allows.",
    "truncated": "The message ends in the middle of an item; it was probably cut off on the way.",
    "trailing-bytes": "Something follows the end of the message.",
    "indefinite": "The message uses an indefinite length; lengths must be stated.",
    "float": "The message holds a floating-point number; use an integer or a decimal fraction.",
    "not-canonical": "An item is not in its one byte form; encode deterministically (RFC 8949, 4.2.1).",
    "duplicate-key": "A map holds the same key twice.",
    "too-deep": "Items are nested more than 8 deep.",
    "bad-text": "A text is not valid UTF-8.",
    "unsupported": "The message holds a CBOR item that the wire does not know.",
    "wrong-tag": "This is another kind of COSE message, or none.",
    "bad-frame": "The frame or its header does not have the parts that the wire asks for.",
    "unprotected-not-empty": "The unprotected header must be empty: nothing may stand outside the signature.",
    "wrong-algorithm": "The algorithm is not the one that the wire uses.",
    "wrong-kind": "This is another kind of message than the one expected here.",
    "bad-sequence": "The sequence number or nonce has another size, or is out of range.",
    "bad-time": "A time is missing, out of range, or disagrees with the header.",
    "wrong-key": "The message names another key than the one it was checked with.",
    "weak-key": "The key is of small order or not in its one form; make a new key.",
    "revoked-key": "The key of this message was revoked.",
    "bad-signature": "The signature does not fit the message and the key.",
    "bad-mac": "The receipt was not made with the secret of this pairing.",
    "wrong-device": "The message names another device than its key or its topic.",
    "wrong-stream": "The stream is malformed or not the one expected here.",
    "wrong-generation": "The receipt belongs to another pairing; pair again if this goes on.",
    "wrong-host": "The pairing is meant for another host.",
    "wrong-nonce": "The pairing answers another question than the one asked; begin again.",
    "wrong-purpose": "The pairing was signed for another purpose.",
    "bad-name": "The name or unit of a reading is not allowed.",
    "bad-number": "A number is out of range.",
    "bad-topic": "The topic is malformed.",
    "bad-payload": "The payload does not have the shape that its kind asks for.",
}

REASONS = tuple(SENTENCES)


class Refused(ValueError):
    """Bytes from outside that are not taken; `reason` is one of `REASONS`, the text is a sentence for people."""

    def __init__(self, reason: str, detail: str = "") -> None:
        sentence = SENTENCES[reason]
        super().__init__(reason + ": " + sentence + (" (" + detail + ")" if detail else ""))
        self.reason = reason
        self.sentence = sentence
