"""`baksan doctor --radio`: the questions and the measuring; `receiver.radio_check` judges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.radio_check import Findings
    from receiver.trial import Trial

NOISE_S, COLLAR_S, DIAL_S = 4.0, 12.0, 4.0


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
            found = _measure(trial, sheet, COLLAR_S if seconds is None else seconds)
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


def _measure(trial: Trial, sheet: Any, collar_s: float) -> Findings:
    """Ask for one thing after the other; whatever is skipped stays unknown."""
    from receiver import radio_check

    noise_s = min(NOISE_S, collar_s)
    frequency_hz = sheet.frequency_hz if sheet else None
    if frequency_hz is not None and trial.tunable is not None:
        trial.tunable.prepare()
        trial.tunable.tune(frequency_hz)
    found = radio_check.Findings(
        receiver=trial.name,
        frequency_hz=frequency_hz,
        gain=_ask("mark of the gain knob (Enter: none)") or None,
        distance_m=_metres(_ask("how many metres away is the test collar (Enter: unknown)")),
    )
    found = _noise(trial, found, noise_s)
    if _go("antenna on again, laptop on its battery, charger pulled"):
        found = replace(found, on_battery=radio_check.floor(trial.listen(noise_s)))
    if _go("test collar ON"):
        heard = radio_check.pulses(trial.listen(collar_s))
        found = replace(found, heard=heard)
        if frequency_hz is not None and heard is not None and heard.is_collar:
            error_hz = _error_hz(trial, sheet, min(DIAL_S, collar_s))
            found = replace(found, frequency_error_hz=error_hz)
    return found


def _noise(trial: Trial, found: Findings, noise_s: float) -> Findings:
    """Compare the noise of antenna and dummy load, again after the gain was turned."""
    from receiver import radio_check

    while True:
        if _go("test collar OFF, antenna on"):
            readings = trial.listen(noise_s)
            unit = radio_check.values(readings)[2]
            found = replace(found, antenna=radio_check.floor(readings), unit=unit)
        if _go("dummy load instead of the antenna"):
            found = replace(found, load=radio_check.floor(trial.listen(noise_s)))
        said, right = radio_check.lift_words(found.antenna, found.load, found.unit)
        click.echo(f"  {said}", err=True)
        if right is not False or _ask("turn the gain, then a (again), or Enter to go on") != "a":
            return found


def _error_hz(trial: Trial, sheet: Any, seconds: float) -> float | None:
    """Step the dial about the nominal frequency; return where the collar was loudest."""
    from receiver import radio_check
    from receiver.scanning import FILTER_HZ, dials

    if trial.tunable is None:
        return None
    best: tuple[float, float] | None = None
    for dial_hz in dials(replace(sheet, frequency_drift_hz=1000.0), FILTER_HZ):
        trial.tunable.tune(dial_hz)
        heard = radio_check.pulses(trial.listen(seconds))
        if heard is not None and heard.pulses and (best is None or heard.rise > best[0] + 1.0):
            best = heard.rise, dial_hz
    trial.tunable.tune(sheet.frequency_hz)
    return None if best is None else best[1] - sheet.frequency_hz


def _go(what: str) -> bool:
    return _ask(f"{what}; then Enter (s skip)") != "s"


def _ask(question: str) -> str:
    try:
        return str(click.prompt(question, default="", show_default=False, err=True)).strip()
    except click.Abort:  # no more answers: the rest is skipped
        return "s"


def _metres(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if 0 < value < 1e5 else None
