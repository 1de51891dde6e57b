"""A rehearsal whose searcher is told what to do, through emulated devices and the recording."""

from __future__ import annotations

import threading
from pathlib import Path

from receiver.derive import Derived
from receiver.geodesy import distance_and_bearing
from receiver.homing.snapshot import Advice
from receiver.recording import Session, View, record
from receiver.simulator import gps
from receiver.simulator.rehearsal import NAME, START, World
from receiver.simulator.search import ORIGIN_DEG
from receiver.turns import apart_deg

LOUD_SEED = 33


def _rehearsed(world: World, path: Path, minutes: float, stop: threading.Event) -> Derived:
    session = Session(
        addresses=world.addresses,
        journal=path / "rehearsal.journal",
        configuration=world.configuration,
        clock=world.clock,
        collar=NAME,
        seconds=minutes * 60,
    )

    def look(view: View) -> None:
        if world.contact:
            stop.set()

    return record(
        session, lambda events: None, look, stop, lambda running: world.begin(running.writer)
    )[0]


def test_searcher_who_is_told_goes_to_contact(tmp_path: Path) -> None:
    stop = threading.Event()

    def told() -> Advice:
        way_m, bearing_deg = distance_and_bearing(ORIGIN_DEG, world.truth_deg)
        return Advice(deed="that way", bearing_deg=bearing_deg, distance_m=way_m)

    with World(LOUD_SEED, 20.0, 120.0, told) as world:
        derived = _rehearsed(world, tmp_path, 20.0, stop)
        assert world.contact
        assert stop.is_set()
    places = [(o.latitude_deg, o.longitude_deg) for o in derived.observations if o.latitude_deg]
    assert len(set(places)) > 3


def test_turn_of_a_searcher_makes_a_bearing(tmp_path: Path) -> None:
    """The level falls and rises with the antenna; the GPS receiver says where it points."""
    asked: list[Advice | None] = []

    def told() -> Advice | None:
        asked.append(None if asked else Advice(deed="turn"))
        return asked[-1]

    with World(LOUD_SEED, 1.5, 15.0, told) as world:
        derived = _rehearsed(world, tmp_path, 1.5, threading.Event())
        truth_deg = world.truth_deg
    (bearing,) = [o for o in derived.observations if o.kind == "bearing"]
    assert bearing.latitude_deg is not None
    assert bearing.longitude_deg is not None
    assert bearing.bearing_deg is not None
    here = bearing.latitude_deg, bearing.longitude_deg
    directions = (bearing.bearing_deg, *bearing.bearing_alternatives_deg)
    true_deg = distance_and_bearing(here, truth_deg)[1]
    assert min(apart_deg(said, true_deg) for said in directions) < 30.0


def test_compass_is_said_only_where_there_is_one() -> None:
    assert b"HDT" not in gps.sentences(43.0, 34.0, START)
    assert gps.sentences(43.0, 34.0, START, 12.34).startswith(b"$GPHDT,12.3,T*")
