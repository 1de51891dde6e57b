"""Opening a case: a journal or a CSV of observations, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from receiver.derive import derive
from receiver.journal import Journal, is_journal
from receiver.locator import Posterior
from receiver.records import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a file says: its observations, where the collar may be, what limits it."""

    observations: list[Observation]
    posterior: Posterior
    warnings: list[str]
    simulation: bool = False


def open_case(path: Path, collar: str | None) -> Case:
    """Read a journal or a CSV of observations, and locate.

    Raises:
        InputError: it is neither, or cannot be read.
        CorruptError: it was damaged.
    """
    from receiver.columns import columns
    from receiver.locator import LocatorConfig, posterior

    if is_journal(path):
        observations, warnings, simulation = _from_journal(path)
    else:
        observations, warnings, simulation = _from_csv(path), [], False
    found = posterior(columns(observations), LocatorConfig(collar=collar))
    return Case(
        observations=observations, posterior=found, warnings=warnings, simulation=simulation
    )


def _from_journal(path: Path) -> tuple[list[Observation], list[str], bool]:
    with Journal.open(path, readonly=True) as journal:
        derived = derive(journal.rows(), journal.configuration)
        warnings = [*journal.problems, *derived.warnings]
        simulation = journal.configuration.simulation
    if derived.unplaced:
        warnings.append(f"{len(derived.unplaced)} heard without a place: kept, not used")
    return derived.observations, warnings, simulation


def _from_csv(path: Path) -> list[Observation]:
    from receiver.columns import read_observations

    return read_observations(path)
