"""`baksan replay`."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("journal", type=click.Path())
@click.option("--speed", type=click.FloatRange(min=0.01), help="As it ran, so many times faster.")
@click.option("--collar", help="The collar to locate.")
@click.option("--jsonl", is_flag=True, help="The same JSON lines as the live run gave.")
@click.option("--json", "as_json", is_flag=True, help="Only the answer, as one JSON object.")
def command(
    journal: str, speed: float | None, collar: str | None, jsonl: bool, as_json: bool
) -> int:
    """Run a journal again, exactly as it ran live: same lines, same answer.

    \b
    baksan replay search.journal
    baksan replay search.journal --jsonl --speed 60
    """
    from receiver.journal import Journal

    with Journal.open(Path(journal), readonly=True) as opened:
        for problem in opened.check():
            click.echo(f"look out: {problem}", err=True)
        return _replay(opened, speed, collar, jsonl, as_json)


def _replay(
    journal: Any, speed: float | None, collar: str | None, jsonl: bool, as_json: bool
) -> int:
    from receiver.answering import Answers
    from receiver.clock import SystemClock
    from receiver.live import Follower, closing_lines, event_line
    from receiver.records import jsonable
    from receiver.ui.progress import watched
    from receiver.ui.summary import summary_of

    follower, pace = Follower(journal), _Pace(speed)
    for row in watched(journal.rows(), len(journal), "replaying"):
        pace.wait(getattr(row, "time", None))
        for event in follower.add(row):
            if jsonl:
                click.echo(event_line(event))
    derived, posterior = Answers(follower, collar).answer(SystemClock().now().utc)
    if jsonl:
        for text in closing_lines(derived, posterior.answer):
            click.echo(text)
    elif as_json:
        click.echo(json.dumps(jsonable(posterior.answer), allow_nan=False, ensure_ascii=False))
    for text in summary_of(posterior.answer, derived, journal.configuration.simulation):
        click.echo(text, err=True)
    return 0 if posterior.answer.reason is None else 1


class _Pace:
    """Waits between rows as long as it took, divided by the speed; without a speed not at all."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._last: datetime | None = None

    def wait(self, time: datetime | None) -> None:
        if self._speed is None or time is None:
            return
        if self._last is not None:
            pause_s = (time - self._last).total_seconds() / self._speed
            threading.Event().wait(min(max(pause_s, 0.0), 60.0))
        self._last = time
