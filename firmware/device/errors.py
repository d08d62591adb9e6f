"""What can go wrong on the device, in words for the person who owns it."""


class DeviceError(Exception):
    """Something the owner can put right: the text says what and how. `final`: trying again changes nothing."""

    final = False


class ConfigError(DeviceError):
    """The configuration cannot be used as it is; names the setting."""

    final = True


class PairingError(DeviceError):
    """A host did not take the device in."""
