"""Opening a case: a journal or a CSV of observations, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from receiver import settings
from receiver.derive import Derived
from receiver.errors import ReceiverError
from receiver.journal import Journal, is_journal
from receiver.live import Follower, answer_of
from receiver.locator import Posterior
from receiver.records import SIMULATION_MARK, Observation, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a file says: its observations, where the collar may be, what limits it."""

    observations: list[Observation]
    posterior: Posterior
    warnings: list[str]
    simulation: bool = False


Watch = Callable[[Iterable[Row], int], Iterable[Row]]


def open_case(
    path: Path, collar: str | None, watch: Watch = lambda rows, total: rows, **assumed: Any
) -> Case:
    """Read a journal or a CSV of observations, and locate; `watch` sees the rows go by.

    `assumed` are fields of `receiver.locator.LocatorConfig` that are known here.

    Raises:
        InputError: it is neither, or cannot be read.
        CorruptError: it was damaged.
    """
    if is_journal(path):
        derived, warnings, simulation = _from_journal(path, watch)
    else:
        derived, warnings = Derived(observations=_from_csv(path)), []
        simulation = any(o.text == SIMULATION_MARK for o in derived.observations)
    return Case(
        observations=derived.observations,
        posterior=answer_of(derived, collar, **assumed),
        warnings=warnings,
        simulation=simulation,
    )


def _from_journal(path: Path, watch: Watch) -> tuple[Derived, list[str], bool]:
    with Journal.open(path, readonly=True) as journal:
        follower = Follower(journal)
        for row in watch(journal.rows(), len(journal)):
            follower.add(row)
        warnings = [*journal.problems, *_by_the_file(journal, follower)]
        derived = follower.result()
        simulation = journal.configuration.simulation
    return derived, warnings + derived.warnings, simulation


def _by_the_file(journal: Journal, follower: Follower) -> list[str]:
    """Use the settings file beside the journal where it knows other than what was recorded."""
    found = settings.find_file(None, journal.path)
    if found is None:
        return []
    try:
        configuration, _ = settings.load(found)
    except ReceiverError as error:
        return [f"{error}; the settings are not used"]
    now = configuration.collars, configuration.receivers, configuration.antennas
    recorded = journal.settings
    if not any(now) or now == (recorded.collars, recorded.receivers, recorded.antennas):
        return []
    follower.use(configuration)
    return [f"{found} has changed since; it is used as it is now"]


def _from_csv(path: Path) -> list[Observation]:
    from receiver.columns import read_observations

    return read_observations(path)
