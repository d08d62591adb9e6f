"""A verified pack as SenML-JSON (RFC 8428): a view, which nobody signed."""

import json
from functools import lru_cache

from thingcloud.telemetry.model import Verified


def view(verified: Verified) -> bytes:
    """One pack with at least one reading as JSON. While the device does not know the time, none is given."""
    sender, pack, _ = verified
    records = []
    for name, unit, value, places, t in pack.readings:
        if places:
            shown = f'"v":{value:.{places}f}'
        elif isinstance(value, bool):
            shown = '"vb":true' if value else '"vb":false'
        elif isinstance(value, str):
            shown = f'"vs":{json.dumps(value)}'
        else:
            shown = f'"v":{value}'
        records.append(f'{_label(name, unit)}{shown},"t":{t}}}' if t else f"{_label(name, unit)}{shown}}}")
    time = "" if pack.iat is None else f'"bt":{pack.iat},'
    return f'[{{"bn":"{sender.id}/{pack.stream}/",{time}{",{".join(records)}]'.encode()


@lru_cache(maxsize=65536)
def _label(name: str, unit: str | None) -> str:
    return f'"n":"{name}",' if unit is None else f'"n":"{name}","u":{json.dumps(unit)},'
