"""What the two generations of Abeeway trackers have in common: contents, words, numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from construct import Construct

from protocols.packet import DecodeError, PositionStatus

# Of an octet of error in metres, from 251 on: what it stands for, and its upper end.
COARSE_ERRORS = {251: ("(250,500]", 500.0), 252: ("(500,1000]", 1000.0),
                 253: ("(1000,2000]", 2000.0), 254: ("(2000,4000]", 4000.0)}  # fmt: skip
WORST_ERROR = 255
NO_BOUND = ("its error may be more than 4 km: not used",)


NOT_READ = "what this kind of message holds is not read"
Details = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of contents: its name, its layout, the sizes it may have, what it says.

    `sizes` are exact; or, with `step`, the least size of a list whose records have `step` bytes;
    with neither it may have any.
    """

    name: str
    layout: Construct[Any, Any]
    read: Callable[[Any], Details] = lambda body: {}
    sizes: tuple[int, ...] = ()
    step: int = 0
    warning: str = ""

    def check(self, size: int, before: int) -> None:
        """Refuse contents of a size that they cannot have, behind so many bytes.

        Raises:
            DecodeError: of another size.
        """
        if not self.sizes or size in self.sizes or (self.step and size >= self.sizes[0]):
            return
        sizes = " or ".join(str(allowed + before) for allowed in self.sizes)
        text = f"{self.name} has {sizes} bytes{' or more' if self.step else ''}"
        raise DecodeError(f"{text}, this has {size + before}", size + before)

    def warnings(self, size: int) -> tuple[str, ...]:
        """Return what is to be said of contents of this size."""
        told = (self.warning,) if self.warning else ()
        rest = (size - self.sizes[0]) % self.step if self.step and self.sizes else 0
        if rest:
            return (*told, f"cut: its last {rest} bytes are no whole record and are not shown")
        return told


def named(names: tuple[str, ...], code: int) -> str:
    """Return the maker's word for a code."""
    return names[code] if code < len(names) else f"code {code}"


def scanned(data: bytes, key: str, joint: str, octets: int) -> list[dict[str, Any]]:
    """Return transmitters heard, each its name and then its dBm; one that is cut is left out."""
    size = octets + 1

    def said(name: bytes) -> str:
        return name.hex(joint) if joint else name.hex()

    return [
        {
            key: said(data[start : start + octets]),
            "rssi": int.from_bytes(data[start + octets : start + size], "big", signed=True),
        }
        for start in range(0, len(data) - size + 1, size)
    ]


def error_of(octet: int, worst: str) -> tuple[int | str, float | None]:
    """Return an error in metres as the maker says it, and its upper end; None without a bound."""
    if octet == WORST_ERROR:
        return worst, None
    return COARSE_ERRORS.get(octet, (octet, float(octet)))


def status_of(latitude_deg: float, longitude_deg: float) -> tuple[PositionStatus, tuple[str, ...]]:
    """Tell whether a place can be."""
    if latitude_deg == longitude_deg == 0:
        return "unavailable", ("it says 0, 0, which is no place",)
    if abs(latitude_deg) > 90 or abs(longitude_deg) > 180:
        return "bad", ("the position cannot be: its degrees are too many",)
    return "ok", ()


def degrees_c(octet: int) -> float:
    """Return a temperature."""
    return round(-44 + octet * 129 / 255, 1)


def volts(octet: int) -> float:
    """Return a voltage; the two ends of the scale are no voltages."""
    return round(2.8 + (octet - 1) * 1.4 / 253, 2)
