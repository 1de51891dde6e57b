"""The picture of the map: there, of the right size, with what was asked for, for any answer."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import numpy as np
import pytest

from receiver.columns import columns
from receiver.errors import MissingExtraError
from receiver.locator import LocatorConfig, posterior
from receiver.locator.radio import RadioData
from receiver.records import Observation
from receiver.report.map_picture import loudest_db, picture
from receiver.simulator.search import made_up_search

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BEARING = Observation(id="1", kind="bearing", time=NOW, latitude_deg=43.0, longitude_deg=42.0,
                      bearing_deg=90.0, bearing_sigma_deg=4.0)  # fmt: skip
SEEN = Observation(id="2", kind="sighting", time=NOW, latitude_deg=43.0, longitude_deg=42.01,
                   radius_m=200.0, trust=0.7)  # fmt: skip
SILENT = Observation(id="3", kind="silence", time=NOW, latitude_deg=43.0, longitude_deg=42.0)


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize(
    "rows", [[BEARING], [SEEN], [BEARING, SEEN, SILENT], made_up_search(1, 15).observations],
    ids=["bearing", "sighting", "mixed", "walk"],
)  # fmt: skip
def test_any_answer_is_drawn(rows: list[Observation]) -> None:
    found = posterior(columns(rows), LocatorConfig(cells=64))
    assert size(picture(found, rows)) == (1200, 1200)


def test_name_that_looks_like_a_formula_is_drawn() -> None:
    found = posterior(columns([BEARING]), LocatorConfig(cells=64, collar="$x^{$"))
    assert found.answer.collar == "$x^{$"
    assert size(picture(found, [BEARING])) == (1200, 1200)


@pytest.mark.parametrize("rows", [[], [SILENT]])
def test_without_an_answer_the_reason_is_drawn(rows: list[Observation]) -> None:
    found = posterior(columns(rows), LocatorConfig(cells=64))
    assert found.answer.reason
    assert size(picture(found, rows)) == (1200, 1200)


def test_colours_compare_levels_of_one_receiver_only() -> None:
    radio = RadioData(
        x_m=np.zeros(4), y_m=np.zeros(4), level_db=np.array([-100.0, -90.0, -20.0, -30.0]),
        group=np.array([0, 0, 1, 1]), group_mean_db=np.zeros(2), group_covariance_db2=np.eye(2),
    )  # fmt: skip
    np.testing.assert_array_equal(radio.level_db - loudest_db(radio), [-10, 0, 0, -10])


def test_missing_matplotlib_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    found = posterior(columns([BEARING]), LocatorConfig(cells=64))
    with pytest.raises(MissingExtraError, match=r"pip install 'baksan\[report\]'"):
        picture(found, [BEARING])
