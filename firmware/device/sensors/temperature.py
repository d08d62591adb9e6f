"""Temperature of this machine's processor, where it has a sensor for it."""

from device.sensors.host import first_line
from thingseal.cbor import Fraction10
from thingseal.reading import Reading


def read() -> "list[Reading]":
    """Return one reading, `temperature` in degrees Celsius, from the first zone that has one."""
    for zone in range(8):
        text = first_line("/sys/class/thermal/thermal_zone%d/temp" % zone)
        if text.lstrip("-").isdigit():
            return [Reading("temperature", "Cel", Fraction10(int(text) // 100, -1).normal())]
    return []
