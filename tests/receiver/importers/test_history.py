"""Made-up makers' files: every format, encoding, separator, date and damage, and hostile bytes.

Headings are those of the sources named in `receiver.importers.formats`; values are typed here.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.errors import ConfigError, InputError
from receiver.importers.formats import FORMATS
from receiver.importers.history import History, How, is_history, read
from receiver.records import Fix

MOVEBANK = (
    "event-id,visible,timestamp,location-long,location-lat,sensor-type,tag-local-identifier,"
    "individual-local-identifier\n"
)
LOTEK = (
    "Device ID,Date & Time [GMT],Date & Time [Local],Latitude,Longitude,Altitude,Fix Status,DOP,"
    "Temp [C],Main [V],Back [V]\n"
)
FOLLOWIT = "DATE,TIME,LAT,LON,PDOP,FIX\n"
MOSCOW = timezone(timedelta(hours=3))


def history(text: str | bytes, how: How = How()) -> History:  # noqa: B008  (frozen)
    return read("given.csv", text.encode() if isinstance(text, str) else text, how)


def only(text: str | bytes, how: How = How()) -> Fix:  # noqa: B008
    (fix,) = history(text, how).fixes
    return fix


def movebank(*rows: str) -> str:
    return MOVEBANK + "".join(f"{row}\n" for row in rows)


def place(fix: Fix) -> tuple[float | None, float | None]:
    return fix.latitude_deg, fix.longitude_deg


AT = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
ATS = "CollarSerialNumber,Year,Julianday,Hour,Minute,Activity,Temperature,Latitude,Longitude,HDOP"
VECTRONIC = (
    "No,CollarID,UTC_Date,UTC_Time,LMT_Date,LMT_Time,Origin,SCTS_Date,SCTS_Time,Latitude [°],"
    "Longitude [°],Height [m],DOP,FixType,Mort. Status,Main [V],Temp [°C]"
)


ONE_FIX = pytest.mark.parametrize(
    ("name", "text", "how"),
    [
        ("movebank", movebank("1,true,2026-11-24 12:30:00.000,42.5,43.25,gps,C1,Anna"), How()),
        ("lotek", LOTEK + "C1,11-24-2026 12:30:00,11-24-2026 15:30:00,43.25,42.5,1,3D,2,-4,3,3\n",
         How()),
        ("gmt-date", "No,GMT_Date,GMT_Time,LMT_Date,LMT_Time,Latitude,Longitude,Height,DOP,Nav,"
         "Sats,Main,Bkup,Temp,Longitude,Latitude,Collar_ID\n1,24.11.2026,12:30:00,24.11.2026,15:30:00,"
         "43.25,42.5,1800,2,3D,7,3.6,3.5,-4,0,0,C1\n", How()),
        ("vectronic", VECTRONIC + "\n1,C1,24.11.2026,12:30:00,24.11.2026,15:30:00,Iridium,"
         "24.11.2026,12:40:00,43.25,42.5,1800,2,val. GPS-3D,normal,3.6,-4\n", How()),
        ("vectronic-inventa", "Collar ID,Acq. Time [UTC],Latitude[deg],Longitude[deg],Altitude[m],"
         "DOP,Fix Type\nC1,2026-11-24 12:30:00,43.25,42.5,1800,2,3D Validated\n", How()),
        ("vectronic-api", '[{"idPosition":1,"idCollar":"C1","acquisitionTime":'
         '"2026-11-24T12:30:00","latitude":43.25,"longitude":42.5,"height":1800,"dop":2}]', How()),
        ("telonics-report", "Telonics Data Report\nHeaders Row,5\nCTN,C1\n\nAcquisition Time,"
         "Acquisition Start Time,GPS Fix Attempt,GPS Latitude,GPS Longitude\n2026.11.24 12:30:00,"
         "2026.11.24 12:29:00,Succeeded (3D),43.25,42.5\n", How()),
        ("telonics-gen3", "TXDate,TXTime,PTTID,FixNum,FixQual,FixDate,FixTime,Longitude,Latitude\n"
         "2026.11.24,14:00:00,C1,1,Good,2026.11.24,12:30,42.5,43.25\n", How()),
        ("telonics-gen3-store", "Fix #,Date,Time,Fix Status,Status Text,Latitude,Longitude,HDOP\n"
         "1,24-Nov-2026,15:30:00,3D,ok,43.25,42.5,2\n", How(utc_offset=MOSCOW, collar="C1")),
        ("argos-web", '"platformId";"locationDate";"latitude";"longitude";"locationClass";"date"\n'
         '"C1";"2026-11-24T12:30:00.000Z";"43.25";"42.5";"2";"2026-11-24T12:31:00.000Z"\n', How()),
        ("argos-table", "Platform ID No.,Latitude,Longitude,Loc. quality,Loc. date,Msg Date\n"
         "C1,43.25,42.5,2,2026-11-24 12:30:00,2026-11-24 12:31:00\n", How()),
        ("argos-dispose", "Id,Date,LC,IQ,Lat1,Lon1\nC1,24.11.2026 12:30:00,2,55,43.25,42.5\n",
         How()),
        ("ats", ATS + "\nC1,26,328,15,30,12,-4,43.25,42.5,2\n", How(utc_offset=MOSCOW)),
        ("followit", FOLLOWIT + "2026-11-24,15:30:00,43.25,42.5,2,3D\n",
         How(utc_offset=MOSCOW, collar="C1")),
        ("ctt-telemetry", "ReceivedAt,RecordedAt,Id,RadioId,Rssi,Latitude,Longitude,Activity,Hdop\n"
         "2026-11-24 12:40:00,2026-11-24 12:30:00,C1,1,-90,43.25,42.5,3,2\n", How()),
        ("ctt-cellular", "serial,GPS_YYYY-MM-DD_HH:MM:SS,lat,lon,hdop\nC1,2026-11-24 12:30:00,"
         "43.25,42.5,2\n", How()),
        ("ticktag", "count,timestamp,lat,lon\n1,1795523400,43.25,42.5\n", How(collar="C1")),
    ],
)  # fmt: skip
ONE_CONTACT = pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lotek-mortality", "Device ID,Mortality Date & Time [GMT]\nC1,24.11.2026 12:30:00\n"),
        ("telonics-mailbox", "EmailAddress,EmailUID,Imei,MessageTime,StatusCode,StatusString,"
         "Latitude,Longitude,CEPRadius,MessageLength,MessageBytes\na@b,1,C1,2026-11-24 12:30:00,0,"
         "ok,43.25,42.5,101,2,00FF\n"),
        ("ats-transmissions", "CollarSerialNumber,DateCT,NumberFixes,BattVoltage,Mortality,"
         "Latitude,Longitude,CEPradius_km\nC1,2026-11-24 12:30:00,3,3.6,Yes,43.25,42.5,5\n"),
        ("goniometer", "n°,GPS,Period,Date,Freq,Angle,Mean Angle,Level,Period,Latitude,Longitude,"
         "Direction,Length,Data,Decoded Lat,Decoded Long\n1,valid,valid,24-11-2026 12:30:00,4E8,3,"
         "3,-99,1,43.25,42.5,1,2,00FF,0.0,0.0\n"),
    ],
)  # fmt: skip


@ONE_FIX
def test_every_format_gives_the_same_fix(name: str, text: str, how: How) -> None:
    found = history(text, how)
    assert (found.format, found.refused) == (name, ())
    (fix,) = found.fixes
    assert (fix.device_id, fix.time, place(fix)) == ("C1", AT, (43.25, 42.5))
    assert fix.position_status == "ok"


@ONE_CONTACT
def test_messages_are_contacts_without_a_position(name: str, text: str) -> None:
    """Their place is a satellite's estimate, or the searcher's: it must never be the animal's."""
    kind = next(f for f in FORMATS if f.name == name)
    fix = only(text, How(collar="C1", utc_offset=UTC if kind.zone == "unsaid" else None))
    assert (fix.time, place(fix), fix.position_status) == (AT, (None, None), "unavailable")
    if name in ("lotek-mortality", "ats-transmissions"):
        assert fix.mortality is True


def test_every_format_has_a_test_here() -> None:
    tested = {case[0] for mark in (ONE_FIX, ONE_CONTACT) for case in mark.args[1]}
    assert tested == {kind.name for kind in FORMATS}


# --- what stands beside the position ------------------------------------------------------------


def test_values_beside_the_position() -> None:
    text = LOTEK + "C1,11-24-2026 12:30:00,,43.25,42.5,1800,3D-V Fix,2.4,-4,3.61,3.5\n"
    fix = only(text)
    assert (fix.altitude_m, fix.dop, fix.temperature_c, fix.battery_v, fix.fix_type) == (
        1800.0, 2.4, -4.0, 3.61, "3D-V Fix"
    )  # fmt: skip


def test_mortality_is_read_as_makers_write_it() -> None:
    row = "1,C1,24.11.2026,12:30:00,,,Iridium,,,43.25,42.5,1800,2,GPS-3D,{},3.6,-4\n"
    said = [only(f"{VECTRONIC}\n" + row.format(word)).mortality
            for word in ("normal", "Mortality No Radius", "?")]  # fmt: skip
    assert said == [False, True, None]


@pytest.mark.parametrize(
    "word", ["No Sats", "No Fix", "Failed", "Unresolved QFP", "Invalid", "No", "0"]
)
def test_position_without_a_fix_is_left_out(word: str) -> None:
    fix = only(LOTEK + f"C1,11-24-2026 12:30:00,,43.25,42.5,1800,{word},2,-4,3.6,3.5\n")
    assert (place(fix), fix.position_status) == ((None, None), "unavailable")
    assert fix.time == AT


def test_uncertain_fix_is_not_to_be_trusted() -> None:
    row = "C1,11-24-2026 12:30:00,,43.25,42.5,1800,Resolved QFP (Uncertain),2,-4,3.6,3.5\n"
    assert only(LOTEK + row).position_status == "bad"


def test_values_that_cannot_be_are_none_and_said() -> None:
    found = history(LOTEK + "C1,11-24-2026 12:30:00,,43.25,42.5,99999,3D,0,-273,327.67,3.5\n")
    (fix,) = found.fixes
    assert (fix.altitude_m, fix.dop, fix.temperature_c, fix.battery_v) == (None, None, None, None)
    assert fix.position_status == "ok"
    assert "battery_v 327.67 cannot be" in fix.warnings


@pytest.mark.parametrize(
    ("latitude", "longitude", "status", "words"),
    [("0", "0", "unavailable", "zeros"), ("0.0", "-0.0", "unavailable", "zeros"),
     ("90", "180", "unavailable", "no position"), ("91", "181", "bad", "no place"),
     ("-999", "-999", "bad", "no place"), ("142.5", "43.25", "bad", "changed places"),
     ("43.25", "", "bad", "half"), ("", "42.5", "bad", "half"),
     ("432.5", "4250000", "bad", "no place")],
)  # fmt: skip
def test_what_is_no_position(latitude: str, longitude: str, status: str, words: str) -> None:
    fix = only(movebank(f"1,true,2026-11-24 12:30:00,{longitude},{latitude},gps,C1,A"))
    assert (place(fix), fix.position_status) == ((None, None), status)
    assert words in " ".join(fix.warnings)


def test_swapped_row_among_others_is_marked_and_not_mended() -> None:
    rows = [f"{i},true,2026-11-24 12:{i}:00,42.{i},65.{i},gps,C1,A" for i in range(10, 20)]
    found = history(movebank(*rows, "99,true,2026-11-24 13:00:00,65.15,42.15,gps,C1,A"))
    assert [fix.position_status for fix in found.fixes] == ["ok"] * 10 + ["bad"]
    assert place(found.fixes[-1]) == (42.15, 65.15)


@pytest.mark.parametrize("mark", ["false,", "true,true"])
def test_outliers_of_movebank_are_bad(mark: str) -> None:
    heads = MOVEBANK.strip() + ",import-marked-outlier,algorithm-marked-outlier\n"
    visible, outlier = mark.split(",")
    row = f"1,{visible},2026-11-24 12:30:00,42.5,43.25,gps,C1,A,false,{outlier}\n"
    assert only(heads + row).position_status == "bad"


def test_what_a_maker_reports_of_a_contact_is_said() -> None:
    heads = "Acquisition Time,Acquisition Start Time,Predeployment Data,Error\n"
    fix = only(heads + "2026.11.24 12:30:00,2026.11.24 12:30:00,Yes,CRC Error\n", How(collar="C1"))
    assert fix.warnings == ("from before the collar was put on", "the maker reports: CRC Error")
    assert fix.position_status == "unavailable"


def test_rows_of_other_sensors_are_refused_and_kept() -> None:
    found = history(movebank("1,true,2026-11-24 12:30:00,42.5,43.25,gps,C1,A",
                             "2,true,2026-11-24 12:30:01,,,acceleration,C1,A"))  # fmt: skip
    (refused,) = found.refused
    assert (len(found.fixes), refused.row) == (1, 3)
    assert "acceleration" in refused.reason
    assert refused.text == "2,true,2026-11-24 12:30:01,,,acceleration,C1,A"


# --- text ---------------------------------------------------------------------------------------

ANNA = movebank("1,true,2026-11-24 12:30:00,42.5,43.25,gps,C1,Änne")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, end: str) -> None:
    fix = only(ANNA.replace("\n", end).encode(encoding))
    assert (fix.animal, place(fix)) == ("Änne", (43.25, 42.5))


def test_two_encodings_in_one_file_are_said() -> None:
    more = "2,true,2026-11-24 12:31:00,42.5,43.25,gps,C1,Änne\n"
    found = history(ANNA.encode() + more.encode("cp1252"))
    assert [fix.animal for fix in found.fixes] == ["Änne", "Änne"]
    assert found.encoding == "mixed"
    assert "two encodings" in found.notes[0]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(separator: str) -> None:
    assert place(only(ANNA.replace(",", separator))) == (43.25, 42.5)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas(separator: str) -> None:
    text = LOTEK + "C1,24.11.2026 12:30:00,,43.25,42.5,1800,3D,2.4,-4.5,3.6,3.5\n"
    heads, row = text.replace(",", separator).split("\n", 1)
    fix = only(heads + "\n" + row.replace("24.11.2026", "24/11/2026").replace(".", ","))
    assert (place(fix), fix.dop, fix.temperature_c) == ((43.25, 42.5), 2.4, -4.5)


def test_quoted_decimal_commas_between_commas() -> None:
    fix = only(LOTEK + 'C1,24.11.2026 12:30:00,,"43,25","42,5","1800,0",3D,"2,4",-4,"3,6",3\n')
    assert (place(fix), fix.altitude_m) == ((43.25, 42.5), 1800.0)


def test_bare_decimal_commas_between_commas_move_the_columns_and_are_refused() -> None:
    found = history(LOTEK + "C1,24.11.2026 12:30:00,,43,25,42,5,1800,3D,2,4,-4,3,6,3,5\n")
    assert found.fixes == ()
    assert "commas within values" in found.refused[0].reason


def test_comma_in_a_file_with_points_is_no_number() -> None:
    found = history(LOTEK.replace(",", ";") + "C1;24.11.2026 12:30:00;;43.25;42.5;;3D;2;;;\n"
                    "C1;24.11.2026 13:30:00;;43,25;42.5;;3D;2;;;\n")  # fmt: skip
    assert (len(found.fixes), len(found.refused)) == (1, 1)
    assert "'43,25' is not a number" in found.refused[0].reason


def test_row_that_is_cut_off_at_the_end_of_the_file_is_refused() -> None:
    text = movebank("1,true,2026-11-24 12:30:00,42.5,43.25,gps,C1,A")
    found = history(text + "2,true,2026-11-24 12:31:00,42.5,43.2,gps,C1")
    assert (len(found.fixes), found.refused[0].reason) == (1, "the file ends within this row")


GEN3 = (
    "2026.11.24,14:00:00,77267,1,Good,2026.11.24,12:30,-151.4131,66.8680\n"
    "2026.11.24,14:00:00,77267,2,Good,2026.11.23,12:31,-151.4102,66.8666\n"
)
MAIL = (
    "09691 095838  17 31 K A 2026-11-24 12:30:00  65.756  198.748  0.532 401629865\n"
    "   2026-11-24 12:31:00  1   120 03\n"
)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (movebank("1,true,2026-11-24 12:30:00,42.5134,43.2578,gps,C1,A"), How()),
        (LOTEK + "C1,24-11-2026 12:30:00,,43.2578,42.5134,1800,3D,2,-4,3.6,3.5\n", How()),
        (GEN3, How()),
        (MAIL, How()),
        ("count,timestamp,lat,lon\n1,1795523400,43.25781,42.51341\n2,1795523460,43.25781,42.51341\n",
         How(collar="C1")),
    ],
)  # fmt: skip
def test_file_cut_anywhere_gives_no_place_that_the_whole_one_does_not(text: str, how: How) -> None:
    whole = {(fix.time, place(fix)) for fix in history(text, how).fixes}
    first = text.index("\n", text.index("1795523400") if "1795523400" in text else 0) + 1
    for end in range(first, len(text)):
        with suppress(InputError):
            for fix in history(text[:end], how).fixes:
                assert fix.latitude_deg is None or (fix.time, place(fix)) in whole, text[:end]


def test_short_rows_and_damaged_rows_do_not_hide_the_others() -> None:
    good = "1,true,2026-11-24 12:30:0{},42.5,43.25,gps,C1,A"
    found = history(movebank(good.format(1), "short,row", '"never ends', "a\0b", good.format(2)))
    assert (len(found.fixes), [row.row for row in found.refused]) == (2, [3, 4, 5])


def test_line_breaks_within_quotes_are_one_row() -> None:
    found = history(movebank('1,true,2026-11-24 12:30:00,42.5,43.25,gps,C1,"Anna\nof the ridge"',
                             "2,true,2026-11-24 12:31:00,42.5,43.25,gps,C1,B"))  # fmt: skip
    assert [(fix.animal, fix.row) for fix in found.fixes] == [("Anna\nof the ridge", 2), ("B", 4)]


def test_monster_line_is_refused_alone() -> None:
    found = history(movebank("x" * 3_000_000, "2,true,2026-11-24 12:31:00,42.5,43.25,gps,C1,B"))
    assert (len(found.fixes), len(found.refused)) == (1, 1)
    assert len(found.refused[0].text) < 10_000


@pytest.mark.parametrize("part", ["1", "a", "#", " ", "'", "-", "1.", "E+", "12:30 "])
def test_monster_values_are_no_work(part: str) -> None:
    monster = part * 100_000
    found = history(movebank(f"1,true,2026-11-24 12:30:00,{monster}x,43.25,gps,C1,A",
                             f"2,true,2026-11-24 12:31:00,42.5,43.25,gps,{monster},A",
                             f"3,true,{monster}x,42.5,43.25,gps,C1,A"))  # fmt: skip
    assert found.rows == 3
    assert all(len(row.reason) < 300 for row in found.refused)


def test_every_line_with_an_open_quotation_mark_is_no_work() -> None:
    lines = ['"1,true,2026-11-24 12:30:00,42.5,43.25,gps,C1,A'] * 2001
    assert len(history(movebank(*lines)).refused) >= 1000


def test_files_put_together_repeat_their_headings() -> None:
    assert len(history(ANNA + ANNA.replace("12:30", "12:31")).fixes) == 2


def test_headings_below_a_preamble() -> None:
    assert only("Exported by somebody\n\n" + ANNA).row == 4


# --- identities ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "identity",
    ["1.23E+11", "1,23E+11", "3E+14", "1.2346E2", "3-Jan", "Mar-04", "1/3/2020", "2020-01-03",
     "2020-01-03 00:00:00", "#####", "#REF!"],
)  # fmt: skip
def test_identities_that_a_spreadsheet_has_spoilt(identity: str) -> None:
    row = f'1,true,2026-11-24 12:30:00,42.5,43.25,gps,"{identity}",A'
    found = history(movebank(row))
    assert found.fixes == ()
    assert identity in found.refused[0].reason
    assert "spreadsheet" in found.notes[0]
    assert only(movebank(row), How(collar="C1")).device_id == "C1"


@pytest.mark.parametrize("identity", ["12345E2", "0A1FBD4", "300234010000000", "SAT-1", "M12"])
def test_identities_that_only_look_like_it(identity: str) -> None:
    fix = only(movebank(f"1,true,2026-11-24 12:30:00,42.5,43.25,gps,{identity},A"))
    assert fix.device_id == identity


def test_lost_zeros_are_said() -> None:
    heads = "EmailAddress,EmailUID,Imei,MessageTime,StatusCode\n"
    found = history(heads + "a,1,12345678901234,2026-11-24 12:30:00,0\n")
    assert "14 digits of 15" in found.notes[0]
    found = history(movebank("1,true,2026-11-24 12:30:00,42.5,43.25,gps,0081267,A",
                             "2,true,2026-11-24 12:31:00,42.5,43.25,gps,81267,A"))  # fmt: skip
    assert "0081267 and 81267 differ by zeros only" in found.notes[0]
    found = history(movebank("1,true,2026-11-24 12:30:00,42.5,43.25,gps,81267.0,A"))
    assert (found.fixes[0].device_id, "made a number" in found.notes[0]) == ("81267", True)


def test_row_without_an_identity_is_refused() -> None:
    found = history(movebank("1,true,2026-11-24 12:30:00,42.5,43.25,gps,,A"))
    assert found.refused[0].reason == "no id of a collar"


def test_mark_against_calculating_is_taken_off() -> None:
    fix = only(movebank("1,true,2026-11-24 12:30:00,42.5,43.25,gps,'-7,'=A1"))
    assert (fix.device_id, fix.animal) == ("-7", "=A1")


# --- once ---------------------------------------------------------------------------------------


def test_same_row_twice_counts_once_and_is_counted() -> None:
    row = "1,true,2026-11-24 12:30:00,42.5,43.25,gps,C1,A"
    found = history(movebank(row, row, row.replace("12:30", "12:31")))
    assert (found.rows, len(found.fixes), found.duplicates) == (3, 2, 1)


def test_of_the_same_fix_told_good_and_bad_the_bad_one_counts() -> None:
    row = "1,true,2026-11-24 12:30:00,42.5,43.25,gps,C1,A"
    for rows in ([row, row.replace("true", "false")], [row.replace("true", "false"), row]):
        assert only(movebank(*rows)).position_status == "bad"


def test_rows_add_up() -> None:
    found = history(movebank("1,true,2026-11-24 12:30:00,42.5,43.25,gps,C1,A", "bad", "bad,row"))
    assert found.rows == len(found.fixes) + len(found.refused) + found.duplicates


# --- closed and unknown -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "data", "words"),
    [("a.tdf", b"\1\2", "TDC"), ("a.csv", b"#fileTypeRecord,fileType\n", "TDC"),
     ("A.ADF", b"\1", "GPS Plus X"), ("a.gdf", b"\1", "export the positions"),
     ("logger.bin", b"\1", "e-obs"), ("a.idf", b"", "TDC"), ("a.tpf", b"", "without any position"),
     ("a.csv", b"PK\x03\x04", "CSV"), ("a.gz", b"\x1f\x8b", "unpack"), ("a.csv", b"", "empty"),
     ("a.csv", b"\n \n", "empty"), ("a.csv", b"a,b\n1,2\n", "'a,b'"),
     ("a.json", b'[{"idActivity":1}]', "activity"), ("a.json", b"[[[", "JSON"),
     ("a.json", b"[" * 100_000, "JSON"), ("a.json", b"{}", "JSON")],
)  # fmt: skip
def test_what_cannot_be_read_is_named(file: str, data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(file, data, How())


def test_no_row_is_lost_for_want_of_a_heading() -> None:
    assert history(MOVEBANK).fixes == ()


WORDS = (
    "timestamp", "location-long", "location-lat", "tag-local-identifier", "1", "43.2", "\0", "gps",
    "2026-11-24 12:00:00", '"', ";", ",", "\n", "\t", "ÿ", "1.2E+11", "NaN", "-1e999", "05/03/2026",
    "[", "{", "09691 095838   9 31 L\n", "  2026-11-24 12:30:00  1  12 03\n",
)  # fmt: skip
TABLES = st.lists(st.sampled_from(WORDS)).map(",".join).map(str.encode)
BEGINNINGS = (b"", MOVEBANK.encode(), LOTEK.encode(), VECTRONIC.encode() + b"\n")


@given(st.one_of(st.binary(max_size=400), TABLES), st.sampled_from(BEGINNINGS))
def test_any_bytes_give_rows_or_a_sentence(data: bytes, heads: bytes) -> None:
    is_history(heads + data)
    with suppress(InputError, ConfigError):
        found = read("any.csv", heads + data, How(collar="C1"))
        for fix in found.fixes:
            assert fix.time is not None or fix.received is not None
            _check_place(fix)


def _check_place(fix: Fix) -> None:
    if fix.position_status in ("ok", "corrected"):
        assert fix.latitude_deg is not None
        assert fix.longitude_deg is not None
        assert abs(fix.latitude_deg) < 90
        assert abs(fix.longitude_deg) <= 180
