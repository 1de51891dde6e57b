"""The computer itself during a search: its battery, its disk, and keeping it awake."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SUPPLIES = Path("/sys/class/power_supply")
HELD_AFTER_S = 0.5
# What keeps a computer awake, by its system: a program that holds it as long as it runs. `cat` ends
# when its input does, so that nothing is held any more when we die, however that happens.
HOLDERS = {
    "linux": [
        "systemd-inhibit", "--what=sleep:idle:handle-lid-switch", "--who=baksan",
        "--why=listening for a collar", "--mode=block", "cat",
    ],
    "darwin": ["caffeinate", "-i", "cat"],
}  # fmt: skip
CANNOT = "cannot keep this computer awake: do not close the lid, and switch its sleep off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """How full the battery is, and how many hours are left at the present draw."""

    percent: int
    status: str
    hours_left: float | None = None


def read_battery(supplies: Path = SUPPLIES) -> Battery | None:
    """Return the computer's battery; None where there is none."""
    for supply in sorted(supplies.glob("*")):
        if _text(supply, "type") == "Battery" and _text(supply, "scope") != "Device":
            with suppress(ValueError):
                percent, status = int(_text(supply, "capacity")), _text(supply, "status")
                hours = _hours(supply) if status == "Discharging" else None
                return Battery(percent=percent, status=status, hours_left=hours)
    return None


def _hours(supply: Path) -> float | None:
    """Return hours left: energy by power, or charge by current, as the battery reports either."""
    for left, rate in (("energy_now", "power_now"), ("charge_now", "current_now")):
        with suppress(ValueError, ZeroDivisionError):
            return float(_text(supply, left)) / abs(float(_text(supply, rate)))
    return None


def _text(supply: Path, name: str) -> str:
    try:
        return (supply / name).read_text(errors="replace").strip()
    except OSError:
        return ""


@dataclass(slots=True)
class Disk:
    """The disk that a journal grows on."""

    journal: Path
    first_bytes: int | None = None
    first_ns: int = 0

    def state(self, now_ns: int) -> tuple[int, float | None]:
        """Return the bytes free, and the hours until it is full at the pace since the beginning."""
        free = shutil.disk_usage(self.journal.parent).free
        size = sum(path.stat().st_size for path in self._files())
        if self.first_bytes is None:
            self.first_bytes, self.first_ns = size, now_ns
        grown, hours = size - self.first_bytes, (now_ns - self.first_ns) / 3.6e12
        return free, free / grown * hours if grown > 0 and hours > 0.01 else None

    def _files(self) -> list[Path]:
        names = (self.journal.name, f"{self.journal.name}-wal")
        return [path for name in names if (path := self.journal.with_name(name)).exists()]


class Awake:
    """Keeps the computer awake from `begin` to `end`; says so where it cannot."""

    def __init__(self, command: list[str] | None = None) -> None:
        self._command = HOLDERS.get(sys.platform) if command is None else command
        self._holder: subprocess.Popen[bytes] | None = None

    def begin(self) -> str:
        """Take hold; return "" when it holds, else what to tell the user."""
        if not self._command:
            return CANNOT
        try:
            self._holder = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for us, and this must outlive it a little
            )
            self._holder.wait(HELD_AFTER_S)
        except OSError:
            return CANNOT
        except subprocess.TimeoutExpired:
            return ""
        self.end()
        return CANNOT  # it has ended at once: nobody here may hold the computer awake

    def end(self) -> None:
        """Let go; may be called twice."""
        if self._holder is not None:
            if self._holder.stdin is not None:
                self._holder.stdin.close()
            self._holder.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._holder.wait(2.0)
