"""The one exception of talktag."""


class Refused(Exception):
    """Something from outside was refused: `reason` is one word of a closed list, the text is for a person.

    The closed list is in docs/tags.md. `hint` says what to try and may be empty.
    """

    def __init__(self, reason: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.hint = hint
