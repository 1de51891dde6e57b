"""Opening a case: a journal or a CSV of observations, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from receiver import settings
from receiver.answering import Answers
from receiver.config import Configuration
from receiver.derive import Derived
from receiver.errors import ReceiverError
from receiver.journal import Journal, is_journal
from receiver.live import Follower, answer_of
from receiver.locator import Posterior
from receiver.records import SIMULATION_MARK, Observation, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a file says: its observations, where the collar may be, what limits it.

    `derived` and `configuration` are what these rest on, empty for a CSV.
    """

    observations: list[Observation]
    posterior: Posterior
    warnings: list[str]
    derived: Derived
    configuration: Configuration = field(default_factory=Configuration)
    simulation: bool = False


Watch = Callable[[Iterable[Row], int], Iterable[Row]]


def open_case(
    path: Path,
    collar: str | None,
    watch: Watch = lambda rows, total: rows,
    now: datetime | None = None,
    **assumed: Any,
) -> Case:
    """Read a journal or a CSV of observations, and locate; `watch` sees the rows go by.

    `assumed` are fields of `receiver.locator.LocatorConfig` that are known here. `now` is the time
    to answer for where nobody has listened yet and only a collar's history is known.

    Raises:
        InputError: it is neither, or cannot be read.
        CorruptError: it was damaged.
    """
    if is_journal(path):
        return _of_journal(path, collar, watch, now, assumed)
    derived = Derived(observations=_from_csv(path))
    return Case(
        observations=derived.observations,
        posterior=answer_of(derived, collar, **assumed),
        warnings=[],
        derived=derived,
        simulation=any(o.text == SIMULATION_MARK for o in derived.observations),
    )


def _of_journal(
    path: Path, collar: str | None, watch: Watch, now: datetime | None, assumed: dict[str, Any]
) -> Case:
    with Journal.open(path, readonly=True) as journal:
        follower = Follower(journal)
        for row in watch(journal.rows(), len(journal)):
            follower.add(row)
        warnings = [*journal.problems, *_by_the_file(journal, follower)]
        derived, posterior = Answers(follower, collar).answer(now, **assumed)
        simulation = journal.configuration.simulation
    return Case(
        observations=derived.observations,
        posterior=posterior,
        warnings=[*warnings, *derived.warnings],
        derived=derived,
        configuration=follower.configuration,
        simulation=simulation,
    )


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
