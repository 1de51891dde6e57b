"""`baksan decode`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from receiver.errors import CorruptError, InputError

if TYPE_CHECKING:
    from receiver.decoding import Reading

LOOK_AHEAD = 1 << 21


@click.command()
@click.argument("data", required=False)
@click.option("--file", "path", type=click.Path(), help="A file instead of DATA.")
@click.option("--protocol", help="Name of the format (see: baksan protocols).")
@click.option("--port", type=click.IntRange(0, 255), help="The carrier's port (LoRaWAN FPort).")
@click.option("--received", help="When it was received, to judge the collar's clock by.")
@click.option("--keys", type=click.Path(), help="Keys of collars (keys.toml here, if it is there).")
@click.option("--explain", is_flag=True, help="Every byte: field by field, raw and in units.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--jsonl", is_flag=True, help="JSON lines in, JSON lines out, one for one.")
@click.option("--strict", is_flag=True, help="With --jsonl: leave with 1 if a line failed.")
def command(
    data: str | None, path: str | None, jsonl: bool, strict: bool, keys: str | None, **options: Any
) -> int:
    """Decode packets of collars.

    DATA is hexadecimal, base64, a line of a receiver, the name of a file, or - for standard input.
    A file holds any of these, one a line, or what a TickTag printed, or a message of a gateway,
    network server or satellite (Semtech, ChirpStack, The Things Stack, ThingPark, LORIOT,
    Cloudloop, RockBLOCK, Iridium DirectIP, Globalstar, Argos e-mail); --protocol then names what is
    inside.

    \b
    baksan decode 930ef9636865aba50d1f8e090e031500 --protocol opencollar-edge --port 13
    baksan decode uplink.json
    baksan decode 40da1b0126000a000478af171ace7fa27d85388fef8f3c312e27f5d557   # keys.toml opens it
    baksan decode --jsonl - < packets.jsonl
    """
    if data is None and path is None:
        raise click.UsageError("give the packet in hex, a file, or - for standard input")
    context = _context(keys)
    if jsonl:
        return _stream(_lines(path or data or "-"), strict, context)
    return _one(data, path, context=context, **options)


def _context(path: str | None) -> dict[str, Any] | None:
    """Return the keys of the collars in baksan.toml, and the formats that their sheets name."""
    from receiver import keys, settings
    from receiver.collar_rules import formats

    file = Path(path or keys.FILE_NAME)
    if path and not file.exists():
        raise InputError(f"{path}: no such file")
    configuration, _ = settings.load(settings.find_file(None, None))
    own = keys.load_keys(file)
    for fault in keys.faults(own):
        click.echo(f"look: {fault}", err=True)
    known = keys.lorawan_keys(own, configuration.collars)
    context = {"keys": known, "collars": formats(configuration.collars)}
    return {name: said for name, said in context.items() if said} or None


def _one(
    data: str | None, path: str | None, protocol: str, port: int, received: str, explain: bool,
    as_json: bool, context: dict[str, Any] | None,
) -> int:  # fmt: skip
    from protocols import DecodeError
    from receiver.decoding import Hints, parse_time, read_file, read_text

    try:
        time = parse_time(received) if received else None
        hints = Hints(protocol=protocol, port=port, received=time, context=context, explain=explain)
        reading = read_text(data, hints) if data and _is_typed(data, path) else None
        reading = reading or read_file(_content(path or data or "-"), hints)
    except DecodeError as error:
        where = f" (byte {error.offset})" if error.offset is not None else ""
        raise CorruptError(f"{_name(path or data)}{error}{where}") from error
    _show(reading, as_json)
    return 0


def _is_typed(data: str, path: str | None) -> bool:
    return path is None and data != "-" and not Path(data).exists()


def _name(source: str | None) -> str:
    return f"{source}: " if source and len(source) < 200 and Path(source).exists() else ""


def _content(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _lines(path: str) -> Iterator[str]:
    try:
        source = sys.stdin.fileno() if path == "-" else path
        stream = open(source, "rb", closefd=path != "-")  # noqa: SIM115 (closed just below)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    with stream:
        while line := stream.readline(LOOK_AHEAD):
            whole = line.endswith(b"\n") or len(line) < LOOK_AHEAD
            while not whole:  # the rest of a monster is thrown away, not kept
                rest = stream.readline(LOOK_AHEAD)
                whole = rest.endswith(b"\n") or len(rest) < LOOK_AHEAD
            yield line.decode("utf-8", "surrogateescape")


def _stream(lines: Iterator[str], strict: bool, context: dict[str, Any] | None) -> int:
    from receiver.decoding import answers

    failed = 0
    for text, is_error in answers(lines, context):
        failed += is_error
        click.echo(text)
    return 1 if strict and failed else 0


def _show(reading: Reading, as_json: bool) -> None:
    if as_json:
        import json

        from receiver.records import jsonable

        click.echo(json.dumps(jsonable(reading), allow_nan=False, ensure_ascii=False))
        return
    from receiver.ui import anatomy, packets

    say: Callable[[str], None] = click.echo
    for line in packets.describe(reading.packets, reading.detections, reading.unread):
        say(line)
    for line in anatomy.describe(reading.layers):
        say(line)
