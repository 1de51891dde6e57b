"""Asking a LinkIt tracker in its text protocol: what it is, how it stands, its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from protocols import DecodeError, Packet, decode, linkit_dte
from receiver.errors import SourceError, SourceTimeoutError
from receiver.interrogate.opencollar import RefusedError
from receiver.interrogate.sayings import Confirmed
from receiver.interrogate.session import Session

ANSWER_S, PIECE_S = 5.0, 0.25
LOGS = {"positions": "1", "system": "0"}


def line(command: str, payload: str = "") -> bytes:
    """Return a request."""
    return linkit_dte.build({"reply": "", "cmd": command, "payload": payload})


class LinkIt:
    """One tracker on an open link. Lines that answer nothing are kept in `unasked`."""

    def __init__(self, session: Session) -> None:
        self._session, self._kept = session, b""
        self.unasked: list[bytes] = []

    def lines(self, seconds: float) -> Iterator[bytes]:
        """Yield whole lines until the time is over."""
        deadline_ns = self._session.deadline_ns(seconds)
        while not self._session.is_over(deadline_ns):
            self._kept = (self._kept + self._session.hear(PIECE_S))[-2 * linkit_dte.LONGEST :]
            while b"\r" in self._kept:
                one, _, self._kept = self._kept.partition(b"\r")
                whole = one.lstrip(b"\n") + b"\r"
                self._session.note(whole)
                yield whole

    def ask(
        self, command: str, payload: str = "", confirmed: Confirmed | None = None
    ) -> Packet:  # fmt: skip
        """Return the answer to a request.

        Raises:
            SourceTimeoutError: none came. RefusedError: it refused, with its reason.
        """
        self._session.say(line(command, payload), confirmed)
        return self._answer(command)

    def _answer(self, command: str) -> Packet:
        for one in self.lines(ANSWER_S):
            try:
                (packet,) = decode(one, protocol=linkit_dte.PROTOCOL.name)
            except DecodeError:
                self.unasked.append(one)
                continue
            if packet.details["cmd"] == command and packet.details["ok"] is not None:
                if not packet.details["ok"]:
                    raise RefusedError(f"the tracker refused {command}: {packet.details['error']}")
                return packet
            self.unasked.append(one)
        raise SourceTimeoutError(f"the tracker did not answer within {ANSWER_S:g} s")

    def identity(self) -> str:
        """Return its Argos id; without one its serial number.

        Raises:
            SourceError: it tells neither.
        """
        values = self.ask("STATR").details.get("values", {})
        for key in (linkit_dte.ARGOS_ID, "IDT10"):
            if values.get(key, "0") != "0":
                return str(values[key])
        raise SourceError("the tracker does not tell its id: nothing can be confirmed")

    def log(self, which: str, add: Callable[[bytes], None]) -> int:
        """Read a log, piece by piece as the tracker sends them; return how many came.

        Raises:
            SourceError: one is missing. Those before it are given to `add`.
        """
        packet = self.ask("DUMPD", LOGS[which])
        pieces = 0
        while True:
            part = packet.details.get("part", 0)
            if part != pieces:
                raise SourceError(
                    f"piece {part} of the log came where {pieces} was due: what came before is"
                    " saved, read all again into another file"
                )
            add(bytes.fromhex(packet.details.get("data", "")))
            pieces += 1
            if part >= packet.details.get("last_part", 0):
                return pieces
            packet = self._answer("DUMPD")
