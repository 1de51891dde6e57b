"""A report as sections of sentences and tables, the same for the page and the PDF.

Everything here is made of `Told` or `Public`, so nothing can be said that its audience may not see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from receiver.export.sharing import Precision
from receiver.language import phrase
from receiver.report.facts import Equipment
from receiver.report.public import Public
from receiver.report.told import Area, Chart, PacketRow, Spot, Stay, Told
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
    footer: str = ""


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
        footer=phrase("Do not pass on: this copy is marked and was made for {recipient}.",
                      recipient=told.recipient),
    )  # fmt: skip


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
        (phrase("all times are"), zone(told.begin)),
        (phrase("searchers"), str(len(told.hours) or "")),
        (phrase("hours in the field, all together"), f"{out:.1f}" if out else ""),
        (phrase("kilometres, all together"),
         f"{sum(told.kilometres):.1f}" if told.kilometres else phrase("not measured")),
        (phrase("times that a receiver could not be heard"), str(told.outages)),
    ]  # fmt: skip
    rows += [
        (phrase("frequency of {name}", name=name), f"{hz / 1e6:.4f} MHz")
        for name, hz in told.frequencies_hz
    ]
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
        said.append(_middle(found.middle, precision))
    if found.inaudible_percent:
        said.append(
            phrase("About {percent} of 100 that it cannot be heard at all (switched off, broken,"
                   " out of reach).", percent=found.inaudible_percent)
        )  # fmt: skip
    return tuple(said)


def _middle(spot: Spot, precision: Precision) -> str:
    place = spot_words(spot, precision)
    if precision.name == "exact":
        return phrase("Its middle: {place}.", place=place)
    return phrase("Its middle lies in the square of the map about {place}.", place=place)


def spot_words(spot: Spot | None, precision: Precision) -> str:
    """Write a position with as many decimals as it is exact."""
    if spot is None:
        return phrase("not told") if precision.name == "none" else phrase("not known")
    digits = DECIMALS[precision.name]
    values = ((spot.latitude_deg, "NS"), (spot.longitude_deg, "EW"))
    return " ".join(f"{abs(value):.{digits}f} {side[value < 0]}" for value, side in values)


def moment(time: datetime | None) -> str:
    """Write a time by the clocks here; the head of a report names their zone."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d %H:%M}"


def stretch(begin: datetime, end: datetime) -> str:
    """Write from when to when, the day once."""
    first, last = begin.astimezone(), end.astimezone()
    if first == last:
        return moment(first)
    whole = moment(last) if first.date() != last.date() else f"{last:%H:%M}"
    return f"{moment(first)} - {whole}"


def zone(time: datetime | None) -> str:
    """Name the zone of the clocks here at a time."""
    offset = "+0000" if time is None else f"{time.astimezone():%z}"
    return "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:]}"


def _stays(told: Told) -> Section:
    head = (phrase("when"), phrase("where"), phrase("heard"), phrase("not heard"),
            phrase("bearings"), phrase("seen"))  # fmt: skip
    rows = tuple(_stay(stay, told.precision) for stay in told.stays[:MOST_ROWS])
    silent = sum(stay.silent for stay in told.stays)
    unproven = sum(stay.unproven for stay in told.stays)
    sentences = [
        phrase("Silence counts: where somebody listened and heard nothing, it is less likely to be."
               " Times that nothing was heard: {count}.", count=silent)
    ]  # fmt: skip
    if unproven:
        sentences.append(
            phrase("Of these {count} prove nothing: the receiver was not tested that day, or it was"
                   " not listened long enough or all around.", count=unproven)
        )  # fmt: skip
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
    return (stretch(stay.begin, stay.end), spot_words(stay.spot, precision),
            *(str(count) if count else "-" for count in counts))  # fmt: skip


def _packets(told: Told) -> Section | None:
    if not told.packets:
        return None
    head = (phrase("time"), phrase("format"), phrase("messages"), phrase("its position"),
            phrase("battery"), phrase("temperature"), phrase("moves?"))  # fmt: skip
    alike: dict[tuple[object, ...], list[PacketRow]] = {}
    for packet in told.packets:
        key = (packet.time, packet.protocol, packet.spot, packet.status)
        alike.setdefault(key, []).append(packet)
    rows = tuple(_packet(own, told.precision) for own in list(alike.values())[:MOST_ROWS])
    said = phrase("{count} messages of the collar were read.", count=len(told.packets))
    return Section(title=phrase("Decoded messages"), sentences=(said,), table=(head, *rows))


def _packet(alike: Sequence[PacketRow], precision: Precision) -> Row:
    """Write packets of one hour and place in one row, with the last value of each sensor."""
    status = {
        "stale": phrase("of unknown age"),
        "bad": phrase("bad: not used"),
        "unavailable": phrase("none in it"),
    }
    moving = {None: "-", True: phrase("no"), False: phrase("yes")}
    battery_v = _last([packet.battery_v for packet in alike])
    temperature_c = _last([packet.temperature_c for packet in alike])
    first = alike[0]
    return (
        moment(first.time),
        first.protocol,
        str(len(alike)),
        status.get(first.status) or spot_words(first.spot, precision),
        "-" if battery_v is None else f"{battery_v:.1f} V",
        "-" if temperature_c is None else f"{temperature_c:.0f} °C",
        moving[_last([packet.mortality for packet in alike])],
    )


Value = TypeVar("Value")


def _last(values: Sequence[Value | None]) -> Value | None:
    return next((value for value in reversed(values) if value is not None), None)


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
    lines = tuple((moment(time), what, plain(who)) for time, what, who in sorted(rows))
    if told.is_exact:
        head = (phrase("time"), phrase("what"), phrase("by whom"))
        table: tuple[Row, ...] = (head, *lines) if lines else ()
    else:
        table = tuple(line[:2] for line in lines)
    return Section(title=phrase("Approach and calls"), sentences=tuple(sentences), table=table)


def _equipment(told: Told) -> Section | None:
    if not told.equipment:
        return None
    head = (phrase("receiver"), phrase("antenna"), phrase("scale"), phrase("radio check"),
            phrase("number"))  # fmt: skip
    alike = Counter(_gear(one) for one in told.equipment)
    rows = tuple((*row, str(count)) for row, count in alike.items())
    return Section(title=phrase("Equipment and calibration"), table=(head, *rows))


def _gear(one: Equipment) -> Row:
    name = one.instrument or (phrase("by ear") if one.by_ear else phrase("read by hand"))
    if one.receiver:
        name = f"{plain(one.receiver)} ({name}), {plain(one.observer)}"
    return name, _antenna(one), _scale(one), _tested(one.tested)


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
    head = (phrase("time"), phrase("by whom"), phrase("what"))
    return Section(title=phrase("Notes and warnings"), table=(head, *rows)) if rows else None


def _meaning(precision: Precision) -> Section:
    said: tuple[str, ...]
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
