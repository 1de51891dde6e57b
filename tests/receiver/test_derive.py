"""From rows to observations: nothing depends on when rows arrive, nothing is passed over."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from receiver.config import Collar, Configuration
from receiver.derive import Derivation, derive
from receiver.notes import content as notes
from receiver.records import Entry, Gap, Heard, Row, Source
from receiver.simulator import gateway, gps
from receiver.simulator.collar import failed_fix, lorawan_frame, status

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHEETS = Configuration(collars=(Collar(name="Baksan", ids=("26ba4500", "00000000000000ff")),))


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def source(name: str, address: str, role: str = "receiver", observer: str = "A") -> Source:
    return Source(source=name, address=address, observer=observer, role=role, origin="o")  # type: ignore[arg-type]


def heard(name: str, raw: bytes, seconds: float, seq: int, **fields: Any) -> Heard:
    return Heard(**{"source": name, "kind": "bytes", "time": at(seconds), "raw": raw,
                    "monotonic_ns": int(seconds * 1e9), "boot_id": "b", "clock_source": "system",
                    "seq": seq, "origin": "o", **fields})  # fmt: skip


GPS = source("gps", "gps=nmea:tcp://127.0.0.1:1", "position")
GATE = source("gate", "gate=semtech:udp://0.0.0.0:1700")
SERVER = source("server", "server=chirpstack:tcp://127.0.0.1:1")
RECEPTION = gateway.Reception(-100, -5.0)


def fix(seconds: float, seq: int) -> Heard:
    return heard("gps", gps.sentences(43.0 + seconds * 1e-5, 42.0, at(seconds)), seconds, seq)


def datagram(seconds: float, seq: int) -> Heard:
    frame = lorawan_frame("26ba4500", seq, 4, bytes(16))
    raw = gateway.push_data("00000000000000a1", seq, frame, RECEPTION, 0)
    return heard("gate", raw, seconds, seq, kind="datagram")


def uplink(seconds: float, seq: int, payload: bytes, port: int) -> Heard:
    raw = gateway.chirpstack_event("00000000000000ff", "g2", port, payload, RECEPTION, at(seconds))
    return heard("server", raw, seconds, seq)


def rows() -> list[Row]:
    fixes = [fix(s, 100 + s) for s in range(30)]
    packets = [datagram(3.5 + 5 * k, 200 + k) for k in range(4)]
    uplinks = [uplink(10.2, 300, status(3.6, 8.0, 93), 4), uplink(20.2, 301, failed_fix(T0, 60), 2)]
    return [GPS, GATE, SERVER, *fixes, *packets, *uplinks]


def test_packets_and_places_become_observations() -> None:
    derived = derive(rows(), SHEETS)
    assert len(derived.observations) == 6
    assert derived.unplaced == []
    assert {o.collar for o in derived.observations} == {"Baksan"}
    assert {o.level_unit for o in derived.observations} == {"dBm"}
    first = derived.observations[0]
    assert (first.receiver, first.session) == ("00000000000000a1", "gate/00000000000000a1@o")
    assert [read.packet.details["message"] for read in derived.packets] == ["status", "u-blox fix"]
    assert derived.packets[0].packet.battery_v == 3.6


def test_arrival_order_of_sources_does_not_matter() -> None:
    """Each source's rows stay in their order, the sources are mixed anyhow."""
    whole = derive(rows(), SHEETS)
    streams = [[r for r in rows()[3:] if getattr(r, "source", "") == n]
               for n in ("gps", "gate", "server")]  # fmt: skip
    for seed in range(5):
        rng, left = random.Random(seed), [list(stream) for stream in streams]
        mixed: list[Row] = list(rows()[:3])
        while any(left):
            mixed.append(rng.choice([stream for stream in left if stream]).pop(0))
        assert derive(mixed, SHEETS) == whole


def test_result_on_the_way_is_what_a_new_derivation_gives() -> None:
    derivation, so_far = Derivation(SHEETS), []
    for row in rows():
        derivation.add(row)
        so_far.append(row)
        if len(so_far) % 10 == 0:
            assert derivation.result() == derive(so_far, SHEETS)


def test_what_has_no_place_is_kept_and_placed_by_a_later_one() -> None:
    unplaced: list[Row] = [GATE, datagram(5, 1)]
    derived = derive(unplaced, SHEETS)
    assert (len(derived.observations), len(derived.unplaced)) == (0, 1)
    said = Entry(id="p", observer="A", time=at(700), origin="o", seq=9,
                 content={"kind": "place", "latitude_deg": 43.0, "longitude_deg": 42.0,
                          "time": at(0).isoformat()})  # fmt: skip
    derived = derive([*unplaced, said], SHEETS)
    assert (len(derived.observations), len(derived.unplaced)) == (1, 0)
    assert derived.observations[0].place_age_s == 5.0


def test_place_of_another_observer_is_not_taken() -> None:
    other = replace(GPS, observer="B")
    derived = derive([other, GATE, fix(5, 1), datagram(5, 2)], SHEETS)
    assert len(derived.unplaced) == 1


def test_unknown_source_and_unreadable_bytes_are_told_and_harmless() -> None:
    strange = heard("nobody", b"x", 1, 50)
    gone = source("gone", "gone=nosuch:tcp://127.0.0.1:1")
    bomb = source("track", "track=gpx:file:x.gpx", "position")
    spoilt = heard("track", b"<gpx><</gpx>", 1, 51)
    bad_entry = Entry(id="e", observer="A", time=T0, content={"kind": "level", "volume": 11})
    bad_place = Entry(id="f", observer="A", time=T0, content={"kind": "place", "latitude_deg": "x"})
    derived = derive([strange, gone, bomb, spoilt, bad_entry, bad_place, *rows()], SHEETS)
    assert len(derived.observations) == 6
    told = " ".join(derived.warnings)
    for words in ("nobody is not known", "gone cannot be read again", "source track:",
                  "entry e", "entry f"):  # fmt: skip
        assert words in told


def test_packet_that_cannot_be_read_keeps_its_level() -> None:
    derived = derive([GPS, SERVER, fix(1, 1), uplink(1, 2, b"\xf4\x0e\x00", 4)], SHEETS)
    assert len(derived.observations) == 1
    assert "cannot be read; their levels are used" in derived.warnings[0]


def test_gap_begins_a_new_session_and_forgets_the_half_message() -> None:
    whole = uplink(1, 1, status(3.6, 8, 93), 4)
    cut = replace(whole, raw=whole.raw[:100])
    gap = Gap(source="server", time=at(2), monotonic_ns=2, boot_id="b", reason="lost", origin="o")
    later = replace(whole, seq=5, time=at(3))
    derived = derive([SERVER, cut, gap, later], SHEETS)
    assert len(derived.unplaced) == 1
    assert derived.unplaced[0].session == "server/g2#2@o"


def test_clock_that_jumped_is_told() -> None:
    jumped = replace(fix(2, 2), monotonic_ns=int(-500e9))
    derived = derive([GPS, fix(1, 1), jumped, replace(fix(3, 3), monotonic_ns=int(-499e9))], SHEETS)
    assert [w for w in derived.warnings if "clock jumped by +502 s" in w]
    assert len(derived.warnings) == 1


def test_identities_do_not_depend_on_the_run() -> None:
    one, two = derive(rows(), SHEETS), derive(rows(), SHEETS)
    assert [o.id for o in one.observations] == [o.id for o in two.observations]
    assert len({o.id for o in one.observations}) == 6


def test_correction_takes_the_place_of_what_it_names() -> None:
    first = Entry(id="a", observer="A", time=T0, content={"kind": "bearing", "bearing_deg": 90.0,
                  "latitude_deg": 43.0, "longitude_deg": 42.0})  # fmt: skip
    second = Entry(id="b", observer="A", time=T0, content={"kind": "bearing", "bearing_deg": 95.0,
                   "latitude_deg": 43.0, "longitude_deg": 42.0, "supersedes_id": "a"})  # fmt: skip
    for order in ([first, second], [second, first]):
        assert [o.bearing_deg for o in derive(order, SHEETS).observations] == [95.0]


def test_one_packet_heard_by_two_gateways_is_two_levels_and_one_packet() -> None:
    document = {
        "deviceInfo": {"devEui": "00000000000000ff"}, "fPort": 4,
        "data": base64.b64encode(status(3.6, 8.0, 93)).decode(),
        "rxInfo": [{"gatewayId": "g1", "rssi": -80, "snr": 9},
                   {"gatewayId": "g2", "rssi": -99, "snr": 2}],
    }  # fmt: skip
    row = heard("server", json.dumps(document).encode(), 1, 1)
    derived = derive([SERVER, row], SHEETS)
    assert len(derived.unplaced) == 2
    assert len(derived.packets) == 1


def test_clock_that_jumps_all_the_time_is_told_in_a_few_words() -> None:
    jumping = [replace(fix(k, k), monotonic_ns=0, time=at(10 * k)) for k in range(100)]
    told = [w for w in derive([GPS, *jumping], SHEETS).warnings if "source gps" not in w]
    assert len(told) == 4
    assert told[-1] == "the computer's clock jumped again and again: trust no time (96 times)"


def test_calls_and_the_approach_limit_are_no_evidence_and_told_at_once() -> None:
    contents = notes.call("danger"), notes.approach_limit(150)
    said = [Entry(id="e", observer="A", time=T0, content=c, origin="o") for c in contents]
    derivation = Derivation(SHEETS)
    assert [derivation.add(entry) for entry in said] == [[said[0]], [said[1]]]
    derived = derivation.result()
    assert (derived.observations, derived.unplaced, derived.warnings) == ([], [], [])


def test_time_of_a_phone_s_clock_is_kept_beside_and_not_used() -> None:
    content = {**notes.heard("clear"), "time": "2026-11-24T11:59:00Z",
               "latitude_deg": 43.0, "longitude_deg": 42.0,
               "phone_time": "1970-01-01T00:00:00Z"}  # fmt: skip
    entry = Entry(id="e", observer="A", time=T0, content=content, origin="o")
    [observation] = derive([entry], SHEETS).observations
    assert observation.time == at(-60)
