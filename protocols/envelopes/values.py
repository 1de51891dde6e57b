"""Careful reading of values that a stranger's JSON may hold in any type."""

from __future__ import annotations

import base64
import binascii
import math
from datetime import UTC, datetime
from typing import Any

from protocols.packet import DecodeError


def number(value: Any) -> float | None:
    """Return a finite number, also one written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def whole(value: Any) -> int | None:
    """Return a whole number, also one written as text; None for anything else."""
    result = number(value)
    return int(result) if result is not None and result == int(result) else None


def time(value: Any) -> datetime | None:
    """Return an ISO 8601 time as UTC; nanoseconds are cut. None where it is missing or not one."""
    if not isinstance(value, str):
        return None
    head, dot, tail = value.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    text = f"{head}.{tail[: min(digits, 6)]}{tail[digits:]}" if dot else value
    try:
        result = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (result if result.tzinfo else result.replace(tzinfo=UTC)).astimezone(UTC)


def base64_bytes(value: Any) -> bytes:
    """Decode base64 of either alphabet, padded or not, as real gateways mix them.

    Raises:
        DecodeError: not base64.
    """
    if not isinstance(value, str):
        raise DecodeError("the payload is not text")
    text = value.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DecodeError(f"the payload is not base64: {error}") from error


def hex_bytes(value: Any) -> bytes:
    """Decode hexadecimal.

    Raises:
        DecodeError: not hexadecimal.
    """
    try:
        return bytes.fromhex(str(value))
    except ValueError as error:
        raise DecodeError(f"the payload is not hexadecimal: {error}") from error
