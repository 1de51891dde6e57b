"""Scenes of beacons by name, and as files: samples, and the truth beside them.

The truth is a JSON object `{"scene", "samples", "sha256", "truth"}`; times are the starts of the
pulses in seconds from the first sample, frequencies count from the centre.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from receiver.address import parse_hz
from receiver.errors import ConfigError, WriteError
from receiver.simulator.beacons import Carrier, Scene, Tag, cu8, ladder, truth

# The interference that detectors are held against: one drifting beacon of 40 dB-Hz, 30 s.
_TAG = Tag(frequency_hz=20_000.0, cn0_dbhz=40.0, drift_hz=2000.0)
_CLEAN = Scene(rate_hz=300_000.0, duration_s=30.0, seed=27, tags=(_TAG,))
_NEIGHBOUR = Tag(frequency_hz=21_000.0, cn0_dbhz=60.0, period_s=1.23, first_s=0.31)
_CARRIERS = (Carrier(-35_000.0, 75.0), Carrier(24_000.0, 60.0))
_FINE_DBHZ = [float(level) for level in range(25, 41)]

PRESETS: dict[str, Callable[[], Scene]] = {
    "clean": lambda: _CLEAN,
    "cw": lambda: replace(_CLEAN, seed=21, carriers=_CARRIERS),
    "dc": lambda: replace(_CLEAN, seed=22, offset=6.0),
    "neighbour": lambda: replace(_CLEAN, seed=23, tags=(replace(_TAG, drift_hz=0.0), _NEIGHBOUR)),
    "impulse": lambda: replace(_CLEAN, seed=24, impulses_hz=200.0, impulse_db=30.0),
    "am": lambda: replace(_CLEAN, seed=25, carriers=(Carrier(60_000.0, 72.0, 4000.0),)),
    "ramp": lambda: replace(_CLEAN, seed=26, noise_rise_db=10.0),
    "ladder": lambda: ladder(_FINE_DBHZ, 300_000.0, 60.0, 31),
    "noise": lambda: Scene(rate_hz=300_000.0, duration_s=120.0, seed=12),
}

_TAG_KEYS = {
    "freq": "frequency_hz", "cn0": "cn0_dbhz", "period": "period_s", "width": "width_s",
    "phase": "first_s", "jitter": "jitter", "cumulative": "cumulative", "drift": "drift_hz",
    "drift_period": "drift_period_s", "rise": "rise_s", "chirp": "chirp_hz",
}  # fmt: skip


def scene_from(said: Mapping[str, Any]) -> Scene:
    """Return the scene of a truth file.

    Raises:
        KeyError, TypeError: a key is missing or not what it should be.
    """
    tags = tuple(
        Tag(**{_TAG_KEYS[key]: value for key, value in tag.items()}) for tag in said["tags"]
    )
    carriers = [Carrier(*carrier) for carrier in said["cw"]]
    carriers += [Carrier(*carrier) for carrier in said["am"]]
    return Scene(
        rate_hz=said["fs"],
        duration_s=said["dur"],
        seed=said["seed"],
        sigma=said["sigma"],
        tags=tags,
        carriers=tuple(carriers),
        impulses_hz=said["impulses"],
        impulse_db=said["impulse_db"],
        offset=said["dc"],
        noise_rise_db=said["noise_ramp_db"],
    )


def scene_to(scene: Scene) -> dict[str, Any]:
    """Return a scene as its truth file has it."""
    return {
        "fs": scene.rate_hz,
        "dur": scene.duration_s,
        "seed": scene.seed,
        "sigma": scene.sigma,
        "tags": [
            {key: getattr(tag, name) for key, name in _TAG_KEYS.items()} for tag in scene.tags
        ],
        "cw": [[c.frequency_hz, c.cn0_dbhz] for c in scene.carriers if c.audio_hz is None],
        "dc": scene.offset,
        "impulses": scene.impulses_hz,
        "impulse_db": scene.impulse_db,
        "am": [list(c) for c in scene.carriers if c.audio_hz is not None],
        "noise_ramp_db": scene.noise_rise_db,
    }


def truth_of(scene: Scene, sha256: str) -> dict[str, Any]:
    """Return what is written beside the samples."""
    pulses = [
        {
            "tag": p.tag,
            "t": p.start_s,
            "width": p.width_s,
            "freq": p.frequency_hz,
            "cn0": p.cn0_dbhz,
        }
        for p in truth(scene)
    ]
    said = scene_to(scene)
    return {"scene": said, "samples": scene.size, "sha256": sha256, "truth": pulses}


def made_scene(
    name: str | None, beacons: Sequence[str], rate: str, seconds: float, seed: int | None
) -> Scene:
    """Return a preset, or noise with beacons that are written as `offset=12k,cn0=35`.

    Raises:
        ConfigError: there is no such preset, or a beacon is not written like that.
    """
    if name is not None:
        if name not in PRESETS or beacons:
            known = ", ".join(PRESETS)
            raise ConfigError(f"scene {name!r}: one of {known}, and no --beacon with it")
        scene = PRESETS[name]()
        return scene if seed is None else replace(scene, seed=seed)
    rate_hz = parse_hz(rate)
    tags = tuple(_beacon(text, rate_hz) for text in beacons)
    return Scene(rate_hz=rate_hz, duration_s=seconds, seed=1 if seed is None else seed, tags=tags)


_BEACON_KEYS = {
    "offset": ("frequency_hz", 1.0), "cn0": ("cn0_dbhz", 1.0), "width_ms": ("width_s", 1e-3),
    "jitter": ("jitter", 1.0), "drift": ("drift_hz", 1.0), "first": ("first_s", 1.0),
}  # fmt: skip


def _beacon(text: str, rate_hz: float) -> Tag:
    said: dict[str, float] = {"frequency_hz": 0.0, "cn0_dbhz": 35.0}
    for part in text.split(","):
        key, _, value = part.partition("=")
        number = _number(value, text)
        if key == "per_minute" and number > 0:
            said["period_s"] = 60.0 / number
        elif key in _BEACON_KEYS:
            name, unit = _BEACON_KEYS[key]
            said[name] = number * unit
        else:
            known = ", ".join([*_BEACON_KEYS, "per_minute"])
            raise ConfigError(f"beacon {text!r}: {key!r}; expected KEY=VALUE with one of {known}")
    tag = replace(Tag(frequency_hz=0.0, cn0_dbhz=0.0), **said)  # type: ignore[arg-type]
    if abs(tag.frequency_hz) + abs(tag.drift_hz) >= rate_hz / 2:
        raise ConfigError(f"beacon {text!r}: outside the band of +-{rate_hz / 2:g} Hz")
    if not 0.001 <= tag.width_s < tag.period_s <= 60.0 or tag.cn0_dbhz > 120.0 or tag.jitter < 0:
        raise ConfigError(f"beacon {text!r}: no such pulses can be made")
    return tag


def _number(text: str, whole: str) -> float:
    scale = {"k": 1e3, "m": 1e6}.get(text[-1:].lower(), 1.0)
    try:
        number = float(text[:-1] if scale != 1.0 else text) * scale
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f"beacon {whole!r}: {text!r} is no number")
    return number


def write(path: Path, scene: Scene, frequency_hz: float, watched: Callable[[float], None]) -> Path:
    """Write a scene as cu8, or as SigMF by its name; return the path of its truth.

    `watched` is told how many seconds are written. A file that is there is written over, at once
    and whole.

    Raises:
        WriteError: it cannot be written.
    """
    samples_path = path.with_suffix(".sigmf-data") if _is_sigmf(path) else path
    truth_path = samples_path.with_name(samples_path.name + ".json")
    half = samples_path.with_name(samples_path.name + ".part")
    digest, count = hashlib.sha256(), 0
    try:
        with half.open("wb") as file:
            for piece in cu8(scene):
                file.write(piece)
                digest.update(piece)
                count += len(piece) // 2
                watched(count / scene.rate_hz)
        os.replace(half, samples_path)
        said = truth_of(scene, digest.hexdigest())
        truth_path.write_text(json.dumps(said) + "\n", encoding="utf-8")
        if _is_sigmf(path):
            _write_meta(samples_path, scene, frequency_hz)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise WriteError(f"{path}: cannot be written ({error.strerror})") from error
    return truth_path


def _is_sigmf(path: Path) -> bool:
    return path.suffix in (".sigmf-data", ".sigmf-meta")


def _write_meta(samples_path: Path, scene: Scene, frequency_hz: float) -> None:
    import sigmf

    signal = sigmf.SigMFFile(
        data_file=str(samples_path),
        global_info={
            "core:datatype": "cu8",
            "core:sample_rate": scene.rate_hz,
            "core:description": "SIMULATION: made-up beacons",
            "core:recorder": "baksan simulate iq",
        },
    )
    signal.add_capture(0, metadata={"core:frequency": frequency_hz})
    for begin, length, metadata in _annotations(scene, frequency_hz):
        signal.add_annotation(begin, length, metadata=metadata)
    signal.tofile(str(samples_path.with_suffix(".sigmf-meta")), overwrite=True)


def _annotations(scene: Scene, frequency_hz: float) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for pulse in truth(scene):
        edge_hz = 1.0 / pulse.width_s
        carrier_hz = frequency_hz + pulse.frequency_hz
        yield (
            int(pulse.start_s * scene.rate_hz),
            round(pulse.width_s * scene.rate_hz),
            {
                "core:freq_lower_edge": carrier_hz - edge_hz,
                "core:freq_upper_edge": carrier_hz + edge_hz,
                "core:label": f"beacon {pulse.tag}, {pulse.cn0_dbhz:g} dB-Hz",
            },
        )
