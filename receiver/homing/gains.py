"""What a receiver hears with, the next step of the close-in chain, and what that says of nearness.

Close in a receiver is made deafer step by step, so that its meter stays readable and the direction
can be told; the step through which a collar is still heard is a crude distance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from receiver.config import Setup
from receiver.homing.snapshot import Gain, Nearness, Strength

NO_ANTENNA, BODY_SHIELD = "no antenna", "body shield"
GAIN_STEPS = ("attenuator", "off tune 5 kHz", "off tune 10 kHz", "off tune 20 kHz", NO_ANTENNA,
              BODY_SHIELD)  # fmt: skip
CLOSE_IN_SHARE = 0.75  # of the meter: from there on the next step keeps it readable
# What is still heard through these steps of the close-in chain is near, or very near (a beacon that
# is audible with the last step is usually in sight: section 1 of the project's page on field use).
NEAR_STEPS = ("attenuator", "off tune")
VERY_NEAR_STEPS = (NO_ANTENNA, "off tune 20", BODY_SHIELD)


def gain(setup: Setup, strength: Strength) -> Gain:
    """Return what a receiver hears with, and the next step where it is loud."""
    now = ", ".join(dict.fromkeys(part for part in _through(setup) if part))
    close = strength.saturated or strength.share >= CLOSE_IN_SHARE
    return Gain(now=now, next_step=next_step(now) if close else "")


def _through(setup: Setup) -> Iterator[str | None]:
    """Yield what a receiver hears through in the words of the chain, by key or by phone."""
    yield NO_ANTENNA if setup.antenna == "none" else setup.antenna
    yield re.sub(r"^off (?=\d)", "off tune ", setup.gain or "")
    yield f"attenuator -{setup.attenuator_db:g} dB" if setup.attenuator_db else None
    yield BODY_SHIELD if setup.body == "behind" else None


def next_step(taken: str) -> str:
    """Return the step of the close-in chain after the furthest one that is taken, "" for none."""
    furthest = max((i for i, step in enumerate(GAIN_STEPS) if step in taken), default=-1)
    return GAIN_STEPS[furthest + 1] if furthest + 1 < len(GAIN_STEPS) else ""


def nearness(gain: str | None, *, is_heard: bool, saturated: bool) -> Nearness | None:
    """Say how near by what is still heard through which step of the close-in chain.

    None where nothing is heard, or what it is heard with is not known: that is not far.
    """
    if not is_heard:
        return None
    if any(step in (gain or "") for step in VERY_NEAR_STEPS):
        return "very near"
    if saturated or any(step in (gain or "") for step in NEAR_STEPS):
        return "near"
    return "far" if gain else None
