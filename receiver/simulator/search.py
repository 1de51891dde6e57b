"""A made-up search as observations, with the truth beside it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from receiver.geodesy import LocalGrid
from receiver.records import SIMULATION_MARK, Observation
from receiver.simulator.scene import NOISE_FLOOR_DBM, draw_scene, readings, walk

START = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
# Nobody's gorge: a place in the open Black Sea, so that no made-up point is taken for a real one.
ORIGIN_DEG = (43.0000, 34.0000)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """A made-up search: what was heard, and where the collar really was."""

    observations: list[Observation]
    latitude_deg: float
    longitude_deg: float


def made_up_search(
    seed: int, minutes: float, *, every_s: float = 6.0, on_s: float = 3000.0, off_s: float = 600.0
) -> MadeUp:
    """Return the search of a seed: one reading every `every_s`, beacon on and off in turn."""
    scene = draw_scene(seed)
    grid = LocalGrid(*ORIGIN_DEG)
    latitude, longitude = grid.to_degrees(*scene.collar_m)
    steps = walk(scene, seed, minutes)
    heard = readings(scene, steps, seed, every_s=every_s, on_s=on_s, off_s=off_s)
    observations = []
    for number, reading in enumerate(heard):
        lat, lon = grid.to_degrees(reading.step.gps_x_m, reading.step.gps_y_m)
        observations.append(
            Observation(
                id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"simulation/{seed}/{number}")),
                kind="silence" if reading.level_dbm is None else "level",
                time=START + timedelta(seconds=reading.step.time_s),
                collar="simulated",
                observer="A",
                receiver="simulated",
                text=SIMULATION_MARK,
                latitude_deg=round(float(lat), 7),
                longitude_deg=round(float(lon), 7),
                heard=reading.level_dbm is not None,
                level_db=None if reading.level_dbm is None else round(reading.level_dbm, 1),
                level_unit=None if reading.level_dbm is None else "dBm",
                threshold_db=NOISE_FLOOR_DBM,
            )
        )
    return MadeUp(
        observations=observations, latitude_deg=float(latitude), longitude_deg=float(longitude)
    )
