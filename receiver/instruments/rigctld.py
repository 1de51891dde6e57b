r"""Any receiver behind Hamlib's `rigctld`, by its extended protocol (`+\command`).

    asked   +\get_level STRENGTH        answered   get_level: STRENGTH / -47 / RPRT 0

Always the long form, one question at a time: a short one may be taken for another command, some
get no answer at all, and an answer may lack its value (`RPRT 0` alone), which is missing, never 0.
Start the server as `rigctld -m MODEL -r PORT -C timeout=200,retry=0`: otherwise a silent radio
holds each question for 13 s, and this side gives up after 2 s.

STRENGTH is "dB over S9" by a table in Hamlib that for many receivers is a placeholder, and the
server does not say for which. So it stays a count, unless the address says `curve=hamlib` (you know
that the table of your receiver was measured) or `unit=dBFS` (the server is an SDR program).
"""

from __future__ import annotations

import math
import re
from datetime import datetime

from receiver.address import Address
from receiver.errors import ConfigError
from receiver.instruments import Lines, Questions, Rota, seconds
from receiver.records import Detection

NO_ANSWER_S = 1.0
MOST_VALUES = 20  # an answer has two or three
QUERIES_BETWEEN = (
    "get_freq", "get_mode", "get_level ATT", "get_level PREAMP", "get_level SQL", "get_level RF",
)  # fmt: skip
NARROW_CW, NARROW_USB = "set_mode CW 500", "set_mode USB 500"
BEAT_HZ = 700.0  # in USB the dial stands so far below the carrier, for a tone
ECHO = re.compile(r"^(get_level|get_freq|get_mode|set_mode):\s*(\w*)")
UNITS = {"hamlib": "dBS9", "dBFS": "dBFS"}


class Rigctld:
    """One rigctld server."""

    no_answer_hint = "is the receiver on? start rigctld with -C timeout=200,retry=0"

    def __init__(self, unit: str | None, poll_interval_s: float) -> None:
        self.poll_interval_s = poll_interval_s
        self.expected_interval_s: float | None = 10 * poll_interval_s
        self._unit = unit
        self._rota = Rota(QUERIES_BETWEEN, "get_level STRENGTH")
        self._questions = Questions(poll_interval_s, NO_ANSWER_S)
        self._known: dict[str, str] = {}
        self._lines, self._echo = Lines(), ""
        self._values: list[str] = []
        self._carrier_hz: float | None = None
        self._beat_hz = 0.0

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each answered STRENGTH."""
        detections = []
        for line in self._lines.feed(chunk):
            strength = self._line(line)
            if strength is not None:
                detections.append(self._reading(strength, time, monotonic_ns))
        return detections

    def reset(self) -> None:
        """Forget the half answer and what the receiver was set to."""
        self._lines.reset()
        self._rota.reset()
        self._questions.reset()
        self._known.clear()
        self._forget_answer()

    def poll(self, monotonic_ns: int) -> bytes:
        """Return the next question when it is due and the last one is answered or given up."""
        if not self._questions.due(monotonic_ns):
            return b""
        return f"+\\{self._rota.next()}\n".encode()

    def prepare(self) -> None:
        """Open the squelch and take narrow CW, else USB; what it does not have, it refuses."""
        self._beat_hz = 0.0
        self._rota.order(["set_level SQL 0", NARROW_CW])

    def tune(self, frequency_hz: float, attenuator_db: float | None = None) -> None:
        """Put the dial on the carrier: in CW the receiver's own pitch makes the tone."""
        self._carrier_hz = frequency_hz
        orders = [f"set_freq {frequency_hz - self._beat_hz:.0f}"]
        orders += [] if attenuator_db is None else [f"set_level ATT {attenuator_db:.0f}"]
        self._rota.order(orders)

    def _forget_answer(self) -> None:
        self._echo, self._values = "", []
        self._questions.waiting = False

    def _line(self, line: str) -> float | None:
        """Take one line; return the strength when it ends an answer that holds one."""
        if match := ECHO.match(line):
            self._echo, self._values = f"{match[1]} {match[2]}".strip(), []
        elif line.startswith("RPRT"):
            return self._answered(line != "RPRT 0")
        elif line and len(self._values) < MOST_VALUES:
            self._values.append(line.rpartition(":")[2].strip())
        return None

    def _answered(self, refused: bool) -> float | None:
        echo, values = self._echo, self._values
        self._forget_answer()
        if refused and echo == "set_mode CW":
            self._without_cw(NARROW_USB, BEAT_HZ)
        elif refused and echo == "set_mode USB":
            self._without_cw(None, 0.0)
        elif refused:
            self._rota.refuse(echo)
        elif echo == "get_level STRENGTH":
            return _number(values)
        elif values:
            self._known[echo] = values[0]
        return None

    def _without_cw(self, mode: str | None, beat_hz: float) -> None:
        """Take another mode, and the dial to where that makes a tone."""
        self._beat_hz = beat_hz
        if mode is not None:
            self._rota.order([mode])
        if self._carrier_hz is not None:
            self._rota.order([f"set_freq {self._carrier_hz - beat_hz:.0f}"])

    def _level(self, name: str) -> float | None:
        return _number([self._known.get(f"get_level {name}", "")])

    def _reading(self, strength: float, time: datetime, monotonic_ns: int) -> Detection:
        named = (("preamplifier", self._level("PREAMP")), ("RF gain", self._level("RF")))
        squelch = self._level("SQL")
        return Detection(
            kind="meter",
            time=time,
            monotonic_ns=monotonic_ns,
            frequency_hz=_number([self._known.get("get_freq", "")]),
            level_raw=strength,
            level_db=strength if self._unit else None,
            level_unit=self._unit,
            attenuator_db=self._level("ATT"),
            calibration_id="hamlib:rigctld" if self._unit == "dBS9" else None,
            found=None if squelch is None else squelch == 0.0,
            mode=self._known.get("get_mode"),
            text=", ".join(f"{name} {value:g}" for name, value in named if value is not None)
            or None,
        )


def _number(values: list[str]) -> float | None:
    try:
        value = float(values[0])
    except (IndexError, ValueError):
        return None
    return value if math.isfinite(value) else None


def make(address: Address) -> Rigctld:
    """Make a client of a rigctld server.

    Raises:
        ConfigError: `curve` or `unit` has a value that means nothing here.
    """
    said = address.options.get("curve") or address.options.get("unit")
    if said is not None and said not in UNITS:
        raise ConfigError(f"{address}: {said!r} is not known; curve=hamlib or unit=dBFS")
    return Rigctld(UNITS[said] if said else None, seconds(address, "poll_s", 0.2))
