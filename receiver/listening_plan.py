"""What to listen for in samples: which band, which collars, which lengths of pulses."""

from __future__ import annotations

from dataclasses import dataclass

from receiver.config import Collar
from receiver.dsp.tracks import Wanted

USUAL_PULSE_S = 0.02
USUAL_DRIFT_HZ = 2000.0
PERIOD_TOLERANCE = 0.02  # a collar's rate changes with cold and an old battery


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to listen for: the centre of the band, the collars, how far frequencies may be off.

    `frequency_hz` 0 where nobody knows it: frequencies then count from the centre. `error_ppm` is
    the receiver's known error, `uncertainty_ppm` what is not known of it. `bursts` is the system
    whose bursts are listened for in place of beacons.
    """

    frequency_hz: float = 0.0
    collars: tuple[Collar, ...] = ()
    pulse_s: float | None = None
    error_ppm: float = 0.0
    uncertainty_ppm: float = 1.0
    bursts: str | None = None

    def true_hz(self, offset_hz: float) -> float:
        """Return the frequency on the air of an offset from the centre."""
        return (self.frequency_hz + offset_hz) * (1.0 + self.error_ppm * 1e-6)

    def lengths_s(self) -> list[float]:
        """Return the pulse lengths to listen for; single pulses are those of the first."""
        if self.pulse_s is not None:
            return [self.pulse_s]
        own = (collar.listened_length_s for collar in self.collars)
        said = [length_s for length_s in own if length_s is not None]
        lengths = [*said, USUAL_PULSE_S] if len(said) < len(self.collars) or not said else said
        return list(dict.fromkeys(sorted(lengths, key=lengths.count, reverse=True)))

    def wanted(self, rate_hz: float, pulse_s: float) -> list[Wanted]:
        """Return the listed beacons of a pulse length that lie within the band."""
        usual_s = self.lengths_s()[0] if self.pulse_s is not None else USUAL_PULSE_S
        found = []
        for collar in self.collars:
            length_s = collar.listened_length_s if self.pulse_s is None else None
            if collar.frequency_hz is None or (length_s or usual_s) != pulse_s:
                continue
            offset_hz = collar.frequency_hz / (1.0 + self.error_ppm * 1e-6) - self.frequency_hz
            drift_hz = self.drift_hz(collar)
            if abs(offset_hz) + drift_hz < rate_hz / 2:
                periods = _periods_s(collar)
                found.append(
                    Wanted(
                        name=collar.name,
                        frequency_hz=offset_hz,
                        drift_hz=drift_hz,
                        periods_s=periods,
                        tolerance=PERIOD_TOLERANCE,
                    )
                )
        return found

    def drift_hz(self, collar: Collar) -> float:
        """Return how far receiver and collar may be off together."""
        drift_hz = collar.frequency_drift_hz
        own_hz = USUAL_DRIFT_HZ if drift_hz is None else drift_hz
        return own_hz + self.uncertainty_ppm * 1e-6 * (collar.frequency_hz or 0.0)


def _periods_s(collar: Collar) -> tuple[float, ...]:
    """Return the periods of a beacon by its sheet; none where it is whatever the weather is."""
    if collar.temperature_c_by_period_s:
        return ()
    return tuple(sorted({60.0 / rate for rate in collar.pulses_per_minute.values()}))
