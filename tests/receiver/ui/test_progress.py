"""The bar for long work: never in the way of anything."""

from __future__ import annotations

import sys

import pytest

from receiver.ui.progress import MUCH, watched


def test_without_a_terminal_or_with_little_to_do_nothing_is_drawn() -> None:
    items = range(10)
    assert watched(items, 10, "reading") is items
    assert watched(items, 10 * MUCH, "reading") is items


def test_on_a_terminal_every_item_comes_through(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(watched(range(MUCH), MUCH, "reading")) == list(range(MUCH))
    assert capsys.readouterr().out == ""
