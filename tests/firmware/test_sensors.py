"""The drivers on this machine: these tests run on CPython and on MicroPython alike."""

from device.config import DRIVERS
from device.errors import ConfigError
from device.sensors import driver
from tests.firmware.ground import refusal
from thingseal.cbor import Fraction10
from thingseal.reading import Pack, Reading, encode_pack

_UNITS = {"load": None, "memory": "/", "disk": "/", "temperature": "Cel", "uptime": "s"}


def measured() -> "list[Reading]":
    return [reading for name in DRIVERS for reading in driver(name)()]


def test_every_driver_reads_under_its_own_name_and_unit() -> None:
    for name in DRIVERS:
        for reading in driver(name)():
            assert reading.name == name
            assert reading.unit == _UNITS[name]


def test_load_memory_disk_and_uptime_are_there_on_linux() -> None:
    try:
        open("/proc/loadavg").close()
    except OSError:
        return
    assert [reading.name for reading in measured() if reading.name != "temperature"] == [
        "load",
        "memory",
        "disk",
        "uptime",
    ]


def test_shares_are_between_nothing_and_all() -> None:
    for name in ("memory", "disk"):
        for reading in driver(name)():
            value = reading.value
            assert isinstance(value, Fraction10) or value in (0, 1)
            if isinstance(value, Fraction10):
                assert 0 < value.mantissa < 10**-value.exponent


def test_what_is_read_fits_into_a_pack() -> None:
    encode_pack(Pack("a" * 24, "machine", 1, 1_800_000_000, None, None, None, measured()))


def test_a_driver_that_is_not_there_is_named() -> None:
    assert "'barometer'" in refusal(ConfigError, lambda: driver("barometer"))
