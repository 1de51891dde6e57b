"""A snapshot as rows of a terminal: pure, at any size, most needed first.

Rows that do not fit are left out from the least needed on; STOP, calls, the level, the direction
and the keys stay. Each row is as wide as the screen and made of texts with a role of the theme.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from receiver.homing.snapshot import Said, Snapshot, SourceState, Strength
from receiver.language import phrase
from receiver.ui.homescreen import words
from receiver.ui.homescreen.figures import bar, figures, in_words
from receiver.ui.homescreen.layout import KEEP, Block, Row, fit, fitting, fold, joined
from receiver.ui.homescreen.theme import Role
from receiver.ui.homescreen.words import Span
from receiver.ui.homing_keys import step_words
from receiver.wording import plain

# A screen of this size has room for figures twice as high.
LARGE = (120, 36)
LOST = ("lost", "ended")
OFF_SOON_S = 120.0
# Without news for so long what is drawn is no longer so: the recording itself may stand still.
STALLED_S = 3.0
MOST_BANNERS = 5
ROOMY = 10


@dataclass(frozen=True, slots=True)
class Below:
    """What is shown that is not of the snapshot: questions, keys, and what the program says."""

    runs: tuple[str, ...] = ()
    question: str = ""
    keys: tuple[str, ...] = ()
    message: str = ""
    stalled_s: float = 0.0
    code: tuple[str, ...] = ()  # one to read with a phone, and its address below


def drawn(snapshot: Snapshot | None, below: Below, width: int, height: int) -> list[Row]:
    """Return exactly `height` rows of `width` columns."""
    small = [] if snapshot is None else _compact(snapshot, below, width, height)
    runs = [row for text in below.runs for row in fold(text, "banner", width)]
    said = [*_said(below, snapshot, width), *runs]
    most = max(height // 3, height - len(small) - len(said))  # nothing is pushed off by the keys
    foot = _foot(below, width, most)[:most]
    bottom = foot[: 3 if below.question else 1] if below.code else [*said, *foot]
    stop = snapshot is not None and words.must_stop(snapshot)
    bottom = bottom[-max(height - (2 if stop else 1), 1) :]  # and STOP by nothing at all
    room = height - len(bottom)
    top = _opening() if snapshot is None else _top(snapshot, below, width, height, room)
    top = top if len(top) <= room else small
    if below.code:
        top = _code(snapshot, below, width, room)
    rows = [*top, *[()] * room][:room]
    return [fit(row, width) for row in [*rows, *bottom]]


def _opening() -> list[Row]:
    return [((phrase("opening the receivers"), "text"),)]


def _top(snapshot: Snapshot, below: Below, width: int, height: int, room: int) -> list[Row]:
    blocks = fitting(_blocks(snapshot, below, width, height), room)
    return [row for block in blocks for row in block.rows]


def _code(snapshot: Snapshot | None, below: Below, width: int, room: int) -> list[Row]:
    """A code below STOP, calls and what is wrong; where it does not fit, the address alone."""
    *drawn, address = below.code
    stop: list[Row] = []
    if snapshot is not None:
        stop = _advice(snapshot, width)[:1] if words.must_stop(snapshot) else []
        stop += _banners(snapshot, below, width)
    told = fold(address, "strong", width, most=3)
    fits = len(stop) + len(drawn) + len(told) <= room and len(drawn[0]) <= width if drawn else False
    rows: list[Row] = [((line, "code"),) for line in drawn] if fits else []
    return [*stop, *rows, *told]


def _compact(snapshot: Snapshot, below: Below, width: int, height: int) -> list[Row]:
    """The same without large figures, most needed first, for a screen that does not hold them."""
    head, advice = _head(snapshot, width), _advice(snapshot, width)
    banners, level = _banners(snapshot, below, width), _level_row(snapshot.strength)
    if words.must_stop(snapshot):
        loud: list[Row] = [((" ", "banner"),)] * (height >= ROOMY)
        return [head, *loud, *advice, *loud, *banners, level]
    return [head, *banners, level, *in_words(snapshot, width), *advice]


def _blocks(snapshot: Snapshot, below: Below, width: int, height: int) -> list[Block]:
    scale = 2 if width >= LARGE[0] and height >= LARGE[1] else 1
    most = 3 if height >= LARGE[1] else 1
    return [
        Block(KEEP, (_head(snapshot, width),)),
        Block(KEEP, tuple(_banners(snapshot, below, width))),
        Block(12, ((),)),
        Block(KEEP, tuple(figures(snapshot, scale, width))),
        Block(10, ((),)),
        Block(KEEP, (_level_row(snapshot.strength), bar(snapshot.strength, width))),
        Block(11, ((),)),
        Block(KEEP, tuple(_advice(snapshot, width))),
        Block(1, tuple(_echo(snapshot, width))),
        Block(2, tuple(_gain(snapshot, width))),
        Block(3, tuple(_beat(snapshot))),
        Block(5, tuple(_place(snapshot))),
        Block(6, tuple(_machine(snapshot))),
        Block(7, tuple(_decoded(snapshot, width, most))),
        Block(9, tuple(_others(snapshot))),
        Block(8, tuple(_needed(snapshot, width, most))),
    ]


def _head(snapshot: Snapshot, width: int) -> Row:
    collar = plain(snapshot.collar) if snapshot.collar else phrase("no collar chosen")
    made_up = phrase("SIMULATION") if snapshot.simulation else ""
    turning = phrase("TURN RUNS") if snapshot.turning else ""
    left = "  ".join(filter(None, (collar, made_up, turning)))
    source = words.clock(snapshot.machine.clock_source)
    clock = phrase("{time} UTC {source}", time=f"{snapshot.time:%H:%M:%S}", source=source)
    right = f"{words.saved(snapshot)}  {clock}".rstrip()
    stuck: Role = "banner" if snapshot.machine.is_stuck else "text"
    space = width - cell_len(left) - cell_len(right)
    return ((left, "strong"), (" " * max(space, 2), "text"), (right, stuck))


def _banners(snapshot: Snapshot, below: Below, width: int) -> Iterable[Row]:
    """What must be seen before anything else, each loud across the whole screen."""
    texts = [words.call(said) for said in snapshot.calls[-2:]]
    if below.stalled_s > STALLED_S:
        age = words.age(below.stalled_s)
        texts.append(phrase("NO NEWS FROM THE RECORDING FOR {age}: all below is old", age=age))
    if snapshot.own_radio:
        texts.append(phrase("OUR RADIO TRANSMITS: nothing counts"))
    if snapshot.machine.is_stuck and snapshot.machine.why_stuck:
        texts.append(plain(snapshot.machine.why_stuck))
    texts += [words.lost(source) for source in snapshot.sources if source.state in LOST]
    texts += [_off(source) for source in snapshot.sources if _goes_off(source)]
    for text in texts[:MOST_BANNERS]:
        yield from fold(text, "banner", width, most=1)


def _goes_off(source: SourceState) -> bool:
    return source.off_in_s is not None and source.off_in_s < OFF_SOON_S


def _off(source: SourceState) -> str:
    age = words.age(source.off_in_s or 0.0)
    return phrase("{receiver} SWITCHES ITSELF OFF in {age}: press a key on it",
                  receiver=plain(source.name), age=age)  # fmt: skip


def _level_row(strength: Strength | None) -> Row:
    if strength is None:
        return ((phrase("nothing heard yet"), "strong"),)
    name = plain(strength.name or strength.receiver)
    now = words.aged(f"{name} {words.figure(strength)} {words.unit(strength)}", strength.age_s)
    peak = () if strength.peak is None else _peak(strength, strength.peak)
    loud: Row = ((phrase("TOO LOUD: next gain step"), "banner"),) if strength.saturated else ()
    trend: Row = () if loud else ((words.trend(strength), "strong"),)
    return joined([now, peak, trend, loud])


def _peak(strength: Strength, peak: float) -> Row:
    said = phrase("peak {level}", level=round(peak))
    return words.aged(said, strength.peak_age_s, "strong", words.HELD_S)


def _advice(snapshot: Snapshot, width: int) -> list[Row]:
    said = words.advised(snapshot)
    if words.must_stop(snapshot):
        return fold(said, "banner", width)
    return fold(phrase("NEXT: {deed}", deed=said), "strong", width)


def _echo(snapshot: Snapshot, width: int) -> list[Row]:
    """What to do about an echo; inside the approach limit nobody is sent anywhere."""
    if not snapshot.possible_echo or words.must_stop(snapshot):
        return []
    said = phrase("POSSIBLE ECHO: step 30 m aside, other polarisation, go higher")
    return fold(said, "strong", width)


def _gain(snapshot: Snapshot, width: int) -> list[Row]:
    gain = snapshot.gain
    if gain is None:
        return []
    text = phrase("gain: {now}", now=plain(gain.now) or phrase("not said (key g)"))
    if not gain.next_step:
        return fold(text, "text", width)
    step = phrase("NEXT STEP: {step}", step=step_words(plain(gain.next_step)))
    return fold(f"{text}; {step}", "strong", width)


def _beat(snapshot: Snapshot) -> list[Row]:
    beat = snapshot.beat
    if beat is None:
        return []
    rate = phrase("beacon {rate} a minute", rate=f"{beat.pulses_per_minute:.0f}")
    meaning = f": {plain(beat.meaning)}" if beat.meaning else ""
    return [words.aged(rate + meaning, beat.age_s)]


def _said(below: Below, snapshot: Snapshot | None, width: int) -> list[Row]:
    """What the program answered last, and else what went wrong or was entered last."""
    if below.message:
        return fold(below.message, "strong", width)
    if snapshot is None:
        return []
    if fault := words.fault(snapshot):
        return fold(fault, "strong", width, most=3)
    return [_entered(said) for said in snapshot.entered[-1:]]


def _entered(said: Said) -> Row:
    last = phrase("entered {age} ago: {entry}", age=words.age(said.age_s), entry=plain(said.text))
    return ((last, "text"),)


def _place(snapshot: Snapshot) -> list[Row]:
    place = snapshot.place
    if place is None:
        return [((phrase("no place: wait for the GPS"), "strong"),)]
    here = f"{place.latitude_deg:.5f} {place.longitude_deg:.5f}"
    if place.accuracy_m is not None:
        here = phrase("{place} ±{good} m", place=here, good=f"{place.accuracy_m:.0f}")
    if place.holds_s is None:
        return [words.aged(phrase("you: {place}", place=here), place.age_s)]
    said = phrase("you, by hand: {place}", place=here)
    return [words.aged(said, place.age_s, "text", place.holds_s)]


def _off_later(source: SourceState) -> str:
    age = words.age(source.off_in_s or 0.0)
    return phrase("{receiver} off in {age}", receiver=plain(source.name), age=age)


def _machine(snapshot: Snapshot) -> list[Row]:
    left = words.machine(snapshot)
    counting = [s for s in snapshot.sources if s.off_in_s is not None and not _goes_off(s)]
    offs = [_off_later(source) for source in counting]
    said = ", ".join(filter(None, [left, *offs]))
    return [((said, "text"),)] if said else []


def _decoded(snapshot: Snapshot, width: int, most: int) -> Iterable[Row]:
    for said in snapshot.decoded[-most:]:
        age, packet = words.age(said.age_s), plain(said.text)
        yield from fold(
            phrase("decoded {age} ago: {packet}", age=age, packet=packet), "text", width
        )


def _others(snapshot: Snapshot) -> list[Row]:
    if not snapshot.others:
        return []
    seen = [words.aged(words.other(other), other.age_s) for other in snapshot.others]
    return [joined([((phrase("others:"), "text"),), *seen])]


def _needed(snapshot: Snapshot, width: int, most: int) -> Iterable[Row]:
    if words.must_stop(snapshot):
        return
    for what in snapshot.needed[:most]:
        yield from fold(phrase("would help: {what}", what=plain(what)), "text", width)


def _foot(below: Below, width: int, most: int) -> list[Row]:
    """The question in rows that cannot be missed, where there are so many, or the keys."""
    if not below.question:
        return key_rows(below.keys, width)
    asked = fold(below.question, "ask", width, most=3)
    empty: Row = ((" ", "ask"),)
    return [empty, *asked, empty] if len(asked) == 1 and most >= 3 else asked


def key_rows(keys: Sequence[str], width: int) -> list[Row]:
    """Lay out what the keys do in as many rows as they need; the first two are loud."""
    rows: list[list[Span]] = [[]]
    for place, key in enumerate(keys):
        used = sum(cell_len(text) for text, _ in rows[-1])
        said: Span = (f" {key} ", ("ask", "banner")[place]) if place < 2 else (f"{key}  ", "text")
        if rows[-1] and used + cell_len(said[0].rstrip()) > width:
            rows.append([])
        rows[-1] += [said, (" ", "text")] if place < 2 else [said]
    return [tuple(row) for row in rows if row]
