"""Fixtures that all tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does: two run side by side
os.environ["BAKSAN_LANGUAGE"] = "en"  # whatever the locale here

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is slow to draw the first example; how fast a test is, is not what it tests.
settings.register_profile("baksan", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("baksan")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def fixtures(root: Path) -> Path:
    return root / "fixtures"


@pytest.fixture
def shared(root: Path) -> Path:
    folder = root.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return folder


@pytest.fixture
def peer() -> Callable[[str], str]:
    def find(program: str) -> str:
        path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
        if path is None:
            message = f"peer program {program} is not installed"
            if os.environ.get("BAKSAN_REQUIRE_PEERS") == "1":
                pytest.fail(message)
            pytest.skip(message)
        return path

    return find
