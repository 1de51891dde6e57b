"""Calibration: known meters are found again, PAVA against scipy, and the guided command."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from receiver.calibration import Step, Table, faults, isotonic, known_db, peaks, table
from receiver.cli import run
from receiver.errors import ConfigError
from receiver.journal import Journal
from receiver.levels import AOR_CURVES, ICOM_CURVES, Curve
from receiver.records import Detection, Entry
from receiver.setups import register
from receiver.simulator.icom_radio import IcomRadio, SerialServer

_T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
CURVES = {"r8500": ICOM_CURVES["r8500"], "ar8200": AOR_CURVES["ar8200"]}


def meter(curve: Curve, level_db: float) -> int:
    """The count that a meter with this curve shows at a level (the curve read backwards)."""
    return round(float(np.interp(level_db, curve.db, curve.raw)))


def measured(curve: Curve, strong_db: float, steps: list[float], seed: int = 1) -> list[Step]:
    rng = random.Random(seed)
    return [
        Step(
            said=a,
            known_db=-a,
            counts=tuple(meter(curve, strong_db - a) + rng.choice((-1, 0, 0, 1)) for _ in range(9)),
        )
        for a in steps
    ]


@pytest.mark.parametrize("name", CURVES)
def test_curve_of_a_known_meter_is_found_again(name: str) -> None:
    curve = CURVES[name]
    made = table(measured(curve, 30.0, [0, 10, 20, 30, 40, 50, 60]), "attenuator")
    ours = Curve(calibration_id="x", evidence="measured", raw=made.raw, db=made.db)
    assert list(made.raw) == sorted(set(made.raw))
    for level in (-25.0, -15.0, -5.0, 5.0, 15.0, 25.0):
        count = meter(curve, level)
        assert ours.level_db(count) + 30.0 == pytest.approx(
            level, abs=max(2.0, 2 * curve.step_db(count))
        )
    # The AR8200's own curve has three counts for its last ten decibels: that is told.
    assert [fault[:18] for fault in made.faults] == {"r8500": [], "ar8200": ["between 10 and 0 t"]}[
        name
    ]


def test_flat_ends_are_cut_at_the_step_next_to_the_others() -> None:
    """Below the noise and above full scale the meter stands still: a level there is a bound."""
    counts = [(0, 255), (10, 255), (20, 230), (30, 200), (40, 170), (50, 40), (60, 40), (70, 40)]
    made = table([Step(said=a, known_db=-a, counts=(c,)) for a, c in counts], "attenuator")
    assert made.raw == (40, 170, 200, 230, 255)
    assert made.db == (-50, -40, -30, -20, -10)
    assert [words for words in made.faults if "overload" in words]
    assert [words for words in made.faults if "the noise" in words]


def test_step_that_is_not_followed_is_told() -> None:
    counts = [(0, 200), (10, 197), (20, 160), (30, 130), (40, 100)]
    (fault,) = faults([Step(said=a, known_db=-a, counts=(c,)) for a, c in counts])
    assert (
        fault
        == "between 10 and 0 the meter hardly moves (197 to 200): overload, or the end of the meter"
    )


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0.1, 10)), min_size=1, max_size=30))
def test_pooling_is_the_isotonic_regression_of_scipy(points: list[tuple[float, float]]) -> None:
    values, weights = zip(*points, strict=True)
    ours = isotonic(values, weights)
    theirs = isotonic_regression(values, weights=weights).x
    assert ours == pytest.approx(list(theirs), abs=1e-9)


@pytest.mark.parametrize(
    ("method", "said", "expected"),
    [("attenuator", 20.0, -20.0), ("generator", -90.0, -90.0), ("collar", 10.0, -20.0),
     ("collar", 100.0, -40.0)],
)  # fmt: skip
def test_what_a_step_is_in_decibels(method: str, said: float, expected: float) -> None:
    assert known_db(method, said) == pytest.approx(expected)


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot be"):
        known_db("collar", 0.0)
    with pytest.raises(ConfigError, match="at least 3"):
        table([Step(said=0, known_db=0, counts=(1,))], "attenuator")
    with pytest.raises(ConfigError, match="did not move"):
        table([Step(said=a, known_db=-a, counts=(50,)) for a in (0, 10, 20)], "attenuator")


def test_of_a_pulsed_collar_the_peaks_count() -> None:
    readings = [
        Detection(kind="meter", time=_T0, monotonic_ns=k * 10**8,
                  level_raw=120.0 if k % 15 in (3, 4) else 40.0) for k in range(100)
    ]  # fmt: skip
    assert set(peaks(readings, 1.5)) == {120.0}
    assert len(peaks(readings, 1.5)) == 3
    assert len(peaks(readings, None)) == 100


def test_collar_by_distance_is_a_rough_table() -> None:
    steps = [Step(said=d, known_db=known_db("collar", d), counts=(c,))
             for d, c in ((10, 200), (20, 170), (40, 140), (80, 110))]  # fmt: skip
    made: Table = table(steps, "collar")
    assert min(made.sd_db) >= 4.0


# --- the command ----------------------------------------------------------------------------------


class Bench:
    """An emulated receiver behind an attenuator that somebody sets when he is asked to."""

    def __init__(self, curve: Curve, strong_db: float) -> None:
        self.attenuation_db = 0.0
        self.radio = IcomRadio(
            0x9C, 150_350_000, lambda: meter(curve, strong_db - self.attenuation_db)
        )
        self.server = SerialServer(self.radio.hear)


@pytest.fixture
def bench() -> Bench:
    return Bench(ICOM_CURVES["r8500"], 20.0)


def test_guided_calibration_of_a_receiver_without_a_curve(
    bench: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The R30 has no curve: after the calibration its counts are decibels."""
    monkeypatch.chdir(tmp_path)
    said: list[str] = []

    def answer(question: str, **how: object) -> str:
        said.append(question)
        bench.attenuation_db = float(question.split("to ")[1].split(" dB")[0])
        return ""

    monkeypatch.setattr("click.prompt", answer)
    words = ["calibrate", f"r30=icom:serial:{bench.server.path}?model=r30&poll_s=0.02", "--with",
             "attenuator", "--steps", "0,10,20,30,40", "--seconds", "0.8", "--gain", "5", "--png",
             "curve.png"]  # fmt: skip
    assert run(words) == 0
    assert len(said) == 5
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0].split() == ["count", "dB", "+-"]
    assert len(printed.out.splitlines()) == 6
    assert (tmp_path / "curve.png").read_bytes()[:4] == b"\x89PNG"
    with Journal.open(tmp_path / "search.journal") as journal:
        entries = [row for row in journal.rows() if isinstance(row, Entry)]
        known = register(
            [e for e in entries if e.content["kind"] == "calibration"], journal.settings
        )
    (entry,) = [e for e in entries if e.content["kind"] == "calibration"]
    assert (entry.content["receiver"], entry.content["unit"], entry.content["gain"]) == (
        "r30",
        "dB",
        "5",
    )
    held = known.calibration("A", "r30", entry.time)
    assert held is not None
    for attenuation in (5.0, 15.0, 35.0):
        count = meter(ICOM_CURVES["r8500"], 20.0 - attenuation)
        assert held.curve.level_db(count) == pytest.approx(-attenuation, abs=2.0)
    bench.server.close()


def test_last_step_can_be_measured_again_and_the_end_keeps_what_there_is(
    bench: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    answers = iter(["", "", "r", "", "q"])

    def answer(question: str, **how: object) -> str:
        bench.attenuation_db = float(question.split("to ")[1].split(" dB")[0])
        return next(answers)

    monkeypatch.setattr("click.prompt", answer)
    source = f"r30=icom:serial:{bench.server.path}?model=r30&poll_s=0.02"
    code = run(
        ["calibrate", source, "--with", "attenuator", "--steps", "0,10,20,30", "--seconds", "0.5"]
    )
    assert code == 0
    err = capsys.readouterr().err
    assert err.count("  10: count") == 2
    assert err.count("  20: count") == 1
    bench.server.close()


@pytest.mark.parametrize(
    ("words", "fault"),
    [(["--with", "attenuator", "--steps", "a,b,c"], "numbers with commas"),
     (["--with", "attenuator", "--steps", "1,1,1"], "at least three"),
     (["--with", "attenuator", "--collar", "Nobody"], "no sheet of collar"),
     (["--with", "attenuator", "--png", "x.jpg"], "ends in .png")],
)  # fmt: skip
def test_wrong_words_are_one_line(
    words: list[str], fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run(["calibrate", "uniden:serial:/nosuch", *words]) == 2
    assert fault in capsys.readouterr().err


def test_receiver_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("receiver.trial.OPENS_WITHIN_S", 0.5)
    monkeypatch.setattr("click.prompt", lambda *words, **how: "")
    assert (
        run(["calibrate", "u=uniden:serial:/nosuch", "--with", "attenuator", "--seconds", "1"]) == 3
    )
    assert "there is no such port" in capsys.readouterr().err
