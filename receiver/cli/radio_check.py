"""`baksan doctor --radio`: the questions and the measuring; `receiver.radio_check` judges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.radio_check import Findings
    from receiver.trial import Trial

NOISE_S, COLLAR_S, DIAL_S = 4.0, 12.0, 4.0
LOUDER = 1.0  # decibels or counts
PACKETS_S = 180.0  # a collar sends a packet each minute or two at the most


def check(
    sources: tuple[str, ...], journal: str | None, collar: str | None, seconds: float | None
) -> list[dict[str, Any]]:
    """Test each receiver with a test collar; return the contents of the entries written."""
    from receiver import radio_check
    from receiver.cli.trials import opened

    contents = []
    for source in sources:
        with opened(source, journal, None) as (trial, _, _):
            sheet = _sheet(journal, collar)
            click.echo(f"{trial.name}: set the gain to where it is in the search", err=True)
            found = _measure(trial, sheet, seconds)
            content = radio_check.content(found)
            trial.write(content)
        for line in radio_check.words(found):
            click.echo(f"  {line}", err=True)
        verdict = (
            "tested, may be used today" if found.passed else "NOT passed: do not trust silence"
        )
        click.echo(f"{trial.name}: {verdict}", err=True)
        contents.append(content)
    return contents


def _sheet(journal: str | None, collar: str | None) -> Any:
    from receiver.cli.note_writing import find_journal, settings_of
    from receiver.cli.trials import collar_of
    from receiver.config import Configuration

    configuration = settings_of(find_journal(journal)) or Configuration()
    return collar_of(configuration, collar)


def _measure(trial: Trial, sheet: Any, seconds: float | None) -> Findings:
    """Ask for one thing after the other; whatever is skipped stays unknown."""
    from receiver import radio_check
    from receiver.notes import content as notes

    found = radio_check.Findings(
        receiver=trial.name,
        has_meter=trial.has_meter,
        frequency_hz=sheet.frequency_hz if sheet else None,
        gain=_said(f"mark of the gain knob (Enter: {trial.setup().gain or 'none'})"),
        distance_m=_metres(_said("how many metres away is the test collar (Enter: unknown)")),
    )
    if found.gain is not None:
        trial.write(notes.setup(trial.name, {"gain": found.gain}))
    if not trial.has_meter:
        return _packets(trial, found, sheet, seconds or PACKETS_S)
    return _meter(trial, found, sheet, seconds or COLLAR_S)


def _packets(trial: Trial, found: Findings, sheet: Any, seconds: float) -> Findings:
    """Wait for the test collar at a station or gateway."""
    from receiver import radio_check

    collar = sheet.name if sheet else None

    def is_heard(readings: Any) -> bool:
        heard = radio_check.heard(readings, collar)
        return heard is not None and heard.is_collar

    if not _go("test collar ON"):
        return found
    click.echo(f"  waiting {seconds:.0f} s at most for what it sends", err=True)
    return replace(found, heard=radio_check.heard(trial.listen(seconds, is_heard), collar))


def _meter(trial: Trial, found: Findings, sheet: Any, seconds: float) -> Findings:
    """Compare floors and pulses of a receiver with a meter."""
    from receiver import radio_check

    noise_s, frequency_hz = min(NOISE_S, seconds), found.frequency_hz
    if frequency_hz is not None and trial.tunable is not None:
        trial.tunable.prepare()
        trial.tunable.tune(frequency_hz)
    found = _noise(trial, found, noise_s)
    if _go("antenna on again, charger of the laptop pulled out"):
        found = replace(found, on_battery=radio_check.floor(trial.listen(noise_s)))
    if _go("test collar ON"):
        collar = sheet.name if sheet else None
        found = replace(found, heard=radio_check.heard(trial.listen(seconds), collar))
        if frequency_hz is not None and trial.tunable is not None:
            found = _dialled(trial, found, sheet, min(DIAL_S, seconds))
    return found


def _noise(trial: Trial, found: Findings, noise_s: float) -> Findings:
    """Compare the noise of antenna and dummy load, again after the gain was turned."""
    from receiver import radio_check

    while True:
        if _go("test collar OFF, antenna on, laptop on its charger"):
            readings = trial.listen(noise_s)
            unit = radio_check.values(readings)[2]
            found = replace(found, antenna=radio_check.floor(readings), unit=unit)
        if _go("dummy load instead of the antenna"):
            found = replace(found, load=radio_check.floor(trial.listen(noise_s)))
        said, right = radio_check.lift_words(found.antenna, found.load, found.unit)
        click.echo(f"  {said}", err=True)
        if right is not False or _ask("turn the gain, then a (again), or Enter to go on") != "a":
            return found


def _dialled(trial: Trial, found: Findings, sheet: Any, seconds: float) -> Findings:
    """Step the dial about the nominal frequency; the collar is where it is loudest."""
    from receiver import radio_check
    from receiver.scanning import FILTER_HZ, dials

    assert trial.tunable is not None
    nominal_hz = sheet.frequency_hz
    best = found.heard if found.heard is not None and found.heard.is_collar else None
    at_hz = nominal_hz
    for dial_hz in dials(sheet, FILTER_HZ)[1:]:
        trial.tunable.tune(dial_hz)
        heard = radio_check.pulses(trial.listen(seconds))
        louder = best is None or (heard is not None and heard.rise > best.rise + LOUDER)
        if heard is not None and heard.pulses and louder:
            best, at_hz = heard, dial_hz
    trial.tunable.tune(nominal_hz)
    if best is None:
        return found
    return replace(found, heard=best, frequency_error_hz=at_hz - nominal_hz)


def _go(what: str) -> bool:
    return _ask(f"{what}; then Enter (s skip)") != "s"


def _said(question: str) -> str | None:
    answer = _ask(question)
    return None if answer in ("", "s") else answer


def _ask(question: str) -> str:
    try:
        return str(click.prompt(question, default="", show_default=False, err=True)).strip()
    except click.Abort:  # no more answers: the rest is skipped
        return "s"


def _metres(text: str | None) -> float | None:
    try:
        value = float((text or "").rstrip(" m").replace(",", "."))
    except ValueError:
        return None
    return value if 0 < value < 1e5 else None
