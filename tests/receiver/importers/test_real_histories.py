"""Real makers' files, each to its last row. Counts by wc, cut, sort, and the reference page."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.errors import InputError
from receiver.importers.history import History, How, read
from receiver.records import Fix

pytestmark = pytest.mark.shared


def history(shared: Path, name: str, how: How = How()) -> History:  # noqa: B008  (frozen)
    path = shared / "data" / name
    return read(path.name, path.read_bytes(), how)


def statuses(found: History) -> Counter[str]:
    return Counter(fix.position_status for fix in found.fixes)


def test_gen3_output_of_the_maker(shared: Path) -> None:
    """338 Good, 48 Bad, 1 Invalid in 387 rows; 10 rows stand there twice, word for word."""
    found = history(shared, "telonics/telonics_gen3_77267_vendor_24hr.csv")
    assert (found.format, found.rows, found.duplicates, found.refused) == (
        "telonics-gen3", 387, 10, ()
    )  # fmt: skip
    words = Counter(fix.fix_type for fix in found.fixes)
    assert words == {"Good": 328, "Bad": 48, "Invalid": 1}
    assert {fix.device_id for fix in found.fixes} == {"77267"}
    assert all(fix.position_status != "ok" for fix in found.fixes if fix.fix_type != "Good")


def test_good_fixes_that_hang_on_a_bad_one_are_bad(shared: Path) -> None:
    """The reference page, 4.1: received 2008-10-18 03:10:02, fixes 2, 4 and 5 lie 90 km off."""
    found = history(shared, "telonics/telonics_gen3_77267_vendor_24hr.csv")
    received = datetime(2008, 10, 18, 3, 10, 2, tzinfo=UTC)
    off = [f for f in found.fixes if f.received == received and (f.latitude_deg or 0) > 67.6]
    assert len(off) >= 4
    assert {fix.position_status for fix in off} == {"bad"}


def test_argos_web(shared: Path) -> None:
    path = shared / "data/telonics/telonics_gen4_37780.aws"
    found = history(shared, "telonics/telonics_gen4_37780.aws")
    assert (found.format, found.separator, found.rows, len(found.fixes)) == (
        "argos-web", ";", 55, 55
    )  # fmt: skip
    with path.open(newline="") as file:
        wanted = list(csv.DictReader(file, delimiter=";"))
    assert len(wanted) == 55
    for fix, row in zip(found.fixes, wanted, strict=True):
        assert fix.device_id == row["platformId"]
        assert str(fix.latitude_deg or "") == row["latitude"]
        assert fix.data == bytes.fromhex(row["rawData"])
        assert f"{fix.received:%Y-%m-%dT%H:%M:%S}.000Z" == row["date"]
        if row["locationDate"]:
            assert f"{fix.time:%Y-%m-%dT%H:%M:%S}.000Z" == row["locationDate"]
    assert Counter(fix.location_class for fix in found.fixes) == Counter(
        row["locationClass"] or None for row in wanted
    )
    assert statuses(found) == {"ok": 47, "unavailable": 8}


def test_telonics_report(shared: Path) -> None:
    found = history(shared, "telonics/telonics_gen4_621506A_condensed.csv")
    assert (found.format, found.rows, len(found.fixes), found.duplicates) == (
        "telonics-report", 35, 35, 0
    )  # fmt: skip
    assert {fix.device_id for fix in found.fixes} == {"621506A"}
    argos = [fix for fix in found.fixes if fix.location_class]
    assert [f.location_class for f in argos] == ["2", "A", "3", "2", "1", "2", "2"]
    assert argos[0].latitude_deg == 66.945
    assert sum(fix.position_status == "bad" for fix in argos) == 1  # before it was put on
    gps = [fix for fix in found.fixes if fix.fix_type == "Succeeded"]
    assert [fix.longitude_deg for fix in gps] == [-150.052257, -150.053973, -150.063157]
    assert {(fix.time, fix.position_status) for fix in gps} == {(None, "bad")}
    assert [f.temperature_c for f in found.fixes if f.temperature_c is not None] == [5, -10, -16]


def test_argos_mail_in_decimal(shared: Path) -> None:
    """39 positions and 399 messages of 7 platforms (reference page, 5); 3 messages came twice."""
    found = history(shared, "telonics/Gen34moose08-09-2-12.TXT")
    assert (found.format, found.rows, len(found.fixes), found.duplicates) == (
        "argos-mail", 438, 435, 3
    )  # fmt: skip
    assert found.refused == ()
    assert len({fix.device_id for fix in found.fixes}) == 7
    located = [fix for fix in found.fixes if fix.latitude_deg is not None]
    assert len(located) == 39
    assert (located[0].longitude_deg, located[0].location_class) == (-161.252, "A")
    first = next(fix for fix in found.fixes if fix.data)
    assert first.data is not None
    assert list(first.data)[:8] == [12, 3, 4, 176, 76, 55, 196, 24]
    assert len(first.data) == 31


def test_mail_and_the_makers_software_tell_the_same(shared: Path) -> None:
    """Of two platforms there are the mail and what Telonics' own programs made of it."""
    mail = history(shared, "telonics/Gen34moose08-09-2-12.TXT").fixes
    report = history(shared, "telonics/telonics_gen4_621506A_condensed.csv").fixes
    own = [fix for fix in mail if fix.device_id == "87744"]
    places = [(f.time, f.location_class, f.latitude_deg, f.longitude_deg) for f in own if f.time
              and f.location_class]  # fmt: skip
    wanted = [(f.time, f.location_class, f.latitude_deg, f.longitude_deg) for f in report if f.time
              and f.location_class]  # fmt: skip
    assert sorted(places) == sorted(wanted)
    assert len(places) == 7
    assert {fix.received for fix in own if fix.received} <= {fix.received for fix in report}
    vendor = history(shared, "telonics/telonics_gen3_77267_vendor_24hr.csv").fixes
    received = {fix.received for fix in mail if fix.device_id == "77267" and fix.received}
    assert {fix.received for fix in vendor} == received
    assert len(received) == 79


def test_messages_of_a_goniometer(shared: Path) -> None:
    """Its Latitude and Longitude are the searcher's: no position of the collar comes of them."""
    name = "argos/favorite_ptt_180754.csv"
    with pytest.raises(InputError, match="--utc-offset"):
        history(shared, name)
    with pytest.raises(InputError, match=r"--dates dmy or --dates ymd"):
        history(shared, name, How(utc_offset=UTC, collar="180754"))
    with pytest.raises(InputError, match="--collar"):
        history(shared, name, How(utc_offset=UTC, dates="dmy"))
    found = history(shared, name, How(utc_offset=UTC, dates="dmy", collar="180754"))
    assert (found.rows, len(found.fixes)) == (20, 20)
    assert all(fix.latitude_deg is None for fix in found.fixes)
    assert found.fixes[0].time == datetime(2019, 5, 23, 16, 3, 8, tzinfo=UTC)
    assert found.fixes[-1].data == bytes.fromhex(
        "26D45EED690800BB7FFFFFB7201E11221C162109E258A221C1A26650E21D3305"
    )


def test_prv_file(shared: Path) -> None:
    """3 passes and 6 messages; their bytes are those of the goniometer's log beside it."""
    found = history(shared, "argos/gonio_output.prv")
    assert (found.format, found.rows, len(found.fixes)) == ("argos-mail", 9, 9)
    data = [fix.data for fix in found.fixes if fix.data]
    log = (shared / "data/argos/gonio_ex_log.txt").read_text()
    assert len(data) == 6
    assert all(one.hex().upper() in log for one in data)


@pytest.mark.parametrize(
    ("name", "words"),
    [("argos/gonio_ex_log.txt", "rxg-134"), ("argos/pttkey.csv", "Movebank"),
     ("ctt/ctt_meadows_nodes.csv", "receivers"), ("locating/uwa_lora916_walk/readings.csv",
     "headings"), ("locating/otter_bearings_simulated/bearings.csv", "headings")],
)  # fmt: skip
def test_files_without_a_history_are_named(shared: Path, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        history(shared, name)


@pytest.mark.parametrize(
    ("name", "count"),
    [("20210706_MyotisMyotis_Tag03_29", 29), ("20210706_MyotisMyotis_Tag04_241", 241),
     ("20210706_MyotisMyotis_Tag09_75", 75), ("20210706_MyotisMyotis_Tag12_410", 410),
     ("20220209_AntiPoachingHound_1s_Interval_5096", 5096), ("20220311_300s_Interval_91", 91)],
)  # fmt: skip
def test_ticktag(shared: Path, name: str, count: int) -> None:
    found = history(shared, f"collars/ticktag/{name}_fixes.csv", How(collar="tag"))
    assert (found.format, found.rows, len(found.fixes)) == ("ticktag", count, count)
    assert statuses(found) == {"ok": count}


def test_last_row_of_ticktag_has_no_line_end_and_is_whole(shared: Path) -> None:
    name = "collars/ticktag/20220311_300s_Interval_91_fixes.csv"
    last = history(shared, name, How(collar="tag")).fixes[-1]
    assert (last.row, last.latitude_deg, last.longitude_deg) == (92, 47.74203, 8.99891)
    assert last.time == datetime.fromtimestamp(1647025238, UTC)


def test_movebank_of_an_e_obs_tag(shared: Path) -> None:
    found = history(shared, "collars/ticktag/20220209_AntiPoachingHound_1s_Interval_eobs.csv")
    assert (found.format, found.rows, len(found.fixes)) == ("movebank", 551, 551)
    first: Fix = found.fixes[0]
    assert (first.device_id, first.animal, first.taxon) == ("9458", "Duchess", "Canis lupus")
    assert (first.latitude_deg, first.longitude_deg) == (-24.5319774, 31.3478365)
    assert (first.battery_v, first.temperature_c, first.dop) == (3.426, 32.0, 1.6)
    assert first.accuracy_m == 4.35
