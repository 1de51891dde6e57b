"""Pictures for the page, written with zlib alone (PNG, RFC 2083)."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
MAGIC = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {3: 2, 4: 6}  # channels: red, green, blue; and alpha
LEVEL = 6


def png(pixels: Pixels) -> bytes:
    """Return a PNG of (rows, columns, 3 or 4) values of 8 bits, the first row on top.

    Raises:
        ValueError: the array is no picture.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in COLOUR_TYPES or 0 in pixels.shape:
        raise ValueError(f"an array of {pixels.shape} is no picture of 3 or 4 channels")
    rows, columns, channels = pixels.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, COLOUR_TYPES[channels], 0, 0, 0)
    lines = np.zeros((rows, columns * channels + 1), np.uint8)  # filter 0 begins each line
    lines[:, 1:] = pixels.reshape(rows, -1)
    body = zlib.compress(lines.tobytes(), LEVEL)
    return MAGIC + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
