"""Recordings: names of other programs, WAV and RF64 with auxi, SigMF, what is refused."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.errors import InputError
from receiver.samples.files import name_says, open_samples

IQ_BYTES = bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("name", "rate_hz", "frequency_hz", "start"),
    [
        ("g001_433.92M_250k.cu8", 250e3, 433.92e6, None),
        ("heard-20261127T054512Z-sdr_150.2M_1024k.cu8", 1.024e6, 150.2e6, "2026-11-27T05:45:12"),
        ("gqrx_20240102_030405_150100000_1800000_fc.raw", 1.8e6, 150.1e6, None),
        ("SDRSharp_20150804_204050Z_150000000Hz_IQ.wav", None, 150e6, "2015-08-04T20:40:50"),
        ("HDSDR_20180424_171422Z_150000kHz_RF.wav", None, 150e6, "2018-04-24T17:14:22"),
        ("SDRuno_20200101_120000Z_150100kHz.wav", None, 150.1e6, "2020-01-01T12:00:00"),
        ("baseband_150000000Hz_12-30-45_01-02-2023.wav", None, 150e6, None),
        ("HackRF-20190101_120000-433_92MHz-2MSps-2MHz.complex16s", 2e6, 433.92e6, None),
        ("leopard.cu8", None, None, None),
        ("x_20269999T999999Z.cu8", None, None, None),
    ],
)
def test_names_of_other_programs(
    name: str, rate_hz: float | None, frequency_hz: float | None, start: str | None
) -> None:
    said = name_says(name)
    assert said.rate_hz == (None if rate_hz is None else pytest.approx(rate_hz))
    assert said.frequency_hz == (None if frequency_hz is None else pytest.approx(frequency_hz))
    expected = None if start is None else datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert said.start == expected


def test_bare_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x_150.1M_250k.cu8"
    path.write_bytes(IQ_BYTES + b"\x01")
    file = open_samples(path)
    assert (file.format_name, file.rate_hz, file.frequency_hz) == ("cu8", 250e3, 150.1e6)
    assert b"".join(file.chunks()) == IQ_BYTES  # half a sample at the end is left out
    said = open_samples(path, rate_hz=1e6, frequency_hz=151e6)
    assert (said.rate_hz, said.frequency_hz) == (1e6, 151e6)
    assert said.duration_s == pytest.approx(len(IQ_BYTES) / 2 / 1e6)


def auxi(frequency_hz: int) -> bytes:
    start = struct.pack("<8H", 2026, 11, 5, 27, 5, 45, 12, 500)
    return start + start + struct.pack("<I", frequency_hz) + bytes(36)


def chunk(name: bytes, data: bytes, size: int | None = None) -> bytes:
    return (
        name
        + struct.pack("<I", len(data) if size is None else size)
        + data
        + b"\0" * (len(data) % 2)
    )


def fmt(channels: int, rate: int, bits: int, tag: int = 1) -> bytes:
    frame = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits))


def wav(*chunks: bytes, name: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return name + struct.pack("<I", len(body)) + body


def test_wav_of_an_sdr_program(tmp_path: Path) -> None:
    path = tmp_path / "rec.wav"
    path.write_bytes(
        wav(fmt(2, 192_000, 16), chunk(b"auxi", auxi(150_100_000)), chunk(b"data", IQ_BYTES))
    )
    file = open_samples(path)
    assert (file.format_name, file.rate_hz, file.frequency_hz) == ("cs16", 192e3, 150.1e6)
    assert file.start == datetime(2026, 11, 27, 5, 45, 12, 500_000, UTC)
    assert b"".join(file.chunks()) == IQ_BYTES
    assert file.is_iq
    assert file.remark == ""


def test_auxi_behind_the_samples(tmp_path: Path) -> None:
    path = tmp_path / "rec.wav"
    path.write_bytes(
        wav(fmt(2, 192_000, 16), chunk(b"data", IQ_BYTES), chunk(b"auxi", auxi(150_100_000)))
    )
    assert open_samples(path).frequency_hz == 150.1e6


@pytest.mark.parametrize("name", [b"RF64", b"BW64"])
def test_files_beyond_4_gigabytes(name: bytes, tmp_path: Path) -> None:
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, len(IQ_BYTES), 0, 0))
    data = chunk(b"data", IQ_BYTES + b"tail", 0xFFFFFFFF)
    path = tmp_path / "rec_IQ.wav"
    path.write_bytes(wav(ds64, fmt(2, 96_000, 32, tag=3), data, name=name))
    file = open_samples(path)
    assert file.format_name == "cf32"
    assert b"".join(file.chunks()) == IQ_BYTES


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 10**9])
def test_a_recorder_that_crashed(size: int, tmp_path: Path) -> None:
    path = tmp_path / "rec.wav"
    path.write_bytes(wav(fmt(1, 8000, 16), chunk(b"data", IQ_BYTES, size)))
    file = open_samples(path)
    assert b"".join(file.chunks()) == IQ_BYTES
    assert "not closed" in file.remark


def test_sound_of_sox(tmp_path: Path, peer: Callable[[str], str]) -> None:
    for number, (bits, form) in enumerate([("-b8", "u8"), ("-b16", "s16"), ("-b32", "s32")]):
        path = tmp_path / f"{number}.wav"
        command = [
            peer("sox"),
            "-n",
            "-r",
            "16000",
            "-c",
            "1",
            bits,
            str(path),
            "synth",
            "1",
            "sine",
            "440",
        ]
        subprocess.run(command, check=True)
        file = open_samples(path)
        assert (file.format_name, file.rate_hz, file.channels) == (form, 16e3, 1)
        assert not file.is_iq
        assert file.duration_s == pytest.approx(1.0)
    path = tmp_path / "stereo.wav"
    command = [
        peer("sox"),
        "-n",
        "-r",
        "8000",
        "-c",
        "2",
        "-e",
        "float",
        "-b",
        "32",
        str(path),
        "synth",
        "1",
        "sine",
        "440",
    ]
    subprocess.run(command, check=True)
    assert open_samples(path).channels == 2


def test_sigmf(tmp_path: Path) -> None:
    import sigmf

    data = tmp_path / "x.sigmf-data"
    data.write_bytes(IQ_BYTES)
    info = {"core:datatype": "ci16_le", "core:sample_rate": 250_000}
    signal = sigmf.SigMFFile(data_file=str(data), global_info=info)
    signal.add_capture(
        0, metadata={"core:frequency": 150e6, "core:datetime": "2026-11-27T05:45:12Z"}
    )
    signal.tofile(str(tmp_path / "x.sigmf-meta"))
    for name in ("x.sigmf-meta", "x.sigmf-data"):
        file = open_samples(tmp_path / name)
        assert (file.format_name, file.rate_hz, file.frequency_hz) == ("cs16", 250e3, 150e6)
        assert file.start == datetime(2026, 11, 27, 5, 45, 12, tzinfo=UTC)
        assert b"".join(file.chunks()) == IQ_BYTES


@pytest.mark.shared
def test_sigmf_of_the_shared_scene(shared: Path, tmp_path: Path) -> None:
    meta = (shared / "data/beacon-scenes/int_clean.sigmf-meta").read_bytes()
    (tmp_path / "int_clean.sigmf-meta").write_bytes(meta)
    (tmp_path / "int_clean.sigmf-data").write_bytes(IQ_BYTES)
    file = open_samples(tmp_path / "int_clean.sigmf-meta")
    assert (file.format_name, file.rate_hz, file.frequency_hz) == ("cu8", 300e3, 150e6)


BAD_SIGMF = [
    "", "[]", "{}", '{"global": 5}',
    '{"global": {"core:datatype": "rf128", "core:version": "1.0.0"}, "captures": []}',
    '{"global": {"core:datatype": "ci16_be", "core:version": "1.0.0", "core:sample_rate": 1e5},'
    ' "captures": [], "annotations": []}',
    '{"global": {"core:datatype": "cu8", "core:version": "1.0.0", "core:sample_rate": 1e5},'
    ' "captures": [{"core:sample_start": 0, "core:frequency": "high"}], "annotations": []}',
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_SIGMF)
def test_bad_sigmf_is_one_clear_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.sigmf-meta").write_text(text, encoding="utf-8")
    (tmp_path / "x.sigmf-data").write_bytes(IQ_BYTES)
    with pytest.raises(InputError, match=r"x\.sigmf"):
        open_samples(tmp_path / "x.sigmf-meta")


def test_what_cannot_be_known_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(IQ_BYTES)
    with pytest.raises(InputError, match="--format"):
        open_samples(path)
    with pytest.raises(InputError, match="--rate"):
        open_samples(path, format_name="cu8")
    with pytest.raises(InputError, match="known: "):
        open_samples(path, 250e3, format_name="mp3")
    with pytest.raises(InputError, match="expected 4k to 100M"):
        open_samples(path, 5.0, format_name="cu8")


@pytest.mark.parametrize("name", ["none.cu8", "x.sigmf-meta", "x.sigmf"])
def test_missing_files(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=name.split("-")[0]):
        open_samples(tmp_path / name, 250e3)
    with pytest.raises(InputError, match="a folder"):
        open_samples(tmp_path, 250e3)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "x_150M_250k.cu8"
    path.touch()
    with pytest.raises(InputError, match="not one sample"):
        open_samples(path)


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [chunk(b"data", IQ_BYTES)],
        [fmt(0, 8000, 16), chunk(b"data", IQ_BYTES)],
        [fmt(1, 8000, 24), chunk(b"data", IQ_BYTES)],
        [fmt(1, 8000, 16, tag=85), chunk(b"data", IQ_BYTES)],
        [fmt(1, 0, 16), chunk(b"data", IQ_BYTES)],
        [chunk(b"fmt ", b"\x01\x00")],
    ],
)
def test_wav_that_cannot_be_read(chunks: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(wav(*chunks))
    with pytest.raises(InputError, match=r"x\.wav"):
        open_samples(path)


@given(data=st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("w") / "x.wav"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + data)
    try:
        list(open_samples(path).chunks())
    except InputError:
        return
