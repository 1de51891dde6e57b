"""A bar for long work: on a terminal only, and only where there is much to do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from receiver.language import translated

MUCH, LONG_S = 20_000, 30.0
Item = TypeVar("Item")


def watched(items: Iterable[Item], total: int, title: str) -> Iterable[Item]:
    """Return the items; on a terminal a bar on standard error follows them, and goes at the end."""
    if total < MUCH or not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, translated(title), total, console=Console(stderr=True), transient=True)


@contextmanager
def watched_span(duration_s: float | None, title: str) -> Iterator[Callable[[float], None]]:
    """Yield what is told how many seconds of a recording are done; a bar follows on a terminal."""
    if (duration_s is not None and duration_s < LONG_S) or not sys.stderr.isatty():
        yield lambda done_s: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(translated(title), total=duration_s)
        yield lambda done_s: bar.update(task, completed=done_s)
