"""The picture of a story: of its size, with and without what may be missing."""

from __future__ import annotations

import struct
import sys
from datetime import UTC, datetime, timedelta

import pytest

from receiver.config import Collar
from receiver.errors import MissingExtraError
from receiver.records import Fix
from receiver.report.story_picture import picture
from receiver.story import tell

START = datetime(2026, 5, 1, tzinfo=UTC)


def rows(count: int) -> list[Fix]:
    return [
        Fix(id=str(i), device_id="1", file="f", row=i, time=START + timedelta(hours=6 * i),
            latitude_deg=43.0 + 0.01 * (i % 5), longitude_deg=42.0 + 0.01 * (i % 7),
            position_status="ok", battery_v=3.6, temperature_c=5.0, mortality=i > 90)
        for i in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 100])
@pytest.mark.parametrize("silent_days", [0, 3, 5000])
def test_picture_has_its_size(count: int, silent_days: int) -> None:
    own = rows(count)
    now = START + timedelta(hours=6 * count, days=silent_days)
    png = picture(tell(own, now, collar=Collar(name="Baksan")), own)
    assert struct.unpack(">II", png[16:24]) == (1400, 850)


@pytest.mark.parametrize("name", ["$\\frac{", "\x1b[2J", "$x$ and $", "Барс", "a" * 500])
def test_any_name_can_be_drawn(name: str) -> None:
    own = rows(20)
    assert picture(tell(own, START + timedelta(days=30), collar=Collar(name=name)), own)


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(MissingExtraError, match="baksan\\[report\\]"):
        picture(tell(rows(3), START, collar=Collar(name="Baksan")), rows(3))
