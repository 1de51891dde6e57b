"""Sound as it goes into a WAV file, measured: pitch by its spectrum, delays by counting samples."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from receiver.config import Collar
from receiver.heard import Call, Track
from receiver.homing.snapshot import Advice, Approach, Gain, Machine, Said, Snapshot, Where
from receiver.records import Detection
from receiver.samples.stream import Stream
from receiver.ui.sound import tones
from receiver.ui.sound.desk import Desk, Tone
from receiver.ui.sound.pitch import Scale
from receiver.ui.sound.sinks import WavSink

Out = NDArray[np.int16]
Wav = Callable[[Iterator[Out]], Out]
RATE = 48_000
LATEST = round(0.15 * RATE)
PULSE, PERIOD = round(0.02 * RATE), RATE
NOW = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)
COLLAR = Collar(name="K1", frequency_hz=150.02e6, pulse_length_s=0.02)


def beacon(levels_db: list[float | None], noise: float = 30.0) -> NDArray[np.int16]:
    """Return a second of sound for each level, a pulse of 850 Hz in its middle (None: none)."""
    rng = np.random.default_rng(4)
    sound = noise * rng.normal(size=PERIOD * len(levels_db))
    at = np.arange(PULSE)
    for second, level_db in enumerate(levels_db):
        if level_db is not None:
            begin = second * PERIOD + PERIOD // 2
            size = 32_768 * 10 ** (level_db / 20)
            sound[begin : begin + PULSE] += size * np.sin(2 * np.pi * 850 / RATE * at)
    return np.clip(sound, -32_768, 32_767).astype("<i2")


def end_of(second: int) -> int:
    return second * PERIOD + PERIOD // 2 + PULSE


def played(desk: Desk, sound: NDArray[np.int16], block: int = 2400) -> Iterator[Out]:
    stream = Stream("audio", "s16", 48_000.0)
    for at in range(0, len(sound), block):
        piece = sound[at : at + block]
        yield desk.samples("ear", stream, piece.tobytes(), (at + len(piece)) / RATE)


@pytest.fixture
def as_wav(tmp_path: Path) -> Callable[[Iterator[Out]], Out]:
    def through_a_file(pieces: Iterator[Out]) -> Out:
        sink = WavSink(tmp_path / "sound.wav")
        for piece in pieces:
            sink.write(piece)
        sink.close()
        with wave.open(str(tmp_path / "sound.wav")) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
            return np.frombuffer(file.readframes(file.getnframes()), "<i2")

    return through_a_file


def desk(tone: Tone = "meter", *, turning: bool = True, speed: float = 1.0) -> Desk:
    made = Desk(COLLAR, tone, pytest.fail, speed)
    made.snapshot(snapshot(turning=turning), 0.0)
    return made


def snapshot(
    *, turning: bool = False, heard: int = 0, calls: tuple[Said, ...] = (), gain: str = "max"
) -> Snapshot:
    return Snapshot(
        time=NOW, collar="K1", collars=("K1",), simulation=False,
        approach=Approach(limit_m=300, edge_m=None, must_stop=False), advice=Advice(deed="turn"),
        machine=Machine(saved=0, waiting=0, is_stuck=False), where=Where(), calls=calls,
        gain=Gain(now=gain), turning=turning, heard_count=heard,
    )  # fmt: skip


def sounds(out: Out) -> list[tuple[int, int]]:
    """Return begin and end of what is not silence; pauses of less than 20 ms are not seen."""
    loud = np.flatnonzero(np.abs(out.astype(int)) > 40)
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > RATE // 50)
    firsts, lasts = loud[np.r_[0, breaks + 1]], loud[np.r_[breaks, len(loud) - 1]]
    return list(zip(firsts.tolist(), (lasts + 1).tolist(), strict=True))


def pitch_hz(out: Out) -> float:
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out)), 4 * RATE))
    return float(spectrum.argmax()) / 4


LEVELS_DB: list[float | None] = [None, -30.0, -33.0, -20.0, -50.0, -26.0, None, None]


def test_in_a_turn_each_pulse_sounds_with_its_own_level_in_time(
    as_wav: Wav,
) -> None:
    out = as_wav(played(desk(), beacon(LEVELS_DB)))
    blips = [span for span in sounds(out) if span[1] - span[0] > RATE // 25]
    seconds = [n for n, level in enumerate(LEVELS_DB) if level is not None]
    assert len(blips) == len(seconds)
    # Noise of 30 in 2^15, one-sided, in a pulse of 960 samples; a sine is a tone of its size.
    floor_db = 10 * np.log10(4 * (30 / 32_768) ** 2 / PULSE)
    for (begin, end), second in zip(blips, seconds, strict=True):
        assert 0 < begin - end_of(second) <= LATEST
        level_db = LEVELS_DB[second]
        assert level_db is not None
        expected = Scale(float(floor_db), 0.0).pitch_hz(level_db)
        assert pitch_hz(out[begin:end]) == pytest.approx(expected, rel=0.05)
    up = pitch_hz(out[slice(*blips[0])]) / pitch_hz(out[slice(*blips[1])])
    assert up >= 2 ** (1 / 12) * 0.98  # 3 dB: a semitone


def test_walking_the_pitch_is_smoothed(as_wav: Wav) -> None:
    levels: list[float | None] = [None, -30.0, -30.0, -30.0, -10.0, -30.0, None]
    out = as_wav(played(desk(turning=False), beacon(levels)))
    blips = [span for span in sounds(out) if span[1] - span[0] > RATE // 25]
    pitches = [pitch_hz(out[slice(*span)]) for span in blips]
    assert len(pitches) == 5
    assert max(pitches) / min(pitches) < 1.03


def test_there_is_silence_when_the_beacon_is_gone() -> None:
    out = np.concatenate(list(played(desk(), beacon([None, -30.0, -30.0, None, None, None]))))
    last = end_of(2) + LATEST + RATE // 4
    assert np.abs(out[: end_of(2) + LATEST]).max() > 5000
    assert not out[last:].any()


def test_raw_sound_goes_out_as_it_came_and_nothing_over_it() -> None:
    sound = beacon(LEVELS_DB)
    out = np.concatenate(list(played(desk("raw"), sound)))
    assert np.array_equal(out, sound)


def test_with_both_no_pulse_of_raw_is_touched_and_blips_come_after() -> None:
    sound = beacon(LEVELS_DB)
    out = np.concatenate(list(played(desk("both"), sound)))
    over = out.astype(int) - sound
    spans = sounds(over.astype(np.int16))
    assert len([span for span in spans if span[1] - span[0] > RATE // 25]) == 5
    for second in range(len(LEVELS_DB)):
        begin = second * PERIOD + PERIOD // 2
        assert not over[begin - RATE // 10 : begin + PULSE + RATE // 50].any()


@pytest.mark.parametrize("block", [96, 1001, 48_000])
def test_how_samples_come_makes_no_difference(block: int) -> None:
    sound = beacon(LEVELS_DB[:5])
    usual = np.concatenate(list(played(desk("both"), sound)))
    out = np.concatenate(list(played(desk("both"), sound, block)))
    count = min(len(usual), len(out))
    assert count > len(sound) - RATE // 50
    assert np.array_equal(usual[:count], out[:count])


def test_what_is_saturated_trills_over_raw_too() -> None:
    levels: list[float | None] = [None, 6.0, None]
    for tone in ("meter", "raw"):
        sound = beacon(levels)
        out = np.concatenate(list(played(desk(tone), sound))).astype(int)
        over = (out - (sound if tone == "raw" else 0)).astype(np.int16)
        ((begin, end),) = sounds(over)
        assert 0 < begin - end_of(1) <= LATEST
        first = round(tones.TRILL_NOTE_S * RATE)
        notes = [pitch_hz(over[begin + k * first : begin + (k + 1) * first]) for k in range(6)]
        assert notes == pytest.approx([*tones.TRILL_HZ] * 3, abs=60)
        assert end - begin == pytest.approx(6 * first, abs=200)


def test_a_new_maximum_clicks_twice_after_its_blip() -> None:
    levels: list[float | None] = [None, -40.0, -40.0, -40.0, -20.0, -20.0, None]
    out = np.concatenate(list(played(desk(), beacon(levels))))
    after = {
        second: [s for s in sounds(out) if 0 < s[0] - end_of(second) < PERIOD // 2]
        for second in (3, 4, 5)
    }
    assert [len(after[second]) for second in (3, 4, 5)] == [1, 3, 1]
    assert [end - begin < RATE // 80 for begin, end in after[4]] == [False, True, True]


# --- polled meters and packets ------------------------------------------------------------------


def reading(time_s: float, level_db: float, hz: float | None = 150.021e6) -> Detection:
    return Detection(
        kind="meter", time=NOW, monotonic_ns=round(time_s * 1e9), level_db=level_db,
        level_unit="dBm", frequency_hz=hz,
    )  # fmt: skip


def polled(one: Desk, seconds: int, *, hz: float = 150.021e6, late_s: float = 0.0) -> Out:
    """Return the sound of a meter that is read ten times a second, a pulse each second at 0.5."""
    pieces = [one.tick(0.0)]
    for number in range(1, seconds * 50):
        now_s = number / 50
        pieces.append(one.tick(now_s + late_s))
        if number % 5 == 0:
            level_db = -70.0 if number % 50 == 25 else -118.0
            found = [reading(now_s, level_db, hz)]
            pieces.append(one.readings("r30", found, now_s + late_s))
    return np.concatenate(pieces)


@pytest.mark.parametrize("tone", ["raw", "meter"])
def test_each_pulse_of_a_polled_meter_is_a_blip_in_time(tone: Tone) -> None:
    out = polled(desk(tone), 6)
    blips = sounds(out)
    assert len(out) == pytest.approx(6 * RATE, abs=2000)
    assert len(blips) == 6
    for second, (begin, _) in enumerate(blips):
        assert 0 <= begin - (second + 0.5) * RATE <= LATEST


def test_old_readings_and_those_of_another_frequency_are_silent() -> None:
    assert sounds(polled(desk(), 4, late_s=0.7)) == []
    assert sounds(polled(desk(), 4, hz=151.2e6)) == []


def test_a_meter_says_nothing_while_the_same_beacon_is_heard_in_samples() -> None:
    one = desk()
    pieces = []
    for number, piece in enumerate(played(one, beacon([-30.0] * 4), 4800)):
        now_s = (number + 1) / 10
        pieces.append(piece)
        pieces.append(one.readings("r30", [reading(now_s, -60.0 if number % 10 else -118)], now_s))
    blips = [s for s in sounds(np.concatenate(pieces)) if s[1] - s[0] > RATE // 25]
    assert len(blips) == 4


def test_each_packet_is_a_blip_and_without_a_level_a_click() -> None:
    one = desk("raw")
    packet = replace(reading(1.0, -80.0), kind="packet")
    unknown = replace(packet, level_db=None, monotonic_ns=2_000_000_000)
    pieces = [one.tick(0.0), one.readings("lora", [packet], 1.0), one.tick(1.5)]
    pieces += [one.readings("lora", [unknown], 2.0), one.tick(2.5)]
    (blip, click) = sounds(np.concatenate(pieces))
    assert (blip[0], click[0]) == pytest.approx((RATE, 2 * RATE), abs=100)
    assert blip[1] - blip[0] > 4 * (click[1] - click[0])


@pytest.mark.parametrize(
    "values",
    [{"kind": "packet", "collar": "K2"}, {"kind": "pulse", "collar": "K2"},
     {"kind": "pulse", "frequency_hz": 150.06e6}, {"kind": "slot", "found": False}],
)  # fmt: skip
def test_another_collar_is_not_heard(values: dict[str, Any]) -> None:
    one = desk("raw")
    other = replace(reading(1.0, -20.0), **values)
    pieces = [one.tick(0.0), one.readings("sdr", [other], 1.0), one.tick(2.0)]
    assert sounds(np.concatenate(pieces)) == []


def test_the_same_packet_by_two_gateways_is_one_blip() -> None:
    one = desk("raw")
    packet = replace(reading(1.0, -80.0), kind="packet")
    pieces = [one.tick(0.0), one.readings("a", [packet] * 1000, 1.0), one.tick(1.05)]
    pieces += [one.readings("b", [packet], 1.05), one.tick(2.0)]
    assert len(sounds(np.concatenate(pieces))) == 1


def test_a_replay_that_runs_faster_has_blips_and_no_raw_sound() -> None:
    one = desk("both", speed=10.0)
    pieces = list(played(one, beacon([None, *[-30.0] * 4])))
    out = np.concatenate([one.tick(0.0), *pieces])
    assert len(out) == pytest.approx(RATE / 2, abs=RATE / 50)
    assert not out[: RATE // 8].any()  # the noise of the receiver is not there
    assert np.abs(out).max() > 5000


def test_a_night_of_sleep_is_not_filled_with_silence() -> None:
    one = desk()
    one.tick(1.0)
    assert len(one.tick(30_000.0)) == 0
    assert len(one.tick(30_001.0)) == RATE


# --- calls --------------------------------------------------------------------------------------


def test_heard_is_four_rising_notes_once() -> None:
    one = desk("raw")
    pieces = [one.tick(0.0), one.snapshot(snapshot(heard=1), 1.0), one.tick(2.9), one.tick(4.0)]
    pieces += [one.snapshot(snapshot(heard=1), 5.0), one.tick(6.5), one.tick(8.0), one.tick(9.0)]
    out = np.concatenate(pieces)
    spans = sounds(out)
    begin, end = spans[0][0], spans[-1][1]
    assert end - begin == pytest.approx(4 * tones.NOTE_S * RATE, abs=200)
    length = round(tones.NOTE_S * RATE)
    notes = [pitch_hz(out[begin + k * length : begin + (k + 1) * length]) for k in range(4)]
    assert notes == pytest.approx(tones.HEARD_HZ, rel=0.02)


def test_heard_over_raw_waits_for_the_end_of_a_pulse() -> None:
    one, sound = desk("raw"), beacon([None, -30.0, -30.0, None])
    pieces = []
    for number, piece in enumerate(played(one, sound, 4800)):
        pieces.append(piece)
        if number == 12:
            one.snapshot(snapshot(heard=1), 1.3)
    over = (np.concatenate(pieces).astype(int) - sound).astype(np.int16)
    begin, end = sounds(over)[0][0], sounds(over)[-1][1]
    assert end_of(1) < begin
    assert end < end_of(2) - PULSE


def test_the_alarm_sounds_for_each_call_once_and_not_for_old_ones() -> None:
    one = Desk(None, "raw", pytest.fail)
    old, new = Said(text="danger", age_s=60.0), Said(text="animal seen", age_s=0.3)
    pieces = [one.tick(0.0), one.snapshot(snapshot(calls=(old,)), 0.1), one.tick(1.0)]
    assert not np.concatenate(pieces).any()
    pieces = [one.snapshot(snapshot(calls=(old, new)), 1.1), one.tick(2.0), one.tick(3.5)]
    later = replace(snapshot(calls=(old, replace(new, age_s=2.9))), time=NOW)
    pieces += [one.snapshot(later, 3.6), one.tick(4.5)]
    ((begin, end),) = sounds(np.concatenate(pieces))
    assert end - begin == pytest.approx(tones.ALARM_NOTES * tones.ALARM_NOTE_S * RATE, abs=200)


# --- IQ -----------------------------------------------------------------------------------------


def iq(rate_hz: float, levels_db: list[float], offset_hz: float) -> bytes:
    rng = np.random.default_rng(2)
    at = np.arange(round(len(levels_db) * rate_hz)) / rate_hz
    size = np.zeros(len(at))
    for second, level_db in enumerate(levels_db):
        size[(at >= second + 0.5) & (at < second + 0.52)] = 127.5 * 10 ** (level_db / 20)
    samples = size * np.exp(2j * np.pi * offset_hz * at)
    samples += 0.7 * (rng.normal(size=len(at)) + 1j * rng.normal(size=len(at)))
    both = np.stack((samples.real, samples.imag), axis=-1) + 127.5
    return np.clip(np.rint(both), 0, 255).astype(np.uint8).tobytes()


def test_a_beacon_in_iq_is_heard_and_blips() -> None:
    stream = Stream("iq", "cu8", 250_000.0, 150.0e6)
    data = iq(250_000.0, [-20.0, -23.0, -20.0, -30.0, -20.0], 20_900.0)
    outs: dict[Tone, Out] = {}
    for tone in ("raw", "meter"):
        one = desk(tone)
        pieces = [
            one.samples("sdr", stream, data[at : at + 65_536], at / 500_000)
            for at in range(0, len(data), 65_536)
        ]
        outs[tone] = np.concatenate(pieces)
    blips = [s for s in sounds(outs["meter"]) if s[1] - s[0] > RATE // 25]
    assert len(blips) == 5
    for second, (begin, _) in enumerate(blips):
        assert 0 < begin - (second + 0.52) * RATE <= LATEST
    # It lies 900 Hz beside where its sheet says; after two pulses the beat note is at 700 Hz.
    begin = round((3.5 + 0.018) * RATE)
    assert pitch_hz(outs["raw"][begin : begin + 800]) == pytest.approx(700, abs=40)


@pytest.mark.parametrize("called", ["maybe", "faint"])
def test_the_beat_note_goes_where_a_weak_beacon_was_found_and_maybe_is_no_call(
    called: Call,
) -> None:
    stream = Stream("iq", "cu8", 250_000.0, 150.0e6)
    data = iq(250_000.0, [-20.0], 21_500.0)
    one = desk("raw")
    half = len(data) // 4
    pieces = [one.samples("sdr", stream, data[:half], 0.25)]
    pieces.append(one.beacons("sdr", stream, [track(150.0215e6, "K1", called)]))
    pieces.append(one.samples("sdr", stream, data[half:], 1.0))
    out = np.concatenate(pieces)
    begin = round((0.5 + 0.018) * RATE)
    assert pitch_hz(out[begin : begin + 800]) == pytest.approx(700, abs=40)
    pieces = [one.snapshot(snapshot(), 2.0), one.tick(3.0), one.tick(4.5)]
    assert not np.concatenate(pieces).any()


def track(frequency_hz: float, collar: str | None, called: Call) -> Track:
    return Track(
        track_id="t", collar=collar, call=called, frequency_hz=frequency_hz, drifted_hz=0.0,
        period_s=1.0, pulses_per_minute=60.0, jitter=None, regular=True, pulse_count=5,
        slot_count=5, level_db=None, level_sd_db=None, cn0_dbhz=None, saturated=False,
        first_s=0.0, last_s=5.0, log_likelihood=5.0, false_alarms_h=0.5,
        expected_false_alarms=0.1,
    )  # fmt: skip


def test_another_gain_begins_another_scale() -> None:
    one = desk()
    out = polled(one, 3)
    changed = one.snapshot(snapshot(turning=True, gain="-20 dB"), 3.0)
    assert len(sounds(out)) == 3
    assert not changed.any()
    one.home(None)
    assert not one.tick(3.5).any()


@pytest.mark.parametrize("rate_hz", [1000.0, 8000.0, 2_400_000.0])
@pytest.mark.parametrize(("drift_hz", "pulse_s"), [(1.0, 1e-6), (1e6, 3.0), (None, None)])
def test_odd_sheets_and_rates_end_no_sound(
    rate_hz: float, drift_hz: float | None, pulse_s: float | None
) -> None:
    collar = replace(COLLAR, frequency_drift_hz=drift_hz, pulse_length_s=pulse_s)
    lines: list[str] = []
    one = Desk(collar, "both", lines.append)
    for kind, form in (("iq", "cu8"), ("audio", "s16")):
        stream = Stream(kind, form, rate_hz, 150.0201e6)
        data = np.random.default_rng(1).bytes(round(rate_hz / 5) * 4)
        for number in range(2):
            one.samples(kind, stream, data, number * 10.0)
    assert lines == (["sound of 1000 Hz is too slow to listen to"] if rate_hz == 1000 else [])


@pytest.mark.parametrize(
    ("collar", "frequency_hz", "said"),
    [
        (None, 150e6, "is not said"),
        (COLLAR, None, "is not said"),
        (COLLAR, 433e6, "150.0200 MHz lies outside"),
    ],
)
def test_what_cannot_be_heard_is_said_once(
    collar: Collar | None, frequency_hz: float | None, said: str
) -> None:
    lines: list[str] = []
    one = Desk(collar, "raw", lines.append)
    stream = Stream("iq", "cu8", 250_000.0, frequency_hz)
    for number in range(5):
        one.samples("sdr", stream, bytes(1000), number / 10, first=number == 3)
    (line,) = lines
    assert said in line
