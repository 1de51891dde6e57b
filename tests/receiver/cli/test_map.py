"""`baksan map`: a box without a screen; what a paired phone enters becomes rows of the journal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx")
pytest.importorskip("starlette", reason="the extra [ui] is not installed")

import httpx

from receiver.cli import run
from receiver.journal import Journal
from receiver.records import Entry

BAKSAN = str(Path(sys.executable).with_name("baksan"))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A box that records nothing but what people enter, with its files in a folder of its own."""
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            [BAKSAN, "map", "--journal", "search.journal", "--port", "0", "--seconds", "30"],
            cwd=tmp_path, env=environment, stderr=said, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip
    yield process
    process.kill()
    process.wait()


def invitations(folder: Path) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:\d+/#\S+", (folder / "said").read_text())


def invitation(folder: Path, number: int = 0) -> str:
    """Return an address that pairs one phone, once it is shown."""
    for _ in range(150):
        if len(found := invitations(folder)) > number:
            return found[number]
        time.sleep(0.1)
    pytest.fail((folder / "said").read_text())


def test_who_forgot_lan_is_told(box: subprocess.Popen[str], tmp_path: Path) -> None:
    """Recorded case: a code of 127.0.0.1 was shown, which no phone can open."""
    invitation(tmp_path)
    said = (tmp_path / "said").read_text()
    assert "phones need --lan" in " ".join(said.split())
    assert "█" not in said


def phone(address: str, observer: str) -> Any:
    url, _, token = address.partition("/#")
    web = httpx.Client(base_url=url, headers={"X-Baksan": "1"})
    web.post("/pair", json={"token": token, "observer": observer}).raise_for_status()
    return web


def entered(what: str, **values: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "what": what, "values": values}


def test_entries_of_phones_become_rows(box: subprocess.Popen[str], tmp_path: Path) -> None:
    here = {"latitude_deg": 43.35, "longitude_deg": 42.45}
    heard, danger = entered("heard", word="clear", **here), entered("alarm", call="danger")
    with closing(phone(invitation(tmp_path), "B")) as web:
        assert web.post("/place", json={**here, "accuracy_m": 8}).json()["saved"] is True
        for said in (heard, heard, danger):  # sent twice, saved once
            answer = web.post("/entries", json=said).raise_for_status()
            assert answer.json() == {"saved": True, "id": said["id"]}
        for _ in range(50):
            snapshot = web.get("/state").json()["snapshot"]
            if snapshot["heard_count"] and snapshot["others"] and snapshot["calls"]:
                break
            time.sleep(0.1)
    assert (snapshot["heard_count"], snapshot["calls"][0]["text"]) == (1, "DANGER")
    assert [(o["observer"], o["latitude_deg"]) for o in snapshot["others"]] == [("B", 43.35)]
    assert invitation(tmp_path, 1) != invitation(tmp_path)  # one for the next phone
    box.send_signal(signal.SIGINT)
    box.wait(timeout=20)
    assert box.returncode == 130
    with Journal.open(tmp_path / "search.journal", readonly=True) as journal:
        rows = [row for row in journal.rows() if isinstance(row, Entry)]
    saved = {row.id: (row.observer, row.content["kind"]) for row in rows}
    assert saved[heard["id"]] == ("B", "level")
    assert saved[danger["id"]] == ("B", "call")
    assert sorted(kind for _, kind in saved.values()) == [
        "call", "guided", "level", "place",
    ]  # fmt: skip


def test_journal_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["map"]) == 2
    assert "--journal" in capsys.readouterr().err
