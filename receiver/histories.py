"""The histories of collars in a journal: which collar is meant, and all that its story needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from receiver.config import Collar, Configuration
from receiver.errors import ConfigError, InputError
from receiver.importers.kept import kept
from receiver.importers.values import same_id
from receiver.journal import Journal
from receiver.records import Entry, Fix, Row
from receiver.story import Said, Story, said_in, tell

MOST_NAMED = 12
LATER = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A collar with its rows, and what else the journal says that its story needs."""

    collar: Collar
    fixes: tuple[Fix, ...]
    said: Said
    sisters: Mapping[str, datetime]

    def story(self, now: datetime) -> Story:
        """Return its story at a time."""
        return tell(self.fixes, now, collar=self.collar, said=self.said, sisters=self.sisters)


def subject_in(journal: Journal, configuration: Configuration, identity: str | None) -> Subject:
    """Return the collar that an identity means; without one the only collar, or the only sheet's.

    Raises:
        InputError: the journal holds no history, or none of that collar.
        ConfigError: the identity, or none, fits several collars.
    """
    entries: list[Entry] = []
    found = kept(_watched(journal.rows(), entries), configuration)
    if not found.fixes:
        raise InputError(
            f"{journal.path}: no history of a collar is in it: baksan import FILE --to"
            f" {journal.path}"
        )
    name = _name(identity, found.fixes, configuration, journal.path)
    own = tuple(fix for fix in found.fixes if whose(fix) == name)
    if not own:
        raise InputError(f"{journal.path}: no history of {name}; there are: {_known(found.fixes)}")
    return Subject(
        collar=configuration.collar(name) or Collar(name=name),
        fixes=own,
        said=said_in(entries, [name, *{fix.device_id for fix in own}]),
        sisters=_later_contacts(found.fixes, name),
    )


def _watched(rows: Iterable[Row], entries: list[Entry]) -> Iterator[Row]:
    """Yield rows, and keep what people wrote."""
    for row in rows:
        if isinstance(row, Entry):
            entries.append(row)
        yield row


def whose(fix: Fix) -> str:
    """Return the name under which a row's collar is known."""
    return fix.collar or fix.device_id


def _name(
    identity: str | None, fixes: Sequence[Fix], configuration: Configuration, path: Path
) -> str:
    """Return the one collar that a name or an id means, or that is the only one."""
    known = f"{path}: there are: {_known(fixes)}"
    if identity is None:
        names = {whose(fix) for fix in fixes}
        names = names if len(names) == 1 else names & {c.name for c in configuration.collars}
    else:
        names = {collar.name for collar in configuration.collars if _is_of(identity, collar)}
        names |= {whose(fix) for fix in fixes if same_id(fix.device_id, identity)}
        names = names & {identity} or names
    if len(names) == 1:
        return names.pop()
    if identity is None:
        raise ConfigError(f"which collar? {known}")
    if names:
        raise ConfigError(f"{identity!r} fits several collars: {', '.join(sorted(names))}")
    raise InputError(f"no collar {identity!r} in {known}")


def _is_of(identity: str, collar: Collar) -> bool:
    if collar.name.casefold() == identity.casefold():
        return True
    return any(same_id(identity, known) for known in (collar.serial, *collar.ids) if known)


def _known(fixes: Iterable[Fix]) -> str:
    names = {
        f"{fix.collar} ({fix.device_id})" if fix.collar else fix.device_id for fix in fixes
    }  # fmt: skip
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(sorted(names)[:MOST_NAMED]) + more


def _later_contacts(fixes: Sequence[Fix], name: str) -> dict[str, datetime]:
    """Return for other collars when they next reported, two days or more after the one named."""
    contacts = [(whose(fix), time) for fix in fixes if (time := fix.received or fix.time)]
    last = max((time for own, time in contacts if own == name), default=None)
    later: dict[str, datetime] = {}
    for own, time in contacts:
        if last is not None and own != name and time >= last + LATER:
            later[own] = min(time, later.get(own, time))
    return later
