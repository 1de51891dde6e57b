"""What the homing screen costs in a real terminal: ten made-up snapshots a second. Prints JSON.

Run it inside a terminal (tmux will do); the JSON goes to the file that is named.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGAN = time.perf_counter()

from receiver.homing.snapshot import (  # noqa: E402
    Advice,
    Approach,
    Beat,
    Gain,
    Machine,
    Said,
    Snapshot,
    SourceState,
    Standing,
    Strength,
    Where,
)

HZ = 10.0
SECONDS = 20.0


def made_up(step: int) -> Snapshot:
    """Return the snapshot of one tick of a walk towards a collar; no animal is there."""
    now_s = step / HZ
    level = -95.0 + now_s + 6.0 * math.sin(now_s)
    return Snapshot(
        time=datetime(2026, 11, 28, 3, 0, tzinfo=UTC) + timedelta(seconds=now_s),
        collar="made-1",
        collars=("made-1", "made-2"),
        simulation=True,
        approach=Approach(limit_m=300.0, edge_m=620.0, must_stop=False),
        advice=Advice(deed="that way", bearing_deg=45.0 + now_s, distance_m=400.0),
        machine=Machine(saved=1000 + step, waiting=0, is_stuck=False, battery_percent=83,
                        battery_hours=5.2, disk_hours=410.0, clock_source="gps"),
        where=Where(bearing_deg=45.0 + now_s, bearing_sd_deg=12.0, low_m=500.0, high_m=1400.0,
                    nearness="near", metres_known=True, area_m2=230_000.0, age_s=now_s % 5.0),
        strength=Strength(receiver="r30", value=level, unit="dBm", share=(level + 120.0) / 90.0,
                          age_s=now_s % 1.5, peak=-81.0, peak_age_s=now_s % 20.0, trend_db=3.2),
        beat=Beat(pulses_per_minute=38.0, meaning="as the sheet says", age_s=now_s % 1.5),
        gain=Gain(now="yagi, gain 5", next_step="attenuator"),
        place=Standing(observer="A", latitude_deg=42.84123, longitude_deg=44.12345, age_s=0.4,
                       accuracy_m=4.0, heading_deg=20.0),
        sources=(SourceState(name="r30", role="receiver", state="running", age_s=0.3),),
        decoded=(Said(text="LinkIt, battery 3.4 V", age_s=40.0),),
        needed=("a bearing from the other side of the valley",),
    )  # fmt: skip


def main() -> None:
    """Show snapshots for a while and write what that cost."""
    from receiver.ui.homescreen.app import HomeApp
    from receiver.ui.homescreen.face import HomeFace

    first: list[float] = []
    looks: list[int] = [0]
    render = HomeApp.look

    def look(app: HomeApp) -> None:
        render(app)
        looks[0] += 1
        if not first and app.size.width and face.has_news:
            first.append(time.perf_counter() - BEGAN)

    HomeApp.look = look  # type: ignore[method-assign, assignment]
    face = HomeFace(time.monotonic)
    face.begin()
    begin, spent = time.perf_counter(), time.process_time()
    for step in range(int(SECONDS * HZ)):
        face.show(made_up(step))
        time.sleep(max(0.0, begin + (step + 1) / HZ - time.perf_counter()))
    spent, took = time.process_time() - spent, time.perf_counter() - begin
    size = os.get_terminal_size(2)
    face.close()
    result = {
        "bench": "homescreen",
        "size": [size.columns, size.lines],
        "snapshots_per_s": HZ,
        "looks_per_s": round(looks[0] / took, 1),
        "cpu_share": round(spent / took, 3),
        "whole_process_cpu_s": round(time.process_time(), 2),
        "start_to_first_reading_s": round(first[0], 2) if first else None,
        "threads_left": threading.active_count() - 1,
    }
    text = json.dumps(result) + "\n"
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
