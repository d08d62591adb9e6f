import math
from pathlib import Path

from thingcloud.plumbing import icons
from thingcloud.plumbing.clock import DAY, HOUR, MINUTE
from thingcloud.plumbing.plots import Lane, Line, plot, sparkline

NOW = 1_795_000_000_000
SOURCE = Path(__file__).with_name("specimen.html").read_text(encoding="utf-8")


def temperature(at: int) -> float:
    peak = 4.5 * math.exp(-(((at - NOW + 6 * HOUR) / (40 * MINUTE)) ** 2))
    return 4.4 + 0.5 * math.sin(at / (20 * MINUTE)) + peak


def day_line() -> Line:
    times = range(NOW - DAY, NOW + 1, 5 * MINUTE)
    return Line([(at, temperature(at)) for at in times if not NOW - 16 * HOUR < at < NOW - 13 * HOUR])


def week_line() -> Line:
    times = [at for at in range(NOW - 7 * DAY, NOW + 1, HOUR) if not NOW - 4 * DAY < at < NOW - 3.5 * DAY]
    return Line(
        [(at, temperature(at)) for at in times], band=[(at, temperature(at) - 0.5, temperature(at) + 1) for at in times]
    )


def facts() -> dict[str, object]:
    day, door = (
        day_line(),
        Lane(
            "Door",
            [(NOW - DAY, NOW, False), (NOW - 9 * HOUR, NOW - 8 * HOUR, True), (NOW - 3 * HOUR, NOW - 3 * HOUR, True)],
        ),
    )
    several = [
        Line([(NOW - DAY + n * HOUR, 40 + 10 * k + 5 * math.sin(n / 4 + k)) for n in range(25)], name)
        for k, name in enumerate(("hall", "attic", "cellar"))
    ]
    plots = [
        plot([day], NOW - DAY, NOW, unit="°C", limit=8, lanes=[door]),
        plot([week_line()], NOW - 7 * DAY, NOW, unit="°C", limit=8, fired=[(NOW - 2 * DAY, 8.5)]),
        plot(several, NOW - DAY, NOW),
        plot([], NOW - DAY, NOW),
    ]
    spark = sparkline([p for p in day.points if p[0] > NOW - 10 * HOUR], NOW - 10 * HOUR, NOW, limit=8)
    return {"plots": plots, "spark": spark, "icons": icons.names()}
