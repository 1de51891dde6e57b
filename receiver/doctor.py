"""Is this computer ready for a search? One line for each thing that can stop one.

Every probe is a function of the paths that it looks at, so that tests can feed it. Nothing leaves
the machine: the only connection is to gpsd on this computer.
"""

from __future__ import annotations

import ctypes
import grp
import importlib.metadata
import importlib.util
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal

from receiver import keys, machine, settings
from receiver.config import Configuration
from receiver.errors import ReceiverError
from receiver.notes import times
from receiver.radio_check import Tested, receivers_tested
from receiver.records import Row

State = Literal["ok", "look", "STOP"]

# Programs of others: what each is for, and how Debian installs it.
PEERS = {
    "rigctld": ("receivers that Hamlib knows", "sudo apt install libhamlib-utils"),
    "gpsd": ("a GPS that several programs share", "sudo apt install gpsd"),
}
PORTS = ("ttyUSB*", "ttyACM*", "rfcomm*", "ttyAMA*")
FIRST_YEAR, LAST_YEAR = 2026, 2060
LOW_DISK_BYTES, NO_DISK_BYTES = 1_000_000_000, 100_000_000
LOW_BATTERY_PERCENT, NO_BATTERY_PERCENT = 30, 5
CLOCKS_APART_S = 60.0
GPSD = ("127.0.0.1", 2947)
GPSD_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found about one thing: `STOP` would stop a search. `advice` says what to do."""

    name: str
    state: State
    text: str
    advice: str = ""


def python_version(version: Sequence[int] = sys.version_info[:3]) -> Check:
    """Tell whether Python is new enough."""
    text = ".".join(map(str, version))
    if tuple(version[:2]) < (3, 11):
        return Check(name="Python", state="STOP", text=text, advice="install Python 3.11 or newer")
    return Check(name="Python", state="ok", text=text)


# --- what is installed ------------------------------------------------------------------------


def parts(requirements: Iterable[str], installed: Callable[[str], bool]) -> Iterator[Check]:
    """Tell which parts are installed, and how to get those that are missing."""
    missing: dict[str, list[str]] = {}
    extras: set[str] = set()
    for requirement in requirements:
        name = re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0]
        extra = re.search(r"extra\s*==\s*['\"](\w+)['\"]", requirement)
        group = extra[1] if extra else ""
        extras.add(group)
        if not installed(name):
            missing.setdefault(group, []).append(name)
    for group in sorted(extras - {"dev"}):
        yield _part(group, missing.get(group, []))


def _part(group: str, missing: list[str]) -> Check:
    name = f"optional part {group}" if group else "parts"
    if not missing:
        return Check(name=name, state="ok", text="all installed")
    what = f"missing: {', '.join(missing)}"
    if group:
        return Check(name=name, state="look", text=what, advice=f"pip install 'baksan[{group}]'")
    return Check(name=name, state="STOP", text=what, advice="pip install --force-reinstall baksan")


def is_installed(distribution: str) -> bool:
    """Tell whether a distribution is installed in this environment."""
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def required() -> list[str]:
    """Return what this program's own distribution requires."""
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.requires("baksan") or []
    return []


def peers(which: Callable[[str], str | None] = shutil.which) -> Iterator[Check]:
    """Tell which programs of others are there; none is needed for a search by hand."""
    for program, (use, command) in PEERS.items():
        found = which(program) or shutil.which(program, path="/usr/sbin:/sbin")
        if found:
            yield Check(name=program, state="ok", text=f"installed ({found})")
        else:
            text = f"not installed; only needed for {use}"
            yield Check(name=program, state="ok", text=text, advice=command)


def own_packages(owners: Mapping[str, Sequence[str]], folders: Mapping[str, Path | None]) -> Check:
    """Tell whether another distribution overwrote our packages, which pip does in silence.

    Args:
        owners: for each package, the distributions that ship it.
        folders: for `receiver` and `protocols`, the folder that is imported.
    """
    advice = "install into an environment of its own: pipx install baksan"
    others = {o for name in folders for o in owners.get(name, ()) if o.lower() != "baksan"}
    if others:
        text = f"{', '.join(sorted(others))} ships packages with the names of ours"
        return Check(name="own files", state="STOP", text=text, advice=advice)
    places = {None if folder is None else folder.parent for folder in folders.values()}
    if None in places or len(places) > 1:
        where = ", ".join(f"{name} in {folder}" for name, folder in folders.items())
        return Check(name="own files", state="STOP", text=f"not together: {where}", advice=advice)
    return Check(name="own files", state="ok", text="in place")


def folder_of(package: str) -> Path | None:
    """Return the folder from which a package would be imported, without importing it."""
    with suppress(ImportError, ValueError):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent
    return None


# --- serial ports -----------------------------------------------------------------------------


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


# --- files of the search ------------------------------------------------------------------------


def configuration(path: Path | None) -> Iterator[Check]:
    """Tell what is wrong in the settings file; unknown keys are wrong here."""
    if path is None:
        advice = "baksan collar new NAME"
        text = f"no {settings.FILE_NAME}: nothing is known of any collar"
        yield Check(name="settings", state="look", text=text, advice=advice)
        return
    try:
        text = settings.read_text(path)
        findings = settings.check(settings.parse_toml(text, path), text)
    except ReceiverError as error:
        yield Check(name="settings", state="STOP", text=str(error), advice="mend the file")
        return
    for finding in findings:
        state: State = "STOP" if finding.wrong or finding.text.startswith("unknown") else "look"
        advice = "mend that line"
        yield Check(name="settings", state=state, text=f"{path}, {finding}", advice=advice)
    if not findings:
        yield Check(name="settings", state="ok", text=str(path))


def keys_file(path: Path) -> Check:
    """Tell whether the file of keys is closed to others."""
    try:
        count = len(keys.load_keys(path))
    except ReceiverError as error:
        return Check(name="keys", state="STOP", text=str(error), advice="mend the file")
    return Check(name="keys", state="ok", text=f"{count} in {path}" if count else "none kept")


def journal(path: Path) -> Iterator[Check]:
    """Tell whether the record of a search is sound."""
    from receiver.journal import Journal

    try:
        with Journal.open(path, readonly=True) as opened:
            problems = opened.check()
    except ReceiverError as error:
        problems = [str(error)]
    for problem in problems[:5]:
        advice = "keep a copy as it is, and begin a new journal"
        yield Check(name="journal", state="STOP", text=problem, advice=advice)
    if not problems:
        yield Check(name="journal", state="ok", text=f"{path} is sound")


def _settings(path: Path | None) -> Configuration:
    with suppress(ReceiverError):  # what is wrong with it, `configuration` tells
        return settings.load(path)[0] if path else Configuration()
    return Configuration()


def radio(tested: Tested, zone: tzinfo) -> Check:
    """Tell whether a receiver was tested today: what a deaf one misses is no silence."""
    name, check = f"receiver {tested.receiver}", tested.check
    advice = f"baksan doctor --radio '{tested.address or f'{tested.receiver}=ADDRESS'}'"
    if check is None:
        return Check(name=name, state="look", text="UNTESTED today", advice=advice)
    when = times.show(check.time, zone)
    if check.passed:
        return Check(name=name, state="ok", text=f"passed its radio check, {when}")
    return Check(name=name, state="look", text=f"did NOT pass, {when}", advice=advice)


def _own_rows(journals: Iterable[Path]) -> Iterator[Row]:
    from receiver.journal import Journal

    for path in journals:
        with suppress(ReceiverError), Journal.open(path, readonly=True) as opened:
            yield from (row for row in opened.rows() if row.origin == opened.origin)


def examine(
    journals: Sequence[Path], settings_path: Path | None, now: datetime, zone: tzinfo
) -> list[Check]:
    """Return everything that was found, in the order in which it is shown."""
    folder = journals[0].parent if journals else Path()
    packages = ("receiver", "protocols")
    owners = importlib.metadata.packages_distributions()
    beside = (settings_path or folder / settings.FILE_NAME).with_name(keys.FILE_NAME)
    return [
        python_version(),
        *parts(required(), is_installed),
        own_packages(owners, {package: folder_of(package) for package in packages}),
        clock(now, is_synchronised()),
        clock_chip(now),
        time_zone(zone, now),
        disk(folder),
        battery(),
        *ports(),
        gpsd(),
        *peers(),
        *configuration(settings_path),
        keys_file(beside),
        *(check for path in journals for check in journal(path)),
        *(
            radio(one, zone)
            for one in receivers_tested(_own_rows(journals), _settings(settings_path), now)
        ),
    ]
