"""The receiver by which the collar is heard now: what it hears with, and what that tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from receiver.config import Setup
from receiver.homing.gains import gain, nearness
from receiver.homing.snapshot import OLD_S, Gain, Nearness, Strength

if TYPE_CHECKING:
    from receiver.joining import Derived


@dataclass(frozen=True, slots=True)
class Ear:
    """`strength` None: nothing hears it. `setup` None: what it is heard with is not known yet.

    `metres_known`: its receiver was calibrated, so that levels say how far.
    """

    strength: Strength | None
    setup: Setup | None = None
    metres_known: bool = False

    @property
    def gain(self) -> Gain | None:
        """What it is heard with, and the next step close in."""
        if self.strength is None or self.setup is None:
            return None
        return gain(self.setup, self.strength)

    @property
    def nearness(self) -> Nearness | None:
        """How near by what it is still heard through."""
        strength, through = self.strength, self.gain
        return nearness(
            None if through is None else through.now,
            is_heard=strength is not None and strength.age_s <= OLD_S,
            saturated=strength is not None and strength.saturated,
        )

    @property
    def can_turn(self) -> bool:
        """Whether its antenna may have a direction."""
        return self.setup is None or self.setup.directional is not False


def ear(
    strength: Strength | None,
    derived: Derived | None,
    observer: str,
    time: datetime,
    *,
    has_beats: bool,
) -> Ear:
    """Return the ear of a level; `has_beats`: of the beacon itself, not of its packets.

    Packets say dBm also without a calibration.
    """
    if strength is None or derived is None:
        return Ear(strength)
    register, receiver = derived.register, strength.source or strength.receiver
    is_measured = strength.unit == "dBm" and has_beats
    metres_known = is_measured or bool(register.calibration(observer, receiver, time))
    return Ear(strength, register.hearing(observer, receiver, time).setup, metres_known)
