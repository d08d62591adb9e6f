"""What config.json says, once it has been checked."""


class Host:
    """One host: its address, the pairing code the owner was given, whether receipts are awaited, its anchor (PEM)."""

    def __init__(self, url: str, code: str, receipts: str, ca: str) -> None:
        self.url = url
        self.code = code
        self.receipts = receipts
        self.ca = ca


class Stream:
    """One stream: its name, the seconds between two packs, and the drivers read for it."""

    def __init__(self, name: str, interval: float, drivers: "list[str]") -> None:
        self.name = name
        self.interval = interval
        self.drivers = drivers


class Settings:
    """Everything that the owner decides."""

    def __init__(self, hosts: "list[Host]", streams: "list[Stream]") -> None:
        self.hosts = hosts
        self.streams = streams
        self.batch = 8
        self.keep = 2000
        self.keepalive = 60
        self.clear_text = "loopback"
