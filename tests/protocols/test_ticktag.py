"""TickTag: fixes of the EEPROM and of the serial text; the sign that the text loses."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocols import DecodeError, Packet, decode, identify
from receiver.cli import run

FIX = "31f2bba84fb8e18c2719"
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "collars" / "ticktag"


def fixes(text: str) -> list[Packet]:
    return decode(bytes.fromhex(text), protocol="ticktag-eeprom")


def said(rows: str, stars: str = "***") -> list[Packet]:
    text = f"---TICK-TAG---\n{stars}START MEMORY{stars}\ncount,timestamp,lat,lon\n{rows}"
    return decode(f"{text}{stars}END MEMORY{stars}\nV201\n".encode(), protocol="ticktag-serial")


def test_fixes_end_where_nothing_was_written() -> None:
    found = fixes("00" * 16 + FIX * 2 + "ff" * 30)
    assert [(p.latitude_deg, p.longitude_deg) for p in found] == [(-24.53193, 31.34791)] * 2
    (none,) = fixes("00" * 16 + "ff" * 10)
    assert none.details == {"fixes": 0}


REFUSED = {
    "unwritten": ("ff" * 10, "nothing was ever written"),
    "all zero": ("00" * 10, "nothing was ever written"),
    "half a fix": ("8cf0d4b9b2", "10 bytes each"),
    "latitude of 120": ("a037a022551000000000", "120.00000, 0.00000: that cannot be"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, words = REFUSED[name]
    with pytest.raises(DecodeError, match=words):
        fixes(text)


def test_eeprom_keeps_the_sign_that_the_text_loses() -> None:
    (kept,) = fixes("449203a938e724dcaf16")
    assert kept.latitude_deg == -0.12345
    (lost,) = said("1,1700000000,0.12345,36.12345\n")
    assert (lost.latitude_deg, lost.position_status) == (None, "bad")
    assert lost.details["candidates"] == {"latitude": [0.12345, -0.12345]}
    assert "may be of either sign" in lost.warnings[0]


@pytest.mark.parametrize("stars", ["*", "***"])
def test_rows_that_were_cut_are_counted(stars: str) -> None:
    first, second = said("1,1644387698,-24.53918,31.32248\n2,164438\n"
                         "3,1644387700,-24.53914,31.32250\n", stars)  # fmt: skip
    assert first.warnings == ("1 lines of fixes were cut and are left out",)
    assert second.longitude_deg == 31.3225


def test_empty_memory_is_an_answer() -> None:
    text = b"---TICK-TAG---\n***START MEMORY***\nEMPTY\n***END MEMORY***\n"
    (packet,) = decode(text)
    assert packet.details == {"fixes": 0, "cut": 0}


def test_row_of_an_impossible_place_is_bad() -> None:
    (packet,) = said("1,1644387698,-124.53918,31.32248\n")
    assert (packet.latitude_deg, packet.position_status) == (None, "bad")


def test_eeprom_is_never_guessed() -> None:
    assert identify(bytes.fromhex(FIX)) == []


def test_other_text_is_no_download() -> None:
    with pytest.raises(DecodeError, match="no START MEMORY"):
        decode(b"hello\n", protocol="ticktag")


@pytest.mark.parametrize(
    ("name", "count"),
    [("20220209_AntiPoachingHound_1s_Interval_5096_fixes", 5096),
     ("20220311_300s_Interval_91_fixes", 91)],
)  # fmt: skip
def test_downloads_agree_with_the_makers_tables(name: str, count: int) -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recordings are not there")
    packets = decode((RECORDED / f"{name}.txt").read_bytes(), protocol="ticktag-serial")
    rows = [row.split(",") for row in (RECORDED / f"{name}.csv").read_text().split()]
    table = [row[-3:] for row in rows if row[-1].replace(".", "").replace("-", "").isdigit()]
    assert len(packets) == count
    assert [p.details["lon"] for p in packets] == [float(row[-1]) for row in table]


def test_download_is_known_as_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "download.txt"
    path.write_text("---TICK-TAG---\n*START MEMORY*\ncount,timestamp,lat,lon\n"
                    "1,1644387698,-24.53918,31.32248\n*END MEMORY*\n")  # fmt: skip
    assert run(["decode", str(path)]) == 0
    assert "-24.539180, 31.322480" in capsys.readouterr().out


def test_header_without_fixes_is_one_packet_that_says_so() -> None:
    (packet,) = decode(bytes(15) + b"\1", protocol="ticktag-eeprom")
    assert (packet.details, packet.latitude_deg) == ({"fixes": 0}, None)
    with pytest.raises(DecodeError, match="this has 6"):
        decode(bytes.fromhex("35dca2dcd15b"), protocol="ticktag-eeprom")


def test_line_ends_as_the_tag_prints_them() -> None:
    """It ends lines with line feed and carriage return, in this order."""
    text = (b"---TICK-TAG---\n\r*START MEMORY*\n\rcount,timestamp,lat,lon\n\r"
            b"1,1644387698,-24.53918,31.32248\n\r*END MEMORY*\n\r")  # fmt: skip
    (packet,) = decode(text, protocol="ticktag-serial")
    assert (packet.latitude_deg, packet.longitude_deg) == (-24.53918, 31.32248)
    assert packet.warnings == ()
