"""Nanotag bursts: real station files, brute force, and tables that are none."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.address import parse_address
from receiver.errors import ConfigError
from receiver.instruments.nanotag import Burst, Bursts, Pulse, Tag, chance, load_tags
from receiver.instruments.sensorgnome import make
from receiver.records import Detection

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ONE = Tag("1", (22.0, 19.5, 24.4))
TWO = Tag("2", (22.0, 24.4, 43.9))


def burst(begin_s: float, gaps_ms: tuple[float, ...], offset_khz: float = 2.4) -> list[Pulse]:
    times = [begin_s + sum(gaps_ms[:k]) / 1e3 for k in range(4)]
    return [Pulse(round(t, 4), offset_khz + 0.02 * k, -33.0) for k, t in enumerate(times)]


def found(pulses: list[Pulse], *tags: Tag) -> list[Burst]:
    bursts = Bursts(tags)
    return [one for pulse in pulses if (one := bursts.add(pulse))]


@pytest.mark.parametrize("off_ms", [-0.2, -0.1, 0.0, 0.1, 0.2])
def test_gaps_may_be_off_by_two_tenths_that_included(off_ms: float) -> None:
    (one,) = found(burst(1639705882.0, (22.0 + off_ms, 19.5, 24.4)), ONE, TWO)
    assert one.names == ("1",)


@pytest.mark.parametrize("gaps", [(22.3, 19.5, 24.4), (22.0, 19.2, 24.4), (22.0, 19.5, 24.9)])
def test_other_gaps_are_another_tag_or_none(gaps: tuple[float, ...]) -> None:
    assert found(burst(1639705882.0, gaps), ONE, TWO) == []


def test_pulses_of_others_may_lie_between_and_a_lost_one_is_no_burst() -> None:
    pulses = burst(100.0, ONE.gaps_ms)
    strange = [Pulse(100.003, 2.4, -50.0), Pulse(100.05, -3.0, -50.0)]
    mixed = sorted([*pulses, *strange], key=lambda p: p.time_s)
    assert len(found(mixed, ONE)) == 1
    assert found(pulses[:2] + pulses[3:], ONE) == []


def test_pulses_far_apart_in_frequency_are_not_one_tag() -> None:
    spread = [
        Pulse(p.time_s, 2.4 + 0.05 * k, p.level_db) for k, p in enumerate(burst(1.0, ONE.gaps_ms))
    ]
    assert found(spread, ONE) == []


def test_tags_that_cannot_be_told_apart_are_all_named() -> None:
    (one,) = found(burst(1.0, ONE.gaps_ms), ONE, Tag("7", ONE.gaps_ms))
    assert one.names == ("1", "7")
    elsewhere = Tag("8", ONE.gaps_ms, frequency_mhz=150.1)
    pulses = [Pulse(p.time_s, p.offset_khz, -30.0, 166.3784e6) for p in burst(1.0, ONE.gaps_ms)]
    (one,) = found(pulses, Tag("1", ONE.gaps_ms, frequency_mhz=166.38), elsewhere)
    assert one.names == ("1",)


def test_clock_that_is_set_back_begins_anew() -> None:
    pulses = burst(100.0, ONE.gaps_ms)
    assert found([*pulses[:2], *burst(50.0, ONE.gaps_ms)], ONE)[0].names == ("1",)


def brute(pulses: list[Pulse], tag: Tag) -> int:
    """How many bursts there are, by trying each four pulses in order of time."""
    count, at = 0, 0
    while at < len(pulses):
        near = [p for p in pulses[at:] if p.time_s - pulses[at].time_s <= 0.067]
        fits = [
            four for four in itertools.combinations(near, 4)
            if four[0] is pulses[at]
            and all(abs((b.time_s - a.time_s) * 1e3 - g) <= 0.2005
                    for a, b, g in zip(four, four[1:], tag.gaps_ms, strict=False))
            and max(p.offset_khz for p in four) - min(p.offset_khz for p in four) <= 0.1
        ]  # fmt: skip
        if fits:
            count += 1
            at = pulses.index(fits[0][3]) + 1
        else:
            at += 1
    return count


def test_brute_force_finds_the_same_in_noise() -> None:
    rng = random.Random(5)
    pulses = [
        Pulse(round(rng.uniform(0, 100), 4), rng.gauss(2.4, 0.05), -40.0) for _ in range(1500)
    ]
    for k in range(40):
        pulses += burst(2.5 * k + rng.uniform(0, 1), ONE.gaps_ms)
    pulses.sort(key=lambda p: p.time_s)
    assert len(found(pulses, ONE)) == pytest.approx(brute(pulses, ONE), abs=2)


def test_real_station_files_against_the_numbers_of_others(shared: Path) -> None:
    """170 groups of exactly four pulses, 165 of them tag 1; more in groups with strange pulses."""
    table = shared / "data/sensorgnome/SG_tag_database.sqlite"
    total = groups = fitting = 0
    for path in sorted((shared / "data/sensorgnome").glob("*all.txt*")):
        content = path.read_bytes()
        text = gzip.decompress(content) if path.suffix == ".gz" else content
        station = make(parse_address(f"sensorgnome:file:{path.name}?tags={table}"))
        heard = station.receive(content + b"\n", NOW, 1)
        bursts = [d for d in heard if isinstance(d, Detection) and d.kind == "packet" and d.snr_db]
        total += len(bursts)
        # The table's tag of this code beeps every 19.9952 s, the one that is heard every 25.0977 s.
        later = [d for d in bursts if "another tag" in str(d.text)]
        assert len(later) >= len(bursts) - 12
        assert not any(d.device_id for d in later)
        assert all("every 25.1" in str(d.text) or "every 25.0" in str(d.text) for d in later[:20])
        times = [float(line.split(",")[1]) for line in text.decode().splitlines() if line[0] == "p"]
        four = _groups(times)
        groups += len(four)
        fitting += sum(all(abs((b - a) * 1e3 - g) <= 0.2005
                           for a, b, g in zip(t, t[1:], (22.0, 19.5, 24.4), strict=False))
                       for t in four)  # fmt: skip
    assert (groups, fitting) == (170, 165)
    assert total >= 165


def _groups(times: list[float]) -> list[list[float]]:
    split = [0, *(k for k in range(1, len(times)) if times[k] - times[k - 1] > 0.2), len(times)]
    return [times[a:b] for a, b in itertools.pairwise(split) if b - a == 4]


def test_vectors_of_bursts(shared: Path) -> None:
    lines = (shared / "vectors/commercial-collars.jsonl").read_text().splitlines()
    vectors = [v for v in map(json.loads, lines) if v["protocol"] == "lotek.nanotag.burst"]
    assert vectors
    for vector in vectors:
        tag = Tag(str(vector["decoded"]["code_id"]), tuple(vector["decoded"]["nominal_gaps_ms"]))
        rows = [line.split(",") for line in vector["text"].splitlines()]
        pulses = [Pulse(float(r[1]), float(r[2]), float(r[3])) for r in rows]
        (one,) = found(pulses, tag)
        assert one.names == (tag.name,)


def test_table_may_be_sqlite_or_json(tmp_path: Path) -> None:
    rows = [{"id": 1, "g1": 22.0, "g2": 19.5, "g3": 24.4},
            {"id": "x", "proj": "P", "g1": 1, "g2": 2, "g3": 3, "tagFreq": 150.1}]  # fmt: skip
    path = tmp_path / "tags.json"
    path.write_text(json.dumps(rows))
    assert load_tags(path) == [ONE, Tag("P#x", (1.0, 2.0, 3.0), 150.1)]
    database = sqlite3.connect(tmp_path / "tags.sqlite")
    database.execute("CREATE TABLE tags(proj, id REAL, tagFreq REAL, g1 REAL, g2 REAL, g3 REAL)")
    database.execute("INSERT INTO tags VALUES ('P', 3.0, 166.38, 22, 19.5, 24.4)")
    database.commit()
    database.close()
    assert load_tags(tmp_path / "tags.sqlite") == [Tag("P#3", (22.0, 19.5, 24.4), 166.38)]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"[5]", b'[{"id": 1}]', b"SQLite format 3\0x", b"\xff",
                b'[{"id":1,"g1":-1,"g2":2,"g3":3}]'],
)  # fmt: skip
def test_table_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tags"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="tags"):
        make(parse_address(f"sensorgnome:file:x?tags={path}"))
    with pytest.raises(ConfigError, match="no table of tags"):
        load_tags(tmp_path / "missing")


def bursts_at(tag: Tag, *times_s: float) -> list[Burst]:
    return found([p for t in times_s for p in burst(t, tag.gaps_ms)], tag)


def test_bursts_are_followed_on_the_interval_of_the_table() -> None:
    tag = Tag("1", ONE.gaps_ms, interval_s=20.0)
    bursts = bursts_at(tag, 100.0, 120.001, 140.0, 200.004)  # two were missed
    assert [one.in_a_row for one in bursts] == [1, 2, 3, 4]
    assert bursts[0].interval_s is None
    assert bursts[3].interval_s == pytest.approx(20.0013, abs=1e-3)
    assert not any(one.contradicts for one in bursts)
    assert [one.chance for one in bursts] == pytest.approx([1e-12] * 4)
    noisy = [chance(50.0, 10, on_time) for on_time in range(3)]
    assert noisy[0] == pytest.approx(10 * (50.0 * 0.402e-3) ** 3)
    assert noisy == sorted(noisy, reverse=True)


def test_another_interval_is_another_tag() -> None:
    tag = Tag("1", ONE.gaps_ms, interval_s=20.0)
    bursts = bursts_at(tag, 100.0, 125.0, 150.0, 175.0)
    assert [one.contradicts for one in bursts] == [False, False, True, True]
    assert bursts[3].interval_s == pytest.approx(25.0, abs=1e-3)


def test_interval_is_learned_where_the_table_has_none() -> None:
    bursts = bursts_at(ONE, 100.0, 131.0, 162.0, 170.0, 201.0)
    assert [one.in_a_row for one in bursts] == [1, 2, 3, 2, 2]
    assert not any(one.contradicts for one in bursts)


def test_chance_is_that_of_independent_pulses() -> None:
    """Poisson pulses, one code: how many of them end a chain by chance, against the formula."""
    dice = random.Random(7)
    rate_hz, seconds = 60.0, 2000
    times, now_s = [], 0.0
    while now_s < seconds:
        now_s += dice.expovariate(rate_hz)
        times.append(round(now_s, 4))
    bursts = found([Pulse(t, 2.4, -40.0) for t in times], ONE)
    expected = rate_hz * seconds * chance(rate_hz, 1, 0)
    assert expected == pytest.approx(1.68, abs=0.1)
    assert len(bursts) <= 8  # of 1.7 expected: more than 8 in one run of 20,000
    assert all(one.chance > 1e-8 for one in bursts if one.in_a_row == 1)


def test_table_of_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    path.write_text("\ufeffID;g1;g2;g3;tagFreq;bi\n1;22,0;19,5;24,4;166,38;25,1\n", "utf-8")
    assert load_tags(path) == [Tag("1", (22.0, 19.5, 24.4), 166.38, 25.1)]
    path.write_text("proj,id,g1,g2,g3\nP,7,22.0,19.5,24.4\n")
    assert load_tags(path) == [Tag("P#7", (22.0, 19.5, 24.4))]
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ConfigError, match="no table of tags"):
        load_tags(path)
