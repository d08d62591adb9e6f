"""Drivers: one file each, with one function, `read() -> list[Reading]`; config.json names those in use.

A driver that finds nothing to measure returns an empty list. Values are whole numbers or decimal
fractions, units are the primary ones of the SenML registry (RFC 8428, section 12.1): a share is given as
a ratio with the unit "/" (0.41, shown to people as 41 %), since a percentage is a secondary unit there
(RFC 8798), which plain SenML readers do not take.
"""

from device.errors import ConfigError
from thingseal.reading import Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Driver = Callable[[], list[Reading]]


def driver(name: str) -> "Driver":
    """Return the `read` of the driver with that name. Raises ConfigError for a driver that is not there."""
    path = "device.sensors." + name
    try:
        module = __import__(path, None, None, ("read",))
    except ImportError:
        raise ConfigError("config.json: there is no driver %r." % name) from None
    found: Driver = module.read
    return found
