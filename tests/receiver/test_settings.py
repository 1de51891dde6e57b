"""Settings, sheets and keys: known or unknown, checked with their line, never open to others."""

from __future__ import annotations

import json
import stat
import tomllib
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver import keys, settings, sheets
from receiver.cli import run
from receiver.collar_rules import days_left, doubts, is_on, may_be_heard_at
from receiver.config import Collar, Configuration, configuration_from, configuration_to
from receiver.errors import ConfigError, InputError

FULL = """observer = "B"
[collars.Baksan]
maker = "Lotek"
serial = "12345"
ids = ["26BA4500", "300234010753370"]
frequency_hz = 150340000
frequency_drift_hz = 2000
pulse_length_s = 0.02
pulses_per_minute = { normal = 40, mortality = 80, low_battery = 20, recovery = 60 }
on_hours = ["06:00-10:00", "18:00-22:00"]
on_hours_zone = "Europe/Moscow"
start_date = 2025-03-10
battery_end_date = 2027-03-10
drop_off_date = 2027-05-01
notes = "left ear torn"
"""


def loaded(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "baksan.toml"
    path.write_text(text)
    configuration, _ = settings.load(path)
    return configuration


def test_every_value_of_a_sheet_is_read(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, FULL)
    collar = configuration.collar("Baksan")
    assert collar is not None
    assert (configuration.observer, collar.maker, collar.serial) == ("B", "Lotek", "12345")
    assert collar.pulses_per_minute == {
        "normal": 40, "mortality": 80, "low_battery": 20, "recovery": 60
    }  # fmt: skip
    assert (collar.start_date, collar.drop_off_date) == (date(2025, 3, 10), date(2027, 5, 1))
    assert configuration_from(json.loads(json.dumps(configuration_to(configuration)))) == (
        configuration
    )


TEAM = """[team]
organisation = "Park"
members = ["B", "C"]
permit = "17-2026"
permit_end_date = 2026-12-31
"""


def test_team_is_read_and_kept(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, TEAM)
    assert configuration.team.members == ("B", "C")
    assert configuration.team.permit_end_date == date(2026, 12, 31)
    assert configuration.team.leader == ""
    assert configuration_from(json.loads(json.dumps(configuration_to(configuration)))) == (
        configuration
    )
    assert configuration_to(Configuration()).keys() == {"observer", "collars"}


@pytest.mark.parametrize(("line", "said"), [
    ('members = "B"', "line 2: members is not a list of names"),
    ("permit_end_date = 5", "line 2: permit_end_date is not a date"),
    ("leader = 5", "line 2: leader is not text"),
])  # fmt: skip
def test_wrong_team_is_named_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        loaded(tmp_path, f"[team]\n{line}\n")


def test_team_that_is_no_table_or_has_unknown_keys(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a table"):
        loaded(tmp_path, "team = 5\n")
    path = tmp_path / "baksan.toml"
    path.write_text('[team]\npermitt = "x"\n')
    assert "did you mean permit?" in str(settings.load(path)[1][0])


def test_what_is_not_said_is_unknown(tmp_path: Path) -> None:
    collar = loaded(tmp_path, "[collars.Cegem]\n").collar("Cegem")
    assert collar == Collar(name="Cegem")
    assert collar.frequency_hz is None
    assert settings.load(None) == (Configuration(), [])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [("observer = 5\n", 1, "observer is not text"), ("collars = 5\n", 1, "a collar is a table"),
     ("[collars]\nBaksan = 5\n", 2, "a collar is a table"),
     ("[collars.B]\nfrequency_hz = 150.34\n", 2, "is in MHz: write 150340000"),
     ("[collars.B]\n\nfrequency_hz = 'x'\n", 3, "frequency_hz"),
     ("[collars.B]\nstart_date = '2025-13-40'\n", 2, "start_date"),
     ("[collars.B]\npulses_per_minute = { normal = 0 }\n", 2, "cannot be"),
     ("[collars.B]\npulse_lengths_s = { normal = 20 }\n", 2, "in seconds, usual is 0.02"),
     ("[collars.B]\npulse_lengths_s = { dead = 0.02 }\n", 2, "for normal, mortality"),
     ("[collars.B]\non_hours = ['25:00-26:00']\non_hours_zone = 'UTC'\n", 2, "24:00"),
     ("[collars.B]\non_hours = ['morning']\n", 2, "is not like"),
     ("[antennas.h]\npattern = [[0, 0], [90, -20]]\n", 2, "four or more"),
     ("[antennas.h]\npattern = [[0, 0], [90, 'x'], [120, -9], [180, -5]]\n", 2, "gain in dB"),
     ("[collars.B]\nmovement = 'dead'\n", 2, "is not one of alive, resident, dispersing, still"),
     ("[collars.B]\nprotocol = 5\n", 2, "protocol is not text"),
     ("[collars.B]\nperiod_minutes = 0\n", 2, "cannot be: it is minutes from fix to fix"),
     ("[collars.B]\nlevel_at_100_m_dbm = 80\n", 2, "cannot be: 100 m away"),
     ("[collars.B]\ntemperature_c_by_period_s = [[1.0, 20.0]]\n", 2, "two or more"),
     ("[collars.B]\ntemperature_c_by_period_s = [[1.2, 0], [0.9, 20]]\n", 2, "do not grow"),
     ("[collars.B]\ntemperature_c_by_period_s = [[900, 0], [1300, 20]]\n", 2, "0.1 to 60"),
     ("[collars.B]\ntemperature_c_by_period_s = [[0.9, 0], [1.3, 300]]\n", 2, "-80 to 100"),
     ("[collars.B]\non_hours_zone = 'Moscow'\n", 2, "unknown; write UTC"),
     ("[collars.B]\nstart_date = 2026-01-01\ndrop_off_date = 2025-01-01\n", 3, "is not after")],
)  # fmt: skip
def test_wrong_value_is_named_with_its_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        loaded(tmp_path, text)
    assert f"line {line}:" in str(caught.value)


def test_unknown_key_is_told_with_the_nearest_and_does_not_stop_listening(tmp_path: Path) -> None:
    path = tmp_path / "baksan.toml"
    path.write_text("[collars.B]\nfrequncy_hz = 150340000\n")
    _, (finding,) = settings.load(path)
    assert (finding.line, finding.wrong) == (2, False)
    assert "did you mean frequency_hz?" in finding.text


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ConfigError):
        document = settings.parse_toml(text, Path("x.toml"))
        settings.check(document, text)


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
                      lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v,
                                                                          max_size=3))  # fmt: skip


@given(st.dictionaries(st.sampled_from([*settings.COLLAR_KEYS, "other"]), VALUES, max_size=5))
def test_any_values_are_checked_before_they_are_used(sheet: dict[str, object]) -> None:
    document = {"collars": {"B": sheet}}
    if not any(finding.wrong for finding in settings.check(document, "")):
        configuration_from(document)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"x = " + b"9" * 5000, b"a = 1\na = 2", b"[" * 999]
)
def test_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "baksan.toml"
    path.write_bytes(content)
    with pytest.raises((ConfigError, InputError)) as caught:
        settings.load(path)
    assert str(path) in str(caught.value)


# --- rules ------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "zone", "now", "on"),
    [(("06:00-10:00",), "Europe/Moscow", "2026-11-24T07:00+03:00", True),
     (("06:00-10:00",), "Europe/Moscow", "2026-11-24T07:00+00:00", False),
     (("06:00-10:00",), "Europe/Moscow", "2026-11-24T10:00+03:00", False),
     (("22:00-02:00",), "UTC", "2026-11-24T01:00+00:00", True),
     (("22:00-02:00",), "UTC", "2026-11-24T03:00+00:00", False),
     (("06:00-10:00",), None, "2026-11-24T07:00+00:00", None),
     (("0:00-12:00",), "switch-on", "2026-11-24T07:00+00:00", None),
     ((), "UTC", "2026-11-24T07:00+00:00", None)],
)  # fmt: skip
def test_beacon_is_on_by_the_clock_of_its_sheet(
    hours: tuple[str, ...], zone: str | None, now: str, on: bool | None
) -> None:
    assert is_on(Collar(name="B", on_hours=hours, on_hours_zone=zone), at(now)) == on


def test_rates_that_cannot_be_told_apart_are_doubted() -> None:
    collar = Collar(name="B", pulses_per_minute={"normal": 40, "mortality": 40})
    assert ["told apart" in doubt.text for doubt in doubts(collar)] == [True]


@pytest.mark.parametrize(
    ("longest_s", "words"), [(0.025, "told apart"), (0.07, "more than 3 times"), (0.04, "")]
)
def test_pulse_lengths_that_cannot_be_measured_are_doubted(longest_s: float, words: str) -> None:
    collar = Collar(name="B", pulse_lengths_s={"normal": 0.02, "mortality": longest_s})
    assert [words in doubt.text for doubt in doubts(collar)] == ([True] if words else [])


def test_frequency_outside_the_wildlife_bands_is_doubted_and_not_refused() -> None:
    (doubt,) = doubts(Collar(name="B", frequency_hz=100e6))
    assert not doubt.wrong


def test_drift_widens_what_is_taken_for_this_collar() -> None:
    collar = Collar(name="B", frequency_hz=150e6, frequency_drift_hz=10_000)
    assert may_be_heard_at(collar, 150.009e6)
    assert not may_be_heard_at(collar, 150.011e6)
    assert not may_be_heard_at(Collar(name="B"), 150e6)


def test_days_left_are_counted() -> None:
    assert days_left(date(2026, 11, 26), at("2026-11-24T12:00+00:00")) == 2
    assert days_left(None, at("2026-11-24T12:00+00:00")) is None


# --- sheets -----------------------------------------------------------------------------------


def test_new_sheet_reads_back_and_unknown_values_are_examples_that_read_too(tmp_path: Path) -> None:
    path = tmp_path / "baksan.toml"
    collar, _ = sheets.make("Баксан 2", {"frequency_hz": 150.34e6, "notes": 'a "quoted"\nline'})
    sheets.add(path, collar)
    text = path.read_text()
    assert settings.load(path)[0].collars == (collar,)
    uncommented = "\n".join(line.removeprefix("# ") for line in text.splitlines())
    assert len(tomllib.loads(uncommented)["collars"]["Баксан 2"]) == len(settings.COLLAR_KEYS)


def test_adding_changes_nothing_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "baksan.toml"
    path.write_text(FULL.rstrip("\n"))
    sheets.add(path, Collar(name="Cegem"))
    assert path.read_text().startswith(FULL.rstrip("\n"))
    assert [c.name for c in settings.load(path)[0].collars] == ["Baksan", "Cegem"]
    with pytest.raises((ConfigError, InputError)):
        sheets.add(path, Collar(name="Cegem"))


def test_wrong_value_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "baksan.toml"
    words = ["collar", "new", "B", "--on", "06:00-26:00", "--on-zone", "UTC", "-f", str(path)]
    assert run(words) == 2
    assert not path.exists()
    assert "24:00" in capsys.readouterr().err


def test_format_of_packets_is_one_that_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "baksan.toml"
    words = ["collar", "new", "B", "--period", "1440", "-f", str(path), "--protocol"]
    assert run([*words, "telonix"]) == 2
    assert not path.exists()
    assert "format telonix is not supported yet" in capsys.readouterr().err
    assert run([*words, "telonics-gen3-argos"]) == 0
    sheet = settings.load(path)[0].collar("B")
    assert sheet == Collar(name="B", protocol="telonics-gen3-argos", period_minutes=1440.0)
    assert run(["collar", "show", "B", "-f", str(path)]) == 0
    assert "1440 min" in capsys.readouterr().out


def test_commands_make_show_and_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["--frequency", "150.34M", "--drift", "2k", "--normal", "40", "--mortality", "80",
             "--on", "00:00-24:00", "--on-zone", "UTC", "--id", "26BA4500"]  # fmt: skip
    assert run(["collar", "new", "Baksan", *words]) == 0
    capsys.readouterr()
    assert run(["collar", "show", "Baksan"]) == 0
    shown = capsys.readouterr().out
    assert "150.34" in shown
    assert "unknown" in shown
    assert run(["collar", "show", "Baksan", "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["frequency_hz"] == 150_340_000
    assert plain["serial"] is None
    assert run(["collar", "check"]) == 0
    assert run(["collar", "show", "Nobody"]) == 2
    Path("baksan.toml").write_text("[collars.B]\nfrequency_hz = 150.34\n")
    assert run(["collar", "check"]) == 1


# --- receivers --------------------------------------------------------------------------------


def test_receivers_are_read(tmp_path: Path) -> None:
    path = tmp_path / "baksan.toml"
    path.write_text('[receivers.r30]\nantenna = "yagi"\ndirectional = true\nattenuator_db = 20\n')
    configuration, findings = settings.load(path)
    assert findings == []
    (setup,) = configuration.receivers
    assert (setup.receiver, setup.antenna, setup.directional, setup.attenuator_db) == (
        "r30", "yagi", True, 20.0)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "fault"),
    [("antena = 'yagi'", "unknown key antena; did you mean antenna?"),
     ("directional = 'yes'", "directional is not true or false"),
     ("attenuator_db = 500", "attenuator_db is not a number from 0 to 120"),
     ("antenna_azimuth_deg = nan", "antenna_azimuth_deg is not a number from 0 to 360"),
     ("polarisation = 'round'", "polarisation is not one of vertical, horizontal, both"),
     ("squelch = 3", "squelch is not one of open, closed"), ("gain = 5", "gain is not a text"),
     ("antenna = ''", "antenna is not a text")],
)  # fmt: skip
def test_fault_of_a_receiver_has_its_line(line: str, fault: str) -> None:
    text = f"[receivers.r30]\nbody = 'front'\n{line}\n"
    (found,) = settings.check(tomllib.loads(text), text)
    assert found.line == 3
    assert found.text.startswith(fault)


def test_receiver_that_is_no_table_is_told() -> None:
    for text in ("receivers = 5\n", "[receivers]\nr30 = 5\n"):
        (found,) = settings.check(tomllib.loads(text), text)
        assert "a receiver is a table" in found.text


# --- keys -------------------------------------------------------------------------------------

SECRET = "2B7E151628AED2A6ABF7158809CF4F3C"


def test_key_is_in_its_own_file_that_only_the_owner_may_read(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    keys.save_key(path, "Baksan", SECRET)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.load_keys(path) == {"Baksan": SECRET}
    with pytest.raises(ConfigError, match="--replace"):
        keys.save_key(path, "Baksan", "0" * 32)
    keys.save_key(path, "Baksan", "0" * 32, replace=True)
    assert keys.load_keys(path) == {"Baksan": "0" * 32}


def test_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    keys.save_key(path, "Baksan", SECRET)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        keys.load_keys(path)


def test_no_error_ever_holds_a_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(f'[keys]\n"Baksan" = "{SECRET}\n')
    path.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        keys.load_keys(path)
    assert SECRET[:8] not in str(caught.value)


def test_key_typed_for_a_command_is_kept_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io
    import sys

    monkeypatch.chdir(tmp_path)
    assert run(["collar", "new", "Baksan"]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(SECRET + "\n"))
    assert run(["collar", "key", "Baksan"]) == 0
    captured = capsys.readouterr()
    assert SECRET not in captured.out + captured.err
    assert SECRET not in Path("baksan.toml").read_text()
    assert keys.load_keys(tmp_path / "keys.toml") == {"Baksan": SECRET}


def test_pattern_of_an_antenna_is_read_and_kept(tmp_path: Path) -> None:
    text = "[antennas.h]\npattern = [[0, 0], [60, -9.3], [90, -50], [180, -8.7]]\n"
    configuration = loaded(tmp_path, text)
    assert configuration.antennas["h"][1] == (60.0, -9.3)
    assert configuration_from(json.loads(json.dumps(configuration_to(configuration)))) == (
        configuration
    )


@pytest.mark.parametrize("key", ["nwk_skey=" + "ab" * 15, "ab" * 16 + "c", "psk=abc"])
def test_key_of_a_wrong_length_is_told_and_not_saved(tmp_path: Path, key: str) -> None:
    [fault] = keys.faults({"Baksan": key})
    assert "Baksan" in fault
    assert "ab" * 4 not in fault
    with pytest.raises(ConfigError, match="cannot be one; not saved"):
        keys.save_key(tmp_path / "keys.toml", "Baksan", key)
    assert not (tmp_path / "keys.toml").exists()
