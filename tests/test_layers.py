"""Who may import whom (the table of the design), read from the sources with `ast`."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

# What each part may import besides itself, the standard library and what its row names.
BASE = {"receiver", "receiver.records", "receiver.errors", "receiver.levels", "receiver.geodesy",
        "receiver.config", "receiver.clock", "receiver.address", "receiver.collar_rules",
        "receiver.wording", "receiver.__version__"}  # fmt: skip
ENVELOPES = {"protocols.packet", "protocols.envelopes", "protocols.lorawan",
             "protocols.checksums", "protocols.ctt"}  # fmt: skip
NUMERIC = {"numpy", "pyproj", "mgrs", "pygeomag"}
JOINED = {"receiver.setups", "receiver.steps", "receiver.sides", "receiver.meters",
          "receiver.turns", "receiver.slots", "receiver.silence", "receiver.corrections",
          "receiver.collected"}  # fmt: skip
LAYERS: dict[str, set[str]] = {
    "protocols": {"construct", "cryptography"},
    "receiver.records": NUMERIC | BASE,
    "receiver.errors": NUMERIC | BASE,
    "receiver.levels": NUMERIC | BASE,
    "receiver.geodesy": NUMERIC | BASE,
    "receiver.config": NUMERIC | BASE,
    "receiver.clock": NUMERIC | BASE,
    "receiver.address": NUMERIC | BASE,
    "receiver.collar_rules": BASE,
    "receiver.wording": BASE,
    "receiver.settings": BASE,
    "receiver.machine": set(),
    "receiver.sheets": BASE | {"receiver.settings"},
    "receiver.keys": BASE | {"receiver.sheets"},
    "receiver.columns": NUMERIC | BASE,
    "receiver.notes": NUMERIC
    | BASE
    | {"receiver.settings", "receiver.setups", "receiver.language"},
    "receiver.locator": NUMERIC | BASE | {"scipy", "receiver.columns"},
    "receiver.links": BASE | {"serial", "paho", "sounddevice", "rtlsdr", "bleak", "numpy"},
    "receiver.instruments": BASE | ENVELOPES | {"numpy", "receiver.links"},
    "receiver.dsp": {"numpy", "scipy"},
    "receiver.heard": BASE,
    "receiver.listening_plan": BASE | {"receiver.dsp"},
    "receiver.hearing": BASE
    | {"numpy", "receiver.dsp", "receiver.heard", "receiver.listening_plan"},
    "receiver.bursts": BASE
    | {
        "numpy",
        "protocols",
        "receiver.dsp",
        "receiver.heard",
        "receiver.hearing",
        "receiver.listening_plan",
    }
    | {"receiver.platforms"},
    "receiver.samples": BASE | {"numpy", "scipy", "sigmf", "receiver.dsp"},
    "receiver.tap": BASE,
    "receiver.status": BASE | {"receiver.heard"},
    "receiver.detecting": BASE
    | {
        "receiver.heard",
        "receiver.hearing",
        "receiver.listening_plan",
        "receiver.bursts",
        "receiver.samples",
    }
    | {"receiver.ctt_bursts", "receiver.links"},
    "receiver.ctt_bursts": BASE
    | {
        "protocols",
        "receiver.dsp",
        "receiver.heard",
        "receiver.hearing",
        "receiver.listening_plan",
    },
    "receiver.slots": BASE,
    "receiver.language": set(),
    "receiver.languages": set(),
    "receiver.homing": NUMERIC
    | BASE
    | JOINED
    | {"receiver.locator", "receiver.columns", "receiver.language", "receiver.joining"}
    | {"receiver.heard", "receiver.notes", "protocols.packet"},
    "receiver.positions": BASE
    | ENVELOPES
    | {"pynmeagps", "gpxpy", "defusedxml", "receiver.setups"},
    "receiver.search": NUMERIC | BASE | {"protocols"},
    "receiver.setups": BASE,
    "receiver.corrections": BASE,
    "receiver.calibration": BASE,
    "receiver.radio_check": BASE | {"receiver.meters", "receiver.setups", "receiver.corrections"},
    "receiver.plausible": BASE,
    "receiver.steps": BASE,
    "receiver.sides": BASE,
    "receiver.meters": BASE | {"receiver.setups"},
    "receiver.scanning": BASE | {"receiver.meters"},
    "receiver.turns": BASE | {"receiver.setups", "receiver.search"},
    "receiver.silence": BASE | {"receiver.setups"},
    "receiver.collected": BASE | {"protocols", "receiver.meters", "receiver.silence"},
    "receiver.joining": BASE
    | JOINED
    | {"protocols", "receiver.search", "receiver.plausible", "receiver.resting"},
    "receiver.resting": BASE | {"protocols", "receiver.collected", "receiver.heard"},
    "receiver.journal": BASE,
    "receiver.platforms": BASE | {"protocols"},
    "receiver.derive": BASE
    | JOINED
    | {"protocols", "receiver.search", "receiver.instruments", "receiver.positions"}
    | {"receiver.joining", "receiver.plausible", "receiver.keys", "receiver.platforms"},
    "receiver.importers": NUMERIC
    | BASE
    | {"protocols", "receiver.columns", "receiver.journal", "receiver.search"},
    "receiver.export": NUMERIC
    | BASE
    | {"gpxpy", "receiver.journal", "receiver.locator", "receiver.columns", "protocols.packet"}
    | {"pyogrio"},
    "receiver.report": NUMERIC
    | BASE
    | {
        "matplotlib",
        "receiver.journal",
        "receiver.locator",
        "receiver.columns",
        "receiver.calibration",
        "receiver.dsp",
        "receiver.heard",
        "receiver.hearing",
        "receiver.listening_plan",
        "receiver.story",
        "receiver.corrections",
        "receiver.silence",
        "receiver.export",
        "receiver.language",
        "receiver.search",
        "protocols.packet",
    },
    "receiver.pack": BASE
    | {"receiver.settings", "receiver.sheets", "receiver.language", "receiver.report"},
    "receiver.bulk": {"numpy", "protocols", "construct"},
    "receiver.lines": BASE | {"protocols", "receiver.instruments"},
    "receiver.decoding": BASE | {"protocols", "receiver.instruments", "receiver.lines"},
    "receiver.live": BASE
    | {"receiver.derive", "receiver.journal", "receiver.columns", "receiver.locator"}
    | {"receiver.keys"},
    "receiver.answering": BASE
    | {"receiver.live", "receiver.derive", "receiver.histories", "receiver.story"}
    | {"receiver.locator"},
    "receiver.case": BASE
    | {"receiver.live", "receiver.settings", "receiver.journal", "receiver.columns"}
    | {"receiver.derive", "receiver.answering", "receiver.locator"},
    "receiver.story": NUMERIC | BASE | {"receiver.corrections"},
    "receiver.histories": BASE
    | {"receiver.importers", "receiver.journal", "receiver.story", "receiver.corrections"},
    "receiver.ui": NUMERIC
    | BASE
    | {"rich", "rasterio", "receiver.locator", "receiver.columns", "protocols"}
    | {"receiver.notes", "receiver.setups", "receiver.machine", "receiver.live"}
    | {
        "receiver.heard",
        "receiver.hearing",
        "receiver.listening_plan",
        "receiver.samples.level",
        "receiver.story",
    }
    | {"receiver.homing", "receiver.language", "textual", "starlette", "uvicorn", "websockets"}
    | {"segno", "cryptography", "scipy"}
    # Sound: pulses and the beat note are made while samples come.
    | {"receiver.samples", "receiver.dsp", "sounddevice"}
    | {"receiver.export.sharing", "receiver.sheets"},
}


def imported(path: Path) -> set[str]:
    """Return what a file imports at any depth, except for type checking only."""
    names: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body.clear()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            if node.module in ("receiver", "protocols"):
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")


def breaches(part: str, files: list[Path]) -> list[str]:
    allowed = LAYERS[part] | {part}
    found = []
    for path in files:
        for name in imported(path):
            if name.split(".")[0] in sys.stdlib_module_names or name in ("receiver", "protocols"):
                continue
            if not any(within(name, allow) for allow in allowed - {"receiver"}):
                found.append(f"{path.name} imports {name}")
    return found


def files_of(root: Path, part: str) -> list[Path]:
    place = root / part.replace(".", "/")
    return sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


@pytest.mark.parametrize("part", sorted(LAYERS))
def test_part_imports_only_what_lies_below_it(root: Path, part: str) -> None:
    files = files_of(root, part)
    assert files
    assert breaches(part, files) == []


def test_every_module_is_in_the_table_or_may_import_all(root: Path) -> None:
    free = {
        "cli",
        "listen",
        "recording",
        "replaying",
        "searching",
        "sampler",
        "interrogate",
        "simulator",
        "doctor",
        "trial",
    }
    parts = {path.stem for path in (root / "receiver").iterdir() if path.suffix == ".py"}
    parts |= {path.parent.name for path in (root / "receiver").glob("*/__init__.py")}
    known = {name.removeprefix("receiver.") for name in LAYERS} | free | {"__init__"}
    assert parts <= known


def test_nothing_imports_the_command_line(root: Path) -> None:
    for path in (root / "receiver").rglob("*.py"):
        if "cli" not in path.relative_to(root).parts:
            assert not any(within(name, "receiver.cli") for name in imported(path)), path


def test_only_the_clock_reads_the_time(root: Path) -> None:
    for path in [*(root / "receiver").rglob("*.py"), *(root / "protocols").rglob("*.py")]:
        if path.name != "clock.py":
            text = path.read_text(encoding="utf-8")
            for call in ("datetime.now(", "time.time(", "utcnow(", "date.today("):
                assert call not in text, f"{path.name} reads the time: {call}"


def test_a_breach_is_found(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import numpy\nfrom receiver.cli import main\n")
    assert breaches("protocols", [bad]) != []
