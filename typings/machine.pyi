# The one call of a board's `machine` that the firmware makes itself.
from typing import NoReturn

def reset() -> NoReturn: ...
