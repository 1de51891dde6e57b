"""What calibration and radio check share: the journal, the settings, one receiver on trial."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from receiver.config import Collar, Configuration
    from receiver.trial import Trial


@contextmanager
def opened(
    source: str, journal: str | None, collar: str | None
) -> Iterator[tuple[Trial, float | None, str]]:
    """Open a receiver on trial; also the test collar's period, and a name for a calibration.

    Raises:
        ConfigError, InputError: the address, the collar or the journal is not what it should be.
    """
    from receiver.address import parse_address
    from receiver.cli.note_writing import find_journal, settings_of
    from receiver.clock import SystemClock
    from receiver.config import Configuration
    from receiver.meters import longest_period_s
    from receiver.trial import Trial

    path = find_journal(journal)
    configuration = settings_of(path) or Configuration()
    address, clock = parse_address(source), SystemClock()
    sheet = collar_of(configuration, collar)
    identity = f"{address.name} {clock.now().utc:%Y-%m-%d %H:%M}Z"
    with Trial(address, path, configuration, clock) as trial:
        yield trial, longest_period_s(sheet), identity


def collar_of(configuration: Configuration, name: str | None) -> Collar | None:
    """Return the collar's sheet, None where none was named.

    Raises:
        ConfigError: there is no such sheet.
    """
    from receiver.errors import ConfigError

    if name is None:
        return None
    for collar in configuration.collars:
        if collar.name.casefold() == name.casefold():
            return collar
    known = ", ".join(collar.name for collar in configuration.collars) or "none"
    raise ConfigError(f"no sheet of collar {name!r}; there are: {known} (baksan collar new)")
