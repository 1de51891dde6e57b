"""`baksan calibrate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.calibration import Step, Table
    from receiver.trial import Trial

USUAL_STEPS = {
    "attenuator": "0,10,20,30,40,50,60",
    "generator": "-120,-110,-100,-90,-80,-70,-60,-50",
    "collar": "10,20,40,80,160",
}
ASK = {
    "attenuator": "set the attenuator to {:g} dB",
    "generator": "set the generator to {:g} dBm",
    "collar": "go {:g} m away from the test collar",
}


@click.command()
@click.argument("source", metavar="RECEIVER")
@click.option("--with", "method", type=click.Choice(list(ASK)), required=True,
              help="What makes the steps.")  # fmt: skip
@click.option("--steps", help="The steps, as in 0,10,20,30.")
@click.option("--seconds", type=click.FloatRange(min=0.5), default=8.0, help="At each step; 8.")
@click.option("--collar", help="The test collar, by its name in baksan.toml: its pulses count.")
@click.option("--gain", help="The mark of the gain knob at which this table holds.")
@click.option("--png", type=click.Path(path_type=Path), help="Draw the curve into this file.")
@click.option("-j", "--journal", help="The journal; else the only *.journal here.")
def command(source: str, method: str, steps: str | None, png: Path | None, **options: Any) -> int:
    """Measure a receiver's meter step by step, so that its counts become decibels.

    At each step: Enter measures, r measures the last one again, q ends it. What was measured is
    kept in the journal, and levels of that receiver use it from then on.

    \b
    baksan calibrate r30=icom:serial:/dev/ttyUSB0?model=r30 --with attenuator --collar Test
    """
    from receiver import calibration
    from receiver.errors import ConfigError

    said = _steps(steps or USUAL_STEPS[method])
    if png is not None and png.suffix.lower() != ".png":
        raise ConfigError(f"{png}: the name of a picture ends in .png")
    with _open(source, options) as (trial, period_s, identity):
        measured = list(_measure(trial, method, said, options["seconds"], period_s))
        made = calibration.table(measured, method)
        content = calibration.content(trial.name, identity, method, made, options["gain"])
        trial.write(content)
    _show(made, method, identity)
    if png is not None:
        from receiver.report.curve_picture import draw

        draw(png, made, measured, identity, calibration.UNITS[method])
        click.echo(f"drawn: {png}", err=True)
    return 0


def _steps(text: str) -> list[float]:
    from receiver.errors import ConfigError

    try:
        steps = [float(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(f"steps {text!r}: numbers with commas, as in 0,10,20") from None
    if len(set(steps)) < 3 or not all(abs(step) < 1e5 for step in steps):
        raise ConfigError(f"steps {text!r}: at least three different ones")
    return steps


def _open(source: str, options: dict[str, Any]) -> Any:
    """Open the receiver and the journal of a trial; see `receiver.cli.trials`."""
    from receiver.cli.trials import opened

    return opened(source, options["journal"], options["collar"])


def _measure(
    trial: Trial, method: str, steps: Sequence[float], seconds: float, period_s: float | None
) -> Iterator[Step]:
    """Ask for each step and measure it; yields the steps that count."""
    from receiver import calibration

    done: list[Step] = []
    number = 0
    while number < len(steps):
        answer = _ask(f"{ASK[method].format(steps[number])}, then Enter (r last again, q end)")
        if answer == "q":
            break
        number -= 1 if answer == "r" and done else 0
        del done[number:]
        said = steps[number]
        counts = calibration.peaks(trial.listen(seconds), period_s)
        known = calibration.known_db(method, said)
        step = calibration.Step(said=said, known_db=known, counts=counts)
        done.append(step)
        click.echo(f"  {said:g}: count {step.count:.0f}, from {len(counts)} readings", err=True)
        number += 1
    yield from done


def _ask(question: str) -> str:
    try:
        return str(click.prompt(question, default="", show_default=False, err=True)).strip().lower()
    except click.Abort:  # the end of the answers, or Ctrl-C: what was measured is kept
        return "q"


def _show(made: Table, method: str, identity: str) -> None:
    from receiver.calibration import UNITS

    unit = UNITS[method]
    click.echo(f"{'count':>6} {unit:>7}  +-")
    for raw, db, sd_db in zip(made.raw, made.db, made.sd_db, strict=True):
        bar = "#" * round(40 * (raw - made.raw[0]) / (made.raw[-1] - made.raw[0]))
        click.echo(f"{raw:6.0f} {db:7.1f} {sd_db:4.1f}  {bar}")
    for fault in made.faults:
        click.echo(f"look out: {fault}", err=True)
    click.echo(f"saved as {identity}; below and above this table a level is only a bound", err=True)
