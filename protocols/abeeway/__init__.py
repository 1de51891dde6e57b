"""Abeeway trackers, LoRaWAN: Asset Tracker 2 firmware (and 1), and Asset Tracker 3."""

from __future__ import annotations

from protocols.abeeway.at2 import PROTOCOL as AT2
from protocols.abeeway.at3 import PROTOCOL as AT3

__all__ = ["AT2", "AT3"]
