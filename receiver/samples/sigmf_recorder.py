"""Samples written down as SigMF while they are listened to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from receiver.clock import Stamp
from receiver.errors import WriteError
from receiver.records import utc_text
from receiver.samples.keeper import require_room
from receiver.samples.stream import Stream

DATATYPES = {
    "cu8": "cu8", "cs8": "ci8", "cs16": "ci16_le", "cf32": "cf32_le",
    "u8": "ru8", "s16": "ri16_le", "s32": "ri32_le", "f32": "rf32_le",
}  # fmt: skip


class SigmfRecorder:
    """Writes NAME.sigmf-data as samples come, and NAME.sigmf-meta at the start and at the end.

    A program that dies leaves both readable.
    """

    def __init__(self, path: Path, stream: Stream) -> None:
        """Begin two files that were not there.

        Raises:
            WriteError: they cannot be written, or are there.
        """
        self.data_path = path.with_suffix(".sigmf-data")
        self._meta_path = path.with_suffix(".sigmf-meta")
        self._stream, self.count = stream, 0
        self._captures: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        try:
            if self._meta_path.exists():
                raise FileExistsError(17, "exists already; give another name")
            self._file = self.data_path.open("xb")
        except OSError as error:
            raise WriteError(f"{path}: cannot be written ({error.strerror})") from error

    def write(self, data: bytes, first_made: Stamp | None = None) -> None:
        """Write whole samples; `first_made` begins a new stretch: the first, or after a hole.

        Raises:
            WriteError: the disk is full.
        """
        try:
            require_room(self.data_path.parent, len(data))
            if first_made is not None:
                self._begin(first_made)
            self._file.write(data)
            self.count += len(data) // self._stream.form.frame_bytes
        except OSError as error:
            raise WriteError(f"{self.data_path}: cannot be written ({error.strerror})") from error

    def mark(self, label: str, first_s: float, last_s: float, frequency_hz: float) -> None:
        """Note a beacon: from when to when, and where."""
        rate_hz, begin = self._stream.rate_hz, max(0, round(first_s * self._stream.rate_hz))
        self._annotations.append({
            "core:sample_start": begin,
            "core:sample_count": max(1, round(last_s * rate_hz) - begin),
            "core:freq_lower_edge": frequency_hz - 100.0,
            "core:freq_upper_edge": frequency_hz + 100.0,
            "core:label": label[:60],
        })  # fmt: skip

    def close(self) -> None:
        """End both files."""
        self._file.close()
        self._write_meta()

    def _begin(self, made: Stamp) -> None:
        capture = {"core:sample_start": self.count, "core:datetime": utc_text(made.utc)}
        if self._stream.frequency_hz is not None:
            capture["core:frequency"] = self._stream.frequency_hz
        self._captures.append(capture)
        self._write_meta()

    def _write_meta(self) -> None:
        import sigmf

        info = {
            "core:datatype": DATATYPES[self._stream.format_name],
            "core:sample_rate": self._stream.rate_hz,
            "core:version": sigmf.__specification__,
            "core:recorder": "baksan",
        }
        annotations = sorted(self._annotations, key=lambda one: one["core:sample_start"])
        whole = {"global": info, "captures": self._captures, "annotations": annotations}
        half = self._meta_path.with_name(f".{self._meta_path.name}.part")
        signal = sigmf.SigMFFile(metadata=whole)
        try:
            half.write_text(signal.dumps(pretty=True) + "\n", encoding="utf-8")
            os.replace(half, self._meta_path)
        except OSError as error:
            raise WriteError(f"{self._meta_path}: cannot be written ({error.strerror})") from error
