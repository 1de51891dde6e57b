"""Receivers that stay where they are, and of which something is known: a network of stations.

    signal = 10 log10(10^(level / 10) - 10^(noise / 10)) - offset        where the noise is known
    a silence is below noise + 3 dB - offset

Source: section 17.2 of the project's locating page. Offsets of receivers go stale within months: a
model counts only within its dates, and while its offset is known to 3 dB. Its levels then share one
scale; all other levels keep an unknown offset for each session.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from receiver.locator.settings import Floats, LocatorConfig
from receiver.records import ReceiverModel

HEARD_ABOVE_NOISE_DB = 3.0
MOST_OFFSET_SD_DB = 3.0
FAINTEST = 1e-30  # of a signal that the noise swallows, in the scale's own power


def with_models(
    table: dict[str, NDArray[np.object_]], time_s: Floats, config: LocatorConfig
) -> dict[str, NDArray[np.object_]]:
    """Return columns in which levels and silences of known receivers are on one scale."""
    if not config.receivers:
        return table
    level_db, threshold_db = (table[n].astype(float) for n in ("level_db", "threshold_db"))
    observer, session = table["observer"].copy(), table["session"].copy()
    receiver = table["receiver"].copy()
    for row, (name, seconds) in enumerate(zip(table["receiver"], time_s, strict=True)):
        model = config.receivers.get(name)
        if model is None or not is_fresh(model, float(seconds)):
            continue
        if model.noise_db is not None:
            level_db[row] = _without_noise(level_db[row], model.noise_db)
            if not np.isfinite(threshold_db[row]):
                threshold_db[row] = model.noise_db + HEARD_ABOVE_NOISE_DB
        level_db[row] -= model.offset_db
        threshold_db[row] -= model.offset_db
        observer[row] = session[row] = receiver[row] = None
    changed = {
        "level_db": level_db,
        "threshold_db": threshold_db,
        "observer": observer,
        "session": session,
        "receiver": receiver,
    }
    return {**table, **changed}


def is_fresh(model: ReceiverModel, time_s: float) -> bool:
    """Tell whether a model holds at a time, and its offset is known well enough."""
    begins = model.valid_from is None or model.valid_from.timestamp() <= time_s
    holds = model.valid_to is None or time_s <= model.valid_to.timestamp()
    return begins and holds and model.offset_sd_db <= MOST_OFFSET_SD_DB


def _without_noise(level_db: float, noise_db: float) -> float:
    power = 10.0 ** (level_db / 10.0) - 10.0 ** (noise_db / 10.0)
    return float(10.0 * np.log10(max(power, FAINTEST))) if np.isfinite(level_db) else level_db
