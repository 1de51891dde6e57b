"""CTT tags from samples: packets lost beside the theory, false ones, speed, and rtl_433. JSON.

    python tests/bench/ctt.py [PART ...]     (all: about 8 minutes on one core)

Bursts are made by `receiver.simulator.ctt`, seeds from 6000 on (thresholds were set on seeds below
4000), with carriers anywhere within 10 kHz, begins between samples and ids of Motus unless a part
says otherwise. The bound is that of noncoherent orthogonal FSK with perfect knowledge of time and
carrier: a bit is wrong with exp(-x / 2) / 2 at an Eb/N0 of x, and 40 bits must be right. "first" is
what is read at once; "all" is with what is read again, which the CRC and the code of the ids let
pass: so it may lie below the bound. "first" may lie a tenth of a decibel below it, because the
phase goes on from bit to bit; with a jump at each bit it does not ("variants"). Intervals are of
90 % (Wilson; Poisson for rates). Speed is CPU time of one core, everything after the imports.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from protocols.ctt import PREAMBLE, SYNC, is_motus_tag, is_tag
from receiver.ctt_bursts import MODULATION, PATTERN, tag_receiver
from receiver.dsp.fsk import SEGMENT, FskReceiver
from receiver.dsp.gate import FRAMES, Gate
from receiver.dsp.tones import Checks, FskBurst
from receiver.samples.conversion import converter
from receiver.samples.level import FORMATS
from receiver.simulator.ctt import BIT_RATE_HZ, TagBurst, cu8, drawn_id, frame, samples

RATE_HZ, APART_S, PIECE = 250e3, 0.015, 500
BITS, Z = 40, 1.645
BODY = len(PREAMBLE * 3 + SYNC)
RTL_433 = [
    "-R", "0", "-F", "json", "-Y", "minmax",
    "-X", "n=ctt,m=FSK_PCM,s=40,l=40,r=1000,preamble={16}d391,bits>=40",
]  # fmt: skip


def theory(ebn0_db: float) -> float:
    wrong = 0.5 * math.exp(-(10.0 ** (ebn0_db / 10.0)) / 2.0)
    return 1.0 - (1.0 - wrong) ** BITS


def wilson(count: int, total: int) -> list[float]:
    """Return a share with its 90 % interval."""
    share, z2 = count / total, Z * Z / total
    middle = (share + z2 / 2) / (1 + z2)
    half = Z / (1 + z2) * math.sqrt(share * (1 - share) / total + z2 / total / 4)
    return [round(v, 5) for v in (share, max(0.0, middle - half), middle + half)]


def poisson(count: int, over: float) -> list[float]:
    from scipy.stats import chi2

    low = chi2.ppf(0.05, 2 * count) / 2 if count else 0.0
    return [float(f"{v / over:.3g}") for v in (count, low, chi2.ppf(0.95, 2 * count + 2) / 2)]


# --- packets ------------------------------------------------------------------------------------


def sent(
    count: int, rng: np.random.Generator, ebn0_db: float, offset_hz: float | None = None,
    deviation_hz: float = 25e3, apart_s: float = APART_S, jumps: bool = False,
) -> list[TagBurst]:  # fmt: skip
    return [
        TagBurst(
            frame=frame(drawn_id(rng), int(rng.integers(2, 4))),
            start_s=(number + rng.uniform(0.1, 0.7)) * apart_s,
            ebn0_db=ebn0_db,
            offset_hz=rng.uniform(-10e3, 10e3) if offset_hz is None else offset_hz,
            deviation_hz=deviation_hz,
            jumps=jumps,
            phase=rng.uniform(0, 2 * np.pi),
        )
        for number in range(count)
    ]


def heard(signal: np.ndarray, receiver: FskReceiver) -> list[FskBurst]:
    return [*receiver.push(signal), *receiver.finish()]


def compared(bursts: Sequence[TagBurst], found: Sequence[FskBurst]) -> tuple[int, int, int]:
    """Return how many were right at the first reading, right at all, and how many were wrong."""
    first = right = 0
    by_slot = {int(burst.start_s / APART_S): burst for burst in bursts}
    for one in found:
        burst = by_slot.get(int(one.time_s / APART_S))
        if burst is not None and one.payload == burst.frame[-5:]:
            right += 1
            first += one.tries == 1
    return first, right, len(found) - right


def counted(
    total: int, seed: int, ebn0_db: float, rate_hz: float = RATE_HZ, **how: float
) -> tuple[int, int, int, int]:
    """Return how many of how many: first, all, wrong, sent."""
    sums = np.zeros(3, int)
    for piece in range(total // PIECE):
        rng = np.random.default_rng([seed, piece])
        bursts = sent(PIECE, rng, ebn0_db, **how)
        signal = samples(rate_hz, (PIECE + 1) * APART_S, bursts, seed * 1000 + piece)
        sums += compared(bursts, heard(signal, tag_receiver(rate_hz)))
    first, right, wrong = map(int, sums)
    return first, right, wrong, total // PIECE * PIECE


def lost(run: tuple[int, int, int, int]) -> dict:
    first, right, wrong, total = run
    return {
        "first": wilson(total - first, total),
        "all": wilson(total - right, total),
        "wrong ids": wrong,
        "sent": total,
    }


def packets() -> dict:
    levels = [7.0, 8.0, 9.0, 9.5, 10.0, 10.5, 11.0, 11.2, 12.0]
    runs = {level: counted(6000, 6000 + n, level) for n, level in enumerate(levels)}
    rows = {f"{k:g} dB": {"bound": round(theory(k), 5), **lost(v)} for k, v in runs.items()}
    bound_db = crossing({level: theory(level) for level in levels})
    ten = {
        name: round(crossing({k: 1.0 - r[i] / r[3] for k, r in runs.items()}), 2)
        for i, name in enumerate(("first", "all"))
    }
    return {"lost": rows, "10 % lost at, dB": {"bound": round(bound_db, 2), **ten}}


def crossing(shares: dict[float, float]) -> float:
    """Return where 10 % are lost, straight in the logarithm between two levels."""
    levels = sorted(shares)
    logs = [math.log(max(shares[level], 1e-6)) for level in levels]
    return float(np.interp(-math.log(0.1), [-value for value in logs], levels))


def variants() -> dict:
    """At 11.2 dB, where the bound loses 2.7 %: carriers, rates, deviations, phases."""
    out: dict = {"bound": round(theory(11.2), 4)}
    for n, rate in enumerate((250e3, 1e6)):
        run = lost(counted(2000, 6090 + n, 11.2, rate, jumps=True))
        out[f"phase jumps at each bit, {rate / 1e3:g} kS/s"] = run["first"], run["all"]
    for n, hz in enumerate(np.arange(-15e3, 15.1e3, 2.5e3)):
        out[f"carrier {hz / 1e3:+g} kHz"] = lost(counted(1000, 6100 + n, 11.2, offset_hz=hz))["all"]
    for n, rate in enumerate((125e3, 192e3, 240e3, 256e3, 300e3, 1.024e6, 2.048e6, 2.4e6)):
        out[f"{rate / 1e3:g} kS/s"] = lost(counted(500, 6200 + n, 11.2, rate))["all"]
    for n, hz in enumerate((12.5e3, 15e3, 18e3, 20e3, 22e3, 28e3, 30e3, 35e3)):
        run = counted(1000, 6300 + n, 11.2, deviation_hz=hz)
        out[f"deviation {hz / 1e3:g} kHz"] = [*lost(run)["all"], f"{run[2]} wrong ids"]
    return out


# --- false ones ---------------------------------------------------------------------------------


def noise(seconds: float, seed: int) -> np.ndarray:
    return samples(RATE_HZ, seconds, [], seed)


def alarms() -> dict:
    return {
        "noise": quiet_alarms(240, 30.0),
        "noise, the gate held open": open_alarms(20, 15.0),
        "bursts with 40 random bits, 15 dB": foreign_alarms(20_000),
    }


def quiet_alarms(pieces: int, seconds: float) -> dict:
    receiver, gate = tag_receiver(RATE_HZ), Gate(RATE_HZ, 0.0, MODULATION.width_hz, 3e-3)
    opened = tags = 0
    for piece in range(pieces):
        signal = noise(seconds, 6400 + piece)
        tags += len(receiver.push(signal))
        for at in range(0, len(signal) - gate.block, gate.block):
            opened += bool(gate.opens(gate.energy(signal[at : at + gate.block], FRAMES)).any())
    hours = pieces * seconds / 3600
    return {
        "hours": hours,
        "gate opens/h": poisson(opened, hours),
        "tags/h": poisson(tags + len(receiver.finish()), hours),
    }


def open_alarms(pieces: int, seconds: float) -> dict:
    """What the search finds where it is let loose on everything: as beside strong interference."""
    counts = {"read": 0, "first": 0, "again": 0}

    def check(name: str, payload: bytes) -> bool:
        counts["read"] += name == "first"
        accepted = is_tag(payload) if name == "first" else is_motus_tag(payload)
        counts[name] += accepted
        return accepted

    checks = Checks(*(lambda p, n=name: check(n, p) for name in ("first", "again")))
    receiver = FskReceiver(RATE_HZ, MODULATION, checks)
    receiver._gate.opens = lambda energy: np.ones(len(energy), bool)  # type: ignore[method-assign]
    for piece in range(pieces):
        receiver.push(noise(seconds, 6700 + piece))
    hours = pieces * seconds / 3600
    return {
        "hours": round(hours, 3),
        "looks like a burst/h": poisson(counts["read"], hours),
        "tags/h, first": poisson(counts["first"], hours),
        "tags/h, again": poisson(counts["again"], hours),
    }


def foreign_alarms(total: int) -> dict:
    """Bursts with the right pattern and noise for a payload: what the CRC alone lets pass."""
    tries = [0, 0]
    for piece in range(total // PIECE):
        rng = np.random.default_rng([6800, piece])
        bursts = [
            TagBurst(
                frame=PATTERN + rng.bytes(5), start_s=(n + 0.3) * APART_S, ebn0_db=15.0,
                offset_hz=rng.uniform(-10e3, 10e3),
            )
            for n in range(PIECE)
        ]  # fmt: skip
        signal = samples(RATE_HZ, (PIECE + 1) * APART_S, bursts, 6_800_000 + piece)
        for burst in heard(signal, tag_receiver(RATE_HZ)):
            tries[burst.tries > 1] += 1
    return {
        "the CRC's share": round(1 / 256, 5),
        "first": wilson(tries[0], total),
        "again": wilson(tries[1], total),
    }


# --- speed --------------------------------------------------------------------------------------


def speed() -> dict:
    """Return MS/s of CPU time, [median, least, most] of five, in chunks of half a second."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    out = {}
    for rate_hz in (250e3, 1.024e6, 2.4e6):
        for each_s in (0.0, 2.0, 20.0):
            seconds = 10e6 / rate_hz
            rng = np.random.default_rng(6900)
            bursts = sent(int(seconds * each_s), rng, 15.0, apart_s=1.0 / max(each_s, 1.0))
            signal = samples(rate_hz, seconds, bursts, 6900)
            name = f"{rate_hz / 1e3:g} kS/s, {each_s:g} bursts a second"
            out[name] = {
                "complex64": spent(signal, cu8(signal), rate_hz, from_bytes=False),
                "cu8": spent(signal, cu8(signal), rate_hz, from_bytes=True),
            }
    return out


def spent(signal: np.ndarray, data: bytes, rate_hz: float, *, from_bytes: bool) -> list[float]:
    step, rates = int(rate_hz / 2), []
    for _ in range(5):
        receiver, convert = tag_receiver(rate_hz), converter(FORMATS["cu8"], rate_hz)
        begin = time.process_time()
        for at in range(0, len(signal), step):
            piece = convert.convert(data[2 * at : 2 * (at + step)]) if from_bytes else None
            receiver.push(signal[at : at + step] if piece is None else piece)
        receiver.finish()
        rates.append(len(signal) / (time.process_time() - begin) / 1e6)
    return [round(float(v), 1) for v in (np.median(rates), min(rates), max(rates))]


# --- the peer -----------------------------------------------------------------------------------


def peer() -> dict:
    """rtl_433 and this receiver on the same files of bytes."""
    program = shutil.which("rtl_433")
    if program is None:
        return {"skipped": "rtl_433 is not installed"}
    said = subprocess.run([program, "-V"], capture_output=True, text=True, check=False)
    out: dict = {"version": (said.stderr + said.stdout).split("\n")[0], "options": RTL_433}
    recordings = sorted(Path("../shared/data/ctt").glob("ctt_*_250k.cu8"))
    out["recordings"] = {
        path.name: {
            "rtl_433": sorted(peer_ids(program, path)),
            "here": sorted(own_ids(path.read_bytes())),
        }
        for path in recordings
    }
    with tempfile.TemporaryDirectory() as folder:
        for n, level in enumerate((10.2, 11.2, 12.0, 14.0, 16.0, 17.0, 18.0, 19.0, 20.0, 22.0)):
            bursts = sent(400, np.random.default_rng(7000 + n), level, 0.0, apart_s=0.1)
            path = Path(folder) / f"{level}.cu8"
            path.write_bytes(cu8(samples(RATE_HZ, 40.2, bursts, 7000 + n)))
            wanted = {burst.frame[-5:].hex() for burst in bursts}
            out[f"{level:g} dB, lost"] = {
                "bound": round(theory(level), 4),
                "here": wilson(len(wanted - own_ids(path.read_bytes())), len(wanted)),
                "rtl_433": wilson(len(wanted - peer_ids(program, path)), len(wanted)),
            }
    return out


def own_ids(data: bytes) -> set[str]:
    signal = converter(FORMATS["cu8"], RATE_HZ).convert(data)
    return {burst.payload.hex() for burst in heard(signal, tag_receiver(RATE_HZ))}


def peer_ids(program: str, path: Path) -> set[str]:
    """Return the first five bytes of each row that it says; the CRC is checked by the caller."""
    command = [program, "-r", str(path), "-s", str(round(RATE_HZ)), *RTL_433]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [row for line in done.stdout.splitlines() for row in json.loads(line).get("rows", [])]
    texts = {row["data"][:10] for row in rows if len(row["data"]) >= 10}
    return {text for text in texts if is_tag(bytes.fromhex(text))}


PARTS = {
    "packets": packets, "variants": variants, "alarms": alarms, "speed": speed, "peer": peer,
}  # fmt: skip


def main(names: list[str]) -> None:
    said: dict = {
        "searched at once": f"{SEGMENT} spectra",
        "bound": f"noncoherent FSK, {BITS} bits, {BIT_RATE_HZ:g} bit/s",
    }
    for name in names or PARTS:
        begin = time.monotonic()
        said[name] = PARTS[name]()
        part = json.dumps({name: said[name], "seconds": round(time.monotonic() - begin)})
        sys.stderr.write(f"{part}\n")
    sys.stdout.write(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
