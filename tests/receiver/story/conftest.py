"""Made-up rows of histories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from receiver.records import Fix

START = datetime(2026, 5, 1, tzinfo=UTC)
MakeFix = Callable[..., Fix]


@pytest.fixture
def fix() -> MakeFix:
    def make(hours: float, east_m: float | None = 0.0, north_m: float = 0.0, **more: Any) -> Fix:
        """Return a row `hours` after the start, so far from 43 N 42 E; None: without a place."""
        place: dict[str, Any] = {}
        if east_m is not None:
            place = {"latitude_deg": 43.0 + north_m / 111_111.0,
                     "longitude_deg": 42.0 + east_m / 81_400.0,
                     "position_status": "ok"}  # fmt: skip
        time = START + timedelta(hours=hours)
        return Fix(**{"id": f"{hours}/{east_m}/{north_m}", "device_id": "81267", "file": "gps.csv",
                      "row": 1, "time": time, **place, **more})  # fmt: skip

    return make
