"""Ctrl-C, for commands that run until somebody ends them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping

INTERRUPTED = 130


def stop_on_interrupt(stop: threading.Event) -> Callable[[], bool]:
    """First Ctrl-C: set `stop`, so that all is saved. Second: at once. Returns: was there one?

    So does a terminal window that is closed; a link to another computer that was cut does not: what
    listens there, far from anybody, goes on.
    """
    seen = threading.Event()

    def handle(signum: int, frame: object) -> None:
        if seen.is_set():
            raise KeyboardInterrupt
        seen.set()
        stop.set()

    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), handle)
    if hangup := getattr(signal, "SIGHUP", None):  # the terminal is gone
        signal.signal(hangup, signal.SIG_IGN if is_far(os.environ) else handle)
    return seen.is_set


def is_far(environment: Mapping[str, str]) -> bool:
    """Tell whether the terminal is at the other end of a link that nothing here keeps open."""
    is_kept = "TMUX" in environment or "STY" in environment
    return "SSH_CONNECTION" in environment and not is_kept
