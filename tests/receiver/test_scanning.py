"""What is listened to next: order, drift, hours, hits that hold; and an emulated receiver."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from receiver.config import Collar
from receiver.records import Detection
from receiver.scanning import Dial, Plan, Scan, dials, in_turn

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
A = Collar(name="A", frequency_hz=150.1e6, frequency_drift_hz=100.0)
B = Collar(name="B", frequency_hz=150.2e6, frequency_drift_hz=1000.0,
           pulses_per_minute={"normal": 30.0})  # fmt: skip
C = Collar(name="C", frequency_hz=150.3e6, frequency_drift_hz=100.0)


@pytest.mark.parametrize(
    ("drift_hz", "offsets"),
    [(0.0, [0]), (250.0, [0]), (251.0, [0, 500, -500]), (1000.0, [0, 500, -500, 1000, -1000]),
     (None, [0] + [s * k * 500 for k in range(1, 7) for s in (1, -1)])],
)  # fmt: skip
def test_dial_covers_the_drift_from_the_middle_outwards(
    drift_hz: float | None, offsets: list[float]
) -> None:
    collar = replace(A, frequency_drift_hz=drift_hz)
    assert [hz - 150.1e6 for hz in dials(collar, 500.0)] == offsets


def test_after_it_was_heard_only_there() -> None:
    assert dials(B, 500.0, heard_hz=150.2015e6) == [150.2015e6, 150.202e6, 150.201e6]
    assert dials(Collar(name="X"), 500.0) == []


@pytest.mark.parametrize(
    ("names", "homed", "order"),
    [("abc", None, "abcabc"), ("abc", "b", "babcba"), ("a", "a", "aaaaaa"), ("ab", "z", "ababab"),
     ("", None, "")],
)  # fmt: skip
def test_homed_collar_comes_first_and_every_second_time(
    names: str, homed: str | None, order: str
) -> None:
    assert "".join(islice(in_turn(list(names), homed), 6)) == order


class World:
    """A receiver whose meter shows a beacon at one frequency, pulsing each 1.5 s, and a clock."""

    def __init__(self, plan: Plan, beacon_hz: float | None, *, decibels: bool = True) -> None:
        self.scan, self.beacon_hz, self.decibels = Scan(plan), beacon_hz, decibels
        self.dial: Dial | None = None
        self.visited: list[tuple[float, Dial]] = []

    def run(self, seconds: float) -> None:
        for tick in range(int(seconds * 10)):
            now = T0 + timedelta(seconds=tick / 10)
            if dial := self.scan.next(now, tick * 10**8):
                self.dial = dial
                self.visited.append((tick / 10, dial))
            self.scan.read(self.reading(tick, now))

    def reading(self, tick: int, now: datetime) -> Detection:
        hz = self.dial.frequency_hz if self.dial else None
        heard = hz is not None and self.beacon_hz is not None and abs(hz - self.beacon_hz) <= 250
        raw = 120.0 if heard and tick % 15 in (3, 4) else 40.0 + tick % 3
        level_db = raw / 4 - 50 if self.decibels else None
        return Detection(kind="meter", time=now, monotonic_ns=tick * 10**8, frequency_hz=hz,
                         level_raw=raw, level_db=level_db)  # fmt: skip


def collars(world: World) -> str:
    return "".join(dial.collar for _, dial in world.visited)


def test_nothing_heard_goes_round_and_round() -> None:
    world = World(Plan(collars=(A, B, C)), None)
    world.run(101)
    assert collars(world) == "ABBBBBCABBBBBCA"
    steps = {
        round(b - a, 1) for (a, _), (b, _) in zip(world.visited, world.visited[1:], strict=False)
    }
    assert steps == {5.0, 8.0}  # four periods of B are eight seconds


@pytest.mark.parametrize("decibels", [True, False])
def test_hit_holds_and_its_place_on_the_dial_is_remembered(decibels: bool) -> None:
    world = World(Plan(collars=(A, B), hold_s=20.0), 150.2005e6, decibels=decibels)
    world.run(120)
    first = next(t for t, dial in world.visited if dial.frequency_hz == 150.2005e6)
    assert not [t for t, _ in world.visited if first < t < 119]
    assert world.scan.hits > 50
    world.beacon_hz = None
    later = World(Plan(collars=(A, B), hold_s=20.0), None)
    later.scan, later.dial = world.scan, world.dial
    later.scan._until_ns = 0
    later.run(60)
    about_b = [dial.frequency_hz for _, dial in later.visited if dial.collar == "B"]
    assert 150.2005e6 in about_b


def test_silence_after_a_hit_moves_on_when_the_hold_is_over() -> None:
    world = World(Plan(collars=(A, C), hold_s=10.0), 150.1e6)
    for tick in range(600):
        now = T0 + timedelta(seconds=tick / 10)
        if dial := world.scan.next(now, tick * 10**8):
            world.dial = dial
            world.visited.append((tick / 10, dial))
        if tick == 200:
            world.beacon_hz = None
        world.scan.read(world.reading(tick, now))
    moved = [t for t, dial in world.visited if dial.collar == "C"]
    assert 25.0 < moved[0] < 32.0


def test_crackle_is_no_hit() -> None:
    world = World(Plan(collars=(A, C)), None)
    world.run(2)
    assert world.dial is not None
    loud = replace(world.reading(20, T0), level_db=0.0)
    world.scan.read(loud)
    assert world.scan.hits == 1
    world.run(8)
    assert "C" in collars(world)


def test_collar_that_is_off_by_its_hours_is_passed_over() -> None:
    off = replace(A, on_hours=("13:00-14:00",), on_hours_zone="UTC")
    world = World(Plan(collars=(off, C)), None)
    world.run(30)
    assert set(collars(world)) == {"C"}
    assert world.scan.passed_over == {"A"}
    alone = World(Plan(collars=(off,)), None)
    alone.run(5)
    assert alone.visited == []


def test_readings_of_the_last_dial_are_not_of_this_one() -> None:
    world = World(Plan(collars=(A,)), None)
    world.run(1)
    old = replace(world.reading(11, T0), frequency_hz=151e6, level_db=20.0)
    for _ in range(5):
        world.scan.read(old)
    assert world.scan.hits == 0


def test_dwell_may_be_said_and_without_a_frequency_there_is_nothing_to_scan() -> None:
    world = World(Plan(collars=(A, C), dwell_s=2.0), None)
    world.run(10)
    assert collars(world) == "ACACA"
    assert Scan(Plan(collars=(Collar(name="X"),))).next(T0, 0) is None
