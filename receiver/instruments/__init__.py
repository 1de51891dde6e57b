"""Receivers, scanners, gateways and stations: bytes in, detections out, without any I/O.

An instrument never opens anything: `receiver.links` does. Adding one is a module with
`make(address)` and a line in the table.
"""

from __future__ import annotations

import importlib
import re
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Generic, Protocol, TypeVar, runtime_checkable

from receiver.address import Address, Kind
from receiver.errors import ConfigError
from receiver.records import Detection, Place

INSTRUMENTS = {
    "icom": Kind(
        "receiver.instruments.icom", "Icom by CI-V", "icom:serial:/dev/ttyUSB0?model=r8500"
    ),
    "aor": Kind(
        "receiver.instruments.aor",
        "AOR AR8200, AR8600, SR2200",
        "aor:serial:/dev/ttyUSB0?model=ar8200",
    ),
    "aor-dv": Kind(
        "receiver.instruments.aor_dv", "AOR DV1, DV3, DV10", "aor-dv:serial:/dev/ttyUSB0"
    ),
    "uniden": Kind(
        "receiver.instruments.uniden", "Uniden scanners", "uniden:serial:/dev/ttyACM0?way=pwr"
    ),
    "biotracker": Kind(
        "receiver.instruments.biotracker",
        "Lotek Biotracker, tuned for the ear",
        "biotracker:serial:/dev/ttyUSB0",
    ),
    "tinysa": Kind(
        "receiver.instruments.tinysa",
        "TinySA, TinySA Ultra",
        "tinysa:serial:/dev/ttyACM0?frequency=150.34M",
    ),
    "rf-explorer": Kind(
        "receiver.instruments.rf_explorer",
        "RF Explorer",
        "rf-explorer:serial:/dev/ttyUSB0?frequency=150.34M",
    ),
    "rigctld": Kind(
        "receiver.instruments.rigctld",
        "any receiver behind Hamlib's rigctld",
        "rigctld:tcp://127.0.0.1:4532",
    ),
    "semtech": Kind(
        "receiver.instruments.semtech",
        "LoRa gateway, packet forwarder",
        "semtech:udp://0.0.0.0:1700",
    ),
    "sweep-csv": Kind(
        "receiver.instruments.sweep_csv",
        "rtl_power, hackrf_sweep",
        "sweep-csv:pipe:rtl_power -f 150M:150.5M:1k -i 1 -",
    ),
    "ctt": Kind("receiver.instruments.ctt", "CTT radios, 434 MHz", "ctt:serial:/dev/ttyACM0"),
    "sensorgnome": Kind(
        "receiver.instruments.sensorgnome", "SensorGnome", "sensorgnome:file:station-all.txt.gz"
    ),
    "ctt-csv": Kind(
        "receiver.instruments.ctt_csv", "CTT files: raw-data, gps, Sidekick", "ctt-csv:file:raw.csv"
    ),
    "rxg-134": Kind(
        "receiver.instruments.rxg134", "CLS goniometer, Argos", "rxg-134:serial:/dev/ttyUSB0"
    ),
    "srx-dta": Kind(
        "receiver.instruments.lotek_srx",
        "Lotek SRX, .DTA files",
        "srx-dta:file:site.DTA?utc_offset=+03:00",
    ),
    "srx1200": Kind(
        "receiver.instruments.srx1200",
        "Lotek SRX1200, its files",
        "srx1200:file:site.csv?utc_offset=UTC",
    ),
    "orion": Kind(
        "receiver.instruments.orion",
        "Sigma Eight Orion, its files",
        "orion:file:site.txt?utc_offset=UTC",
    ),
    "rtl-433": Kind(
        "receiver.instruments.rtl_433",
        "rtl_433, JSON",
        "rtl-433:pipe:rtl_433 -f 434M -F json -M level",
    ),
    "heard-lines": Kind(
        "receiver.instruments.heard_lines",
        "baksan detect --jsonl, of another computer",
        "heard-lines:pipe:ssh pi baksan detect rtl-tcp:tcp://127.0.0.1:1234?frequency=150M --jsonl",
    ),
    "rak": Kind("receiver.instruments.rak", "RAK modules (RUI2, RUI3)", "rak:serial:/dev/ttyUSB0"),
    "rn2483": Kind(
        "receiver.instruments.rn2483",
        "RN2483, RN2903, LoStik",
        "rn2483:serial:/dev/ttyUSB0?frequency=868.1M&sf=sf12",
    ),
    "loriot": Kind(
        "receiver.instruments.network_server", "LORIOT, JSON", "loriot:udp://0.0.0.0:1790"
    ),
    "chirpstack": Kind(
        "receiver.instruments.network_server",
        "ChirpStack v4, JSON",
        "chirpstack:mqtt://127.0.0.1:1883?topic=application/+/device/+/event/up",
    ),
    "ttn": Kind(
        "receiver.instruments.network_server", "The Things Stack v3, JSON", "ttn:file:uplinks.jsonl"
    ),
    "thingpark": Kind(
        "receiver.instruments.network_server", "ThingPark, JSON", "thingpark:file:uplinks.jsonl"
    ),
    "cloudloop": Kind(
        "receiver.instruments.network_server", "Cloudloop, JSON", "cloudloop:file:messages.jsonl"
    ),
    "rockblock": Kind(
        "receiver.instruments.network_server",
        "RockBLOCK webhook, JSON",
        "rockblock:http://127.0.0.1:8080",
    ),
}


LEVELS_A_SETTING = 8
LONGEST_LINE_BYTES = 4096
Question = TypeVar("Question")


class Instrument(Protocol):
    """What every instrument can do. Gateways are silent by nature: no `expected_interval_s`."""

    expected_interval_s: float | None

    def receive(
        self, chunk: bytes, time: datetime, monotonic_ns: int
    ) -> Sequence[Detection | Place]:
        """Return what bytes, cut anywhere, say; `time` and `monotonic_ns` are when they came.

        A station that knows where it is says so as well, as a Place.
        """
        ...

    def reset(self) -> None:
        """Forget the half frame: after a gap the next bytes do not belong to it."""
        ...


@runtime_checkable
class Polled(Protocol):
    """An instrument that only speaks when asked.

    What `receive` makes of an answer must not depend on `poll`: a replay knows the answers only.
    """

    poll_interval_s: float

    def poll(self, monotonic_ns: int) -> bytes:
        """Return what to send now, b"" when nothing is due."""
        ...


@runtime_checkable
class Tunable(Polled, Protocol):
    """A polled instrument that can be told what to listen to.

    What it is told goes out by `poll`, one command at a time, each after the answer to the last.
    """

    def prepare(self) -> None:
        """Set what makes a level comparable, as far as it can be set: squelch open, CW or USB.

        Also the narrowest filter, and a gain that does not change by itself.
        """
        ...

    def tune(self, frequency_hz: float, attenuator_db: float | None = None) -> None:
        """Listen for a beacon at `frequency_hz`: the dial stands so that it is heard as a tone."""
        ...


@runtime_checkable
class Answering(Protocol):
    """An instrument that waits for an answer to what it says."""

    def answer(self, chunk: bytes) -> bytes:
        """Return the answer to a datagram, b"" for none."""
        ...


@dataclass(slots=True)
class Questions:
    """One question at a time: due after the interval, or when the last one is given up."""

    interval_s: float
    give_up_s: float
    waiting: bool = False
    asked_ns: int | None = None

    def due(self, monotonic_ns: int) -> bool:
        """Tell whether to ask now; then it counts as asked."""
        if self.asked_ns is not None:
            waited_s = (monotonic_ns - self.asked_ns) / 1e9
            if waited_s < (self.give_up_s if self.waiting else self.interval_s):
                return False
        self.asked_ns, self.waiting = monotonic_ns, True
        return True

    def reset(self) -> None:
        """Forget the last question."""
        self.asked_ns, self.waiting = None, False


class Rota(Generic[Question]):
    """What to ask next: each setting once, then the level, now and then a setting again."""

    def __init__(self, settings: Sequence[Question], level: Question) -> None:
        self._settings, self._level = deque(settings), level
        self._orders: deque[Question] = deque()
        self._first = deque(settings)
        self._levels = 0

    def next(self) -> Question:
        """Return the next order, else the next question."""
        for waiting in (self._orders, self._first):
            if waiting:
                return waiting.popleft()
        self._levels += 1
        if self._settings and self._levels > LEVELS_A_SETTING:
            self._levels = 0
            self._settings.rotate(-1)
            return self._settings[-1]
        return self._level

    def order(self, orders: Iterable[Question]) -> None:
        """Say these first, in this order; then ask the settings again, which may have changed."""
        self._orders.extend(orders)
        self._first = deque(self._settings)

    @property
    def ordered(self) -> bool:
        """Tell whether something is still to be said."""
        return bool(self._orders)

    def refuse(self, question: Question) -> None:
        """Never ask this again: the receiver does not know it."""
        for known in (self._settings, self._first):
            if question in known:
                known.remove(question)

    def reset(self) -> None:
        """Begin with the settings again; orders that were not given yet are forgotten."""
        self._orders.clear()
        self._first = deque(self._settings)


class Lines:
    """Cuts lines of text, ended by CR, LF or both, out of chunks; a monster loses its beginning."""

    def __init__(self, longest_bytes: int = LONGEST_LINE_BYTES) -> None:
        self._longest_bytes = longest_bytes
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        """Return the whole lines that are not empty, as latin-1: any byte is a character."""
        *lines, rest = (self._rest + chunk).replace(b"\r", b"\n").split(b"\n")
        self._rest = rest[-self._longest_bytes :]
        return [text for line in lines if (text := line.decode("latin-1").strip())]

    def reset(self) -> None:
        """Forget the half line."""
        self._rest = b""


def build(address: Address) -> Instrument:
    """Make the instrument of an address.

    Raises:
        ConfigError: there is no such instrument, or an option has a wrong value.
    """
    if address.instrument not in INSTRUMENTS:
        known = ", ".join(INSTRUMENTS)
        raise ConfigError(f"{address}: unknown instrument {address.instrument!r}; known: {known}")
    module = importlib.import_module(INSTRUMENTS[address.instrument].module)
    instrument: Instrument = module.make(address)
    return instrument


def utc_offset(address: Address) -> timezone:
    """Return the zone of the times in a maker's file, as the user gives it: `utc_offset=+03:00`.

    Raises:
        ConfigError: it is not given, or is no offset: such a file does not say it itself.
    """
    text = address.options.get("utc_offset", "")
    match = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", "+00:00" if text.upper() == "UTC" else text)
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        said = f"utc_offset={text!r} is no offset" if text else "the file does not say its zone"
        raise ConfigError(f"{address}: {said}; add ?utc_offset=+03:00, or utc_offset=UTC")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def local_time(text: str, forms: Sequence[str], zone: timezone) -> datetime | None:
    """Read a time of a maker's file, in one of some forms of `strptime`; None where it is none."""
    for form in forms:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=zone).astimezone(UTC)
    return None


def seconds(address: Address, option: str, default: float) -> float:
    """Return an option of an address as a positive number of seconds.

    Raises:
        ConfigError: it is not one.
    """
    text = address.options.get(option, str(default))
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e6:
        raise ConfigError(f"{address}: {option}={text!r} is not a number of seconds")
    return value
