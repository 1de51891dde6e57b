"""Amounts as people say them."""

from __future__ import annotations

import pytest

from receiver.wording import span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"), (1.2, "1 second"), (90, "90 seconds"), (240, "4.0 minutes"),
        (3600, "60 minutes"), (3 * 3600, "3.0 hours"), (86_400, "24 hours"),
        (5.2 * 86_400, "5.2 days"), (34 * 86_400, "34 days"), (729 * 86_400, "2.0 years"),
    ],
)  # fmt: skip
def test_a_stretch_of_time_has_the_unit_of_people(seconds: float, words: str) -> None:
    assert span(seconds) == words
