"""Bursts of satellite and CTT tags in a ranger's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from protocols import Packet
from receiver.heard import HeardBurst
from receiver.records import DOUBTFUL_BITS

HOMING = "heard, not decodable; still usable for homing"
SIGNALS = {"ptt-a2": "Argos", "ptt-a3": "Argos-3", "vld": "Argos-4 VLD", "ctt": "CTT tag"}


def burst_line(burst: HeardBurst, time: datetime | None) -> str:
    """Return a burst in one line: when, where on the dial, how loud, who, what it says."""
    when = f"{burst.time_s:9.3f} s" if time is None else f"{time:%H:%M:%S}"
    level = f"{burst.level_db:.1f} dB, {burst.cn0_dbhz:.0f} dB-Hz"
    level = f"at least {level}, TOO LOUD: less gain" if burst.saturated else level
    return f"{when}  {burst.frequency_hz / 1e6:.4f} MHz  {level}  {_says(burst)}"


def _says(burst: HeardBurst) -> str:
    if burst.signal is None:
        return HOMING
    kind = SIGNALS[burst.signal]
    if not burst.packets:
        return f"{kind}, its bits do not hold ({burst.error}): {HOMING}"
    return f"{kind} {', '.join(filter(None, _facts(burst)))}"


def _facts(burst: HeardBurst) -> Iterable[str]:
    details, bits = burst.packets[0].details, burst.bit_count or 0
    if burst.signal == "ctt":
        yield f"{details['id']}{'' if details['motus'] else ', no id of Motus'}"
    elif burst.signal == "vld":
        yield f"{details['kind']}, fingerprint {details['fingerprint']}: {HOMING}"
    else:
        yield f"{details['id28_hex']} data {details['data_hex']}"
        yield f"or {details['id20_hex']} data {details['id20_data_hex']}"
    wrong = burst.expected_errors or 0.0
    yield f"DOUBTFUL: about {wrong:.0f} of {bits} bits are wrong" if wrong > DOUBTFUL_BITS else ""
    if burst.signal != "vld":
        yield from burst.packets[0].warnings
    yield from (_fix(packet) for packet in burst.packets[1:] if packet.latitude_deg is not None)


def _fix(packet: Packet) -> str:
    doubt = "" if packet.position_status in ("ok", "corrected") else f" {packet.position_status}"
    time = "" if packet.time is None else f" of {packet.time:%d %b %Y %H:%M} UTC"
    return f"its fix{time}: {packet.latitude_deg:.5f}, {packet.longitude_deg:.5f}{doubt.upper()}"


def summary(bursts: list[HeardBurst], elapsed_s: float) -> str:
    """Return what was heard, when it is over."""
    if not bursts:
        return f"no burst was heard in {elapsed_s:.1f} s"
    named = Counter(p.device_id for burst in bursts for p in burst.packets if p.device_id)
    closed = sum(not any(p.device_id for p in burst.packets) for burst in bursts)
    parts = [f"{count} of {name}" for name, count in named.most_common()]
    parts += [f"{closed} not decodable"] if closed else []
    return f"bursts in {elapsed_s:.1f} s: {', '.join(parts)}"
