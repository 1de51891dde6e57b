"""Following a journal: settings that change on the way, and other teams' sheets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from protocols import lorawan
from receiver.case import open_case
from receiver.clock import Stamp, SystemClock
from receiver.config import Collar, Configuration, Setup
from receiver.derive import Derived, Event, Read
from receiver.journal import Journal
from receiver.live import Follower, answer_of, event_line, of_sheet
from receiver.notes import content as notes
from receiver.records import GUIDED, Detection, Heard, Row, Source
from receiver.simulator import gateway
from receiver.simulator.collar import lorawan_frame

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHEET = Configuration(collars=(Collar(name="Baksan", ids=("26ba4500",)),))


def rows(first: int, last: int) -> list[Row]:
    source = Source(source="gate", address="gate=semtech:udp://0.0.0.0:1700", observer="A")
    place = Source(source="here", address="here=fixed:43.0,42.0", observer="A", role="position")
    made: list[Row] = [source, place, heard("here", b"43.0,42.0", first)] if first == 0 else []
    for number in range(first, last):
        frame = lorawan_frame("26ba4500", number, 4, bytes(16))
        raw = gateway.push_data("00000000000000a1", number, frame, gateway.Reception(-90, 5.0), 0)
        made.append(heard("gate", raw, number))
    return made


def heard(source: str, raw: bytes, seconds: int) -> Heard:
    return Heard(
        source=source,
        kind="datagram",
        time=T0 + timedelta(seconds=seconds),
        monotonic_ns=seconds * 10**9,
        boot_id="b",
        clock_source="system",
        raw=raw,
    )


def adopt(journal: Journal, configuration: Configuration) -> None:
    journal.adopt(configuration, Stamp(utc=T0, monotonic_ns=0), SystemClock())


def collars(events: list[Event]) -> list[str | None]:
    return [event.collar for event in events if isinstance(event, Detection)]


def test_sheet_that_comes_later_names_what_was_heard_before(tmp_path: Path) -> None:
    path = tmp_path / "search.journal"
    with Journal.create(path, Configuration()) as journal:
        live, printed = Follower(journal), list[Event]()
        for step in (rows(0, 3), None, rows(3, 6)):
            if step is None:
                adopt(journal, SHEET)
            else:
                journal.append(step)
            printed += live.news()
        assert collars(printed) == [None] * 3 + ["Baksan"] * 3
        assert [o.collar for o in live.result().observations] == ["Baksan"] * 6
        again = Follower(journal)
        replayed = [event for row in journal.rows() for event in again.add(row)]
        assert list(map(event_line, replayed)) == list(map(event_line, printed))
        assert again.result() == live.result()


def test_rows_merged_before_listening_come_first_live_and_in_replay(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "theirs.journal", SHEET) as theirs:
        theirs.append(rows(0, 3))
    for attempt in range(4):  # the order must not depend on which UUID is the smaller one
        with Journal.create(tmp_path / f"{attempt}.journal", Configuration()) as ours:
            ours.merge(tmp_path / "theirs.journal")
            live = Follower(ours)
            printed = live.news()
            ours.append(rows(0, 2))
            printed += live.news()
            again = Follower(ours)
            replayed = [event for row in ours.rows() for event in again.add(row)]
            assert list(map(event_line, replayed)) == list(map(event_line, printed))
            # Their sheet names our collar as well, since we have none of that name.
            assert collars(printed)[-1] == "Baksan"


def test_rows_that_wait_for_a_full_disk_are_told_once(tmp_path: Path) -> None:
    """They are told while they wait, not again when they are saved, and derived as in a replay."""
    with Journal.create(tmp_path / "search.journal", SHEET) as journal:
        journal.append(rows(0, 2))
        live = Follower(journal)
        printed = live.news()
        printed += live.news(rows(2, 4))
        assert collars(printed) == ["Baksan"] * 4
        assert len(live.result().observations) == 4
        live.use(SHEET)
        assert len(live.result().observations) == 4  # a sheet that is mended now forgets none
        journal.append(rows(9, 10))  # another program's, written first
        printed += live.news(rows(4, 6))
        journal.append(rows(2, 5))
        printed += live.news()
        journal.append(rows(5, 8))
        printed += live.news()
        assert collars(printed) == ["Baksan"] * 9
        assert live.news() == []
        again = Follower(journal)
        again.news()
        assert again.result() == live.result()


def test_row_that_comes_while_all_is_derived_anew_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal.create(tmp_path / "search.journal", SHEET) as journal:
        journal.append(rows(0, 2))
        live = Follower(journal)
        live.news()
        live.news(rows(2, 3))
        journal.append([*rows(9, 10), *rows(2, 3)])
        read, late = journal.rows, iter([rows(20, 21)])

        def read_and_append(after: int = -1) -> list[Row]:
            found = list(read(after))
            journal.append(next(late, []))
            return found

        monkeypatch.setattr(journal, "rows", read_and_append)
        live.news()
        monkeypatch.undo()
        live.news()
        assert len(live.result().observations) == 5


def test_row_that_was_saved_while_it_was_looked_at_is_told_once(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "search.journal", SHEET) as journal:
        journal.append(rows(0, 3))
        live = Follower(journal)
        assert collars(live.news(rows(1, 4))) == ["Baksan"] * 4
        journal.append(rows(3, 5))
        assert collars(live.news()) == ["Baksan"]


def test_own_sheet_stands_over_that_of_another_team(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "theirs.journal", SHEET) as theirs:
        theirs.append(rows(0, 1))
    mine = Configuration(collars=(Collar(name="Baksan", ids=("other",)),))
    with Journal.create(tmp_path / "ours.journal", mine) as ours:
        ours.merge(tmp_path / "theirs.journal")
        follower = Follower(ours)
        follower.news()
        assert follower.configuration.collars == mine.collars


def test_two_teams_with_receivers_of_one_name_are_two_sessions(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "theirs.journal", SHEET) as theirs:
        theirs.append(rows(0, 2))
    with Journal.create(tmp_path / "ours.journal", SHEET) as ours:
        ours.append(rows(0, 2))
        ours.merge(tmp_path / "theirs.journal")
        follower = Follower(ours)
        follower.news()
        assert len({o.session for o in follower.result().observations}) == 2


def test_locate_uses_the_sheet_as_it_is_now_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "search.journal"
    with Journal.create(path, Configuration()) as journal:
        journal.append(rows(0, 4))
    assert {o.collar for o in open_case(path, None).observations} == {None}
    (tmp_path / "baksan.toml").write_text('[collars.Baksan]\nids = ["26ba4500"]\n')
    case = open_case(path, None)
    assert {o.collar for o in case.observations} == {"Baksan"}
    assert any("has changed since" in warning for warning in case.warnings)
    (tmp_path / "baksan.toml").write_text("oops")
    assert any("not used" in warning for warning in open_case(path, None).warnings)


def test_receivers_that_are_mended_later_hold_from_the_beginning(tmp_path: Path) -> None:
    """Live as in replay; and `locate` takes them from the file as it is now."""
    path = tmp_path / "search.journal"
    yagi = Configuration(receivers=(Setup(receiver="gate", antenna="yagi", directional=True),))
    with Journal.create(path, Configuration()) as journal:
        live, printed = Follower(journal), list[Event]()
        for step in (rows(0, 3), None, rows(3, 6)):
            if step is None:
                adopt(journal, yagi)
            else:
                journal.append(step)
            printed += live.news()
        assert live.result().observations == []  # nobody knows where the yagi pointed
        again = Follower(journal)
        replayed = [event for row in journal.rows() for event in again.add(row)]
        assert list(map(event_line, replayed)) == list(map(event_line, printed))
        assert again.result() == live.result()
    (tmp_path / "baksan.toml").write_text('[receivers.gate]\nantenna = "whip"\n')
    case = open_case(path, None)
    assert {o.antenna for o in case.observations} == {"whip"}
    assert any("has changed since" in warning for warning in case.warnings)


def test_strange_settings_row_is_passed_over(tmp_path: Path) -> None:
    from receiver.records import Entry

    with Journal.create(tmp_path / "search.journal", SHEET) as journal:
        for settings in (5, None, {"collars": 5}, {"collars": {"x": 5}}):
            content = {"kind": "settings", "settings": settings}
            journal.append([Entry(id=str(settings), observer="A", time=T0, content=content)])
        follower = Follower(journal)
        follower.news()
        assert follower.configuration.collars == SHEET.collars
        assert follower.result().warnings == []


def test_sheet_tells_the_locator_what_it_knows_of_the_collar() -> None:
    still = Collar(name="A", movement="still", level_at_100_m_dbm=-80.0)
    assert of_sheet((still,), None) == {"movement": "still", "level_at_100_m_db": (-80.0, 8.0)}
    assert of_sheet((still, Collar(name="B")), "A") == of_sheet((still,), None)
    assert of_sheet((still, Collar(name="B")), None) == of_sheet((still,), "C") == {}


def opened(path: Path) -> tuple[Derived, list[Event]]:
    with Journal.open(path, readonly=True) as journal:
        follower = Follower(journal)
        events = [event for row in journal.rows() for event in follower.add(row)]
        return follower.result(), events


def test_encrypted_packets_are_opened_by_the_keys_beside_the_journal(tmp_path: Path) -> None:
    """With the keys the packet's own position is evidence; without them its level still is."""
    network, application = bytes(range(16)), bytes(range(16, 32))
    fix = bytes.fromhex("930ef9636865aba50d1f8e090e031500")  # a real short fix
    address = bytes.fromhex("26ba4500")[::-1]
    head = b"\x40" + address + b"\x00" + (9).to_bytes(2, "little") + b"\x0d"
    frame = head + lorawan.crypt(application, address, 9, False, fix)
    frame += lorawan.mic(network, address, 9, False, frame)[:4]
    raw = gateway.push_data("00000000000000a1", 1, frame, gateway.Reception(-90, 5.0), 0)
    path = tmp_path / "search.journal"
    with Journal.create(path, SHEET) as journal:
        journal.append([*rows(0, 0), heard("gate", raw, 1)])
    closed, events = opened(path)
    assert [e.packet for e in events if isinstance(e, Read)] == []
    assert [o.kind for o in closed.observations] == ["level"]
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[keys]\nBaksan = "nwk_skey={network.hex()} app_skey={application.hex()}"\n')
    keys.chmod(0o600)
    found, events = opened(path)
    read = [event.packet for event in events if isinstance(event, Read)]
    assert [packet.protocol for packet in read] == ["lorawan-1.0-phy", "opencollar-edge"]
    assert [o.kind for o in found.observations].count("position") == 1
    position = next(o for o in found.observations if o.kind == "position")
    assert position.collar == "Baksan"
    assert position.latitude_deg == pytest.approx(52.0988075)
    keys.write_text(f'[keys]\nBaksan = "nwk_skey={"11" * 16} app_skey={application.hex()}"\n')
    assert "whose key does not fit" in " ".join(opened(path)[0].warnings)
    keys.chmod(0o644)
    warnings = " ".join(opened(path)[0].warnings)
    assert "others on this computer may read it" in warnings
    assert application.hex() not in warnings


def test_who_was_guided_has_not_gone_where_it_is_loud_by_himself(tmp_path: Path) -> None:
    """`home`, `listen`, `locate` and a replay say the same of a journal that `home` wrote."""
    gate, here, _ = rows(0, 0)
    walk = [
        heard("here", f"{43.0 + 1e-4 * number:.5f},42.0".encode(), number) for number in range(15)
    ]
    areas_m2 = []
    for guided in (False, True):
        path = tmp_path / f"{guided}.journal"
        with Journal.create(path, SHEET) as journal:
            journal.append([gate, here, *walk, *rows(1, 15)])
            if guided:
                journal.append([notes.entry({"kind": GUIDED}, "A", SystemClock())])
        derived = open_case(path, None).derived
        assert derived.guided is guided
        answer = answer_of(derived, "Baksan").answer
        assert any("listened within" in said for said in answer.warnings) is not guided
        areas_m2.append(answer.regions["95"]["area_m2"])
    assert areas_m2[1] > 3 * areas_m2[0]
