"""A report as sections of sentences and tables, the same for the page and the PDF.

Everything here is made of `Told` or `Public`, so nothing can be said that its audience may not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from receiver.export.sharing import Precision
from receiver.language import phrase
from receiver.report.audience import Area, Chart, PacketRow, Spot, Stay, Told
from receiver.report.facts import Equipment
from receiver.report.public import Public
from receiver.wording import area, length, plain

Row = tuple[str, ...]
DECIMALS = {"10km": 2, "1km": 3, "exact": 5}
MOST_ROWS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with sentences, then a map, then a table whose first row is its head."""

    title: str
    sentences: tuple[str, ...] = ()
    chart: Chart | None = None
    table: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report: its title, for whom it is (the watermark), how exact, and its sections."""

    title: str
    recipient: str
    mark: str
    simulation: bool
    sections: tuple[Section, ...]


def report(told: Told) -> Report:
    """Return the report for a ministry or a partner."""
    name = told.collar or phrase("not named")
    sections = (
        _search(told), _area(told), _stays(told), _packets(told), _approach(told),
        _equipment(told), _team(told), _texts(told), _meaning(told.precision),
    )  # fmt: skip
    return Report(
        title=phrase("Search for the collar {name}", name=name),
        recipient=told.recipient,
        mark=_mark(told.precision),
        simulation=told.simulation,
        sections=tuple(section for section in sections if section is not None),
    )


def public_report(public: Public) -> Report:
    """Return the report for everybody."""
    rows = tuple((item.title, item.value) for item in public.items)
    sentences = (
        phrase("A collar on a wild animal fell silent, and a team went out to hear it again."),
        phrase("Where and when is not told: it could cost the animal its life."),
    )
    return Report(
        title=phrase("A search for a silent collar"),
        recipient=public.recipient,
        mark=phrase("no positions"),
        simulation=public.simulation,
        sections=(Section(title=phrase("The search"), sentences=sentences, table=rows),),
    )


def _mark(precision: Precision) -> str:
    words = {
        "exact": phrase("exact positions"),
        "1km": phrase("positions on a 1 km grid"),
        "10km": phrase("positions on a 10 km grid"),
        "none": phrase("no positions"),
    }
    return words[precision.name]


def _search(told: Told) -> Section:
    out = sum(told.hours)
    rows = [
        (phrase("begin"), moment(told.begin)),
        (phrase("end"), moment(told.end)),
        (phrase("searchers"), str(len(told.hours) or "")),
        (phrase("hours in the field, all together"), f"{out:.1f}" if out else ""),
        (phrase("kilometres, all together"),
         f"{sum(told.kilometres):.1f}" if told.kilometres else phrase("not measured")),
        (phrase("times that a receiver could not be heard"), str(told.outages)),
    ]  # fmt: skip
    rows += [(name, f"{hz / 1e6:.4f} MHz") for name, hz in told.frequencies_hz]
    return Section(title=phrase("The search"), table=tuple(row for row in rows if row[1]))


def _area(told: Told) -> Section:
    if told.area is None:
        sentences: tuple[str, ...] = (
            phrase("What was heard does not tell where the collar is. That is an answer too: no"
                   " place is better than a wrong one."),
        )  # fmt: skip
    else:
        sentences = area_words(told.area, told.precision)
    return Section(title=phrase("Where it may be"), sentences=sentences, chart=told.chart)


def area_words(found: Area, precision: Precision) -> tuple[str, ...]:
    """Say what a search area means."""
    said = [
        phrase("The search area is {area}. Of twenty such areas the collar is inside nineteen and"
               " outside one.", area=area(found.area_m2)),
        phrase("Half of the chance lies in {area} of it. It is no point: somebody who goes to its"
               " middle need not find anything there.", area=area(found.half_m2)),
    ]  # fmt: skip
    if found.middle is not None:
        place = spot_words(found.middle, precision)
        said.append(phrase("Its middle: {place}.", place=place))
    if found.inaudible_percent:
        said.append(
            phrase("About {percent} of 100 that it cannot be heard at all (switched off, broken,"
                   " out of reach).", percent=found.inaudible_percent)
        )  # fmt: skip
    return tuple(said)


def spot_words(spot: Spot | None, precision: Precision) -> str:
    """Write a position with as many decimals as it is exact."""
    if spot is None:
        return phrase("not told") if precision.name == "none" else phrase("not known")
    digits = DECIMALS[precision.name]
    north, east = "NS"[spot.latitude_deg < 0], "EW"[spot.longitude_deg < 0]
    return f"{abs(spot.latitude_deg):.{digits}f} {north} {abs(spot.longitude_deg):.{digits}f} {east}"


def moment(time: datetime | None) -> str:
    """Write a time by the clocks here, with its zone."""
    if time is None:
        return ""
    local = time.astimezone()
    return f"{local:%Y-%m-%d %H:%M} {_zone(local)}"


def _zone(local: datetime) -> str:
    offset = f"{local:%z}"
    return "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:]}"


def _stays(told: Told) -> Section:
    head = (phrase("from"), phrase("to"), phrase("where"), phrase("heard"), phrase("not heard"),
            phrase("bearings"), phrase("seen"))  # fmt: skip
    rows = tuple(_stay(stay, told.precision) for stay in told.stays[:MOST_ROWS])
    silent = sum(stay.silent for stay in told.stays)
    sentences = [phrase("Silence counts: where somebody listened and heard nothing, it is less"
                        " likely to be. Nothing was heard {count} times.", count=silent)]  # fmt: skip
    if len(told.stays) > MOST_ROWS:
        more = len(told.stays) - MOST_ROWS
        sentences.append(phrase("{count} rows more are not shown.", count=more))
    return Section(
        title=phrase("What was heard, and what was not"),
        sentences=tuple(sentences) if rows else (phrase("Nobody has listened yet."),),
        table=(head, *rows) if rows else (),
    )


def _stay(stay: Stay, precision: Precision) -> Row:
    counts = (stay.heard, stay.silent, stay.bearings, stay.seen)
    return (moment(stay.begin), moment(stay.end), spot_words(stay.spot, precision),
            *(str(count) if count else "-" for count in counts))  # fmt: skip


def _packets(told: Told) -> Section | None:
    if not told.packets:
        return None
    head = (phrase("time"), phrase("format"), phrase("its position"), phrase("battery"),
            phrase("temperature"), phrase("moves?"))  # fmt: skip
    rows = tuple(_packet(packet, told.precision) for packet in told.packets[:MOST_ROWS])
    said = phrase("{count} messages of the collar were read.", count=len(told.packets))
    return Section(
        title=phrase("Decoded messages"), sentences=(said,), table=(head, *_unlike(rows))
    )


def _unlike(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return rows without those that say the same as the one before."""
    return tuple(row for i, row in enumerate(rows) if i == 0 or row != rows[i - 1])


def _packet(packet: PacketRow, precision: Precision) -> Row:
    status = {
        "stale": phrase("of unknown age"),
        "bad": phrase("bad: not used"),
        "unavailable": phrase("none in it"),
    }
    moving = {None: "-", True: phrase("no"), False: phrase("yes")}
    return (
        moment(packet.time),
        packet.protocol,
        status.get(packet.status) or spot_words(packet.spot, precision),
        "-" if packet.battery_v is None else f"{packet.battery_v:.1f} V",
        "-" if packet.temperature_c is None else f"{packet.temperature_c:.0f} °C",
        moving[packet.mortality],
    )


def _approach(told: Told) -> Section:
    sentences = [
        phrase("Inside the search area and the approach limit around it nobody is led on: the"
               " leader decides. The animal may be alive."),
    ]  # fmt: skip
    if not told.limits:
        sentences.append(phrase("The usual approach limit held all the time."))
    if not told.calls:
        sentences.append(phrase("Nothing was called to everybody."))
    said = {"animal seen": phrase("animal seen"), "danger": phrase("danger")}
    rows = [(limit.time, phrase("approach limit set to {distance}", distance=length(limit.limit_m)),
             limit.observer) for limit in told.limits]  # fmt: skip
    rows += [(call.time, ": ".join(filter(None, (said.get(call.what, plain(call.what)),
             plain(call.text)))), call.observer) for call in told.calls]  # fmt: skip
    table = tuple((moment(time), what, who) for time, what, who in sorted(rows))
    return Section(title=phrase("Approach and calls"), sentences=tuple(sentences), table=table)


def _equipment(told: Told) -> Section | None:
    if not told.equipment:
        return None
    head = (phrase("receiver"), phrase("antenna"), phrase("scale"), phrase("radio check"))
    rows = tuple(_gear(number, one) for number, one in enumerate(told.equipment, start=1))
    return Section(title=phrase("Equipment and calibration"), table=(head, *_counted(rows)))


def _counted(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple(dict.fromkeys(rows))


def _gear(number: int, one: Equipment) -> Row:
    name = one.instrument or phrase("by ear")
    if one.receiver:
        name = f"{plain(one.receiver)} ({name}), {plain(one.observer)}"
    return f"{number}  {name}", _antenna(one), _scale(one), _tested(one.tested)


def _antenna(one: Equipment) -> str:
    setup, polarisations = one.setup, {
        "vertical": phrase("vertical"),
        "horizontal": phrase("horizontal"),
        "both": phrase("vertical and horizontal"),
    }  # fmt: skip
    ways = {True: phrase("directional"), False: phrase("all around"), None: ""}
    words = [
        plain(setup.antenna or ""),
        ways[setup.directional],
        polarisations.get(setup.polarisation or "", ""),
        phrase("attenuator {amount} dB", amount=f"{setup.attenuator_db:g}")
        if setup.attenuator_db
        else "",
    ]
    return ", ".join(filter(None, words)) or phrase("not written down")


def _scale(one: Equipment) -> str:
    if one.unit is None:
        return phrase("not calibrated: strengths are only compared with each other")
    if one.sd_db is None:
        return phrase("calibrated")
    return phrase("calibrated, within {amount} dB", amount=f"{one.sd_db:.1f}")


def _tested(passed: bool | None) -> str:
    words = {True: phrase("passed"), False: phrase("NOT passed"), None: phrase("none that day")}
    return words[passed]


def _team(told: Told) -> Section:
    team, end = told.team, told.team.permit_end_date
    rows = (
        (phrase("organisation"), plain(team.organisation)),
        (phrase("leader"), plain(team.leader)),
        (phrase("members"), ", ".join(plain(name) for name in team.members)),
        (phrase("permit"), plain(team.permit)),
        (phrase("given by"), plain(team.authority)),
        (phrase("valid to"), end.isoformat() if end else ""),
        (phrase("contact"), plain(team.contact)),
    )
    known = tuple(row for row in rows if row[1])
    missing = phrase("Not written down: the table [team] of baksan.toml.")
    return Section(
        title=phrase("Team and permit"), sentences=() if known else (missing,), table=known
    )


def _texts(told: Told) -> Section | None:
    """Return notes and warnings, which only an exact report has."""
    rows = [(moment(note.time), plain(note.observer), plain(note.text)) for note in told.notes]
    rows += [("", phrase("look out"), plain(warning)) for warning in told.warnings]
    return Section(title=phrase("Notes and warnings"), table=tuple(rows)) if rows else None


def _meaning(precision: Precision) -> Section:
    if precision.name == "exact":
        said = (phrase("This copy has exact positions. Whoever has it can find the animal."),)
    elif precision.name == "none":
        said = (phrase("No positions are told in this copy; times are those of whole hours."),)
    else:
        said = (
            phrase("Every position is moved to the middle of a square of a fixed grid, the same for"
                   " the same place always: it may be {distance} off.",
                   distance=length(precision.radius_m or 0.0)),
            phrase("Times are those of whole hours. Frequencies, identities, notes and names of"
                   " places are left out, for with them the animal could be found."),
        )  # fmt: skip
    return Section(title=phrase("How exact this copy is"), sentences=said)
