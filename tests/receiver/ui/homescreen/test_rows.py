"""The rows of the homing screen: what is shown, what never is, and that it fits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from receiver.homing.snapshot import Advice, Approach, Gain, Machine, Said, Snapshot, Where
from receiver.language import phrase
from receiver.ui.homescreen import digits, plain
from receiver.ui.homescreen.layout import Row
from receiver.ui.homescreen.rows import Below, drawn
from receiver.ui.homing_keys import actions, key_words
from receiver.ui.keypad import Keypad

Make = Callable[..., Snapshot]
# What no ranger should have to read.
FORBIDDEN = re.compile(r"posterior|sigma|log-likelihood|dBFS|C/N0|SNR|None|nan", re.IGNORECASE)


def lines(snapshot: Snapshot | None, below: Below | None = None, width: int = 80,
          height: int = 24) -> list[str]:  # fmt: skip
    return [text_of(row) for row in drawn(snapshot, below or keys(), width, height)]


def text_of(row: Row) -> str:
    return "".join(text for text, _ in row)


def keys() -> Below:
    return Below(keys=key_words())


def roles(snapshot: Snapshot, text: str) -> set[str]:
    rows = drawn(snapshot, keys(), 80, 24)
    return {role for row in rows for said, role in row if text in said}


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (132, 43), (200, 60), (60, 24), (20, 6)])
def test_every_row_is_as_wide_as_the_screen(case: Snapshot, size: tuple[int, int]) -> None:
    shown = lines(case, width=size[0], height=size[1])
    assert len(shown) == size[1]
    assert {cell_len(line) for line in shown} == {size[0]}


@pytest.mark.parametrize("question", ["", "h", "b", "!", "p300\n", "e", "t", "m", "u", "g"])
def test_nothing_is_cut_at_80_by_24_in_any_language(
    case: Snapshot, language: str, question: str
) -> None:
    pad = Keypad(["r30"], actions)
    for key in question:
        pad.feed(key)
    shown = lines(case, Below(runs=tuple(pad.runs), question=pad.question, keys=key_words()))
    assert not [line for line in shown if "…" in line]
    assert not [line for line in shown if FORBIDDEN.search(line)]


def test_the_level_is_a_number_seven_rows_high(made: Make) -> None:
    shown = lines(made())
    for row in digits.drawn("-87"):
        assert any(row.rstrip() in line for line in shown)


def test_the_bar_is_of_blocks_as_long_as_the_level_is_high(made: Make) -> None:
    bar = next(line for line in lines(made()) if line.startswith("▕"))
    assert bar.count("█") == round(0.41 * 78)
    strength = made().strength
    assert strength is not None
    for share, count in ((-1.0, 0), (0.0, 0), (1.0, 78), (7.0, 78)):
        snapshot = made(strength=replace(strength, share=share))
        assert "".join(lines(snapshot)[8:12]).count("█" * 78) == (count == 78)


def test_a_direction_has_an_arrow_degrees_and_a_clock(made: Make) -> None:
    shown = "\n".join(lines(made()))
    assert "↗ 052° ±12° true 4 s" in shown  # 32 degrees to the right of where the searcher faces
    assert "at 1 o'clock" in shown
    assert digits.arrow(32.0)[0].strip() in shown


def test_without_a_heading_the_arrow_says_what_is_up(made: Make) -> None:
    shown = "\n".join(lines(made("no heading")))
    assert "north is up" in shown
    assert "o'clock" not in shown


def test_an_arrow_that_leads_aside_does_not_say_that_the_collar_is_there(made: Make) -> None:
    aside = Advice(deed="that way", bearing_deg=110.0)
    assert "the collar is that way" in "\n".join(lines(made()))
    shown = "\n".join(lines(made(advice=aside)))
    assert "a place to listen from is that way" in shown
    assert "the collar is that way" not in shown
    assert "110° true" in shown
    assert "±" not in shown.split("you:")[0]  # the spread is of the collar's direction


@pytest.mark.parametrize("case_of_stop", ["stop", "worst"])
def test_inside_the_limit_there_is_stop_and_nothing_that_leads_on(
    made: Make, case_of_stop: str
) -> None:
    advice = Advice(deed="walk", bearing_deg=52.0, distance_m=90.0, reason="go on")
    for snapshot in (made(case_of_stop), made(case_of_stop, advice=advice)):
        for size in ((80, 24), (60, 24), (132, 43)):
            shown = "\n".join(lines(snapshot, width=size[0], height=size[1]))
            assert "LEADER DECIDES" in shown
            for leading in ("°", "o'clock", "walk", "go on", "that way", "would help", "go higher"):
                assert leading not in shown, leading
            assert not set("↑↗→↘↓↙←↖") & set(shown)
    for width, height in ((60, 24), (80, 24), (120, 36)):
        shown = "\n".join(lines(made(case_of_stop), width=width, height=height))
        drawings = [digits.drawn("STOP", scale) for scale in (1, 2)]
        assert any(all(row.strip() in shown for row in rows) for rows in drawings)


@pytest.mark.parametrize("size", [(20, 6), (40, 10), (40, 12), (80, 10), (80, 12), (60, 16)])
@pytest.mark.parametrize("question", ["", "t", "bm"])
def test_stop_stands_on_the_smallest_screen(
    made: Make, language: str, size: tuple[int, int], question: str
) -> None:
    pad = Keypad(["r30", "r85"], actions)
    for key in question:
        pad.feed(key)
    below = Below(question=pad.question, keys=key_words())
    for case in ("stop", "worst"):
        shown = lines(made(case), below, *size)
        assert any(phrase("STOP") in line or digits.drawn("STOP")[0] in line for line in shown)


def test_a_small_screen_tells_the_level_and_the_direction_in_words(made: Make) -> None:
    shown = "\n".join(lines(made(), width=40, height=10))
    assert "r30 -87 dBm" in shown
    assert "052°" in shown
    assert "SPACE HEARD" in shown


def test_what_is_old_is_struck_out_and_says_so(made: Make) -> None:
    snapshot = made("old")
    shown = "\n".join(lines(snapshot))
    assert "-87 dBm OLD 20 s" in shown
    assert "052° ±12° true OLD 75 s" in shown
    assert roles(snapshot, "-87 dBm") == {"old"}
    assert roles(snapshot, "052°") == {"old"}
    assert roles(snapshot, "o'clock") == {"old"}
    assert "███" not in shown.split("r30")[0]  # no figure looks like one of now
    assert "░░" in shown


def test_metres_only_where_the_scale_is_known(made: Make) -> None:
    assert "near, 420 m to 1.3 km" in "\n".join(lines(made()))
    unknown = made(where=replace(made().where, metres_known=False))
    assert "near 4 s" in "\n".join(lines(unknown))
    assert "420 m" not in "\n".join(lines(unknown))


def test_calls_lost_sources_and_the_own_radio_stand_above_all_else(made: Make) -> None:
    shown = lines(made("worst"))
    assert [line.strip() for line in shown[1:6]] == [
        "ANIMAL SEEN B 90 s ago",
        "DANGER C 12 s ago",
        "OUR RADIO TRANSMITS: nothing counts",
        "r30 LOST: /dev/ttyUSB0 is gone: plug it in again",
        "r85 SWITCHES ITSELF OFF in 45 s: press a key on it",
    ]
    assert "SPACE HEARD" in shown[-3]
    assert "TOO LOUD: next gain step" in "\n".join(shown)


def test_a_recording_that_stands_still_is_told(made: Make) -> None:
    shown = lines(made(), Below(keys=key_words(), stalled_s=5.0))
    assert "NO NEWS FROM THE RECORDING FOR 5 s" in shown[1]


def test_a_question_takes_the_place_of_the_keys(made: Make) -> None:
    shown = lines(made(), Below(question="bearing, degrees: 24_", keys=key_words()))
    assert shown[-2].strip() == "bearing, degrees: 24_"
    assert "SPACE HEARD" not in "\n".join(shown)


def test_the_next_step_close_in_names_its_key_and_stands_only_where_it_is_wanted(
    made: Make,
) -> None:
    assert "gain: yagi, gain 5; NEXT STEP: attenuator (key 1)" in "\n".join(lines(made()))
    far = "\n".join(lines(made(gain=Gain(now=""))))
    assert "gain: not said (key g)" in far
    assert "NEXT STEP" not in far


def test_a_larger_screen_has_larger_figures_and_more_rows(made: Make) -> None:
    said = tuple(Said(text=f"packet {n}", age_s=60.0 * n) for n in range(3))
    shown = "\n".join(lines(made(decoded=said), width=132, height=43))
    assert digits.drawn("-87", 2)[0].strip() in shown
    assert all(f"packet {n}" in shown for n in range(3))


def test_before_the_first_news_it_says_what_it_waits_for() -> None:
    assert lines(None)[0].strip() == "opening the receivers"


@given(st.text(max_size=200), st.integers(1, 140), st.integers(1, 50))
def test_no_text_of_others_breaks_a_row(text: str, width: int, height: int) -> None:
    snapshot = Snapshot(
        time=datetime(2026, 1, 1, tzinfo=UTC), collar=text, collars=(), simulation=False,
        approach=Approach(limit_m=300.0, edge_m=None, must_stop=False),
        advice=Advice(deed="wait", reason=text), machine=Machine(saved=1, waiting=0, is_stuck=True),
        where=Where(reason=text), calls=(Said(text=text, age_s=1.0, observer=text),),
        decoded=(Said(text=text, age_s=1.0),), faults=(Said(text=text, age_s=1.0),), needed=(text,),
    )  # fmt: skip
    shown = lines(snapshot, width=width, height=height)
    assert len(shown) == height
    assert {cell_len(line) for line in shown} == {width}
    assert not any(ord(letter) < 32 for line in shown for letter in line)


def test_full_disk_and_who_must_stop_are_told_on_the_screen_and_in_the_line(made: Make) -> None:
    full = made(machine=Machine(saved=1, waiting=900, is_stuck=True),
                faults=(Said(text="the disk is full", age_s=0.5),),
                others=(replace(made().others[0], must_stop=True),))  # fmt: skip
    for said in ("\n".join(lines(full)), plain.line(full)):
        assert "the disk is full" in said
        assert "B MUST STOP" in said


def test_a_fault_of_long_ago_gives_way_to_what_was_entered(made: Make) -> None:
    for age_s, shown in ((60.0, True), (900.0, False)):
        case = made(faults=(Said(text="GPS stands still", age_s=age_s),))
        assert any("look out: GPS" in line for line in lines(case)) is shown
        assert any("entered 40 s ago" in line for line in lines(case)) is not shown
        assert ("look out: GPS" in plain.line(case)) is shown


def test_a_place_by_hand_holds_as_long_as_it_says(made: Make) -> None:
    place = replace(made().place, holds_s=900.0, age_s=200.0)
    row = next(line for line in lines(made(place=place)) if "by hand" in line)
    assert "OLD" not in row
    old = replace(place, age_s=1000.0)
    assert any("by hand" in line and "OLD 17 min" in line for line in lines(made(place=old)))


def test_a_code_for_a_phone_leaves_stop_in_sight(made: Make) -> None:
    code = (*["█" * 37] * 19, "for one phone: https://192.168.43.17:8765/#AAAAAAAAAAAAAAAAAAAAAA")
    for case in ("usual", "stop"):
        shown = lines(made(case), Below(keys=key_words(), code=code))
        assert sum("█" * 37 in line for line in shown) == 19
        assert any("192.168.43.17" in line for line in shown)
        assert any("STOP" in line for line in shown) == (case == "stop")
    narrow = lines(made("stop"), Below(keys=key_words(), code=code), width=40, height=12)
    assert any("192.168.43.17" in line for line in narrow)
    assert any("STOP" in line for line in narrow)


def test_no_code_hides_a_call_or_what_is_wrong(made: Make) -> None:
    code = (*["█" * 37] * 19, "for one phone: https://192.168.43.17:8765/#AAAAAAAAAAAAAAAAAAAAAA")
    below = Below(keys=key_words(), code=code, stalled_s=30.0)
    shown = "\n".join(lines(made("worst"), below, 100, 40))
    for said in ("STOP", "DANGER", "r30 LOST", "NO NEWS FROM THE RECORDING", "192.168.43.17"):
        assert said in shown
