"""Detection of beacons: sensitivity, false alarms, interference, levels, speed, memory. JSON.

    python tests/bench/detection.py [PART ...]
    parts: pulses tracks alarms interference levels audio blind speed limits

One configuration per rate, that of `baksan detect` (printed). Scenes are made by
`receiver.simulator.beacons`; seeds here (from 3000 on) are not those that thresholds were tuned on
(below 1000). Pd50 and Pd90 are of a logistic fit, with a 90 % interval by resampling. A pulse is
found within 25 ms and 200 Hz, a track within 100 Hz. Figures of peers are quoted with the versions
in the study that the targets come from; nothing of theirs runs here.
"""

from __future__ import annotations

import cProfile
import json
import math
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import Pool
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from receiver.config import Collar
from receiver.dsp import tracks as dsp_tracks
from receiver.dsp.detector import Detector
from receiver.dsp.paths import Paths, hypotheses
from receiver.dsp.pulses import Pulse
from receiver.dsp.spectra import layout
from receiver.dsp.tracks import Track, Wanted
from receiver.heard import best
from receiver.hearing import PULSES_H_KHZ, Watch
from receiver.listening_plan import Plan
from receiver.samples.conversion import converter
from receiver.samples.level import FORMATS
from receiver.simulator.beacon_files import PRESETS
from receiver.simulator.beacons import Scene, Tag, cu8, ladder, truth

FULL_SCALE = 127.5
BEACONS, DRIFT_HZ, OFF = 40, 2000.0, 0.02
PEERS = {
    "one pulse, Pd50 / Pd90 dB-Hz": {
        "bound, unknown phase": [28.6, 30.5],
        "find_pulse 21e00be, tuned": [32.0, 34.0],
        "raspiv2 1b0885e": [37.4, 39.5],
        "pyradiotracking 615d712, tuned": [39.7, 43.4],
    },
    "x real time, 300 kS/s / 2.4 MS/s": {
        "pyradiotracking": [24, 3.3], "raspiv2 (C)": [48, 0.54], "reference": [27, 1.8],
    },
}  # fmt: skip


def detected(scene: Scene, wanted: tuple[Wanted, ...] = ()) -> tuple[list[Pulse], list[Track]]:
    detector = Detector(
        layout(scene.rate_hz, 0.02),
        wanted,
        pulse_false_alarms_h_khz=PULSES_H_KHZ,
        track_false_alarms_h_khz=1.0,
        full_scale=FULL_SCALE,
    )
    pulses, tracks = [], []
    convert = converter(FORMATS["cu8"], scene.rate_hz)
    for piece in cu8(scene):
        for news in detector.push(convert.convert(piece)):
            pulses += news.pulses
            tracks += news.tracks
    for news in detector.finish():
        pulses += news.pulses
        tracks += news.tracks
    return pulses, tracks


# --- fits ---------------------------------------------------------------------------------------


def levels_of(counts: dict[float, tuple[int, int]]) -> dict[str, list[float]]:
    """Return Pd50 and Pd90 with their 90 % intervals, of (found, all) by level."""
    x = np.array(sorted(counts))
    found, total = np.array([counts[level] for level in x]).T
    rng = np.random.default_rng(0)
    drawn = [rng.binomial(total, np.clip(found / total, 0.002, 0.998)) for _ in range(200)]
    fits = np.array([fit(x, one, total) for one in drawn])
    best = fit(x, found, total)
    ends = np.percentile(fits, [5, 95], axis=0)
    return {
        name: [round(float(v), 2) for v in (best[i], ends[0][i], ends[1][i])]
        for i, name in enumerate(("Pd50", "Pd90"))
    }


def fit(x: np.ndarray, found: np.ndarray, total: np.ndarray) -> tuple[float, float]:
    from scipy.optimize import minimize  # here, so that it is not in the memory of the detector

    def cost(p: np.ndarray) -> float:
        z = np.clip((x - p[0]) * math.exp(p[1]), -30, 30)
        return float(np.sum(total * np.logaddexp(0, z) - found * z))

    middle = float(x[np.abs(found / total - 0.5).argmin()])
    at, slope = minimize(cost, [middle, 0.5], method="Nelder-Mead").x
    return at, at + math.log(9.0) * math.exp(-slope)


def rate_interval(count: int, khz_h: float) -> list[float]:
    """Return a rate an hour and kHz with its 90 % interval (Poisson)."""
    from scipy.stats import chi2

    low = chi2.ppf(0.05, 2 * count) / 2 if count else 0.0
    return [round(float(v) / khz_h, 3) for v in (count, low, chi2.ppf(0.95, 2 * count + 2) / 2)]


# --- single pulses ------------------------------------------------------------------------------


def hits(scene: Scene, pulses: list[Pulse]) -> tuple[dict[int, list[bool]], int]:
    """Return for each tag which of its pulses were found, and the number of false alarms."""
    times, hertz = (np.array([getattr(p, n) for p in pulses]) for n in ("time_s", "frequency_hz"))
    true, found = truth(scene), defaultdict(list)
    is_true = np.zeros(len(pulses), bool)
    for one in true:
        near = (np.abs(times - one.start_s - one.width_s / 2) <= 0.025) & (
            np.abs(hertz - one.frequency_hz) <= 200.0
        )
        is_true |= near
        found[one.tag].append(bool(near.any()))
    return found, int((~is_true).sum())


def ladder_run(rate_hz: float, seconds: float, seed: int) -> tuple[dict, int, float]:
    levels = [float(level) for level in range(25, 41)]
    scene = ladder(levels, rate_hz, seconds, seed)
    found, false = hits(scene, detected(scene)[0])
    counts = {levels[tag]: (sum(own), len(own)) for tag, own in found.items()}
    return counts, false, seconds / 3600 * rate_hz / 1000


def noise_run(rate_hz: float, seconds: float, seed: int) -> tuple[dict, int, float]:
    scene = Scene(rate_hz=rate_hz, duration_s=seconds, seed=seed)
    return {}, len(detected(scene)[0]), seconds / 3600 * rate_hz / 1000


def pulses(pool: Pool) -> dict:
    out = {}
    for rate_hz, seconds, seeds, noise_s in ((300e3, 60.0, 6, 120.0), (2.4e6, 12.0, 4, 12.0)):
        runs = pool.map(partial(ladder_run, rate_hz, seconds), range(3000, 3000 + seeds))
        quiet = pool.map(partial(noise_run, rate_hz, noise_s), range(3100, 3100 + seeds))
        counts: dict[float, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for own, _, _ in runs:
            for level, (found, total) in own.items():
                counts[level] = counts[level][0] + found, counts[level][1] + total
        khz_h = sum(q[2] for q in quiet)
        out[f"{rate_hz / 1e3:g} kS/s"] = {
            **levels_of(counts),
            "Pd": {f"{k:g}": round(f / n, 3) for k, (f, n) in sorted(counts.items())},
            "false alarms/h/kHz in noise": rate_interval(sum(q[1] for q in quiet), khz_h),
            "beside pulses": rate_interval(sum(r[1] for r in runs), sum(r[2] for r in runs)),
            "kHz h": round(khz_h, 1),
        }
    return out


# --- tracks -------------------------------------------------------------------------------------


def track_run(seconds: float, jitter: float, cn0_dbhz: float, seed: int) -> tuple[int, int]:
    """Return how many of 40 listed beacons are found, each +-2 kHz and +-2 % off."""
    rng = np.random.default_rng([seed, 77])
    middles = -120e3 + 240e3 * (np.arange(BEACONS) + 0.5) / BEACONS
    tags, wanted = [], []
    for number, middle in enumerate(middles):
        period_s = 1.2 * (1 + rng.uniform(-0.9, 0.9) * OFF)
        tag = Tag(
            frequency_hz=middle + rng.uniform(-0.9, 0.9) * DRIFT_HZ,
            cn0_dbhz=cn0_dbhz,
            period_s=period_s,
            first_s=rng.uniform(0.05, 1.2),
            jitter=jitter,
        )
        tags.append(tag)
        wanted.append(Wanted(name=str(number), frequency_hz=middle, periods_s=(1.2,)))
    scene = Scene(rate_hz=300e3, duration_s=seconds, seed=seed, tags=tuple(tags))
    found = {
        int(track.wanted.name)
        for track in detected(scene, tuple(wanted))[1]
        if abs(track.frequency_hz - tags[int(track.wanted.name)].frequency_hz) <= 100.0
    }
    return len(found), BEACONS


def tracks(pool: Pool) -> dict:
    out = {}
    cases = {
        "12 s, jitter 0.5 %": (12.0, 0.005, np.arange(22.5, 26.1, 0.5), 6),
        "60 s, jitter 0.5 %": (60.0, 0.005, np.arange(19.0, 22.1, 0.5), 4),
        "60 s, no jitter": (60.0, 0.0, np.arange(17.5, 20.6, 0.5), 4),
    }
    for name, (seconds, jitter, levels, seeds) in cases.items():
        counts = {}
        for level in levels:
            run = partial(track_run, seconds, jitter, float(level))
            runs = pool.map(run, range(3200, 3200 + seeds))
            counts[float(level)] = sum(r[0] for r in runs), sum(r[1] for r in runs)
        pd = {f"{level:g}": round(f / n, 3) for level, (f, n) in counts.items()}
        out[name] = {**levels_of(counts), "Pd": pd}
    return out


def alarm_run(minutes: float, seed: int) -> list[float]:
    """Return the strength of each track that noise made, of 50 listed beacons."""
    middles = -120e3 + 240e3 * (np.arange(50) + 0.5) / 50
    wanted = tuple(
        Wanted(name=str(n), frequency_hz=hz, periods_s=(1.2,)) for n, hz in enumerate(middles)
    )
    scene = Scene(rate_hz=300e3, duration_s=60 * minutes, seed=seed)
    best: dict[tuple[str, int], float] = {}
    for track in detected(scene, wanted)[1]:
        key = track.wanted.name, track.number
        best[key] = max(track.slots.strength, best.get(key, -9.0))
    return list(best.values())


def alarms(pool: Pool) -> dict:
    """Tracks of noise at the setting of one an hour and kHz."""
    minutes, seeds = 10.0, 6
    runs = pool.map(partial(alarm_run, minutes), range(3300, 3300 + seeds))
    found = [strength for run in runs for strength in run]
    khz_h = 200 * minutes * seeds / 60
    return {
        "tracks/h/kHz": rate_interval(len(found), khz_h),
        "above e times": rate_interval(sum(s > 1 for s in found), khz_h),
        "above e^2 times": rate_interval(sum(s > 2 for s in found), khz_h),
        "kHz h": khz_h,
    }


# --- interference -------------------------------------------------------------------------------


def interference_run(name: str, seed: int) -> tuple[int, int, int]:
    scene = replace(PRESETS[name](), seed=seed)
    found, false = hits(scene, detected(scene)[0])
    true = truth(scene)
    own = [p for p in true if p.tag == 0]
    others = np.array([p.start_s for p in true if p.tag != 0] or [-9.0])
    apart = [bool(np.abs(others - p.start_s).min() > p.width_s) for p in own]
    kept = [hit for hit, alone in zip(found[0], apart, strict=True) if alone]
    return sum(kept), len(kept), false


def interference(pool: Pool) -> dict:
    out, seeds = {}, 24
    for name in ("clean", "cw", "dc", "neighbour", "impulse", "am", "ramp"):
        runs = pool.map(partial(interference_run, name), range(3400, 3400 + seeds))
        found, total, false = np.sum(runs, axis=0)
        khz_h = 0.3 * 30 / 3.6 * seeds
        out[name] = {
            "Pd": round(float(found / total), 4),
            "false alarms/h/kHz": rate_interval(int(false), khz_h),
        }
    return {**out, "kHz h each": khz_h}


# --- levels -------------------------------------------------------------------------------------


def level_run(count: int, seed: int) -> float | None:
    """Return the error of the level of a track of so many pulses at 27 dB-Hz, in dB."""
    rate_hz, rng = 16e3, np.random.default_rng([seed, 5])
    tag = Tag(
        frequency_hz=float(rng.uniform(-1500, 1500)), cn0_dbhz=27.0, first_s=0.3,
        period_s=1.2 * (1 + rng.uniform(-0.9, 0.9) * OFF),
    )  # fmt: skip
    scene = Scene(rate_hz=rate_hz, duration_s=0.3 + 1.2 * count, seed=seed, tags=(tag,))
    collar = Collar(name="one", frequency_hz=150e6, pulses_per_minute={"normal": 50.0})
    plan = Plan(frequency_hz=150e6, collars=(collar,), uncertainty_ppm=0.0)
    watch, convert = (
        Watch(rate_hz, FULL_SCALE, plan, FULL_SCALE),
        converter(FORMATS["cu8"], rate_hz),
    )
    heard = [
        t for piece in cu8(scene) for n in watch.push(convert.convert(piece)) for t in n.tracks
    ]
    heard += [track for news in watch.finish() for track in news.tracks]
    last = max((t for t in best(heard) if t.collar), key=lambda t: t.slot_count, default=None)
    if last is None or last.level_db is None:
        return None
    return last.level_db - 20 * math.log10(scene.amplitude(27.0) / FULL_SCALE)


def levels(pool: Pool) -> dict:
    out = {}
    for count, seeds in ((10, 300), (50, 100)):
        runs = pool.map(partial(level_run, count), range(3500, 3500 + seeds), 10)
        errors = np.array([run for run in runs if run is not None])
        out[f"{count} pulses at 27 dB-Hz"] = {
            "bias_db": round(float(errors.mean()), 3),
            "of the mean, +-": round(float(errors.std() / math.sqrt(len(errors))), 3),
            "sd_db": round(float(errors.std()), 3),
            "tracks": len(errors),
            "of": seeds,
        }
    return out


# --- sound --------------------------------------------------------------------------------------


def audio_run(snr_db: float, seed: int) -> tuple[int, int, int]:
    """Beeps of 700 Hz at an SNR in 500 Hz, through a receiver's filter of 300 to 3000 Hz."""
    from scipy.signal import butter, sosfilt

    rate_hz, seconds = 16_000.0, 120.0
    rng = np.random.default_rng([seed, 6])
    count = int(rate_hz * seconds)
    density = 0.05**2 / (rate_hz / 2)
    amplitude = math.sqrt(2 * 500.0 * density * 10 ** (snr_db / 10))
    starts = 0.4 + np.cumsum(1.2 + rng.normal(0, 0.006, int(seconds / 1.2) - 2))
    time_s = np.arange(count) / rate_hz
    keyed = np.zeros(count)
    for start in starts:
        keyed[(time_s >= start) & (time_s < start + 0.02)] = 1.0
    sound = 0.05 * rng.standard_normal(count) + amplitude * keyed * np.sin(1400 * np.pi * time_s)
    sound = sosfilt(butter(4, [300, 3000], "bandpass", fs=rate_hz, output="sos"), sound)
    sound += rng.standard_normal(count) * 3e-4  # of the cable and the sound card
    data = np.clip(np.rint(sound * 32767), -32768, 32767).astype("<i2").tobytes()
    convert = converter(FORMATS["s16"], rate_hz)
    watch = Watch(convert.rate_hz, convert.full_scale, Plan(frequency_hz=4000.0), 32768.0)
    heard = [p for news in watch.push(convert.convert(data)) for p in news.pulses]
    heard += [p for news in watch.finish() for p in news.pulses]
    times = np.array([p.time_s for p in heard if abs(p.frequency_hz - 700) < 200] or [-9.0])
    found = sum(bool(np.abs(times - s - 0.01).min() < 0.025) for s in starts)
    false = sum(
        abs(p.frequency_hz - 700) >= 200 or np.abs(starts + 0.01 - p.time_s).min() >= 0.025
        for p in heard
    )
    return found, len(starts), false


def audio(pool: Pool) -> dict:
    out = {}
    for snr_db in (4.0, 5.0, 6.0, 8.0):
        runs = pool.map(partial(audio_run, snr_db), range(3600, 3610))
        found, total, false = np.sum(runs, axis=0)
        out[f"{snr_db:g} dB in 500 Hz"] = {
            "found": round(float(found / total), 4),
            "false a minute": round(float(false) / (2 * len(runs)), 3),
        }
    return out


# --- speed --------------------------------------------------------------------------------------


def blind(_: Pool) -> dict:
    """Evidence over all paths beside the study's tracker of the best path, of 60 s, in one run."""
    bins, seconds = 256, 60.0
    rng = np.random.default_rng(1)
    ratios = rng.exponential(size=(round(seconds / 0.01), bins)).astype(np.float32)
    kinds = hypotheses(120.0, 0.1, (1, 1), 1.0)
    rates, peer = [], []
    for _ in range(5):
        paths, begin = Paths(kinds, bins, 48), time.process_time()
        for at in range(0, len(ratios), 48):
            paths.push(ratios[at : at + 48])
        rates.append(bins * len(kinds) / (time.process_time() - begin))
        peer.append(best_path_rate(rng))
    return {
        "bins x hypotheses/s": [round(v) for v in (np.median(rates), min(rates), max(rates))],
        "best path tracker": [round(v) for v in (np.median(peer), min(peer), max(peer))],
        "ratio": round(float(np.median(rates) / np.median(peer)), 1),
    }


def best_path_rate(rng: np.random.Generator) -> float:
    """S[t] = q[t] + g max S[t - P - w .. t - P + w], 5 ms cells, a row of bins at a time."""
    bins, period, reach = 256, 240, 2
    q = np.minimum(rng.exponential(size=(12_000, bins)).astype(np.float32), 12.0)
    sums, begin = np.zeros_like(q), time.process_time()
    for t in range(len(q)):
        low = t - period - reach
        sums[t] = q[t] + (0.9 * sums[low : low + 2 * reach + 1].max(axis=0) if low >= 0 else 0.0)
    return bins / (time.process_time() - begin)


COLLARS = (0, 1, 5, 10, 25, 50)


def speed(_: Pool) -> dict:
    out = {}
    for rate_hz, seconds in ((300e3, 120.0), (2.4e6, 30.0)):
        with noise_file(rate_hz, seconds) as path:
            for collars in (0, 50):
                runs = [run_one("--one", path, rate_hz, collars) for _ in range(3)]
                factors = sorted(run["x"] for run in runs)
                out[f"{rate_hz / 1e3:g} kS/s, pulses and {collars} listed collars"] = {
                    "x real time": [factors[1], factors[0], factors[2]],
                    "memory_mb": max(run["mb"] for run in runs),
                }
    return out


def limits(_: Pool) -> dict:
    """What limits the speed at 300 kS/s: CPU seconds of a minute by listed collars, and by part."""
    with noise_file(300e3, 120.0) as path:
        spent = {n: 60.0 / run_one("--one", path, 300e3, n)["x"] for n in COLLARS}
        return {
            "CPU s a minute, by listed collars": {n: round(s, 2) for n, s in spent.items()},
            "x real time, by listed collars": {n: round(60.0 / s, 1) for n, s in spent.items()},
            "a collar more costs, s a minute": round((spent[50] - spent[10]) / 40, 4),
            "shares with 50 collars, by module": run_one("--parts", path, 300e3, 50),
        }


@contextmanager
def noise_file(rate_hz: float, seconds: float) -> Iterator[Path]:
    """Give a file of noise, samples of 8 bits."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "noise.cu8"
        with path.open("wb") as file:
            for piece in cu8(Scene(rate_hz=rate_hz, duration_s=seconds, seed=3700)):
                file.write(piece)
        yield path


def run_one(what: str, path: Path, rate_hz: float, collars: int) -> dict:
    """Listen to a file in a process of its own."""
    command = [sys.executable, __file__, what, str(path), str(rate_hz), str(collars)]
    said: dict = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return said


def parts(path: str, rate_hz: float, collars: int) -> dict:
    """Return the share of the time that is spent in each module's own lines, the largest first."""
    profile = cProfile.Profile()
    profile.runcall(one_speed, path, rate_hz, collars)
    by_module: Counter[str] = Counter()
    for (file, _, _), (_, _, own_s, _, callers) in pstats.Stats(profile).stats.items():
        if "receiver" in file:
            by_module[Path(file).stem] += own_s
            continue
        for (caller, _, _), (_, _, called_s, _) in callers.items():  # numpy's, by who called it
            by_module[Path(caller).stem if "receiver" in caller else "other"] += called_s
    total = sum(by_module.values())
    return {name: round(own_s / total, 3) for name, own_s in by_module.most_common(12)}


def one_speed(path: str, rate_hz: float, collars: int) -> dict:
    """Listen to a file on one core; CPU seconds of everything after the imports."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    span = 0.8 * rate_hz
    listed = tuple(
        Collar(name=str(n), frequency_hz=150e6 - span / 2 + span * (n + 0.5) / collars,
               frequency_drift_hz=DRIFT_HZ, pulses_per_minute={"normal": 50.0})
        for n in range(collars)
    )  # fmt: skip
    plan = Plan(frequency_hz=150e6, collars=listed, uncertainty_ppm=0.0)
    watch, convert = (
        Watch(rate_hz, FULL_SCALE, plan, FULL_SCALE),
        converter(FORMATS["cu8"], rate_hz),
    )
    begin = time.process_time()
    with open(path, "rb") as file:
        while data := file.read(int(rate_hz)):
            for _ in watch.push(convert.convert(data)):
                pass
    for _ in watch.finish():
        pass
    spent = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"x": round(watch.elapsed_s / spent, 1), "mb": round(peak)}


PARTS = {
    "pulses": pulses, "tracks": tracks, "alarms": alarms, "interference": interference,
    "levels": levels, "audio": audio, "blind": blind, "speed": speed, "limits": limits,
}  # fmt: skip


def main(names: list[str]) -> None:
    configuration = {
        "pulse_s": 0.02,
        "pulses: false alarms/h/kHz": PULSES_H_KHZ,
        "tracks: false alarms/h/kHz": 1.0,
        "screen": dsp_tracks.LIMITS._asdict(),
    }
    said: dict = {"configuration": configuration, "peers, quoted": PEERS}
    with Pool(2) as pool:
        for name in names or PARTS:
            begin = time.monotonic()
            said[name] = PARTS[name](pool)
            part = json.dumps({name: said[name], "seconds": round(time.monotonic() - begin)})
            sys.stderr.write(f"{part}\n")
    sys.stdout.write(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] in (["--one"], ["--parts"]):
        run = one_speed if sys.argv[1] == "--one" else parts
        sys.stdout.write(json.dumps(run(sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))))
    else:
        main(sys.argv[1:])
