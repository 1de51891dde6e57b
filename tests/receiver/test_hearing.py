"""What is heard in samples: calls, slots with levels, tracks, beacons that nobody listed."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from receiver.config import Collar
from receiver.errors import ConfigError
from receiver.heard import HEARD_AN_HOUR, MAYBE_AN_HOUR, SHARE, News, Track, best, call, said_by
from receiver.hearing import Watch
from receiver.listening_plan import Plan
from receiver.samples.conversion import converter
from receiver.samples.level import FORMATS
from receiver.simulator.beacons import Scene, Tag, cu8

RATE_HZ, CENTRE_HZ = 16_000.0, 150e6
LEO = Collar(
    name="leo",
    frequency_hz=CENTRE_HZ + 500.0,
    pulses_per_minute={"normal": 50.0, "mortality": 100.0},
)
PLAN = Plan(frequency_hz=CENTRE_HZ, collars=(LEO,))


def heard(plan: Plan, *tags: Tag, duration_s: float = 60.0, seed: int = 2) -> list[News]:
    scene = Scene(rate_hz=RATE_HZ, duration_s=duration_s, seed=seed, tags=tags)
    convert = converter(FORMATS["cu8"], RATE_HZ)
    watch = Watch(RATE_HZ, convert.full_scale, plan, FORMATS["cu8"].full_scale)
    found = [news for piece in cu8(scene) for news in watch.push(convert.convert(piece))]
    return found + list(watch.finish())


def tracks(found: list[News]) -> list[Track]:
    return best(track for news in found for track in news.tracks)


@pytest.mark.parametrize("cn0_dbhz", [24.0, 35.0, 55.0])
@pytest.mark.parametrize("jitter", [0.005, 0.0002])
def test_a_listed_collar_is_heard_with_its_level(cn0_dbhz: float, jitter: float) -> None:
    tag = Tag(frequency_hz=1250.0, cn0_dbhz=cn0_dbhz, jitter=jitter)
    found = heard(PLAN, tag)
    (track,) = tracks(found)
    level_db = 20 * np.log10(
        Scene(rate_hz=RATE_HZ, duration_s=1, seed=1).amplitude(cn0_dbhz) / 127.5
    )
    assert (track.collar, track.call, track.ended) == ("leo", "heard", True)
    assert track.frequency_hz == pytest.approx(CENTRE_HZ + 1250.0, abs=20.0)
    assert track.pulses_per_minute == pytest.approx(50.0, rel=0.01)
    assert track.level_db == pytest.approx(level_db, abs=1.0 if cn0_dbhz < 30 else 0.3)
    assert track.cn0_dbhz == pytest.approx(cn0_dbhz, abs=1.0)
    assert track.slot_count == pytest.approx(50, abs=1)
    slots = [slot for news in found for slot in news.slots]
    assert len(slots) == track.slot_count
    assert sum(slot.found for slot in slots) == track.pulse_count
    times = [slot.time_s for slot in slots]
    assert times == sorted(times)
    assert np.diff(times) == pytest.approx(1.2, abs=0.05)


def test_slots_that_were_not_found_have_no_level_but_a_power() -> None:
    slots = [s for news in heard(PLAN, Tag(frequency_hz=0, cn0_dbhz=23.0)) for s in news.slots]
    missed = [slot for slot in slots if not slot.found]
    assert missed
    assert all(slot.level_db is None for slot in missed)
    assert any(slot.power < 0 for slot in missed)


def test_a_rate_means_what_the_sheet_says_after_30_pulses() -> None:
    fast = Tag(frequency_hz=0.0, cn0_dbhz=40.0, period_s=0.6)
    (short,) = tracks(heard(PLAN, fast, duration_s=15.0))
    assert short.meaning is None
    (long,) = tracks(heard(PLAN, fast, duration_s=30.0))
    assert long.meaning == "mortality"
    assert said_by(LEO, 50.9) == "normal"
    assert said_by(LEO, 75.0) is None


def test_a_rate_that_the_sheet_does_not_have_is_no_meaning() -> None:
    (track,) = tracks(heard(PLAN, Tag(frequency_hz=0, cn0_dbhz=40.0, period_s=60 / 92)))
    assert (track.collar, track.meaning) == (None, None)
    assert track.pulses_per_minute == pytest.approx(92.0, rel=0.01)


def test_a_beacon_that_nobody_listed_is_told_with_its_rhythm() -> None:
    found = heard(Plan(frequency_hz=CENTRE_HZ), Tag(frequency_hz=-5000.0, cn0_dbhz=38.0))
    (track,) = tracks(found)
    assert track.collar is None
    assert track.call == "heard"
    assert track.regular
    assert track.jitter == pytest.approx(0.005, abs=0.002)
    assert track.pulse_count == pytest.approx(50, abs=1)


def test_loud_pulses_of_a_listed_collar_are_one_beacon() -> None:
    found = heard(PLAN, Tag(frequency_hz=500.0, cn0_dbhz=45.0))
    assert [track.collar for track in tracks(found)] == ["leo"]
    lines = [track for news in found for track in news.tracks if track.ended]
    assert [track.collar for track in lines] == ["leo"]


@pytest.mark.parametrize("cn0_dbhz", [36.0, 42.0])
def test_a_beacon_that_drifts_is_one_beacon(cn0_dbhz: float) -> None:
    """42 Hz a second: a run on the scenes of the bench told it twenty times."""
    tag = Tag(frequency_hz=-500.0, cn0_dbhz=cn0_dbhz, drift_hz=2000.0)
    called = [t for t in tracks(heard(PLAN, tag, duration_s=40.0)) if t.call == "heard"]
    assert [track.collar for track in called] == ["leo"]
    assert called[0].pulse_count > 20


def test_too_loud_is_said() -> None:
    called = tracks(heard(PLAN, Tag(frequency_hz=500.0, cn0_dbhz=68.0)))
    loud = [track for track in called if track.call == "heard"]
    assert [track.collar for track in loud] == ["leo"]
    assert loud[0].saturated


def test_noise_is_not_called() -> None:
    found = heard(PLAN, duration_s=180.0, seed=5)
    assert [t for t in tracks(found) if t.call == "heard"] == []
    assert [p for news in found for p in news.pulses if p.call == "heard"] == []


def test_calls_share_the_alarms_of_the_watch() -> None:
    assert call(HEARD_AN_HOUR * SHARE) == "heard"
    assert call(MAYBE_AN_HOUR * SHARE) == "maybe"
    assert call(MAYBE_AN_HOUR) == "faint"


def test_a_receiver_that_is_off_is_corrected() -> None:
    plan = dataclasses.replace(PLAN, error_ppm=20.0)  # 3 kHz at 150 MHz
    tag = Tag(frequency_hz=500.0 - 3000.0, cn0_dbhz=40.0)
    (track,) = tracks(heard(plan, tag))
    assert track.collar == "leo"
    assert track.frequency_hz == pytest.approx(CENTRE_HZ + 500.0, abs=20.0)


def test_collars_outside_the_band_are_not_listened_for() -> None:
    far = Collar(name="far", frequency_hz=CENTRE_HZ + 50e3, pulses_per_minute={"normal": 50})
    nowhere = Collar(name="nowhere")
    watch = Watch(RATE_HZ, 127.5, dataclasses.replace(PLAN, collars=(LEO, far, nowhere)), 127.5)
    assert watch.listed == {"leo"}


def test_pulse_lengths_of_the_sheets() -> None:
    long = dataclasses.replace(LEO, name="long", pulse_length_s=0.03)
    plan = dataclasses.replace(PLAN, collars=(LEO, long, dataclasses.replace(long, name="l2")))
    assert plan.lengths_s() == [0.03, 0.02]
    watch = Watch(RATE_HZ, 127.5, plan, 127.5)
    assert watch.listed == {"leo", "long", "l2"}
    assert Plan(pulse_s=0.05, collars=(LEO,)).lengths_s() == [0.05]
    assert Plan().lengths_s() == [0.02]


def test_a_pulse_of_30_ms_is_heard_by_its_sheet() -> None:
    long = dataclasses.replace(LEO, pulse_length_s=0.03)
    tag = Tag(frequency_hz=500.0, cn0_dbhz=24.0, width_s=0.03)
    (track,) = tracks(heard(Plan(frequency_hz=CENTRE_HZ, collars=(long,)), tag))
    assert track.collar == "leo"
    assert track.cn0_dbhz == pytest.approx(24.0, abs=1.0)


def test_too_few_samples_a_second() -> None:
    with pytest.raises(ConfigError, match="2000 samples a second"):
        Watch(2000.0, 1.0, Plan(), 1.0)


def test_times_go_on_over_news() -> None:
    found = heard(PLAN, Tag(frequency_hz=0, cn0_dbhz=45.0), duration_s=10.0)
    assert all(a.until_s <= b.until_s for a, b in itertools.pairwise(found))


def test_a_collar_never_hides_another() -> None:
    """Two collars 150 Hz apart, one of them drifting: read in review, the shorter was left out."""
    (track,) = tracks(heard(PLAN, Tag(frequency_hz=500.0, cn0_dbhz=40.0), duration_s=20.0))
    drifting = dataclasses.replace(track, drifted_hz=900.0)
    other = dataclasses.replace(
        track, track_id="zar-1", collar="zar", frequency_hz=track.frequency_hz + 150.0, slot_count=5
    )
    assert {one.collar for one in best([drifting, other])} == {"leo", "zar"}
    nobody = dataclasses.replace(other, track_id="unknown-1", collar=None)
    assert [one.collar for one in best([drifting, nobody])] == ["leo"]


def test_two_pulse_lengths_have_both_their_levels() -> None:
    """Read in review: slots of the second length were measured with the first one's."""
    second = Collar(
        name="zar", frequency_hz=CENTRE_HZ - 5000.0, pulse_length_s=0.04,
        pulses_per_minute={"normal": 50.0},
    )  # fmt: skip
    found = heard(
        Plan(frequency_hz=CENTRE_HZ, collars=(LEO, second)),
        Tag(frequency_hz=500.0, cn0_dbhz=30.0),
        Tag(frequency_hz=-5000.0, cn0_dbhz=27.0, width_s=0.04, first_s=0.9),
    )
    levels = {track.collar: track.level_db for track in tracks(found) if track.collar}
    scene = Scene(rate_hz=RATE_HZ, duration_s=1, seed=1)
    for name, cn0_dbhz in (("leo", 30.0), ("zar", 27.0)):
        expected = 20 * np.log10(scene.amplitude(cn0_dbhz) / 127.5)
        assert levels[name] == pytest.approx(expected, abs=0.8)


def test_what_a_cut_off_pulse_leaves_elsewhere_is_no_level() -> None:
    found = heard(PLAN, Tag(frequency_hz=-500.0, cn0_dbhz=70.0))
    slots = [slot for news in found for slot in news.slots if slot.call == "heard"]
    assert slots
    near = [abs(slot.frequency_hz - CENTRE_HZ + 500.0) < 50.0 for slot in slots]
    assert np.mean(near) > 0.9


SIGNED = dataclasses.replace(
    LEO, pulses_per_minute={}, pulse_lengths_s={"normal": 0.02, "mortality": 0.04}
)


@pytest.mark.parametrize(
    ("width_s", "jitter"), [(0.02, 0.005), (0.03, 0.0002), (0.04, 0.005), (0.055, 0.0002)]
)
def test_the_length_of_pulses_is_measured_and_means_what_the_sheet_says(
    width_s: float, jitter: float
) -> None:
    tag = Tag(frequency_hz=500.0, cn0_dbhz=34.0, width_s=width_s, jitter=jitter)
    found = heard(Plan(frequency_hz=CENTRE_HZ, collars=(SIGNED,)), tag)
    (track,) = tracks(found)
    words = {0.02: "normal by its pulse length", 0.04: "mortality by its pulse length"}
    assert (track.collar, track.meaning) == ("leo", words.get(width_s))
    assert track.pulse_length_s == pytest.approx(width_s, rel=0.08)
    assert track.cn0_dbhz == pytest.approx(34.0, abs=1.0)
    slots = [slot for news in found for slot in news.slots]
    assert slots[-1].pulse_length_s == pytest.approx(width_s, rel=0.08)


def test_pulses_too_weak_to_measure_mean_nothing() -> None:
    tag = Tag(frequency_hz=500.0, cn0_dbhz=23.0, width_s=0.04)
    (track,) = tracks(heard(Plan(frequency_hz=CENTRE_HZ, collars=(SIGNED,)), tag))
    assert (track.collar, track.pulse_length_s, track.meaning) == ("leo", None, None)


def test_a_length_is_not_told_of_a_collar_whose_sheet_does_not_use_it() -> None:
    (track,) = tracks(heard(PLAN, Tag(frequency_hz=500.0, cn0_dbhz=40.0)))
    assert track.pulse_length_s is None


def test_a_length_is_not_told_where_longer_pulses_are_listened_for() -> None:
    """A short pulse in a long window looks as if it were longer than the window."""
    plan = Plan(frequency_hz=CENTRE_HZ, collars=(SIGNED,), pulse_s=0.04)
    (track,) = tracks(heard(plan, Tag(frequency_hz=500.0, cn0_dbhz=40.0), duration_s=40.0))
    assert (track.collar, track.pulse_length_s, track.meaning) == ("leo", None, None)
