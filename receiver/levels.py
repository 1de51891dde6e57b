"""Levels: which scale a number is on, and how far it can be trusted.

A count of a meter becomes decibels only by a published or measured curve; without one it stays a
count. Source of the curves: `rigs/icom`, `rigs/aor` and `rigs/uniden` of Hamlib at 8319dc5d (facts
only). Some there are placeholders, two points or a copy of another model's: their slope has nothing
to do with the receiver. They are kept here to tell why such a meter gives no decibels, and to know
one where another program uses it; `usable` never returns them. `baksan calibrate` makes a curve.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Evidence = Literal["measured", "published", "placeholder"]
S9_DBM_VHF = -93.0  # IARU Region 1: S9 above 30 MHz


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A meter's curve: raw counts to dB relative to S9, and on what evidence."""

    calibration_id: str
    evidence: Evidence
    raw: tuple[float, ...]
    db: tuple[float, ...]

    def level_db(self, raw: float) -> float:
        """Interpolate between the points of the curve; outside of them the end value holds."""
        if raw <= self.raw[0]:
            return self.db[0]
        if raw >= self.raw[-1]:
            return self.db[-1]
        i = bisect_right(self.raw, raw)
        share = (raw - self.raw[i - 1]) / (self.raw[i] - self.raw[i - 1])
        return self.db[i - 1] + share * (self.db[i] - self.db[i - 1])

    def step_db(self, raw: float) -> float:
        """Return how many decibels one count is worth at `raw`: what the meter cannot tell."""
        i = min(max(bisect_right(self.raw, raw), 1), len(self.raw) - 1)
        return abs((self.db[i] - self.db[i - 1]) / (self.raw[i] - self.raw[i - 1]))

    def is_end(self, raw: float) -> bool:
        """Tell whether `raw` is at or beyond the last point, where a level is a lower bound."""
        return raw >= self.raw[-1]


def usable(curves: Mapping[str, Curve], model: str) -> Curve | None:
    """Return a model's curve, None where there is none or only a placeholder."""
    curve = curves.get(model)
    return None if curve is None or curve.evidence == "placeholder" else curve


def _placeholder(name: str, raw: tuple[float, ...], db: tuple[float, ...]) -> Curve:
    return Curve(calibration_id=f"hamlib:{name}", evidence="placeholder", raw=raw, db=db)


ICOM_CURVES = {
    "r8500": Curve(
        calibration_id="hamlib:icr8500",
        evidence="published",
        raw=(0, 10, 32, 46, 62, 82, 98, 112, 124, 134, 156, 177, 192, 211, 228, 238),
        db=(-54, -48, -42, -36, -30, -24, -18, -12, -6, 0, 10, 20, 30, 40, 50, 60),
    ),
    "r75": Curve(
        calibration_id="hamlib:icr75",
        evidence="published",
        raw=(0, 37, 52, 61, 72, 86, 95, 109, 124, 128, 146, 166, 186, 199, 225, 233, 255),
        db=(-60, -54, -48, -42, -36, -30, -24, -18, -12, -6, 0, 10, 20, 30, 40, 50, 60),
    ),
    "r8600": _placeholder("icr8600", (0, 255), (-60, 60)),
    "r30": _placeholder("icr30", (0, 255), (-60, 60)),
    "r20": _placeholder("icr20", (0, 255), (-60, 60)),
    "r6": _placeholder("icr6", (0, 255), (-60, 60)),
    "r10": _placeholder("icr10", (0, 160), (-60, 60)),
    # A comment there says that it was copied from the IC-9700.
    "r9500": _placeholder(
        "icr9500", (0, 10, 30, 60, 90, 120, 241), (-54, -48, -36, -24, -12, 0, 64)
    ),
}

AOR_CURVES = {
    "ar8200": Curve(
        calibration_id="hamlib:ar8200",
        evidence="published",
        raw=(0, 27, 42, 55, 68, 86, 97, 103, 106, 109, 112, 139),
        db=(-54, -32, -27, -22, -17, -7, 3, 13, 23, 33, 43, 53),
    ),
    "ar8600": Curve(
        calibration_id="hamlib:ar8600",
        evidence="published",
        raw=(0, 13, 29, 41, 49, 54, 59, 62, 64, 65, 68, 69),
        db=(-54, -27, -17, -7, 3, 13, 23, 33, 43, 53, 63, 73),
    ),
    "sr2200": Curve(
        calibration_id="hamlib:sr2200",
        evidence="published",
        raw=(0, 3, 14, 26, 34, 42, 52, 62, 74, 87, 101, 117, 135, 152, 202, 255),
        db=(-60, -48, -42, -36, -30, -24, -18, -12, -6, 0, 10, 20, 30, 40, 50, 60),
    ),
}

# BC780XLT and its kin, which answer SG.
UNIDEN_CURVE = Curve(
    calibration_id="hamlib:uniden",
    evidence="published",
    raw=(0, 134, 157, 173, 189, 204, 221, 255),
    db=(-54, -20, -12, -9, -5, -1, 4, 60),
)

# What a person means by a word, in dB over "faint". Judgement, not measured: three steps of about
# two S-units each, with a spread of one step. The locator takes the offset as unknown anyway.
HAND_LEVEL_DB = {"faint": 0.0, "clear": 12.0, "strong": 24.0}
HAND_LEVEL_SD_DB = 8.0
HAND_UNIT = "hand"


def effective_signal_power_dbm(rssi_dbm: float, snr_db: float) -> float:
    """Return the power of a LoRa signal alone, in dBm, from RSSI (signal and noise) and SNR.

    ESP = RSSI + SNR - 10 log10(1 + 10^(SNR/10)). RSSI by itself flattens near the noise floor.
    """
    share_db = 10.0 * math.log10(1.0 + 10.0 ** (-abs(snr_db) / 10.0))  # of the weaker, no overflow
    return rssi_dbm + min(snr_db, 0.0) - share_db
