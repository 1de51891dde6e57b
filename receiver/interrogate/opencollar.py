"""Asking an OpenCollar Edge: status, position, clock, settings, its flash log; its VHF beacon.

Source: SmartParksOrg/smartparks-opencollar-edge-fw-public at 73fa4de (`bt_con.c`,
`settings_interface.c`, `flash_interface.c`), and the project's page on open collars, section 9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from protocols import DecodeError, Packet, decode
from protocols.opencollar_ble import NOTIFICATION, Assembler
from protocols.opencollar_edge.tables import SECRET
from receiver.errors import ConfigError, SourceError, SourceTimeoutError
from receiver.interrogate.sayings import Confirmed
from receiver.interrogate.session import Session

ANSWER_S, QUIET_S, PIECE_S = 5.0, 0.7, 0.25
PIN_S = 3.0
CONFIRM_HEAD = b"\x1f\xf3\x02"

QUESTIONS: dict[str, tuple[bytes, bytes]] = {
    # what is said, and how the answer begins: its length, where it has one, is part of it
    "status": (b"\x20\xa4\x00", b"\x04\xf4\x0e"),
    "position": (b"\x20\xa5\x00", b"\x1f\xfe\x10"),
    "clock": (b"\x20\xce\x00", b"\x12\x97\x04"),
    "flash": (b"\x20\xb3\x00", b"\x0e\x94\x05"),
    "values": (b"\x20\xa2\x00", b"\x1e"),
    "mac": (b"\x20\xb7\x00", b"\x1f\xfd\x06"),
}
ALL_SETTINGS = b"\x20\xa7\x00"
DEVICE_NAME = 0x21
FIX_NOW = b"\x20\xb8\x00"


class RefusedError(SourceError):
    """The collar refused a command."""


@dataclass(frozen=True, slots=True)
class Beacon:
    """How the VHF beacon shall pulse: section 8.3 of the project's page on open collars."""

    frequency_khz: int
    pulse_ms: int = 18
    interval_s: int = 2

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("frequency", self.frequency_khz, 150_000, 300_000),
            ("pulse", self.pulse_ms, 5, 10_000),
            ("interval", self.interval_s, 1, 86_400),
        ):
            if not low <= value <= high:
                raise ConfigError(f"{name} {value}: this collar takes {low} to {high}")

    def settings(self) -> bytes:
        """Return what to say: one rhythm all day, single pulses, and at last the beacon on."""
        items = (
            (0x6A, self.frequency_khz, 4), (0x6B, self.pulse_ms, 2), (0x62, self.interval_s, 4),
            (0x66, 0, 1), (0x67, 1, 1), (0x61, 1, 1),
        )  # fmt: skip
        return b"\x03" + b"".join(_item(*item) for item in items)


BEACON_OFF = b"\x03\x61\x01\x00"


def _item(identifier: int, value: int, size: int) -> bytes:
    return bytes([identifier, size]) + value.to_bytes(size, "little")


def masked(message: bytes) -> bytes:
    """Return a message without the owner's keys and codes: zeros stand for them.

    Their places are found without reading the whole, so that a cut or strange message hides them
    as well.
    """
    if message[:1] == b"\x1d":
        return _masked_records(message)
    if message[:1] not in (b"\x03", b"\x20"):
        return message
    hidden = bytearray(message)
    offset = 1
    while offset + 2 <= len(message):
        identifier, size = message[offset], message[offset + 1]
        if identifier in SECRET:
            end = min(len(message), offset + 2 + size)
            hidden[offset + 2 : end] = bytes(end - offset - 2)
        offset += 2 + size
    return bytes(hidden)


def _masked_records(message: bytes) -> bytes:
    """Return a piece of a flash log with each record masked: its port, message and time."""
    hidden, offset = bytearray(message[:1]), 1
    while offset < len(message):
        end = offset + 7 + int.from_bytes(message[offset + 2 : offset + 3])
        record = message[offset:end]
        said = message[offset : end - 4]
        hidden += (masked(said) if record[:1] != b"\x1d" else said) + record[len(said) :]
        offset = end
    return bytes(hidden)


class OpenCollar:
    """One collar on an open link. What it says unasked is kept in `unasked`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._assembler = Assembler()
        self.unasked: list[bytes] = []

    def messages(self, seconds: float, quiet_s: float = QUIET_S) -> Iterator[bytes]:
        """Yield what it says until the time is over, or nothing came for `quiet_s`."""
        deadline_ns, quiet_ns = (self._session.deadline_ns(s) for s in (seconds, quiet_s))
        heard = False
        while not self._session.is_over(deadline_ns):
            try:
                piece = self._session.hear(PIECE_S)
            except SourceError:  # what came before is not lost
                yield from self._noted(self._assembler.flush())
                raise
            if piece:
                heard, quiet_ns = True, self._session.deadline_ns(quiet_s)
            elif heard and self._session.is_over(quiet_ns):
                break
            yield from self._noted(self._assembler.feed(piece))
        yield from self._noted(self._assembler.flush())

    def _noted(self, messages: list[bytes]) -> Iterator[bytes]:
        for message in messages:
            self._session.note(message)
            yield message

    def ask(
        self, question: bytes, is_answer: Callable[[bytes], bool],
        confirmed: Confirmed | None = None, seconds: float = ANSWER_S,
    ) -> bytes:  # fmt: skip
        """Say something and return the first answer to it.

        Raises:
            SourceTimeoutError: none came. RefusedError: it refused. SourceError: the link is lost.
        """
        self._session.say(question, confirmed)
        refusal = CONFIRM_HEAD + question[1:2] + b"\0"
        answer = None
        for message in self.messages(seconds):
            if answer is None and is_answer(message):
                answer = message
            elif message == refusal:
                raise RefusedError("the collar refused this")
            else:
                self.unasked.append(message)
            if answer is not None and not _is_list(answer):
                return answer
        if answer is None:
            raise SourceTimeoutError(f"the collar did not answer within {seconds:g} s")
        return answer

    def asked(self, what: str) -> bytes:
        """Return the answer to one of `QUESTIONS`."""
        question, head = QUESTIONS[what]
        return self.ask(question, lambda message: message.startswith(head) and is_whole(message))

    def unlock(self, pin: bytes) -> None:
        """Give the PIN; without it a collar that has one hangs up after ten seconds.

        Raises:
            RefusedError: it is a wrong one. The PIN is in no message.
        """
        if len(pin) not in (4, 16):
            raise ConfigError("a PIN has 8 hexadecimal digits, an AppKey in its place 32")
        right = CONFIRM_HEAD + b"\xc2\x01"
        try:
            self.ask(bytes([0x20, 0xC2, len(pin)]) + pin, right.__eq__, seconds=PIN_S)
        except SourceTimeoutError:
            raise
        except SourceError as error:
            raise RefusedError("the collar hung up: the PIN is wrong") from error

    def settings(self) -> list[bytes]:
        """Return the messages that hold all settings, up to the confirmation."""
        self._session.say(ALL_SETTINGS)
        found: list[bytes] = []
        for message in self.messages(20.0, quiet_s=2.0):
            if message[:4] == CONFIRM_HEAD + b"\xa7":
                break
            (found if message[:1] == b"\x03" else self.unasked).append(message)
        if not found:
            raise SourceTimeoutError("the collar told no settings")
        return found

    def setting(self, identifier: int) -> bytes:
        """Return the message with one setting."""
        question = bytes([0x20, 0xA8, 1, identifier])
        head = bytes([3, identifier])
        return self.ask(question, lambda message: message.startswith(head) and is_whole(message))

    def identity(self) -> str:
        """Return the collar's id: its name, or what it is called without one."""
        mac = self.asked("mac")[3:9]
        own = "SP" + mac[2::-1].hex().upper()
        try:
            name = self.setting(DEVICE_NAME)[3:].rstrip(b"\0").decode("ascii")
        except (SourceTimeoutError, RefusedError, UnicodeDecodeError):
            return own
        return name if name.strip() and name.isprintable() else own

    def change(self, saying: bytes, confirmed: Confirmed) -> None:
        """Say what changes the collar; the leave must be for these very bytes."""
        self._session.say(saying, confirmed)
        self.unasked += self.messages(ANSWER_S)


def is_whole(message: bytes) -> bool:
    """Tell whether a message has all the bytes that it announces."""
    return _is_list(message) or len(message) == 3 + message[2]


def _is_list(message: bytes) -> bool:
    return message[:1] in (b"\x03", b"\x1e")


def packets_of(messages: list[bytes]) -> tuple[list[Packet], list[str]]:
    """Return what messages say, and what of them cannot be read."""
    packets: list[Packet] = []
    unread: list[str] = []
    for message in messages:
        try:
            read = decode(masked(message), protocol=NOTIFICATION.name)
        except DecodeError as error:
            unread.append(f"{masked(message).hex()}: {error}")
            continue
        packets += read[1:] or read
    return packets, unread
