"""Where packs come from: anything that delivers at least once and can be told what is done."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Arrival(NamedTuple):
    """One message: the device its topic names, its bytes, and what the source needs to be told that it is done."""

    device: str
    data: bytes
    token: bytes


class Source(Protocol):
    """A source of packs. What was received and not acknowledged comes again, at the latest after a restart."""

    def receive(self, seconds: float) -> list[Arrival]:
        """What has come, as one batch; empty if nothing came within `seconds`. Never raises for a lost link."""
        ...

    def acknowledge(self, tokens: Sequence[bytes]) -> None:
        """Say that these are done; on a lost link they are not, and come again."""
        ...

    def close(self) -> None:
        """Let go of the link; a `receive` under way returns."""
        ...
