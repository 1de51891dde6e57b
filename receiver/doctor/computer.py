"""Serial ports, clock, disk, battery and gpsd of this computer."""

from __future__ import annotations

import ctypes
import grp
import os
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from receiver import machine
from receiver.doctor.checks import Check, State

PORTS = ("ttyUSB*", "ttyACM*", "rfcomm*", "ttyAMA*")
FIRST_YEAR, LAST_YEAR = 2026, 2060
LOW_DISK_BYTES, NO_DISK_BYTES = 1_000_000_000, 100_000_000
LOW_BATTERY_PERCENT, NO_BATTERY_PERCENT = 30, 5
CLOCKS_APART_S = 60.0
GPSD = ("127.0.0.1", 2947)
GPSD_TIMEOUT_S = 1.0


def ports(
    dev: Path = Path("/dev"),
    proc: Path = Path("/proc"),
    may_use: Callable[[Path], bool] = lambda path: os.access(path, os.R_OK | os.W_OK),
) -> Iterator[Check]:
    """Tell which serial ports there are, whether they may be opened, and who holds them."""
    found = sorted(path for pattern in PORTS for path in dev.glob(pattern))
    if not found:
        text = "none; a receiver or GPS by cable is not plugged in"
        yield Check(name="serial ports", state="look", text=text, advice="fine without one")
        return
    held = holders(found, proc)
    for path in found:
        yield _port(path, held.get(path), may_use(path))


def _port(path: Path, holder: str | None, usable: bool) -> Check:
    name = str(path)
    if not usable:
        advice = f"sudo usermod -aG {_group(path)} $USER, then log in again"
        return Check(name=name, state="STOP", text="you may not open it", advice=advice)
    if holder is not None:
        advice = "end that program, or listen through it"
        return Check(name=name, state="look", text=f"held by {holder}", advice=advice)
    return Check(name=name, state="ok", text="free")


def _group(path: Path) -> str:
    try:
        name = grp.getgrgid(path.stat().st_gid).gr_name
    except (OSError, KeyError):
        name = "dialout"
    return "dialout" if name in ("root", "nogroup") else name


def holders(ports: Iterable[Path], proc: Path = Path("/proc")) -> dict[Path, str]:
    """Return which program holds each port, as far as this user may see."""
    wanted = {os.path.realpath(port): port for port in ports}
    found: dict[Path, str] = {}
    for descriptor in proc.glob("[0-9]*/fd/*"):
        with suppress(OSError):
            port = wanted.get(os.readlink(descriptor))
            process = descriptor.parent.parent
            if port is not None and process.name != str(os.getpid()):
                program = (process / "comm").read_text(errors="replace").strip()
                found[port] = f"{program} (process {process.name})"
    return found


# --- time -------------------------------------------------------------------------------------


def clock(now: datetime, synchronised: bool | None) -> Check:
    """Tell whether the clock can be trusted."""
    text = f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    advice = 'set it: sudo date -u -s "2026-11-24 11:35", by a phone or a GPS'
    if not FIRST_YEAR <= now.year <= LAST_YEAR:
        return Check(name="clock", state="STOP", text=f"{text} cannot be", advice=advice)
    if synchronised:
        return Check(name="clock", state="ok", text=f"{text}, kept right by a time service")
    doubt = "not set by any time service" if synchronised is False else "nobody says who set it"
    advice = "compare it with a phone; a wrong clock puts what you hear in the wrong place"
    return Check(name="clock", state="look", text=f"{text}, {doubt}", advice=advice)


def is_synchronised(run: Path = Path("/run")) -> bool | None:
    """Tell whether a time service keeps the clock right; None when nobody can say."""
    if (run / "systemd/timesync/synchronized").exists():
        return True
    try:
        # adjtimex(2) with modes 0 only reads; it returns 5 (TIME_ERROR) when nobody sets the clock.
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(1024))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != 5


def clock_chip(now: datetime, rtc: Path = Path("/sys/class/rtc")) -> Check:
    """Tell whether the clock survives a power cut: the chip that keeps time while it is off."""
    name = "clock chip"
    try:
        seconds = int(next(rtc.glob("rtc*/since_epoch")).read_text())
    except (StopIteration, OSError, ValueError):
        text = "none; the clock stands still while this computer is off"
        return Check(name=name, state="look", text=text, advice="check the clock after each start")
    apart_s = abs(now.timestamp() - seconds)
    if apart_s > CLOCKS_APART_S:
        text = f"{apart_s:.0f} s apart from the clock"
        return Check(name=name, state="look", text=text, advice="sudo hwclock --systohc")
    return Check(name=name, state="ok", text="agrees with the clock")


def time_zone(zone: tzinfo, now: datetime) -> Check:
    """Tell which zone local times are taken in."""
    offset = now.astimezone(zone).strftime("%z")
    text = f"{zone} (UTC{offset[:3]}:{offset[3:5]})"
    if getattr(zone, "key", "UTC") in ("UTC", "Etc/UTC", "Etc/GMT", "GMT"):
        advice = "is your watch on UTC too? else: sudo timedatectl set-timezone Europe/Moscow"
        return Check(name="time zone", state="look", text=text, advice=advice)
    return Check(name="time zone", state="ok", text=text)


# --- disk, battery, gpsd ------------------------------------------------------------------------


def disk(
    folder: Path,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    writable: Callable[[Path], bool] = lambda path: os.access(path, os.W_OK),
) -> Check:
    """Tell whether there is room to record in a folder."""
    try:
        free = free_bytes(folder)
    except OSError as error:
        text = f"{folder}: {error.strerror}"
        return Check(name="disk", state="STOP", text=text, advice="make the folder first")
    text = f"{free / 1e9:.1f} GB free in {folder.resolve()}"
    if not writable(folder):
        advice = "go to a folder of your own"
        return Check(name="disk", state="STOP", text=f"{folder} cannot be written", advice=advice)
    if free < NO_DISK_BYTES:
        return Check(name="disk", state="STOP", text=text, advice="free some space")
    if free < LOW_DISK_BYTES:
        return Check(name="disk", state="look", text=text, advice="free some space")
    return Check(name="disk", state="ok", text=text)


def battery(supplies: Path = machine.SUPPLIES) -> Check:
    """Tell how full the computer's battery is."""
    found = machine.read_battery(supplies)
    if found is None:
        return Check(name="battery", state="ok", text="none found; on mains or an outside battery")
    text = f"{found.percent} %, {found.status.lower() or 'unknown'}"
    if found.status in ("Charging", "Full") or found.percent >= LOW_BATTERY_PERCENT:
        return Check(name="battery", state="ok", text=text)
    state: State = "STOP" if found.percent < NO_BATTERY_PERCENT else "look"
    return Check(name="battery", state=state, text=text, advice="charge it")


def gpsd(address: tuple[str, int] = GPSD, timeout_s: float = GPSD_TIMEOUT_S) -> Check:
    """Tell whether gpsd answers on this computer."""
    where = f"{address[0]}:{address[1]}"
    try:
        with socket.create_connection(address, timeout_s) as link:
            greeting = link.recv(4096)
    except OSError:
        text = f"not running on {where}"
        advice = "fine when the GPS is read directly, or places are given by hand"
        return Check(name="gpsd", state="look", text=text, advice=advice)
    if b'"VERSION"' in greeting:
        return Check(name="gpsd", state="ok", text=f"answers on {where}")
    text = f"something else answers on {where}"
    return Check(name="gpsd", state="look", text=text, advice="find out which program it is")
