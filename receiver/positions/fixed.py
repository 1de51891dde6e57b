"""A place that does not change: `fixed:LATITUDE,LONGITUDE` in decimal degrees."""

from __future__ import annotations

from datetime import datetime

from receiver.address import Address
from receiver.errors import ConfigError
from receiver.positions import valid
from receiver.records import Place

FOR_EVER_S = 1e9


class Fixed:
    """One place."""

    expected_interval_s: float | None = None

    def hello(self) -> bytes:
        """Nothing: there is nobody to ask."""
        return b""

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Place]:
        """Return the place that the address gives."""
        latitude_deg, longitude_deg = parse(chunk.decode("ascii", "replace"))
        return [
            Place(
                time=time,
                latitude_deg=latitude_deg,
                longitude_deg=longitude_deg,
                holds_s=FOR_EVER_S,
            )
        ]

    def reset(self) -> None:
        """Nothing is kept."""


def parse(text: str) -> tuple[float, float]:
    """Read `latitude,longitude`.

    Raises:
        ConfigError: not two numbers in range.
    """
    try:
        latitude_deg, longitude_deg = (float(part) for part in text.split(","))
    except ValueError:
        latitude_deg, longitude_deg = 99.0, 0.0
    if not valid(latitude_deg, longitude_deg):
        raise ConfigError(f"fixed:{text}: expected LATITUDE,LONGITUDE as in fixed:43.3499,42.4453")
    return latitude_deg, longitude_deg


def make(address: Address) -> Fixed:
    """Make a fixed place; a wrong one is refused at once."""
    parse(address.target)
    return Fixed()
