"""Adapters that scale raw numbers to units inside a layout, so that a layout reads like its table.

Scales divide, they do not multiply: 165 / 50 is 3.3, 165 * 0.02 is 3.3000000000000003.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from construct import Adapter, Construct, Int8ul, Int32sl

from protocols.packet import DecodeError


def plain(container: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a parsed Struct as a dict, without construct's own."""
    return {name: value for name, value in container.items() if not name.startswith("_")}


class Linear(Adapter):  # type: ignore[type-arg]
    """A number of units: `raw * numerator / divisor + offset`."""

    def __init__(
        self,
        raw: Construct[Any, Any],
        *,
        divisor: float = 1,
        numerator: float = 1,
        offset: float = 0,
    ) -> None:
        super().__init__(raw)
        self.divisor, self.numerator, self.offset = divisor, numerator, offset

    def _decode(self, obj: float, context: Any, path: Any) -> float:
        return obj * self.numerator / self.divisor + self.offset

    def _encode(self, obj: float, context: Any, path: Any) -> int:
        return round((obj - self.offset) * self.divisor / self.numerator)


class Finite(Adapter):  # type: ignore[type-arg]
    """A float that is a number: NaN and infinity are refused."""

    def _decode(self, obj: float, context: Any, path: Any) -> float:
        if not math.isfinite(obj):
            raise DecodeError(f"{str(path).rpartition(' ')[2]} is not a number")
        return obj

    def _encode(self, obj: float, context: Any, path: Any) -> float:
        return obj


class ReversedOctets(Adapter):  # type: ignore[type-arg]
    """Octets sent least significant first, written as `0c:ed:81`."""

    def _decode(self, obj: bytes, context: Any, path: Any) -> str:
        return obj[::-1].hex(":")

    def _encode(self, obj: str, context: Any, path: Any) -> bytes:
        return bytes.fromhex(obj.replace(":", ""))[::-1]


def degrees_1e7() -> Linear:
    """Latitude or longitude in 1e-7 degrees, signed, little-endian."""
    return Linear(Int32sl, divisor=10_000_000)


def metres_of_mm() -> Linear:
    """Height in millimetres, signed, little-endian, as metres."""
    return Linear(Int32sl, divisor=1000)


def signed_hundred() -> Linear:
    """One byte that maps 0..255 to -100..+100 (OpenCollar's temperature and acceleration)."""
    return Linear(Int8ul, numerator=200, divisor=255, offset=-100)
