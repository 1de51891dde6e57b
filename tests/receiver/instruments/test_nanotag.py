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
from receiver.instruments.nanotag import Burst, Bursts, Pulse, Tag, load_tags
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
        total += sum(isinstance(d, Detection) and d.device_id == "TestTag#1" for d in heard)
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
