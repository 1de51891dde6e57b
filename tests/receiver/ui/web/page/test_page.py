"""What the page shows: the card, the map, what is old, day and night, both languages."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

import pytest

from receiver import language
from receiver.homing.snapshot import Advice, Approach, Said

PHONE, LAPTOP = (390, 844), (1280, 800)
OPENERS = "document.querySelectorAll('#deeds button:not(.held), #top button')"
A_MINUTE_LATER = """
const [owner, was] = [arguments[0] === 'Date' ? Date : performance, {}];
was.now = owner.now.bind(owner);
owner.now = () => was.now() + 60000;"""
LISTEN = """
window.heard = [];
const at = () => ({value: 0, setValueAtTime() {}, linearRampToValueAtTime() {}});
const node = () => ({frequency: at(), gain: at(), connect: (to) => to, stop() {},
  start() { heard.push(this.frequency.value); }});
window.AudioContext = class {
  state = 'running'; currentTime = 0; resume() {} suspend() {}
  createOscillator() { return node(); } createGain() { return node(); }
};"""
MINUS = "\N{MINUS SIGN}"
HOSTILE = "<img src=x onerror=document.title='broken'>"
# Elements whose text is wider or higher than they are, by their text.
TOO_WIDE = """
return [...document.querySelectorAll('button, #top span, #guide *, #sheet h2, #list p, .call *')]
  .filter((e) => e.clientWidth > 0 && !(e instanceof SVGElement))
  .filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 3)
  .filter((e) => getComputedStyle(e).display !== 'inline')
  .filter((e) => getComputedStyle(e).overflowY !== 'auto')
  .map((e) => `${e.className}: ${e.textContent}, ${e.scrollWidth} in ${e.clientWidth}`);
"""
OUTSIDE = """
return [...document.querySelectorAll('#top *, #deeds button, #sheet button')]
  .filter((e) => e.getClientRects().length)
  .map((e) => [e.textContent, e.getBoundingClientRect()])
  .filter(([, box]) => box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1)
  .map(([text]) => text);
"""


def test_token_leaves_the_address_and_is_kept_nowhere(page: Any) -> None:
    page.driver.delete_all_cookies()  # another phone than that of the other tests
    page.pair("Zaur")
    assert page.run("return location.href") == page.laptop.origin + "/"
    assert page.run("return document.cookie") == ""
    assert [d.observer for d in page.laptop.serving.devices][-1] == "Zaur"


def test_who_gives_no_name_is_paired_all_the_same(page: Any) -> None:
    page.driver.delete_all_cookies()
    page.driver.get("about:blank")
    page.driver.get(page.laptop.serving.invite("operator"))
    page.press("Cancel")
    page.until(lambda: page.text("#top .link") == "live")
    assert page.laptop.serving.devices[-1].observer.startswith("phone ")


def test_a_token_used_twice_is_refused_in_words(page: Any) -> None:
    used = page.laptop.serving.invite("operator")
    page.laptop.serving.pairing.pair(used.partition("#")[2], "Zaur", "")
    page.driver.delete_all_cookies()
    page.driver.get("about:blank")
    page.driver.get(used)
    page.find("textarea").send_keys("Zaur")
    page.press("Save")
    page.until(lambda: "used or is too old" in page.text("#guide"))


def test_card_shows_the_snapshot(page: Any) -> None:
    card = page.text("#guide")
    for words in ("the collar is that way", "058° ±9°", "near", f"{MINUS}87", f"peak {MINUS}81",
                  "stronger +3 dB", "Needed next: a bearing from the ridge"):  # fmt: skip
        assert words in card
    assert page.all("#guide .pointer svg")
    assert not re.search(r"\d m\b", card)  # no metres without a calibration
    assert "walk" not in card


def test_stop_covers_the_arrow(page: Any) -> None:
    page.search.shown = replace(page.search.shown, approach=Approach(
        limit_m=300.0, edge_m=0.0, must_stop=True))  # fmt: skip
    page.until(lambda: "STOP" in page.text("#guide .way"))
    assert "LEADER DECIDES" in page.text("#guide .way")
    assert "that way" not in page.text("#guide")
    assert not page.all("#guide .pointer")


def test_stop_sends_nobody_about(page: Any) -> None:
    page.search.shown = replace(page.search.shown, possible_echo=True)
    page.until(lambda: "Possible echo" in page.text("#guide"))
    assert "Needed next" in page.text("#guide")
    page.search.shown = replace(page.search.shown, approach=Approach(
        limit_m=300.0, edge_m=0.0, must_stop=True))  # fmt: skip
    page.until(lambda: "STOP" in page.text("#guide .way"))
    assert "Possible echo" not in page.text("#guide")
    assert "Needed next" not in page.text("#guide")


def test_second_searcher_is_stopped_at_his_own_place(page: Any) -> None:
    (other,) = page.search.shown.others
    name = page.driver.execute_script("return JSON.parse(localStorage['baksan.observer'])")
    far = replace(other, observer=name)
    page.search.shown = replace(page.search.shown, others=(far,))
    page.until(lambda: "This is for Alan:" in page.text("#guide .way"))
    assert not page.all("#guide .pointer svg")  # his arrow leads somebody else astray
    page.search.shown = replace(page.search.shown, others=(replace(far, must_stop=True),))
    page.until(lambda: "You may be within 300 m" in page.text("#guide .way"))
    assert not page.all("#guide .pointer")
    page.search.shown = replace(page.search.shown, others=(far,), approach=Approach(
        limit_m=300.0, edge_m=0.0, must_stop=True))  # fmt: skip
    page.until(lambda: "Alan may be within 300 m" in page.text("#guide .way"))
    assert not page.all("#guide .pointer")


def test_a_way_aside_is_not_called_that_to_the_collar(page: Any) -> None:
    where = replace(page.search.shown.where, bearing_deg=10.0)
    for turn, said in ((85.0, "a place to listen from"), (341.0, "the collar"),
                       (339.0, "a place to listen from"), (39.0, "the collar")):  # fmt: skip
        page.search.shown = replace(
            page.search.shown, where=where, advice=Advice(deed="that way", bearing_deg=turn)
        )
        page.until(lambda said=said: page.text("#guide .deed") == f"{said} is that way")


def test_who_has_told_no_place_gets_no_arrow_of_somebody_else(page: Any) -> None:
    assert page.all("#guide .pointer svg")
    bearer = replace(page.search.shown.place, observer="Bella")
    page.search.shown = replace(page.search.shown, place=bearer)
    page.until(lambda: "This is for Bella:" in page.text("#guide .way"))
    assert not page.all("#guide .pointer svg")
    assert "tap your place on the map" in page.text("#guide .way")
    page.search.shown = replace(page.search.shown, approach=Approach(
        limit_m=300.0, edge_m=0.0, must_stop=True))  # fmt: skip
    page.until(lambda: "Bella may be within 300 m" in page.text("#guide .way"))


def test_walk_only_where_the_advice_says_so(page: Any) -> None:
    page.search.shown = replace(
        page.search.shown, advice=Advice(deed="walk", bearing_deg=10.0, distance_m=250.0)
    )
    page.until(lambda: "walk there: 250 m" in page.text("#guide .deed"))


def test_old_values_are_struck_out_with_their_age(page: Any) -> None:
    strength = page.search.shown.strength
    assert not page.all("#guide s")
    page.search.shown = replace(page.search.shown, strength=replace(strength, age_s=47.0))
    page.until(lambda: page.text("#guide .level .value") == f"{MINUS}87 47 s")
    assert page.text("#guide .level .value s") == f"{MINUS}87"


def test_no_arrow_leads_by_an_old_answer(page: Any) -> None:
    assert page.all("#guide .pointer svg")
    where = replace(page.search.shown.where, age_s=40.0)
    page.search.shown = replace(page.search.shown, where=where)
    page.until(lambda: page.text("#guide .deed s") == "the collar is that way")
    assert page.text("#guide .pointer") == "?"
    assert not page.all("#guide .pointer svg")


@pytest.mark.parametrize("clock", ["performance", "Date"])
def test_everything_grows_old_while_the_laptop_is_away(page: Any, clock: str) -> None:
    """One clock of a phone stands still while it sleeps, the other may be set."""
    page.laptop.go()
    try:
        page.until(lambda: "laptop away" in page.text("#top"))
        page.run(A_MINUTE_LATER, clock)
        page.until(lambda: page.text("#guide .deed s") == "the collar is that way")
        assert not page.all("#guide .pointer svg")
        assert page.text("#guide .value s") == f"{MINUS}87"
        page.until(lambda: page.text("#map-age .old").startswith("map "))
    finally:
        page.laptop.come()


def test_what_a_recording_that_stands_still_sends_again_grows_old(page: Any) -> None:
    page.search.age_s = 25.0
    page.until(lambda: page.text("#top .link") == "no news 25 s")
    page.until(lambda: page.text("#guide .deed s") == "the collar is that way")
    assert not page.all("#guide .pointer svg")
    page.search.age_s = 0.0
    page.until(lambda: page.text("#top .link") == "live")
    assert page.all("#guide .pointer svg")


@pytest.mark.parametrize("button", ["HEARD", "Bearing", "Gain step", "Menu"])
def test_danger_stays_under_the_thumb(page: Any, button: str) -> None:
    page.press(button)
    script = """
      return [...document.querySelectorAll('#deeds .held')].every((b) => {
        const box = b.getBoundingClientRect();
        return b.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
      });"""
    assert page.run(script)


def test_calls_of_others_stand_until_understood(page: Any) -> None:
    call = Said(text="danger", age_s=2.0, observer=HOSTILE)
    page.search.shown = replace(page.search.shown, calls=(call,))
    page.until(lambda: "danger" in page.text("#calls"))
    assert HOSTILE in page.text("#calls")
    page.press("Understood")
    time.sleep(0.5)
    assert page.text("#calls") == ""


def test_words_of_others_are_never_read_as_html(page: Any) -> None:
    said = (Said(text=HOSTILE, age_s=1.0, observer=HOSTILE),)
    page.search.shown = replace(page.search.shown, collar=HOSTILE, entered=said, decoded=said,
                                needed=(HOSTILE,), faults=said)  # fmt: skip
    page.search.drawn = {**page.search.drawn, "version": 2, "others": [
        {"observer": HOSTILE, "lat": 42.91, "lon": 44.11, "age_s": 1.0}]}  # fmt: skip
    page.press("List")
    page.until(lambda: page.text("#list").count(HOSTILE) >= 5)
    page.until(lambda: HOSTILE in page.text(".leaflet-tooltip-pane"))
    assert not page.all("img[src=x]")
    assert page.driver.title == "baksan"


def test_reload_recovers_the_whole_state(page: Any) -> None:
    page.press("Night")
    page.open()
    page.until(lambda: "the collar is that way" in page.text("#guide"))
    assert page.run("return document.documentElement.dataset.theme") == "night"
    page.until(lambda: page.all("#map img[src*='belief']"))
    assert "Zaur" in page.text(".leaflet-tooltip-pane")


def test_arrow_turns_with_the_phone_s_compass(page: Any) -> None:
    """The top points to 90 degrees magnetic, 97.1 true by the map's declination; the way is 58."""
    page.press("Menu", "Compass on", "Cancel")
    page.run("""setInterval(() => dispatchEvent(Object.assign(
        new Event('deviceorientationabsolute'), {alpha: 270, absolute: true})), 50)""")
    page.until(lambda: page.text("#guide .pointer span") == "as the phone points")
    assert "rotate(321)" in page.find("#guide .pointer path").get_attribute("transform")


def test_sound_follows_the_level_and_is_silent_when_nothing_new_is_heard(page: Any) -> None:
    page.run(LISTEN)
    page.press("Menu", "Sound on", "Cancel")
    page.until(lambda: len(page.run("return heard")) > 2)
    assert set(page.run("return heard.map(Math.round)")) == {round(300 * 5**0.62)}
    page.search.shown = replace(page.search.shown, strength=replace(
        page.search.shown.strength, age_s=9.0))  # fmt: skip
    page.until(lambda: page.search.shown.strength.age_s == 9.0 and not page.run(
        "const n = heard.length; heard.length = 0; return n"))  # fmt: skip
    time.sleep(0.6)
    assert page.run("return heard.length") == 0


def test_each_new_call_sounds(page: Any) -> None:
    """Also one right after another, and one that came hours late from a phone that was away."""
    page.search.shown = replace(page.search.shown, strength=None)
    page.run(LISTEN)
    page.press("Menu", "Sound on", "Cancel")
    first = Said(text="DANGER", age_s=3.0, observer="Zaur")
    calls, blips = list[Said](), 6
    for new in (first, replace(first, text="DANGER: rocks"), replace(first, age_s=2.0),
                replace(first, age_s=9000.0), replace(first, observer="Bella")):  # fmt: skip
        calls.append(new)
        page.run("heard.length = 0")
        page.search.shown = replace(page.search.shown, calls=tuple(calls))
        page.until(lambda: len(page.run("return heard")) == blips)
        time.sleep(0.5)
        assert len(page.run("return heard")) == blips  # once
    while page.all("#calls button"):
        page.press("Understood")
        time.sleep(0.3)
    assert page.text("#calls") == ""


def test_a_button_under_a_finger_is_not_replaced(page: Any) -> None:
    call = Said(text="danger", age_s=2.0, observer="Zaur")
    page.search.shown = replace(page.search.shown, calls=(call,))
    page.find("#calls button")
    page.run("window.was = [...document.querySelectorAll('#calls button, #top button')]")
    page.search.shown = replace(page.search.shown, calls=(replace(call, age_s=50.0),))
    page.until(lambda: "50 s ago" in page.text("#calls"))
    page.search.shown = replace(page.search.shown, collar="Agunda")
    page.until(lambda: page.text("#top .name") == "Agunda")
    assert page.run("return was.every((button) => button.isConnected)")


def test_viewers_may_only_look(page: Any) -> None:
    page.driver.delete_all_cookies()
    page.pair("Guest", "viewer")
    page.until(lambda: "may only look" in page.text("#deeds"))
    assert not page.all("#deeds button")


def test_without_a_secure_page_it_says_what_to_do_instead(page: Any) -> None:
    script = "Object.defineProperty(window, 'isSecureContext', {value: false})"
    made = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    try:
        page.open()
        page.press("Menu", "Compass on", "Keep the screen on")
        notes = page.text("#sheet .notes")
        assert "does not give its compass. Read a compass and type the bearing." in notes
        assert "the screen goes dark" in notes
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)


def test_policy_of_the_page_holds(page: Any) -> None:
    script = """
      const done = arguments[arguments.length - 1];
      const broken = [];
      document.addEventListener('securitypolicyviolation',
        (e) => broken.push(e.effectiveDirective));
      const inline = document.createElement('script');
      inline.textContent = 'window.got = 1';
      document.body.append(inline);
      const image = new Image();
      image.src = 'https://example.org/x.png';
      fetch('https://example.org/').catch(() => {});
      setTimeout(() => done([broken.sort(), window.got ?? null]), 300);"""
    broken, got = page.driver.execute_async_script(script)
    assert broken == ["connect-src", "img-src", "script-src-elem"]
    assert got is None
    page.driver.get_log("browser")


def test_night_is_red_and_nothing_else(page: Any) -> None:
    page.search.drawn = {**page.search.drawn, "has_tiles": True, "version": 2}
    page.press("Night")
    page.open()
    call = Said(text="danger", age_s=2.0, observer="Zaur")
    for changes in (
        {},
        {"approach": Approach(limit_m=300.0, edge_m=0.0, must_stop=True), "calls": (call,),
         "possible_echo": True, "simulation": True},
    ):  # fmt: skip
        page.search.shown = replace(page.search.shown, **changes)
        for opened in ("Menu", "Note", "Bearing", "List"):
            page.press(opened)
            time.sleep(0.15)
            pixels = page.pixels()
            assert pixels[..., 0].max() > 0.8
            assert pixels[..., 1:].max() == 0.0
            page.press("Map" if opened == "List" else "Cancel")


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
@pytest.mark.parametrize("tongue", ["en", "ru"])
def test_text_fits(page: Any, tongue: str, size: tuple[int, int]) -> None:
    if tongue == "ru" and not hasattr(language, "catalogue"):
        pytest.skip("there is no catalogue of phrases")
    page.laptop.restart(tongue)
    page.size(size)
    page.driver.get(page.laptop.origin + "/")
    page.until(lambda: page.run("return document.documentElement.lang") == tongue)
    page.until(lambda: page.all("#deeds .heard"))
    call = Said(text="danger", age_s=2.0, observer="Zaur")
    page.search.shown = replace(page.search.shown, calls=(call,), possible_echo=True)
    page.until(lambda: page.all(".call"))
    for number in range(page.run(f"return [...{OPENERS}].length")):
        page.run(f"[...{OPENERS}][arguments[0]].click()", number)
        assert page.run(TOO_WIDE) == []
        assert page.run(OUTSIDE) == []
        page.run("document.querySelector('.leave')?.click()")
    page.laptop.restart("en")


@pytest.mark.parametrize("size", [(390, 844), (360, 640)])
def test_no_question_covers_stop(page: Any, size: tuple[int, int]) -> None:
    """Recorded case: the choices of a gain step hid half of the word."""
    page.size(size)
    page.search.shown = replace(
        page.search.shown, approach=Approach(limit_m=300.0, edge_m=0.0, must_stop=True),
        advice=Advice(deed="stop"),
    )  # fmt: skip
    page.until(lambda: page.text("#guide .stop-word") == "STOP")
    for button in ("Gain step", "Bearing", "Silence"):
        page.press(button)
        script = """
          const word = document.querySelector('.stop-word').getBoundingClientRect();
          const sheet = document.querySelector('#sheet').getBoundingClientRect();
          return word.bottom <= sheet.top && word.top >= 0;"""
        assert page.run(script), button
        page.press("Cancel")
