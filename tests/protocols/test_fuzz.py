"""A part of tests/bench/fuzz.py with every run; the whole has a million inputs a format."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from protocols import PROTOCOLS


def test_random_and_spoilt_packets_break_nothing(root: Path) -> None:
    command = [sys.executable, str(root / "tests/bench/fuzz.py"), "--inputs", "1000"]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert found.returncode == 0, found.stdout + found.stderr
    assert len(json.loads(found.stdout)) == len(PROTOCOLS)
