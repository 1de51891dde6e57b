"""Argos mail: decimal or hexadecimal, damaged lines, classes, longitudes to 360 east."""

from __future__ import annotations

import pytest

from receiver.importers.history import History, How, read
from receiver.records import Fix


def history(text: str) -> History:
    return read("mail.txt", text.encode(), How())


def only(text: str) -> Fix:
    (fix,) = history(text).fixes
    return fix


HEAD = "09691 095838   2  4 L\n"


@pytest.mark.parametrize(
    ("numbers", "wanted"),
    [("12  03\n  04 176", bytes([12, 3, 4, 176])), ("12 03\n  B0 07", bytes([0x12, 3, 0xB0, 7])),
     ("12 03\n  04 07", None)],
)  # fmt: skip
def test_decimal_or_hexadecimal(numbers: str, wanted: bytes | None) -> None:
    assert only(f"{HEAD}   2026-11-24 12:30:00  1   {numbers}\n").data == wanted


def test_number_that_is_no_byte() -> None:
    fix = only(f"{HEAD}   2026-11-24 12:30:00  1   300 03\n  04 07\n")
    assert (fix.data, fix.warnings) == (None, ("a number in the message is no byte",))


def test_damaged_lines_of_mail_are_kept() -> None:
    found = history(f"{HEAD}   2026-11-24 12:30:00  1   120 03\n  04 0\x7f\n   2026-13-24 12:30:00"
                    "  1   120 03\nRegards\n")  # fmt: skip
    assert [row.row for row in found.refused] == [3, 4]
    assert any("text of the mail" in note for note in found.notes)


def test_invalid_class_and_east_longitudes() -> None:
    head = "09691 095838  17 31 K {} 2026-11-24 12:30:00  65.756  198.748  0.532 401629865\n"
    body = "   2026-11-24 12:31:00  1   120 03\n"
    found = history(head.format("Z") + body)
    assert (
        (found.fixes[0].latitude_deg, found.fixes[0].longitude_deg),
        found.fixes[0].position_status,
    ) == ((65.756, -161.252), "bad")
    assert history(head.format("2") + body).fixes[0].position_status == "ok"
