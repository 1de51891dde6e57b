"""Is this computer ready for a search? One line for each thing that can stop one.

Every probe is a function of the paths that it looks at, so that tests can feed it. Nothing leaves
the machine: the only connection is to gpsd on this computer.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from receiver import keys, settings
from receiver.doctor.checks import Check as Check
from receiver.doctor.checks import State as State
from receiver.doctor.computer import battery as battery
from receiver.doctor.computer import clock as clock
from receiver.doctor.computer import clock_chip as clock_chip
from receiver.doctor.computer import disk as disk
from receiver.doctor.computer import gpsd as gpsd
from receiver.doctor.computer import is_synchronised
from receiver.doctor.computer import ports as ports
from receiver.doctor.computer import time_zone as time_zone
from receiver.doctor.installed import folder_of, is_installed, peers, required
from receiver.doctor.installed import own_packages as own_packages
from receiver.doctor.installed import parts as parts
from receiver.doctor.installed import python_version as python_version
from receiver.doctor.search import configuration as configuration
from receiver.doctor.search import journal as journal
from receiver.doctor.search import keys_file as keys_file
from receiver.doctor.search import radios


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
        *radios(journals, settings_path, now, zone),
    ]
