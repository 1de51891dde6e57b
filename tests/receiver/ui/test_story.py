"""A story in words: the silence first, what to do before leaving, causes by their weight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from receiver.config import Collar
from receiver.records import Fix
from receiver.story import Said, Story, tell
from receiver.ui.story import lines

START = datetime(2026, 5, 1, tzinfo=UTC)
LAST = START + timedelta(hours=6 * 239)


def story(silent: timedelta, said: Said | None = None) -> Story:
    rng = np.random.default_rng(2)
    rows = [
        Fix(id=str(i), device_id="81267", file="f", row=i, time=START + timedelta(hours=6 * i),
            latitude_deg=43.0 + 0.02 * rng.normal(), longitude_deg=42.0 + 0.02 * rng.normal(),
            position_status="ok", battery_v=3.6)
        for i in range(240)
    ]  # fmt: skip
    return tell(rows, LAST + silent, collar=Collar(name="Baksan"), said=said)


def text_of(found: Story) -> str:
    return " ".join(" ".join(lines(found)).split())


def test_most_important_comes_first() -> None:
    text = text_of(story(timedelta(days=34)))
    order = ["SILENT", "LAST PLACE", "IF A PERSON", "ASK FIRST", "WHY", "fixes about", "home range"]
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert "for 34 days; last contact" in text
    assert "136 contacts missed: it spoke about every 6.0 hours" in text
    assert "None of its 239 gaps before was as long" in text
    assert "Tell the wildlife inspector first, and go with them. Touch nothing" in text
    assert "Photograph with time and place" in text


def test_what_is_on_time_is_not_overdue() -> None:
    text = text_of(story(timedelta(hours=5)))
    assert "SILENT NOT OVERDUE: for 5.0 hours" in text
    assert "IF A PERSON" not in text


def test_weights_are_rough_and_the_leaders_own_is_marked() -> None:
    text = text_of(story(timedelta(days=34), Said(weights={"den": 40.0, "poaching": 0.0})))
    assert "den 40 (leader): in a den or a gorge" in text
    assert "sudden about " in text
    assert "IF A PERSON" not in text
    assert "%" not in text[text.index("WHY") : text.index("den 40")]


def test_questions_that_were_answered_are_asked_no_more() -> None:
    said = Said(answers={"sisters": "yes", "account": "no", "beacon": "unknown"})
    text = text_of(story(timedelta(days=34), said))
    assert "answered sisters yes, account no" in text
    assert "ASK FIRST beacon: " in text
    assert "sisters: do sister" not in text
