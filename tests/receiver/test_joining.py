"""From rows to evidence: antennas, attenuators, turns, silences and the own radio, end to end."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from receiver.config import Collar, Configuration, Setup
from receiver.derive import Derived, derive
from receiver.instruments.icom import CONTROLLER, METER, bcd_of_hz, frame
from receiver.records import OWN_RADIO, Entry, Gap, Heard, Observation, Row, Source
from receiver.simulator import gps

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHEETS = Configuration(
    collars=(Collar(name="Baksan", frequency_hz=150.34e6, polarisation="vertical",
                    pulses_per_minute={"normal": 40.0}),),
    receivers=(Setup(receiver="r85", antenna="yagi", directional=False, gain="5"),),
)  # fmt: skip
R85 = Source(source="r85", address="r85=icom:serial:/dev/x?model=r8500", observer="A", origin="o")
GPS = Source(source="gps", address="gps=nmea:tcp://127.0.0.1:1", observer="A", origin="o",
             role="position")  # fmt: skip
PULSE, NOISE = 134, 62  # S9, and 30 dB below it, by the published curve of the R8500


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


class Rows:
    """Rows of a journal in the order of their making."""

    def __init__(self) -> None:
        self.rows: list[Row] = [R85, GPS]

    def heard(self, source: str, seconds: float, raw: bytes) -> None:
        self.rows.append(Heard(source=source, kind="bytes", time=at(seconds), raw=raw, boot_id="b",
                               monotonic_ns=int(seconds * 1e9), clock_source="system",
                               seq=len(self.rows), origin="o"))  # fmt: skip

    def said(self, seconds: float, kind: str, /, **content: Any) -> None:
        receiver = {} if "receiver" in content else {"receiver": "r85"}
        self.rows.append(Entry(id=f"{kind}-{seconds}", observer="A", time=at(seconds), origin="o",
                               seq=len(self.rows),
                               content={"kind": kind, **receiver, **content}))  # fmt: skip

    def gap(self, begin: float, end: float, reason: str) -> None:
        for seconds, ended in ((begin, False), (end, True)):
            self.rows.append(Gap(source="r85", time=at(seconds), monotonic_ns=0, boot_id="b",
                                 reason=reason, ended=ended, origin="o"))  # fmt: skip

    def listening(self, begin: float, end: float, pulse: int = PULSE, attenuator: int = 0) -> None:
        """Poll the receiver ten times a second; the collar pulses each 1.5 s."""
        answer = bytes([0x03]) + bcd_of_hz(150_340_000)
        told = frame(CONTROLLER, answer, 0x4A) + frame(
            CONTROLLER, b"\x11" + bytes.fromhex(f"{attenuator:02d}"), 0x4A
        )
        self.heard("r85", begin, told)
        for k in range(int(begin * 10), int(end * 10)):
            raw = pulse if k % 15 in (3, 4) else NOISE
            body = METER + bytes.fromhex(f"{raw:04d}")
            self.heard("r85", k / 10, frame(CONTROLLER, body, 0x4A))

    def standing(self, begin: int, end: int) -> None:
        for seconds in range(begin, end):
            self.heard("gps", seconds, gps.sentences(43.0, 42.0, at(seconds)))

    def derive(self) -> Derived:
        return derive(self.rows, SHEETS)


def levels(derived: Derived) -> list[Observation]:
    return [o for o in derived.observations if o.kind == "level"]


def test_level_carries_what_it_was_heard_with_and_a_change_is_a_session() -> None:
    rows = Rows()
    rows.standing(0, 60)
    rows.listening(0, 30)
    rows.said(30, "setup", antenna="whip", body="behind")
    rows.listening(30, 60)
    found = levels(rows.derive())
    assert len(found) == 40
    assert {o.antenna for o in found if o.time < at(30)} == {"yagi"}
    assert {(o.antenna, o.body) for o in found if o.time >= at(30)} == {("whip", "behind")}
    assert {o.session for o in found} == {"r85@o", "r85@o+1"}


def test_entry_that_is_taken_back_changes_nothing() -> None:
    rows = Rows()
    rows.standing(0, 60)
    rows.listening(0, 60)
    before = rows.derive()
    rows.said(30, "setup", antenna="whip")
    rows.said(40, "note", supersedes_id="setup-30", text="taken back")
    assert levels(rows.derive()) == levels(before)


def test_attenuator_that_the_level_does_not_follow_is_told_and_is_a_session() -> None:
    rows = Rows()
    rows.standing(0, 60)
    rows.listening(0, 30)
    rows.listening(30, 60, pulse=124, attenuator=20)  # 6 dB less only
    derived = rows.derive()
    assert {(o.session, o.attenuator_db) for o in levels(derived)} == {
        ("r85@o", 0.0), ("r85@o/2", 20.0)}  # fmt: skip
    assert [w for w in derived.warnings if "20 dB more attenuation" in w and "by 6 dB only" in w]


def test_steps_measured_today_keep_one_scale() -> None:
    rows = Rows()
    rows.standing(0, 60)
    rows.listening(0, 30)
    rows.listening(30, 60, pulse=91, attenuator=20)
    rows.said(-60, "calibration", calibration_id="mine", raw=[0, 255], db=[-60, 60], unit="dB")
    found = levels(rows.derive())
    assert {o.session for o in found} == {"r85@o"}
    assert {o.calibration_id for o in found} == {"mine"}
    before, after = (
        {round(o.level_db or 0.0, 1) for o in found if (o.time < at(30)) is early}
        for early in (True, False)
    )
    assert before == {round(-60 + 134 * 120 / 255, 1)}
    assert after == {round(-60 + 91 * 120 / 255 + 20, 1)}


def test_attenuator_by_hand_comes_on_top() -> None:
    rows = Rows()
    rows.standing(0, 30)
    rows.said(-1, "setup", attenuator_db=30)
    rows.listening(0, 30, attenuator=10)
    assert {o.attenuator_db for o in levels(rows.derive())} == {40.0}


def test_nothing_is_a_level_while_the_own_radio_transmits() -> None:
    rows = Rows()
    rows.standing(0, 60)
    rows.listening(0, 60)
    all_of_them = len(levels(rows.derive()))
    rows.gap(20, 30, OWN_RADIO)
    derived = rows.derive()
    assert len(levels(derived)) == all_of_them - 6  # at 21.3, 22.8, 24.3, 25.8, 27.3, 28.8 s
    assert not [o for o in levels(derived) if at(20) <= o.time <= at(30)]
    assert {o.session for o in levels(derived)} == {"r85@o"}  # the receiver is as it was
    assert [w for w in derived.warnings if "own radio transmitted: not used (6 times)" in w]


# --- turns --------------------------------------------------------------------------------------


def turned(rows: Rows, truth_deg: float, begin: int = 0, count: int = 60) -> None:
    """Turn once around in a minute, with a compass; loud within 40 degrees of the truth."""
    answer = bytes([0x03]) + bcd_of_hz(150_340_000)
    rows.heard("r85", begin, frame(CONTROLLER, answer, 0x4A))
    for k in range(count):
        heading = 6.0 * k % 360.0
        sentence = f"GPHDT,{heading:.1f},T"
        checksum = 0
        for character in sentence.encode():
            checksum ^= character
        rows.heard("gps", begin + k, f"${sentence}*{checksum:02X}\r\n".encode())
        rows.heard("gps", begin + k + 0.01, gps.sentences(43.0, 42.0, at(begin + k)))
        off = abs((heading - truth_deg + 180.0) % 360.0 - 180.0)
        pulse = round(134 - 0.25 * min(off, 120.0))
        for tenth in range(10):
            number = 10 * k + tenth
            raw = pulse if number % 15 in (3, 4) else NOISE
            body = METER + bytes.fromhex(f"{raw:04d}")
            rows.heard("r85", begin + number / 10, frame(CONTROLLER, body, 0x4A))


def test_turn_is_one_level_and_one_bearing() -> None:
    rows = Rows()
    rows.said(-5, "setup", directional=True)
    rows.said(0, "turn", state="start", polarisation="vertical")
    turned(rows, 120.0)
    rows.said(60, "turn", state="end")
    derived = rows.derive()
    assert [o.kind for o in derived.observations] == ["level", "bearing"]
    level, bearing = derived.observations
    assert bearing.bearing_deg == pytest.approx(120.0, abs=10.0)
    assert (bearing.bearing_sigma_deg or 0) >= 4.0
    assert level.level_db == pytest.approx(0.0, abs=1.5)
    assert level.polarisation == "vertical"
    assert bearing.latitude_deg == pytest.approx(43.0)


def test_directional_level_outside_a_turn_is_a_bound_with_a_direction_and_nothing_without() -> None:
    rows = Rows()
    rows.said(-5, "setup", directional=True)
    turned(rows, 120.0)
    found = levels(rows.derive())
    assert len(found) > 30
    assert {o.level_bound for o in found} == {"lower"}
    assert all(o.antenna_azimuth_deg == o.heading_deg for o in found)
    rows = Rows()
    rows.said(-5, "setup", directional=True)
    rows.standing(0, 60)
    rows.listening(0, 60)
    derived = rows.derive()
    assert levels(derived) == []
    assert [w for w in derived.warnings if "outside a turn, its direction unknown: not used" in w]


# --- silence ------------------------------------------------------------------------------------

CHECKED: dict[str, Any] = {"passed": True, "threshold_db": -30.0}
SILENT: dict[str, Any] = {"heard": False, "duration_s": 300.0, "ear": "by ear", "collar": "Baksan"}


def quiet(rows: Rows) -> Observation:
    (found,) = [o for o in rows.derive().observations if o.id.startswith("silence")]
    return found


def silent_rows() -> Rows:
    rows = Rows()
    rows.standing(0, 400)
    rows.said(-600, "radio_check", **CHECKED)
    rows.said(-5, "setup", squelch="open", mode="CW")
    rows.said(330, "silence", **SILENT)
    return rows


def test_silence_with_everything_known_counts() -> None:
    found = quiet(silent_rows())
    assert found.kind == "silence"
    assert (found.threshold_db, found.on_probability, found.duration_s) == (-30.0, 0.5, 300.0)
    assert (found.antenna, found.ear) == ("yagi", "by ear")


def test_silence_without_a_radio_check_is_a_note() -> None:
    rows = silent_rows()
    rows.rows = [r for r in rows.rows if getattr(r, "id", "") != "radio_check--600"]
    assert quiet(rows).kind == "note"
    assert "no radio check of today" in (quiet(rows).text or "")
    assert [w for w in rows.derive().warnings if "silences lack something" in w]


def test_what_the_receiver_says_itself_need_not_be_said() -> None:
    rows = silent_rows()
    rows.rows = [row for row in rows.rows if getattr(row, "id", "") != "setup--5"]
    rows.said(-5, "setup", mode="CW")
    assert "the squelch is not known" in (quiet(rows).text or "")
    rows.heard("r85", -50, frame(CONTROLLER, b"\x15\x01\x01", 0x4A))
    rows.listening(-49, -48)
    assert quiet(rows).kind == "silence"
    rows.heard("r85", -40, frame(CONTROLLER, b"\x15\x01\x00", 0x4A))
    rows.listening(-39, -38)
    assert "the squelch was not open" in (quiet(rows).text or "")


def test_own_radio_and_a_lost_cable_are_gaps_in_the_listening() -> None:
    rows = silent_rows()
    rows.gap(40, 100, OWN_RADIO)
    rows.gap(200, 230, "cable")
    assert quiet(rows).duration_s == 300.0 - 60.0 - 30.0
    rows.gap(100, 300, OWN_RADIO)
    assert quiet(rows).kind == "note"


def test_receiver_that_heard_it_meanwhile_makes_the_silence_void() -> None:
    rows = silent_rows()
    rows.listening(100, 110)
    assert quiet(rows).kind == "note"
    assert "r85 heard it meanwhile" in (quiet(rows).text or "")
    late = silent_rows()
    late.listening(340, 350)  # heard afterwards, elsewhere perhaps: the silence stands
    assert quiet(late).kind == "silence"


def test_other_receiver_on_the_same_antenna_makes_it_void() -> None:
    rows = silent_rows()
    rows.said(-4, "setup", receiver="hand", antenna="yagi")
    rows.said(200, "level", receiver="hand", heard=True, level_db=0.0, level_unit="hand",
              collar="Baksan", session="hand")  # fmt: skip
    assert "hand heard it meanwhile" in (quiet(rows).text or "")
    rows.said(-3, "setup", receiver="hand", antenna="another")
    assert quiet(rows).kind == "silence"


def test_directional_antenna_has_to_turn() -> None:
    rows = silent_rows()
    rows.said(-4, "setup", directional=True)
    assert "no full turn with the antenna vertical" in (quiet(rows).text or "")
    rows.said(100, "turn", state="start", polarisation="vertical")
    rows.said(160, "turn", state="end", full=True)
    assert quiet(rows).kind == "silence"


def test_what_was_heard_makes_a_silence_void_also_where_its_level_is_not_used() -> None:
    """A directional level outside a turn is not used; the collar was heard for all that."""
    rows = silent_rows()
    rows.said(-4, "setup", directional=True)
    rows.said(100, "turn", state="start", polarisation="vertical")
    rows.said(160, "turn", state="end", full=True)
    rows.listening(200, 210)
    assert levels(rows.derive()) == []
    assert "r85 heard it meanwhile" in (quiet(rows).text or "")


def test_packet_without_a_level_makes_a_silence_void() -> None:
    rows = silent_rows()
    rows.rows.append(
        Source(source="rn", address="rn=rn2483:serial:/dev/y", observer="A", origin="o")
    )
    rows.said(-4, "setup", receiver="rn", antenna="yagi")
    assert quiet(rows).kind == "silence"
    rows.heard("rn", 110, b"radio_rx  930EF9636865ABA50D1F8E090E031500\r\n-7\r\n")
    assert not levels(rows.derive())
    assert "rn heard it meanwhile" in (quiet(rows).text or "")


def test_two_people_of_one_name_are_told() -> None:
    rows = Rows()
    rows.listening(0, 2)
    assert not [w for w in rows.derive().warnings if "two journals" in w]
    rows.rows.append(Source(source="r85", address=R85.address, observer="A", origin="theirs"))
    (told,) = [w for w in rows.derive().warnings if "two journals" in w]
    assert told.startswith("observer A listens in two journals")


def test_result_does_not_depend_on_when_rows_arrive() -> None:
    rows = silent_rows()
    rows.said(-4, "setup", directional=True)
    rows.said(0, "turn", state="start", polarisation="both")
    turned(rows, 120.0)
    rows.said(60, "turn", state="end")
    rows.gap(70, 80, OWN_RADIO)
    whole = rows.derive()
    heard = [r for r in rows.rows[2:] if isinstance(r, Heard)]
    others = [r for r in rows.rows[2:] if not isinstance(r, Heard | Gap)]
    gaps = [r for r in rows.rows if isinstance(r, Gap)]
    for seed in range(3):
        random.Random(seed).shuffle(others)
        assert derive([R85, GPS, *others, *heard, *gaps], SHEETS) == whole
        assert derive([R85, GPS, *heard, *gaps, *others], SHEETS) == whole


def test_hostile_entries_are_survived() -> None:
    rows = silent_rows()
    whole = rows.derive()
    for number, kind in enumerate(("setup", "turn", "silence", "radio_check", "calibration", "x")):
        for content in ({}, {"receiver": 5}, {"state": None}, {"duration_s": "long"}, {"raw": 5}):
            rows.rows.append(Entry(id=f"h{number}{len(rows.rows)}", observer="A", time=at(1),
                                   origin="o", content={"kind": kind, **content}))  # fmt: skip
    derived = rows.derive()
    assert quiet(rows) == next(o for o in whole.observations if o.id.startswith("silence"))
    assert len(derived.warnings) > len(whole.warnings)


STRANGE: list[dict[str, Any]] = [
    {"kind": "level", "heard": "yes", "level_db": -5.0, "level_unit": "dB"},
    {"kind": "level", "heard": True, "level_db": math.nan, "level_unit": "dB"},
    {"kind": "level", "heard": True, "level_db": -5.0, "latitude_deg": 95.0, "longitude_deg": 0.0},
    {"kind": "silence", "heard": False, "duration_s": 60.0, "time": "0001-01-01T00:00:00+00:00"},
    {"kind": "bearing", "bearing_deg": 5.0, "time": "2026-11-24T12:00:00"},
    {"kind": "place", "latitude_deg": 10**400, "longitude_deg": 42.0},
    {"kind": "place", "latitude_deg": 43.0, "longitude_deg": 42.0, "accuracy_m": math.nan},
    {"kind": "compass", "compass": "phone", "sigma_deg": 10**400},
    {"kind": "setup", "attenuator_db": 10**400},
    {"kind": "radio_check", "passed": True, "threshold_db": math.nan},
    {"kind": "calibration", "calibration_id": "c", "raw": [math.nan, 1, 2], "db": [0, 1, 2]},
    {"kind": "calibration", "calibration_id": "c", "raw": [0, 1, 2], "db": [0, 2, 1]},
]


@pytest.mark.parametrize("content", STRANGE, ids=lambda content: str(content["kind"]))
def test_strange_entry_is_told_and_gives_nothing(content: dict[str, Any]) -> None:
    """Found by a fuzzer: each of these ended every result of the journal, or could have."""
    rows = Rows()
    rows.rows.append(Entry(id="strange", observer="A", time=at(1), origin="o", content=content))
    derived = rows.derive()
    assert (derived.observations, derived.unplaced, derived.places) == ([], [], [])
    assert any("entry strange cannot be understood" in warning for warning in derived.warnings)
