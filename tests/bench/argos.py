"""Argos bursts: bit and packet errors against theory, detection, false bursts, speed. JSON.

    python tests/bench/argos.py [PART ...]
    parts: bits drift wander found noise speed   (all: about 12 minutes on one core)

Bursts are made by `receiver.simulator.argos` at a random frequency within +-12 kHz, time, phase and
polarity, and read from samples of 32 kHz by all of `ArgosReceiver`: detection, sync, clock, phase
and length are its own. Theory is coherent BPSK, Q(sqrt(2 Eb/N0)), Eb being all that is sent in a
bit; sin^2(1.1 rad) of that is data, the rest a carrier, which costs 1.00 dB. The bound is 1.5 dB
from theory. Seeds begin at 7000; nothing was tuned on those.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Iterator

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.special import erfc, erfcinv

from protocols import argos
from receiver.dsp import carriers
from receiver.dsp.argos import ArgosReceiver
from receiver.dsp.burst import Burst
from receiver.simulator.argos import INDEX_RAD, Transmission, cn0_of, samples

RATE_HZ, SEED, BOUND_DB = 32_000.0, 7000, 1.5
KNOWN = 24
RESIDUAL_DB = -20.0 * math.log10(math.sin(INDEX_RAD))


def bpsk(eb_n0_db: float) -> float:
    """Return the bit error rate of coherent BPSK."""
    return float(0.5 * erfc(math.sqrt(10.0 ** (eb_n0_db / 10.0))))


def eb_n0_of(error_rate: float) -> float:
    """Return the Eb/N0 in dB at which coherent BPSK has an error rate."""
    return float(20.0 * math.log10(erfcinv(2.0 * error_rate))) if 0 < error_rate < 0.5 else math.nan


def packet_errors(error_rate: float, bits: int) -> float:
    return 1.0 - (1.0 - error_rate) ** bits


def made(seed: int, cn0_dbhz: float, blocks: int, drift_hz_s: float = 0.0) -> Transmission:
    rng = np.random.default_rng([seed, 401])
    data = argos.frame(int(rng.integers(1 << 28)), rng.bytes(4 * blocks - 1))
    return Transmission(
        bits="".join(f"{byte:08b}" for byte in data),
        cn0_dbhz=cn0_dbhz,
        start_s=0.5 + float(rng.uniform(0.0, 0.1)),
        frequency_hz=float(rng.uniform(-12e3, 12e3)),
        drift_hz_s=drift_hz_s,
        inverted=bool(rng.integers(2)),
        phase_rad=float(rng.uniform(0.0, 2 * math.pi)),
    )


def wandering(x: np.ndarray, seed: int, sd_rad: float) -> np.ndarray:
    """Return samples whose phase does what a bad oscillator does, smooth over 5 ms."""
    rng = np.random.default_rng([seed, 402])
    steps = int(len(x) / RATE_HZ / 0.005) + 4
    knots = rng.normal(0.0, sd_rad, steps)
    phase = np.interp(np.arange(len(x)) / RATE_HZ, np.arange(steps) * 0.005, knots)
    return np.asarray(x * np.exp(1j * phase), np.complex64)


def heard(sent: Transmission, seed: int, wander_rad: float = 0.0) -> list[Burst]:
    duration_s = sent.start_s + sent.duration_s + 1.0
    if wander_rad:
        wave = wandering(samples([sent], RATE_HZ, duration_s, None), seed, wander_rad)
        x = wave + samples([], RATE_HZ, duration_s, seed)
    else:
        x = samples([sent], RATE_HZ, duration_s, seed)
    receiver = ArgosReceiver(RATE_HZ, 0.0, 30e3)
    return receiver.push(x) + receiver.finish()


def errors(
    eb_n0_db: float, blocks: int, bursts: int, drift_hz_s: float = 0.0, wander_rad: float = 0.0
) -> dict[str, float]:
    """Count bit errors of the bursts that were read, and all packets that were not read right."""
    wrong = bits = read = failed = alarms = 0
    doubt = 0.0
    for seed in range(SEED, SEED + bursts):
        sent = made(seed, cn0_of(eb_n0_db), blocks, drift_hz_s)
        found = heard(sent, seed, wander_rad)
        own = [b for b in found if abs(b.time_s - sent.start_s) < 0.05 and b.bits]
        alarms += len(found) - len(own)
        if not own or len(own[0].bits) != len(sent.bits):
            failed += 1
            continue
        pairs = zip(own[0].bits[KNOWN:], sent.bits[KNOWN:], strict=True)
        count = sum(a != b for a, b in pairs)
        wrong, bits, read = wrong + count, bits + len(sent.bits) - KNOWN, read + 1
        doubt += own[0].expected_errors or 0.0
        failed += count > 0
    rate, length = wrong / max(bits, 1), 24 + 32 * blocks
    return {
        "bursts": bursts,
        "not read": bursts - read,
        "bits": bits,
        "BER": round(rate, 6),
        "BER of theory": round(bpsk(eb_n0_db), 6),
        "with the carrier left": round(bpsk(eb_n0_db - RESIDUAL_DB), 6),
        "BER bound": round(bpsk(eb_n0_db - BOUND_DB), 6),
        "loss dB": round(eb_n0_db - eb_n0_of(rate), 2),
        "+- dB": round(loss_sd(rate, bits), 2),
        "BER it says itself": round(doubt / max(bits, 1), 6),
        "PER": round(failed / bursts, 4),
        "PER with the carrier left": round(
            packet_errors(bpsk(eb_n0_db - RESIDUAL_DB), length), 4
        ),
        "PER bound": round(packet_errors(bpsk(eb_n0_db - BOUND_DB), length), 4),
        "told beside them, or without bits": alarms,
    }  # fmt: skip


def loss_sd(rate: float, bits: int) -> float:
    """Return the standard deviation of a loss in dB that comes of counting."""
    if not 0.0 < rate < 0.5:
        return math.nan
    sd = math.sqrt(rate * (1.0 - rate) / bits)
    low, high = max(rate - sd, rate / 10.0), min(rate + sd, 0.49)
    return (eb_n0_of(low) - eb_n0_of(high)) / 2.0


def bits() -> dict[str, object]:
    return {
        f"{blocks} blocks, Eb/N0 {level:g} dB": errors(level, blocks, bursts)
        for blocks, bursts in ((1, 300), (4, 150), (8, 60))
        for level in (3.0, 4.0, 5.0, 6.0, 7.0)
    }


def drift() -> dict[str, object]:
    """Packets whose carrier drifts by 1 Hz a millisecond."""
    return {
        f"1 Hz/ms, 4 blocks, Eb/N0 {level:g} dB": errors(level, 4, 150, drift_hz_s=1000.0)
        for level in (5.0, 6.0, 7.0, 8.0)
    }


def wander() -> dict[str, object]:
    """Packets of a bad oscillator: the phase has a spread of 0.3 rad, anew each 5 ms."""
    return {
        f"0.3 rad, 4 blocks, Eb/N0 {level:g} dB": errors(level, 4, 60, wander_rad=0.3)
        for level in (6.0, 8.0, 10.0, 14.0)
    }


def found() -> dict[str, object]:
    """How often a burst is found, whether it can be read or not, and how well it is measured."""
    out: dict[str, object] = {}
    for level in (22.0, 23.0, 24.0, 25.0, 26.0, 28.0, 30.0):
        hits, off_db, off_hz = 0, [], []
        for seed in range(SEED, SEED + 60):
            sent = made(seed, level, 1)
            own = [b for b in heard(sent, seed) if abs(b.time_s - sent.start_s) < 0.1]
            own = [b for b in own if abs(b.frequency_hz - sent.frequency_hz) < 100.0]
            hits += bool(own)
            off_db += [b.cn0_dbhz - level for b in own[:1]]
            off_hz += [b.frequency_hz - sent.frequency_hz for b in own[:1]]
        out[f"{level:g} dB-Hz"] = {
            "found": round(hits / 60, 3),
            "level off dB": [round(float(f(off_db)), 2) for f in (np.mean, np.std)],
            "frequency off Hz": round(float(np.std(off_hz)), 2),
        }
    return out


def hours_of_noise(rate_hz: float, seconds: int, seed: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    for _ in range(seconds):
        yield rng.standard_normal(2 * int(rate_hz), dtype=np.float32).view(np.complex64)


def noise() -> dict[str, object]:
    """False bursts an hour in 100 kHz of noise, at the threshold and below it."""
    out: dict[str, object] = {}
    kept = carriers.LEAST_SUM
    for threshold, seconds in ((12.0, 120), (12.5, 300), (13.0, 600), (kept, 600)):
        carriers.LEAST_SUM = threshold
        receiver, count, read = ArgosReceiver(120_000.0, 0.0, 100e3), 0, 0
        for x in hours_of_noise(120_000.0, seconds, SEED):
            bursts = receiver.push(x)
            count, read = count + len(bursts), read + sum(bool(b.bits) for b in bursts)
        name = f"sum {threshold:g}" + (", as it is" if threshold == kept else "")
        out[name] = {
            "seconds": seconds, "bursts": count, "with bits": read,
            "an hour": round(count / seconds * 3600, 2),
        }  # fmt: skip
    carriers.LEAST_SUM = kept
    return out


def speed() -> dict[str, object]:
    """Times real time, on one core: noise, and 12 bursts a minute in it."""
    out: dict[str, object] = {}
    for rate_hz in (48_000.0, 250_000.0, 1_024_000.0, 2_400_000.0):
        receiver, spent = ArgosReceiver(rate_hz, 0.0, 100e3 if rate_hz > 1e5 else 45e3), 0.0
        for x in hours_of_noise(rate_hz, 10, SEED):
            begin = time.process_time()
            receiver.push(x)
            spent += time.process_time() - begin
        out[f"{rate_hz / 1e3:g} kS/s"] = round(10 / spent, 1)
    sent, begin = made(SEED, 45.0, 8), time.process_time()
    heard(sent, SEED)
    out["ms for one burst of 8 blocks, 32 kS/s"] = round(1e3 * (time.process_time() - begin))
    return out


PARTS = {
    "bits": bits, "drift": drift, "wander": wander, "found": found, "noise": noise, "speed": speed,
}  # fmt: skip


def main(names: list[str]) -> None:
    said: dict[str, object] = {
        "residual carrier, dB": round(RESIDUAL_DB, 2), "bound, dB from theory": BOUND_DB
    }  # fmt: skip
    for name in names or PARTS:
        begin = time.monotonic()
        said[name] = PARTS[name]()
        part = json.dumps({name: said[name], "seconds": round(time.monotonic() - begin)})
        sys.stderr.write(f"{part}\n")
    sys.stdout.write(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
