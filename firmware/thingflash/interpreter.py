"""Finds a MicroPython for the virtual device, or unpacks Debian's into a folder of its own; nothing is installed."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_RECIPE = Path(__file__).with_name("micropython.toml")
_APT = Path("/etc/apt")
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_PROBE = (
    "import sys; i = sys.implementation; print(i[0], '.'.join(map(str, i[1][:3])), 64 if sys.maxsize >> 32 else 32)"
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A MicroPython that was seen running: how to start it, its version, and the bits of its machine words."""

    prefix: tuple[str, ...]
    version: str
    bits: int

    def command(self, script: str | Path, args: Sequence[str] = (), heap: str = "96k") -> list[str]:
        """The command line that runs a script with a heap of this size."""
        return [*self.prefix, "-X", f"heapsize={heap}", str(script), *args]


class _NotToBeHad(Exception):
    """Why there is no Debian MicroPython here; the message is for people."""


def command(cache: Path, script: str | Path, args: Sequence[str] = (), heap: str = "96k") -> list[str]:
    """The command line that runs a script under MicroPython, or under this Python where there is none."""
    found = find_or_fetch(cache)
    return found.command(script, args, heap) if found else [sys.executable, str(script), *args]


def find_or_fetch(cache: Path, say: Callable[[str], None] = lambda _line: None) -> Interpreter | None:
    """The 32-bit MicroPython in the cache, fetched when missing; else the one on the PATH; else None.

    `say` hears what takes time, and why an interpreter is not to be had.
    """
    recipe = tomllib.loads(_RECIPE.read_text())
    home = cache / f"{recipe['suite']}-{recipe['architecture']}-{_digest(_RECIPE)[:12]}"
    try:
        if not home.exists():
            _fetch(recipe, home, say)
        return _probe(_prefix(recipe, home))
    except _NotToBeHad as why:
        say(f"Debian's MicroPython is not to be had here: {why}")
    on_path = shutil.which("micropython")
    if on_path:
        try:
            return _probe((on_path,))
        except _NotToBeHad as why:
            say(f"{on_path} was passed over: {why}")
    return None


def _prefix(recipe: dict[str, Any], home: Path) -> tuple[str, ...]:
    root = (home / "root").resolve()
    loader, libraries, binary = (str(root / recipe[name]) for name in ("loader", "libraries", "binary"))
    return loader, "--library-path", libraries, binary


def _probe(prefix: tuple[str, ...]) -> Interpreter:
    words = _run([*prefix, "-c", _PROBE], "starting it", timeout=10).split()
    if len(words) != 3 or words[0] != "micropython":
        raise _NotToBeHad("it does not answer as MicroPython")
    return Interpreter(prefix, words[1], int(words[2]))


def _fetch(recipe: dict[str, Any], home: Path, say: Callable[[str], None]) -> None:
    """Unpack beside the final place, then move it there in one step, so that two fetching at once do no harm."""
    if platform.system() != "Linux" or platform.machine() not in ("x86_64", "i386", "i486", "i586", "i686"):
        raise _NotToBeHad(f"it needs Linux on x86, this is {platform.system()} on {platform.machine()}")
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise _NotToBeHad(f"{tool} is missing; on other systems install MicroPython so that it is on the PATH")
    say("fetching Debian's 32-bit MicroPython (about 14 MB, once)")
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=home.parent) as folder:
        work = Path(folder).resolve()
        _download(recipe, work, say)
        for package in sorted((work / "debs").glob("*.deb")):
            _run(["dpkg-deb", "-x", str(package), str(work / "made" / "root")], f"unpacking {package.name}", timeout=60)
        _probe(_prefix(recipe, work / "made"))
        try:
            (work / "made").rename(home)
        except OSError:
            if not home.exists():
                raise


def _download(recipe: dict[str, Any], work: Path, say: Callable[[str], None]) -> None:
    for folder in ("lists/partial", "cache/archives/partial", "debs", "made/root"):
        (work / folder).mkdir(parents=True)
    mirror, keyring = _mirror()
    (work / "sources.list").write_text(
        f"deb [arch={recipe['architecture']} signed-by={keyring}] {mirror} {recipe['suite']} {recipe['component']}\n"
    )
    apt = ["apt-get", "--quiet", "--quiet", *_apt_options(recipe, work)]
    _run([*apt, "update"], "reading the package index", timeout=180)
    for package in recipe["package"]:
        _download_one(apt, package, work / "debs", say)


def _download_one(apt: list[str], package: dict[str, str], target: Path, say: Callable[[str], None]) -> None:
    name, version = package["name"], package["version"]
    try:
        _run([*apt, "download", f"{name}={version}"], f"downloading {name}", timeout=120, cwd=target)
    except _NotToBeHad:
        _run([*apt, "download", name], f"downloading {name}", timeout=120, cwd=target)
        say(f"{name} {version} has been replaced in the archive; taking the newer one on the archive's signature")
        return
    file = next(target.glob(f"{name}_*.deb"))
    if _digest(file) != package["sha256"]:
        raise _NotToBeHad(f"{name} {version} is not the file that was tested; the mirror hands out another one")


def _apt_options(recipe: dict[str, Any], work: Path) -> list[str]:
    settings = {
        "APT::Architecture": recipe["architecture"],
        "APT::Architectures": recipe["architecture"],
        "APT::Sandbox::User": "",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "1",
        "Acquire::http::Timeout": "20",
        "Dir::Cache": str(work / "cache"),
        "Dir::Etc::SourceList": str(work / "sources.list"),
        "Dir::Etc::SourceParts": "none",
        "Dir::State::Lists": str(work / "lists"),
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def _mirror() -> tuple[str, str]:
    """Address and keyring of the Debian archive that this system's own apt uses."""
    for file in sorted((_APT / "sources.list.d").glob("*.sources")):
        for paragraph in file.read_text().split("\n\n"):
            lines = [line.split(":", 1) for line in paragraph.splitlines() if ":" in line and line[0] not in "# "]
            fields = {key.strip().lower(): value.split() for key, value in lines}
            for address in fields.get("uris", []):
                if _is_debian(address):
                    return address, next(iter(fields.get("signed-by", [])), _KEYRING)
    for file in (_APT / "sources.list", *sorted((_APT / "sources.list.d").glob("*.list"))):
        for line in file.read_text().splitlines() if file.exists() else ():
            words = line.split()
            addresses = [word for word in words[1:] if _is_debian(word)]
            if addresses and words[0] == "deb":
                return addresses[0], _KEYRING
    raise _NotToBeHad("this system's apt knows no Debian archive; install MicroPython so that it is on the PATH")


def _is_debian(address: str) -> bool:
    return "://" in address and address.rstrip("/").endswith("/debian")


def _run(command: Sequence[str], doing: str, timeout: float, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise _NotToBeHad(f"{doing} took longer than {timeout:.0f} s") from None
    except subprocess.CalledProcessError as failed:
        last = (failed.stderr or failed.stdout or "no message").strip().splitlines()[-1:]
        raise _NotToBeHad(f"{doing} failed: {' '.join(last)}") from None
    except OSError as failed:
        raise _NotToBeHad(f"{doing} failed: {failed.strerror}") from None
    return done.stdout


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
