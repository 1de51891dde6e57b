"""What the locator takes from a story: the last position, and the chance that nothing can be heard.

The position is an observation like that of a packet: the locator spreads it by the animal's
movement and its age, as it spreads every other. No second way of spreading is made here.
"""

from __future__ import annotations

from dataclasses import dataclass

from receiver.records import Observation
from receiver.story.facts import Story
from receiver.story.ground import ARGOS

GPS_TRUST, ARGOS_TRUST = 0.99, 0.8  # the errors of Argos have long tails


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Observations to add, and `receiver.locator.LocatorConfig.off_probability`."""

    observations: tuple[Observation, ...]
    off_probability: float


def prior(story: Story) -> Prior:
    """Return what a story says before anybody listened."""
    place = story.last_place
    found = () if place is None else (
        Observation(
            id=f"history/{place.fix_id}",
            kind="position",
            time=place.time,
            collar=story.collar,
            latitude_deg=place.latitude_deg,
            longitude_deg=place.longitude_deg,
            accuracy_m=place.accuracy_m,
            trust=ARGOS_TRUST if place.sensor == ARGOS else GPS_TRUST,
            text="the last position of its history",
        ),
    )  # fmt: skip
    return Prior(observations=found, off_probability=story.inaudible_share)
