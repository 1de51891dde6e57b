"""From an address and some wishes to answers: which collar, what is asked, who must agree."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from protocols import DecodeError, Packet, decode, ticktag
from protocols.opencollar_edge.tables import SETTINGS
from receiver.address import Address
from receiver.clock import Clock
from receiver.errors import ConfigError, SourceError, WriteError
from receiver.interrogate import flash, linkit, opencollar, sayings
from receiver.interrogate import ticktag as tag
from receiver.interrogate.flash import Downloaded
from receiver.interrogate.masking import masked
from receiver.interrogate.opencollar import Beacon, OpenCollar, RefusedError
from receiver.interrogate.sayings import Effect
from receiver.interrogate.session import Mask, Session, Transcript
from receiver.links import open_link

Typed = Callable[[str, str], str]  # what it does and the collar's id in; what was typed out
Told = Callable[[int, int], None]  # records that came, of how many


@dataclass(slots=True)
class Wishes:
    """What is asked. `typed` is asked for before anything that changes the collar."""

    what: tuple[str, ...]
    typed: Typed
    out: Path | None = None
    pin: bytes = b""
    beacon: Beacon | None = None
    saying: bytes = b""
    told: Told = lambda records, total: None


@dataclass(slots=True)
class Answers:
    """What a collar said."""

    collar_id: str | None = None
    packets: list[Packet] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    download: Downloaded | None = None
    done: list[str] = field(default_factory=list)


class Kind(NamedTuple):
    """A kind of collar: what can be asked, what is asked without a wish; the guard; its secrets."""

    questions: tuple[str, ...]
    usual: tuple[str, ...]
    effect_of: Effect
    mask: Mask
    ask: Callable[[Session, Wishes, Answers], None]


def interrogate(
    address: Address, wishes: Wishes, transcript: Path, clock: Clock, answers: Answers
) -> None:
    """Open a link, ask, and close it; `answers` takes what comes, also before something fails.

    Raises:
        ConfigError: this kind of collar, or this question, is not known; NotConfirmedError: nobody
            agreed to a change.
        SourceError: the link is lost, or it does not answer. What came before is on the disk.
    """
    kind = kind_of(address)
    what = wishes.what or kind.usual
    for one in what:
        if one not in kind.questions:
            raise ConfigError(f"{one!r}: ask for any of {', '.join(kind.questions)}")
    wishes.what = what
    with (
        closing(open_link(address)) as link,
        closing(Transcript(transcript, kind.mask)) as written,
    ):
        kind.ask(Session(link, clock, written, kind.effect_of), wishes, answers)


def kind_of(address: Address) -> Kind:
    """Return the kind of collar of an address.

    Raises:
        ConfigError: there is none of this name.
    """
    if address.instrument not in KINDS:
        known = ", ".join(KINDS)
        raise ConfigError(f"{address}: {address.instrument!r} cannot be asked; known: {known}")
    return KINDS[address.instrument]


# --- OpenCollar Edge --------------------------------------------------------------------------


def _opencollar(session: Session, wishes: Wishes, answers: Answers) -> None:
    collar = OpenCollar(session)
    if wishes.pin:
        collar.unlock(wishes.pin)
    try:
        for what in wishes.what:
            _of_opencollar(collar, session, what, wishes, answers)
    finally:
        _take(answers, collar.unasked)
        if collar.hidden:
            answers.unread.append(f"{collar.hidden} bytes that may hold keys: they are not shown")


def _of_opencollar(
    collar: OpenCollar, session: Session, what: str, wishes: Wishes, answers: Answers
) -> None:
    if what == "flash":
        _flash(collar, session, wishes, answers)
    elif what == "settings":
        _take(answers, collar.settings())
    elif what in opencollar.QUESTIONS:
        _take(answers, [collar.asked(what)])
    else:
        _change(collar, what, wishes, answers)


def _take(answers: Answers, messages: Sequence[bytes]) -> None:
    packets, unread = opencollar.packets_of(list(messages))
    answers.packets += packets
    answers.unread += unread


def _flash(collar: OpenCollar, session: Session, wishes: Wishes, answers: Answers) -> None:
    path, firmware = _file(wishes), collar.firmware()
    with closing(flash.Log(path, collar.mac())) as log:
        answers.download = Downloaded()
        flash.download(collar, session, log, firmware, wishes.told, answers.download)


def _file(wishes: Wishes) -> Path:
    if wishes.out is None:
        raise ConfigError("where to? add --out FILE; the same file later goes on where it ended")
    return wishes.out


def _change(collar: OpenCollar, what: str, wishes: Wishes, answers: Answers) -> None:
    """Say what changes the collar, once its id was typed; read settings back."""
    said = _sayings(what, wishes)
    effect = "; ".join(filter(None, map(sayings.of_opencollar, said)))
    confirmed = None
    if effect:
        if what == "beacon-on" and wishes.beacon is not None:
            time = collar.time() if wishes.beacon.hours else None
            effect = f"{effect}; {wishes.beacon.cost(time)}"
        answers.collar_id = collar.identity()
        typed = wishes.typed(effect, answers.collar_id)
        confirmed = sayings.confirm(said, answers.collar_id, typed)
    for saying in said:
        collar.change(saying, confirmed)
    _read_back(collar, said, answers)
    if effect:
        answers.done.append(effect)


def _read_back(collar: OpenCollar, said: Sequence[bytes], answers: Answers) -> None:
    """Ask for the settings that were written, all in one list.

    Raises:
        RefusedError: the collar has another value.
    """
    lists = (saying[1:] for saying in said if saying[0] == sayings.SETTINGS_PORT)
    written = {identifier: value for one in lists for identifier, value in sayings.items_of(one)}
    has = {identifier: collar.setting(identifier) for identifier in written}
    items = (bytes([identifier, len(value)]) + value for identifier, value in has.items())
    if has:
        _take(answers, [bytes([sayings.SETTINGS_PORT]) + b"".join(items)])
    for identifier, value in written.items():
        if has[identifier] != value:
            name = SETTINGS[identifier].name if identifier in SETTINGS else f"{identifier:02X}"
            raise RefusedError(f"the collar did not take {name}: it has another value, see above")


def _sayings(what: str, wishes: Wishes) -> list[bytes]:
    if what == "beacon-on":
        if wishes.beacon is None:
            raise ConfigError("beacon-on needs --frequency, as in 150.1M")
        return wishes.beacon.sayings()
    if what == "send":
        if not wishes.saying:
            raise ConfigError("send needs --bytes, as in 20B800")
        return [wishes.saying]
    return [{"beacon-off": opencollar.BEACON_OFF, "fix-now": opencollar.FIX_NOW}[what]]


# --- LinkIt and TickTag -----------------------------------------------------------------------


def _linkit(session: Session, wishes: Wishes, answers: Answers) -> None:
    tracker = linkit.LinkIt(session)
    try:
        for what in wishes.what:
            if what == "log":
                with _saved(_file(wishes)) as add:
                    tracker.log("positions", add)
            elif what == "status":
                answers.packets.append(tracker.ask("STATR"))
            else:
                answers.packets += tracker.settings()
    finally:
        answers.unread += [line.decode("latin-1").strip() for line in tracker.unasked]


def _ticktag(session: Session, wishes: Wishes, answers: Answers) -> None:
    path = _file(wishes)
    with _saved(path) as add:
        tag.read(session, add)
    try:
        answers.packets += decode(path.read_bytes(), protocol=ticktag.TEXT.name)
    except DecodeError as error:
        answers.unread.append(str(error))


def _add(file: BinaryIO, piece: bytes) -> None:
    file.write(piece)
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _saved(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Yield what adds bytes to a new file, as they come.

    Raises:
        WriteError: there is such a file already, or it cannot be written.
    """
    try:
        with path.open("xb") as file:
            yield partial(_add, file)
    except FileExistsError as error:
        raise WriteError(f"{path} is there already: give another file") from error
    except SourceError:
        raise
    except OSError as error:
        raise WriteError(f"{path}: {error.strerror}") from error


KINDS = {
    "opencollar": Kind(
        (*opencollar.QUESTIONS, "settings", "beacon-on", "beacon-off", "fix-now", "send"),
        ("status", "position", "clock"),
        sayings.of_opencollar,
        masked,
        _opencollar,
    ),
    "linkit": Kind(("status", "settings", "log"), ("status",), sayings.of_linkit, bytes, _linkit),
    "ticktag": Kind(("memory",), ("memory",), sayings.of_ticktag, bytes, _ticktag),
}
