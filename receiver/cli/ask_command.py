"""`baksan ask`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.address import Address
    from receiver.interrogate.asking import Answers, Told, Wishes
    from receiver.interrogate.opencollar import Beacon


SCAN_S = 10.0


@click.command()
@click.argument("address", required=False)
@click.argument("what", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), help="The file of a download.")
@click.option("--frequency", help="Of the VHF beacon, as in 150.1M (150 to 300 MHz).")
@click.option("--pulse-ms", type=int, default=18, show_default=True, help="Its pulses.")
@click.option("--interval-s", type=int, default=2, show_default=True, help="From pulse to pulse.")
@click.option("--hours", help="When it pulses, UTC, as in 5-17; all day without.")
@click.option("--bytes", "saying", help="Of `send`, in hexadecimal: port, command, length, data.")
@click.option("--collar", help="Whose PIN to take from keys.toml (pin=12345678).")
@click.option("--pin", "ask_pin", is_flag=True, help="Ask for the PIN; it is not shown.")
@click.option("--transcript", type=click.Path(path_type=Path), help="Where all is written down.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(address: str | None, what: tuple[str, ...], as_json: bool, **how: Any) -> int:
    """Ask a collar itself, over a cable or by Bluetooth.

    Without a wish: how it stands, where it last was, its clock. Without an address: which
    OpenCollars are in reach of Bluetooth (10 s; nobody is connected to).

    \b
    OpenCollar Edge: status position clock flash values mac settings; beacon-on beacon-off fix-now
    LinkIt: status settings log      TickTag: memory

    Asking changes nothing. What does change the collar (the VHF beacon, a fix, send) is said in
    plain words first, and done only when the collar's id is typed.

    \b
    baksan ask                                                         # pip install 'baksan[ble]'
    baksan ask opencollar:ble:C4:A1:B2:05:13:07
    baksan ask opencollar:serial:/dev/ttyUSB0?baud=115200 flash --out SP051307.bin
    baksan ask opencollar:ble:C4:A1:B2:05:13:07 beacon-on --frequency 150.1M --hours 5-17
    baksan ask ticktag:serial:/dev/ttyUSB0 --out tag.txt
    """
    from receiver.clock import SystemClock
    from receiver.interrogate.asking import Answers, interrogate

    if address is None:
        return _scan(as_json)
    clock, answers = SystemClock(), Answers()
    path = how["transcript"] or Path(f"asked-{clock.now().utc:%Y%m%dT%H%M%SZ}.jsonl")
    with _progress() as told:
        wishes = _wishes(what, told, **how)
        try:
            interrogate(_parsed(address), wishes, path, clock, answers)
        finally:
            _show(answers, path, as_json)
    return 0


def _wishes(what: tuple[str, ...], told: Told, **how: Any) -> Wishes:
    from receiver.interrogate.asking import Wishes

    return Wishes(
        what=what, typed=_typed, out=how["out"], pin=_pin(how["collar"], how["ask_pin"]),
        beacon=_beacon(how["frequency"], how["pulse_ms"], how["interval_s"], how["hours"]),
        saying=_bytes(how["saying"]), told=told,
    )  # fmt: skip


def _parsed(address: str) -> Address:
    from receiver.address import parse_address

    return parse_address(address)


def _scan(as_json: bool) -> int:
    """Say which collars are in reach; 1 where none is."""
    from receiver.interrogate.advertised import collars
    from receiver.links.ble import scan
    from receiver.records import jsonable
    from receiver.ui.packets import describe

    found = collars(scan(SCAN_S))
    if as_json:
        click.echo(json.dumps({"collars": jsonable(found)}, allow_nan=False, ensure_ascii=False))
        return 0 if found else 1
    for one in found:
        click.echo(f"{one.address}  {one.level_dbm} dBm")
        for line in describe([one.packet], (), ()):
            click.echo(f"  {line}")
    if not found:
        click.echo(f"no OpenCollar was heard by Bluetooth in {SCAN_S:g} s; go nearer", err=True)
    return 0 if found else 1


def _beacon(
    frequency: str | None, pulse_ms: int, interval_s: int, hours: str | None
) -> Beacon | None:
    from receiver.address import parse_hz
    from receiver.errors import ConfigError
    from receiver.interrogate.opencollar import Beacon

    if frequency is None:
        return None
    part = re.fullmatch(r"(\d{1,2})-(\d{1,2})", hours or "0-0")
    if part is None:
        raise ConfigError(f"--hours {hours!r}: from and to, UTC, as in 5-17")
    day = (int(part[1]), int(part[2])) if hours else None
    return Beacon(round(parse_hz(frequency) / 1e3), pulse_ms, interval_s, day)


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
    click.echo(f"On {collar_id} this", err=True)
    for one in effect.split("; "):
        click.echo(f"  - {one}", err=True)
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
    if answers.done:
        click.echo(f"done on {answers.collar_id}", err=True)
    if (got := answers.download) is not None:
        rest = "" if got.whole else "; not all: ask again, it goes on from there"
        click.echo(f"saved: {got.new} new records, of {got.total} in the collar{rest}", err=True)
    if transcript.exists():
        click.echo(f"all that was said is in {transcript}", err=True)
