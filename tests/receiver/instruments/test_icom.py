"""Icom by CI-V: bytes typed from the maker's guide, cut anywhere, spoilt; and Hamlib as a peer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.address import parse_address
from receiver.errors import ConfigError
from receiver.instruments.icom import Icom, frame, make, split_frames
from receiver.records import Detection
from receiver.simulator.icom_radio import IcomRadio, SerialServer

NOW = datetime(2026, 11, 24, tzinfo=UTC)
# Typed from the IC-R8600 guide: what a receiver at 4A sends to the controller at E0.
FREQUENCY = bytes.fromhex("fefee04a 03 00 00 34 51 01 fd")
MODE_CW = bytes.fromhex("fefee04a 04 03 01 fd")
METER_0120 = bytes.fromhex("fefee04a 15 02 01 20 fd")
OPEN = bytes.fromhex("fefee04a 15 01 01 fd")
ATTENUATOR_20 = bytes.fromhex("fefee04a 11 20 fd")
TURNED = bytes.fromhex("fefe004a 00 50 60 33 50 01 fd")
ECHO = bytes.fromhex("fefe4ae0 15 02 fd")
SESSION = FREQUENCY + MODE_CW + OPEN + ATTENUATOR_20 + ECHO + METER_0120 + TURNED + METER_0120


def icom(words: str = "model=r8500") -> Icom:
    return make(parse_address(f"icom:serial:/dev/ttyUSB0?{words}"))


def fed(chunks: Iterator[bytes] | list[bytes], instrument: Icom | None = None) -> list[Detection]:
    instrument = instrument or icom()
    return [one for chunk in chunks for one in instrument.receive(chunk, NOW, 1)]


def test_reading_carries_what_the_receiver_is_set_to() -> None:
    first, second = fed([SESSION])
    assert (first.kind, first.frequency_hz, first.level_raw) == ("meter", 151_340_000.0, 120.0)
    assert (first.attenuator_db, first.mode, first.text) == (20.0, "CW", "filter 1")
    assert first.found
    # Hamlib's table for the R8500: 112 is -12 dB and 124 is -6 dB over S9.
    assert (first.level_db, first.level_unit) == (-8.0, "dBS9")
    assert second.frequency_hz == 150_336_050.0  # the knob was turned, unasked


def test_bytes_may_be_cut_anywhere() -> None:
    whole = fed([SESSION])
    for cut in range(len(SESSION)):
        assert fed([SESSION[:cut], SESSION[cut:]]) == whole
    assert fed([bytes([byte]) for byte in SESSION]) == whole


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_noise_is_never_an_error(noise: bytes, more: bytes) -> None:
    instrument = icom()
    fed([noise, more], instrument)
    # FD ends whatever the noise began; after it an answer is understood.
    assert fed([b"\xfd" + FREQUENCY + METER_0120], instrument)[-1].level_raw == 120.0


@given(st.lists(st.binary(max_size=50)))
def test_cutting_frames_does_not_depend_on_the_chunks(chunks: list[bytes]) -> None:
    rest, frames = b"", []
    for chunk in chunks:
        found, rest = split_frames(rest + chunk)
        frames += found
    whole, _ = split_frames(b"".join(chunks))
    assert [f for f in whole if len(f) < 50] == [f for f in frames if len(f) < 50]


def test_memory_does_not_grow_with_an_endless_frame() -> None:
    _, rest = split_frames(b"\xfe\xfe\xe0\x4a" + bytes(100_000))
    assert len(rest) <= 64


def test_collision_drops_the_frame_and_the_next_is_understood() -> None:
    spoilt = bytes.fromhex("fefee04a 15 02 fc fc fd")
    assert len(fed([FREQUENCY + spoilt + METER_0120])) == 1
    cut_off = METER_0120[:5]
    assert len(fed([FREQUENCY + cut_off + METER_0120])) == 1


@pytest.mark.parametrize("body", ["1502 fa01", "1502 0a20", "1502 01", "1502 0300", "1502 999999"])
def test_count_that_is_none_gives_no_level(body: str) -> None:
    found = fed([bytes.fromhex("fefee04a") + bytes.fromhex(body) + b"\xfd"])
    assert [one.level_db for one in found] in ([], [None])


def test_other_stations_on_the_bus_are_not_taken_for_ours() -> None:
    other = bytes.fromhex("fefee05a 15 02 01 20 fd")
    assert fed([other]) == []


@pytest.mark.parametrize("model", ["r8600", "r30", "r20", "r6", "r9500"])
def test_placeholder_curves_leave_a_count(model: str) -> None:
    instrument = icom(f"model={model}")
    sender = instrument._address
    (found,) = fed([bytes([0xFE, 0xFE, 0xE0, sender]) + bytes.fromhex("15020120fd")], instrument)
    assert (found.level_raw, found.level_db, found.level_unit) == (120.0, None, None)


def test_end_of_the_meter_is_a_lower_bound() -> None:
    (found,) = fed([bytes.fromhex("fefee04a 15 02 02 55 fd")])
    assert found.saturated


def test_settings_are_asked_before_the_first_reading_and_again_now_and_then() -> None:
    instrument, asked = icom(), []
    for number in range(70):
        question = instrument.poll(number * 200_000_000)
        asked.append(question[4:-1].hex())
        instrument.receive(frame(0xE0, question[4:-1] + b"\x00", 0x4A), NOW, 0)
    assert asked[:6] == ["03", "04", "1501", "11", "1602", "1402"]
    assert asked.count("1502") > 50
    assert set(asked[6:]) == {"1502", "03", "04", "1501", "11", "1602", "1402"}


def test_question_is_given_up_after_half_a_second() -> None:
    instrument = icom()
    assert instrument.poll(0)
    assert instrument.poll(300_000_000) == b""
    assert instrument.poll(600_000_000)


def told(instrument: Icom, count: int, answer: bytes = b"\xfb") -> list[str]:
    """Return what goes out next, each after the answer to the last."""
    said = []
    for number in range(count):
        question = instrument.poll(number * 200_000_000)
        said.append(question[4:-1].hex())
        instrument.receive(frame(0xE0, answer, 0x4A), NOW, 0)
    return said


def test_tuning_goes_out_one_by_one_and_is_read_back() -> None:
    instrument = icom()
    instrument.prepare()
    instrument.tune(151_340_000, attenuator_db=20)
    assert told(instrument, 8) == [
        "14030000", "0603", "060302", "050000345101", "1120", "03", "04", "1501",
    ]  # fmt: skip


def test_receiver_without_cw_keeps_its_mode() -> None:
    instrument = icom("model=r6")
    instrument.prepare()
    said = [instrument.poll(number * 600_000_000)[4:-1].hex() for number in range(3)]
    assert said[:2] == ["14030000", "03"]


def test_what_the_receiver_refuses_is_not_asked_again() -> None:
    instrument = icom()
    said = told(instrument, 60, b"\xfa")
    assert said[:6] == ["03", "04", "1501", "11", "1602", "1402"]
    assert set(said[6:]) == {"1502"}


@pytest.mark.parametrize(
    "words", ["model=r9999", "", "model=r75&address=xyz", "model=r75&poll_s=0"]
)
def test_wrong_options_are_refused(words: str) -> None:
    with pytest.raises(ConfigError):
        icom(words)


# Hamlib's numbers of models and the address on the bus that each has: R8600, R8500, R75, R9500,
# R30, R20, R6.
HAMLIB_MODELS = {
    "3079": 0x96, "3042": 0x4A, "3039": 0x5A, "3066": 0x72, "3080": 0x9C, "3058": 0x6C,
    "3077": 0x7E,
}  # fmt: skip


@pytest.mark.parametrize("model", HAMLIB_MODELS)
@pytest.mark.parametrize("echo", [False, True], ids=["no echo", "echo"])
def test_hamlib_drives_the_emulated_receiver(
    model: str, echo: bool, peer: Callable[[str], str]
) -> None:
    device = IcomRadio(HAMLIB_MODELS[model], 150_350_000, lambda: 120, echo=echo)
    server = SerialServer(device.hear)
    words = ["f", "F", "151340000", "f", "M", "CW", "0", "m", "l", "RAWSTR"]
    done = subprocess.run(
        [peer("rigctl"), "-m", model, "-r", server.path, "-s", "19200", *words],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    server.close()
    lines = done.stdout.split()
    assert lines[:2] == ["150350000", "151340000"], done.stderr[-500:]
    assert device.frequency_hz == 151_340_000
    assert "CW" in lines
    assert lines[-1] == "120"
