"""Is everything installed, and are these our own files?"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from receiver.doctor.checks import Check

# Programs of others: what each is for, and how Debian installs it.
PEERS = {
    "rigctld": ("receivers that Hamlib knows", "sudo apt install libhamlib-utils"),
    "gpsd": ("a GPS that several programs share", "sudo apt install gpsd"),
}


def python_version(version: Sequence[int] = sys.version_info[:3]) -> Check:
    """Tell whether Python is new enough."""
    text = ".".join(map(str, version))
    if tuple(version[:2]) < (3, 11):
        return Check(name="Python", state="STOP", text=text, advice="install Python 3.11 or newer")
    return Check(name="Python", state="ok", text=text)


def parts(requirements: Iterable[str], installed: Callable[[str], bool]) -> Iterator[Check]:
    """Tell which parts are installed, and how to get those that are missing."""
    missing: dict[str, list[str]] = {}
    extras: set[str] = set()
    for requirement in requirements:
        name = re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0]
        extra = re.search(r"extra\s*==\s*['\"](\w+)['\"]", requirement)
        group = extra[1] if extra else ""
        extras.add(group)
        if not installed(name):
            missing.setdefault(group, []).append(name)
    for group in sorted(extras - {"dev"}):
        yield _part(group, missing.get(group, []))


def _part(group: str, missing: list[str]) -> Check:
    name = f"optional part {group}" if group else "parts"
    if not missing:
        return Check(name=name, state="ok", text="all installed")
    what = f"missing: {', '.join(missing)}"
    if group:
        return Check(name=name, state="look", text=what, advice=f"pip install 'baksan[{group}]'")
    return Check(name=name, state="STOP", text=what, advice="pip install --force-reinstall baksan")


def is_installed(distribution: str) -> bool:
    """Tell whether a distribution is installed in this environment."""
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def required() -> list[str]:
    """Return what this program's own distribution requires."""
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.requires("baksan") or []
    return []


def peers(which: Callable[[str], str | None] = shutil.which) -> Iterator[Check]:
    """Tell which programs of others are there; none is needed for a search by hand."""
    for program, (use, command) in PEERS.items():
        found = which(program) or shutil.which(program, path="/usr/sbin:/sbin")
        if found:
            yield Check(name=program, state="ok", text=f"installed ({found})")
        else:
            text = f"not installed; only needed for {use}"
            yield Check(name=program, state="ok", text=text, advice=command)


def own_packages(owners: Mapping[str, Sequence[str]], folders: Mapping[str, Path | None]) -> Check:
    """Tell whether another distribution overwrote our packages, which pip does in silence.

    Args:
        owners: for each package, the distributions that ship it.
        folders: for `receiver` and `protocols`, the folder that is imported.
    """
    advice = "install into an environment of its own: pipx install baksan"
    others = {o for name in folders for o in owners.get(name, ()) if o.lower() != "baksan"}
    if others:
        text = f"{', '.join(sorted(others))} ships packages with the names of ours"
        return Check(name="own files", state="STOP", text=text, advice=advice)
    places = {None if folder is None else folder.parent for folder in folders.values()}
    if None in places or len(places) > 1:
        where = ", ".join(f"{name} in {folder}" for name, folder in folders.items())
        return Check(name="own files", state="STOP", text=f"not together: {where}", advice=advice)
    return Check(name="own files", state="ok", text="in place")


def folder_of(package: str) -> Path | None:
    """Return the folder from which a package would be imported, without importing it."""
    with suppress(ImportError, ValueError):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent
    return None
