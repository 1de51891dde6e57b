"""What people enter on the page: rows of the journal, kept on the phone until they are there."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from receiver.notes import by_phone

HOSTILE = "<img src=x onerror=document.title='broken'>"


def test_buttons_write_rows(page: Any) -> None:
    page.press("HEARD", "strong")
    page.press("Turn", "upright")
    page.press("Bearing", "2", "1", "0", "OK", "the map (true north)", "sharp")
    page.press("Silence", "10 min")
    page.press("Gain step", "attenuator 20 dB")
    page.until(lambda: len(page.search.entries) == 5)
    (heard,) = page.search.contents("level")
    assert (heard["heard"], heard["collar"], heard["level_unit"]) == (True, "Volna", "hand")
    assert page.search.contents("turn")[0]["polarisation"] == "vertical"
    assert page.search.contents("bearing")[0]["bearing_deg"] == 210
    assert page.search.contents("silence")[0]["duration_s"] == 600
    setup = page.search.contents("setup")[0]
    assert (setup["receiver"], setup["attenuator_db"]) == ("r30", 20)
    assert {entry.observer for entry in page.search.entries} == {"Alan"}


def alone(page: Any, **changes: Any) -> None:
    """The bearer of the page is not he who carries the laptop: its GPS says nothing of him."""
    place = replace(page.search.shown.place, observer="Zaur")
    page.search.shown = replace(page.search.shown, place=place, **changes)
    page.until(lambda: "tap your place on the map" in page.text("#guide"))


def tap(page: Any) -> None:
    page.until(lambda: "Tap the map" in page.text("#tap-here"))
    touch_map(page)
    page.until(lambda: "tap again" in page.text("#tap-here"))  # all of the search is in sight
    touch_map(page)


def touch_map(page: Any) -> None:
    ActionChains(page.driver).move_to_element(page.find("#map")).click().perform()


def grow_old(page: Any, seconds: float) -> None:
    """The phone has told its place so long ago."""
    page.run(
        """
          const fix = JSON.parse(localStorage.getItem('baksan.place'));
          fix.time = new Date(Date.parse(fix.time) - 1000 * arguments[0]).toISOString();
          localStorage.setItem('baksan.place', JSON.stringify(fix));""",
        seconds,
    )


def test_a_turn_that_runs_is_ended(page: Any) -> None:
    alone(page)
    page.press(
        "Turn",
        "flat",
        "End turn",
        "9",
        "0",
        "OK or skip",
        "a compass (magnetic)",
        "yes, all around",
    )
    tap(page)  # no place yet
    page.until(lambda: page.search.contents("turn"))
    page.until(lambda: len(page.search.contents("turn")) == 2)
    turn = page.search.contents("turn")[1]
    assert (turn["state"], turn["full"]) == ("end", True)
    assert turn["loudest_deg"] == pytest.approx(97.8, abs=1.5)  # magnetic north lies east there


def test_place_is_tapped_where_the_browser_gives_none(page: Any) -> None:
    alone(page)
    page.press("Seen")  # nobody knows yet where this phone is
    tap(page)
    page.press("within 50 m", "certain")
    page.until(lambda: page.search.contents("sighting"))
    (seen,) = page.search.contents("sighting")
    assert seen["latitude_deg"] == pytest.approx(42.9, abs=0.05)
    assert (seen["radius_m"], seen["trust"]) == (50, 0.95)
    assert 10 < seen["accuracy_m"] <= 100  # as wide as a thumb at this zoom
    page.until(lambda: page.search.contents("place"))


def test_a_tap_on_a_map_of_a_whole_country_is_no_place(page: Any) -> None:
    page.press("Menu", "Tap my place on the map", *["\N{MINUS SIGN}"] * 4)
    tap(page)
    page.until(lambda: page.search.contents("place"))
    (place,) = page.search.contents("place")
    assert place["accuracy_m"] <= 100
    assert place["latitude_deg"] == pytest.approx(42.9, abs=0.05)


@pytest.mark.parametrize("still", [True, False])
def test_a_direction_is_not_taken_from_an_old_place_unasked(page: Any, still: bool) -> None:
    """Recorded case: who had walked for half an hour gave a bearing from where he began."""
    alone(page)
    page.press("Menu", "Type my place", "4", "2", ".", "8", "OK", "4", "4", ".", "1", "OK")
    page.until(lambda: page.search.contents("place"))
    grow_old(page, 600)
    page.press("HEARD", "clear")  # does not wait, and is only so near
    page.press("Bearing", "2", "1", "0", "OK", "the map (true north)", "sharp")
    page.until(lambda: "Your place is 10 min old" in page.text("#sheet"))
    page.press("yes, still there" if still else "no, tap the map")
    if not still:
        tap(page)
    page.until(lambda: page.search.contents("bearing"))
    (bearing,), (heard,) = page.search.contents("bearing"), page.search.contents("level")
    assert (bearing["latitude_deg"] == 42.8) is still
    assert heard["accuracy_m"] == pytest.approx(600, abs=30)
    assert (bearing.get("accuracy_m") or 0) <= 100


def test_who_carries_the_laptop_is_where_its_gps_is(page: Any) -> None:
    """Recorded case: what his phone had been told half an hour ago went before the GPS."""
    page.press("Menu", "Type my place", "4", "2", ".", "5", "OK", "4", "4", ".", "1", "OK")
    page.until(lambda: page.search.contents("place"))
    page.press("Bearing", "2", "1", "0", "OK", "the map (true north)", "sharp")
    page.until(lambda: page.search.contents("bearing"))
    assert (
        page.search.contents("bearing")[0]["latitude_deg"] == page.search.shown.place.latitude_deg
    )


def test_what_waited_for_a_tap_is_kept_also_where_nobody_taps(page: Any) -> None:
    """Recorded case: a second bearing that asked for the place, too, threw the first one away."""
    alone(page)
    page.press("Bearing", "2", "1", "0", "OK", "the map (true north)", "sharp")
    page.until(lambda: "Tap the map" in page.text("#tap-here"))
    page.press("Bearing", "9", "0", "OK", "a compass (magnetic)", "broad")
    page.until(lambda: page.search.contents("bearing"))
    assert "latitude_deg" not in page.search.contents("bearing")[0]
    page.press("Cancel")
    page.until(lambda: page.search.contents("note"))
    assert page.search.contents("note")[0]["text"] == "090° by compass, place not told"


def test_a_place_of_an_hour_ago_is_asked_about_too(page: Any) -> None:
    alone(page)
    page.press("Menu", "Type my place", "4", "2", ".", "8", "OK", "4", "4", ".", "1", "OK")
    page.until(lambda: page.search.contents("place"))
    grow_old(page, 3600)
    page.press("Bearing", "2", "1", "0", "OK", "the map (true north)", "sharp", "yes, still there")
    page.until(lambda: page.search.contents("bearing"))
    assert page.search.contents("bearing")[0]["latitude_deg"] == 42.8


def test_an_entry_bears_the_time_at_which_it_was_begun(page: Any) -> None:
    page.press("Bearing", "2")
    time.sleep(2.0)
    begun = datetime.now(UTC)
    page.press("1", "0", "OK", "the map (true north)", "sharp")
    page.until(lambda: page.search.contents("bearing"))
    (bearing,) = page.search.contents("bearing")
    assert datetime.fromisoformat(bearing["time"]) < begun - timedelta(seconds=1)


def test_only_who_turns_ends_the_turn(page: Any) -> None:
    """Recorded case: everybody's phone showed End turn while the laptop's bearer turned."""
    alone(page, turning=True)
    page.press("Turn", "flat")
    page.until(lambda: page.search.contents("turn"))
    page.press("End turn", "OK or skip", "yes, all around")
    page.until(lambda: len(page.search.contents("turn")) == 2)
    page.press("Turn")


def test_place_is_typed(page: Any) -> None:
    page.press("Menu", "Type my place", "4", "2", ".", "5", "OK", "4", "4", ".", "1", "OK")
    page.until(lambda: page.search.contents("place"))
    (place,) = page.search.contents("place")
    assert (place["latitude_deg"], place["longitude_deg"]) == (42.5, 44.1)


def test_note_and_undo_are_two_rows(page: Any) -> None:
    page.press("Note")
    page.find("textarea").send_keys(HOSTILE)
    page.press("Save")
    page.until(lambda: page.search.contents("note"))
    (note,) = page.search.entries
    page.press("Undo", "Yes, take it back")
    page.until(lambda: len(page.search.entries) == 2)
    assert page.search.contents("note")[1]["supersedes_id"] == note.id


def hold(page: Any, words: str, seconds: float) -> None:
    (button,) = [b for b in page.all("#deeds .held") if b.text == words]
    ActionChains(page.driver).click_and_hold(button).pause(seconds).release().perform()


def test_danger_is_called_by_holding_only(page: Any) -> None:
    hold(page, "DANGER", 0.2)
    assert "Hold the button" in page.text("#top .said")
    hold(page, "ANIMAL SEEN", 1.2)
    page.until(lambda: page.search.contents("call"))
    assert [c["call"] for c in page.search.contents("call")] == ["animal seen"]


def test_a_call_that_the_laptop_does_not_answer_is_called_to_nobody(page: Any) -> None:
    """Recorded case: the page was live still, and said that everybody was called."""
    with page.search.lock:  # the laptop hangs: nothing can be written
        hold(page, "DANGER", 1.2)
        page.until(lambda: "NOBODY hears this call" in page.text("#top .said"))
    page.until(lambda: page.search.contents("call"))
    hold(page, "ANIMAL SEEN", 1.2)
    page.until(lambda: "Called to everybody" in page.text("#top .said"))


def test_entries_wait_for_the_laptop_and_survive_a_reload(page: Any) -> None:
    page.laptop.go()
    page.until(lambda: "laptop away" in page.text("#top"))
    for word in ("faint", "clear", "strong"):
        page.press("HEARD", word)
    page.until(lambda: "waiting: 3" in page.text("#top"))
    kept = page.run("return localStorage.getItem('baksan.waiting')")
    page.laptop.come()
    page.open()
    page.until(lambda: len(page.search.entries) == 3)
    page.until(lambda: "waiting" not in page.text("#top"))
    assert [e["id"] for e in json.loads(kept)] == [e.id for e in page.search.entries]
    page.run("localStorage.setItem('baksan.waiting', arguments[0])", kept)  # sent a second time
    page.open()
    page.until(lambda: page.run("return localStorage.getItem('baksan.waiting')") == "[]")
    assert (len(page.search.entries), page.search.submitted) == (3, 3)


def test_codes_hand_over_what_waits(page: Any) -> None:
    page.laptop.go()
    try:
        page.until(lambda: "laptop away" in page.text("#top"))
        for minutes in (1, 2, 5, 10, 15, 20):
            page.press("Silence", f"{minutes} min")
        page.press("Note")
        page.find("textarea").send_keys("ж" * 300)
        page.press("Save")
        texts = page.imported("handover.js", "m.chunks(JSON.parse(localStorage['baksan.waiting']))")
        page.press("List", "Hand over by code", "Next")
        assert page.all("canvas.qr")
    finally:
        page.laptop.come()
    assert max(len(text.encode()) for text in texts) <= 1100
    kept = [entry for text in texts for entry in by_phone.kept(text.encode())]
    assert [row.observer for row in kept] == ["Alan"] * 7
    assert [row.said["what"] for row in kept] == ["silence"] * 6 + ["note"]
    assert abs(kept[0].said["ahead_s"]) < 5


def test_an_entry_that_is_refused_stays_and_says_why(page: Any) -> None:
    page.imported("queue.js", "(m.submit('heard', {word: 'loud'}), 1)")
    page.press("List")
    page.until(lambda: "refused: heard is one of" in page.text("#list"))
    page.press("HEARD", "clear")  # and does not hold up the next one
    page.until(lambda: len(page.search.entries) == 1)


def test_a_page_that_is_opened_away_from_the_laptop_takes_entries(page: Any) -> None:
    """A phone throws pages away that nobody looks at, and its bearer is two valleys on."""
    page.until(lambda: page.run("return navigator.serviceWorker.controller !== null"))
    page.laptop.go()
    try:
        page.driver.refresh()
        page.until(lambda: "laptop away" in page.text("#top"))
        page.press("Night", "Day")
        page.press("HEARD", "faint")
        page.until(lambda: "waiting: 1" in page.text("#top"))
        page.driver.refresh()
        page.until(lambda: "waiting: 1" in page.text("#top"))
    finally:
        page.laptop.come()
    page.until(lambda: page.search.contents("level"))
    page.until(lambda: page.text("#top .link") == "live")
    page.find("#deeds .heard")


def test_a_page_that_was_cut_off_offers_no_buttons_when_it_is_opened_again(page: Any) -> None:
    page.until(lambda: page.run("return localStorage.getItem('baksan.paired')") != "null")
    page.driver.delete_all_cookies()
    page.driver.refresh()
    page.until(lambda: "not paired" in page.text("#top"))
    page.driver.refresh()
    page.until(lambda: "not paired" in page.text("#top"))
    assert not page.all("#deeds button")


def test_a_direction_that_waits_for_a_place_survives_a_reload(page: Any) -> None:
    alone(page)
    page.press("Bearing", "2", "1", "0", "OK", "the map (true north)", "sharp")
    page.until(lambda: "Tap the map" in page.text("#tap-here"))
    page.open()
    page.until(lambda: page.search.contents("bearing"))
    assert page.search.contents("bearing")[0]["bearing_deg"] == 210


def test_the_end_of_a_turn_is_kept_where_nobody_says_where_he_is(page: Any) -> None:
    """Recorded case: Cancel lost the end, and the button then began another turn."""
    alone(page)
    page.press("Menu", "Type my place", "4", "2", ".", "8", "OK", "4", "4", ".", "1", "OK")
    page.press("Turn", "flat")
    page.until(lambda: page.search.contents("turn"))
    grow_old(page, 600)
    page.press("End turn", "9", "0", "OK or skip", "the map (true north)", "yes, all around")
    page.until(lambda: "are you still there?" in page.text("#sheet"))
    page.press("Cancel")
    page.until(lambda: len(page.search.contents("turn")) == 2)
    assert page.search.contents("turn")[1]["loudest_deg"] == 90
    assert "latitude_deg" not in page.search.contents("turn")[1]  # not from where he was
    page.press("Turn")


def test_an_undone_turn_is_none(page: Any) -> None:
    alone(page)
    page.press("Turn", "flat")
    page.until(lambda: page.search.contents("turn"))
    page.press("Undo", "Yes, take it back", "Turn")
    page.until(lambda: "Turn begins" in page.text("#sheet"))
