"""A collar's story in a ranger's words, the most important first, 79 characters wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from receiver.geodesy import DATUMS, distance_and_bearing, format_place
from receiver.language import Told, translated
from receiver.story import Cause, Story
from receiver.story.facts import Cluster, Position, Trend
from receiver.story.ranges import SETTLED
from receiver.wording import area, length, local_time, plain, span

WIDTH, LABEL, BELOW = 79, 14, 9
LIGHT = 5  # causes below this weight are named in one line
HEAVY = 15  # and from this one on told in full
MOST_CLUSTERS, MOST_BEFORE, MOST_MISSED = 4, 4, 10_000
STYLES = ("decimal", "utm")
STYLE_NAMES = {"utm": "UTM "}
POACHING = (
    "Tell the wildlife inspector first, and go with them. Touch nothing: collar, animal, snare,"
    " tracks and cartridges stay as they lie. Photograph with time and place in the picture, and"
    " write down who was there. Keep the place off open radio."
)


def lines(story: Story) -> list[str]:
    """Return the lines to show."""
    return [
        *_entry("STORY OF", _who(story)),
        *_entry("as of", local_time(story.time)),
        "",
        *_entry("SILENT", silence(story)),
        *_last(story),
        *_if_a_person(story),
        *_questions(story),
        "",
        *_causes(story),
        "",
        *_facts(story),
        "",
        *_entry("for locate", _for_locate(story)),
        *(line for text in story.warnings for line in _entry("look out", text)),
    ]


def _entry(label: str, text: str) -> list[str]:
    return _wrapped(translated(label), translated(plain(text)))


def _wrapped(label: str, text: str, indent: int = LABEL) -> list[str]:
    """Return a text that is in the user's language already; words to type stay as they are."""
    if not text:
        return []
    said = textwrap.wrap(
        text, WIDTH, initial_indent=f"{label:<{indent}}", subsequent_indent=" " * indent
    )
    return list(map(Told, said))


def _who(story: Story) -> str:
    ids = [device for device in story.device_ids if device != story.collar]
    known = f" (id {', '.join(ids[:3])})" if ids else ""
    return f"collar {story.collar}{known}: {story.rows} rows, {story.positions} positions"


# --- the silence --------------------------------------------------------------------------------


def silence(story: Story) -> str:
    """Say for how long it is silent, and whether that is unusual for this collar."""
    if story.last_contact is None:
        return "no contact with a time is in its files"
    since = span((story.time - story.last_contact).total_seconds())
    text = f"for {since}; last contact {local_time(story.last_contact)}"
    late, rhythm = story.overdue, story.contact_rhythm
    if late is None or rhythm is None:
        return f"{text}. Its contacts are too few, or within a day: its schedule is unknown"
    usual = f"it spoke about every {span(rhythm.interval_s)}"
    if late.missed <= 1:
        return f"NOT OVERDUE: {text}; {usual}"
    missed = f"{late.missed}" if late.missed <= MOST_MISSED else "thousands of"
    text += f". {missed} contacts missed: {usual}"
    return f"{text}. {_compared(late.as_long, late.gaps, rhythm.longest_s)}"


def _compared(as_long: int, gaps: int, longest_s: float) -> str:
    if as_long:
        return f"{as_long} of its {gaps} gaps before were as long: this may be usual for it"
    few = " (few, so this says little)" if gaps < 20 else ""
    return f"None of its {gaps} gaps before was as long{few}; the longest was {span(longest_s)}"


def _last(story: Story) -> Iterator[str]:
    place = story.last_place
    if place is None:
        yield from _entry("LAST PLACE", "none that can be trusted")
        return
    for number, style in enumerate(STYLES):
        label = "LAST PLACE" if number == 0 else ""
        written = format_place(place.latitude_deg, place.longitude_deg, style)
        datum = f"   ({DATUMS[style]})" if number == 0 else ""
        lead = f"{translated(label):<{LABEL}}{STYLE_NAMES.get(style, '')}"
        yield f"{lead}{written}{translated(datum)}"
    age = span((story.time - place.time).total_seconds())
    kind = f"Argos class {place.location_class or '?'}" if "argos" in place.sensor else "GPS"
    off = f"may be off by {length(place.accuracy_m)} or more"
    yield from _entry("", f"{kind}, {local_time(place.time)}, {age} old; {off}")
    if story.contacts_after_last_place > 1:
        many = story.contacts_after_last_place
        yield from _entry("", f"{many} contacts came after it without a place")
    yield from _before(place, story.places_before)


def _before(last: Position, places: Sequence[Position]) -> Iterator[str]:
    """Say where it was before, as seen from the last place."""
    here = (last.latitude_deg, last.longitude_deg)
    for number, place in enumerate(places[:MOST_BEFORE]):
        away_m, bearing_deg = distance_and_bearing(here, (place.latitude_deg, place.longitude_deg))
        earlier = span((last.time - place.time).total_seconds())
        way = f"{length(away_m)} at {bearing_deg:.0f} true" if away_m >= 1 else "the same place"
        yield from _entry("before that" if number == 0 else "", f"{earlier} earlier: {way}")


def _if_a_person(story: Story) -> list[str]:
    """Say what to do first where a person may be the cause: rather once too often."""
    weight = next((cause.weight for cause in story.causes if cause.key == "poaching"), 0.0)
    is_late = story.overdue is None or story.overdue.missed > 1
    return ["", *_entry("IF A PERSON", POACHING)] if weight >= (1 if is_late else LIGHT) else []


def _questions(story: Story) -> Iterator[str]:
    open_ones = [one for one in story.questions if one.answer not in ("yes", "no")]
    if open_ones:
        yield ""
    for number, one in enumerate(open_ones):
        label = "ASK FIRST" if number == 0 else ""
        yield from _wrapped(translated(label), f"{one.key}: {translated(one.text)}")
    if open_ones:
        yield from _entry("", f"write it down: --answer {open_ones[0].key}=yes (or no)")
    known = [f"{one.key} {one.answer}" for one in story.questions if one.answer in ("yes", "no")]
    yield from _wrapped(translated("answered"), ", ".join(known))


# --- causes -------------------------------------------------------------------------------------


def _causes(story: Story) -> Iterator[str]:
    yield from _entry("WHY", "rough weights of 100, by judgement; your own: --weight poaching=30")
    heavy = [cause for cause in story.causes if cause.weight >= LIGHT or cause.by_leader]
    for cause in heavy:
        yield from _cause(cause)
    light = [cause.key for cause in story.causes if cause not in heavy]
    yield from _wrapped(translated("  under 5"), ", ".join(light))


def _cause(cause: Cause) -> Iterator[str]:
    """Tell a cause in full where something speaks for it, else what would have to be known."""
    rough = f"{cause.weight:.0f} (leader)" if cause.by_leader else f"about {cause.weight:.0f}"
    yield from _wrapped(f"  {cause.key}", translated(f"{rough}: {cause.title}"))
    yield from _below("for", "; ".join(cause.evidence_for))
    yield from _below("against", "; ".join(cause.evidence_against))
    yield from _below("missing", "; ".join(cause.missing))
    if cause.evidence_for or cause.by_leader or cause.weight >= HEAVY:
        yield from _below("where", cause.where)
        yield from _below("when", cause.when)


def _below(label: str, text: str) -> list[str]:
    lead = f"{'':<{LABEL}}{translated(label) + ':':<{BELOW}}"
    return _wrapped(lead, translated(plain(text)), LABEL + BELOW)


# --- the facts behind ---------------------------------------------------------------------------


def _facts(story: Story) -> Iterator[str]:
    yield from _entry("fixes", _fixes(story))
    yield from _entry("battery", _trend(story.battery, "{:.2f} V"))
    yield from _entry("temperature", _trend(story.temperature, "{:.0f} C"))
    yield from _entry("mortality", _mortality(story))
    yield from _entry("went", _walk(story))
    yield from _entry("home range", _range(story))
    yield from _clusters(story.clusters)


def _fixes(story: Story) -> str:
    rhythm, found = story.fix_rhythm, story.fix_success
    if rhythm is None:
        return "too few to know their schedule"
    text = f"about every {span(rhythm.interval_s)}, {100 * rhythm.missed_share:.0f} % missed"
    if rhythm.interval_before_s is not None:
        before = span(rhythm.interval_before_s)
        text += f" (since {rhythm.since:%d %b %Y}; before that every {before})"
    if found is None:
        return text
    text += f"; in the last {found.days:.0f} days of contact {100 * found.recent_share:.0f} % came"
    if found.before_share is not None:
        text += f", before {100 * found.before_share:.0f} %"
    return text


def _trend(found: Trend | None, style: str) -> str:
    if found is None:
        return "unknown: the files do not tell"
    text = f"last {style.format(found.last)} on {found.last_time:%d %b %Y}"
    if found.before is None:
        return f"{text}; too few days for a trend"
    recent, before = style.format(found.recent), style.format(found.before)
    text += f"; last week {recent}, the month before {before}"
    if found.unit == "C" and found.swing_before is not None:
        now, earlier = found.swing_recent, found.swing_before
        text += f"; from low to high in a day {now:.0f}, before {earlier:.0f} degrees"
    if found.unit == "V" and found.slope_per_30_days is not None:
        text += f"; {1000 * found.slope_per_30_days:+.0f} mV in 30 days"
    return text


def _mortality(story: Story) -> str:
    flags = story.mortality
    if flags is None:
        return "its sensor never said that it lies still, or the files do not tell"
    state = "and still did at the last row" if flags.is_set else "and took it back later"
    return (
        f"its sensor said {flags.count} times that it lies still, first {flags.first:%d %b %Y},"
        f" last {flags.last:%d %b %Y}, {state}. A dropped collar says the same"
    )


def _walk(story: Story) -> str:
    found = story.walk
    if found is None:
        return "unknown: fewer than two places"
    return (
        f"at least {length(found.distance_m)} from {found.begin:%d %b %Y} to"
        f" {found.end:%d %b %Y}, {length(found.last_30_days_m)} of it in the last 30 days; between"
        f" fixes {span(found.interval_s)} apart, so the true way is longer"
    )


def _range(story: Story) -> str:
    found = story.home_range
    if found is None:
        return "unknown: it needs 10 places over 3 days"
    text = (
        f"{area(found.area_95_m2)} (95 %), half of the time in {area(found.area_50_m2)}; kernel of"
        f" {length(found.bandwidth_m)}, {found.positions} places worth {found.effective:.0f}"
        " independent ones"
    )
    if found.effective < SETTLED:
        return f"not settled: it was on its way somewhere, or watched too briefly. {text}"
    return ". ".join([text, *found.warnings])


def _clusters(found: tuple[Cluster, ...]) -> Iterator[str]:
    for number, one in enumerate(found[:MOST_CLUSTERS]):
        label = "stayed at" if number == 0 else ""
        place = format_place(one.latitude_deg, one.longitude_deg, "decimal")
        visits = f", {one.visits} visits" if one.visits > 1 else ""
        yield from _entry(
            label,
            f"{place}: {one.begin:%d %b %Y} to {one.end:%d %b %Y}, longest"
            f" {span(one.longest_stay_s)}{visits}; {'ITS LAST PLACE; ' if one.until_end else ''}"
            f"possibly {one.may_be}",
        )
    if len(found) > MOST_CLUSTERS:
        yield from _entry("", f"and {len(found) - MOST_CLUSTERS} more (--json has them all)")


def _for_locate(story: Story) -> str:
    rough = round(100 * story.inaudible_share / 5) * 5
    place = "its last place, spread by its movement and age; " if story.last_place else ""
    return (
        f"{place}about {rough} of 100 that its beacon cannot be heard wherever you listen (off,"
        " empty or carried away). baksan locate takes this from the journal"
    )
