"""Asking a LinkIt tracker in its text protocol: what it is, how it stands, its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from protocols import DecodeError, Packet, decode, linkit_dte
from receiver.errors import SourceError, SourceTimeoutError
from receiver.interrogate.opencollar import RefusedError
from receiver.interrogate.session import Session

ANSWER_S, PIECE_S = 5.0, 0.25
KEYS_AT_ONCE = 16  # a line goes over Bluetooth in one piece
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
        """Yield whole lines until the time is over; what is longer than any line, as it is."""
        deadline_ns = self._session.deadline_ns(seconds)
        while not self._session.is_over(deadline_ns):
            try:
                self._kept += self._session.hear(PIECE_S)
            except SourceError:  # what came before is not lost
                self.flush()
                raise
            while b"\r" in self._kept:
                one, _, self._kept = self._kept.partition(b"\r")
                yield self._noted(one.lstrip(b"\n") + b"\r")
            if len(self._kept) > linkit_dte.LONGEST:
                self.flush()

    def flush(self) -> None:
        """Keep what came of a line that did not end."""
        if self._kept:
            self.unasked.append(self._noted(self._kept))
        self._kept = b""

    def _noted(self, line: bytes) -> bytes:
        self._session.note(line)
        return line

    def ask(self, command: str, payload: str = "") -> Packet:
        """Return the answer to a request.

        Raises:
            SourceTimeoutError: none came. RefusedError: it refused, with its reason.
        """
        self._session.say(line(command, payload))
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
        self.flush()
        raise SourceTimeoutError(f"the tracker did not answer within {ANSWER_S:g} s")

    def settings(self) -> list[Packet]:
        """Return the values of all keys that it knows, some at a time."""
        keys = self.ask("PARML").details.get("keys", [])
        groups = (keys[n : n + KEYS_AT_ONCE] for n in range(0, len(keys), KEYS_AT_ONCE))
        return [self.ask("PARMR", ",".join(group)) for group in groups]

    def log(self, which: str, add: Callable[[bytes], None]) -> int:
        """Read a log, piece by piece as the tracker sends them; return how many came.

        Raises:
            SourceError: the link is lost, or a piece is missing: records after it would be wrong.
        """
        packet, pieces = self.ask("DUMPD", LOGS[which]), 0
        while True:
            if packet.details.get("part") != pieces:
                raise SourceError(f"the tracker left out piece {pieces} of its log: ask again")
            add(bytes.fromhex(packet.details["data"]))
            pieces += 1
            if pieces > packet.details["last_part"]:
                return pieces
            packet = self._answer("DUMPD")
