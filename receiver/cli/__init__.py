"""The command `baksan`: a table of commands, each imported only when it is used."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from typing import Any

import click

from receiver import __version__
from receiver.cli.speaking import language_option, speak, speaking
from receiver.errors import ReceiverError
from receiver.language import Told, default_language, language, set_language, translated

COMMANDS = {
    "demo": "Rehearse a search without any hardware.",
    "listen": "Record what receivers and position sources give, and locate live.",
    "home": "Home in: level, direction, STOP, on a screen, in the ear and on phones.",
    "map": "Record without a screen, with the map and the buttons on phones.",
    "note": "Write down by hand: heard, bearing, silence, sighting, place, free text.",
    "detect": "Find the beacons in samples of an SDR or sound, recorded or live.",
    "locate": "Say where the collar may be, from a journal or a CSV file.",
    "decode": "Decode packets of collars: hex, files, JSON lines.",
    "ask": "Ask a collar itself, over a cable or by Bluetooth; reading only.",
    "replay": "Run a journal again, exactly as it ran live.",
    "collar": "Make, show and check a collar's sheet.",
    "story": "Say what a silent collar's history tells: where last, why silent.",
    "simulate": "Make up a search, or a recording of beacons, with a known answer.",
    "import": "Add makers' files, other teams' journals, other people's tables.",
    "pack": "Prepare one folder for a trip: maps, elevations, settings, sheets, checksums.",
    "report": "Write a report of a search for the ministry, a partner or everybody.",
    "export": "Write positions for others: Movebank, GPX, KML, GeoJSON, GeoPackage.",
    "sources": "List the receivers and position sources that can be connected.",
    "protocols": "List the packet formats that can be decoded.",
    "calibrate": "Measure a receiver's meter, so that its counts become decibels.",
    "doctor": "Check this computer and the receivers before leaving for a search.",
}

USAGE, CANNOT_WRITE, FAULT, INTERRUPTED = 2, 5, 70, 130
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
# Matrices here are small: several threads gain little, and where other programs keep the cores busy
# they wait for each other, up to twenty times as long. Read by numpy when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
speak()


class LazyGroup(click.Group):
    """A group that knows the names and one-line helps of its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import `receiver.cli.<name>_command` and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"receiver.cli.{cmd_name}_command")
        command: click.Command = module.command
        return speaking(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the table of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="baksan")
@language_option
def baksan() -> None:
    """Find a silent wildlife collar: hear it, write it down, decode it, locate it.

    Begin with `baksan demo`, then `baksan doctor`. Nothing leaves this computer.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; print one line and leave with the documented code on an error."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code (see `receiver.errors`; 130 interrupted)."""
    before = language()
    set_language(default_language(os.environ))
    try:
        return _run(arguments)
    finally:
        set_language(before)


def _run(arguments: list[str] | None) -> int:
    try:
        result: Any = baksan.main(arguments, prog_name="baksan", standalone_mode=False)
        sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _fail("stopped; everything recorded is saved", INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.ClickException as error:
        return _fail(_usage_message(error), USAGE)
    except ReceiverError as error:
        return _fail(str(error), error.exit_code)
    except (BrokenPipeError, SystemExit):
        # The reader of our output went away; click turns that into SystemExit. Nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(_os_message(error), CANNOT_WRITE if error.errno in FULL else USAGE)
    except Exception as error:
        if os.environ.get("BAKSAN_DEBUG"):
            raise
        return _fail(_fault_message(error), FAULT)
    return result if isinstance(result, int) else 0


def _usage_message(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if context else ""
    return error.format_message() + hint


def _os_message(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _fault_message(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = (
        f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "?"
    )
    return (
        f"a fault in baksan itself at {where} ({type(error).__name__}: {error}); what was recorded"
        " is saved. Run again with BAKSAN_DEBUG=1 for the whole story, and please report it"
    )


def _fail(message: str, code: int) -> int:
    click.echo(Told(f"baksan: {translated(' '.join(message.split()))}"), err=True)
    return code
