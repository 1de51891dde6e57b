"""An answer in a ranger's words: where it may be, how large the search area is, what limits it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from receiver.geodesy import DATUMS, declination_deg, distance_and_bearing, format_place
from receiver.language import Told, translated
from receiver.records import Answer, Observation
from receiver.wording import SIMULATION, area, length, local_time

if TYPE_CHECKING:
    from receiver.derive import Derived

WIDTH = 79
CANNOT_SAY = "cannot say"  # how the warning begins that nearly anywhere fits
ONE_BEARING = "one bearing"  # and that which says that the distance is not known
LABEL = 14
STYLE_NAMES = {"utm": "UTM ", "mgrs": "MGRS ", "sk42": "SK-42 "}
MOST_WARNINGS = 6
HERE_M = 30.0
WHAT = {
    "levels": "how loud it was",
    "bearings": "bearings",
    "sightings": "sightings and fixes",
    "silence": "where nothing was heard",
}
BESIDE = {"loudest": "where it was loudest", "centroid": "the middle of the loud places",
          "lenth_mle": "where the bearings cross"}  # fmt: skip


def summary_of(answer: Answer, derived: Derived, simulation: bool = False) -> list[str]:
    """Return the summary of a journal's answer."""
    return summary(answer, derived.observations, derived.warnings, simulation=simulation)


def summary(
    answer: Answer,
    observations: Sequence[Observation],
    warnings: Sequence[str] = (),
    *,
    simulation: bool = False,
    styles: Sequence[str] = ("decimal", "dm", "utm", "mgrs"),
) -> list[str]:
    """Return the lines to show, at most 79 characters wide."""
    lines = [SIMULATION] if simulation else []
    if answer.reason is not None:
        lines += _entry("NO PLACE YET", answer.reason)
    else:
        if _warns(answer, CANNOT_SAY):
            lines += _entry("CANNOT SAY", "where: a very wide area fits; its middle:")
        elif _warns(answer, ONE_BEARING):
            lines += _entry("CANNOT SAY", "how far: one bearing is a direction; the middle of it:")
        lines += _where(answer, styles)
        lines += _entry("from you", _from_observer(answer, observations))
        lines += _entry("search area", _areas(answer))
        lines += _entry("rests on", _rests_on(answer))
        lines += _entry("beside it", _beside(answer, observations))
    lines += _entry("as of", local_time(answer.time))
    told = [w for w in (*answer.warnings, *warnings) if not w.startswith(CANNOT_SAY)]
    for warning in told[:MOST_WARNINGS]:
        lines += _entry("look out", warning)
    if len(told) > MOST_WARNINGS:
        lines += _entry("look out", f"and {len(told) - MOST_WARNINGS} more (--json has them all)")
    return lines


def _entry(label: str, text: str) -> list[str]:
    if not text:
        return []
    indent = " " * LABEL
    lead = f"{translated(label):<{LABEL}}"
    said = textwrap.wrap(translated(text), WIDTH, initial_indent=lead, subsequent_indent=indent)
    return list(map(Told, said))


def _is_unsure(answer: Answer) -> bool:
    return _warns(answer, CANNOT_SAY) or _warns(answer, ONE_BEARING)


def _warns(answer: Answer, beginning: str) -> bool:
    return any(warning.startswith(beginning) for warning in answer.warnings)


def _where(answer: Answer, styles: Sequence[str]) -> Iterator[str]:
    assert answer.latitude_deg is not None
    assert answer.longitude_deg is not None
    lead = "" if _is_unsure(answer) else "IT MAY BE AT"
    for number, style in enumerate(styles):
        label = lead if number == 0 else ""
        place = format_place(answer.latitude_deg, answer.longitude_deg, style)
        datum = f"   ({DATUMS[style]})" if number == 0 or style == "sk42" else ""
        style_name = translated(STYLE_NAMES.get(style, ""))
        yield f"{translated(label):<{LABEL}}{style_name}{place}{translated(datum)}"


def _from_observer(answer: Answer, observations: Sequence[Observation]) -> str:
    """Say how far and in which direction the point is from the last place of listening."""
    here = last_place(observations)
    if here is None or answer.latitude_deg is None or answer.longitude_deg is None:
        return ""
    there = (answer.latitude_deg, answer.longitude_deg)
    distance_m, bearing_deg = distance_and_bearing(here, there)
    text = f"{length(distance_m)} at {bearing_deg:.0f} true"
    if answer.time is not None:
        magnetic = (bearing_deg - declination_deg(*there, answer.time.date())) % 360.0
        text += f" ({magnetic:.0f} by compass)"
    return f"{text}, from your last place"


def last_place(observations: Sequence[Observation]) -> tuple[float, float] | None:
    """Return latitude and longitude of the last place where somebody listened."""
    listening = ("level", "bearing", "silence")
    placed = [o for o in observations if o.kind in listening and o.latitude_deg is not None]
    if not placed:
        return None
    last = max(placed, key=lambda o: o.time)
    assert last.latitude_deg is not None
    assert last.longitude_deg is not None
    return last.latitude_deg, last.longitude_deg


def _areas(answer: Answer) -> str:
    half, most = answer.regions["50"], answer.regions["95"]
    pieces = len(most["geometry"]["coordinates"])
    text = f"{area(most['area_m2'])}, 1 in 20 outside; half of it in {area(half['area_m2'])}"
    return f"{text}; {pieces} pieces" if pieces > 1 else text


def _rests_on(answer: Answer) -> str:
    counts = answer.counts
    amounts = {
        "levels": f"{_many(counts.get('readings', 0), 'reading')} at"
        f" {_many(counts.get('places', 0), 'place')}",
        "bearings": _many(counts.get("bearings", 0), "bearing"),
        "sightings": _many(counts.get("sightings", 0) + counts.get("positions", 0), "sighting"),
        "silence": _many(counts.get("silent_places", 0), "silent place"),
    }
    order = sorted(answer.contributions_bits, key=lambda k: -answer.contributions_bits[k])
    words = [f"{WHAT[name]} ({amounts[name]})" for name in order if amounts[name][0] != "0"]
    lead = "mostly " if len(words) > 1 else ""
    return lead + ", then ".join(words)


def _beside(answer: Answer, observations: Sequence[Observation]) -> str:
    """Say where simple rules put it, as seen from the last place, as all else is."""
    here, words = last_place(observations), []
    if here is None:
        return ""
    for name, text in BESIDE.items():
        rule = answer.beside.get(name)
        if rule is None:
            continue
        if "reason" in rule:
            words.append(f"{text}: {rule['reason']}")
            continue
        there = (rule["latitude_deg"], rule["longitude_deg"])
        distance_m, bearing_deg = distance_and_bearing(here, there)
        if distance_m < HERE_M:
            words.append(f"{text}: where you listened last")
        else:
            words.append(f"{text}: {length(distance_m)} at {bearing_deg:.0f}")
    return f"from your last place, {'; '.join(words)}" if words else ""


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
