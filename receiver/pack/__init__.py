"""One folder for a trip: everything that is needed where there is no network, with checksums."""

from __future__ import annotations
