"""What can go wrong on the device, in words for the person who owns it."""


class DeviceError(Exception):
    """Something the owner can put right: the text says what happened and what to try."""


class ConfigError(DeviceError):
    """The configuration cannot be used as it is; names the setting."""


class PairingError(DeviceError):
    """A host did not take the device in; says why and what to do."""
