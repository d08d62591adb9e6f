"""A real board: the stock MicroPython image first, then our files, by esptool and mpremote."""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from device.errors import DeviceError
from thingflash import FIRMWARE

# Where a chip's boot loader expects the image.
OFFSETS = {"esp32": "0x1000", "esp32s2": "0x1000", "esp32s3": "0x0", "esp32c3": "0x0", "esp32c6": "0x0"}
_PORTS = ("ttyUSB*", "ttyACM*", "cu.usb*", "cu.wchusb*", "cu.SLAB*")


def find_port(port: str | None, devices: Path = Path("/dev")) -> str:
    """Return the serial port of the board. Raises DeviceError when there is none, or more than one to choose from."""
    if port is not None:
        if not Path(port).exists():
            raise DeviceError(f"There is no port {port}. Is the board connected, by a cable that carries data?")
        return port
    found = sorted(str(path) for pattern in _PORTS for path in devices.glob(pattern))
    if not found:
        raise DeviceError("No board found. Connect it by USB, with a cable that carries data, or name its --port.")
    if len(found) > 1:
        raise DeviceError(f"More than one board may be meant. Choose with --port: {', '.join(found)}")
    return found[0]


def commands(port: str, chip: str, image: Path | None, files: Path) -> list[list[str]]:
    """Return the commands that put the image (if one is given) and the files on the board, in order."""
    lines = []
    if image is not None:
        write = ["esptool", "--chip", chip, "--port", port, "write-flash", "--erase-all", OFFSETS[chip], str(image)]
        lines.append(write)
    copy = [str(path) for path in sorted(files.iterdir())]
    lines.append(["mpremote", "connect", port, "cp", "-r", *copy, ":", "+", "reset"])
    return lines


def collect(target: Path, config: Path | None) -> None:
    """Put what belongs on a board into the folder `target`: a mirror of the firmware, without the laptop's tool."""
    target.mkdir(exist_ok=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "py.typed")
    for name in ("device", "lib"):
        shutil.copytree(FIRMWARE / name, target / name, ignore=ignored)
    for name in ("boot.py", "main.py"):
        shutil.copyfile(FIRMWARE / name, target / name)
    if config is not None:
        shutil.copyfile(config / "config.json", target / "config.json")


def flash(port: str | None, chip: str, image: Path | None, config: Path | None) -> None:
    """Make a board into a device. Raises DeviceError with what failed and what to try."""
    if image is not None and not image.is_file():
        raise DeviceError(f"There is no image {image}. Download the stock MicroPython for this chip first.")
    if config is not None and not (config / "config.json").is_file():
        raise DeviceError(f"There is no config.json in {config}. Make it with `thingflash configure`.")
    chosen = find_port(port)
    with tempfile.TemporaryDirectory() as folder:
        collect(Path(folder), config)
        for line in commands(chosen, chip, image, Path(folder)):
            _run(line)


def _run(line: list[str]) -> None:
    tool = line[0]
    if importlib.util.find_spec(tool) is None:
        raise DeviceError(f"{tool} is not installed. Install it with: pip install esptool mpremote")
    code = subprocess.run([sys.executable, "-m", *line], check=False).returncode
    if code != 0:
        raise DeviceError(f"{tool} did not succeed. Hold the board's BOOT button while it starts, then try again.")
