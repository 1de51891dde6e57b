"""A hound with a TickTag and an e-obs collar at once: how far apart are the two tracks? JSON.

The download of the TickTag is decoded, from its text and, packed as the firmware packs it, from the
bytes of its EEPROM; seconds that both have are compared. Both devices err, so this bounds the
TickTag's error from above.

The two clocks are not the same: GPS was 18 s ahead of UTC then. So the distances are given as the
stamps are, and with the shift of whole seconds that makes the median least, which is fitted to
these very data.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from protocols import decode

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "collars" / "ticktag"
NAME = "20220209_AntiPoachingHound_1s_Interval"
EPOCH_S = 1_618_428_394
SHIFTS_S = range(-30, 31)
Track = dict[int, tuple[float, float]]


def eobs_track(path: Path) -> Track:
    """Return latitude and longitude by second of the maker's table."""
    with path.open(newline="") as file:
        return {
            round(datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC).timestamp()):
            (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)
        }  # fmt: skip


def decoded(data: bytes, protocol: str) -> Track:
    return {
        round(packet.time.timestamp()): (packet.latitude_deg, packet.longitude_deg)
        for packet in decode(data, protocol=protocol)
        if packet.time and packet.latitude_deg is not None and packet.longitude_deg is not None
    }


def packed(rows: Iterable[str]) -> bytes:
    """Pack the rows of the maker's table of a TickTag into ten bytes each, without our code."""
    fixes = []
    for row in rows:
        _, unix_s, latitude, longitude = row.split(",")
        north = round(float(latitude) * 1e5) + 9_000_000
        east = round(float(longitude) * 1e5) + 18_000_000
        fixes.append((north << 55 | east << 29 | int(unix_s) - EPOCH_S).to_bytes(10, "big"))
    return b"".join(fixes)


def distances_m(one: Track, other: Track) -> NDArray[np.float64]:
    """Return the distances of the seconds that both have."""
    common = sorted(one.keys() & other.keys())
    ours, theirs = (np.array([track[second] for second in common]) for track in (one, other))
    _, _, metres = Geod(ellps="WGS84").inv(ours[:, 1], ours[:, 0], theirs[:, 1], theirs[:, 0])
    return np.asarray(metres)


def shifted(track: Track, shift_s: int) -> Track:
    return {second + shift_s: place for second, place in track.items()}


def told(metres: NDArray[np.float64]) -> dict[str, float]:
    return {
        "common_seconds": len(metres),
        "median_m": round(float(np.median(metres)), 1),
        "p95_m": round(float(np.percentile(metres, 95)), 1),
        "most_m": round(float(metres.max()), 1),
    }


def main() -> None:
    if not FOLDER.is_dir():
        sys.exit(f"{FOLDER} is not there")
    eobs = eobs_track(FOLDER / f"{NAME}_eobs.csv")
    rows = (FOLDER / f"{NAME}_5096_fixes.csv").read_text().split()[1:]
    text = (FOLDER / f"{NAME}_5096_fixes.txt").read_bytes()
    result: dict[str, object] = {"bench": "hound", "eobs_fixes": len(eobs)}
    for name, track in (
        ("text", decoded(text, "ticktag-serial")),
        ("eeprom", decoded(packed(rows), "ticktag-eeprom")),
    ):
        later = {shift_s: distances_m(shifted(track, shift_s), eobs) for shift_s in SHIFTS_S}
        best_s = min(later, key=lambda shift_s: float(np.median(later[shift_s])))
        result[name] = {
            "fixes": len(track),
            "as_stamped": told(later[0]),
            f"{best_s} s later": told(later[best_s]),
        }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
