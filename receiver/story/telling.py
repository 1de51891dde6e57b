"""From the rows of a collar's files to its story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from receiver.config import Collar
from receiver.records import Fix
from receiver.story import contacts, ground, ranges
from receiver.story.causes import causes, inaudible_share
from receiver.story.facts import Position, Question, Story
from receiver.story.said import QUESTIONS, Said


def tell(
    fixes: Sequence[Fix],
    now: datetime,
    *,
    collar: Collar,
    said: Said | None = None,
    sisters: Mapping[str, datetime] | None = None,
) -> Story:
    """Return the story of one collar at `now`.

    Args:
        fixes: all rows of its histories, in any order.
        now: until when it has been silent; what lies later has a wrong clock and is left out.
        collar: its sheet, or one with nothing but its name.
        said: what the leader answered, and own weights.
        sisters: other collars of the same journal, and when they next reported after this one's
            last contact.
    """
    said = said or Said()
    own, late = _until(fixes, now)
    facts, warnings = _facts(own, now, collar.name)
    if late:
        warnings.append(f"{late} rows lie in the future: a wrong clock; they are left out")
    warnings += _hints(facts, collar)
    table = causes(facts, collar, said, sisters or {})
    return replace(
        facts,
        causes=table,
        questions=tuple(
            Question(key=key, text=text, answer=said.answers.get(key))
            for key, text in QUESTIONS.items()
        ),
        inaudible_share=inaudible_share(table),
        warnings=tuple(warnings),
    )


def _until(fixes: Sequence[Fix], now: datetime) -> tuple[list[Fix], int]:
    """Return the rows that are not of the future, and how many are."""
    limit = now + contacts.FUTURE
    own = [fix for fix in fixes if all(t is None or t <= limit for t in (fix.time, fix.received))]
    return own, len(fixes) - len(own)


def _facts(fixes: Sequence[Fix], now: datetime, name: str) -> tuple[Story, list[str]]:
    """Return the story without its causes, and what limits it."""
    contact_s = contacts.seconds(contacts.when(fix) for fix in fixes)
    spots = ground.trusted(fixes)
    found, places = ground.track(spots), ground.last_places(spots)
    place = places[0] if places else None
    contact_rhythm = contacts.rhythm(contact_s) if _is_long(contact_s) else None
    fix_rhythm = contacts.rhythm(found.time_s) if found else None
    story = Story(
        collar=name,
        device_ids=tuple(sorted({fix.device_id for fix in fixes})),
        time=now,
        rows=len(fixes),
        positions=len({spot.time for spot in spots}),
        last_contact=contacts.utc(contact_s[-1]) if len(contact_s) else None,
        last_place=place,
        places_before=tuple(places[1:]),
        contacts_after_last_place=_after(contact_s, place),
        contact_rhythm=contact_rhythm,
        fix_rhythm=fix_rhythm,
        overdue=contacts.overdue(contact_s, contact_rhythm, now) if contact_rhythm else None,
        fix_success=(
            contacts.fix_success(found.time_s, fix_rhythm, float(contact_s[-1]))
            if fix_rhythm and found
            else None
        ),
        battery=contacts.trend(fixes, lambda fix: fix.battery_v, "V"),
        temperature=contacts.trend(fixes, lambda fix: fix.temperature_c, "C"),
        mortality=contacts.mortality(fixes),
        walk=ground.walk(found) if found and len(found) > 1 else None,
        home_range=ranges.home_range(found) if found else None,
        clusters=ground.clusters(found) if found else (),
        moved_at_the_end=ground.moved_at_the_end(found) if found else None,
    )
    return story, list(_limits(fixes, found))


def _hints(story: Story, collar: Collar) -> Iterator[str]:
    """Yield what the leader may say to the locator that a history alone must not decide."""
    if collar.movement is not None:
        return
    found = story.home_range
    if found is not None and found.effective >= ranges.FEW_EFFECTIVE:
        yield (
            'its range was settled: movement = "resident" in its sheet makes the area of locate'
            " smaller"
        )
    if any(one.until_end and one.may_be == ground.LIES_STILL for one in story.clusters):
        yield "if the leader holds it for lying still: baksan locate --still"


def _is_long(contact_s: contacts.Floats) -> bool:
    """Tell whether contacts cover a day: the messages of an hour tell no schedule."""
    return len(contact_s) > 1 and contact_s[-1] - contact_s[0] >= contacts.DAY_S


def _after(contact_s: contacts.Floats, place: Position | None) -> int:
    """Return how many contacts came after the last position, a burst being one."""
    if place is None:
        return len(contact_s)
    return int((contacts.merged(contact_s) > place.time.timestamp() + 3600.0).sum())


def _limits(fixes: Sequence[Fix], found: ground.Track | None) -> list[str]:
    warnings = []
    poor = sum(fix.position_status in ("stale", "bad") for fix in fixes)
    if poor:
        warnings.append(f"{poor} positions are not to be trusted and are left out")
    if found and found.spikes:
        warnings.append(f"{found.spikes} positions lie where nothing can go so fast: left out")
    if found and found.accuracy_m >= ground.ARGOS_ACCURACY_M["3"]:
        warnings.append("its places are from Argos: each may be off by kilometres")
    return warnings
