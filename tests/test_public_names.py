"""The public faces: what `__all__` names is there, and every command exists."""

from __future__ import annotations

import importlib
import importlib.metadata

import click
import pytest

import protocols
import receiver
from receiver.address import parse_address
from receiver.cli import COMMANDS, baksan


def test_protocols_lists_what_it_has() -> None:
    assert all(hasattr(protocols, name) for name in protocols.__all__)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_help_is_there(name: str) -> None:
    command = baksan.get_command(click.Context(baksan), name)
    assert command is not None
    assert command.help or command.short_help


def test_version_is_that_of_the_distribution() -> None:
    assert importlib.metadata.version("baksan") == receiver.__version__


def test_instrument_tables_name_modules_that_exist() -> None:
    from receiver.instruments import INSTRUMENTS
    from receiver.positions import POSITIONS

    for name, kind in {**INSTRUMENTS, **POSITIONS}.items():
        assert callable(importlib.import_module(kind.module).make)
        assert parse_address(kind.example).instrument == name


def test_no_dependency_ships_our_package_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for package in ("receiver", "protocols"):
        assert set(owners.get(package, [])) <= {"baksan"}
