"""`baksan ask`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.interrogate.asking import Answers, Told
    from receiver.interrogate.opencollar import Beacon


@click.command()
@click.argument("address")
@click.argument("what", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), help="The file of a download.")
@click.option("--frequency", help="Of the VHF beacon, as in 150.1M (150 to 300 MHz).")
@click.option("--pulse-ms", type=int, default=18, show_default=True, help="Its pulses.")
@click.option("--interval-s", type=int, default=2, show_default=True, help="From pulse to pulse.")
@click.option("--bytes", "saying", help="Of `send`, in hexadecimal: port, command, length, data.")
@click.option("--collar", help="Whose PIN to take from keys.toml (pin=12345678).")
@click.option("--pin", "ask_pin", is_flag=True, help="Ask for the PIN; it is not shown.")
@click.option("--transcript", type=click.Path(path_type=Path), help="Where all is written down.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(address: str, what: tuple[str, ...], as_json: bool, **how: Any) -> int:
    """Ask a collar itself, over a cable or by Bluetooth. Without a wish: how it stands, and where.

    \b
    OpenCollar Edge: status position clock flash values mac settings; beacon-on beacon-off fix-now
    LinkIt: status settings log      TickTag: memory

    Asking changes nothing. What does change the collar (the VHF beacon, a fix, send) is said in
    plain words first, and done only when the collar's id is typed.

    \b
    baksan ask opencollar:ble:C4:A1:B2:05:13:07                        # pip install 'baksan[ble]'
    baksan ask opencollar:serial:/dev/ttyUSB0?baud=115200 flash --out SP051307.bin
    baksan ask opencollar:ble:C4:A1:B2:05:13:07 beacon-on --frequency 150.1M
    baksan ask ticktag:serial:/dev/ttyUSB0 --out tag.txt
    """
    from receiver.address import parse_address
    from receiver.clock import SystemClock
    from receiver.interrogate.asking import Answers, Wishes, interrogate

    clock, answers = SystemClock(), Answers()
    path = how["transcript"] or Path(f"asked-{clock.now().utc:%Y%m%dT%H%M%SZ}.jsonl")
    with _progress() as told:
        wishes = Wishes(
            what=what, typed=_typed, out=how["out"], pin=_pin(how["collar"], how["ask_pin"]),
            beacon=_beacon(how["frequency"], how["pulse_ms"], how["interval_s"]),
            saying=_bytes(how["saying"]), told=told,
        )  # fmt: skip
        try:
            interrogate(parse_address(address), wishes, path, clock, answers)
        finally:
            _show(answers, path, as_json)
    return 0


def _beacon(frequency: str | None, pulse_ms: int, interval_s: int) -> Beacon | None:
    from receiver.address import parse_hz
    from receiver.interrogate.opencollar import Beacon

    if frequency is None:
        return None
    return Beacon(round(parse_hz(frequency) / 1e3), pulse_ms, interval_s)


def _bytes(text: str | None) -> bytes:
    from receiver.errors import ConfigError

    try:
        return bytes.fromhex(text or "")
    except ValueError as error:
        raise ConfigError(f"--bytes {text!r} is not hexadecimal") from error


def _pin(collar: str | None, ask: bool) -> bytes:
    """Return the PIN: from the file of keys, or typed unseen."""
    from receiver.errors import ConfigError
    from receiver.keys import FILE_NAME, load_keys, pin_of

    text = pin_of(load_keys(Path(FILE_NAME)), collar) if collar else ""
    if collar and not text:
        raise ConfigError(f"{FILE_NAME} has no pin=... of {collar}")
    if ask:
        text = click.prompt("PIN", hide_input=True, err=True)
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ConfigError("a PIN has 8 hexadecimal digits") from None


def _typed(effect: str, collar_id: str) -> str:
    """Say what would change, and let the collar's id be typed; only at a terminal."""
    from receiver.interrogate.sayings import NotConfirmedError

    if not sys.stdin.isatty():
        raise NotConfirmedError(f"this {effect}; type the collar's id for that, at a terminal")
    click.echo(f"On {collar_id} this {effect}.", err=True)
    typed: str = click.prompt(f"To do it type the collar's id ({collar_id})", err=True, default="",
                              show_default=False)  # fmt: skip
    return typed


@contextmanager
def _progress() -> Iterator[Told]:
    """Yield what is told how many records came; on a terminal a bar follows them."""
    if not sys.stderr.isatty():
        yield lambda records, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("records")

    def told(records: int, total: int) -> None:
        bar.start()  # not before there is something to show: a question may be typed till then
        bar.update(task, completed=records, total=total)

    try:
        yield told
    finally:
        bar.stop()


def _show(answers: Answers, transcript: Path, as_json: bool) -> None:
    from receiver.records import jsonable
    from receiver.ui.packets import describe

    if as_json:
        said = jsonable({**{name: getattr(answers, name) for name in answers.__slots__},
                         "transcript": str(transcript)})  # fmt: skip
        click.echo(json.dumps(said, allow_nan=False, ensure_ascii=False))
        return
    if answers.packets or answers.unread:
        for line in describe(answers.packets, (), answers.unread):
            click.echo(line)
    for effect in answers.done:
        click.echo(f"done: this {effect}", err=True)
    if (got := answers.download) is not None:
        short = "" if got.whole else "; the collar has more: ask again"
        click.echo(f"saved: {got.new} new records of {got.total}{short}", err=True)
    if transcript.exists():
        click.echo(f"all that was said is in {transcript}", err=True)
