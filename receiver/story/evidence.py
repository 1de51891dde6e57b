"""What speaks for and against each cause of a silence, and what is not known.

A factor above 1 speaks for a cause, below 1 against it; None: missing. They are rough on purpose:
2 for a hint, 4 or 5 for something that is usual with this cause and rare else, 10 for nearly proof,
50 where there is no silence to explain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from receiver.config import Collar
from receiver.story.facts import Cluster, Story, Trend
from receiver.story.ground import STILL_M, STILL_S
from receiver.wording import span

DAY_S = 86_400.0
RARE, COMMON = 0.02, 0.05  # share of its own gaps that were as long
FEW_GAPS, SURELY_MISSED = 20, 3
VOLTS_FELL = 0.025  # share of the voltage that a battery loses near its end
MUCH_WORSE, STEADY = 0.6, 0.85  # recent fix success over that before
COLD_C = -15.0
LONG_SILENCE_S = 60 * DAY_S
MORE_SWING, LEAST_SWING_C = 1.7, 10.0
MUCH_BATTERY_DAYS, NEAR_DROP_OFF_DAYS = 180, 30
SOON_AFTER_S = 30 * DAY_S


class Evidence(NamedTuple):
    """One thing about one cause."""

    cause: str
    factor: float | None
    text: str


def evidence(
    story: Story, collar: Collar, answers: Mapping[str, str], sisters: Mapping[str, datetime]
) -> Iterator[Evidence]:
    """Yield everything that a history, a sheet and people say about causes."""
    yield from _gaps(story)
    yield from _battery(story, collar)
    yield from _account(story, answers, sisters)
    yield from _gps(story)
    yield from _success(story)
    yield from _end(story)
    yield from _drop_off(story, collar)
    yield from _mortality(story)
    yield from _people(answers)


def _gaps(story: Story) -> Iterator[Evidence]:
    late = story.overdue
    if late is None:
        yield Evidence("schedule", None, "too few contacts to know its schedule: ask its maker")
        return
    how_long = f"{late.as_long} of its {late.gaps} gaps were as long as this silence"
    if late.missed <= 1:
        yield Evidence("schedule", 50, "it is not overdue by its own schedule")
    elif late.gaps < FEW_GAPS:
        if late.as_long == 0 and late.missed >= SURELY_MISSED:
            yield Evidence("schedule", 0.4, how_long)
        yield Evidence("schedule", None, f"only {late.gaps} gaps are known: its programme by its"
                       " maker (season, duty cycle)")  # fmt: skip
    elif late.share_as_long >= COMMON:
        yield Evidence("schedule", 4, how_long)
        yield Evidence("den", 2, how_long)
    elif late.share_as_long <= RARE:
        yield Evidence("schedule", 0.1, how_long)
    rhythm = story.contact_rhythm
    if rhythm and rhythm.interval_before_s is not None:
        yield Evidence("schedule", 2, f"it changed its schedule before, on {rhythm.since:%d %b %Y}")
    if late.silence_s > LONG_SILENCE_S:
        yield Evidence("den", 0.3, f"silent for {span(late.silence_s)}: no den hides it so long")


# --- battery ------------------------------------------------------------------------------------


def _battery(story: Story, collar: Collar) -> Iterator[Evidence]:
    yield from _battery_date(story, collar)
    volts = story.battery
    if volts is None:
        yield Evidence("battery", None, "its voltage: the files have none")
    elif _fell(volts):
        said = f"its voltage fell from {volts.before:.2f} to {volts.last:.2f} V"
        yield Evidence("battery", 4, said)
        yield Evidence("sudden", 0.5, said)
    elif volts.before is None:
        yield Evidence("battery", None, "its voltage over more than a week")
    else:
        steady = f"its voltage was steady to the end ({volts.last:.2f} V)"
        yield Evidence("battery", 0.5, f"{steady}; lithium cells fall only in the last days")
        yield Evidence("sudden", 1.5, steady)
    if story.temperature and story.temperature.recent <= COLD_C:
        yield Evidence("battery", 1.5, f"it was cold: {story.temperature.recent:.0f} C")


def _fell(volts: Trend) -> bool:
    return volts.before is not None and min(volts.last, volts.recent) < volts.before * (
        1 - VOLTS_FELL
    )


def _battery_date(story: Story, collar: Collar) -> Iterator[Evidence]:
    if collar.battery_end_date is None:
        yield Evidence("battery", None, "battery_end_date in its sheet")
        return
    until = story.last_contact or story.time
    left = (collar.battery_end_date - until.date()).days
    if left < 0:
        yield Evidence("battery", 5, f"it spoke last {_days(-left)} after its battery's date")
    elif left > MUCH_BATTERY_DAYS:
        yield Evidence("battery", 0.3, f"its battery had {_days(left)} left by its sheet")
    else:
        yield Evidence("battery", 2, f"its battery had only {_days(left)} left by its sheet")


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


# --- account, operator, GPS ---------------------------------------------------------------------


def _account(
    story: Story, answers: Mapping[str, str], sisters: Mapping[str, datetime]
) -> Iterator[Evidence]:
    answer = answers.get("sisters")
    if answer == "yes":
        yield Evidence("outage", 0.1, "sister collars still report")
        yield Evidence("account", 0.3, "sister collars still report")
    elif answer == "no":
        yield Evidence("outage", 5, "sister collars are silent too")
        yield Evidence("account", 4, "sister collars are silent too")
    else:
        yield from _others(story, sisters)
        yield Evidence("outage", None, "do sister collars report? --answer sisters=yes or no")
    paid = answers.get("account")
    if paid == "yes":
        yield Evidence("account", 0.2, "the account is paid and shows nothing newer")
    elif paid == "no":
        yield Evidence("account", 10, "the account is not paid or was not looked at")
    else:
        yield Evidence("account", None, "account and SIM? --answer account=yes or no; download its"
                       " files anew: these may only be old")  # fmt: skip


def _others(story: Story, sisters: Mapping[str, datetime]) -> Iterator[Evidence]:
    """Look at the other collars of the same journal that reported soon after the last contact."""
    if story.last_contact is None:
        return
    for name, time in sorted(sisters.items(), key=lambda item: item[1])[:1]:
        if (time - story.last_contact).total_seconds() <= SOON_AFTER_S:
            text = f"{name} in the same journal still reported on {time:%d %b %Y}"
            yield Evidence("outage", 0.5, text)
            yield Evidence("account", 0.7, text)


def _gps(story: Story) -> Iterator[Evidence]:
    place, contact = story.last_place, story.last_contact
    if place is None or contact is None:
        return
    alive_s = (contact - place.time).total_seconds()
    usual_s = story.fix_rhythm.interval_s if story.fix_rhythm else DAY_S
    is_late = story.overdue is None or story.overdue.missed > 1
    if story.contacts_after_last_place >= 3 and alive_s > 3 * usual_s:
        yield Evidence("gps", 10, f"{story.contacts_after_last_place} contacts came in"
                       f" {span(alive_s)} after the last position")  # fmt: skip
    elif is_late:
        yield Evidence("gps", 0.1, "the link fell silent with the positions")


def _success(story: Story) -> Iterator[Evidence]:
    found = story.fix_success
    if found is None or found.before_share is None:
        yield Evidence("den", None, "fix success before the silence: too few fixes")
        return
    shares = f"{100 * found.before_share:.0f} % of due fixes before"
    text = f"{100 * found.recent_share:.0f} % of due fixes in the last {found.days:.0f} days," \
           f" {shares}"  # fmt: skip
    ratio = found.recent_share / max(found.before_share, 0.01)
    if ratio < MUCH_WORSE:
        yield Evidence("den", 3, text)
        yield Evidence("gps", 2, text)
        yield Evidence("battery", 1.5, text)
        yield Evidence("sudden", 0.5, text)
        yield Evidence("poaching", 0.7, text)
    elif ratio > STEADY:
        yield Evidence("sudden", 2, f"fixes came as usual to the end ({text})")
        yield Evidence("poaching", 1.5, f"fixes came as usual to the end ({text})")
        yield Evidence("den", 0.5, f"fixes came as usual to the end ({text})")


# --- how it ended -------------------------------------------------------------------------------


def last_cluster(story: Story) -> Cluster | None:
    """Return the place where it stayed until its last position, None where it did not."""
    return next((one for one in story.clusters if one.until_end), None)


def _end(story: Story) -> Iterator[Evidence]:
    last = last_cluster(story)
    if last is not None and last.last_stay_s >= STILL_S:
        text = f"its last fixes lie together for {span(last.last_stay_s)}"
        if last.spread_m <= STILL_M:
            lies = f"{text}, within {last.spread_m:.0f} m"
            yield from (Evidence(key, 5, lies) for key in ("dropped", "dropoff"))
            yield Evidence("poaching", 1.5, lies)
        else:
            yield Evidence("dropped", 1.5, f"{text}, but {last.spread_m:.0f} m apart")
        yield Evidence("den", 2, text)
    elif last is not None and last.visits >= 3:
        yield Evidence("den", 2, f"its last fix is at a place it came to {last.visits} times")
    elif story.moved_at_the_end:
        moved = "it was on its way in its last day"
        yield Evidence("dropped", 0.2, moved)
        yield Evidence("den", 0.7, moved)
    yield from _swing(story.temperature)
    if story.moved_at_the_end is None or story.last_place is None:
        yield Evidence("dropped", None, "no positions that tell whether it moved at the end")


def _swing(found: Trend | None) -> Iterator[Evidence]:
    """Look at the day's warmth: an animal keeps a collar warm at night and shades it by day."""
    if found is None or found.swing_before is None or found.swing_before <= 0:
        return
    if found.swing_recent >= max(MORE_SWING * found.swing_before, LEAST_SWING_C):
        text = f"its warmth swung by {found.swing_recent:.0f} degrees a day at the end, before by" \
               f" {found.swing_before:.0f}"  # fmt: skip
        yield Evidence("dropped", 2, f"{text}: as of something that lies in sun and frost")


def _drop_off(story: Story, collar: Collar) -> Iterator[Evidence]:
    if collar.drop_off_date is None:
        yield Evidence("dropoff", None, "drop_off_date in its sheet")
        return
    until = story.last_contact or story.time
    days = (collar.drop_off_date - until.date()).days
    if days <= NEAR_DROP_OFF_DAYS:
        when = f"{_days(days)} after" if days > 0 else f"{_days(-days)} before"
        yield Evidence("dropoff", 10, f"its drop-off date is {when} the last contact")
    else:
        yield Evidence("dropoff", 0.05, f"its drop-off was {_days(days)} away by its sheet")


def _mortality(story: Story) -> Iterator[Evidence]:
    flags = story.mortality
    if flags is None:
        return
    if flags.is_set:
        text = f"its own sensor said that it lies still, from {flags.first:%d %b %Y} on"
        yield from (Evidence(key, 3, text) for key in ("dropped", "dropoff"))
        yield Evidence("poaching", 2, text)
        yield Evidence("sudden", 0.5, text)
    else:
        yield Evidence("dropped", 0.7, "its sensor had said that it lies still, and took it back")


def _people(answers: Mapping[str, str]) -> Iterator[Evidence]:
    road = answers.get("road")
    if road == "yes":
        yield Evidence("poaching", 2, "a road, village or camp is near the last fixes")
    elif road == "no":
        yield Evidence("poaching", 0.5, "no road, village or camp is near the last fixes")
    else:
        yield Evidence("poaching", None, "road, village or camp near? --answer road=yes or no")
    if answers.get("beacon") not in ("yes", "no"):
        yield Evidence("battery", None, "beacon battery left? --answer beacon=yes or no")
