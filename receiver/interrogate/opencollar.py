"""Asking an OpenCollar Edge: status, position, clock, settings, its flash log; its VHF beacon.

Source: SmartParksOrg/smartparks-opencollar-edge-fw-public at 73fa4de (`bt_con.c`,
`settings_interface.c`, `flash_interface.c`), and the project's page on open collars, section 9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from protocols import DecodeError, Packet, decode
from protocols.opencollar_ble import NOTIFICATION, Assembler
from receiver.errors import ConfigError, SourceError, SourceTimeoutError
from receiver.interrogate.masking import masked, shown
from receiver.interrogate.sayings import Confirmed
from receiver.interrogate.session import Session

ANSWER_S, QUIET_S, PIECE_S = 5.0, 0.7, 0.25
PIN_S = 3.0
Ends = Callable[[bytes], bool]
CONFIRM_HEAD = b"\x1f\xf3\x02"
SHORTEST_LINK_BYTES = 20  # of a write, where a Bluetooth link agreed on nothing more

QUESTIONS: dict[str, tuple[bytes, bytes]] = {
    # what is said, and how the answer begins
    "status": (b"\x20\xa4\x00", b"\x04\xf4"),
    "position": (b"\x20\xa5\x00", b"\x1f\xfe"),
    "clock": (b"\x20\xce\x00", b"\x12\x97"),
    "flash": (b"\x20\xb3\x00", b"\x0e\x94"),
    "values": (b"\x20\xa2\x00", b"\x1e"),
    "mac": (b"\x20\xb7\x00", b"\x1f\xfd"),
}
# Of answers, with their heads.
STATUS_BYTES, FLASH_STATUS_BYTES, MAC_BYTES, CLOCK_BYTES = 17, 8, 9, 7
ALL_SETTINGS = b"\x20\xa7\x00"
DEVICE_NAME = 0x21
FIX_NOW = b"\x20\xb8\x00"


class RefusedError(SourceError):
    """The collar refused a command."""


@dataclass(frozen=True, slots=True)
class Beacon:
    """How the VHF beacon shall pulse: section 8.3 of the project's page on open collars.

    `hours` (UTC): from the first to the second; without them day and night.
    """

    frequency_khz: int
    pulse_ms: int = 18
    interval_s: int = 2
    hours: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("frequency in kHz", self.frequency_khz, 150_000, 300_000),
            ("pulse in ms", self.pulse_ms, 5, 10_000),
            ("interval in s", self.interval_s, 1, 86_400),
            *(("hour", hour, 0, 23) for hour in self.hours or ()),
        ):
            if not low <= value <= high:
                raise ConfigError(f"{name} {value}: this collar takes {low} to {high}")
        if self.hours and self.hours[0] == self.hours[1]:
            raise ConfigError("from an hour to the same hour: leave the hours out for all day")
        if self.pulse_ms >= 1000 * self.interval_s:
            raise ConfigError(f"pulses of {self.pulse_ms} ms do not fit into {self.interval_s} s")

    def sayings(self) -> list[bytes]:
        """Return what to say, in pieces that every Bluetooth link takes; at last the beacon on."""
        if self.hours is None:
            day = [(0x66, 0, 1)]
        else:
            day = [(0x63, 0, 4), (0x64, self.hours[0], 1), (0x65, self.hours[1], 1), (0x66, 1, 1)]
        pulses = [(0x6A, self.frequency_khz, 4), (0x6B, self.pulse_ms, 2), (0x67, 1, 1)]
        items = [*pulses, (0x62, self.interval_s, 4), *day, (0x61, 1, 1)]
        said = [b"\x03"]
        for item in (_item(*item) for item in items):
            if len(said[-1]) + len(item) > SHORTEST_LINK_BYTES:
                said.append(b"\x03")
            said[-1] += item
        return said

    def cost(self, collar_time: datetime | None) -> str:
        """Return what it costs, and what to know of its rhythm; by the collar's own clock."""
        share = self.pulse_ms / (10 * self.interval_s)
        hours = "day and night"
        if self.hours is not None:
            hours = f"from {self.hours[0]:02d}:00 to {self.hours[1]:02d}:00 UTC by its own clock"
            now = "nobody knows what" if collar_time is None else f"{collar_time:%Y-%m-%d %H:%M}"
            hours += f" (which says {now} now)"
        return (
            f"it transmits {share:.2g} % of the time, {hours}, until beacon-off or an empty"
            " battery; pulses slip by seconds to minutes while the collar works with LoRaWAN or GPS"
        )


BEACON_OFF = b"\x03\x61\x01\x00"


def _item(identifier: int, value: int, size: int) -> bytes:
    return bytes([identifier, size]) + value.to_bytes(size, "little")


class OpenCollar:
    """One collar on an open link. What it says unasked is kept in `unasked`.

    `hidden` counts bytes that may be pieces of a key: they are neither shown nor written down.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._assembler = Assembler()
        self._unlocked, self._told_keys, self.hidden = False, False, 0
        self.unasked: list[bytes] = []

    def messages(
        self, first_s: float, quiet_s: float, longest_s: float, is_last: Ends | None = None
    ) -> Iterator[bytes]:
        """Yield what it says, until nothing came for `quiet_s`, or nothing at all for `first_s`.

        It is not listened to for longer than `longest_s`, also if it talks without end. A list has
        no end of its own: `is_last` tells when what came of it is all that was asked for.
        """
        end_ns, quiet_ns = (self._session.deadline_ns(s) for s in (longest_s, first_s))
        while not self._session.is_over(end_ns):
            try:
                piece = self._session.hear(PIECE_S)
            except SourceError:  # what came before is not lost
                yield from self._noted(self._assembler.flush())
                raise
            if piece:
                quiet_ns = self._session.deadline_ns(quiet_s)
                yield from self._noted(self._assembler.feed(piece))
                if is_last is not None and is_last(self._assembler.kept):
                    break
            elif self._session.is_over(quiet_ns):
                break
        yield from self._noted(self._assembler.flush())

    def _noted(self, messages: list[bytes]) -> Iterator[bytes]:
        for message in messages:
            known = shown(message) if self._told_keys else message
            self._session.note(known + bytes(len(message) - len(known)))
            self.hidden += len(message) - len(known)
            if known:
                yield known

    def ask(
        self, question: bytes, is_answer: Ends, seconds: float = ANSWER_S,
        is_last: Ends | None = None,
    ) -> bytes:  # fmt: skip
        """Say something and return the first answer to it.

        Raises:
            SourceTimeoutError: none came. RefusedError: it refused. SourceError: the link is lost.
        """
        self._session.say(question)
        refusal = CONFIRM_HEAD + question[1:2] + b"\0"
        answer = None
        for message in self.messages(seconds, QUIET_S, seconds, is_last):
            if answer is None and is_answer(message):
                answer = message
            elif message == refusal:
                raise RefusedError("the collar refused this")
            else:
                self.unasked.append(message)
            if answer is not None and not _is_list(answer):
                return answer
        if answer is None:
            pin = "" if self._unlocked else "; if it has a PIN, give it (--pin)"
            raise SourceTimeoutError(f"the collar did not answer within {seconds:g} s{pin}")
        return answer

    def asked(self, what: str) -> bytes:
        """Return the answer to one of `QUESTIONS`."""
        question, head = QUESTIONS[what]
        return self.ask(question, lambda message: message.startswith(head) and is_whole(message))

    def unlock(self, pin: bytes) -> None:
        """Give the PIN; without it a collar that has one hangs up after ten seconds.

        Raises:
            RefusedError: it is a wrong one, or the collar has none. The PIN is in no message.
        """
        if len(pin) not in (4, 16):
            raise ConfigError("a PIN has 8 hexadecimal digits, an AppKey in its place 32")
        right = CONFIRM_HEAD + b"\xc2\x01"
        try:
            self.ask(bytes([0x20, 0xC2, len(pin)]) + pin, right.__eq__, seconds=PIN_S)
        except SourceTimeoutError as error:
            raise SourceTimeoutError(
                "no answer to the PIN: is it the one of this collar?"
            ) from error
        except SourceError as error:
            text = "the collar hung up: the PIN is wrong, or it has none (then leave it out)"
            raise RefusedError(text) from error
        self._unlocked = True

    def settings(self) -> list[bytes]:
        """Return the messages that hold all settings, up to the confirmation."""
        self._told_keys = True
        self._session.say(ALL_SETTINGS)
        found: list[bytes] = []
        for message in self.messages(ANSWER_S, 2.0, 20.0):
            if message[:4] == CONFIRM_HEAD + b"\xa7":
                break
            (found if message[:1] == b"\x03" else self.unasked).append(message)
        if not found:
            raise SourceTimeoutError("the collar told no settings")
        return found

    def setting(self, identifier: int) -> bytes:
        """Return the value of one setting.

        Raises:
            RefusedError: it has no such setting.
        """
        question, head = bytes([0x20, 0xA8, 1, identifier]), bytes([3, identifier])

        def is_whole_list(kept: bytes) -> bool:
            return kept[:2] == head and len(kept) > 2 and len(kept) == 3 + kept[2]

        answer = self.ask(question, lambda m: m.startswith(head), is_last=is_whole_list)
        return answer[3 : 3 + answer[2]] if len(answer) > 2 else b""

    def mac(self) -> str:
        """Return the collar's Bluetooth address, "" of a firmware that does not tell it."""
        try:
            answer = self.asked("mac")
        except (SourceTimeoutError, RefusedError):
            return ""
        return answer[8:2:-1].hex(":").upper() if len(answer) == MAC_BYTES else ""

    def time(self) -> datetime | None:
        """Return what the collar's clock says, None of a firmware that does not tell it."""
        try:
            answer = self.asked("clock")
        except (SourceTimeoutError, RefusedError):
            return None
        unix_s = int.from_bytes(answer[3:7], "little")
        return datetime.fromtimestamp(unix_s, UTC) if len(answer) == CLOCK_BYTES else None

    def firmware(self) -> tuple[int, int]:
        """Return the version of the firmware; of the second number only 0 to 15 is told.

        Raises:
            SourceError: the status is too short for it.
        """
        answer = self.asked("status")
        if len(answer) < STATUS_BYTES:
            raise SourceError("the status of this collar is cut: nothing is known of its firmware")
        return answer[13] >> 4, answer[13] & 15

    def stored(self) -> int:
        """Return how many records are in its flash.

        Raises:
            SourceError: it does not tell.
        """
        answer = self.asked("flash")
        if len(answer) != FLASH_STATUS_BYTES:
            raise SourceError("the flash status of this collar is not one: ask again")
        return int.from_bytes(answer[4:8], "little")

    def identity(self) -> str:
        """Return the collar's id: its name, or what it is called without one.

        Raises:
            SourceError: it does not tell.
        """
        mac = self.mac().replace(":", "")
        if not mac:
            raise SourceError("the collar does not tell who it is: nothing can be confirmed")
        own = f"SP{mac[-6:]}"
        try:
            name = self.setting(DEVICE_NAME).rstrip(b"\0").decode("ascii")
        except (SourceTimeoutError, RefusedError, UnicodeDecodeError):
            return own
        return name if name.strip() and name.isprintable() else own

    def change(self, saying: bytes, confirmed: Confirmed | None) -> None:
        """Say what changes the collar; the leave must be for these very bytes.

        Settings are not answered (`prv_execute_message`): read them back.

        Raises:
            RefusedError: the collar says that it did not do it.
        """
        self._told_keys = True  # who knows what is sent
        self._session.say(saying, confirmed)
        first_s = QUIET_S if saying[:1] == b"\x03" else ANSWER_S
        for message in self.messages(first_s, QUIET_S, ANSWER_S):
            self.unasked.append(message)
            if message[:3] == CONFIRM_HEAD and message[4:] == b"\0":
                raise RefusedError("the collar says that it did not do this")


def is_whole(message: bytes) -> bool:
    """Tell whether a message has all the bytes that it announces."""
    return _is_list(message) or (len(message) > 2 and len(message) == 3 + message[2])


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
