"""The files of the search: settings, keys, journals, and which receiver was tested today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from pathlib import Path

from receiver import keys, settings
from receiver.config import Configuration
from receiver.doctor.checks import Check, State
from receiver.errors import ReceiverError
from receiver.notes import times
from receiver.radio_check import Tested, receivers_tested
from receiver.records import Row


def radios(
    journals: Sequence[Path], settings_path: Path | None, now: datetime, zone: tzinfo
) -> Iterator[Check]:
    """Tell of each receiver whether it was tested today."""
    for one in receivers_tested(_own_rows(journals), _settings(settings_path), now):
        yield radio(one, zone)


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
