"""Gathers what the rooms below know into the owner's home page and the first page of a thing."""

from collections.abc import Sequence

from markupsafe import Markup

from thingcloud.conversations import service as conversations
from thingcloud.conversations.model import FOUND, CaseLine, name_of
from thingcloud.dashboard import model
from thingcloud.dashboard.model import Card, Home, Need, Now, Overview
from thingcloud.devices import service as devices
from thingcloud.devices.model import Device
from thingcloud.notify import service as notify
from thingcloud.plumbing import plots, units
from thingcloud.plumbing.clock import DAY, HOUR, MINUTE
from thingcloud.plumbing.db import Tx
from thingcloud.telemetry import service as telemetry
from thingcloud.telemetry.model import Value
from thingcloud.things import kinds
from thingcloud.things import service as things
from thingcloud.things.model import ON, Thing
from thingcloud.vendors import service as vendors

CARDS = 7
_VALUES = 6
_ENTRIES = 8
_SPARK_POINTS = 96
_PLOT_POINTS = 400
_YOUNG = 2 * HOUR
_SHORTEST = 5 * MINUTE


def home(tx: Tx, now: int, account_id: str) -> Home:
    """The owner's home page."""
    owned = things.things_of(tx, account_id)
    lines = [line for line in conversations.cases_of(tx, account_id) if line.needs_owner]
    since, words = model.last_time(now)
    counts = things.counts_since(tx, account_id, since)
    readings = telemetry.readings_since(tx, [thing.id for thing in owned], since)
    return Home(
        news=model.news(words, counts.get("scan", 0), counts.get("case.answered", 0), readings),
        needs=_needs(tx, now, account_id, owned, lines),
        cards=[_card(tx, now, thing, lines) for thing in owned[:CARDS]],
        more=len(owned),
    )


def _needs(tx: Tx, now: int, account_id: str, owned: Sequence[Thing], lines: Sequence[CaseLine]) -> list[Need]:
    by_id = {thing.id: thing for thing in owned}
    written = [_asked(line, by_id[line.case.thing_id]) for line in lines if line.case.thing_id in by_id]
    unsent = [
        Need("mail", "A mail did not reach you.", subject, at, "Look", "/owner/settings/notifications")
        for subject, _channel, at in notify.undelivered(tx, account_id)
    ]
    forged = [need for thing in owned for need in _refused(tx, now, thing)]
    return [*written, *unsent, *forged]


def _asked(line: CaseLine, thing: Thing) -> Need:
    who = kinds.kind(thing.kind).wrote if line.case.kind == FOUND else f"{name_of(line.party)} wrote about {thing.name}"
    words = f"“{line.words}”" if line.words else "They left word of where it is."
    return Need(thing.kind, who, words, line.at, "Answer", f"/owner/messages/{line.case.id}", thing.lost)


def _refused(tx: Tx, now: int, thing: Thing) -> list[Need]:
    own = [device.id for device in devices.devices_of(tx, thing.id)]
    newest = max((one.last for one in telemetry.refused(tx, own)), default=0) if own else 0
    if newest < now - DAY:
        return []
    title, text = "A message came that this device did not sign.", f"{thing.name}: kept aside, nothing was stored."
    return [Need(thing.kind, title, text, newest, "Look at it", f"/owner/things/{thing.id}/refused", thing.lost)]


def _card(tx: Tx, now: int, thing: Thing, lines: Sequence[CaseLine]) -> Card:
    word = kinds.kind(thing.kind).word if thing.kind != "thing" else ""
    if thing.lost:
        line = next((line for line in lines if line.case.thing_id == thing.id), None)
        said = line.words if line else thing.message
        at = line.at if line else None
        return Card(thing, quote=model.quoted(said), plain="Nobody wrote yet.", word="Lost", at=at)
    values = telemetry.latest(tx, thing.id, now)
    if not values:
        tags = [tag for tag in things.tags_of(tx, thing.id) if tag.state == ON]
        return Card(thing, plain="Answers whoever scans its tag." if tags else "It has no tag yet.", word=word)
    newest = max(value.at for value in values)
    silent = model.silence(newest, now)
    if silent:
        last = values[0]
        told, unit = units.spoken(last.value, last.unit)
        plain = f"{silent} The last {model.label(last.name).lower()} reading was {told} {unit}".rstrip() + "."
        return Card(thing, plain=plain, word="Silent", state="warn", at=newest)
    return _speaking(tx, now, thing, values, newest)


def _speaking(tx: Tx, now: int, thing: Thing, values: Sequence[Value], newest: int) -> Card:
    first, *others = values
    spark = plots.sparkline(_points(tx, now, thing, first, now - DAY, _SPARK_POINTS), now - DAY, now)
    value, unit = units.spoken(first.value, first.unit)
    word = kinds.kind(thing.kind).word if thing.kind != "thing" else ""
    if others:
        word = f"{model.label(others[0].name)} {' '.join(units.spoken(others[0].value, others[0].unit))}".rstrip()
    return Card(thing, value, unit or model.label(first.name).lower(), spark, word=word, at=newest)


def overview(tx: Tx, now: int, account_id: str, thing_id: str, name: str, span: str) -> Overview:
    """The first page of a thing; an unknown series or span gives the usual one."""
    thing = things.seen_by(tx, account_id, thing_id)
    values = telemetry.latest(tx, thing.id, now)
    numbers = [value for value in values if not isinstance(value.value, str)]
    chosen = next((value for value in numbers if value.name == name), numbers[0] if numbers else None)
    span = span if span in model.SPANS else _usual_span(tx, now, thing, chosen)
    readings, packs = telemetry.counts(tx, thing.id)
    return Overview(
        thing=thing,
        own=thing.owner_id == account_id,
        values=[_now(value) for value in values[:_VALUES]],
        chosen=chosen.name if chosen else "",
        title=model.label(chosen.name) if chosen else "",
        span=span,
        plot=_plot(tx, now, thing, chosen, model.SPANS[span][1]),
        readings=readings,
        packs=packs,
        events=things.journal_of(tx, thing.id, _ENTRIES),
        devices=[(device.id, _state(device), device.last_seen) for device in devices.devices_of(tx, thing.id)],
        vendors=[
            (vendor.name, "may hear" if grant.agreement.accepted else "has not agreed yet")
            for grant, vendor in vendors.grants_of(tx, thing.id)
        ],
        time_known=all(value.time_known for value in values)
        and not (chosen and telemetry.undated(tx, thing.id, chosen.name, now - model.SPANS[span][1], now)),
    )


def _state(device: Device) -> str:
    return "withdrawn" if device.revoked else "signs for this thing"


def _now(value: Value) -> Now:
    told, unit = units.spoken(value.value, value.unit)
    return Now(value.name, model.label(value.name), told, unit, model.ICONS.get(value.name, ""))


def _usual_span(tx: Tx, now: int, thing: Thing, chosen: Value | None) -> str:
    if chosen is None:
        return "day"
    points = _points(tx, now, thing, chosen, now - DAY, _SPARK_POINTS)
    return "hour" if points and points[0][0] > now - _YOUNG else "day"


def _plot(tx: Tx, now: int, thing: Thing, chosen: Value | None, width: int) -> Markup:
    since = now - width
    if chosen is None:
        return plots.plot([], since, now)
    points = _points(tx, now, thing, chosen, since, _PLOT_POINTS)
    if points and width == HOUR:
        since = max(since, min(points[0][0], now - _SHORTEST))
    factor, unit = units.scale(chosen.unit, max((value for _, value in points), default=0))
    line = plots.Line([(at, value * factor) for at, value in points], model.label(chosen.name))
    return plots.plot([line], since, now, unit=unit)


def _points(tx: Tx, now: int, thing: Thing, shown: Value, since: int, most: int) -> list[tuple[int, float]]:
    """The means of a series, and at its end the newest value itself: what stands there in figures must be true."""
    newest = min(shown.at, now)
    points = telemetry.series(tx, thing.id, shown.name, since, newest, most)
    if isinstance(shown.value, str) or newest < since:
        return points
    return [*points, (newest, shown.value)]
