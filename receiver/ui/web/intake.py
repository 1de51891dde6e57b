"""Entries of phones into the journal: each once, however often it is sent."""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Mapping
from typing import Any

from receiver.notes import by_phone
from receiver.records import Entry
from receiver.ui.web.pairing import Device
from receiver.ui.web.search import Search

MOST_SAVED_IDS = 500


class Intake:
    """Takes entries from any thread. What waits for the disk counts as taken."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._lock = threading.RLock()
        self._waiting: dict[str, Entry] = {}
        self._places: dict[str, tuple[float, float]] = {}
        self._saved: deque[str] = deque(maxlen=MOST_SAVED_IDS)

    @property
    def saved_ids(self) -> list[str]:
        """The ids of the last entries that are on the disk."""
        with self._lock:
            return list(self._saved)

    def take(self, said: Mapping[str, Any], device: Device) -> tuple[str, bool]:
        """Take what a phone sent; return its id and whether it is on the disk.

        Raises:
            ConfigError: a value that cannot be.
            ReceiverError: it cannot be written.
        """
        identity = by_phone.identity_of(said.get("id"))
        with self._lock:
            if self.earlier(identity) is not None:
                return identity, self._look(identity)
            entry = by_phone.entry_of(said, self._teller(device), self._search.clock)
            self._waiting[identity] = entry
        try:
            saved = self._search.submit(entry)
        except BaseException:
            with self._lock:
                del self._waiting[identity]
            raise
        self._remember(entry)
        return identity, saved and self._look(identity)

    def place(self, said: Mapping[str, Any], device: Device) -> tuple[str, bool]:
        """Take where a phone is, as `take` does."""
        told = {key: said[key] for key in ("time", "sent", "ahead_s") if key in said}
        names = ("latitude_deg", "longitude_deg", "accuracy_m")
        values = {key: said[key] for key in names if said.get(key) is not None}
        identity = said.get("id", str(uuid.uuid4()))
        return self.take({**told, "id": identity, "what": "place", "values": values}, device)

    def earlier(self, identity: str) -> Entry | None:
        """Return the entry with this id, also one that waits for the disk."""
        with self._lock:
            return self._waiting.get(identity) or self._search.entry(identity)

    def _look(self, identity: str) -> bool:
        """Tell whether an entry is on the disk; then it waits no longer."""
        with self._lock:
            if self._search.entry(identity) is None:
                return False
            self._waiting.pop(identity, None)
            if identity not in self._saved:
                self._saved.append(identity)
            return True

    def _remember(self, entry: Entry) -> None:
        content = entry.content
        if content.get("kind") == "place":
            place = content["latitude_deg"], content["longitude_deg"]
            self._places[entry.observer] = place

    def _teller(self, device: Device) -> by_phone.Teller:
        observer, seen = device.observer, self._search.snapshot()
        place = self._places.get(observer)
        if place is None and seen.place is not None and observer == seen.place.observer:
            place = seen.place.latitude_deg, seen.place.longitude_deg
        return by_phone.Teller(
            observer=observer, collar=seen.collar, place=place, earlier=self.earlier
        )
