from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from receiver.records import Detection, jsonable, utc_text

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_time_is_written_in_utc() -> None:
    moscow = NOON.astimezone(timezone(timedelta(hours=3)))
    assert utc_text(moscow) == "2026-11-24T12:00:00.000Z"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        (-math.inf, None),
        (np.float64("nan"), None),
        (np.int64(7), 7),
        (b"\xf2\x1e", "f21e"),
        ({1: (2.5, None)}, {"1": [2.5, None]}),
        (NOON, "2026-11-24T12:00:00.000Z"),
    ],
)
def test_json_never_holds_nan(value: object, expected: object) -> None:
    assert jsonable(value) == expected


def test_a_record_becomes_an_object_with_its_own_names() -> None:
    heard = Detection(kind="packet", time=NOON, monotonic_ns=5, level_db=math.nan, data=b"\x01")
    document = json.loads(json.dumps(jsonable(heard), allow_nan=False))
    assert document["level_db"] is None
    assert document["data"] == "01"
    assert set(document) == set(Detection.__slots__)
