"""A bar for long work: on a terminal only, and only where there is much to do."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TypeVar

MUCH = 20_000
Item = TypeVar("Item")


def watched(items: Iterable[Item], total: int, title: str) -> Iterable[Item]:
    """Return the items; on a terminal a bar on standard error follows them, and goes at the end."""
    if total < MUCH or not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, title, total, console=Console(stderr=True), transient=True)
