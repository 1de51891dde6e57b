"""What a user installs: both packages with their data, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel_names(root: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_wheel_holds_both_packages_and_nothing_else(wheel_names: set[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names if ".dist-info/" not in name}
    assert tops == {"receiver", "protocols"}


def test_wheel_holds_every_tracked_file_of_the_packages(root: Path, wheel_names: set[str]) -> None:
    for package in ("receiver", "protocols"):
        for path in (root / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert path.relative_to(root).as_posix() in wheel_names


def test_wheel_is_typed_and_licensed(wheel_names: set[str]) -> None:
    assert {"receiver/py.typed", "protocols/py.typed"} <= wheel_names
    assert any(name.endswith("/licenses/LICENSE") for name in wheel_names)
