"""What a collar's history says counts alike while listening, in a replay and in `locate`."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receiver import recording, settings
from receiver.address import parse_address
from receiver.answering import Answers
from receiver.cli import run
from receiver.clock import SystemClock
from receiver.journal import Journal
from receiver.live import Follower, closing_lines
from receiver.notes import content as notes
from receiver.recording import Running, Session, View, record
from receiver.records import STORY, Answer, jsonable

Capture = pytest.CaptureFixture[str]
HEADS = "timestamp,location-long,location-lat,sensor-type,tag-local-identifier\n"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a journal with the history of a collar that is silent for 20 days."""
    begin = datetime.now(UTC) - timedelta(days=50)
    rows = [
        f"{begin + timedelta(hours=hour):%Y-%m-%d %H:%M:%S},{42.0 + hour % 30 / 1500:.5f},"
        f"{43.25 + hour % 42 / 2000:.5f},gps,81267\n"
        for hour in range(0, 24 * 30, 6)
    ]
    (tmp_path / "gps.csv").write_text(HEADS + "".join(rows))
    (tmp_path / "baksan.toml").write_text('[collars.Baksan]\nids = ["81267"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(recording, "ANSWER_EVERY_S", 0.5)
    assert run(["import", "gps.csv", "--to", "search.journal"]) == 0
    return tmp_path / "search.journal"


def listened(journal: Path, bearing_deg: float | None) -> tuple[list[str], Answer, list[Answer]]:
    """Return the closing lines and the answer of a live run, and the answers on the way."""
    configuration, _ = settings.load(journal.parent / "baksan.toml")
    shown: list[Answer] = []
    session = Session(
        addresses=[parse_address("fixed:43.30,42.05")], journal=journal,
        configuration=configuration, clock=SystemClock(), collar="Baksan", seconds=1.5,
    )  # fmt: skip

    def say(running: Running) -> None:
        if bearing_deg is not None:
            said = notes.bearing([bearing_deg], sigma_deg=10.0) | {"collar": "Baksan"}
            running.writer.submit(notes.entry(said, "A", running.session.clock))

    def look(view: View) -> None:
        if view.posterior is not None:
            shown.append(view.posterior.answer)

    derived, posterior = record(session, lambda e: None, look, threading.Event(), say)
    return list(closing_lines(derived, posterior.answer)), posterior.answer, shown


@pytest.mark.parametrize("bearing_deg", [None, 225.0])
def test_live_replay_and_locate_say_the_same(
    case: Path, bearing_deg: float | None, capsys: Capture
) -> None:
    lines, answer, shown = listened(case, bearing_deg)
    assert answer.reason is None
    assert answer.counts["positions"] == 1
    assert answer.counts["bearings"] == (bearing_deg is not None)
    assert any("the history of Baksan counts" in line for line in lines)
    assert shown
    assert all(one.counts["positions"] == 1 for one in shown)
    capsys.readouterr()
    assert run(["replay", str(case), "--collar", "Baksan", "--jsonl"]) == 0
    replayed = capsys.readouterr().out.splitlines()
    assert replayed[-len(lines) :] == lines
    for command in ("replay", "locate"):
        assert run([command, str(case), "--collar", "Baksan", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == jsonable(answer)


def test_a_story_that_changes_meanwhile_changes_the_answer(case: Path) -> None:
    said = {"kind": STORY, "collar": "Baksan", "question": "beacon", "answer": "no"}
    with Journal.open(case) as journal:
        follower = Follower(journal)
        answers = Answers(follower, "Baksan")
        follower.news()
        now = datetime.now(UTC)
        before = answers.answer(now)[1].answer
        journal.append([notes.entry(said, "A", SystemClock())])
        follower.news()
        after = answers.answer(now)[1].answer
    assert before.inaudible_probability is not None
    assert 0.2 < before.inaudible_probability < 0.8
    assert after.inaudible_probability == pytest.approx(0.95)
