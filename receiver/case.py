"""Opening a case: a journal or a CSV of observations, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from receiver import settings
from receiver.config import Configuration
from receiver.derive import Derived
from receiver.errors import ReceiverError
from receiver.journal import Journal, is_journal
from receiver.live import Follower, answer_of
from receiver.locator import Posterior
from receiver.records import SIMULATION_MARK, Observation, Row, Source

if TYPE_CHECKING:
    from receiver.story import Prior


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
    has_history = False
    with Journal.open(path, readonly=True) as journal:
        follower = Follower(journal)
        for row in watch(journal.rows(), len(journal)):
            has_history |= isinstance(row, Source) and row.role == "history"
            follower.add(row)
        warnings = [*journal.problems, *_by_the_file(journal, follower)]
        derived = follower.result()
        warnings += derived.warnings
        as_of = max((o.time for o in derived.observations), default=now)
        if has_history and as_of is not None:
            prior, said = _prior(journal, follower, collar, as_of)
            warnings.append(said)
            derived, assumed = _with_prior(derived, prior, {"as_of": as_of, **assumed})
        simulation = journal.configuration.simulation
    return Case(
        observations=derived.observations,
        posterior=answer_of(derived, collar, **assumed),
        warnings=warnings,
        derived=derived,
        configuration=follower.configuration,
        simulation=simulation,
    )


def _prior(
    journal: Journal, follower: Follower, collar: str | None, as_of: datetime
) -> tuple[Prior | None, str]:
    """Return what the collar's history says before anybody listened, and what to say of it."""
    from receiver.histories import subject_in
    from receiver.story import prior

    try:
        story = subject_in(journal, follower.configuration, collar).story(as_of)
    except ReceiverError as error:
        return None, f"no history is used: {error}"
    share = round(100 * story.inaudible_share / 5) * 5
    return prior(story), (
        f"the history of {story.collar} counts: its last place, and about {share} of 100 that it"
        " cannot be heard (baksan story)"
    )


def _with_prior(
    derived: Derived, prior: Prior | None, assumed: dict[str, Any]
) -> tuple[Derived, dict[str, Any]]:
    """Add what a history says; what the user assumes goes before it."""
    if prior is None:
        return derived, assumed
    observations = sorted(
        (*derived.observations, *prior.observations), key=lambda o: (o.time, o.id)
    )
    known = {"off_probability": prior.off_probability, **assumed}
    return replace(derived, observations=observations), known


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
