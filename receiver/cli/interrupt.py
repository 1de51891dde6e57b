"""Ctrl-C, for commands that run until somebody ends them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

INTERRUPTED = 130


def stop_on_interrupt(stop: threading.Event) -> Callable[[], bool]:
    """First Ctrl-C: set `stop`, so that all is saved. Second: at once. Returns: was there one?"""
    seen = threading.Event()

    def handle(signum: int, frame: object) -> None:
        if seen.is_set():
            raise KeyboardInterrupt
        seen.set()
        stop.set()

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # the last one: the terminal is gone
        if number := getattr(signal, name, None):
            signal.signal(number, handle)
    return seen.is_set
