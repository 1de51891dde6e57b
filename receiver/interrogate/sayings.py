"""What may be said to a collar, what it does, and who must have agreed.

The guard is the content of the bytes, not the function that made them: `effect_of` knows the plain
questions of each kind of collar; everything else has an effect, also what it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from protocols.opencollar_edge.tables import COMMANDS, SECRET, SETTINGS, value_of
from receiver.errors import ConfigError

Effect = Callable[[bytes], str]  # "" for a question that changes nothing

COMMAND_PORT, SETTINGS_PORT = 0x20, 0x03
CHECK_PIN = 0xC2
# Identifiers and lengths. The firmware does not look at the length of all of them: A8 without an
# identifier makes it read where nothing is, and the collar restarts.
QUESTIONS = {
    0xA2: (0,), 0xA3: (1,), 0xA4: (0,), 0xA5: (0,), 0xA7: (0,), 0xA8: (1,), 0xB3: (0,),
    0xB7: (0,), 0xBB: (1,), 0xBC: (12,), 0xCE: (0,), CHECK_PIN: (4, 16),
}  # fmt: skip
EFFECTS = {
    0xA0: "joins the LoRaWAN network anew",
    0xA1: "RESTARTS the collar",
    0xA6: "restarts its GPS",
    0xAB: "ERASES all its settings and keys: it is lost for its network",
    0xAC: "puts ALL SETTINGS AND KEYS back to those of the factory: it is lost for its network",
    0xB8: "takes a GPS fix now, which costs battery",
    0xB9: "RESTARTS its radio",
    0xBA: "ERASES everything that it has recorded",
    0xBE: "CHANGES HOW IT WORKS: its radio may fall silent",
    0xBF: "STOPS it from recording",
    0xC0: "SWITCHES ITS BLUETOOTH OFF: nobody can ask it any more",
    0xC1: "CHANGES HOW IT WORKS: it may fall silent",
    0xC3: "PUTS IT TO SLEEP for good: only a magnet at the collar wakes it",
    0xCD: "DROPS THE COLLAR off the animal: nothing brings it back",
    0xCB: "ends this connection",
}
VHF: dict[int, Callable[[int], str]] = {
    0x61: lambda on: f"switches its VHF beacon {'ON, which costs battery' if on else 'OFF'}",
    0x62: lambda every_s: _pulses(every_s, "its VHF beacon"),
    0x63: lambda every_s: _pulses(every_s, "its VHF beacon in the other part of the day"),
    0x64: lambda hour: f"begins the first part of its beacon's day at {hour:02d}:00 UTC",
    0x65: lambda hour: f"begins the other part of its beacon's day at {hour:02d}:00 UTC",
    0x66: lambda two: f"has its beacon pulse {'by two parts of the day' if two else 'all day'}",
    0x67: lambda pulses: f"sends {pulses} pulse{'s' if pulses > 1 else ''} each time",
    0x6A: lambda khz: f"puts its VHF beacon on {khz / 1e3:.3f} MHz",
    0x6B: lambda ms: f"makes the pulses {ms} ms long",
}


def _pulses(every_s: int, what: str) -> str:
    return f"has {what} pulse every {every_s} s" if every_s else f"keeps {what} silent"


# Those of the table above after which a collar may be lost.
DANGEROUS = {0xA1, 0xAB, 0xAC, 0xB9, 0xBA, 0xBE, 0xBF, 0xC0, 0xC1, 0xC3, 0xCD}

LINKIT_QUESTIONS = {"PARML", "PARMR", "STATR", "PROFR", "DUMPD"}
LINKIT_EFFECTS = {
    "ERASE": "ERASES what it has recorded",
    "FACTW": "puts ALL SETTINGS back to those of the factory",
    "PARMW": "changes settings",
    "PROFW": "changes its profile",
    "RSTBW": "RESTARTS it",
    "SATTX": "transmits to satellites",
}
LINKIT_LINE = re.compile(rb"\$([A-Z]{5})#[0-9A-F]{3};([\x20-\x7e]*)\r")
TICKTAG_READ = b"0\r"


class NotConfirmedError(ConfigError):
    """Something that changes a collar was not confirmed."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody typed the collar's id for these very bytes. Only `confirm` makes one."""

    sayings: tuple[bytes, ...]


def confirm(sayings: Sequence[bytes], collar_id: str, typed: str) -> Confirmed:
    """Return the leave to say these bytes, and no others.

    Raises:
        NotConfirmedError: what was typed is not the collar's id.
    """
    if not collar_id.strip() or typed.strip().upper() != collar_id.strip().upper():
        raise NotConfirmedError(f"{typed.strip()!r} is not the id of this collar: nothing was sent")
    return Confirmed(tuple(sayings))


# --- OpenCollar Edge --------------------------------------------------------------------------


def of_opencollar(data: bytes) -> str:
    """Return what bytes for an OpenCollar Edge do, "" for questions."""
    if len(data) < 2 or data[0] not in (COMMAND_PORT, SETTINGS_PORT):
        return f"sends {len(data)} bytes that nobody here understands"
    try:
        items = list(items_of(data[1:]))
    except IndexError:
        return "sends a command that is cut, nobody knows what it does"
    if data[0] == SETTINGS_PORT:
        return "; ".join(_setting(identifier, value) for identifier, value in items)
    effects = (_command(identifier, len(value)) for identifier, value in items)
    return "; ".join(effect for effect in effects if effect)


def items_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield identifier and value of each item.

    Raises:
        IndexError: the last one is cut.
    """
    offset = 0
    while offset < len(data):
        size = data[offset + 1]
        value = data[offset + 2 : offset + 2 + size]
        if len(value) < size:
            raise IndexError(offset)
        yield data[offset], value
        offset += 2 + size


def _command(identifier: int, size: int) -> str:
    if size in QUESTIONS.get(identifier, ()):
        return ""
    if identifier in QUESTIONS:
        return f"asks {identifier:02X} with {size} bytes, which may restart it"
    known = COMMANDS.get(identifier)
    name = known.name if known else f"{identifier:02X}"
    return EFFECTS.get(identifier, f"runs its command {name}, nobody here knows what that changes")


def _setting(identifier: int, value: bytes) -> str:
    known = SETTINGS.get(identifier)
    if known is None:
        return f"sets its setting {identifier:02X}, which nobody here knows"
    if identifier in VHF and len(value) in (1, 2, 4):
        return VHF[identifier](int.from_bytes(value, "little"))
    if identifier in SECRET:
        return f"sets its {known.name}: with a wrong one it is lost for its network"
    return f"sets {known.name} to {value_of(identifier, known, value)}"


def is_dangerous(data: bytes) -> bool:
    """Tell whether bytes for an OpenCollar Edge hold a command after which it may be lost."""
    try:
        items = list(items_of(data[1:]))
    except IndexError:
        return True
    secret = data[:1] == bytes([SETTINGS_PORT]) and any(number in SECRET for number, _ in items)
    return secret or (data[:1] == bytes([COMMAND_PORT]) and any(n in DANGEROUS for n, _ in items))


# --- LinkIt and TickTag -----------------------------------------------------------------------


def of_linkit(data: bytes) -> str:
    """Return what a line for a LinkIt tracker does, "" for questions."""
    found = LINKIT_LINE.fullmatch(data)
    if found is None:
        return f"sends {len(data)} bytes that nobody here understands"
    command = found[1].decode()
    if command in LINKIT_QUESTIONS:
        return ""
    effect = LINKIT_EFFECTS.get(command, f"runs its command {command}, which nobody here knows")
    return f"{effect} ({found[2].decode()})" if found[2] else effect


def of_ticktag(data: bytes) -> str:
    """Return what a choice of a TickTag's menu does, "" for reading its memory."""
    if data == TICKTAG_READ:
        return ""
    if data[:1] == b"1":
        return "ERASES what it has recorded"
    return "changes how it works"
