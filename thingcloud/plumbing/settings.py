"""Settings: each is a `THINGCLOUD_…` variable; any of them may be read from a file named in `THINGCLOUD_…_FILE`.

Every setting has an entry in docs/settings.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from thingcloud.plumbing.errors import BadSetting

_PREFIX = "THINGCLOUD_"
_MOST_PORT = 65535


@dataclass(frozen=True)
class Settings:
    """Everything an operator can set; the defaults serve one person on one machine."""

    data: Path = Path("var")
    url: str = ""
    front: str = ""
    operator: str = "this host"
    name: str = "talktag"
    bind: str = "127.0.0.1"
    port: int = 8080
    lan: bool = False
    proxy: str = ""
    mqtt_port: int = 1883
    mqtt_tls_port: int = 8883
    nats_binary: str = ""
    smtp: str = field(default="", repr=False)  # it may hold a password
    mail_domain: str = ""
    mail_port: int = 0
    mail_bind: str = "127.0.0.1"
    private_webhooks: bool = False
    ack_wait: int = field(default=5)

    def __post_init__(self) -> None:
        for name in ("url", "front"):
            _check_address(name, getattr(self, name))
        for item in fields(self):
            if item.name.endswith("port") and not 0 <= getattr(self, item.name) <= _MOST_PORT:
                raise BadSetting(
                    f"{_PREFIX}{item.name.upper()} is not a port: {getattr(self, item.name)}.", hint="Example: 8080"
                )

    @property
    def base_url(self) -> str:
        """Where this host is reached, without a slash at the end."""
        return (self.url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def front_url(self) -> str:
        """The public address printed on tags; by default the host itself."""
        return (self.front or self.base_url).rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether people reach this host by HTTPS."""
        return self.base_url.startswith("https://")

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / "thingcloud.db"

    @property
    def alias_domain(self) -> str:
        """The domain of the masked mail addresses."""
        return self.mail_domain or (urlsplit(self.base_url).hostname or "localhost")


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings; unknown `THINGCLOUD_` names and odd values are refused by name."""
    known = {item.name: item for item in fields(Settings)}
    found: dict[str, object] = {}
    for variable, text in environment.items():
        if not variable.startswith(_PREFIX):
            continue
        name = variable.removeprefix(_PREFIX).lower()
        if name.endswith("_file") and name.removesuffix("_file") in known:
            name, text = name.removesuffix("_file"), _contents(variable, text)
        if name not in known:
            raise BadSetting(f"{variable} is not a setting.", hint="docs/settings.md lists them all.")
        found[name] = _converted(variable, text, type(known[name].default))
    return Settings(**found)  # type: ignore[arg-type]


def _contents(variable: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise BadSetting(f"{variable} names a file that cannot be read ({error.strerror}).") from error


def _converted(variable: str, text: str, kind: type) -> object:
    if kind is bool:
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off", ""}:
            return False
        raise BadSetting(f'{variable} is neither yes nor no: "{text}".', hint="Example: yes")
    if kind is int:
        if not text.isdecimal():
            raise BadSetting(f'{variable} is not a whole number: "{text}".', hint="Example: 8080")
        return int(text)
    return Path(text) if issubclass(kind, Path) else text


def _check_address(name: str, text: str) -> None:
    if not text:
        return
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or " " in text:
        raise BadSetting(f'{_PREFIX}{name.upper()} is not an address: "{text}".', hint="Example: https://my.example")
