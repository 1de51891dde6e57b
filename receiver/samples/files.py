"""Recordings of samples: IQ of an SDR, sound of a receiver, in the files that people have.

    name_150.2M_1024k.cu8   bare numbers; frequency and rate in the name as rtl_433 writes it, or
                            as gqrx, SDR#, HDSDR, SDRuno, SDR++ and others do
    .sigmf-meta, -data      SigMF, read by the `sigmf` package
    .wav                    RIFF, RF64 and BW64, the frequency in the `auxi` chunk of SDR programs
    -                       bare numbers on standard input

What is said on the command line stands over what the file says, that over its name.
"""

from __future__ import annotations

import json
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from receiver.errors import InputError
from receiver.samples.level import FORMATS, Format

CHUNK_S = 0.5
RATES_HZ = (4000.0, 100e6)
MOST_CHUNKS = 1000  # of a RIFF file: more is no recording
MOST_AUXI_BYTES = 4096
SUFFIXES = {
    ".cu8": "cu8", ".c8": "cs8", ".cs8": "cs8", ".complex16u": "cu8", ".complex16s": "cs8",
    ".cs16": "cs16", ".sc16": "cs16", ".c16": "cs16", ".complex32s": "cs16",
    ".cf32": "cf32", ".cfile": "cf32", ".fc32": "cf32", ".complex": "cf32",
    ".s16": "s16",
}  # fmt: skip
SIGMF = {
    "cu8": "cu8", "ci8": "cs8", "ci16_le": "cs16", "cf32_le": "cf32",
    "ru8": "u8", "ri16_le": "s16", "ri32_le": "s32", "rf32_le": "f32",
}  # fmt: skip
# Formats of a WAV file by (is float, bits) for sound and, two channels as one number, for IQ.
WAV_SOUND = {(False, 8): "u8", (False, 16): "s16", (False, 32): "s32", (True, 32): "f32"}
WAV_IQ = {(False, 8): "cu8", (False, 16): "cs16", (True, 32): "cf32"}
PCM, IEEE_FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
UNKNOWN_SIZE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFile:
    """A recording: where its samples lie and what they are.

    `rate_hz` counts samples (of all channels together) a second. `frequency_hz` is the centre of
    the band on the air, None where nobody said; `start` the UTC time of the first sample, None
    where it is not known. `size` is in bytes, None for a stream without a known end.
    """

    path: Path
    format_name: str
    rate_hz: float
    frequency_hz: float | None = None
    start: datetime | None = None
    channels: int = 1
    begin: int = 0
    size: int | None = None
    remark: str = ""

    @property
    def form(self) -> Format:
        """How a sample is written."""
        return FORMATS[self.format_name]

    @property
    def is_iq(self) -> bool:
        """Tell whether this is IQ, not sound."""
        return self.form.numbers == 2

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.form.frame_bytes * self.channels

    @property
    def duration_s(self) -> float | None:
        """How long it is."""
        return None if self.size is None else self.size // self.frame_bytes / self.rate_hz

    def chunks(self) -> Iterator[bytes]:
        """Yield the samples, about half a second at once; half a sample at the end is left out.

        Raises:
            InputError: the file cannot be read.
        """
        step = max(1, int(CHUNK_S * self.rate_hz)) * self.frame_bytes
        left = self.size
        try:
            with _opened(self.path) as file:
                if self.begin:
                    file.seek(self.begin)
                while left is None or left > 0:
                    data = file.read(step if left is None else min(step, left))
                    whole = len(data) - len(data) % self.frame_bytes
                    if not whole:
                        return
                    yield data[:whole]
                    left = None if left is None else left - len(data)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read ({error.strerror})") from error


def open_samples(
    path: Path,
    rate_hz: float | None = None,
    frequency_hz: float | None = None,
    format_name: str | None = None,
) -> SampleFile:
    """Find out what a recording is.

    Raises:
        InputError: it cannot be read, is not what it should be, or does not say enough.
    """
    try:
        found = _described(path, rate_hz, format_name)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    named = name_says(path.name)
    found = replace(
        found,
        rate_hz=rate_hz or found.rate_hz or named.rate_hz or 0.0,
        frequency_hz=frequency_hz or found.frequency_hz or named.frequency_hz,
        start=found.start or named.start,
    )
    if not found.rate_hz:
        raise InputError(f"{path}: how many samples a second? say --rate, as in --rate 250k")
    if not RATES_HZ[0] <= found.rate_hz <= RATES_HZ[1]:
        raise InputError(f"{path}: a rate of {found.rate_hz:g} Hz; expected 4k to 100M")
    if found.size is not None and found.size < found.frame_bytes:
        raise InputError(f"{path}: there is not one sample in it")
    return found


def _described(path: Path, rate_hz: float | None, format_name: str | None) -> SampleFile:
    if format_name is not None and format_name not in FORMATS:
        raise InputError(f"format {format_name!r}; known: {', '.join(FORMATS)}")
    if str(path) == "-":
        return SampleFile(path=path, format_name=format_name or "cu8", rate_hz=rate_hz or 0.0)
    if path.is_dir():
        raise InputError(f"{path}: a folder; give a recording in it")
    suffix = path.suffix.lower()
    if suffix in (".sigmf-meta", ".sigmf-data", ".sigmf"):
        return _sigmf(path)
    with path.open("rb") as file:
        if file.read(4) in (b"RIFF", b"RF64", b"BW64"):
            return _wav(path, file)
    known = format_name or SUFFIXES.get(suffix) or name_says(path.name).format_name
    if known is None:
        formats = ", ".join(FORMATS)
        raise InputError(f"{path}: what are its samples? say --format, one of {formats}")
    size = path.stat().st_size if path.is_file() else None
    return SampleFile(path=path, format_name=known, rate_hz=0.0, size=size)


def _opened(path: Path) -> BinaryIO:
    return sys.stdin.buffer if str(path) == "-" else path.open("rb")


# --- names --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the name of a file says."""

    rate_hz: float | None = None
    frequency_hz: float | None = None
    start: datetime | None = None
    format_name: str | None = None


_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_RTL_433 = re.compile(r"_(\d+(?:\.\d+)?)([kMG]?)_(\d+(?:\.\d+)?)([kMG]?)\.\w+$")
_GQRX = re.compile(r"gqrx_(\d{8}_\d{6})_(\d+)_(\d+)_fc\.raw$")
_HERTZ = re.compile(r"(?<![\d.])(\d+(?:[._]\d+)?)([kMG]?)Hz", re.IGNORECASE)
_SPS = re.compile(r"(?<![\d.])(\d+(?:[._]\d+)?)([kM]?)sps", re.IGNORECASE)
_TIME = re.compile(r"(?<!\d)(\d{8})[T_-]?(\d{6})Z")


def name_says(name: str) -> Named:
    """Return what a file's name says of its samples, by the customs of SDR programs.

    A time counts only with a Z: nobody knows the zone of another.
    """
    start = _start(name)
    if found := _GQRX.search(name):
        rate_hz, frequency_hz = float(found[3]), float(found[2])
        return Named(rate_hz=rate_hz, frequency_hz=frequency_hz, format_name="cf32")
    if found := _RTL_433.search(name):
        frequency_hz, rate_hz = _hertz(found[1], found[2]), _hertz(found[3], found[4])
        return Named(rate_hz=rate_hz, frequency_hz=frequency_hz, start=start)
    hertz, sps = _HERTZ.search(name), _SPS.search(name)
    return Named(
        frequency_hz=_hertz(hertz[1], hertz[2]) if hertz else None,
        rate_hz=_hertz(sps[1], sps[2]) if sps else None,
        start=start,
    )


def _hertz(number: str, scale: str) -> float:
    return float(number.replace("_", ".")) * _SCALES[scale.lower()]


def _start(name: str) -> datetime | None:
    found = _TIME.search(name)
    if not found:
        return None
    try:
        return datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


# --- SigMF --------------------------------------------------------------------------------------


def _sigmf(path: Path) -> SampleFile:
    import sigmf

    if path.suffix.lower() == ".sigmf":
        raise InputError(f"{path}: an archive; unpack it first: tar xf {path.name}")
    meta, data = path.with_suffix(".sigmf-meta"), path.with_suffix(".sigmf-data")
    for part in (meta, data):
        if not part.is_file():
            raise InputError(f"{part}: missing; SigMF is two files, .sigmf-meta and .sigmf-data")
    try:
        signal = sigmf.SigMFFile(metadata=json.loads(meta.read_bytes()))
        said: dict[str, Any] = signal.get_global_info()
        captures: list[dict[str, Any]] = signal.get_captures()
        datatype, rate_hz = str(said["core:datatype"]), float(said.get("core:sample_rate") or 0.0)
        first = captures[0] if captures else {}
        frequency = first.get("core:frequency")
        frequency_hz = None if frequency is None else float(frequency)
        begin = int(first.get("core:header_bytes") or 0)
        channels = int(said.get("core:num_channels") or 1)
        start = _sigmf_time(first.get("core:datetime"))
    except Exception as error:  # of whatever the library meets in a stranger's file
        raise InputError(f"{meta}: not understood as SigMF ({error or type(error)})") from error
    if datatype not in SIGMF or channels != 1 or begin < 0:
        known = ", ".join(SIGMF)
        raise InputError(f"{meta}: {channels} x {datatype}; can be read: 1 x one of {known}")
    others = {c.get("core:frequency") for c in captures[1:]} - {frequency}
    return SampleFile(
        path=data,
        format_name=SIGMF[datatype],
        rate_hz=rate_hz,
        frequency_hz=frequency_hz,
        start=start,
        begin=begin,
        size=max(0, data.stat().st_size - begin),
        remark="it was tuned elsewhere meanwhile: frequencies are those of its start"
        if others
        else "",
    )


def _sigmf_time(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    time = datetime.fromisoformat(text)
    return None if time.tzinfo is None else time.astimezone(UTC)


# --- WAV ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Wav:
    """What the chunks of a file said."""

    tag: int = 0
    channels: int = 0
    rate_hz: float = 0.0
    bits: int = 0
    begin: int = 0
    size: int = 0
    auxi: bytes = b""
    data_size_64: int | None = None


def _wav(path: Path, file: BinaryIO) -> SampleFile:
    found, length = _chunks(path, file), path.stat().st_size
    if not found.rate_hz or not found.begin:
        raise InputError(f"{path}: a WAV file without samples or without their format")
    there = length - found.begin
    cut = found.size == 0 or found.size > there  # the recorder stopped before it wrote the size
    is_iq = found.channels == 2 and (bool(found.auxi) or "IQ" in path.stem.upper())
    kind = (found.tag == IEEE_FLOAT, found.bits)
    format_name = (WAV_IQ if is_iq else WAV_SOUND).get(kind)
    if format_name is None or found.tag not in (PCM, IEEE_FLOAT):
        what = "IQ" if is_iq else "sound"
        text = f"{path}: {what} of {found.bits} bits, kind {found.tag}, which cannot be read"
        raise InputError(f"{text}; 16 bits can")
    frequency_hz, start = _auxi(found.auxi)
    return SampleFile(
        path=path,
        format_name=format_name,
        rate_hz=found.rate_hz,
        frequency_hz=frequency_hz,
        start=start,
        channels=1 if is_iq else found.channels,
        begin=found.begin,
        size=there if cut else found.size,
        remark="it was not closed properly: read to the end of the file" if cut else "",
    )


def _chunks(path: Path, file: BinaryIO) -> _Wav:
    """Walk through the chunks up to the samples, and the `auxi` chunk also behind them."""
    found, length, at = _Wav(), path.stat().st_size, 12
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            break
        name, size = head[:4], int.from_bytes(head[4:], "little")
        if name == b"ds64":
            found.data_size_64 = int.from_bytes(file.read(16)[8:], "little")
        elif name == b"fmt ":
            _format(path, file.read(min(size, 40)), found)
        elif name == b"auxi":
            found.auxi = file.read(min(size, MOST_AUXI_BYTES))
        elif name == b"data" and not found.begin:
            is_large = size == UNKNOWN_SIZE and found.data_size_64 is not None
            size = (found.data_size_64 or 0) if is_large else size
            found.begin, found.size = at + 8, 0 if size == UNKNOWN_SIZE else size
        at += 8 + size + size % 2
        if at >= length:
            break
    return found


def _format(path: Path, chunk: bytes, found: _Wav) -> None:
    if len(chunk) < 16:
        raise InputError(f"{path}: its format is cut off after {len(chunk)} bytes")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == EXTENSIBLE and len(chunk) >= 26:
        tag = int.from_bytes(chunk[24:26], "little")
    if not 1 <= channels <= 8:
        raise InputError(f"{path}: {channels} channels; expected 1 to 8")
    found.tag, found.channels, found.rate_hz, found.bits = tag, channels, float(rate), bits


def _auxi(chunk: bytes) -> tuple[float | None, datetime | None]:
    """Return centre frequency and start of the `auxi` chunk of Winrad, HDSDR, SDR#, SDRuno.

    | bytes  | what                                                                    |
    |--------|-------------------------------------------------------------------------|
    | 0-15   | start: year, month, weekday, day, hour, minute, second, ms; uint16 each |
    | 16-31  | stop, in the same way                                                   |
    | 32-35  | centre frequency in Hz, uint32                                          |
    """
    if len(chunk) < 36:
        return None, None
    year, month, _, day, hour, minute, second, ms = struct.unpack_from("<8H", chunk)
    frequency_hz = float(int.from_bytes(chunk[32:36], "little"))
    try:
        start = datetime(year, month, day, hour, minute, second, ms * 1000, tzinfo=UTC)
    except ValueError:
        start = None
    return frequency_hz or None, start
