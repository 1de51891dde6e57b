"""The made-up search: its statistics are what it says, and the same seed gives the same."""

from __future__ import annotations

import itertools
import json
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from protocols import decode
from protocols.envelopes import load, read
from receiver.cli import run
from receiver.columns import read_observations
from receiver.simulator import collar, gateway
from receiver.simulator.scene import (
    EXPONENTS,
    NOISE_FLOOR_DBM,
    draw_scene,
    exponential_field,
    readings,
    walk,
)
from receiver.simulator.search import made_up_search

NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize(("scale_m", "spread_db"), [(20.0, 3.0), (150.0, 5.0)])
def test_field_has_the_covariance_it_claims(scale_m: float, spread_db: float) -> None:
    """cov(D) = spread^2 exp(-D / scale), averaged over many fields."""
    rng = np.random.default_rng(1)
    at_m = np.array([0.0, 0.5, 1.0, 2.0]) * scale_m
    values = np.array(
        [exponential_field(rng, scale_m, spread_db).at(at_m, np.zeros(4)) for _ in range(2000)]
    )
    covariance = (values * values[:, :1]).mean(axis=0)
    expected = spread_db**2 * np.exp(-at_m / scale_m)
    np.testing.assert_allclose(covariance, expected, atol=0.09 * spread_db**2)


def test_level_falls_with_the_distance_by_the_exponent() -> None:
    slopes = []
    for seed in range(60):
        scene = draw_scene(seed)
        x = scene.collar_m[0] + np.array([30.0, 3000.0])
        near, far = scene.level_dbm(x, np.full(2, scene.collar_m[1]))
        slopes.append((near - far) / 20.0)
    assert EXPONENTS[0] < np.mean(slopes) < EXPONENTS[1]


def test_nothing_is_heard_under_the_noise_or_while_the_beacon_is_off() -> None:
    scene = draw_scene(3)
    steps = walk(scene, 3, 30)
    heard = list(readings(scene, steps, 3, every_s=4, on_s=60, off_s=60))
    levels = [reading.level_dbm for reading in heard if reading.level_dbm is not None]
    assert min(levels) > NOISE_FLOOR_DBM
    assert all(r.level_dbm is None for r in heard if r.step.time_s % 120 >= 60)


def test_searcher_walks_at_a_walking_pace_within_the_gorge() -> None:
    steps = walk(draw_scene(5), 5, 30)
    moves = [math.hypot(b.x_m - a.x_m, b.y_m - a.y_m)
             for a, b in itertools.pairwise(steps)]  # fmt: skip
    assert max(moves) < 6.0
    errors = [math.hypot(s.gps_x_m - s.x_m, s.gps_y_m - s.y_m) for s in steps]
    assert 1.0 < np.mean(errors) < 12.0


def test_same_seed_same_search() -> None:
    assert made_up_search(7, 5) == made_up_search(7, 5)
    assert made_up_search(7, 5) != made_up_search(8, 5)


def test_command_writes_the_search_and_the_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "walk.csv"
    assert run(["simulate", "--seed", "2", "--minutes", "5", "--to", str(out)]) == 0
    assert "SIMULATION" in capsys.readouterr().err
    assert len(read_observations(out)) == 50
    truth = json.loads((tmp_path / "walk.truth.json").read_text())
    assert 42.9 < truth["latitude_deg"] < 43.1


# --- bytes of the emulated collar -----------------------------------------------------------------


def test_packed_status_is_what_the_decoder_reads() -> None:
    (packet,) = decode(collar.status(3.62, 8.0, 93), protocol="opencollar-edge", port=4)
    assert packet.battery_v == pytest.approx(3.62)
    assert packet.temperature_c == pytest.approx(8.0, abs=0.4)
    assert packet.details["uptime"] == 93
    assert packet.warnings == ()


def test_failed_fix_has_no_position() -> None:
    (packet,) = decode(collar.failed_fix(NOW, 120), protocol="opencollar-edge", port=2)
    assert (packet.latitude_deg, packet.position_status) == (None, "unavailable")


def test_frame_carries_the_address() -> None:
    frame = collar.lorawan_frame("26ba4500", 70_000, 4, b"\x01" * 16)
    heard = gateway.Reception(-100, -5.0)
    datagram = gateway.push_data("00000000000000a1", 1, frame, heard, 0)
    (envelope,) = read(load(datagram[12:]))
    assert envelope.device_id == "26ba4500"


@pytest.mark.parametrize(
    ("level_dbm", "rssi", "snr"), [(-80, -80, 11.0), (-117, -114, 0.0), (-137, -117, -20.0)]
)
def test_gateway_reports_as_a_gateway_does(level_dbm: float, rssi: int, snr: float) -> None:
    assert gateway.reception(level_dbm) == gateway.Reception(rssi, snr)


def test_signal_under_the_limit_is_not_heard() -> None:
    assert gateway.reception(-137.5) is None
