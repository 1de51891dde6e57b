"""`baksan note`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import click

from receiver.address import parse_hz
from receiver.cli.note_lines import save_line, show_line
from receiver.cli.note_options import ByBeginning, asked_of, receiver_option, shared
from receiver.cli.note_radio import compass, counts, setup, turn
from receiver.cli.note_receivers import by_ear_with
from receiver.cli.note_writing import (
    Desk,
    earlier,
    magnetic_turn,
    save,
    say,
    sit_down,
    time_of,
    write_down,
)
from receiver.errors import ConfigError
from receiver.levels import HAND_LEVEL_DB
from receiver.notes import content as notes
from receiver.notes import readback, times
from receiver.notes.describing import describe

_EAR = click.Choice(["ear", "sdr", "meter"])


@click.group(cls=ByBeginning)
def command() -> None:
    """Write down by hand what was heard, seen or taken with the compass.

    Each note is on the disk before "saved" is said. Words may be shortened: note b 243, note h c.
    For somebody on the radio add: --observer B --at PLACE --time 14:35

    \b
    baksan note heard clear --gain 5
    baksan note bearing 236 --magnetic --sharp
    baksan note silence --minutes 10
    """


@command.command()
@click.argument("word", required=False)
@click.option("-g", "--gain", help="Mark of the gain knob, as in 5 or max.")
@click.option("-l", "--level", type=float, help="Number on the receiver's display, instead.")
@click.option("--unit", type=click.Choice(["dB", "dBm"]), help="dBm only with --calibration.")
@click.option("--calibration", help="Name of the calibration that makes the number dBm.")
@receiver_option("With which receiver; else one without a cable.")
@shared()
def heard(ctx: click.Context, word: str, gain: str, level: float, **options: Any) -> int:
    """The collar was heard: faint, clear or strong.

    \b
    baksan note heard clear
    baksan note heard faint --gain 7
    baksan note h s
    """
    unit, calibration, named = (options.pop(n) for n in ("unit", "calibration", "receiver"))
    if unit == "dBm" and not calibration:
        raise ConfigError("a number that is not calibrated is not dBm: add --calibration NAME")
    calibration = None if unit == "dB" else calibration
    chosen = _word(word, HAND_LEVEL_DB) if word else None
    content = partial(
        notes.heard, chosen, gain_mark=gain, level_db=level, calibration_id=calibration
    )
    content()  # refused before a file is made
    return write_down(
        asked_of(ctx, options), lambda desk: content(receiver=by_ear_with(desk, named))
    )


def _word(text: str, known: dict[str, float]) -> str:
    fit = [word for word in known if word.startswith(text.lower())]
    if len(fit) != 1:
        raise ConfigError(f"{text!r}: say {', '.join(known)}")
    return fit[0]


@command.command()
@click.argument("degrees", type=float)
@click.option("-o", "--or", "others", type=float, multiple=True, help="Another direction.")
@click.option("-m/-t", "--magnetic/--true", default=None, help="From which north; else true.")
@click.option("-s", "--sharp", is_flag=True, help="Within about 5 degrees either way.")
@click.option("-b", "--broad", is_flag=True, help="Within about 20 degrees; holds if not said.")
@click.option("-e", "--error", type=float, help="Your own figure in degrees instead.")
@click.option("-l", "--loudest", is_flag=True, help="Taken where it was loudest.")
@click.option("-w", "--weakest", is_flag=True, help="Taken where it was weakest (the null).")
@shared()
def bearing(ctx: click.Context, degrees: float, others: tuple[float, ...], **options: Any) -> int:
    """A direction to the collar, in degrees.

    Sharp and broad are judgement: two of three such bearings should lie that close.

    \b
    baksan note bearing 243 --sharp
    baksan note bearing 236 --magnetic --at "43.3499,42.4453"
    baksan note bearing 240 --or 60 --weakest
    """
    names = ("magnetic", "sharp", "broad", "error", "loudest", "weakest")
    how = {name: options.pop(name) for name in names}
    if (how["sharp"] + how["broad"] + (how["error"] is not None)) > 1:
        raise ConfigError("say one of --sharp, --broad, --error")
    if how["loudest"] and how["weakest"]:
        raise ConfigError("say --loudest or --weakest, not both")
    notes.bearing((degrees, *others), sigma_deg=how["error"] or 5)  # refused before a file is made
    return write_down(
        asked_of(ctx, options), lambda desk: _bearing(desk, (degrees, *others), **how)
    )


def _bearing(
    desk: Desk, degrees: tuple[float, ...], magnetic: bool | None, error: float | None, **how: bool
) -> notes.Content:
    method = next((name for name in notes.METHODS if how[name]), None)
    sigma_deg = notes.SIGMA_DEG["sharp" if how["sharp"] else "broad"] if error is None else error
    if magnetic is None:
        say("taken as degrees from true north; for a compass reading add --magnetic")
    if not how["sharp"] and not how["broad"] and error is None:
        say("taken as broad; for a narrow one add --sharp")
    turn = magnetic_turn(desk, degrees) if magnetic else None
    return notes.bearing(degrees, sigma_deg=sigma_deg, declination_deg=turn, method=method)


@command.command()
@click.option("-m", "--minutes", type=float, help="How long you listened, up to now.")
@receiver_option("With which receiver; else one without a cable.")
@click.option("-e", "--ear", type=_EAR, default="ear", help="Who listened; ear is you.")
@click.option("-f", "--frequency", help="Where you listened, as in 150.34M.")
@shared()
def silence(ctx: click.Context, minutes: float, **options: Any) -> int:
    """Listened and heard nothing. It counts only where it is earned, and says what is missing.

    Needed are an open squelch, the mode, the gain and the antenna (note setup), today's radio check
    (doctor --radio), a minute at least, by ear or SDR, and with a directional antenna a full turn.

    \b
    baksan note silence --minutes 10
    baksan note silence --minutes 5 --receiver r30
    """
    named, ear, frequency = (options.pop(name) for name in ("receiver", "ear", "frequency"))
    content = notes.silence(minutes, "by ear" if ear == "ear" else ear)
    content |= {"frequency_hz": parse_hz(frequency)} if frequency else {}

    def make(desk: Desk) -> notes.Content:
        name = by_ear_with(desk, named)
        return content if name is None else {**content, "receiver": name}

    return write_down(asked_of(ctx, options), make, after=counts)


@command.command()
@click.option("-r", "--radius", type=float, help="Within how many metres; else 200.")
@click.option("-t", "--trust", help="certain, likely, rumour, or 0 to 1; else likely.")
@click.option("-w", "--when", help="When it was seen, local time; may be days ago.")
@shared()
def sighting(
    ctx: click.Context, radius: float | None, trust: str | None, when: str | None, **options: Any
) -> int:
    """The animal or its trace was seen; --at is where it was seen.

    \b
    baksan note sighting --at "43.3499,42.4453" --radius 300 --trust likely --when 07:20
    """
    if when and options["time"]:
        raise ConfigError("say --when or --time, not both")
    if radius is None or trust is None:
        say("what was not said is taken as: within 200 m, likely")
    options["time"] = when or options["time"]
    content = notes.sighting(200.0 if radius is None else radius, notes.trust_of(trust or "likely"))
    return write_down(replace(asked_of(ctx, options), any_age=True), lambda desk: content)


@command.command()
@click.argument("place", nargs=-1, required=True)
@shared()
def place(ctx: click.Context, place: tuple[str, ...], **options: Any) -> int:
    """Where the observer is; holds for a quarter of an hour.

    South and west with letters: 33.9S 18.4E

    \b
    baksan note place 43.3499 42.4453
    baksan note place "N 43 20.994 E 042 26.718"
    """
    if options["at"]:
        raise ConfigError("give the place once, without --at")
    asked = replace(asked_of(ctx, options), at=" ".join(place))
    return write_down(asked, lambda desk: {"kind": "place"})


@command.command()
@click.argument("words", nargs=-1, required=True)
@shared()
def text(ctx: click.Context, words: tuple[str, ...], **options: Any) -> int:
    """Anything else worth keeping.

    \b
    baksan note text fresh tracks going up the left bank
    """
    content = notes.note(" ".join(words))
    return write_down(asked_of(ctx, options), lambda desk: content)


@command.command()
@click.argument("entry", default="")
@shared("journal", "observer", "json")
def undo(ctx: click.Context, entry: str, **options: Any) -> int:
    """Take the last note back, or the one whose id begins with ENTRY. Nothing is deleted.

    \b
    baksan note undo
    """
    asked = asked_of(ctx, options)
    desk = sit_down(asked)
    with desk.journal:
        old = earlier(desk, entry)
        when = times.show(time_of(old), desk.zone)
        said = f"taken back: {when}, {describe(old.content)}"
        taken = {"kind": "note", "supersedes_id": old.id, "text": said}
        save(desk, taken, observer=old.observer)
    return 0


@command.group(cls=ByBeginning)
@click.option("--entry", default="", help="Beginning of the note's id; else the last of its kind.")
@click.pass_context
def correct(ctx: click.Context, entry: str) -> None:
    """Put a new note in the place of the last one of its kind; time and place stay unless given.

    \b
    baksan note correct bearing 248 --sharp
    """
    ctx.obj = entry


for _kind in (heard, bearing, silence, sighting, place, text):
    correct.add_command(_kind)
for _about_receivers in (setup, turn, compass):
    command.add_command(_about_receivers)


@command.command()
@click.argument("line")
@click.option("--save", "wanted", is_flag=True, help="Write it down as the other's note.")
@shared("journal", "collar", "sure", "json")
def verify(ctx: click.Context, line: str, wanted: bool, **options: Any) -> int:
    """Check a line that was dictated over the radio.

    Leaves with 1 when the check letter does not fit.

    \b
    baksan note verify "B 24/14:35+3 BRG 243T SHARP 43.3499N 42.4453E A" --save
    """
    letter, right = readback.letters_of(line)
    if letter != right:
        say(f"wrong: these words end in {right}, not {letter}; ask to say it again")
        return 1
    asked = asked_of(ctx, options)
    return save_line(line, asked) if wanted else show_line(line, asked)
