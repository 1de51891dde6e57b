"""What is seen at arm's length: the level as a number and a bar, the direction, STOP."""

from __future__ import annotations

from collections.abc import Sequence

from receiver.homing.snapshot import Snapshot, Strength
from receiver.language import phrase
from receiver.ui.homescreen import digits, words
from receiver.ui.homescreen.layout import GAP, Row, fit, fold

# On a narrower screen the direction stands in words below the level.
NARROW = 72
LEAST_WORDS = 12
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def figures(snapshot: Snapshot, scale: int, width: int) -> list[Row]:
    """Return the rows of the level and, beside it, the direction."""
    level = _level(snapshot.strength, scale)
    if width < NARROW:
        stop = words.must_stop(snapshot)
        return _stop(snapshot, scale, width) if stop else [*level, *in_words(snapshot, width)]
    half = _half(snapshot.strength, scale, width)
    room = width - half
    beside = _stop(snapshot, scale, room) if words.must_stop(snapshot) else None
    return _beside(level, beside or _direction(snapshot, scale, room), half)


def _level(strength: Strength | None, scale: int) -> list[Row]:
    old = strength is not None and words.is_old(strength.age_s)
    block = digits.STALE if old else digits.FRESH
    return [((row, "level"),) for row in digits.drawn(words.figure(strength), scale, block)]


def _half(strength: Strength | None, scale: int, width: int) -> int:
    """Return how wide the level's half of the screen is; it does not jump with each figure."""
    column = digits.columns(words.figure(strength), scale) + GAP + 2 * GAP * scale
    return max(column, min(width * 2 // 5, 32 * scale))


def _beside(left: list[Row], right: list[Row], half: int) -> list[Row]:
    pairs = zip(left, [*right, *[()] * len(left)], strict=False)
    return [((" " * GAP, "text"), *fit(a, half - GAP), *b) for a, b in pairs]


def _direction(snapshot: Snapshot, scale: int, room: int) -> list[Row]:
    turned = words.turned_deg(snapshot)
    if turned is None:
        return in_words(snapshot, room)
    block = digits.STALE if words.is_old(snapshot.where.age_s) else digits.FRESH
    said = in_words(snapshot, room - digits.ARROW_COLUMNS * scale - GAP)
    return _arrow(digits.arrow(turned, scale, block), said)


def in_words(snapshot: Snapshot, room: int) -> list[Row]:
    """Return direction, distance and search area in words, in rows of a width."""
    where = snapshot.where
    near = words.nearness(where)
    return [
        *_pointer(snapshot, room),
        *([words.aged(near, where.age_s, "strong")] if near else []),
        words.aged(words.search_area(where), where.age_s),
        *fold(words.limit(snapshot), "text", room, most=3),
    ]


def _pointer(snapshot: Snapshot, room: int) -> list[Row]:
    """The direction in degrees and as on a clock's face; nothing inside the approach limit."""
    if words.must_stop(snapshot):
        return []
    if words.turned_deg(snapshot) is None:
        return [((phrase("no direction yet"), "strong"),)]
    age_s = snapshot.where.age_s
    seen = words.aged(words.pointer(snapshot), age_s, "strong")
    return [seen, *fold(words.oclock(snapshot), "old" if words.is_old(age_s) else "strong", room)]


def _arrow(arrow: Sequence[str], said: list[Row]) -> list[Row]:
    beside = [*said, *[()] * len(arrow)]
    pairs = zip(arrow, beside, strict=False)
    return [((row, "arrow"), (" " * GAP, "text"), *text) for row, text in pairs]


def _stop(snapshot: Snapshot, scale: int, room: int) -> list[Row]:
    """STOP instead of any direction; small where a language's word cannot be drawn."""
    word, leader = phrase("STOP"), phrase("LEADER DECIDES")
    left = room - digits.columns(word, scale) - GAP
    if scale > 1 and left < LEAST_WORDS:
        return _stop(snapshot, 1, room)
    if not digits.can_draw(word) or left < LEAST_WORDS:
        return [*fold(word, "stop", room), *fold(leader, "stop", room), (),
                *fold(words.limit(snapshot), "text", room, most=3)]  # fmt: skip
    limit = fold(words.limit(snapshot), "text", left, most=4)
    return _arrow(digits.drawn(word, scale), [*fold(leader, "stop", left, most=3), *limit])


def bar(strength: Strength | None, width: int) -> Row:
    """The level between the receiver's noise and its most, in eighths of a column."""
    share = 0.0 if strength is None else min(max(strength.share, 0.0), 1.0)
    full, eighths = divmod(round(share * (width - 2) * 8), 8)
    block = digits.STALE if strength is not None and words.is_old(strength.age_s) else digits.FRESH
    part = _EIGHTHS[eighths] if eighths and block == digits.FRESH else ""
    rest = width - 2 - full - len(part)
    return (("▕", "dim"), (block * full + part, "bar"), ("·" * rest, "dim"), ("▏", "dim"))
