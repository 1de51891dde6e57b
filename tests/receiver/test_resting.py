"""Lying still is said by the sheet's mortality rate or a packet, and by what was heard last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from protocols.packet import Packet
from receiver.collected import Read
from receiver.config import Collar, Configuration
from receiver.joining import Derived
from receiver.live import answer_of
from receiver.records import Detection, Observation
from receiver.resting import resting

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RATES = {"normal": 40.0, "mortality": 80.0}
LEO = Collar(name="leo", ids=("26ba4500",), pulses_per_minute=RATES)
KNOWN = Configuration(collars=(LEO, Collar(name="other")))


def slots(rate: float, count: int = 40, minute: float = 0.0, **fields: object) -> list[Detection]:
    known = {"kind": "slot", "monotonic_ns": 0, "collar": "leo", "track_id": f"leo-{minute}",
             "text": "heard", "found": True, **fields}  # fmt: skip
    return [
        Detection(**known, time=NOW + timedelta(minutes=minute, seconds=60.0 / rate * k))  # type: ignore[arg-type]
        for k in range(count)
    ]


def packet(mortality: bool | None, minute: float = 0.0) -> Read:
    said = Packet(protocol="x", device_id="26BA4500", mortality=mortality)
    return Read(detection_id="1", time=NOW + timedelta(minutes=minute), packet=said)


@pytest.mark.parametrize(
    ("heard", "still"),
    [
        (slots(80), ("leo",)),
        (slots(80.6), ("leo",)),
        (slots(40), ()),
        (slots(92), ()),  # a rate that the sheet does not know
        (slots(80, 29), ()),  # nothing is said before 30 pulses
        (slots(80, found=False), ()),
        (slots(80, text="maybe"), ()),
        (slots(80, collar=None), ()),
        (slots(80, collar="other"), ()),  # whose sheet has no rates
        ([*slots(80), *slots(40, minute=10)], ()),
        ([*slots(40), *slots(80, minute=10)], ("leo",)),
    ],
)
def test_beat(heard: list[Detection], still: tuple[str, ...]) -> None:
    assert resting(heard, [], KNOWN) == still


def test_packet_says_it_too_and_the_last_word_counts() -> None:
    assert resting([], [packet(True)], KNOWN) == ("leo",)
    assert resting([], [packet(True), packet(False, 5)], KNOWN) == ()
    assert resting(slots(40), [packet(True, 30)], KNOWN) == ("leo",)
    assert resting([], [packet(None)], KNOWN) == ()


def test_answer_of_a_resting_collar_is_not_spread() -> None:
    rows = [
        Observation(
            id=str(k), kind="bearing", collar="leo", latitude_deg=43.0 + 0.02 * k,
            longitude_deg=42.0, time=NOW + timedelta(hours=3 * k), bearing_deg=90.0 + 30 * k,
            bearing_sigma_deg=4.0,
        )
        for k in range(2)
    ]  # fmt: skip
    moving = Derived(observations=rows, collars=(LEO,))
    lying = Derived(observations=rows, collars=(LEO,), resting=("leo",))
    areas = [answer_of(d, "leo").answer.regions["50"]["area_m2"] for d in (moving, lying)]
    assert areas[1] < areas[0]
    assert answer_of(lying, "leo", movement="alive").answer == answer_of(moving, "leo").answer


def test_pulse_length_says_it_where_the_sheet_gives_lengths() -> None:
    lengths = {"normal": 0.02, "mortality": 0.04}
    known = Configuration(collars=(Collar(name="leo", pulse_lengths_s=lengths),))
    assert resting(slots(60, pulse_length_s=0.041), [], known) == ("leo",)
    assert resting(slots(60, pulse_length_s=0.019), [], known) == ()
    assert resting(slots(60), [], known) == ()
