"""Joining what was heard with where: ages, walking, standing, between fixes, over the world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import Packet
from receiver.config import Collar, Configuration
from receiver.records import Detection, Entry, Observation, Place
from receiver.search import Places, collar_of, from_entry, level, position, put

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def fix(seconds: float, latitude_deg: float, longitude_deg: float = 42.0) -> Place:
    return Place(time=at(seconds), latitude_deg=latitude_deg, longitude_deg=longitude_deg)


def age(places: Places, seconds: float) -> float | None:
    placed = places.at(at(seconds))
    return None if placed is None else placed.age_s


WALKING = [fix(s, 43.0 + s * 1.2 / 111_195) for s in (0, 1, 2, 3)]
STANDING = [fix(s, 43.0) for s in (0, 1, 2, 3)]


@pytest.mark.parametrize(
    ("fixes", "seconds", "expected"),
    [(WALKING, 3 + 4.9, 4.9), (WALKING, 3 + 5.1, None), (STANDING, 3 + 59, 59.0),
     (STANDING, 3 + 61, None), (WALKING, -4.0, 4.0), (WALKING, -6.0, None),
     ([fix(0, 43.0)], 4.0, 4.0), ([fix(0, 43.0)], 6.0, None), ([], 0.0, None)],
)  # fmt: skip
def test_place_may_be_5_s_old_walking_and_60_s_standing(
    fixes: list[Place], seconds: float, expected: float | None
) -> None:
    assert age(Places(fixes), seconds) == (None if expected is None else pytest.approx(expected))


def test_between_two_fixes_the_place_is_between_them() -> None:
    placed = Places([fix(0, 43.0), fix(4, 43.0004)]).at(at(1))
    assert placed is not None
    assert placed.place.latitude_deg == pytest.approx(43.0001)
    assert placed.age_s == 1.0


def test_across_the_antimeridian_nothing_is_averaged_through_greenwich() -> None:
    placed = Places([fix(0, 71.0, 179.9999), fix(4, 71.0, -179.9999)]).at(at(1))
    assert placed is not None
    assert placed.place.longitude_deg == 179.9999


def test_place_said_by_hand_holds_a_quarter_of_an_hour_and_yields_to_a_measured_one() -> None:
    said = Place(time=T0, latitude_deg=44.0, longitude_deg=42.0, holds_s=900.0)
    assert age(Places([said]), 899) == 899.0
    assert age(Places([said]), 901) is None
    assert age(Places([said]), -30) == 30.0  # said just after it was heard
    assert age(Places([said]), -90) is None
    both = Places([said, fix(100, 43.0)])
    placed = both.at(at(101))
    assert placed is not None
    assert placed.place.latitude_deg == 43.0


def test_unplaced_stays_unplaced_and_its_own_place_is_kept() -> None:
    heard = Observation(id="1", kind="level", time=T0, level_db=-90.0)
    assert put(heard, None) == heard
    assert put(heard, Places([])) == heard
    own = Observation(id="1", kind="sighting", time=T0, latitude_deg=1.0, longitude_deg=2.0)
    assert put(own, Places(STANDING)) == own
    placed = put(heard, Places(STANDING))
    assert (placed.latitude_deg, placed.place_age_s, placed.place_time) == (43.0, 0.0, T0)


@given(st.lists(st.floats(0, 1000), max_size=20), st.floats(-100, 1100))
def test_order_of_fixes_does_not_matter(times: list[float], asked: float) -> None:
    fixes = [fix(t, 43.0 + t * 1e-5) for t in times]
    one, two = Places(fixes).at(at(asked)), Places(reversed(fixes)).at(at(asked))
    assert one == two
    assert one is None or one.age_s <= 60.0


# --- which collar -----------------------------------------------------------------------------

SHEETS = Configuration(
    collars=(
        Collar(name="Baksan", ids=("26BA4500",), frequency_hz=150.35e6,
               pulses_per_minute={"normal": 40.0, "mortality": 80.0}),
        Collar(name="Cegem", ids=("0016C001",), frequency_hz=150.36e6),
    )
)  # fmt: skip


def detection(kind: str = "meter", **fields: object) -> Detection:
    return Detection(**{"kind": kind, "time": T0, "monotonic_ns": 0, "id": "d", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("heard", "collar"),
    [(detection("packet", device_id="26ba4500"), "Baksan"),
     (detection("packet", device_id="deadbeef"), None),
     (detection(frequency_hz=150.3505e6), "Baksan"), (detection(frequency_hz=151e6), None),
     (detection(), None), (detection("packet", frequency_hz=150.35e6), None)],
)  # fmt: skip
def test_collar_by_identity_or_frequency(heard: Detection, collar: str | None) -> None:
    assert collar_of(heard, SHEETS) == collar


def test_two_collars_on_one_frequency_are_not_guessed_between() -> None:
    twins = Configuration(collars=(Collar(name="a", frequency_hz=150e6),
                                   Collar(name="b", frequency_hz=150.001e6)))  # fmt: skip
    assert collar_of(detection(frequency_hz=150.0005e6), twins) is None


def test_saturated_level_is_a_lower_bound() -> None:
    assert level(detection(level_db=60.0, saturated=True), "A").level_bound == "lower"
    assert level(detection(level_db=6.0, saturated=False), "A").level_bound == "none"


@pytest.mark.parametrize("status", ["stale", "bad", "unavailable"])
def test_position_of_unknown_age_is_no_evidence(status: str) -> None:
    packet = Packet(protocol="x", latitude_deg=43.0, longitude_deg=42.0, time=T0,
                    position_status=status)  # type: ignore[arg-type]  # fmt: skip
    assert position(packet, detection("packet"), "A") is None


def test_position_keeps_its_own_time() -> None:
    packet = Packet(protocol="x", latitude_deg=43.0, longitude_deg=42.0, time=at(-900),
                    position_status="ok")  # fmt: skip
    found = position(packet, detection("packet"), "A")
    assert found is not None
    assert (found.time, found.kind) == (at(-900), "position")


def test_entry_becomes_an_observation_under_its_own_names() -> None:
    entry = Entry(id="e", observer="B", time=T0, content={"kind": "bearing", "bearing_deg": 90.0})
    found = from_entry(entry)
    assert (found.id, found.observer, found.bearing_deg) == ("e", "B", 90.0)
    with pytest.raises((TypeError, ValueError)):
        from_entry(Entry(id="e", observer="B", time=T0, content={"kind": "level", "volume": 11}))
