"""Bursts as they are told: frequency on the air, dBFS, packets; files, wrong bands, the command."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from protocols import argos
from receiver.bursts import BurstWatch, told
from receiver.cli import run
from receiver.errors import ConfigError
from receiver.heard import HeardBurst
from receiver.listening_plan import Plan
from receiver.simulator.argos import Transmission, samples
from receiver.ui.bursts import burst_line

RATE_HZ, SCALE = 250_000.0, 127.5
FRAME = argos.frame(0x0A1FBD4, bytes.fromhex("012345"))
BITS = "".join(f"{byte:08b}" for byte in FRAME)
SENT = Transmission(bits=BITS, cn0_dbhz=48.0, start_s=0.6, frequency_hz=20_000.0)
PLAN = Plan(frequency_hz=401.63e6, bursts="argos")


def scene(*sent: Transmission) -> np.ndarray:
    """Return samples whose noise has a spread of 10 steps."""
    return samples(sent, RATE_HZ, 2.2, seed=1) * np.float32(10.0 / np.sqrt(RATE_HZ / 2.0))


def heard(x: np.ndarray, plan: Plan = PLAN) -> list[HeardBurst]:
    watch = BurstWatch(RATE_HZ, SCALE, plan, SCALE)
    return [b for news in (*watch.push(x), *watch.finish()) for b in news.bursts]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("argos") / "x_401.63M_250k.cu8"
    numbers = np.clip(np.rint(scene(SENT).view(np.float32) + SCALE), 0, 255)
    path.write_bytes(numbers.astype(np.uint8).tobytes())
    return path


def test_a_burst_is_told_with_its_packet() -> None:
    (burst,) = heard(scene(SENT))
    assert burst.signal == "ptt-a2"
    assert burst.frequency_hz == pytest.approx(401.65e6, abs=2.0)
    assert burst.level_db == pytest.approx(48.0 + burst.noise_db, abs=0.5)
    assert burst.noise_db == pytest.approx(20 * np.log10(10 / SCALE) + 3.0 - 54.0, abs=0.4)
    assert (burst.hex, burst.bit_count, burst.polarity) == (FRAME.hex(), 80, "normal")
    assert burst.packets[0].device_id == "0A1FBD4"
    assert burst.packets[0].details["data_hex"] == "012345"


def test_a_known_error_of_the_receiver_is_taken_off() -> None:
    (burst,) = heard(scene(SENT), Plan(frequency_hz=401.63e6, bursts="argos", error_ppm=10.0))
    assert burst.frequency_hz == pytest.approx(401.65e6 + 4016.5, abs=3.0)


def test_bursts_outside_the_band_of_argos_are_not_looked_for() -> None:
    assert heard(scene(Transmission(bits=BITS, cn0_dbhz=48.0, frequency_hz=-60_000.0))) == []


def test_length_that_its_bits_do_not_say_is_told() -> None:
    (burst,) = heard(scene(Transmission(bits=BITS + BITS[:32], cn0_dbhz=48.0)))
    assert burst.packets == ()
    assert "length code 0000 means 52 bits" in str(burst.error)


def test_another_band_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"401\.600 to 401\.700 MHz, this band is 149\.880"):
        BurstWatch(RATE_HZ, SCALE, Plan(frequency_hz=150e6, bursts="argos"), SCALE)
    with pytest.raises(ConfigError, match="bursts need 6400 or more"):
        BurstWatch(5000.0, SCALE, Plan(bursts="argos"), SCALE)


def test_command_tells_a_line_a_burst(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["detect", str(recording), "--bursts", "argos", "--jsonl"]) == 0
    out, err = capsys.readouterr()
    (line,) = (json.loads(text) for text in out.splitlines())
    assert line["kind"] == "burst"
    assert line["packets"][0]["device_id"] == "0A1FBD4"
    assert line["frequency_hz"] == pytest.approx(401.65e6, abs=2.0)
    assert "401.6500 MHz" in err
    assert "Argos 0A1FBD4 data 012345, or 0A1FB data D4012345" in err
    assert "bursts in 2.2 s: 1 of 0A1FBD4" in err


def test_command_tells_one_object(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["detect", str(recording), "--bursts", "argos", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["bursts"][0]["packets"][0]["device_id"] == "0A1FBD4"


def test_what_cannot_be_read_can_be_homed_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x_401.63M_250k.cf32"
    path.write_bytes((scene(Transmission(bits="", cn0_dbhz=45.0)) / 128).tobytes())
    assert run(["detect", str(path), "--bursts", "argos"]) == 0
    assert "heard, not decodable; still usable for homing" in capsys.readouterr().err


def test_nothing_heard_and_wrong_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x_401.63M_250k.cf32"
    path.write_bytes(scene()[:200_000].tobytes())
    assert run(["detect", str(path), "--bursts", "argos"]) == 1
    assert "no burst was heard in 0.8 s" in capsys.readouterr().err
    assert run(["detect", str(path), "--bursts", "argos", "--png", "x.png"]) == 2


@pytest.mark.shared
def test_recording_of_vld_gives_its_fingerprint(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shared / "data/argos/argos4_vld_short_37k5_iq.wav"
    assert run(["detect", str(path), "--bursts", "argos", "--frequency", "401.606M"]) == 0
    assert "401.6057 MHz" in (err := capsys.readouterr().err)
    assert "fingerprint 719473B28BD8" in err


def test_what_a_message_says_stands_behind_its_frame() -> None:
    # The first example in Lotek's document of how these collars encode Argos messages.
    data = bytes.fromhex("1292afeed0a8551a4491f192afefd0a8531a44911892aff0d0a8561a44907b")
    bits = "".join(f"{byte:08b}" for byte in argos.frame(0x0A1FBD4, data))
    (burst,) = heard(scene(Transmission(bits=bits, cn0_dbhz=48.0, start_s=0.6)))
    received = datetime(2009, 12, 7, 18, tzinfo=UTC)
    frame, first, *_ = told(burst, received, {}).packets
    assert (frame.protocol, first.latitude_deg, first.longitude_deg) == (
        "argos-ptt-a2", pytest.approx(44.0701312), pytest.approx(-79.4274432),
    )  # fmt: skip
    assert "its fix of 07 Dec 2009 16:49 UTC: 44.07013, -79.42744" in burst_line(
        told(burst, received, {}), received
    )
    other = {"0a1fbd4": {"protocol": "kineis-stdv1"}}  # its sheet says that it is none of these
    assert told(burst, received, other) == burst
