"""Argos bursts: recordings of real ones, made ones near theory, cut anywhere, in bad company."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erfc

from protocols import argos, decode
from receiver.dsp.argos import ArgosReceiver
from receiver.dsp.burst import Burst
from receiver.samples.conversion import converter
from receiver.samples.files import open_samples
from receiver.simulator.argos import Transmission, cn0_of, samples

RATE_HZ = 32_000.0
WIDTH_HZ = 30_000.0
DATA = argos.frame(0x0A1FBD4, bytes.fromhex("0123456789abcdef01234567"[:22]))
BITS = "".join(f"{byte:08b}" for byte in DATA)
SENT = Transmission(bits=BITS, cn0_dbhz=50.0, start_s=0.6, frequency_hz=3210.0)


def heard(x: np.ndarray, rate_hz: float = RATE_HZ, width_hz: float = WIDTH_HZ) -> list[Burst]:
    receiver = ArgosReceiver(rate_hz, 0.0, width_hz)
    return receiver.push(x) + receiver.finish()


def in_file(path: Path) -> list[Burst]:
    recording = open_samples(path)
    convert = converter(recording.form, recording.rate_hz, recording.channels)
    receiver = ArgosReceiver(recording.rate_hz, 0.0, 100e3, convert.full_scale)
    found = [b for data in recording.chunks() for b in receiver.push(convert.convert(data))]
    return found + receiver.finish()


def vector(shared: Path, name: str) -> str:
    lines = (shared / "vectors" / "commercial-collars.jsonl").read_text(encoding="utf-8")
    found = [json.loads(line) for line in lines.splitlines() if name in line]
    return str(found[0]["text"])


@pytest.mark.shared
def test_recording_of_a_real_burst_is_read(shared: Path) -> None:
    burst = in_file(shared / "data/argos/argos_ptt_a2_packet_32k_iq.wav")[0]
    assert burst.bits == vector(shared, "argos.ptt_a2.bits")
    assert (burst.kind, burst.inverted, burst.sync_errors) == ("ptt-a2", True, 0)
    assert burst.time_s == pytest.approx(0.015, abs=0.005)
    assert burst.frequency_hz == pytest.approx(-494.0, abs=8.0)
    assert burst.bit_rate_hz == pytest.approx(400.0, rel=0.002)


@pytest.mark.shared
def test_recording_of_vld_has_the_published_bits(shared: Path) -> None:
    (burst,) = in_file(shared / "data/argos/argos4_vld_short_37k5_iq.wav")
    assert burst.bits == vector(shared, "argos4.vld.coded_bits")
    assert (burst.kind, burst.inverted) == ("vld", False)
    assert burst.expected_errors == pytest.approx(0.0)


def test_a_burst_has_its_time_frequency_drift_level_and_bits() -> None:
    sent = replace(SENT, drift_hz_s=400.0, bit_rate_hz=400.8)
    (burst,) = heard(samples([sent], RATE_HZ, 2.5, seed=1))
    assert burst.bits == BITS
    assert burst.time_s == pytest.approx(sent.start_s, abs=0.0002)
    assert burst.duration_s == pytest.approx(sent.duration_s, abs=0.0005)
    assert burst.frequency_hz == pytest.approx(3210.0 + 0.08 * 400.0, abs=1.0)
    assert burst.drift_hz_s == pytest.approx(400.0, abs=10.0)
    assert burst.cn0_dbhz == pytest.approx(50.0, abs=0.5)
    assert 10 * math.log10(burst.power) == pytest.approx(50.0, abs=0.2)
    assert burst.bit_rate_hz == pytest.approx(400.8, abs=0.05)


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("frequency_hz", [-12_000.0, 12_000.0])
@pytest.mark.parametrize("drift_hz_s", [-1000.0, 1000.0])
def test_either_polarity_anywhere_in_12_khz_with_1_hz_a_ms(
    inverted: bool, frequency_hz: float, drift_hz_s: float
) -> None:
    sent = replace(SENT, inverted=inverted, frequency_hz=frequency_hz, drift_hz_s=drift_hz_s)
    (burst,) = heard(samples([replace(sent, cn0_dbhz=40.0)], RATE_HZ, 2.2, seed=2))
    assert (burst.bits, burst.inverted) == (BITS, inverted)


@pytest.mark.parametrize("blocks", range(1, 9))
def test_every_length(blocks: int) -> None:
    data = argos.frame(0xFB3AD00, bytes(4 * blocks - 1))
    sent = replace(SENT, bits="".join(f"{byte:08b}" for byte in data), cn0_dbhz=38.0)
    (burst,) = heard(samples([sent], RATE_HZ, 2.6, seed=blocks))
    assert burst.bits == sent.bits


@pytest.mark.parametrize("rate_hz", [32_000.0, 250_000.0])
def test_same_bursts_however_samples_are_cut(rate_hz: float) -> None:
    other = replace(SENT, start_s=0.9, frequency_hz=-9000.0, cn0_dbhz=33.0)
    x, rng = samples([SENT, other], rate_hz, 2.0, seed=3), np.random.default_rng(3)
    whole = heard(x, rate_hz, min(100e3, 0.9 * rate_hz))
    assert len(whole) == 2
    for longest in (rate_hz / 200, rate_hz / 2):
        receiver = ArgosReceiver(rate_hz, 0.0, min(100e3, 0.9 * rate_hz))
        ends = np.cumsum(rng.integers(0, int(longest), round(4 * len(x) / longest)))
        pieces = np.split(x, ends[ends < len(x)])
        found = [burst for piece in pieces for burst in receiver.push(piece)]
        assert found + receiver.finish() == whole


def test_a_wide_band_gives_what_a_narrow_one_does() -> None:
    sent = replace(SENT, frequency_hz=123_000.0, cn0_dbhz=36.0)
    receiver = ArgosReceiver(512_000.0, 120_000.0, 100e3)
    x = samples([sent], 512_000.0, 2.0, seed=4)
    (burst,) = receiver.push(x) + receiver.finish()
    assert burst.bits == BITS
    assert burst.time_s == pytest.approx(sent.start_s, abs=0.0003)
    assert burst.frequency_hz == pytest.approx(123_000.0, abs=1.0)
    assert burst.cn0_dbhz == pytest.approx(36.0, abs=1.0)


def test_bursts_over_each_other_are_both_read() -> None:
    other = replace(SENT, start_s=0.75, frequency_hz=-4000.0, cn0_dbhz=44.0, inverted=True)
    found = heard(samples([SENT, other], RATE_HZ, 2.5, seed=5))
    assert [b.bits for b in found] == [BITS, BITS]


def test_a_loud_burst_is_one_burst() -> None:
    (burst,) = heard(samples([replace(SENT, cn0_dbhz=95.0)], RATE_HZ, 2.5, seed=6))
    assert burst.bits == BITS


def test_what_cannot_be_read_is_told_with_its_level() -> None:
    rng = np.random.default_rng(7)
    keyed = "".join(rng.choice(["0", "1"], 100))
    (burst,) = heard(samples([replace(SENT, bits=keyed, cn0_dbhz=40.0)], RATE_HZ, 2.5, seed=7))
    assert (burst.kind, burst.bits, burst.inverted) == (None, "", None)
    assert burst.cn0_dbhz == pytest.approx(40.0, abs=1.0)
    assert burst.frequency_hz == pytest.approx(3210.0, abs=3.0)


def test_a_steady_carrier_noise_and_silence_are_no_bursts() -> None:
    assert heard(samples([], RATE_HZ, 20.0, seed=8)) == []
    assert heard(np.zeros(64_000, np.complex64)) == []
    steady = replace(SENT, bits="", carrier_s=9.0, start_s=1.0)
    assert heard(samples([steady], RATE_HZ, 11.0, seed=9)) == []


def test_a_burst_that_is_cut_off_at_the_end_does_no_harm() -> None:
    x = samples([SENT], RATE_HZ, 2.0, seed=10)
    for end_s in (0.61, 0.7, 0.77, 0.8, 0.9, 1.05):
        for burst in heard(x[: round(end_s * RATE_HZ)]):
            assert burst.time_s == pytest.approx(SENT.start_s, abs=0.1)


def test_cut_off_samples_are_told() -> None:
    x = samples([replace(SENT, cn0_dbhz=60.0)], RATE_HZ, 2.2, seed=11)
    limit = 900.0
    cut = np.clip(x.view(np.float32), -limit, limit).view(np.complex64)
    receiver = ArgosReceiver(RATE_HZ, 0.0, WIDTH_HZ, limit)
    (burst,) = receiver.push(cut) + receiver.finish()
    assert burst.saturated
    assert burst.bits == BITS


def test_too_few_samples_a_second_are_refused() -> None:
    with pytest.raises(ValueError, match="4000 samples a second"):
        ArgosReceiver(4000.0, 0.0, 4000.0)


def test_bit_errors_are_within_what_theory_allows() -> None:
    """At Eb/N0 = 6 dB, 1.5 dB from coherent BPSK; 1.0 dB of it is the carrier that is left."""
    eb_n0_db, wrong, bits, doubt = 6.0, 0, 0, 0.0
    for seed in range(12):
        sent = replace(SENT, cn0_dbhz=cn0_of(eb_n0_db), phase_rad=float(seed))
        found = [b for b in heard(samples([sent], RATE_HZ, 2.0, seed)) if b.bits]
        assert len(found) == 1
        assert len(found[0].bits) == len(BITS)
        pairs = zip(found[0].bits[24:], BITS[24:], strict=True)
        wrong, bits = wrong + sum(a != b for a, b in pairs), bits + len(BITS) - 24
        doubt += found[0].expected_errors or 0.0
    most = 0.5 * erfc(math.sqrt(10 ** ((eb_n0_db - 1.5) / 10)))
    assert wrong / bits < most + 2.0 * math.sqrt(most / bits)
    assert 0.5 < doubt / max(wrong, 1) < 2.0


def test_packets_come_from_bits() -> None:
    (burst,) = heard(samples([SENT], RATE_HZ, 2.5, seed=12))
    (packet,) = decode(burst.bits.encode())
    assert packet.device_id == "0A1FBD4"


def test_other_signals_are_no_bursts() -> None:
    rng, size = np.random.default_rng(13), round(6 * RATE_HZ)
    noise = samples([], RATE_HZ, 6.0, seed=13)
    on = slice(round(1.5 * RATE_HZ), round(4.5 * RATE_HZ))
    time = np.arange(size) / RATE_HZ
    voice = np.cumsum(np.convolve(rng.standard_normal(size), np.ones(14) / 4.0, "same"))
    data = np.cumsum(np.repeat(rng.choice([-1.0, 1.0], size // 7 + 1), 7)[:size])
    clicks = np.zeros(size)
    clicks[rng.integers(0, size, 400)] = 20e3
    pulses = np.where(time % 1.0 < 0.02, np.exp(2j * np.pi * 3000.0 * time), 0.0)
    wave = {
        "voice": np.exp(2j * np.pi * 1500.0 * voice / RATE_HZ),
        "data": np.exp(2j * np.pi * 2000.0 * data / RATE_HZ),
        "clicks": clicks,
        "pulses of a beacon": pulses,
    }
    for name, shape in wave.items():
        x = noise.copy()
        x[on] += (600.0 * shape[on]).astype(np.complex64)
        found = heard(x)
        assert [burst.bits for burst in found if burst.bits] == [], name
        assert len(found) <= (3 if name == "data" else 1), name


def test_silence_that_ends_is_no_burst() -> None:
    x = samples([], RATE_HZ, 5.0, seed=14)
    x[: round(2 * RATE_HZ)] = 0.0
    assert heard(x) == []
