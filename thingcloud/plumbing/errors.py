"""The cloud's errors, drawn as a tree.

ThingcloudError
├── NotFound        nothing with that name is here (or it is not for you: both read alike)
├── NotAllowed      who is asking may not do this
├── BadInput        what came in cannot be taken, with a named reason
├── TooMuch         too many or too often, with when to try again
├── Conflict        it no longer fits what is stored
├── Unavailable     a part we need does not answer: the database, the broker, a mail host
└── BadSetting      a THINGCLOUD_ setting cannot be used
"""


class ThingcloudError(Exception):
    """Something a person should hear of: what happened, and what to try."""

    def __init__(self, what: str, *, hint: str = "", reason: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.what} {self.hint}".strip()


class NotFound(ThingcloudError):
    """Nothing with that name is here, or it is not for the one who asks."""


class NotAllowed(ThingcloudError):
    """Whoever is asking may not do this."""


class BadInput(ThingcloudError):
    """What came in cannot be taken; `reason` names why."""


class TooMuch(ThingcloudError):
    """Too many or too often; `again_in` is the wait in milliseconds."""

    def __init__(self, what: str, *, again_in: int, hint: str = "", reason: str = "too-much") -> None:
        super().__init__(what, hint=hint, reason=reason)
        self.again_in = again_in


class Conflict(ThingcloudError):
    """It no longer fits what is stored."""


class Unavailable(ThingcloudError):
    """A part we need does not answer; nothing was stored."""


class BadSetting(ThingcloudError):
    """A THINGCLOUD_ setting cannot be used."""
