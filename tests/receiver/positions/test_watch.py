"""A GPS that stands still, jumps, says 0, 0 or another date; magnetic headings; logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from receiver.address import parse_address
from receiver.config import Configuration
from receiver.derive import derive
from receiver.errors import ConfigError
from receiver.geodesy import declination_deg
from receiver.positions import PositionSource, build
from receiver.records import Heard, Place, Row, Source
from receiver.simulator import gps

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def sentence(body: str) -> bytes:
    checksum = 0
    for character in body.encode():
        checksum ^= character
    return f"${body}*{checksum:02X}\r\n".encode()


def rmc(own: datetime, latitude: float = 43.0, knots: float = 0.0) -> bytes:
    degrees, minutes = int(latitude), (latitude % 1) * 60
    where = f"{degrees:02d}{minutes:07.4f},N,04200.0000,E"
    return sentence(f"GPRMC,{own:%H%M%S}.00,A,{where},{knots:.1f},000.0,{own:%d%m%y},,,A")


def source(words: str = "") -> PositionSource:
    return build(parse_address(f"nmea:tcp://127.0.0.1:1{words}"))


def fed(receiver: PositionSource, *said: tuple[float, bytes]) -> list[Place]:
    return [place for seconds, raw in said for place in receiver.receive(raw, at(seconds), 1)]


def complaint(receiver: PositionSource) -> str:
    return str(receiver.complaint)  # type: ignore[attr-defined]


def test_good_receiver_has_no_complaint() -> None:
    receiver = source()
    found = fed(receiver, *((k, rmc(at(k), 43.0 + k * 1e-5)) for k in range(60)))
    assert len(found) == 60
    assert complaint(receiver) == ""


def test_time_that_stands_still_is_noticed() -> None:
    receiver = source()
    fed(receiver, *((k, rmc(at(0))) for k in range(9)))
    assert complaint(receiver) == ""
    fed(receiver, *((k, rmc(at(0))) for k in range(9, 13)))
    assert complaint(receiver) == "GPS stands still: its time does not go on"
    fed(receiver, (14, rmc(at(14))))
    assert complaint(receiver) == ""


def test_same_digits_while_it_moves_are_noticed_and_standing_is_not() -> None:
    standing, moving = source(), source()
    fed(standing, *((k, rmc(at(k))) for k in range(200)))
    fed(moving, *((k, rmc(at(k), knots=4.0)) for k in range(200)))
    assert complaint(standing) == ""
    assert "same place to the last digit" in complaint(moving)


def test_jump_is_not_used_and_a_journey_is_believed() -> None:
    receiver = source()
    before = [(k, rmc(at(k))) for k in range(5)]
    assert len(fed(receiver, *before, (5, rmc(at(5), 43.04)))) == 5
    assert complaint(receiver) == "GPS jumped by 4.4 km: not used until it is sure"
    assert len(fed(receiver, (6, rmc(at(6))), (7, rmc(at(7))))) == 2
    assert complaint(receiver) == ""
    moved = fed(receiver, *((k, rmc(at(k), 43.2)) for k in range(8, 14)))
    assert len(moved) == 4  # the third that agrees is believed
    train = source()
    assert len(fed(train, *((k, rmc(at(k), 43.0 + k * 60 / 111_195)) for k in range(20)))) == 20


@pytest.mark.parametrize(
    ("off", "words"),
    [(timedelta(hours=3), "the computer's clock is 3 h slow"),
     (timedelta(seconds=-30), "the computer's clock is 30 s fast"),
     (timedelta(weeks=-1024, seconds=2), "1024 weeks off"), (timedelta(seconds=5), "")],
)  # fmt: skip
def test_clocks_that_differ_are_told(off: timedelta, words: str) -> None:
    receiver = source()
    assert len(fed(receiver, *((k, rmc(at(k) + off)) for k in range(3)))) == 3
    assert (words in complaint(receiver)) if words else complaint(receiver) == ""


def test_place_0_0_is_told() -> None:
    receiver = source()
    zero = sentence("GPGGA,120000,0000.0000,N,00000.0000,E,1,08,0.9,0.0,M,0.0,M,,")
    assert fed(receiver, (0, zero)) == []
    assert complaint(receiver) == "GPS says 0, 0: it has no place"


def test_gpsd_is_watched_too() -> None:
    receiver = build(parse_address("gpsd:tcp://127.0.0.1:1"))
    for k in range(20):
        report = (
            b'{"class":"TPV","mode":3,"time":"2026-11-24T12:00:%02dZ","lat":43.0,"lon":42.0}\n' % k
        )
        receiver.receive(report, at(k + 3600), 1)
    assert complaint(receiver) == "the computer's clock is 60 min fast"


def test_complaint_is_a_warning_once_and_a_jump_places_nothing() -> None:
    address = "g=nmea:tcp://127.0.0.1:1"
    receiver = Source(source="g", address=address, observer="A", origin="o", role="position")
    rows: list[Row] = [receiver]
    for k in range(30):
        jumped = 43.5 if k in (10, 20) else 43.0
        rows.append(Heard(source="g", kind="bytes", time=at(k), monotonic_ns=k, boot_id="b", seq=k,
                          raw=rmc(at(k), jumped), clock_source="system", origin="o"))  # fmt: skip
    derived = derive(rows, Configuration())
    assert len(derived.places) == 28
    assert len([w for w in derived.warnings if "GPS jumped" in w]) == 1


# --- headings -------------------------------------------------------------------------------------

DECLINATION = declination_deg(43.0, 42.0, T0.date())


@pytest.mark.parametrize(
    ("body", "heading"),
    [("GPHDT,100.0,T", 100.0), ("HCHDM,100.0,M", 100.0 + DECLINATION),
     ("HCHDG,100.0,,,,", 100.0 + DECLINATION), ("HCHDG,100.0,2.0,W,7.0,E", 105.0),
     ("HCHDG,358.0,,,7.0,E", 5.0)],
)  # fmt: skip
def test_magnetic_heading_is_made_true(body: str, heading: float) -> None:
    found = fed(source(), (0, rmc(at(0))), (0.5, sentence(body)), (1, rmc(at(1))))
    assert found[-1].heading_deg == pytest.approx(heading, abs=1e-6)
    assert found[-1].heading_sigma_deg is None


def test_magnetic_heading_before_the_first_place_is_none() -> None:
    found = fed(source(), (0, sentence("HCHDM,100.0,M")), (0.5, rmc(at(0))))
    assert found[-1].heading_deg is None


def test_course_over_ground_is_no_heading() -> None:
    receiver = source()
    found = fed(receiver, (0, sentence("GPVTG,77.0,T,70.0,M,4.0,N,7.4,K,A")), (0.1, rmc(at(0))))
    assert found[-1].heading_deg is None
    assert receiver.refused == 0  # type: ignore[attr-defined]


def test_kind_of_compass_says_how_far_off_it_may_be() -> None:
    found = fed(source("?compass=phone"), (0, sentence("GPHDT,100.0,T")), (0.5, rmc(at(0))))
    assert found[-1].heading_sigma_deg == 15.0
    with pytest.raises(ConfigError, match="compass="):
        source("?compass=stars")
    with pytest.raises(ConfigError, match="compass="):
        build(parse_address("gpsd:tcp://127.0.0.1:1?compass=stars"))


# --- files and datagrams --------------------------------------------------------------------------


def gga(own: datetime) -> bytes:
    return sentence(f"GPGGA,{own:%H%M%S},4300.0000,N,04200.0000,E,1,08,0.9,900.0,M,0.0,M,,")


def test_log_that_begins_without_a_date_waits_for_it() -> None:
    log = build(parse_address("nmea:file:x"))
    own = datetime(2026, 3, 1, 23, 59, 58, tzinfo=UTC)
    early = fed(log, (0, gga(own)), (0, gga(own + timedelta(seconds=1))))
    assert early == []
    after = own + timedelta(seconds=3)  # the next day by now
    found = fed(log, (0, gga(own + timedelta(seconds=2))), (0, rmc(after)), (0, gga(after)))
    assert [place.time for place in found] == [own + timedelta(seconds=k) for k in range(4)]


def test_datagram_needs_no_line_end() -> None:
    receiver = source()
    assert len(fed(receiver, (0, rmc(at(0)).strip()))) == 1
    whole = rmc(at(1))
    cut = [place for k in range(len(whole)) for place in fed(receiver, (1, whole[k : k + 1]))]
    assert len(cut) == 1


def test_track_may_be_shifted_to_the_clock_of_the_computer() -> None:
    point = b'<trkpt lat="43.0" lon="42.0"><time>2026-11-24T12:00:00Z</time></trkpt>'
    head = b'<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="x">'
    track = head + b"<trk><trkseg>" + point + b"</trkseg></trk></gpx>"
    (place,) = fed(build(parse_address("gpx:file:x?offset_s=-12.5")), (0, track))
    assert place.time == at(-12.5)
    for wrong in ("soon", "nan", "1e9"):
        with pytest.raises(ConfigError, match="offset_s"):
            build(parse_address(f"gpx:file:x?offset_s={wrong}"))


def test_emulated_receiver_is_a_good_one() -> None:
    receiver = source()
    for k in range(30):
        receiver.receive(gps.sentences(43.0 + k * 1e-5, 42.0, at(k)), at(k), 1)
    assert complaint(receiver) == ""
