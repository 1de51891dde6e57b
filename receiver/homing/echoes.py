"""Whether what points to the collar may point to a rock that reflects it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations

from receiver.geodesy import LocalGrid
from receiver.records import Observation

RECENT, NEAR_M = timedelta(minutes=15), 150.0
DISAGREE_DEG, BROAD_DEG = 45.0, 30.0


def possible_echo(observations: Sequence[Observation], now: datetime) -> bool:
    """Tell whether recent bearings from about one place disagree, or the last peak was broad."""
    recent = [
        o for o in observations
        if o.kind == "bearing" and o.bearing_deg is not None and now - o.time <= RECENT
        and o.latitude_deg is not None and o.longitude_deg is not None
    ]  # fmt: skip
    if recent and (recent[-1].bearing_sigma_deg or 0.0) >= BROAD_DEG:
        return True
    return any(_disagree(a, b) for a, b in combinations(recent[-6:], 2))


def _disagree(a: Observation, b: Observation) -> bool:
    assert a.latitude_deg is not None
    assert a.longitude_deg is not None
    x_m, y_m = LocalGrid(a.latitude_deg, a.longitude_deg).to_xy(b.latitude_deg, b.longitude_deg)
    if float(x_m) ** 2 + float(y_m) ** 2 > NEAR_M**2:
        return False
    directions = [(o.bearing_deg or 0.0, *o.bearing_alternatives_deg) for o in (a, b)]
    apart = (abs((p - q + 180.0) % 360.0 - 180.0) for p in directions[0] for q in directions[1])
    return min(apart) > DISAGREE_DEG
