"""The spoken summary: field words, within a screen, and nothing that only a statistician says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from receiver.columns import columns
from receiver.geodesy import distance_and_bearing
from receiver.locator import LocatorConfig, locate
from receiver.records import Answer, Detection, Observation
from receiver.simulator.search import made_up_search
from receiver.ui.status import status_text
from receiver.ui.summary import WIDTH, last_place, summary
from receiver.wording import area, length, local_time

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FORBIDDEN = ("posterior", "sigma", "likelihood", "probab", "prior", "covariance", "credible",
             "None", "nan", "deg_", "_m ")  # fmt: skip
MADE = made_up_search(2, 20)
ANSWER = locate(columns(MADE.observations), LocatorConfig(cells=64))


@pytest.mark.parametrize("styles", [("decimal", "dm", "utm", "mgrs"), ("sk42",), ("mgrs",)])
def test_words_of_the_field_within_a_screen(styles: tuple[str, ...]) -> None:
    lines = summary(ANSWER, MADE.observations, ["a warning " * 20] * 9, styles=styles)
    text = "\n".join(lines)
    assert max(map(len, lines)) <= WIDTH
    assert not [word for word in FORBIDDEN if word in text]
    for words in ("IT MAY BE AT", "search area", "1 in 20 outside", "from your last place",
                  "rests on", "places", "look out", "more (--json has them all)"):  # fmt: skip
        assert words in text
    assert ("SK-42" in text) == (styles == ("sk42",))


def test_datum_is_named_beside_the_place() -> None:
    assert "(WGS 84)" in summary(ANSWER, MADE.observations)[0]
    assert "GOST R 51794-2008" in summary(ANSWER, MADE.observations, styles=("sk42",))[0]


def test_no_answer_says_why_and_nothing_else() -> None:
    lines = summary(Answer(reason="nothing has been heard yet"), [])
    assert lines == ["NO PLACE YET  nothing has been heard yet"]


def test_simulation_is_said_first() -> None:
    assert summary(ANSWER, [], simulation=True)[0].startswith("SIMULATION")


def test_distance_is_from_the_last_place_of_listening() -> None:
    early = Observation(id="1", kind="level", time=NOW, latitude_deg=43.0, longitude_deg=42.0)
    late = Observation(id="2", kind="level", time=NOW + timedelta(minutes=5), latitude_deg=43.1,
                       longitude_deg=42.1)  # fmt: skip
    seen = Observation(id="3", kind="sighting", time=NOW + timedelta(hours=1), latitude_deg=40.0,
                       longitude_deg=40.0)  # fmt: skip
    assert last_place([late, seen, early]) == (43.1, 42.1)
    assert last_place([seen]) is None


@pytest.mark.parametrize(
    ("value", "text"), [(1234.0, "0.1 ha"), (5.5e5, "55 ha"), (9.9e6, "990 ha"), (2.5e7, "25 km2")]
)
def test_areas(value: float, text: str) -> None:
    assert area(value) == text


@pytest.mark.parametrize(("value", "text"), [(80.4, "80 m"), (999.0, "999 m"), (1500.0, "1.5 km")])
def test_lengths(value: float, text: str) -> None:
    assert length(value) == text


def test_local_time_names_its_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Moscow")
    time.tzset()
    try:
        assert local_time(NOW) == "24 Nov 2026, 15:00 MSK, UTC+03:00"
    finally:
        monkeypatch.undo()
        time.tzset()
    assert local_time(None) == ""
    assert local_time(datetime(1970, 1, 1, 5, tzinfo=UTC)) == ""


def test_status_line_says_saved_lost_and_old() -> None:
    from receiver.recording import View
    from receiver.status import Status

    heard = Detection(kind="packet", time=NOW, monotonic_ns=0, level_db=-97.4, level_unit="dBm")
    count = Detection(kind="meter", time=NOW, monotonic_ns=0, level_raw=120.0)
    view = View(
        saved=1234, waiting=300, is_stuck=True, now_ns=50 * 10**9,
        statuses=[Status("gate", "hearing", heard_ns=10 * 10**9), Status("gps", "lost"),
                  Status("r30", "hearing", heard_ns=49 * 10**9), Status("new", "hearing")],
        levels={"gate": heard, "r30": count},
    )  # fmt: skip
    assert status_text(view) == (
        "saved 1234 | NOT SAVED YET 300 | gate -97 dBm old, 40 s | gps LOST | r30 meter 120"
        " | new nothing yet"
    )


def test_says_that_it_cannot_say_where_nearly_everything_fits() -> None:
    wide = replace(ANSWER, warnings=("cannot say where: a very wide area fits",))
    lines = summary(wide, MADE.observations)
    assert lines[0].startswith("CANNOT SAY    where: a very wide area")
    assert not any("IT MAY BE AT" in line for line in lines)
    assert sum("a very wide area" in line for line in lines) == 1


def test_simple_rules_are_told_beside_the_point() -> None:
    assert ANSWER.latitude_deg is not None
    north = {"latitude_deg": ANSWER.latitude_deg + 0.01, "longitude_deg": ANSWER.longitude_deg}
    told = replace(ANSWER, beside={"loudest": north, "lenth_mle": {"reason": "they do not cross"}})
    text = " ".join(" ".join(summary(told, MADE.observations)).split())
    # From the last place, as the line "from you" is: two origins would lead the wrong way.
    place = last_place(MADE.observations)
    assert place is not None
    away_m, bearing_deg = distance_and_bearing(
        place, (north["latitude_deg"], north["longitude_deg"])
    )
    assert f"where it was loudest: {length(away_m)} at {bearing_deg:.0f}" in text
    assert "where the bearings cross: they do not cross" in text
    here = {"latitude_deg": place[0], "longitude_deg": place[1]}
    text = " ".join(summary(replace(ANSWER, beside={"loudest": here}), MADE.observations))
    assert "where it was loudest: where you listened last" in " ".join(text.split())


def test_one_bearing_is_a_direction_and_no_place() -> None:
    """Recorded case: "IT MAY BE AT" to a metre, and 357 m away, from one bearing."""
    one = replace(
        ANSWER, warnings=("one bearing gives a direction and no distance: take one from the side",)
    )
    lines = summary(one, MADE.observations)
    assert lines[0].startswith("CANNOT SAY    how far")
    assert not any("IT MAY BE AT" in line for line in lines)
