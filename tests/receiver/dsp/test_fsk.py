"""Bursts of CTT tags in samples: read as the theory says, however they are cut, and no others."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from protocols.ctt import is_tag
from receiver.ctt_bursts import MODULATION, tag_receiver
from receiver.dsp.fsk import FskReceiver
from receiver.dsp.tones import Checks, FskBurst, _signed_sums
from receiver.errors import ConfigError
from receiver.simulator.ctt import TagBurst, cu8, drawn_id, frame, samples

RATE_HZ = 250e3
APART_S = 0.015
PATTERN_S = 8 / 25e3  # after the first byte of a preamble of three


def bursts(count: int, seed: int, ebn0_db: float, offset_hz: float | None = None) -> list[TagBurst]:
    rng = np.random.default_rng([seed, 1])
    return [
        TagBurst(
            frame=frame(drawn_id(rng)),
            start_s=(number + rng.uniform(0.1, 0.7)) * APART_S,
            ebn0_db=ebn0_db,
            offset_hz=rng.uniform(-10e3, 10e3) if offset_hz is None else offset_hz,
            phase=rng.uniform(0, 2 * np.pi),
        )
        for number in range(count)
    ]


def scene(sent: list[TagBurst], seed: int, rate_hz: float = RATE_HZ) -> np.ndarray:
    return samples(rate_hz, (len(sent) + 1) * APART_S, sent, seed)


def heard(signal: np.ndarray, receiver: FskReceiver, step: int | None = None) -> list[FskBurst]:
    step = step or len(signal)
    found = []
    for begin in range(0, len(signal), step):
        found += receiver.push(signal[begin : begin + step])
    return found + receiver.finish()


def read(sent: list[TagBurst], found: list[FskBurst]) -> list[tuple[TagBurst, FskBurst]]:
    """Return what was sent beside what was heard at that time."""
    return [
        (one, other)
        for one in sent
        for other in found
        if abs(other.time_s - one.start_s - PATTERN_S) < 1e-4 and other.payload == one.frame[5:]
    ]


def as_samples(data: bytes) -> np.ndarray:
    return (np.frombuffer(data, np.uint8).astype(np.float32) - 127.5).view(np.complex64)


@pytest.mark.parametrize("identity", ["61337F34", "613455FF", "78554C33", "78664C33"])
def test_recordings_that_rtl_433_reads(shared: Path, identity: str) -> None:
    path = shared / "data" / "ctt" / f"ctt_{identity}_250k.cu8"
    (burst,) = heard(as_samples(path.read_bytes()), tag_receiver(RATE_HZ, full_scale=127.5))
    assert burst.payload[:4].hex().upper() == identity
    assert burst.time_s == pytest.approx(0.02 + PATTERN_S, abs=1e-5)
    assert burst.offset_hz == pytest.approx(0.0, abs=100.0)


def test_ten_of_a_hundred_are_lost_within_a_decibel_of_the_theory() -> None:
    """The bit error rate is exp(-x / 2) / 2, and 40 bits must be right: 10 % at 10.2 dB."""
    sent = bursts(400, 5, 10.2)
    found = heard(scene(sent, 5), tag_receiver(RATE_HZ))
    right = len(read(sent, found))
    assert right >= 0.9 * len(sent)
    assert len(found) == right


def test_time_carrier_and_level_are_those_of_the_burst() -> None:
    sent = bursts(60, 6, 20.0)
    pairs = read(sent, heard(scene(sent, 6), tag_receiver(RATE_HZ)))
    assert len(pairs) == len(sent)
    late = [found.time_s - one.start_s - PATTERN_S for one, found in pairs]
    high = [found.offset_hz - one.offset_hz for one, found in pairs]
    strong = [10 * math.log10(found.ebn0) - 20.0 for _, found in pairs]
    power = 10.0**2 * 2 * 100 * 25e3 / RATE_HZ  # of the simulator's formula
    level = [10 * math.log10(found.power / power) for _, found in pairs]
    assert np.abs(late).max() < 4e-6
    assert abs(np.mean(high)) < 100.0
    assert np.std(high) < 300.0
    assert abs(np.mean(strong)) < 0.4
    assert abs(np.mean(level)) < 0.1


@pytest.mark.parametrize("offset_hz", [-10e3, 3.7e3, 10e3])
def test_a_carrier_10_khz_off_is_heard_as_well(offset_hz: float) -> None:
    sent = bursts(100, 7, 11.2, offset_hz)
    assert len(read(sent, heard(scene(sent, 7), tag_receiver(RATE_HZ)))) >= 90


@pytest.mark.parametrize("rate_hz", [192e3, 256e3, 300e3, 1.024e6, 2.4e6])
def test_other_rates(rate_hz: float) -> None:
    sent = bursts(40, 8, 12.0)
    assert len(read(sent, heard(scene(sent, 8, rate_hz), tag_receiver(rate_hz)))) >= 38


@pytest.mark.parametrize(("rate_hz", "middle_hz"), [(250e3, 433.92e6), (1.2e6, 434.5e6)])
def test_a_band_whose_middle_is_elsewhere(rate_hz: float, middle_hz: float) -> None:
    """The first is what rtl_433 records where nobody tells it another."""
    offset_hz = 434e6 - middle_hz + 2e3
    sent = bursts(20, 9, 13.0, offset_hz)
    found = heard(scene(sent, 9, rate_hz), tag_receiver(rate_hz, middle_hz))
    assert len(read(sent, found)) == len(sent)
    assert np.mean([burst.offset_hz for burst in found]) == pytest.approx(offset_hz, abs=500)


@pytest.mark.parametrize("step", [1, 999, 32_000, 250_001])
def test_cut_samples_give_the_same_bursts(step: int) -> None:
    sent = bursts(4 if step == 1 else 60, 10, 11.0)
    signal = scene(sent, 10)
    whole = heard(signal, tag_receiver(RATE_HZ))
    assert whole
    assert heard(signal, tag_receiver(RATE_HZ), step) == whole


def test_the_begin_and_the_end_of_a_recording() -> None:
    """A burst with nothing before or after it, and one of which the end is cut off."""
    one = TagBurst(frame=frame(bytes.fromhex("78664C33")), start_s=0.0, ebn0_db=20.0)
    signal = samples(RATE_HZ, 80 / 25e3, [one], 11)
    assert [burst.payload.hex() for burst in heard(signal, tag_receiver(RATE_HZ))] == ["78664c3304"]
    assert heard(signal[: -12 * 10], tag_receiver(RATE_HZ)) == []


def test_each_burst_is_told_once_wherever_it_lies() -> None:
    """Begins 1 bit apart go over every place in blocks, segments and spectra."""
    identity = bytes.fromhex("78664C33")
    starts = [0.01 + number * (0.008 + 1 / 25e3) for number in range(250)]
    sent = [TagBurst(frame=frame(identity), start_s=start, ebn0_db=16.0) for start in starts]
    found = heard(samples(RATE_HZ, 2.1, sent, 12), tag_receiver(RATE_HZ))
    assert len(read(sent, found)) == len(found) == len(sent)
    assert all(one.time_s < other.time_s for one, other in pairwise(found))


def test_two_bursts_close_behind_each_other() -> None:
    first, second = bytes.fromhex("78664C33"), bytes.fromhex("78554C33")
    sent = [
        TagBurst(frame=frame(first), start_s=0.01, ebn0_db=24.0, offset_hz=-4e3),
        TagBurst(frame=frame(second), start_s=0.0135, ebn0_db=13.0, offset_hz=6e3),
    ]
    found = heard(samples(RATE_HZ, 0.05, sent, 13), tag_receiver(RATE_HZ))
    assert [burst.payload[:4] for burst in found] == [first, second]


def test_the_spike_in_the_middle_and_a_carrier_beside_it() -> None:
    sent = bursts(100, 14, 12.0)
    signal = scene(sent, 14) + np.complex64(complex(30.0, -20.0))
    time = np.arange(len(signal)) / RATE_HZ
    signal += (60.0 * np.exp(2j * np.pi * 90e3 * time)).astype(np.complex64)
    assert len(read(sent, heard(signal, tag_receiver(RATE_HZ)))) >= 90


def test_a_wrong_crc_is_no_tag() -> None:
    spoilt = bytearray(frame(bytes.fromhex("78664C33")))
    spoilt[-1] ^= 1
    sent = [TagBurst(frame=bytes(spoilt), start_s=0.01 * n, ebn0_db=20.0) for n in range(1, 20)]
    assert heard(samples(RATE_HZ, 0.21, sent, 15), tag_receiver(RATE_HZ)) == []


def test_noise_is_silence() -> None:
    assert heard(samples(RATE_HZ, 30.0, [], 16), tag_receiver(RATE_HZ)) == []


@pytest.mark.parametrize("value", [0.0, 1e-30, 127.5, 1e6])
def test_samples_that_say_nothing_give_nothing(value: float) -> None:
    signal = np.full(70_000, value).astype(np.complex64)
    assert heard(signal, tag_receiver(RATE_HZ)) == []


def test_a_recording_of_a_burst_between_zeros() -> None:
    """As from a receiver with a squelch: there is no noise to compare with."""
    signal = np.zeros(60_000, np.complex64)
    one = TagBurst(frame=frame(bytes.fromhex("78664C33")), start_s=0.0, ebn0_db=20.0)
    signal[20_000:20_800] = samples(RATE_HZ, 0.0032, [one], 17)
    (burst,) = heard(signal, tag_receiver(RATE_HZ))
    assert burst.time_s == pytest.approx(0.08 + PATTERN_S, abs=1e-5)


def test_a_burst_that_is_cut_off_at_full_scale_says_so() -> None:
    loud = TagBurst(frame=frame(bytes.fromhex("78664C33")), start_s=0.01, ebn0_db=40.0)
    for sigma, saturated in ((10.0, True), (0.5, False)):
        data = cu8(samples(RATE_HZ, 0.03, [loud], 18, sigma))
        (burst,) = heard(as_samples(data), tag_receiver(RATE_HZ, full_scale=127.5))
        assert burst.saturated == saturated


def test_only_the_second_check_judges_what_is_read_again() -> None:
    """With the first check refusing all, a burst is read again, and told by the second."""
    signal = samples(
        RATE_HZ, 0.03, [TagBurst(frame=frame(b"\x01\x23\x45\xe2"), start_s=0.01, ebn0_db=20.0)], 19
    )
    refused = Checks(first=lambda payload: False, again=is_tag)
    (burst,) = heard(signal, FskReceiver(RATE_HZ, MODULATION, refused))
    assert burst.tries == 2
    harder = Checks(first=lambda payload: False, again=lambda payload: False)
    assert heard(signal, FskReceiver(RATE_HZ, MODULATION, harder)) == []


def test_a_band_that_is_too_narrow_or_elsewhere_is_refused() -> None:
    with pytest.raises(ValueError, match="it needs 125000 samples a second at least"):
        FskReceiver(100e3, MODULATION, Checks(is_tag, is_tag))
    with pytest.raises(ConfigError, match="at 434 MHz cannot be heard in this band: it needs"):
        tag_receiver(250e3, 433.9e6)


@pytest.mark.parametrize("pattern", ["1", "0", "10", "011", "10101010101010101101001110010001"])
def test_sums_with_the_signs_of_a_pattern(pattern: str) -> None:
    values = np.random.default_rng(1).standard_normal((3, 200), np.float32)
    signs = np.where(np.array(list(pattern)) == "1", 1.0, -1.0)
    expected = [
        [row[at : at + 5 * len(pattern) : 5] @ signs for at in range(200 - 5 * (len(pattern) - 1))]
        for row in values
    ]
    np.testing.assert_allclose(_signed_sums(values, pattern, 5), expected, atol=1e-4)
