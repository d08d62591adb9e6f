"""The one exception of the wire: what was refused, by a word from a closed list, and why in a sentence."""

REASONS = (
    "too-large",
    "truncated",
    "trailing-bytes",
    "indefinite",
    "float",
    "not-canonical",
    "duplicate-key",
    "too-deep",
    "bad-text",
    "unsupported",
    "wrong-tag",
    "bad-frame",
    "unprotected-not-empty",
    "wrong-algorithm",
    "wrong-kind",
    "bad-sequence",
    "bad-time",
    "wrong-key",
    "weak-key",
    "revoked-key",
    "bad-signature",
    "bad-mac",
    "wrong-device",
    "wrong-stream",
    "wrong-generation",
    "wrong-host",
    "wrong-nonce",
    "wrong-purpose",
    "bad-name",
    "bad-number",
    "bad-topic",
    "bad-payload",
)


class Refused(ValueError):
    """Bytes from outside that are not taken; `reason` is one of `REASONS`, the text is a sentence for people."""

    def __init__(self, reason: str, detail: str = "") -> None:
        if reason not in REASONS:
            raise KeyError(reason)
        super().__init__(reason, detail)
        self.reason = reason
        self._detail = detail

    @property
    def sentence(self) -> str:
        """What the reason means."""
        from thingseal.sentences import SENTENCES

        return SENTENCES[self.reason]

    def __str__(self) -> str:
        return self.reason + ": " + self.sentence + (" (" + self._detail + ")" if self._detail else "")
