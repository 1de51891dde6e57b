"""Adapters that scale raw numbers to units inside a layout, so that a layout reads like its table.

Scales divide, they do not multiply: 165 / 50 is 3.3, 165 * 0.02 is 3.3000000000000003.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from construct import Adapter, BitsInteger, Construct, Int8ul, Int32sl, Struct

from protocols.packet import DecodeError

HIDDEN = "(hidden)"  # in the place of a key or code of the owner


def plain(container: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a parsed Struct as a dict, without construct's own."""
    return {name: value for name, value in container.items() if not name.startswith("_")}


def without_last(layout: Struct) -> Struct:
    """Return a Struct without its last member, which took all the bytes that were left."""
    return Struct(*layout.subcons[:-1])


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

    def _emitparse(self, code: Any) -> str:
        raw = self.subcon._compileparse(code)  # type: ignore[attr-defined]
        return f"(({raw}) * {self.numerator!r} / {self.divisor!r} + {self.offset!r})"


class Bits(Adapter):  # type: ignore[type-arg]
    """Numbers of a few bits each, in one byte: `Bits(major=4, minor=4)`, the highest bits first."""

    def __init__(self, **widths: int) -> None:
        super().__init__(Int8ul)
        self.widths = widths
        shifts = (8 - sum(list(widths.values())[: place + 1]) for place in range(len(widths)))
        self._places = [
            (name, shift, (1 << width) - 1)
            for (name, width), shift in zip(widths.items(), shifts, strict=True)
        ]

    def _decode(self, obj: int, context: Any, path: Any) -> dict[str, int]:
        return {name: obj >> shift & mask for name, shift, mask in self._places}

    def _encode(self, obj: Mapping[str, int], context: Any, path: Any) -> int:
        return sum(obj[name] << shift for name, shift, _ in self._places)

    def _emitparse(self, code: Any) -> str:
        numbers = ", ".join(f"{name!r}: b >> {at} & {mask}" for name, at, mask in self._places)
        raw = self.subcon._compileparse(code)  # type: ignore[attr-defined]
        return f"(lambda b: {{{numbers}}})({raw})"


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


class SignMagnitude(Adapter):  # type: ignore[type-arg]
    """A number of bits, the first of them its sign, in units of 1 / `divisor`; it has a -0.0."""

    def __init__(self, bits: int, *, divisor: float) -> None:
        super().__init__(BitsInteger(bits))
        self.sign, self.divisor = 1 << (bits - 1), divisor

    def _decode(self, obj: int, context: Any, path: Any) -> float:
        size = (obj & ~self.sign) / self.divisor
        return -size if obj & self.sign else size

    def _encode(self, obj: float, context: Any, path: Any) -> int:
        size = round(abs(obj) * self.divisor)
        return size | self.sign if math.copysign(1, obj) < 0 else size


def degrees_1e7() -> Linear:
    """Latitude or longitude in 1e-7 degrees, signed, little-endian."""
    return Linear(Int32sl, divisor=10_000_000)


def metres_of_mm() -> Linear:
    """Height in millimetres, signed, little-endian, as metres."""
    return Linear(Int32sl, divisor=1000)


def signed_hundred() -> Linear:
    """One byte that maps 0..255 to -100..+100 (OpenCollar's temperature and acceleration)."""
    return Linear(Int8ul, numerator=200, divisor=255, offset=-100)
