"""What starting the command may load, so that help answers at once on a cold laptop."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "numpy", "scipy", "construct", "pyproj", "matplotlib", "serial", "rich", "sqlite3",
    "cryptography", "gpxpy", "pynmeagps", "mgrs", "pygeomag", "asyncio", "protocols",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_command_line_loads_nothing_heavy() -> None:
    assert loaded_by("import receiver.cli") & HEAVY == set()


def test_help_loads_no_command() -> None:
    code = "from receiver.cli import run; import sys; sys.stdout = sys.stderr; run(['--help'])"
    assert loaded_by(f"{code}; sys.stdout = sys.__stdout__") & HEAVY == set()


@pytest.mark.parametrize("command", ["decode", "protocols"])
def test_decoding_needs_no_numpy(command: str) -> None:
    assert "numpy" not in loaded_by(f"import receiver.cli.{command}_command, protocols")


def test_importing_a_command_stays_light() -> None:
    from receiver.cli import COMMANDS

    statement = "; ".join(f"import receiver.cli.{name}_command" for name in COMMANDS)
    assert loaded_by(statement) & {"numpy", "scipy", "matplotlib", "pyproj"} == set()


def test_recording_begins_without_the_locator() -> None:
    """It is loaded for the first answer, after one thread was asked for."""
    assert loaded_by("import receiver.recording") & {"numpy", "scipy", "pyproj"} == set()
