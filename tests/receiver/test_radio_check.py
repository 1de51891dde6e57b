"""The radio check: pulse rates, noise and words; and the guided command on an emulated receiver."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receiver.cli import run
from receiver.config import Configuration, Setup
from receiver.journal import Journal
from receiver.levels import ICOM_CURVES
from receiver.radio_check import (
    Findings,
    Heard,
    content,
    heard,
    laptop_words,
    lift_words,
    pulses,
    rate,
    receivers_tested,
    words,
)
from receiver.records import Detection, Entry, Source
from receiver.simulator.icom_radio import IcomRadio, SerialServer

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)


def readings(
    per_minute: float, poll_hz: float, seconds: float = 20.0, pulse_s: float = 0.06, seed: int = 1
) -> list[Detection]:
    """Poll a meter with a jitter of a fifth of the interval; noise of +-2 dB, pulses 20 dB up."""
    rng = random.Random(seed)
    begin_s = rng.random() * 60.0 / per_minute
    found = []
    for k in range(int(seconds * poll_hz)):
        at_s = (k + rng.uniform(-0.1, 0.1)) / poll_hz + 1.0
        on = (at_s - begin_s) % (60.0 / per_minute) < pulse_s
        found.append(
            Detection(kind="meter", time=T0 + timedelta(seconds=at_s), monotonic_ns=int(at_s * 1e9),
                      level_db=rng.uniform(-2, 2) + 20.0 * on, level_unit="dBS9")
        )  # fmt: skip
    return found


@pytest.mark.parametrize("poll_hz", [10.0, 20.0])
@pytest.mark.parametrize("per_minute", [20.0, 33.0, 40.0, 60.0, 80.0, 120.0])
def test_rate_of_a_test_collar_is_found(per_minute: float, poll_hz: float) -> None:
    """By an S-meter a pulse shorter than two polls is missed at times: that does no harm."""
    found = pulses(readings(per_minute, poll_hz, pulse_s=1.5 / poll_hz))
    assert found is not None
    assert found.is_collar
    assert found.pulses_per_minute == pytest.approx(per_minute, rel=0.02)
    assert found.rise == pytest.approx(20.0, abs=2.5)


def test_rate_is_not_said_where_the_meter_is_asked_too_seldom() -> None:
    found = pulses(readings(120.0, 5.0, pulse_s=0.3))
    assert found is not None
    assert found.pulses_per_minute is None  # 5 polls a second, 2 pulses a second
    assert rate([0.0, 1.5, 3.0], [0.1 * k for k in range(40)]) is None  # three are too few


def test_noise_alone_is_no_collar() -> None:
    for seed in range(20):
        quiet = [
            Detection(kind="meter", time=T0, monotonic_ns=k * 10**8,
                      level_db=random.Random(seed * 1000 + k).gauss(0, 1)) for k in range(200)
        ]  # fmt: skip
        found = pulses(quiet)
        assert found is not None
        assert not found.is_collar


def test_without_readings_nothing_is_known() -> None:
    assert pulses([]) is None
    assert heard([], "Test") is None


def packet(collar: str | None, level_db: float | None) -> Detection:
    return Detection(kind="packet", time=T0, monotonic_ns=0, collar=collar, level_db=level_db,
                     level_unit="dBm" if level_db else None)  # fmt: skip


def test_at_a_gateway_one_packet_of_the_test_collar_is_enough() -> None:
    found = heard([packet("Other", -50.0), packet("Test", -71.0)], "Test")
    assert found == Heard(packets=1, peak=-71.0, unit="dBm")
    assert found.is_collar
    assert heard([packet("Other", -50.0)], "Test") is None
    said = words(Findings(receiver="gw", has_meter=False, heard=found, distance_m=100.0))
    assert said == ["the test collar was heard at 100 m: 1 packets, -71 dBm"]
    kept = content(Findings(receiver="gw", has_meter=False, heard=found))
    assert (kept["passed"], kept["level_db"], kept["packets"]) == (True, -71.0, 1)
    assert "noise_raw" not in kept


@pytest.mark.parametrize(
    ("antenna", "load", "unit", "said", "right"),
    [
        (-100.0, -104.5, "dBm", "lifts the noise by 4.5 dB: right", True),
        (-100.0, -101.0, "dBm", "too little, turn the gain up", False),
        (-90.0, -101.0, "dBm", "turn the gain down a little", True),
        (40.0, 30.0, "counts", "by 10 counts; of how many dB, nobody knows", None),
        (None, -101.0, "dBm", "not compared", None),
    ],
)
def test_gain_is_right_where_the_antenna_lifts_the_noise(
    antenna: float | None, load: float | None, unit: str, said: str, right: bool | None
) -> None:
    text, judged = lift_words(antenna, load, unit)
    assert said in text
    assert judged is right


def test_charger_is_told_in_a_rangers_words() -> None:
    assert laptop_words(-92.0, -100.0, "dBm").startswith("your laptop's charger costs 8 dB")
    assert "fine" in laptop_words(-99.0, -100.0, "dBm")
    assert laptop_words(None, -100.0, "dBm") == ""


def test_deaf_gain_does_not_pass_and_a_meter_at_its_end_is_told() -> None:
    loud = Heard(pulses=9, peak=60.0, floor=-50.0, unit="dBS9", saturated=True)
    found = Findings(receiver="r", heard=loud, antenna=-50.0, load=-50.5, unit="dBS9")
    assert not found.passed
    assert any("at its end" in line for line in words(found))
    assert content(found)["threshold_db"] == -46.0


def test_which_receivers_were_tested_today() -> None:
    rows = [
        Source(source="r30", address="r30=icom:serial:/dev/a", observer="A"),
        Source(source="gps", address="nmea:serial:/dev/b", observer="A", role="position"),
        Source(source="theirs", address="x:serial:/dev/c", observer="B"),
        Entry(id="1", observer="A", time=T0,
              content={"kind": "radio_check", "receiver": "r30", "passed": True}),
    ]  # fmt: skip
    setups = Configuration(receivers=(Setup(receiver="hand"),))
    found = receivers_tested(rows, setups, T0 + timedelta(hours=2))
    assert [(one.receiver, one.check is not None) for one in found] == [
        ("hand", False),
        ("r30", True),
    ]
    assert receivers_tested(rows, setups, T0 + timedelta(hours=30))[1].check is None


# --- the command ----------------------------------------------------------------------------------

SHEET = "[collars.Test]\nfrequency_hz = 150340000\nfrequency_drift_hz = 700\n"


class Bench:
    """An R8500 and a test collar 500 Hz off its label, 240 pulses a minute; people do as told."""

    def __init__(self) -> None:
        self.collar_on, self.antenna_on, self.charger = False, True, True
        self.radio = IcomRadio(0x4A, 150_000_000, self._count)
        self.server = SerialServer(self.radio.hear)

    def _count(self) -> int:
        level_db = -45.0 if self.antenna_on else -50.0
        level_db += 8.0 * (self.charger and self.antenna_on)
        near = abs(self.radio.frequency_hz - 150_340_500) < 300
        if self.collar_on and near and time.monotonic() % 0.25 < 0.08:
            level_db = -6.0
        curve = ICOM_CURVES["r8500"]
        return min(range(256), key=lambda raw: abs(curve.level_db(raw) - level_db))

    def answer(self, question: str, **how: object) -> str:
        self.collar_on = "collar ON" in question
        self.antenna_on = "dummy load" not in question
        self.charger = "pulled out" not in question and "collar ON" not in question
        if "gain knob" in question:
            return "7a"
        return "100 m" if "metres away" in question else ""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("click.prompt", made.answer)
    (tmp_path / "baksan.toml").write_text(SHEET)
    yield made
    made.server.close()


def test_guided_check_finds_the_collar_its_drift_and_what_the_charger_costs(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = f"r85=icom:serial:{bench.server.path}?model=r8500&poll_s=0.02"
    words = ["doctor", "--radio", source, "--collar", "Test", "--seconds", "1.3", "--json"]
    # The antenna with the charger lifts the noise by 13 dB: more than needed, but heard.
    assert run(words) == 0
    printed = capsys.readouterr()
    (check,) = json.loads(printed.out)["checks"]
    assert (check["passed"], check["frequency_error_hz"], check["distance_m"]) == (True, 500, 100)
    assert check["pulses_per_minute"] == pytest.approx(240.0, rel=0.05)
    assert check["level_db"] == pytest.approx(-6.0, abs=1.5)
    assert "your laptop's charger costs 8 dB" in printed.err
    assert "tested, may be used today" in printed.err
    with Journal.open(tmp_path / "search.journal", readonly=True) as journal:
        kinds = [row.content["kind"] for row in journal.rows() if isinstance(row, Entry)]
    assert kinds == ["setup", "radio_check"]
    assert run(["doctor", "--json"]) in (0, 1)
    checks = json.loads(capsys.readouterr().out)["checks"]
    (told,) = [one for one in checks if one["name"] == "receiver r85"]
    assert told["state"] == "ok"


def test_skipping_everything_is_not_passing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("click.prompt", lambda *words, **how: "s")
    source = f"r85=icom:serial:{bench.server.path}?model=r8500&poll_s=0.02"
    assert run(["doctor", "--radio", source, "--seconds", "1"]) == 1
    assert "NOT passed: do not trust silence" in capsys.readouterr().err


def test_gateway_is_tested_by_a_packet(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real RAK line over TCP, half a second after the collar is switched on."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        link, _ = server.accept()
        time.sleep(0.5)
        link.sendall(b"+EVT:RXP2P:-60:11:930EF9636865ABA50D1F8E090E031500\r\n")
        time.sleep(3.0)
        link.close()

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setattr("click.prompt", lambda question, **how: "")
    source = f"rak=rak:tcp://127.0.0.1:{server.getsockname()[1]}"
    began = time.monotonic()
    assert run(["doctor", "--radio", source, "--seconds", "20"]) == 0
    assert time.monotonic() - began < 10
    err = capsys.readouterr().err
    assert "the test collar was heard: 1 packets, -60 dBm" in err
    assert "dummy load" not in err
    server.close()
